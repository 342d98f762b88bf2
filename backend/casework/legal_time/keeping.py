"""Clocks follow the life of a case: a reactor that starts, stops, moves and ends them with each event."""

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from backend.casework.catalogue.standards import Standards
from backend.casework.definitions import LimitUnit, ServiceItem, Step, StepKind, TaskType
from backend.casework.legal_time.models import ClockKind, Mark
from backend.casework.legal_time.settling import (
    CLOCKS,
    NOTHING,
    ClockChange,
    ClockReactor,
    Times,
    ledgers,
    settle,
    tell_all,
    times_of,
)
from backend.casework.legal_time.words import PauseReason
from backend.casework.lifecycle import CaseEvent, CaseEventKind
from backend.casework.reviews.route import Stage, behind, course_in
from backend.database.record import Row, Transaction
from backend.kit import clock
from backend.kit.ids import new_id
from backend.kit.working_days import Calendar

K, C = CaseEventKind, ClockKind

ACCEPTANCE_DAYS = 5
"""行政许可法 32: working days in which missing papers are told; afterwards a licence counts as accepted."""
DELIVERY_DAYS = 10
"""行政许可法 44: working days from the decision until the licence is issued and delivered."""

BEFORE_DECISION = (C.ACCEPTANCE, C.PROMISED, C.STATUTORY, C.STEP, C.FORWARD, C.HANDLE, C.SETTLE)

ENDS: Mapping[CaseEventKind, tuple[ClockKind, ...]] = {
    K.ACCEPTED: (C.ACCEPTANCE, C.PROMISED, C.STATUTORY),
    K.DEEMED_ACCEPTED: (C.ACCEPTANCE, C.PROMISED, C.STATUTORY),
    K.NOT_ACCEPTED: BEFORE_DECISION,
    K.CORRECTION_LAPSED: BEFORE_DECISION,
    K.APPROVED: BEFORE_DECISION,
    K.REFUSED: BEFORE_DECISION,
    K.RETURNED: BEFORE_DECISION,
    K.WITHDRAWN: BEFORE_DECISION,
    K.FORWARDED: BEFORE_DECISION,
    K.TERMINATED: BEFORE_DECISION,
    K.RESULT_ISSUED: (C.DELIVERY,),
}
"""Which clocks an event ends. Acceptance ends what was counted from receipt; it begins anew from then."""

PASSES = frozenset({K.STEP_PASSED, K.PUBLICITY_ENDED})
"""These pass the step that their detail names as ``step``."""

STOPS: Mapping[CaseEventKind, PauseReason] = {
    K.CORRECTION_ASKED: PauseReason.CORRECTION,
    K.PUBLICITY_BEGUN: PauseReason.EXCLUDED_STEP,
    K.SUSPENDED: PauseReason.SUSPENDED,
}
"""Which events stop the clocks, and why where the event itself does not say."""

GOES_ON = frozenset(
    {K.CORRECTION_ANSWERED, K.PUBLICITY_ENDED, K.RESUMED}
    | {kind for kind, ended in ENDS.items() if ended is BEFORE_DECISION}
)
"""After which events they go on, or nothing is left to stand still."""

COURSED = frozenset({K.ACCEPTED, K.DEEMED_ACCEPTED, K.STEP_RETURNED, *PASSES})
"""For these the steps of the case matter."""

STARTS = frozenset(
    {K.SUBMITTED, K.ACCEPTED, K.DEEMED_ACCEPTED, K.APPROVED, K.REFUSED} | {K.STEP_RETURNED, *PASSES}
)


@dataclass(frozen=True, slots=True)
class Start:
    """A clock to be started."""

    kind: ClockKind
    days: int
    unit: LimitUnit = LimitUnit.WORKING_DAYS
    step: str = ""
    pausable: bool = True
    deems: bool = False


@dataclass(frozen=True, slots=True)
class Timekeeper:
    """The reactor of legal time."""

    standards: Standards
    calendar: Calendar
    told: tuple[ClockReactor, ...] = ()

    async def __call__(self, tx: Transaction, event: CaseEvent) -> None:
        """Do with the case's clocks what ``event`` means for them."""
        at = moment_of(event)
        changes: list[ClockChange] = []
        if event.kind in ENDS:
            changes += await end_clocks(tx, event.application_id, ENDS[event.kind], at)
        course: Sequence[Stage] = ()
        if event.kind in COURSED:
            course = await course_in(tx, self.standards.get(event.item_code), event.application_id)
        over = _steps_over(event, course)
        if over:
            changes += await end_clocks(tx, event.application_id, (C.STEP,), at, steps=over)
        stopped = event.kind in STOPS and self._stops(event)
        if stopped or event.kind in GOES_ON:
            await _write_ledger(tx, event, at)
        if stopped or event.kind in GOES_ON or event.kind is K.EXTENDED:
            changes += await self._again(tx, event, at)
        if event.kind in STARTS:
            start, clocks = await self._starts(tx, event, course)
            await self._start(tx, event, start, clocks, at=at)
        await tell_all(self.told, tx, changes)

    def _stops(self, event: CaseEvent) -> bool:
        """Publicity stops the clocks only where the item says that its days do not count."""
        if event.kind is not K.PUBLICITY_BEGUN:
            return True
        steps = self.standards.get(event.item_code).steps
        return any(step.kind is StepKind.PUBLICITY and step.excluded for step in steps)

    async def _again(self, tx: Transaction, event: CaseEvent, at: datetime) -> Sequence[ClockChange]:
        rows = await tx.fetch(
            CLOCKS + "WHERE application_id = $1 AND state <> 'ENDED' ORDER BY id FOR UPDATE",
            event.application_id,
        )
        return await settle(tx, rows, self.calendar, at) if rows else ()

    async def _starts(
        self, tx: Transaction, event: CaseEvent, course: Sequence[Stage]
    ) -> tuple[date, list[Start]]:
        """From which day which clocks begin with this event."""
        item, day = self.standards.get(event.item_code), clock.local(moment_of(event)).date()
        match event.kind:
            case K.SUBMITTED | K.ACCEPTED | K.DEEMED_ACCEPTED:
                case = await tx.fetch_one(
                    "SELECT promised_days, submitted_at FROM application WHERE id = $1", event.application_id
                )
                assert case is not None  # noqa: S101 - an event has its case
                received, promised = (
                    clock.local(case["submitted_at"] or event.at).date(),
                    case["promised_days"],
                )
                if event.kind is K.SUBMITTED:
                    return received, list(_on_receipt(item, promised))
                # Silence counts as acceptance on the day of receipt (行政许可法 32).
                start = received if event.kind is K.DEEMED_ACCEPTED else max(day, received)
                return start, [*_limits(item, promised), *_step_clocks(_open(course, ()))]
            case K.STEP_PASSED | K.PUBLICITY_ENDED:
                passed = await _passed_steps(tx, event.application_id, course)
                waits = _waits(course)
                opened = [
                    step for step in _open(course, passed) if event.detail.get("step") in waits[step.code]
                ]
                return day, list(_step_clocks(opened))
            case K.STEP_RETURNED:
                again = [stage.step for stage in course if stage.step.code == event.detail.get("to")]
                return day, list(_step_clocks(again))
            case _:
                return day, list(_on_decision(item, event.kind))

    async def _start(
        self, tx: Transaction, event: CaseEvent, start: date, starts: Sequence[Start], *, at: datetime
    ) -> None:
        if not starts:
            return
        timed = await start_clocks(
            tx,
            event.application_id,
            event.sequence,
            at,
            start=start,
            starts=starts,
            calendar=self.calendar,
            fresh=event.kind is K.SUBMITTED,
        )
        promised = next((times.due_on for one, times in timed if one.kind is C.PROMISED), None)
        if promised is not None and event.kind is not K.SUBMITTED:  # a submission has written it already
            await tx.execute(
                "UPDATE application SET due_on = $2 WHERE id = $1",
                event.application_id,
                promised,
            )


def _steps_over(event: CaseEvent, course: Sequence[Stage]) -> Collection[str]:
    """The steps whose clocks end: the one that was passed, or all that rest on the one it goes back to."""
    if event.kind in PASSES:
        return {str(event.detail.get("step", ""))}
    if event.kind is K.STEP_RETURNED:
        return behind(course, str(event.detail.get("to", "")))
    return ()


def moment_of(event: CaseEvent) -> datetime:
    """When it happened in law: what a province tells has happened there before we heard of it, never after."""
    told = event.detail.get("happenedAt")
    if not isinstance(told, str):
        return event.at
    try:
        happened = datetime.fromisoformat(told)
    except ValueError:
        return event.at
    if happened.tzinfo is None:
        happened = happened.replace(tzinfo=UTC)
    return min(happened, event.at)


def _waits(course: Sequence[Stage]) -> Mapping[str, frozenset[str]]:
    """For each step the steps that must be over first; the intake is over with the acceptance."""
    intake = {stage.step.code for stage in course if stage.step.kind is StepKind.INTAKE}
    return {stage.step.code: frozenset(stage.after) - intake for stage in course}


def _open(course: Sequence[Stage], passed: Collection[str]) -> Sequence[Step]:
    """The steps that can be at work once these are passed."""
    waits = _waits(course)
    return [
        stage.step
        for stage in course
        if stage.step.kind is not StepKind.INTAKE
        and stage.step.code not in passed
        and waits[stage.step.code] <= set(passed)
    ]


def _step_clocks(steps: Sequence[Step]) -> Iterator[Start]:
    for step in steps:
        if step.days:
            yield Start(C.STEP, step.days, step.unit, step.code, pausable=not step.excluded)


async def _passed_steps(tx: Transaction, application_id: UUID, course: Sequence[Stage]) -> frozenset[str]:
    """The steps that are passed; what rests on a step to which the case went back is to be passed again."""
    rows = await tx.fetch(
        "SELECT kind, detail ->> 'step' AS step, detail ->> 'to' AS back FROM case_event WHERE application_id = $1"
        " AND kind IN ('STEP_PASSED', 'PUBLICITY_ENDED', 'STEP_RETURNED') ORDER BY sequence",
        application_id,
    )
    passed: set[str] = set()
    for row in rows:
        if row["kind"] == K.STEP_RETURNED.value:
            passed -= behind(course, row["back"] or "")
        elif row["step"]:
            passed.add(row["step"])
    return frozenset(passed)


def _on_receipt(item: ServiceItem, promised_days: int) -> Iterator[Start]:
    intake = next((step for step in item.steps if step.kind is StepKind.INTAKE), None)
    if item.task_type is TaskType.LICENCE:
        yield Start(C.ACCEPTANCE, ACCEPTANCE_DAYS, deems=item.deemed_acceptance)
    elif intake is not None and intake.days:
        yield Start(C.ACCEPTANCE, intake.days, intake.unit)
    yield from _limits(item, promised_days)


def _limits(item: ServiceItem, promised_days: int) -> Iterator[Start]:
    statutory = item.limits.statutory
    yield Start(C.PROMISED, promised_days, statutory.unit)
    yield Start(C.STATUTORY, statutory.days, statutory.unit)


def _on_decision(item: ServiceItem, kind: CaseEventKind) -> Iterator[Start]:
    if item.task_type is TaskType.LICENCE and kind is K.APPROVED:
        yield Start(C.DELIVERY, DELIVERY_DAYS)


async def end_clocks(
    tx: Transaction,
    application_id: UUID,
    kinds: Sequence[ClockKind],
    at: datetime,
    *,
    steps: Collection[str] | None = None,
) -> list[ClockChange]:
    """End clocks. One that ended after its time is over, whether or not a job has seen it before."""
    rows = await tx.fetch(
        "UPDATE case_clock c SET state = 'ENDED', ended_at = $3, next_at = NULL, mark = CASE"
        "   WHEN b.state = 'RUNNING' THEN CASE WHEN b.due_at <= $3 THEN 'OVER' WHEN b.mark = 'OVER' THEN 'NEAR'"
        "     ELSE b.mark END ELSE b.mark END"
        " FROM (SELECT id, mark, state, due_at FROM case_clock WHERE application_id = $1 AND kind = ANY($2::text[])"
        "   AND state <> 'ENDED' AND ($4::text[] IS NULL OR step = ANY($4)) ORDER BY id FOR UPDATE) b"
        " WHERE c.id = b.id RETURNING c.application_id, c.kind, c.step, b.mark AS before, c.mark AS after",
        application_id,
        [kind.value for kind in kinds],
        at,
        None if steps is None else sorted(steps),
    )
    return [change_of(row, at, ended=True) for row in rows]


def change_of(row: Row, at: datetime, *, ended: bool = False) -> ClockChange:
    """What a statement on clocks says of one that it changed."""
    return ClockChange(
        row["application_id"],
        ClockKind(row["kind"]),
        row["step"],
        Mark(row["before"]),
        Mark(row["after"]),
        ended=ended,
        at=at,
    )


async def _write_ledger(tx: Transaction, event: CaseEvent, at: datetime) -> None:
    day = clock.local(at).date()
    if event.kind in GOES_ON:
        await tx.execute(
            "UPDATE clock_pause SET last_on = greatest(first_on, $2), until_sequence = $3"
            " WHERE application_id = $1 AND last_on IS NULL",
            event.application_id,
            day,
            event.sequence,
        )
        return
    reason = event.detail.get("reason")
    known = reason if isinstance(reason, str) and reason in set(PauseReason) else STOPS[event.kind].value
    await tx.execute(
        "INSERT INTO clock_pause (id, created_at, application_id, since_sequence, reason, first_on)"
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (application_id, since_sequence) DO NOTHING",
        new_id(),
        event.at,
        event.application_id,
        event.sequence,
        known,
        day,
    )


async def start_clocks(
    tx: Transaction,
    application_id: UUID,
    sequence: int,
    at: datetime,
    *,
    start: date,
    starts: Sequence[Start],
    calendar: Calendar,
    fresh: bool = False,
) -> Sequence[tuple[Start, Times]]:
    """Start clocks that count from ``start``, by the entry ``sequence`` of the timeline; a second time changes nothing.

    ``fresh``: the case has just been received, so that nothing in its ledger needs to be looked up.
    """
    known = NOTHING if fresh else (await ledgers([application_id], tx)).get(application_id, NOTHING)
    timed = [
        (
            one,
            times_of(known.count(one.kind, start, one.days, one.unit, pausable=one.pausable), calendar, at),
        )
        for one in starts
    ]
    await tx.execute(
        "INSERT INTO case_clock (id, created_at, application_id, since_sequence, started_on, calendar_version, kind,"
        " step, days, unit, pausable, deems, state, mark, due_on, near_at, due_at, next_at, provisional)"
        " SELECT n.id, $1, $2, $3, $4, $5, n.kind, n.step, n.days, n.unit, n.pausable, n.deems, n.state, n.mark,"
        " n.due_on, n.near_at, n.due_at, n.next_at, n.provisional"
        " FROM unnest($6::uuid[], $7::text[], $8::text[], $9::int[], $10::text[], $11::bool[], $12::bool[],"
        "   $13::text[], $14::text[], $15::date[], $16::timestamptz[], $17::timestamptz[], $18::timestamptz[],"
        "   $19::bool[]) AS n(id, kind, step, days, unit, pausable, deems, state, mark, due_on, near_at, due_at,"
        "   next_at, provisional)"
        " ON CONFLICT (application_id, kind, step, since_sequence) DO NOTHING",
        clock.now(),
        application_id,
        sequence,
        start,
        calendar.version,
        [new_id() for _ in timed],
        [one.kind.value for one, _ in timed],
        [one.step for one, _ in timed],
        [one.days for one, _ in timed],
        [one.unit.value for one, _ in timed],
        [one.pausable for one, _ in timed],
        [one.deems for one, _ in timed],
        [times.state.value for _, times in timed],
        [times.mark.value for _, times in timed],
        [times.due_on for _, times in timed],
        [times.near_at for _, times in timed],
        [times.due_at for _, times in timed],
        [times.next_at for _, times in timed],
        [times.provisional for _, times in timed],
    )
    return timed


def keep_time(
    standards: Standards,
    calendar: Calendar,
    *,
    told: tuple[ClockReactor, ...] = (),
) -> Callable[[Transaction, CaseEvent], Awaitable[None]]:
    """The reactor that keeps the clocks of every case."""
    return Timekeeper(standards, calendar, told)
