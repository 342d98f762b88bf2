"""Signing in, staying signed in, and signing out.

An access token is good for a quarter of an hour and for one session. A refresh token is good for one
exchange: shown a second time it is in two hands, and nobody can tell which of them is the owner's,
so the whole session ends.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from backend.database import audit
from backend.database.record import Transaction, fetch_one, transaction
from backend.errors import FieldProblem, Invalid, NotSignedIn, ProblemCode, Text
from backend.kit import clock
from backend.kit.ids import new_id, new_nonce
from backend.people.accounts.models import Platform, Session
from backend.people.accounts.queries import SIGN_IN_AGAIN, read_token
from backend.resources import Resources
from backend.viewer import Citizen, Officer, Viewer

ACCESS_LIFETIME = timedelta(minutes=15)
CITIZEN_LIFETIME = timedelta(days=30)
"""How long a session lives without being used; every refresh starts it anew."""
OFFICER_LIFETIME = timedelta(hours=12)
"""A working day: a desk is shared, and an officer sees other people's data."""

SIGN_INS = "60/minute"
"""Per address: many citizens come from one address of a mobile network."""
REFRESHES = "120/minute"
LONGEST_CODE = 256
LONGEST_DEVICE_NAME = 80

NO_SUCH_PLATFORM = Text("暂不支持该平台登录。", "Signing in from this platform is not offered.")
BAD_CODE = Text("登录凭证无效，请重新打开小程序。", "The login code is not valid; reopen the app.")
BAD_DEVICE_NAME = Text(
    "设备名称不超过80个字符，且不含控制字符。", "A device name has at most 80 printable characters."
)
TOKEN_REUSED = Text(
    "该登录凭证已被使用过。为保护您的账号，此设备已退出，请重新登录。",
    "This refresh token was used before. To protect the account this device was signed out; sign in again.",
)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Both tokens of a session, and until when each of them is good."""

    access_token: str
    access_expires_at: datetime
    refresh_token: str
    refresh_expires_at: datetime


async def sign_in(
    viewer: Viewer, resources: Resources, *, platform: Platform, code: str, device_name: str = ""
) -> SignedIn:
    """Exchange a mini-program login code for a session; a first sign-in makes the account.

    Raises ``Invalid(SIGN_IN_FAILED)`` for a bad or used code, ``TooMany`` and ``Unavailable``.
    """
    adapter = resources.ports.platforms.get(platform)
    if adapter is None:
        raise Invalid(NO_SUCH_PLATFORM, fields=(FieldProblem(("input", "platform"), NO_SUCH_PLATFORM),))
    if not (0 < len(code) <= LONGEST_CODE and code.isascii() and code.isprintable()):
        raise Invalid(BAD_CODE, code=ProblemCode.SIGN_IN_FAILED)
    check_device_name(device_name)
    await resources.shared.limit(SIGN_INS, "sign-in", viewer.address)
    found = await adapter.exchange_code(code)
    open_id_index = resources.keys.blind_index.of(found.open_id, f"open_id.{platform}")
    async with transaction() as tx:
        account = await tx.fetch_one(
            "INSERT INTO account (id, created_at, platform, open_id_index, open_id_sealed, last_sign_in_at)"
            " VALUES ($1, $2, $3, $4, $5, $2) ON CONFLICT (platform, open_id_index)"
            " DO UPDATE SET last_sign_in_at = EXCLUDED.last_sign_in_at RETURNING id",
            new_id(),
            clock.now(),
            platform.value,
            open_id_index,
            resources.keys.ring.seal(found.open_id.encode(), context=f"account.open_id:{open_id_index}"),
        )
        assert account is not None  # noqa: S101 - an upsert always returns its row
        return await open_session(tx, resources, account_id=account["id"], device_name=device_name)


def check_device_name(device_name: str) -> None:
    """Raise ``Invalid`` for a name that is too long or not printable."""
    if len(device_name) > LONGEST_DEVICE_NAME or not device_name.isprintable():
        raise Invalid(BAD_DEVICE_NAME, fields=(FieldProblem(("input", "deviceName"), BAD_DEVICE_NAME),))


async def open_session(
    tx: Transaction,
    resources: Resources,
    *,
    account_id: UUID | None = None,
    officer_id: UUID | None = None,
    device_name: str,
) -> SignedIn:
    """A new session of an account or an officer, inside the caller's transaction."""
    session_id, refresh_id, now = new_id(), new_nonce(), clock.now()
    lifetime = CITIZEN_LIFETIME if officer_id is None else OFFICER_LIFETIME
    await Session.create(
        id=session_id,
        account_id=account_id,
        officer_id=officer_id,
        refresh_digest=_digest(refresh_id),
        rotated_at=now,
        expires_at=now + lifetime,
        device_name=device_name,
    )
    owner = _owner(account_id, officer_id)
    await audit.append(tx, subject=owner, kind="signed_in", actor=owner, detail={"session": str(session_id)})
    return _tokens(resources, session_id, owner=owner, refresh_id=refresh_id, now=now, lifetime=lifetime)


async def refresh(viewer: Viewer, resources: Resources, *, refresh_token: str) -> SignedIn:
    """New tokens for a refresh token, which is used up by this.

    Raises ``NotSignedIn`` for a token that is not good, with ``TOKEN_REUSED`` for one that was used
    before; its session is ended then.
    """
    await resources.shared.limit(REFRESHES, "refresh", viewer.address)
    session_id, shown_id = read_token(resources, refresh_token, use="refresh")
    refresh_id, now = new_nonce(), clock.now()
    async with transaction() as tx:
        row = await tx.fetch_one(
            "UPDATE session SET refresh_digest = $3, rotated_at = $4,"
            " expires_at = CASE WHEN officer_id IS NULL THEN $5::timestamptz ELSE expires_at END"
            " WHERE id = $1 AND refresh_digest = $2 AND revoked_at IS NULL AND expires_at > $4"
            " AND NOT EXISTS (SELECT 1 FROM officer WHERE officer.id = officer_id AND disabled_at IS NOT NULL)"
            " RETURNING account_id, officer_id, expires_at",
            session_id,
            _digest(shown_id),
            _digest(refresh_id),
            now,
            now + CITIZEN_LIFETIME,
        )
        if row is not None:
            owner = _owner(row["account_id"], row["officer_id"])
            await audit.append(
                tx, subject=owner, kind="session_refreshed", actor=owner, detail={"session": str(session_id)}
            )
            return _tokens(
                resources,
                session_id,
                owner=owner,
                refresh_id=refresh_id,
                now=now,
                lifetime=row["expires_at"] - now,
            )
    # Outside of the transaction above, because the refusal must not take the revocation back.
    if await _used_before(session_id, shown_id) and await _revoke(session_id, kind="refresh_token_reused"):
        raise NotSignedIn(TOKEN_REUSED, code=ProblemCode.TOKEN_REUSED)
    raise NotSignedIn(SIGN_IN_AGAIN)


async def sign_out(viewer: Citizen | Officer) -> datetime:
    """End the viewer's session: both of its tokens are worthless from this moment on."""
    await _revoke(viewer.session_id, kind="signed_out")
    return clock.now()


async def _used_before(session_id: UUID, shown_id: str) -> bool:
    """Whether a sound token of ours is not the one that its session would take now."""
    row = await fetch_one("SELECT refresh_digest FROM session WHERE id = $1", session_id)
    return row is not None and row["refresh_digest"] != _digest(shown_id)


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
        owner = _owner(row["account_id"], row["officer_id"])
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


def _owner(account_id: UUID | None, officer_id: UUID | None) -> str:
    return f"account:{account_id}" if officer_id is None else f"officer:{officer_id}"


def _digest(token_id: str) -> str:
    return sha256(token_id.encode()).hexdigest()
