"""Programs and their use as their organisation sees them; what a citizen shares, seen from both sides."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import orjson

from backend.casework.catalogue.standards import Standards
from backend.database import audit
from backend.database.record import Row, fetch, fetch_one, transaction
from backend.errors import NotFound, Text
from backend.kit import clock, masking
from backend.people.identity.queries import facts_of
from backend.providers.clients.models import ClientAuth
from backend.resources import Resources
from backend.viewer import Citizen, Provider, ProviderScope

NOTHING_SHARED = Text("没有可查看的共享信息。", "Nothing is shared here.")
USE_WINDOW = timedelta(days=30)
MOST_CASES = 50


@dataclass(frozen=True, slots=True)
class SecretView:
    """A secret that counts, without what it is."""

    hint: str
    created_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class ClientView:
    """A program as its organisation sees it."""

    id: UUID
    name: str
    auth: ClientAuth
    scopes: Sequence[ProviderScope]
    redirect_uris: Sequence[str]
    quota: int | None
    disabled_at: datetime | None
    created_at: datetime
    secrets: Sequence[SecretView]


@dataclass(frozen=True, slots=True)
class UseView:
    """What a program asked for within 30 days, by operation."""

    operation: str
    count: int
    cost: int
    last_day: date


@dataclass(frozen=True, slots=True)
class GrantView:
    """What a citizen shares, and with whom."""

    id: UUID
    client_name: str
    organisation_name: str
    scopes: Sequence[ProviderScope]
    given_at: datetime


@dataclass(frozen=True, slots=True)
class SharedCase:
    """A case as a citizen shares it: what it is and where it stands, nothing of what it says."""

    item_code: str
    item_name: Text
    division: str
    state: str
    submitted_at: datetime | None


@dataclass(frozen=True, slots=True)
class SharedView:
    """What a citizen shares with the program that asks."""

    name: str | None
    cases: Sequence[SharedCase] | None


async def clients(provider: Provider, *, before: UUID | None, limit: int) -> Sequence[ClientView]:
    """The programs of the provider's organisation, the newest first."""
    rows = await fetch(
        f"{_CLIENTS} AND ($3::uuid IS NULL OR client.id < $3) ORDER BY client.id DESC LIMIT $4",
        provider.organisation_id,
        clock.now(),
        before,
        limit,
    )
    return [_client(row) for row in rows]


async def client(provider: Provider, client_id: UUID) -> ClientView | None:
    """One of them."""
    row = await fetch_one(f"{_CLIENTS} AND client.id = $3", provider.organisation_id, clock.now(), client_id)
    return _client(row) if row else None


_CLIENTS = (
    "SELECT client.id, client.name, client.auth, client.scopes, client.redirect_uris, client.quota, client.disabled_at,"
    " client.created_at, held.told AS secrets FROM api_client client"
    " CROSS JOIN LATERAL (SELECT coalesce(jsonb_agg(jsonb_build_array(hint, created_at, expires_at) ORDER BY id), '[]')"
    "  AS told FROM api_client_secret WHERE client_id = client.id AND (expires_at IS NULL OR expires_at > $2)) held"
    " WHERE client.organisation_id = $1"
)


async def uses(provider: Provider, client_id: UUID) -> Sequence[UseView]:
    """What an own program asked for within 30 days: its 100 dearest operations."""
    rows = await fetch(
        "SELECT use.operation, sum(use.count)::bigint AS count, sum(use.cost)::bigint AS cost, max(use.day) AS last_day"
        " FROM api_use use JOIN api_client client ON client.id = use.client_id"
        " WHERE client.id = $1 AND client.organisation_id = $2 AND use.day > $3"
        " GROUP BY use.operation ORDER BY sum(use.cost) DESC, use.operation LIMIT 100",
        client_id,
        provider.organisation_id,
        clock.today() - USE_WINDOW,
    )
    return [UseView(**dict(row)) for row in rows]


async def grants(citizen: Citizen) -> Sequence[GrantView]:
    """What the citizen shares now, the newest first; at most 50."""
    rows = await fetch(
        "SELECT given.id, client.name AS client_name, organisation.name AS organisation_name, given.scopes, given.given_at"
        " FROM api_grant given JOIN api_client client ON client.id = given.client_id"
        " JOIN organisation ON organisation.id = client.organisation_id"
        " WHERE given.person_id = $1 AND given.withdrawn_at IS NULL ORDER BY given.id DESC LIMIT 50",
        citizen.person_id,
    )
    return [GrantView(**{**dict(row), "scopes": _scopes(row["scopes"])}) for row in rows]


async def shared(provider: Provider, resources: Resources, standards: Standards) -> SharedView:
    """What the citizen whose consent the token rests on shares; that it was looked at is written down.

    Raises ``NotFound`` for a token that rests on nobody's consent.
    """
    row = await fetch_one(
        "SELECT person_id, client_id FROM api_grant WHERE id = $1 AND withdrawn_at IS NULL", provider.grant_id
    )
    if row is None:
        raise NotFound(NOTHING_SHARED)
    name, cases = None, None
    if ProviderScope.SHARED_PROFILE in provider.scopes:
        name = masking.name((await facts_of(row["person_id"], resources)).name)
    if ProviderScope.SHARED_CASES in provider.scopes:
        found = await fetch(
            "SELECT item_code, division, state, submitted_at FROM application WHERE person_id = $1"
            " AND state <> 'DRAFT' ORDER BY id DESC LIMIT $2",
            row["person_id"],
            MOST_CASES,
        )
        cases = [
            SharedCase(
                item_code=one["item_code"],
                item_name=standards.get(one["item_code"]).name,
                division=one["division"],
                state=one["state"],
                submitted_at=one["submitted_at"],
            )
            for one in found
        ]
    async with transaction() as tx:
        await audit.append(
            tx,
            subject=f"person:{row['person_id']}",
            kind="shared_data_read",
            actor=provider.agent,
            detail={"scopes": sorted(provider.scopes)},
        )
    return SharedView(name, cases)


def _client(row: Row) -> ClientView:
    return ClientView(
        id=row["id"],
        name=row["name"],
        auth=ClientAuth(row["auth"]),
        scopes=_scopes(row["scopes"]),
        redirect_uris=orjson.loads(row["redirect_uris"]),
        quota=row["quota"],
        disabled_at=row["disabled_at"],
        created_at=row["created_at"],
        secrets=[
            SecretView(hint, datetime.fromisoformat(made), datetime.fromisoformat(ends) if ends else None)
            for hint, made, ends in orjson.loads(row["secrets"])
        ],
    )


def _scopes(told: str) -> Sequence[ProviderScope]:
    return [ProviderScope(one) for one in orjson.loads(told)]
