"""Officers and changes of their rights, as officers of operations of their division see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from backend.database.record import Row, fetch, fetch_one
from backend.errors import NotFound, Text
from backend.kit import regions
from backend.people.officers.models import ChangeKind, ChangeState
from backend.viewer import Officer, OfficerRole

NO_SUCH_OFFICER = Text("没有这名工作人员。", "There is no such officer.")
NO_SUCH_CHANGE = Text("没有这项变更。", "There is no such change.")


@dataclass(frozen=True, slots=True)
class OfficerView:
    """An officer in a list: a public official, so the name is not masked for the organ's own operators."""

    id: UUID
    login: str
    name: str
    organ_name: str
    division: str
    roles: Sequence[OfficerRole]
    disabled: bool
    second_factor: bool
    training: bool


@dataclass(frozen=True, slots=True)
class ChangeView:
    """A change that was asked for."""

    id: UUID
    kind: ChangeKind
    state: ChangeState
    officer_name: str
    roles: Sequence[OfficerRole]
    organ_name: str | None
    created_at: datetime
    decided_at: datetime | None
    mine: bool
    """Whether the viewer asked for it: then somebody else has to decide it."""


_OFFICERS = (
    "SELECT officer.id, officer.login, officer.name, officer.roles, officer.disabled_at,"
    " officer.second_factor_since, officer.training, organ.name AS organ_name, organ.division"
    " FROM officer JOIN organ ON organ.id = officer.organ_id WHERE organ.division LIKE $1"
)
_CHANGES = (
    "SELECT change.id, change.kind, change.state, change.officer_id, change.roles, change.organ_id,"
    " change.requested_by, change.created_at, change.decided_at, officer.name AS officer_name,"
    " organ.name AS organ_name FROM officer_change change JOIN officer ON officer.id = change.officer_id"
    " LEFT JOIN organ ON organ.id = change.organ_id WHERE change.division LIKE $1"
)


async def officers(viewer: Officer, *, after: UUID | None, limit: int) -> Sequence[OfficerView]:
    """The officers of the organs in the viewer's division, in the order of their appointment."""
    rows = await fetch(
        f"{_OFFICERS} AND ($2::uuid IS NULL OR officer.id > $2) ORDER BY officer.id LIMIT $3",
        _within(viewer),
        after,
        limit,
    )
    return [
        OfficerView(
            id=row["id"],
            login=row["login"],
            name=row["name"],
            organ_name=row["organ_name"],
            division=row["division"],
            roles=_roles(row["roles"]),
            disabled=row["disabled_at"] is not None,
            second_factor=row["second_factor_since"] is not None,
            training=row["training"],
        )
        for row in rows
    ]


async def officer_row(viewer: Officer, officer_id: UUID) -> Row:
    """One of them. Raises ``NotFound``."""
    row = await fetch_one(f"{_OFFICERS} AND officer.id = $2", _within(viewer), officer_id)
    if row is None:
        raise NotFound(NO_SUCH_OFFICER)
    return row


async def changes(viewer: Officer, *, before: UUID | None, limit: int) -> Sequence[ChangeView]:
    """Changes of officers of the viewer's division, the newest first."""
    rows = await fetch(
        f"{_CHANGES} AND ($2::uuid IS NULL OR change.id < $2) ORDER BY change.id DESC LIMIT $3",
        _within(viewer),
        before,
        limit,
    )
    return [_change(row, viewer) for row in rows]


async def change(viewer: Officer, change_id: UUID) -> ChangeView:
    """One change. Raises ``NotFound``."""
    return _change(await change_row(viewer, change_id), viewer)


async def change_row(viewer: Officer, change_id: UUID) -> Row:
    """The row behind it. Raises ``NotFound``."""
    row = await fetch_one(f"{_CHANGES} AND change.id = $2", _within(viewer), change_id)
    if row is None:
        raise NotFound(NO_SUCH_CHANGE)
    return row


def _change(row: Row, viewer: Officer) -> ChangeView:
    return ChangeView(
        id=row["id"],
        kind=ChangeKind(row["kind"]),
        state=ChangeState(row["state"]),
        officer_name=row["officer_name"],
        roles=_roles(row["roles"] or "[]"),
        organ_name=row["organ_name"],
        created_at=row["created_at"],
        decided_at=row["decided_at"],
        mine=row["requested_by"] == viewer.officer_id,
    )


def _roles(told: str) -> Sequence[OfficerRole]:
    return [OfficerRole(role) for role in orjson.loads(told)]


def _within(viewer: Officer) -> str:
    return f"{regions.prefix(viewer.division)}%"
