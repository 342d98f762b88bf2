"""Work lists and steps under pressure: two officers at once, relatives, silence, second thoughts, refusals."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from backend.casework.applications.queries import Decision, application
from backend.casework.definitions import Level
from backend.casework.machine import Casework
from backend.casework.reviews import corrections, endings, lists, queries, records, remedies, steps
from backend.casework.reviews.corrections import Wrong
from backend.casework.reviews.models import NoticeState, RemedyKind
from backend.casework.reviews.route import behind, stages
from backend.errors import Conflict, Forbidden, Invalid, NotFound, ProblemCode, Refusal
from backend.kit import clock
from backend.kit.item_codes import credit_code
from backend.viewer import Citizen, OfficerRole
from tests.support.cases import row_of, timeline
from tests.support.people import bound, new_human, new_key
from tests.support.reviews import (
    COUNTY,
    LOCAL,
    TOWNSHIP,
    handed_in,
    officer,
    open_tasks,
    town_officer,
)
from tests.support.rows import told
from tests.support.sandbox import OutsideSandbox

R = OfficerRole
EVERY = (R.INTAKE, R.REVIEW, R.APPROVAL)
YES = Decision(True, None, "1号", None, None)


async def first(case: UUID) -> dict[str, Any]:
    (task,) = (await open_tasks(case)).values()
    return {"task_id": task["id"], "version": task["version"]}


async def outcome(doing: Any) -> str:
    try:
        await doing
    except Refusal as refusal:
        return refusal.code.value
    return "DONE"


def test_each_level_has_its_place_and_delegation_skips_what_lies_above() -> None:
    course = stages(LOCAL, TOWNSHIP, Level.COUNTY)
    assert [(one.step.code, one.place) for one in course] == [
        ("intake", TOWNSHIP),
        ("home-visit", TOWNSHIP),
        ("assessment", COUNTY),
        ("review", COUNTY),
        ("publicity", TOWNSHIP),
        ("decision", COUNTY),
    ]
    assert behind(course, "review") == {"review", "publicity", "decision"}
    delegated = {one.step.code: one for one in stages(LOCAL, TOWNSHIP, Level.TOWNSHIP)}
    assert set(delegated) == {"intake", "home-visit", "assessment", "publicity", "decision"}
    assert delegated["publicity"].after == ("home-visit", "assessment")
    assert delegated["decision"].place == TOWNSHIP


async def test_of_two_officers_who_decide_at_once_one_does(work: Casework, citizen: Citizen) -> None:
    one, other = await officer("one", *EVERY), await officer("other", *EVERY)
    case = await handed_in(citizen, work)
    await steps.accept(one, work, **await first(case), key=new_key())
    task, no = await first(case), replace(YES, approved=False, reason="否")
    told = await asyncio.gather(
        outcome(steps.decide(one, work, **task, decision=YES, key=new_key())),
        outcome(steps.decide(other, work, **task, decision=no, key=new_key())),
    )
    assert told.count("DONE") == 1
    assert set(told) - {"DONE"} <= {"ALREADY_DONE", "STALE_VERSION", "TASK_TAKEN"}
    kinds = await timeline(case)
    assert kinds.count("APPROVED") + kinds.count("REFUSED") == 1


async def test_a_decision_asked_for_twice_happens_once(work: Casework, citizen: Citizen) -> None:
    head, key = await officer("head", *EVERY), new_key()
    case = await handed_in(citizen, work)
    await steps.accept(head, work, **await first(case), key=new_key())
    task = await first(case)
    assert await steps.decide(head, work, **task, decision=YES, key=key)
    assert await steps.decide(head, work, **task, decision=YES, key=key)
    assert (await timeline(case)).count("APPROVED") == 1


async def test_work_is_claimed_once_and_listed_by_due_date_for_its_own_organ(
    work: Casework, citizen: Citizen
) -> None:
    one, other = await officer("one", *EVERY), await officer("other", *EVERY)
    elsewhere = await officer("far", *EVERY, division="330522", organ=credit_code("11330522MB1234567"))
    neighbour = await officer("near", *EVERY, organ=credit_code("11310101MB9999999"))
    cases = [await handed_in(citizen, work) for _ in range(3)]
    listed = await queries.work_list(one, mine=False, after=None, limit=10)
    assert sorted(task.application_id for task in listed) == sorted(cases)
    assert [(task.due_on, task.id) for task in listed] == sorted((task.due_on, task.id) for task in listed)
    rest = await queries.work_list(one, mine=False, after=(listed[0].due_on, listed[0].id), limit=10)
    assert rest == listed[1:]
    for stranger in (elsewhere, neighbour):
        assert await queries.work_list(stranger, mine=False, after=None, limit=10) == []
        assert await queries.task(stranger, listed[0].id) is None
        with pytest.raises(NotFound):
            await lists.claim(stranger, work, task_ids=[listed[0].id], key=new_key())
    ids = [task.id for task in listed]
    mine, theirs = await asyncio.gather(
        lists.claim(one, work, task_ids=ids, key=new_key()),
        lists.claim(other, work, task_ids=ids, key=new_key()),
    )
    assert not set(mine) & set(theirs)
    left = set(ids) - set(mine) - set(theirs)
    assert set(await lists.claim(one, work, task_ids=ids, key=new_key())) == set(mine) | left


async def test_a_task_goes_to_a_colleague_and_nobody_else_may_do_it(work: Casework, citizen: Citizen) -> None:
    one, other = await officer("one", R.INTAKE), await officer("other", R.INTAKE)
    case = await handed_in(citizen, work)
    task = await first(case)
    await lists.claim(one, work, task_ids=[task["task_id"]], key=new_key())
    with pytest.raises(Conflict) as taken:
        await steps.accept(other, work, **await first(case), key=new_key())
    assert taken.value.code is ProblemCode.TASK_TAKEN
    with pytest.raises(Forbidden):
        await lists.pass_on(other, **await first(case), to_officer=other.officer_id, key=new_key())
    await lists.pass_on(one, **await first(case), to_officer=other.officer_id, key=new_key())
    with pytest.raises(Conflict) as stale:
        await steps.accept(other, work, **task, key=new_key())
    assert stale.value.code is ProblemCode.STALE_VERSION
    await steps.accept(other, work, **await first(case), key=new_key())
    assert (await row_of(case))["state"] == "ACCEPTED"


async def test_an_officer_steps_aside_in_the_case_of_a_relative(
    work: Casework, outside_world: OutsideSandbox
) -> None:
    clerk, human = await officer("clerk", *EVERY), new_human(outside_world)
    case = await handed_in(await bound(work.resources, outside_world, human), work)
    assert await records.declare_interest(clerk, work, number=human.resident_id, key=new_key()) == 1
    task = await first(case)
    told = [
        await outcome(steps.accept(clerk, work, **task, key=new_key())),
        await outcome(lists.claim(clerk, work, task_ids=[task["task_id"]], key=new_key())),
    ]
    assert told == ["CONFLICT_OF_INTEREST"] * 2
    assert ((await row_of(case))["state"], await first(case)) == ("SUBMITTED", task)


async def test_every_refusal_carries_reason_basis_and_remedy(work: Casework, citizen: Citizen) -> None:
    clerk, why = await officer("clerk", *EVERY), "不属于本机关职权"
    case = await handed_in(citizen, work)
    with pytest.raises(Invalid):
        await steps.do_not_accept(clerk, work, **await first(case), reason=" ", basis="", key=new_key())
    await steps.do_not_accept(clerk, work, **await first(case), reason=why, basis="", key=new_key())
    row = await application(citizen, case)
    assert row is not None
    assert row.result_sealed is not None
    told = Decision.read(
        work.resources.keys.ring.open(row.result_sealed, context=f"application.result:{case}")
    )
    assert (told.approved, told.reason, told.basis) == (False, why, "《测试办法》第1条")
    assert told.remedy is not None
    assert "六十日" in told.remedy
    assert await open_tasks(case) == {}


async def test_silence_past_the_date_ends_the_case_once(work: Casework, citizen: Citizen) -> None:
    clerk, wrong = await officer("clerk", *EVERY), [Wrong("phone", "空号")]
    case = await handed_in(citizen, work)
    asked = await corrections.ask(
        clerk, work, **await first(case), answers=wrong, materials=[], days=5, key=new_key()
    )
    assert asked is NoticeState.OPEN
    until = work.calendar.add_working_days(clock.today(), 5) - clock.today()
    with clock.shifted(until):
        assert await corrections.lapse(work) == 0, "the last day is the applicant's"
    with clock.shifted(until + timedelta(days=1)):
        assert sorted(await asyncio.gather(corrections.lapse(work), corrections.lapse(work))) == [0, 1]
    assert (await row_of(case))["state"] == "TERMINATED"
    assert (await timeline(case))[-1] == "CORRECTION_LAPSED"
    assert await open_tasks(case) == {}


async def test_a_second_notice_needs_another_officer_and_a_reason(work: Casework, citizen: Citizen) -> None:
    clerk, head = await officer("clerk", *EVERY), await officer("head", R.APPROVAL)
    case, wrong = await handed_in(citizen, work), [Wrong("phone", "空号")]

    async def ask() -> NoticeState:
        task = await first(case)
        return await corrections.ask(clerk, work, **task, answers=wrong, materials=[], days=5, key=new_key())

    async def settle(by: Any, reason: str) -> str:
        return await outcome(
            corrections.settle_proposal(
                by, work, application_id=case, approved=True, reason=reason, key=new_key()
            )
        )

    await ask()
    await corrections.answer(
        citizen,
        work,
        application_id=case,
        answers={"phone": "13900000000"},
        version=(await row_of(case))["version"],
        idempotency_key=new_key(),
    )
    assert await ask() is NoticeState.PROPOSED
    assert (await row_of(case))["state"] == "SUBMITTED", "nothing is asked before it is approved"
    assert [one.number for one in await queries.notices_of(citizen, case)] == [1]
    assert await settle(clerk, "漏列") == "FORBIDDEN"
    assert await settle(head, "") == "INVALID_INPUT"
    assert await settle(head, "漏列") == "DONE"
    assert (await row_of(case))["state"] == "CORRECTION"
    assert [one.number for one in await queries.notices_of(citizen, case)] == [1, 2]


async def test_a_case_goes_back_only_to_an_earlier_step_that_is_done(
    work: Casework, citizen: Citizen
) -> None:
    clerk, county = await town_officer("clerk", *EVERY), await officer("county", *EVERY)
    case = await handed_in(citizen, work, LOCAL, TOWNSHIP)
    await steps.accept(clerk, work, **await first(case), key=new_key())
    assessed = (await open_tasks(case))["assessment"]
    at_hand: dict[str, Any] = {"task_id": assessed["id"], "version": assessed["version"]}
    for earlier in ("intake", "home-visit", "assessment", "nowhere"):
        back = steps.send_back(county, work, **at_hand, to_step=earlier, reason="重来", key=new_key())
        assert await outcome(back) == "INVALID_INPUT"
    assert set(await open_tasks(case)) == {"home-visit", "assessment"}


async def test_the_applicant_withdraws_until_it_is_decided(work: Casework, citizen: Citizen) -> None:
    head = await officer("head", *EVERY)
    case, decided = await handed_in(citizen, work), await handed_in(citizen, work)
    await endings.withdraw(citizen, work, application_id=case, idempotency_key=new_key())
    assert ((await row_of(case))["state"], await open_tasks(case)) == ("WITHDRAWN", {})
    await steps.accept(head, work, **await first(decided), key=new_key())
    await steps.decide(head, work, **await first(decided), decision=YES, key=new_key())
    late = endings.withdraw(citizen, work, application_id=decided, idempotency_key=new_key())
    assert await outcome(late) == "ILLEGAL_STATE"


async def test_a_remedy_is_sought_in_time_and_once(work: Casework, citizen: Citizen) -> None:
    clerk, kind = await officer("clerk", *EVERY), RemedyKind.RECONSIDERATION
    case = await handed_in(citizen, work)

    async def seek() -> str:
        return await outcome(
            remedies.seek_remedy(citizen, work, application_id=case, kind=kind, idempotency_key=new_key())
        )

    assert await seek() == "ILLEGAL_STATE"
    await steps.do_not_accept(clerk, work, **await first(case), reason="不予受理", basis="", key=new_key())
    with clock.shifted(timedelta(days=61)):
        assert await seek() == "ILLEGAL_STATE"
    with clock.shifted(timedelta(days=60)):
        assert [await seek(), await seek()] == ["DONE", "ALREADY_DONE"]
    assert (await timeline(case))[-1] == "REMEDY_SOUGHT"
    assert (await told(f"application:{case}")).count("remedy_sought") == 1
    sought, other = await remedies.remedies_of(citizen, case)
    assert (sought.until, sought.possible, sought.sought_on) == (
        clock.today() + timedelta(days=60),
        False,
        clock.today() + timedelta(days=60),
    )
    assert (other.kind, other.possible, other.sought_on) == (RemedyKind.LITIGATION, True, None)
    with clock.shifted(other.until - clock.today()):
        assert (await remedies.remedies_of(clerk, case))[1].possible, "its last day"
    with clock.shifted(other.until + timedelta(days=1) - clock.today()):
        assert not (await remedies.remedies_of(clerk, case))[1].possible
    far = await officer("far", *EVERY, division="330522", organ=credit_code("11330522MB1234567"))
    assert not await remedies.remedies_of(far, case)
