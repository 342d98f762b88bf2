"""Reckoning clocks anew, one case's or a thousand cases', from the ledger, the extensions and the calendar."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from backend.casework.definitions import LimitUnit
from backend.casework.legal_clock import (
    Count,
    Extension,
    Pause,
    end_of,
    is_provisional,
    last_day,
    near_day,
)
from backend.casework.legal_time.models import ClockKind, ClockState, Mark
from backend.casework.legal_time.words import why_of
from backend.database.record import Row, Transaction, fetch
from backend.kit import clock
from backend.kit.working_days import Calendar

EXTENDED = frozenset({ClockKind.PROMISED, ClockKind.STATUTORY})
"""The limits that an extension makes longer (行政许可法 42)."""

CLOCKS = (
    "SELECT k.id, k.application_id, k.kind, k.step, k.started_on, k.days, k.unit, k.pausable, k.state, k.mark, k.due_on,"
    " k.calendar_version FROM case_clock k "
)


@dataclass(frozen=True, slots=True)
class ClockChange:
    """A clock became near, over or neither, or it ended; told in the transaction in which it happened."""

    application_id: UUID
    kind: ClockKind
    step: str
    before: Mark
    after: Mark
    ended: bool
    at: datetime


ClockReactor = Callable[[Transaction, Sequence[ClockChange]], Awaitable[None]]
"""Told of changes, ordered by case; writes its own tables and jobs only."""


async def tell_all(told: Sequence[ClockReactor], tx: Transaction, changes: Sequence[ClockChange]) -> None:
    """Hand changes to everybody who watches."""
    if changes:
        for react in told:
            await react(tx, changes)


@dataclass(frozen=True, slots=True)
class Times:
    """What a clock shows, as it is kept."""

    state: ClockState
    mark: Mark
    due_on: date
    near_at: datetime
    due_at: datetime
    next_at: datetime | None
    provisional: bool


def times_of(count: Count, calendar: Calendar, now: datetime) -> Times:
    """The times of a clock that has not ended."""
    due_on = last_day(count, calendar)
    near_at, due_at = end_of(near_day(count, calendar)), end_of(due_on)
    standing = min((pause.first for pause in count.pauses if pause.last is None), default=None)
    seen = now if standing is None else min(now, datetime.combine(standing, time(), clock.ZONE))
    mark = Mark.OVER if due_at <= seen else Mark.NEAR if near_at <= seen else Mark.NONE
    to_come = {Mark.NONE: near_at, Mark.NEAR: due_at, Mark.OVER: None}[mark]
    return Times(
        state=ClockState.RUNNING if standing is None else ClockState.STANDING,
        mark=mark,
        due_on=due_on,
        near_at=near_at,
        due_at=due_at,
        next_at=to_come if standing is None else None,
        provisional=is_provisional(count.start, due_on, calendar),
    )


@dataclass(frozen=True, slots=True)
class Ledger:
    """What moves the clocks of one case."""

    pauses: tuple[Pause, ...] = ()
    extensions: tuple[Extension, ...] = ()

    def count(
        self, kind: ClockKind, start: date, days: int, unit: LimitUnit, *, pausable: bool = True
    ) -> Count:
        """What a clock counts, with what moves it."""
        return Count(
            start,
            days,
            unit,
            pauses=self.pauses if pausable else (),
            extensions=self.extensions if kind in EXTENDED else (),
        )


NOTHING = Ledger()


async def ledgers(application_ids: Sequence[UUID], tx: Transaction | None = None) -> Mapping[UUID, Ledger]:
    """The ledger of each case that has one."""
    read = tx.fetch if tx is not None else fetch
    ids = list(application_ids)
    pauses: dict[UUID, list[Pause]] = {}
    for row in await read(
        "SELECT application_id, reason, first_on, last_on FROM clock_pause WHERE application_id = ANY($1::uuid[])"
        " ORDER BY application_id, since_sequence",
        ids,
    ):
        pauses.setdefault(row["application_id"], []).append(
            Pause(row["first_on"], row["last_on"], why_of(row["reason"]))
        )
    extensions: dict[UUID, list[Extension]] = {}
    for row in await read(
        "SELECT application_id, days, decided_on FROM case_extension WHERE application_id = ANY($1::uuid[])"
        " AND state = 'APPROVED' ORDER BY application_id, id",
        ids,
    ):
        extensions.setdefault(row["application_id"], []).append(Extension(row["days"], row["decided_on"]))
    return {
        case: Ledger(tuple(pauses.get(case, ())), tuple(extensions.get(case, ())))
        for case in {*pauses, *extensions}
    }


async def settle(
    tx: Transaction, rows: Sequence[Row], calendar: Calendar, now: datetime
) -> Sequence[ClockChange]:
    """Reckon these clocks (``CLOCKS``, locked) anew, keep what they show, and tell whose mark changed."""
    known = await ledgers(list({row["application_id"] for row in rows}), tx)
    seen: dict[object, Times] = {}
    kept, changes = [], []
    for row in rows:
        kind, ledger = ClockKind(row["kind"]), known.get(row["application_id"], NOTHING)
        what = (kind, row["started_on"], row["days"], row["unit"], row["pausable"], ledger)
        times = seen.get(what)  # what began on one day under one limit ends on one day
        if times is None:
            count = ledger.count(
                kind, row["started_on"], row["days"], LimitUnit(row["unit"]), pausable=row["pausable"]
            )
            times = seen[what] = times_of(count, calendar, now)
        kept.append((row, times))
        if times.mark.value != row["mark"]:
            changes.append(
                ClockChange(
                    row["application_id"],
                    kind,
                    row["step"],
                    Mark(row["mark"]),
                    times.mark,
                    ended=False,
                    at=now,
                )
            )
    await _keep(tx, kept, calendar.version)
    return changes


async def _keep(tx: Transaction, kept: Sequence[tuple[Row, Times]], version: int) -> None:
    await tx.execute(
        "UPDATE case_clock c SET state = n.state, mark = n.mark, due_on = n.due_on, near_at = n.near_at,"
        " due_at = n.due_at, next_at = n.next_at, provisional = n.provisional, calendar_version = $9"
        " FROM unnest($1::uuid[], $2::text[], $3::text[], $4::date[], $5::timestamptz[], $6::timestamptz[],"
        "   $7::timestamptz[], $8::bool[]) AS n(id, state, mark, due_on, near_at, due_at, next_at, provisional)"
        " WHERE c.id = n.id",
        [row["id"] for row, _ in kept],
        [times.state.value for _, times in kept],
        [times.mark.value for _, times in kept],
        [times.due_on for _, times in kept],
        [times.near_at for _, times in kept],
        [times.due_at for _, times in kept],
        [times.next_at for _, times in kept],
        [times.provisional for _, times in kept],
        version,
    )
    promised = [
        (row["application_id"], times.due_on)
        for row, times in kept
        if row["kind"] == ClockKind.PROMISED.value and row["due_on"] != times.due_on
    ]
    if promised:
        await tx.execute(
            "UPDATE application a SET due_on = n.due_on FROM unnest($1::uuid[], $2::date[]) AS n(id, due_on)"
            " WHERE a.id = n.id",
            [case for case, _ in promised],
            [day for _, day in promised],
        )
