"""From an access token to the viewer, and the devices a viewer is signed in on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from backend.database.record import fetch
from backend.errors import NotSignedIn, Text
from backend.kit import clock
from backend.kit.tokens import BadToken
from backend.people.accounts.models import Platform
from backend.people.officers.training import ORGAN_CODE
from backend.resources import Resources
from backend.viewer import Anonymous, Citizen, Officer, OfficerRole, Viewer

SIGN_IN_AGAIN = Text("登录已失效，请重新登录。", "Your sign-in is no longer valid. Please sign in again.")

OWN_SESSIONS = (
    "(account_id IN (SELECT other.id FROM session mine JOIN account own ON own.id = mine.account_id"
    " JOIN account other ON other.id = own.id OR other.person_id = own.person_id WHERE mine.id = $1)"
    " OR officer_id = (SELECT mine.officer_id FROM session mine WHERE mine.id = $1))"
)
"""Condition on ``session``: of the same officer, account or person as session ``$1``."""
LIVING_SESSIONS = (
    "SELECT session.id, session.expires_at, session.account_id, account.person_id, account.claimed_person_id,"  # noqa: S608 - a constant of ours
    " session.officer_id, organ.id AS organ_id, officer.roles, organ.division FROM session"
    " LEFT JOIN account ON account.id = session.account_id"
    " LEFT JOIN officer ON officer.id = session.officer_id"
    # Whoever is learning acts for the training county's office, and for nobody else.
    " LEFT JOIN organ ON organ.id = CASE WHEN officer.training"
    f" THEN (SELECT id FROM organ WHERE credit_code = '{ORGAN_CODE}') ELSE officer.organ_id END"
    " WHERE session.id = ANY($1) AND session.revoked_at IS NULL AND officer.disabled_at IS NULL"
)
MOST_DEVICES = 50


@dataclass(frozen=True, slots=True)
class DeviceView:
    """A session as its owner sees it; ``platform`` is None on an officer's desk."""

    id: UUID
    platform: Platform | None
    name: str
    signed_in_at: datetime
    last_used_at: datetime
    expires_at: datetime
    current: bool


async def authenticate(
    resources: Resources, authorization: str | None, *, language: str, address: str
) -> Viewer:
    """Who sends this ``Authorization`` header (RFC 6750). Without one, ``Anonymous``.

    Raises ``NotSignedIn`` for a token that is not ours or expired, and for one whose session was ended:
    the session is read on every request, so that signing out counts at once.
    """
    if authorization is None:
        return Anonymous(language=language, address=address)
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise NotSignedIn(SIGN_IN_AGAIN)
    session_id, _ = read_token(resources, token.strip(), use="access")
    row = await resources.reads.row(LIVING_SESSIONS, session_id)
    if row is None or row["expires_at"] <= clock.now():
        raise NotSignedIn(SIGN_IN_AGAIN)
    if row["officer_id"] is None:
        return Citizen(
            account_id=row["account_id"],
            session_id=session_id,
            person_id=row["person_id"],
            language=language,
            address=address,
            claimed_id=row["claimed_person_id"],
        )
    return Officer(
        officer_id=row["officer_id"],
        session_id=session_id,
        organ_id=row["organ_id"],
        division=row["division"],
        roles=frozenset(OfficerRole(role) for role in orjson.loads(row["roles"])),
        language=language,
        address=address,
    )


async def devices(viewer: Citizen | Officer) -> Sequence[DeviceView]:
    """Where the viewer is signed in, on all accounts of the same person; the one used last comes first.

    ``last_used_at`` is the last refresh: an access token is not written down at every use.
    """
    rows = await fetch(
        "SELECT session.id, platform, device_name, session.created_at, rotated_at, session.expires_at"  # noqa: S608 - a constant of ours
        " FROM session LEFT JOIN account ON account.id = session.account_id"
        f" WHERE {OWN_SESSIONS} AND revoked_at IS NULL AND session.expires_at > $2"
        f" ORDER BY rotated_at DESC, session.id DESC LIMIT {MOST_DEVICES}",
        viewer.session_id,
        clock.now(),
    )
    return [
        DeviceView(
            id=row["id"],
            platform=None if row["platform"] is None else Platform(row["platform"]),
            name=row["device_name"],
            signed_in_at=row["created_at"],
            last_used_at=row["rotated_at"],
            expires_at=row["expires_at"],
            current=row["id"] == viewer.session_id,
        )
        for row in rows
    ]


def owner_of(account_id: UUID | None, officer_id: UUID | None) -> str:
    """Whose a session is, as the audit trail names them."""
    return f"account:{account_id}" if officer_id is None else f"officer:{officer_id}"


def read_token(resources: Resources, token: str, *, use: str) -> tuple[UUID, str]:
    """Session id and token id of a sound token meant for ``use``. Raises ``NotSignedIn``."""
    try:
        claims = resources.keys.tokens.verify(token, use=use)
    except BadToken:
        raise NotSignedIn(SIGN_IN_AGAIN) from None
    return UUID(claims["sid"]), claims["jti"]
