"""From an access token to the viewer."""

from uuid import UUID

import orjson

from backend.database.record import fetch_one
from backend.errors import NotSignedIn, Text
from backend.kit import clock
from backend.kit.tokens import BadToken
from backend.resources import Resources
from backend.viewer import Anonymous, Citizen, Officer, OfficerRole, Viewer

SIGN_IN_AGAIN = Text("登录已失效，请重新登录。", "Your sign-in is no longer valid. Please sign in again.")


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
    row = await fetch_one(
        "SELECT session.account_id, account.person_id, session.officer_id, officer.organ_id, officer.roles,"
        " organ.division FROM session"
        " LEFT JOIN account ON account.id = session.account_id"
        " LEFT JOIN officer ON officer.id = session.officer_id"
        " LEFT JOIN organ ON organ.id = officer.organ_id"
        " WHERE session.id = $1 AND session.revoked_at IS NULL AND session.expires_at > $2"
        " AND officer.disabled_at IS NULL",
        session_id,
        clock.now(),
    )
    if row is None:
        raise NotSignedIn(SIGN_IN_AGAIN)
    if row["officer_id"] is None:
        return Citizen(row["account_id"], session_id, row["person_id"], language, address)
    return Officer(
        officer_id=row["officer_id"],
        session_id=session_id,
        organ_id=row["organ_id"],
        division=row["division"],
        roles=frozenset(OfficerRole(role) for role in orjson.loads(row["roles"])),
        language=language,
        address=address,
    )


def read_token(resources: Resources, token: str, *, use: str) -> tuple[UUID, str]:
    """Session id and token id of a sound token meant for ``use``. Raises ``NotSignedIn``."""
    try:
        claims = resources.keys.tokens.verify(token, use=use)
    except BadToken:
        raise NotSignedIn(SIGN_IN_AGAIN) from None
    return UUID(claims["sid"]), claims["jti"]
