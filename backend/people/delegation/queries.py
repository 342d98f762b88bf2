"""Grants as their two persons and the officers of their division see them, and what a grant gives."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import orjson

from backend.database.record import Row, fetch
from backend.errors import NotFound, Text
from backend.kit import clock, masking, regions
from backend.people.delegation.force import in_force
from backend.people.delegation.kinds import Acceptance, DelegatedAction, DelegationKind, Evidence
from backend.people.delegation.models import DelegationState
from backend.people.identity.queries import open_name
from backend.resources import Resources
from backend.viewer import Citizen, Officer

NO_SUCH_GRANT = Text("没有找到该代办授权。", "There is no such delegation.")


class DelegationRole(StrEnum):
    """What the viewer is in a grant."""

    AGENT = "AGENT"
    PRINCIPAL = "PRINCIPAL"
    ORGAN = "ORGAN"


@dataclass(frozen=True, slots=True)
class DelegationView:
    """A grant without anybody's name in the open."""

    id: UUID
    role: DelegationRole
    kind: DelegationKind
    state: DelegationState
    agent_name: str
    ward_name: str
    institution: str
    items: Sequence[str]
    domains: Sequence[str]
    actions: Sequence[DelegatedAction]
    evidence: Evidence
    valid_until: date
    in_force: bool
    delegation_code: str | None
    """For the agent and for officers: what is told at a window."""
    created_at: datetime
    accepted_by: Acceptance | None
    accepted_at: datetime | None
    ended_at: datetime | None


COLUMNS = (
    "grant_.id, grant_.agent_id, grant_.principal_id, grant_.ward_index, grant_.ward_sealed, grant_.kind,"
    " grant_.state, grant_.code, grant_.division, grant_.institution, grant_.items, grant_.domains,"
    " grant_.actions, grant_.evidence, grant_.evidence_sealed, grant_.valid_until, grant_.ends_of_age,"
    " grant_.accepted_by, grant_.accepted_at, grant_.ended_at, grant_.created_at,"
    " agent_document.name_sealed, agent_document.number_index,"
    f" {in_force('grant_', '$1::date')} AS in_force"
)
FROM = (
    " FROM delegation grant_ JOIN identity_document agent_document"
    " ON agent_document.person_id = grant_.agent_id AND agent_document.main"
)
MINE = (
    "(grant_.agent_id = $2 OR grant_.principal_id = $2 OR (grant_.state = 'PROPOSED' AND grant_.ward_index IN"
    " (SELECT number_index FROM identity_document WHERE person_id = $2)))"
)
"""Of the person ``$2``: as agent, as principal, and proposals that name their number."""


async def my_delegations(
    citizen: Citizen, resources: Resources, *, before: UUID | None, limit: int
) -> Sequence[DelegationView]:
    """The viewer's own, in either role, the newest first; none before a real name is theirs."""
    if citizen.person_id is None:
        return ()
    rows = await fetch(
        f"SELECT {COLUMNS}{FROM} WHERE {MINE} AND ($3::uuid IS NULL OR grant_.id < $3)"
        " ORDER BY grant_.id DESC LIMIT $4",
        clock.today(),
        citizen.person_id,
        before,
        limit,
    )
    return [view(resources, row, citizen) for row in rows]


async def proposals_for(
    officer: Officer, resources: Resources, *, after: UUID | None, limit: int, code: str | None = None
) -> Sequence[DelegationView]:
    """What waits for an organ in the officer's division, the oldest first; with ``code``, the one of this code."""
    rows = await fetch(
        f"SELECT {COLUMNS}{FROM} WHERE grant_.division LIKE $2 AND grant_.state = 'PROPOSED'"
        " AND ($3::uuid IS NULL OR grant_.id > $3) AND ($5::text IS NULL OR grant_.code = $5)"
        " ORDER BY grant_.id LIMIT $4",
        clock.today(),
        f"{regions.prefix(officer.division)}%",
        after,
        limit,
        None if code is None else code[:20].upper().replace(" ", ""),
    )
    return [view(resources, row, officer) for row in rows]


async def grant_row(viewer: Citizen | Officer, grant_id: UUID) -> Row:
    """One grant that the viewer may see. Raises ``NotFound``."""
    if isinstance(viewer, Officer):
        seen_by, value = "grant_.division LIKE $2", f"{regions.prefix(viewer.division)}%"
        rows = await fetch(
            f"SELECT {COLUMNS}{FROM} WHERE {seen_by} AND grant_.id = $3",
            clock.today(),
            value,
            grant_id,
        )
    else:
        rows = await fetch(
            f"SELECT {COLUMNS}{FROM} WHERE {MINE} AND grant_.id = $3",
            clock.today(),
            viewer.person_id,
            grant_id,
        )
    if not rows:
        raise NotFound(NO_SUCH_GRANT)
    return rows[0]


async def delegation(viewer: Citizen | Officer, resources: Resources, grant_id: UUID) -> DelegationView:
    """One grant. Raises ``NotFound``."""
    return view(resources, await grant_row(viewer, grant_id), viewer)


def view(resources: Resources, row: Row, viewer: Citizen | Officer) -> DelegationView:
    """A row as this viewer may see it."""
    if isinstance(viewer, Officer):
        role = DelegationRole.ORGAN
    else:
        role = DelegationRole.AGENT if row["agent_id"] == viewer.person_id else DelegationRole.PRINCIPAL
    return DelegationView(
        id=row["id"],
        role=role,
        kind=DelegationKind(row["kind"]),
        state=DelegationState(row["state"]),
        agent_name=masking.name(open_name(resources, row)),
        ward_name=masking.name(ward_of(resources, row)["name"]),
        institution=row["institution"],
        items=orjson.loads(row["items"]),
        domains=orjson.loads(row["domains"]),
        actions=[DelegatedAction(action) for action in orjson.loads(row["actions"])],
        evidence=Evidence(row["evidence"]),
        valid_until=row["valid_until"],
        in_force=row["in_force"],
        delegation_code=None if role is DelegationRole.PRINCIPAL else row["code"],
        created_at=row["created_at"],
        accepted_by=None if row["accepted_by"] is None else Acceptance(row["accepted_by"]),
        accepted_at=row["accepted_at"],
        ended_at=row["ended_at"],
    )


def ward_of(resources: Resources, row: Row) -> dict[str, str]:
    """Name, number and kind of document as the agent told them."""
    told: dict[str, str] = orjson.loads(
        resources.keys.ring.open(row["ward_sealed"], context=f"delegation.ward:{row['id']}")
    )
    return told
