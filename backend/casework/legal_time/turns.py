"""Clocks across provinces (跨省通办): whichever side has the case, its clock runs, and the other side's does not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.casework.legal_time.keeping import Start, end_clocks, start_clocks
from backend.casework.legal_time.models import ClockKind
from backend.casework.legal_time.settling import ClockReactor, tell_all
from backend.database.record import Transaction
from backend.kit import clock
from backend.kit.working_days import Calendar

SIDES = (ClockKind.FORWARD, ClockKind.HANDLE, ClockKind.SETTLE, ClockKind.INFORM)


@dataclass(frozen=True, slots=True)
class Turn:
    """One side's turn in a case that crosses provinces."""

    application_id: UUID
    sequence: int
    """The entry of the case's timeline that makes it somebody's turn."""
    of: str
    """Which handover of the case: a joint case has several under way."""
    at: datetime


async def pass_turn(
    tx: Transaction,
    turn: Turn,
    *,
    kind: ClockKind | None,
    days: int,
    calendar: Calendar,
    told: Sequence[ClockReactor],
) -> None:
    """End the clock of whoever had this handover, and start that of ``kind`` (working days); None: nobody's."""
    changes = await end_clocks(tx, turn.application_id, SIDES, turn.at, steps={turn.of})
    if kind is not None:
        await start_clocks(
            tx,
            turn.application_id,
            turn.sequence,
            turn.at,
            start=clock.local(turn.at).date(),
            starts=[Start(kind, days, step=turn.of)],
            calendar=calendar,
        )
    await tell_all(told, tx, changes)
