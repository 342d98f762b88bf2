"""Staying signed in, and signing out: here, on another device, everywhere.

An access token is good for a quarter of an hour and for one session. A refresh token is good for one
exchange. Shown again within ``GRACE`` it gets the very same successor: a phone that lost the answer, or
two tabs that refresh at once, go on in one line and never fork it. Shown again later it is in two hands,
and nobody can tell which of them is the owner's, so the whole session ends. A thief who is quick enough
to share a successor is found out at the next exchange by the same rule.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from backend.database import audit
from backend.database.record import Row, Transaction, fetch_one, transaction
from backend.errors import NotFound, NotSignedIn, ProblemCode, Text
from backend.kit import clock
from backend.kit.ids import new_id, new_nonce
from backend.kit.suites import named_digest
from backend.people.accounts.models import Session
from backend.people.accounts.queries import OWN_SESSIONS, SIGN_IN_AGAIN, owner_of, read_token
from backend.resources import Resources
from backend.viewer import Citizen, Officer, Viewer

ACCESS_LIFETIME = timedelta(minutes=15)
CITIZEN_LIFETIME = timedelta(days=30)
"""How long a session lives without being used; every refresh starts it anew."""
OFFICER_LIFETIME = timedelta(hours=12)
"""A working day: a desk is shared, and an officer sees other people's data."""
GRACE = timedelta(seconds=30)
"""A mini-program sent to the background loses answers, and comes back within seconds."""

REFRESHES = "120/minute"
"""Per address."""
REFRESHES_OF_ONE = "20/minute"
"""Per session: four a hour are needed."""

TOKEN_REUSED = Text(
    "该登录凭证已被使用过。为保护您的账号，此设备已退出，请重新登录。",
    "This refresh token was used before. To protect the account this device was signed out; sign in again.",
)
NO_SUCH_DEVICE = Text("没有找到该设备。", "There is no such device.")


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Both tokens of a session, and until when each of them is good."""

    access_token: str
    access_expires_at: datetime
    refresh_token: str
    refresh_expires_at: datetime


@dataclass(frozen=True, slots=True)
class SignedOut:
    """Since when how many sessions are over."""

    at: datetime
    devices: int


async def open_session(
    tx: Transaction,
    resources: Resources,
    *,
    account_id: UUID | None = None,
    officer_id: UUID | None = None,
    device_name: str,
    device_index: str | None = None,
) -> SignedIn:
    """A new session of an account or an officer, inside the caller's transaction."""
    session_id, refresh_id, now = new_id(), new_nonce(), clock.now()
    lifetime = CITIZEN_LIFETIME if officer_id is None else OFFICER_LIFETIME
    await Session.create(
        id=session_id,
        created_at=now,
        account_id=account_id,
        officer_id=officer_id,
        refresh_digest=_digest(resources, refresh_id),
        rotated_at=now,
        expires_at=now + lifetime,
        device_name=device_name,
        device_index=device_index,
    )
    owner = owner_of(account_id, officer_id)
    await audit.append(tx, subject=owner, kind="signed_in", actor=owner, detail={"session": str(session_id)})
    return _tokens(resources, session_id, owner=owner, refresh_id=refresh_id, now=now, lifetime=lifetime)


async def refresh(viewer: Viewer, resources: Resources, *, refresh_token: str) -> SignedIn:
    """New tokens for a refresh token, which is used up by this.

    Raises ``NotSignedIn`` for a token that is not good, with ``TOKEN_REUSED`` for one that was used
    before ``GRACE``; its session is ended then.
    """
    await resources.shared.limit(REFRESHES, "refresh", viewer.address)
    session_id, shown_id = read_token(resources, refresh_token, use="refresh")
    await resources.shared.limit(REFRESHES_OF_ONE, "refresh-session", str(session_id))
    successor, now = _successor(resources, session_id, shown_id), clock.now()
    async with transaction() as tx:
        row = await tx.fetch_one(
            "UPDATE session SET refresh_digest = $3, previous_digest = $2, rotated_at = $4,"
            " expires_at = CASE WHEN officer_id IS NULL THEN $5::timestamptz ELSE expires_at END"
            " WHERE id = $1 AND refresh_digest = $2 AND revoked_at IS NULL AND expires_at > $4"
            " AND NOT EXISTS (SELECT 1 FROM officer WHERE officer.id = officer_id AND disabled_at IS NOT NULL)"
            " RETURNING account_id, officer_id, expires_at",
            session_id,
            _digest(resources, shown_id),
            _digest(resources, successor),
            now,
            now + CITIZEN_LIFETIME,
        )
        if row is not None:
            owner = owner_of(row["account_id"], row["officer_id"])
            await audit.append(
                tx, subject=owner, kind="session_refreshed", actor=owner, detail={"session": str(session_id)}
            )
    if row is None:
        row = await _shown_again(resources, session_id, shown_id, successor, now)
    return _tokens(
        resources,
        session_id,
        owner=owner_of(row["account_id"], row["officer_id"]),
        refresh_id=successor,
        now=now,
        lifetime=row["expires_at"] - now,
    )


async def _shown_again(
    resources: Resources, session_id: UUID, shown_id: str, successor: str, now: datetime
) -> Row:
    """The session of a token that is not the current one, if its successor still is and was made just now.

    Outside of the exchange's transaction, because the refusal must not take the revocation back.
    """
    row = await fetch_one(
        "SELECT account_id, officer_id, expires_at, refresh_digest, previous_digest, rotated_at FROM session"
        " WHERE id = $1 AND revoked_at IS NULL AND expires_at > $2"
        " AND NOT EXISTS (SELECT 1 FROM officer WHERE officer.id = officer_id AND disabled_at IS NOT NULL)",
        session_id,
        now,
    )
    if row is None:
        raise NotSignedIn(SIGN_IN_AGAIN)
    in_line = (row["previous_digest"], row["refresh_digest"]) == (
        _digest(resources, shown_id),
        _digest(resources, successor),
    )
    if in_line and now - row["rotated_at"] <= GRACE:
        return row
    if await _revoke(session_id, kind="refresh_token_reused"):
        resources.tally.add("refresh_token_reused")
        raise NotSignedIn(TOKEN_REUSED, code=ProblemCode.TOKEN_REUSED)
    raise NotSignedIn(SIGN_IN_AGAIN)


async def sign_out(viewer: Citizen | Officer) -> datetime:
    """End the viewer's session: both of its tokens are worthless from this moment on."""
    await _revoke(viewer.session_id, kind="signed_out")
    return clock.now()


async def sign_out_device(viewer: Citizen | Officer, *, device_id: UUID) -> SignedOut:
    """End one of the viewer's sessions, on whichever of their accounts; ending it again changes nothing.

    Raises ``NotFound`` for a session that is not theirs.
    """
    owns = await fetch_one(
        f"SELECT 1 FROM session WHERE id = $2 AND {OWN_SESSIONS}",  # noqa: S608 - a constant of ours
        viewer.session_id,
        device_id,
    )
    if owns is None:
        raise NotFound(NO_SUCH_DEVICE)
    ended = await _revoke(device_id, kind="device_signed_out")
    return SignedOut(clock.now(), int(ended))


async def sign_out_everywhere(viewer: Citizen | Officer, *, keep_this: bool = False) -> SignedOut:
    """End all sessions of the viewer, on all accounts of the same person; ``keep_this`` spares the one used."""
    now = clock.now()
    async with transaction() as tx:
        rows = await tx.fetch(
            # Locked in one order, so that two who do this at once take turns.
            f"WITH going AS (SELECT id FROM session WHERE {OWN_SESSIONS}"  # noqa: S608 - a constant of ours
            " AND revoked_at IS NULL AND expires_at > $2 AND NOT ($3 AND id = $1) ORDER BY id FOR UPDATE)"
            " UPDATE session SET revoked_at = $2 FROM going WHERE session.id = going.id"
            " RETURNING session.id, account_id, officer_id",
            viewer.session_id,
            now,
            keep_this,
        )
        by_owner: dict[str, list[str]] = {}
        for row in rows:
            by_owner.setdefault(owner_of(row["account_id"], row["officer_id"]), []).append(str(row["id"]))
        for owner in sorted(by_owner):
            await audit.append(
                tx,
                subject=owner,
                kind="signed_out_everywhere",
                actor=_actor(viewer),
                detail={"sessions": sorted(by_owner[owner])},
            )
    return SignedOut(now, len(rows))


async def _revoke(session_id: UUID, *, kind: str) -> bool:
    """End a session; False where it had ended already."""
    async with transaction() as tx:
        row = await tx.fetch_one(
            "UPDATE session SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL"
            " RETURNING account_id, officer_id",
            session_id,
            clock.now(),
        )
        if row is None:
            return False
        owner = owner_of(row["account_id"], row["officer_id"])
        await audit.append(tx, subject=owner, kind=kind, actor=owner, detail={"session": str(session_id)})
        return True


def _tokens(
    resources: Resources, session_id: UUID, *, owner: str, refresh_id: str, now: datetime, lifetime: timedelta
) -> SignedIn:
    ids = {"sub": owner, "sid": str(session_id)}
    return SignedIn(
        access_token=resources.keys.tokens.issue(ids, use="access", lifetime=ACCESS_LIFETIME),
        access_expires_at=now + ACCESS_LIFETIME,
        refresh_token=resources.keys.tokens.issue(
            {**ids, "jti": refresh_id}, use="refresh", lifetime=lifetime
        ),
        refresh_expires_at=now + lifetime,
    )


def _successor(resources: Resources, session_id: UUID, shown_id: str) -> str:
    """The id of the next refresh token, which only we can work out: nothing of it need be kept."""
    return resources.keys.blind_index.of(f"{session_id}:{shown_id}", "session.successor")


def _actor(viewer: Citizen | Officer) -> str:
    if isinstance(viewer, Officer):
        return owner_of(None, viewer.officer_id)
    return owner_of(viewer.account_id, None)


def _digest(resources: Resources, token_id: str) -> str:
    return named_digest(resources.keys.digests, token_id.encode())
