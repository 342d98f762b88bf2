"""Supervision: what is found, how it shines, who must answer, and counts that agree with the cases."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from backend.casework.applications.decisions import record_decision
from backend.casework.applications.events import record_event
from backend.casework.definitions import TaskType
from backend.casework.legal_clock import end_of
from backend.casework.legal_time.calendars import announce, read_announcement
from backend.casework.legal_time.due import mark_due, reckon_anew
from backend.casework.legal_time.models import ClockKind, Mark
from backend.casework.legal_time.settling import ClockChange
from backend.casework.lifecycle import CaseEvent, CaseEventKind, CaseState
from backend.casework.machine import Casework
from backend.database.record import fetch, transaction
from backend.kit import clock, regions
from backend.kit.working_days import Calendar
from backend.supervision.actions import (
    issue_order,
)
from backend.supervision.counting import fold, levels, rebuild
from backend.supervision.models import Axis, Light, OrderState
from backend.supervision.queries import (
    board,
    findings_of,
    orders,
    steps_of,
)
from backend.supervision.rules import ALL, CLOCK_RULES, EVENT_RULES, Facts
from backend.supervision.watching import watch_clocks
from backend.supervision.writing import superior_of
from backend.viewer import Citizen, Machine, Officer, OfficerRole
from tests.support import cases
from tests.support.people import new_key

PROVINCE = Machine("province-33")
TOLD_IN_FULL = replace(cases.DENIED, remedy="可以自知道本决定之日起六十日内申请行政复议。")


def an_officer(division: str, *roles: OfficerRole) -> Officer:
    return Officer(uuid4(), uuid4(), uuid4(), division, frozenset(roles))


SUPERVISOR = an_officer("330500", OfficerRole.SUPERVISION)
CLERK = an_officer(cases.HOME, OfficerRole.APPROVAL)


async def move(
    work: Casework,
    case: UUID,
    kind: CaseEventKind,
    before: CaseState,
    *,
    by: Machine | Officer = PROVINCE,
    **detail: object,
) -> None:
    async with transaction() as tx:
        await record_event(tx, work, case, kind, before=before, actor=by, detail=detail)


async def light(case: UUID) -> str:
    (row,) = await fetch("SELECT light FROM supervised_case WHERE application_id = $1", case)
    told: str = row["light"]
    return told


async def found(case: UUID) -> list[tuple[str, str, str]]:
    return [(one.rule.code, one.light.value, one.state.value) for one in (await findings_of([case]))[case]]


async def counts() -> Mapping[tuple[str, str, str, str], int]:
    """Every total that is not nothing, steps that wait included."""
    rows = await fetch(
        "SELECT axis, division, subject, measure, count FROM supervision_count WHERE count <> 0"
    )
    totals = {tuple(row)[:4]: row["count"] for row in rows}
    for row in await fetch("SELECT axis, division, subject, measure, step FROM supervision_change"):
        for level in levels(row["division"]):
            key = (row["axis"], level, row["subject"], row["measure"])
            totals[key] = totals.get(key, 0) + row["step"]
    return {key: count for key, count in totals.items() if count}


async def counts_hold() -> None:
    """Folded or not, and made anew: the same."""
    before = await counts()
    await fold()
    assert await fetch("SELECT FROM supervision_change") == []
    assert await counts() == before
    await rebuild()
    assert await counts() == before


def over(days: int) -> timedelta:
    return end_of(Calendar().add_working_days(clock.today(), days)) - clock.now()


async def test_a_case_is_green_and_counted_from_its_receipt(work: Casework, case: UUID) -> None:
    assert await light(case) == "GREEN"
    totals = await counts()
    assert totals["ORGAN", "330500", cases.ORGAN, "GREEN"] == 1
    assert totals["ITEM", "000000", cases.ITEM.base_code, "GREEN"] == 1
    assert len(totals) == 2 * len(levels(cases.HOME)) == 8
    await counts_hold()


async def test_a_limit_that_comes_near_and_passes_turns_yellow_and_red(work: Casework, case: UUID) -> None:
    with clock.shifted(over(8)):
        await mark_due(work.clock_reactors)
        assert await light(case) == "YELLOW"
        assert await found(case) == [("near_limit", "YELLOW", "OPEN"), ("near_limit", "YELLOW", "OPEN")]
    with clock.shifted(over(10)):
        await mark_due(work.clock_reactors)
    assert await light(case) == "RED"
    assert sorted(await found(case)) == [
        ("acceptance_over_limit", "RED", "OPEN"),
        ("near_limit", "YELLOW", "CLEARED"),
        ("near_limit", "YELLOW", "CLEARED"),
        ("over_promised", "RED", "OPEN"),
    ]
    assert (await counts())["ORGAN", "330000", cases.ORGAN, "RED"] == 1
    await counts_hold()


@pytest.mark.parametrize("kind", ClockKind)
async def test_each_limit_is_found_once_it_is_over_and_not_before(
    work: Casework, case: UUID, kind: ClockKind
) -> None:
    react, rule = watch_clocks(work.calendar), CLOCK_RULES[kind].code

    async def runs(before: Mark, after: Mark) -> None:
        async with transaction() as tx:
            await react(tx, [ClockChange(case, kind, "", before, after, ended=False, at=clock.now())])

    await runs(Mark.NONE, Mark.NEAR)
    assert await found(case) == [("near_limit", "YELLOW", "OPEN")]
    await runs(Mark.NEAR, Mark.OVER)
    assert (rule, "RED", "OPEN") in await found(case)
    await runs(Mark.OVER, Mark.NONE)
    assert {state for _, _, state in await found(case)} == {"CLEARED"}


async def steps_of_case(case: UUID) -> list[tuple[str, str]]:
    return [(one.code, one.light.value) for one in (await steps_of([case]))[case]]


async def test_each_step_has_a_light_of_its_own(work: Casework, case: UUID) -> None:
    assert await steps_of_case(case) == []
    await move(work, case, CaseEventKind.ACCEPTED, CaseState.SUBMITTED)
    assert await steps_of_case(case) == [("intake", "GREEN"), ("decision", "GREEN")]
    for days, shines in ((7, "GREEN"), (8, "YELLOW"), (10, "RED")):
        with clock.shifted(over(days)):
            await mark_due(work.clock_reactors)
        assert await steps_of_case(case) == [("intake", "GREEN"), ("decision", shines)]


async def test_a_case_decided_in_time_is_green_again(work: Casework, case: UUID) -> None:
    with clock.shifted(over(8)):
        await mark_due(work.clock_reactors)
        await cases.decide(work, case)
    assert await light(case) == "GREEN"
    assert {state for _, _, state in await found(case)} == {"CLEARED"}
    await counts_hold()


async def test_what_a_new_calendar_makes_untrue_is_taken_back(work: Casework, case: UUID) -> None:
    known = work.calendar.year(clock.today().year)
    assert known is not None
    tomorrow = Calendar().add_working_days(clock.today(), 1)
    with clock.shifted(over(10)):
        await mark_due(work.clock_reactors)
        assert await light(case) == "RED"
        year = read_announcement(
            year=known.year, days_off=[*known.days_off, tomorrow], make_up_days=[*known.make_up_days]
        )
        await announce(work.resources.shared, year, source="应急通知", actor="machine:test")
        await reckon_anew(work.calendar, work.clock_reactors)
    assert await light(case) == "YELLOW"
    assert ("over_promised", "RED", "CLEARED") in await found(case)
    await counts_hold()


async def test_a_refusal_without_a_reason_is_red_and_wants_an_answer(work: Casework, case: UUID) -> None:
    async with transaction() as tx:
        await record_decision(
            tx,
            work,
            case,
            CaseEventKind.NOT_ACCEPTED,
            replace(TOLD_IN_FULL, reason=None),
            before=CaseState.SUBMITTED,
            actor=PROVINCE,
        )
    assert ("missing_reason", "RED", "OPEN") in await found(case)
    (warning,) = await orders(CLERK, state=OrderState.OPEN, before=None, limit=10)
    assert (warning.kind.value, warning.division, warning.late) == ("WARNING", cases.HOME, False)
    assert warning.due_on == Calendar().add_working_days(clock.today(), 3)
    totals = await counts()
    assert totals["ORGAN", cases.HOME, cases.ORGAN, "ENDED_RED"] == 1
    assert totals["ORGAN", cases.HOME, cases.ORGAN, "ORDERS_OPEN"] == 1
    await counts_hold()


async def test_a_refusal_with_its_reason_is_green(work: Casework, case: UUID) -> None:
    await cases.decide(work, case, TOLD_IN_FULL)
    assert (await light(case), await found(case)) == ("GREEN", [])


async def test_a_refusal_that_names_no_remedy_is_red(work: Casework, case: UUID) -> None:
    await cases.decide(work, case, cases.DENIED)
    assert await found(case) == [("refusal_without_remedy", "RED", "OPEN")]


async def test_an_acceptance_without_a_required_paper_is_red(work: Casework, case: UUID) -> None:
    await fetch("DELETE FROM material")
    await move(work, case, CaseEventKind.ACCEPTED, CaseState.SUBMITTED)
    assert await found(case) == [("missing_material", "RED", "OPEN")]


async def test_a_fee_for_what_is_free_is_red(work: Casework, case: UUID) -> None:
    await move(work, case, CaseEventKind.ACCEPTED, CaseState.SUBMITTED, feeFen=0)
    assert await found(case) == []
    await move(work, case, CaseEventKind.APPROVED, CaseState.ACCEPTED, feeFen=500)
    assert await found(case) == [("fee_on_free_item", "RED", "OPEN")]


async def test_a_second_correction_is_yellow(work: Casework, case: UUID) -> None:
    for _ in range(2):
        assert await light(case) == "GREEN"
        await move(work, case, CaseEventKind.CORRECTION_ASKED, CaseState.SUBMITTED)
        await move(work, case, CaseEventKind.CORRECTION_ANSWERED, CaseState.CORRECTION)
    assert await found(case) == [("second_correction", "YELLOW", "OPEN")]
    assert await fetch("SELECT FROM supervision_order") == []


def test_a_second_correction_of_a_licence_is_red() -> None:
    (rule,) = [one for one in EVENT_RULES if one.code == "second_correction"]
    event = CaseEvent(
        uuid4(),
        9,
        CaseEventKind.CORRECTION_ASKED,
        CaseState.CORRECTION,
        clock.now(),
        "machine:test",
        cases.ITEM.base_code,
        cases.HOME,
        uuid4(),
        {},
    )
    licence = replace(cases.ITEM, task_type=TaskType.LICENCE)
    assert rule.light_for(Facts(event, cases.ITEM, corrections=2)) is Light.YELLOW
    assert rule.light_for(Facts(event, licence, corrections=2)) is Light.RED


def test_every_rule_has_a_name_a_source_and_its_own_code() -> None:
    assert len({rule.code for rule in ALL}) == len(ALL) >= 15
    assert all(rule.name.zh and rule.name.en and rule.source for rule in ALL)
    assert all(rule.on and rule.found for rule in EVENT_RULES)


async def issued(work: Casework, case: UUID, days: int = 5) -> UUID:
    return await issue_order(
        SUPERVISOR, work, application_id=case, text=" 请说明进度。", days=days, idempotency_key=new_key()
    )


async def test_the_board_counts_the_officer_who_acts(work: Casework, case: UUID) -> None:
    await move(work, case, CaseEventKind.ACCEPTED, CaseState.SUBMITTED, by=CLERK)
    for _ in range(2):
        (row,) = await board(SUPERVISOR, axis=Axis.OFFICER, division=None, limit=10)
        assert (row.subject, dict(row.counts)) == (f"officer:{CLERK.officer_id}", {"GREEN": 1})
        await fold()
    (organ,) = await board(SUPERVISOR, axis=Axis.ORGAN, division=cases.HOME, limit=10)
    assert (organ.label, organ.count("GREEN"), organ.count("RED")) == (cases.ORGAN_NAME, 1, 0)
    await counts_hold()


async def test_many_things_at_once_leave_counts_that_hold(work: Casework, citizen: Citizen) -> None:
    ids = [await cases.submitted(citizen, work) for _ in range(4)]
    with clock.shifted(over(10)):
        await asyncio.gather(
            mark_due(work.clock_reactors),
            mark_due(work.clock_reactors),
            fold(),
            rebuild(),
            *(cases.decide(work, one) for one in ids[:2]),
            issued(work, ids[2]),
            issued(work, ids[3]),
        )
        await mark_due(work.clock_reactors)
    assert [await light(one) for one in ids[2:]] == ["RED", "RED"]
    await counts_hold()


@pytest.mark.parametrize(
    ("division", "above"),
    [
        ("330521", "330500"),
        ("330500", "330000"),
        ("330000", "000000"),
        ("000000", None),
        ("330521100", "330521"),
        ("330521100201", "330521"),
        ("110101", "110000"),
    ],
)
def test_above_a_division_is_the_superior_one(division: str, above: str | None) -> None:
    assert superior_of(division) == above
    assert regions.get(division) is not None
