"""Handovers as their viewers see them: the applicant, both sides and a superior; nobody else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.casework.applications.queries import application
from backend.casework.definitions import HandlingModel
from backend.casework.lifecycle import CaseState
from backend.casework.machine import Casework
from backend.database.record import Row, fetch, fetch_one
from backend.exchange.handovers.lifecycle import HandoverState, HandoverStep, Side
from backend.exchange.handovers.moving import place_of, reason_context
from backend.exchange.handovers.receipts import Receipt
from backend.kit import regions
from backend.viewer import Citizen, Officer, OfficerRole, Viewer


@dataclass(frozen=True, slots=True)
class HandoverView:
    """A handover; which case, and nothing of what is in it."""

    id: UUID
    application_id: UUID
    case_number: str | None
    case_state: CaseState
    item_code: str
    number: int
    model: HandlingModel
    state: HandoverState
    turn: Side
    version: int
    receiving: str
    deciding: str
    region: str
    hand: int
    bound: bool


@dataclass(frozen=True, slots=True)
class EntryView:
    """One step of it; the reason still sealed."""

    id: UUID
    sequence: int
    step: HandoverStep
    state: HandoverState
    at: datetime
    receiving: str
    deciding: str
    reason_sealed: str | None
    receipt: Receipt | None

    def reason(self, work: Casework) -> str | None:
        """Why it was sent back, elsewhere or put before a superior; what a part came to."""
        if self.reason_sealed is None:
            return None
        return work.resources.keys.ring.open(self.reason_sealed, context=reason_context(self.id)).decode()


_HANDOVERS = (
    "SELECT h.id, h.application_id, a.case_number, a.state AS case_state, a.item_code, h.number, h.model, h.state,"
    " h.turn, h.version, h.receiving, h.deciding, h.region, h.hand, h.bound"
    " FROM handover h JOIN application a ON a.id = h.application_id "
)
_RECEIVING = "h.turn = 'RECEIVING' AND h.receiving = ANY($1::text[])"
_DECIDING = "h.turn = 'DECIDING' AND h.region = '' AND h.deciding_place = $2"
_SETTLING = (
    "h.turn = 'SUPERIOR' AND $3 AND NOT EXISTS (SELECT FROM handover_entry e WHERE e.handover_id = h.id"
    " AND NOT (e.deciding LIKE $4 AND length(rtrim(e.deciding, '0')) > length($5)))"
)


async def handover(viewer: Viewer, handover_id: UUID) -> HandoverView | None:
    """One handover, or None where there is none that this viewer may see."""
    row = await fetch_one(_HANDOVERS + "WHERE h.id = $1", handover_id)
    if row is None or not await _sees(viewer, row):
        return None
    return _read(row)


async def _sees(viewer: Viewer, row: Row) -> bool:
    match viewer:
        case Citizen():
            return await application(viewer, row["application_id"]) is not None
        case Officer() if viewer.sees_cases and row["state"] != HandoverState.PREPARED.value:
            here = regions.prefix(viewer.division)
            # A township works on what its county is to decide, and sees the county's.
            decides = place_of(row["deciding"])
            return regions.prefix(row["receiving"]) == here or decides == here[:6] or decides.startswith(here)
        case _:
            return False


async def waiting(officer: Officer, *, after: UUID | None, limit: int) -> Sequence[HandoverView]:
    """Handovers in which it is the turn of this officer's organ, the oldest first, keyset-paged."""
    here = regions.prefix(officer.division)
    rows = await fetch(
        " UNION ALL ".join(
            f"({_HANDOVERS} WHERE {turn} AND h.id > $6 ORDER BY h.id LIMIT $7)"
            for turn in (_RECEIVING, _DECIDING, _SETTLING)
        )
        + " ORDER BY id LIMIT $7",
        sorted({here.ljust(length, "0") for length in (6, 9, 12) if len(here) <= length}),
        here[:6],
        OfficerRole.APPROVAL in officer.roles,
        f"{here}%",
        here,
        after or UUID(int=0),
        limit,
    )
    return [_read(row) for row in rows]


async def handovers_of(application_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[HandoverView]]:
    """The handovers of each case, the lead first. Reached from visible cases only."""
    rows = await fetch(
        _HANDOVERS + "WHERE h.application_id = ANY($1::uuid[]) ORDER BY h.application_id, h.number",
        list(application_ids),
    )
    found: dict[UUID, list[HandoverView]] = {application_id: [] for application_id in application_ids}
    for row in rows:
        found[row["application_id"]].append(_read(row))
    return found


async def entries_of(handover_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[EntryView]]:
    """What happened to each handover, in order. Reached from visible handovers only."""
    rows = await fetch(
        "SELECT id, handover_id, sequence, step, state, at, receiving, deciding, reason_sealed, receipt, suite, key_id,"
        " signature FROM handover_entry WHERE handover_id = ANY($1::uuid[]) ORDER BY handover_id, sequence",
        list(handover_ids),
    )
    found: dict[UUID, list[EntryView]] = {handover_id: [] for handover_id in handover_ids}
    for row in rows:
        found[row["handover_id"]].append(
            EntryView(
                row["id"],
                row["sequence"],
                HandoverStep(row["step"]),
                HandoverState(row["state"]),
                row["at"],
                row["receiving"],
                row["deciding"],
                row["reason_sealed"],
                None
                if row["receipt"] is None
                else Receipt(row["receipt"], row["suite"], row["key_id"], row["signature"]),
            )
        )
    return found


def _read(row: Row) -> HandoverView:
    told = dict(row)
    return HandoverView(
        **{
            **told,
            "case_state": CaseState(told["case_state"]),
            "model": HandlingModel(told["model"]),
            "state": HandoverState(told["state"]),
            "turn": Side(told["turn"]),
        }
    )
