"""Reading clocks: of cases that somebody may see, with the reckoning behind each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from backend.casework.definitions import LimitUnit
from backend.casework.legal_clock import Count, DueDate, reckon
from backend.casework.legal_time.models import ClockKind, ClockState, Mark
from backend.casework.legal_time.settling import NOTHING, Ledger, ledgers
from backend.casework.legal_time.words import CLOCKS, SOME_START, STARTS
from backend.database.record import fetch
from backend.kit.working_days import Calendar


@dataclass(frozen=True, slots=True)
class ClockView:
    """One limit of a case."""

    kind: ClockKind
    step: str
    state: ClockState
    mark: Mark
    started_on: date
    started_by: str
    """The kind of the event that started it."""
    days: int
    unit: LimitUnit
    due_on: date
    due_at: datetime
    ended_at: datetime | None
    pausable: bool
    ledger: Ledger

    def reckoned(self, calendar: Calendar) -> DueDate:
        """The reckoning line by line."""
        ledger = self.ledger
        count = ledger.count(self.kind, self.started_on, self.days, self.unit, pausable=self.pausable)
        told = Count(
            count.start,
            count.days,
            count.unit,
            count.pauses,
            count.extensions,
            what=CLOCKS[self.kind],
            start_is=STARTS.get(self.started_by, SOME_START),
        )
        return reckon(told, calendar)


async def clocks_of(application_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[ClockView]]:
    """The clocks of each case, in the order in which they began. Reached from visible cases only."""
    rows = await fetch(
        "SELECT c.application_id, c.kind, c.step, c.state, c.mark, c.started_on, e.kind AS started_by, c.days,"
        " c.unit, c.due_on, c.due_at, c.ended_at, c.pausable"
        " FROM unnest($1::uuid[]) AS a(id) CROSS JOIN LATERAL (SELECT * FROM case_clock"
        "   WHERE application_id = a.id ORDER BY since_sequence DESC LIMIT 50) AS c"
        " JOIN case_event e ON e.application_id = c.application_id AND e.sequence = c.since_sequence"
        " ORDER BY c.application_id, c.since_sequence, c.kind, c.step",
        list(application_ids),
    )
    known = await ledgers(application_ids) if rows else {}
    found: dict[UUID, list[ClockView]] = {application_id: [] for application_id in application_ids}
    for row in rows:
        found[row["application_id"]].append(
            ClockView(
                kind=ClockKind(row["kind"]),
                step=row["step"],
                state=ClockState(row["state"]),
                mark=Mark(row["mark"]),
                started_on=row["started_on"],
                started_by=row["started_by"],
                days=row["days"],
                unit=LimitUnit(row["unit"]),
                due_on=row["due_on"],
                due_at=row["due_at"],
                ended_at=row["ended_at"],
                pausable=row["pausable"],
                ledger=known.get(row["application_id"], NOTHING),
            )
        )
    return found


def deciding_clock(clocks: Sequence[ClockView]) -> ClockView | None:
    """The clock of the promised limit that counts: the one begun last."""
    return next((one for one in reversed(clocks) if one.kind is ClockKind.PROMISED), None)
