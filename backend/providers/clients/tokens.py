"""From a provider's token to the viewer, and making and ending tokens."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from secrets import token_urlsafe
from uuid import UUID

import orjson

from backend.database.record import Row, Transaction, transaction
from backend.errors import NotSignedIn, Text
from backend.kit import clock
from backend.kit.bearer import bearer, digest_of
from backend.kit.ids import new_id
from backend.providers.organisations.models import StaffRole
from backend.resources import Resources
from backend.viewer import Provider, ProviderScope

PREFIX = "jmp_"
"""What every token begins with, so that one that leaked is recognised as one."""
STAFF_SHIFT = timedelta(hours=10)
"""How long a member of the staff works with one token."""

BAD_TOKEN = Text("第三方令牌无效或已被撤销。", "The provider's token is not valid, or was revoked.")

S = ProviderScope
ROLE_SCOPES: Mapping[StaffRole, frozenset[ProviderScope]] = {
    StaffRole.ADMINISTRATOR: frozenset({S.ORGANISATION, S.PLACES, S.ORDERS, S.DEVELOPERS}),
    StaffRole.MANAGER: frozenset({S.PLACES, S.ORDERS}),
    StaffRole.ATTENDANT: frozenset({S.ORDERS}),
    StaffRole.DEVELOPER: frozenset({S.DEVELOPERS}),
}

LIVING = (
    "SELECT token.id, token.organisation_id, token.digest, token.scopes, token.expires_at, token.staff_id,"
    " token.client_id, token.grant_id, staff.role, client.quota, client.scopes AS client_scopes FROM provider_token token"
    " LEFT JOIN organisation_staff staff ON staff.id = token.staff_id"
    " LEFT JOIN api_client client ON client.id = token.client_id"
    " LEFT JOIN api_grant given ON given.id = token.grant_id"
    " JOIN organisation ON organisation.id = token.organisation_id"
    " WHERE token.id = ANY($1) AND token.revoked_at IS NULL AND staff.removed_at IS NULL"
    " AND client.disabled_at IS NULL AND given.withdrawn_at IS NULL"
    " AND (token.client_id IS NULL OR organisation.state = 'ACTIVE')"
)
"""A token, unless what it rests on ended: the staff's post, the program, the citizen's consent, the organisation."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A new token, told this once."""

    token: str
    expires_at: datetime
    scopes: frozenset[ProviderScope]


def provider_token(authorization: str | None) -> str | None:
    """The provider's token in an ``Authorization`` header; None where there is another token or none."""
    return bearer(authorization, PREFIX)


async def authenticate_provider(resources: Resources, token: str, *, language: str, address: str) -> Provider:
    """Whose token this is. Raises ``NotSignedIn``, the same for unknown, expired, revoked and orphaned ones."""
    name, _, secret = token.removeprefix(PREFIX).partition("_")
    try:
        token_id = UUID(hex=name)
    except ValueError:
        raise NotSignedIn(BAD_TOKEN) from None
    row = await resources.reads.row(LIVING, token_id)
    if (
        row is None
        or not compare_digest(row["digest"], digest_of(secret))
        or row["expires_at"] <= clock.now()
    ):
        raise NotSignedIn(BAD_TOKEN)
    return Provider(
        organisation_id=row["organisation_id"],
        token_id=token_id,
        agent=f"client:{row['client_id']}" if row["client_id"] else f"staff:{row['staff_id']}",
        scopes=_scopes(row),
        grant_id=row["grant_id"],
        quota=row["quota"],
        language=language,
        address=address,
    )


async def issue(
    tx: Transaction,
    organisation_id: UUID,
    *,
    scopes: Collection[ProviderScope],
    lifetime: timedelta,
    staff_id: UUID | None = None,
    client_id: UUID | None = None,
    grant_id: UUID | None = None,
) -> Issued:
    """A new token; only its digest is kept."""
    token_id, secret, now = new_id(), token_urlsafe(32), clock.now()
    await tx.execute(
        "INSERT INTO provider_token (id, created_at, organisation_id, digest, staff_id, client_id, grant_id, scopes,"
        " expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9)",
        token_id,
        now,
        organisation_id,
        digest_of(secret),
        staff_id,
        client_id,
        grant_id,
        orjson.dumps(sorted(scopes)).decode(),
        now + lifetime,
    )
    return Issued(f"{PREFIX}{token_id.hex}_{secret}", now + lifetime, frozenset(scopes))


async def leave(provider: Provider) -> datetime:
    """End the token that asks; when."""
    now = clock.now()
    async with transaction() as tx:
        await tx.execute(
            "UPDATE provider_token SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL",
            provider.token_id,
            now,
        )
    return now


async def forget_old_tokens() -> int:
    """Drop tokens that ended a month ago, for the worker's clock; how many."""
    async with transaction() as tx:
        rows = await tx.fetch(
            "DELETE FROM provider_token WHERE expires_at < $1 RETURNING id", clock.now() - timedelta(days=30)
        )
    return len(rows)


def _scopes(row: Row) -> frozenset[ProviderScope]:
    if row["client_id"] is None:
        return ROLE_SCOPES[StaffRole(row["role"])]
    given, allowed = orjson.loads(row["scopes"]), orjson.loads(row["client_scopes"])
    return frozenset(map(ProviderScope, {*given} & {*allowed}))
