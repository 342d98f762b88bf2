"""The clocks of a case: started, ended, marked by their times, and moved by a new calendar."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest

from backend.casework.applications.events import record_event
from backend.casework.catalogue.standards import Standards
from backend.casework.definitions import (
    Level,
    Limit,
    Limits,
    LimitUnit,
    ServiceItem,
    Step,
    StepKind,
    TaskType,
)
from backend.casework.legal_clock import end_of
from backend.casework.legal_time.calendars import announce, read_announcement
from backend.casework.legal_time.due import accept_by_silence, mark_due, reckon_anew
from backend.casework.legal_time.keeping import keep_time
from backend.casework.legal_time.models import ClockKind, Mark
from backend.casework.legal_time.settling import ClockChange
from backend.casework.legal_time.turns import SIDES, Turn, pass_turn
from backend.casework.lifecycle import CaseEventKind, CaseState
from backend.casework.machine import Casework
from backend.database.record import Transaction, fetch, transaction
from backend.errors import Text
from backend.kit import clock
from backend.kit.working_days import FIXED_HOLIDAYS, Calendar
from backend.viewer import Machine
from tests.support import cases
from tests.support.sandbox import OutsideSandbox

PROVINCE = Machine("province-33")
TEXT = Text("环节", "Step")


@dataclass(slots=True)
class Told:
    """What a reactor of clocks hears."""

    changes: list[ClockChange] = field(default_factory=list)

    async def __call__(self, _tx: Transaction, changes: Sequence[ClockChange]) -> None:
        self.changes += changes

    @property
    def short(self) -> list[tuple[ClockKind, Mark, Mark, bool]]:
        return [(one.kind, one.before, one.after, one.ended) for one in self.changes]


@pytest.fixture
def told() -> Told:
    return Told()


def with_item(work: Casework, told: Told, item: ServiceItem = cases.ITEM) -> Casework:
    items, calendar = Standards.of([item]), Calendar()
    return Casework(
        resources=work.resources,
        standards=items,
        calendar=calendar,
        reactors=(keep_time(items, calendar, told=(told,)),),
        clock_reactors=(told,),
    )


@pytest.fixture
def timed(work: Casework, told: Told) -> Casework:
    """The machine, with a listener to its clocks."""
    return with_item(work, told)


async def clocks(application_id: UUID) -> list[tuple[str, str, str, date]]:
    rows = await fetch(
        "SELECT kind, state, mark, due_on FROM case_clock WHERE application_id = $1 ORDER BY since_sequence, kind",
        application_id,
    )
    return [tuple(row) for row in rows]


async def move(work: Casework, case: UUID, kind: CaseEventKind, before: CaseState, **detail: object) -> None:
    async with transaction() as tx:
        await record_event(tx, work, case, kind, before=before, actor=PROVINCE, detail=detail)


def from_today(days: int) -> date:
    return Calendar().add_working_days(clock.today(), days)


async def test_receipt_starts_what_is_counted_from_it(timed: Casework, outside_world: OutsideSandbox) -> None:
    case = await cases.submitted(await cases.proven(timed.resources, outside_world), timed)
    assert await clocks(case) == [
        ("ACCEPTANCE", "RUNNING", "NONE", from_today(10)),
        ("PROMISED", "RUNNING", "NONE", from_today(10)),
        ("STATUTORY", "RUNNING", "NONE", from_today(20)),
    ]


async def test_acceptance_starts_the_limits_anew_and_the_decision_ends_them(
    timed: Casework, told: Told, outside_world: OutsideSandbox
) -> None:
    case = await cases.submitted(await cases.proven(timed.resources, outside_world), timed)
    with clock.shifted(timedelta(days=7)):
        await move(timed, case, CaseEventKind.ACCEPTED, CaseState.SUBMITTED)
        promised = from_today(10)
        assert await clocks(case) == [
            ("ACCEPTANCE", "ENDED", "NONE", from_today(5)),
            ("PROMISED", "ENDED", "NONE", from_today(5)),
            ("STATUTORY", "ENDED", "NONE", from_today(15)),
            ("PROMISED", "RUNNING", "NONE", promised),
            ("STATUTORY", "RUNNING", "NONE", from_today(20)),
            ("STEP", "RUNNING", "NONE", from_today(10)),
        ]
        assert (await cases.row_of(case))["due_on"] == promised
        await move(timed, case, CaseEventKind.APPROVED, CaseState.ACCEPTED)
    assert {state for _, state, _, _ in await clocks(case)} == {"ENDED"}
    assert {change.after for change in told.changes} == {Mark.NONE}


async def test_what_a_province_tells_counts_from_when_it_happened_there(
    timed: Casework, told: Told, outside_world: OutsideSandbox
) -> None:
    case = await cases.submitted(await cases.proven(timed.resources, outside_world), timed)
    accepted = clock.now().isoformat()
    with clock.shifted(timedelta(days=60)):
        assert await mark_due((told,)) == 3
        await move(timed, case, CaseEventKind.ACCEPTED, CaseState.SUBMITTED, happenedAt=accepted)
        ended = [(kind, mark) for kind, state, mark, _ in await clocks(case) if state == "ENDED"]
        assert ended == [("ACCEPTANCE", "NEAR"), ("PROMISED", "NEAR"), ("STATUTORY", "NEAR")]
        assert (await cases.row_of(case))["due_on"] == Calendar().add_working_days(
            clock.local(datetime.fromisoformat(accepted)).date(), 10
        )


async def test_a_moment_that_a_province_dates_ahead_is_ours(
    timed: Casework, outside_world: OutsideSandbox
) -> None:
    case = await cases.submitted(await cases.proven(timed.resources, outside_world), timed)
    ahead = (clock.now() + timedelta(days=9)).isoformat()
    await move(timed, case, CaseEventKind.ACCEPTED, CaseState.SUBMITTED, happenedAt=ahead)
    await move(timed, case, CaseEventKind.APPROVED, CaseState.ACCEPTED, happenedAt="yesterday")
    rows = await fetch("SELECT DISTINCT started_on FROM case_clock WHERE application_id = $1", case)
    assert [row["started_on"] for row in rows] == [clock.today()]
    ended = await fetch("SELECT max(ended_at) AS last FROM case_clock WHERE application_id = $1", case)
    assert ended[0]["last"] <= clock.now()


async def test_a_clock_becomes_near_and_over_once_each(
    timed: Casework, told: Told, outside_world: OutsideSandbox
) -> None:
    await cases.submitted(await cases.proven(timed.resources, outside_world), timed)
    assert await mark_due((told,)) == 0
    near, over = end_of(from_today(8)) - clock.now(), end_of(from_today(10)) - clock.now()
    with clock.shifted(near - timedelta(minutes=1)):
        assert await mark_due((told,)) == 0
    with clock.shifted(near):
        assert await mark_due((told,)) == 2
        assert await mark_due((told,)) == 0
    with clock.shifted(over - timedelta(minutes=1)):
        assert await mark_due((told,)) == 0
    with clock.shifted(over):
        assert sum(await asyncio.gather(*(mark_due((told,)) for _ in range(3)))) == 2
    assert sorted(told.short) == [
        (ClockKind.ACCEPTANCE, Mark.NEAR, Mark.OVER, False),
        (ClockKind.ACCEPTANCE, Mark.NONE, Mark.NEAR, False),
        (ClockKind.PROMISED, Mark.NEAR, Mark.OVER, False),
        (ClockKind.PROMISED, Mark.NONE, Mark.NEAR, False),
    ]


async def test_a_clock_set_back_unmarks_nothing(
    timed: Casework, told: Told, outside_world: OutsideSandbox
) -> None:
    """The time of a machine that is wrong for a while: what was marked stays, what comes is marked once."""
    case = await cases.submitted(await cases.proven(timed.resources, outside_world), timed)
    with clock.shifted(timedelta(days=40)):
        assert await mark_due((told,)) == 3
    marked = await clocks(case)
    with clock.shifted(timedelta(days=-40)):
        assert await mark_due((told,)) == 0
    assert await clocks(case) == marked
    with clock.shifted(timedelta(days=41)):
        assert await mark_due((told,)) == 0


async def test_a_decision_after_the_limit_is_over_though_no_job_has_seen_it(
    timed: Casework, told: Told, outside_world: OutsideSandbox
) -> None:
    case = await cases.submitted(await cases.proven(timed.resources, outside_world), timed)
    await move(timed, case, CaseEventKind.ACCEPTED, CaseState.SUBMITTED)
    told.changes.clear()
    with clock.shifted(timedelta(days=60)):
        await move(timed, case, CaseEventKind.REFUSED, CaseState.ACCEPTED)
    assert sorted(told.short) == [
        (ClockKind.PROMISED, Mark.NONE, Mark.OVER, True),
        (ClockKind.STATUTORY, Mark.NONE, Mark.OVER, True),
        (ClockKind.STEP, Mark.NONE, Mark.OVER, True),
    ]


LICENCE = replace(
    cases.ITEM,
    task_type=TaskType.LICENCE,
    deemed_acceptance=True,
    limits=Limits(Limit(20, LimitUnit.WORKING_DAYS, cases.ITEM.basis[0]), promised_days=20),
)


async def test_silence_accepts_a_licence_from_the_day_of_receipt(
    work: Casework, told: Told, outside_world: OutsideSandbox
) -> None:
    licensing = with_item(work, told, LICENCE)
    case = await cases.submitted(await cases.proven(licensing.resources, outside_world), licensing)
    received = clock.today()
    with clock.shifted(end_of(from_today(5)) - clock.now() - timedelta(minutes=1)):
        assert await accept_by_silence(licensing) == 0
    with clock.shifted(end_of(from_today(5)) - clock.now()):
        done = await asyncio.gather(accept_by_silence(licensing), accept_by_silence(licensing))
        assert sum(done) == 1
    assert (await cases.timeline(case))[-1] == "DEEMED_ACCEPTED"
    (entry,) = await fetch("SELECT actor, state FROM case_event WHERE kind = 'DEEMED_ACCEPTED'")
    assert tuple(entry) == ("machine:legal-time", "ACCEPTED")
    assert (await cases.row_of(case))["due_on"] == Calendar().add_working_days(received, 10)


async def test_silence_accepts_nothing_else(timed: Casework, outside_world: OutsideSandbox) -> None:
    case = await cases.submitted(await cases.proven(timed.resources, outside_world), timed)
    with clock.shifted(timedelta(days=90)):
        assert await accept_by_silence(timed) == 0
    assert (await cases.row_of(case))["state"] == "SUBMITTED"


async def test_across_provinces_the_clock_of_whoever_has_it_runs(
    timed: Casework, told: Told, outside_world: OutsideSandbox
) -> None:
    case = await cases.submitted(await cases.proven(timed.resources, outside_world), timed)

    async def turn(kind: ClockKind | None, days: int, sequence: int, of: str = "1") -> None:
        async with transaction() as tx:
            passed = Turn(case, sequence, of, clock.now())
            await pass_turn(
                tx, passed, kind=kind, days=days, calendar=timed.calendar, told=timed.clock_reactors
            )

    async def sides() -> list[tuple[str, str, date]]:
        return sorted((kind, state, due) for kind, state, _, due in await clocks(case) if kind in set(SIDES))

    await turn(ClockKind.FORWARD, 3, 2)
    await turn(ClockKind.FORWARD, 3, 2, of="2")
    assert await sides() == [("FORWARD", "RUNNING", from_today(3))] * 2
    await turn(ClockKind.HANDLE, 15, 3)
    assert await sides() == [
        ("FORWARD", "ENDED", from_today(3)),
        ("FORWARD", "RUNNING", from_today(3)),
        ("HANDLE", "RUNNING", from_today(15)),
    ]
    assert told.short == [(ClockKind.FORWARD, Mark.NONE, Mark.NONE, True)]
    await turn(None, 0, 4)
    assert (await sides())[-1] == ("HANDLE", "ENDED", from_today(15))


async def test_a_new_calendar_moves_what_is_open_and_takes_marks_back(
    timed: Casework, told: Told, outside_world: OutsideSandbox
) -> None:
    case = await cases.submitted(await cases.proven(timed.resources, outside_world), timed)
    known = timed.calendar.year(clock.today().year)
    assert known is not None
    first, last = from_today(1), from_today(10)
    with clock.shifted(end_of(last) - clock.now()):
        await mark_due((told,))
        told.changes.clear()
        off = [first + timedelta(days=gone) for gone in range(3)]
        announced = read_announcement(
            year=known.year,
            days_off=[*known.days_off, *(day for day in off if day.year == known.year)],
            make_up_days=[day for day in known.make_up_days if day not in off],
        )
        await announce(timed.resources.shared, announced, source="应急通知", actor="machine:test")
        assert await reckon_anew(timed.calendar, (told,)) == 3
        assert await reckon_anew(timed.calendar, (told,)) == 0
    due = timed.calendar.add_working_days(clock.today(), 10)
    assert due > last
    assert (await cases.row_of(case))["due_on"] == due
    assert told.short == [
        (ClockKind.ACCEPTANCE, Mark.OVER, Mark.NEAR, False),
        (ClockKind.PROMISED, Mark.OVER, Mark.NEAR, False),
    ]
    rows = await fetch("SELECT DISTINCT calendar_version FROM case_clock")
    assert [row["calendar_version"] for row in rows] == [1]


async def test_a_process_that_has_not_heard_of_a_calendar_is_found_out(
    timed: Casework, told: Told, outside_world: OutsideSandbox
) -> None:
    citizen = await cases.proven(timed.resources, outside_world)
    year = read_announcement(
        year=2030, days_off=[date(2030, month, day) for month, day in FIXED_HOLIDAYS], make_up_days=[]
    )
    await announce(timed.resources.shared, year, source="x", actor="machine:test")
    await cases.submitted(citizen, timed)  # by the calendar of before: version 0
    other = Calendar()
    assert await reckon_anew(other, (told,)) == 3
    assert (other.version, told.changes) == (1, [])


async def test_calendars_and_events_beside_each_other_end_right(
    timed: Casework, told: Told, outside_world: OutsideSandbox
) -> None:
    case = await cases.submitted(await cases.proven(timed.resources, outside_world), timed)
    year = read_announcement(
        year=2030, days_off=[date(2030, month, day) for month, day in FIXED_HOLIDAYS], make_up_days=[]
    )
    await announce(timed.resources.shared, year, source="x", actor="machine:test")
    await asyncio.gather(
        *(reckon_anew(Calendar(), (told,)) for _ in range(3)),
        move(timed, case, CaseEventKind.ACCEPTED, CaseState.SUBMITTED),
    )
    await reckon_anew(timed.calendar, (told,))
    open_ = [one for one in await clocks(case) if one[1] == "RUNNING"]
    assert [(kind, due) for kind, _, _, due in open_] == [
        ("PROMISED", from_today(10)),
        ("STATUTORY", from_today(20)),
        ("STEP", from_today(10)),
    ]
    rows = await fetch("SELECT DISTINCT calendar_version FROM case_clock WHERE state = 'RUNNING'")
    assert [row["calendar_version"] for row in rows] == [1]


async def ledger(application_id: UUID) -> list[tuple[str, date, date | None]]:
    rows = await fetch(
        "SELECT reason, first_on, last_on FROM clock_pause WHERE application_id = $1 ORDER BY since_sequence",
        application_id,
    )
    return [tuple(row) for row in rows]


async def test_a_suspension_stops_the_clocks_and_its_days_do_not_count(
    timed: Casework, told: Told, outside_world: OutsideSandbox
) -> None:
    case = await cases.submitted(await cases.proven(timed.resources, outside_world), timed)
    await move(timed, case, CaseEventKind.ACCEPTED, CaseState.SUBMITTED)
    first = clock.today()
    await move(timed, case, CaseEventKind.SUSPENDED, CaseState.ACCEPTED, reason="SPECIAL_PROCEDURE")
    assert await ledger(case) == [("SPECIAL_PROCEDURE", first, None)]
    standing = [kind for kind, state, _, _ in await clocks(case) if state == "STANDING"]
    assert standing == ["PROMISED", "STATUTORY", "STEP"]
    with clock.shifted(timedelta(days=90)):
        assert await mark_due((told,)) == 0
    with clock.shifted(timedelta(days=28)):
        await move(timed, case, CaseEventKind.RESUMED, CaseState.SUSPENDED)
        last = clock.today()
        assert await ledger(case) == [("SPECIAL_PROCEDURE", first, last)]
        assert [one for one in await clocks(case) if one[1] != "ENDED"] == [
            ("PROMISED", "RUNNING", "NONE", from_today(10)),
            ("STATUTORY", "RUNNING", "NONE", from_today(20)),
            ("STEP", "RUNNING", "NONE", from_today(10)),
        ]
        assert (await cases.row_of(case))["due_on"] == from_today(10)


async def test_a_correction_stops_the_time_for_accepting_and_its_end_closes_the_ledger(
    timed: Casework, outside_world: OutsideSandbox
) -> None:
    case = await cases.submitted(await cases.proven(timed.resources, outside_world), timed)
    await move(timed, case, CaseEventKind.CORRECTION_ASKED, CaseState.SUBMITTED)
    assert {state for _, state, _, _ in await clocks(case)} == {"STANDING"}
    with clock.shifted(timedelta(days=30)):
        await move(timed, case, CaseEventKind.CORRECTION_LAPSED, CaseState.CORRECTION)
        assert await ledger(case) == [("CORRECTION", clock.today() - timedelta(days=30), clock.today())]
    assert {(state, mark) for _, state, mark, _ in await clocks(case)} == {("ENDED", "NONE")}


async def test_silence_while_the_applicant_corrects_accepts_nothing(
    work: Casework, told: Told, outside_world: OutsideSandbox
) -> None:
    licensing = with_item(work, told, LICENCE)
    case = await cases.submitted(await cases.proven(licensing.resources, outside_world), licensing)
    await move(licensing, case, CaseEventKind.CORRECTION_ASKED, CaseState.SUBMITTED)
    with clock.shifted(timedelta(days=60)):
        assert await accept_by_silence(licensing) == 0


STEPS = (
    Step("intake", StepKind.INTAKE, Level.TOWNSHIP, TEXT),
    Step("review", StepKind.REVIEW, Level.TOWNSHIP, TEXT, days=5),
    Step(
        "publicity",
        StepKind.PUBLICITY,
        Level.VILLAGE,
        TEXT,
        days=7,
        unit=LimitUnit.CALENDAR_DAYS,
        excluded=True,
    ),
    Step("decision", StepKind.DECISION, Level.COUNTY, TEXT, days=5),
)


async def test_each_step_has_its_clock_and_publicity_stops_the_others(
    work: Casework, told: Told, outside_world: OutsideSandbox
) -> None:
    stepped = with_item(work, told, replace(cases.ITEM, steps=STEPS))
    case = await cases.submitted(await cases.proven(stepped.resources, outside_world), stepped)

    async def steps() -> list[tuple[str, str]]:
        rows = await fetch(
            "SELECT step, state FROM case_clock WHERE application_id = $1 AND kind = 'STEP' ORDER BY since_sequence",
            case,
        )
        return [tuple(row) for row in rows]

    await move(stepped, case, CaseEventKind.ACCEPTED, CaseState.SUBMITTED)
    assert await steps() == [("review", "RUNNING")]
    await move(stepped, case, CaseEventKind.STEP_PASSED, CaseState.ACCEPTED, step="review")
    assert await steps() == [("review", "ENDED"), ("publicity", "RUNNING")]
    await move(stepped, case, CaseEventKind.PUBLICITY_BEGUN, CaseState.ACCEPTED)
    assert await steps() == [("review", "ENDED"), ("publicity", "RUNNING")]
    assert {state for kind, state, _, _ in await clocks(case) if kind == "STATUTORY"} == {"ENDED", "STANDING"}
    await move(stepped, case, CaseEventKind.PUBLICITY_ENDED, CaseState.PUBLICITY, step="publicity")
    assert await steps() == [("review", "ENDED"), ("publicity", "ENDED"), ("decision", "RUNNING")]
    await move(stepped, case, CaseEventKind.STEP_RETURNED, CaseState.ACCEPTED, step="decision", to="review")
    assert (await steps())[-2:] == [("decision", "ENDED"), ("review", "RUNNING")]
    await move(stepped, case, CaseEventKind.STEP_PASSED, CaseState.ACCEPTED, step="review")
    assert (await steps())[-2:] == [("review", "ENDED"), ("publicity", "RUNNING")]
