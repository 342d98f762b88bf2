"""Video tickets: the queue, and appointments."""

import asyncio
from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest

from backend.errors import Conflict, Invalid, ProblemCode
from backend.people.reviews.models import ReviewReason
from backend.people.video.actions import cancel_ticket, set_video_desk
from backend.people.video.calls import call_next
from backend.people.video.hours import HOURS, slots
from backend.people.video.models import TicketState
from backend.people.video.queries import free_slots, ticket, tickets_for
from backend.resources import Resources
from backend.viewer import Officer
from tests.support.people import (
    bound,
    new_key,
)
from tests.support.sandbox import OutsideSandbox
from tests.support.video import (
    CALENDAR,
    DAY_OFF,
    HOME,
    WORKING_DAY,
    another,
    at,
    slot,
    take,
    verdict,
)


async def test_the_queue_moves_in_order_and_a_due_appointment_goes_first(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    people = [await bound(resources, outside_world) for _ in range(4)]
    async with at(time(9, 5)):
        later = await take(people[3], resources, slot(11))
        appointed = await take(people[2], resources, slot(9, 30))
        first, second = [await take(one, resources) for one in people[:2]]
        assert (await ticket(people[1], second)).ahead == 1
        assert [one.id for one in await tickets_for(officer)] == [appointed, later, first, second]
        assert (await call_next(officer, resources))[0] == first
    colleague = await another(resources, "li")
    async with at(time(9, 26)):
        assert (await call_next(colleague, resources))[0] == appointed
        await verdict(officer, resources, first)
        assert (await call_next(officer, resources))[0] == second
        await verdict(officer, resources, second)
        with pytest.raises(Conflict) as refusal:
            await call_next(officer, resources)
        assert refusal.value.code is ProblemCode.NOTHING_WAITING


async def test_an_officer_with_somebody_on_the_line_gets_the_same_call_again(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    people = [await bound(resources, outside_world) for _ in range(2)]
    async with at(time(10)):
        for one in people:
            await take(one, resources)
        calls = await asyncio.gather(*(call_next(officer, resources) for _ in range(3)))
        assert len({ticket_id for ticket_id, _ in calls}) == 1
        assert [one.state for one in await tickets_for(officer)].count(TicketState.CALLED) == 1


async def test_two_officers_never_call_the_same_person(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    colleague = await another(resources, "li")
    people = [await bound(resources, outside_world) for _ in range(2)]
    async with at(time(10)):
        for one in people:
            await take(one, resources)
        calls = await asyncio.gather(*(call_next(one, resources) for one in (officer, colleague)))
        assert len({ticket_id for ticket_id, _ in calls}) == 2


async def test_an_appointment_nobody_came_to_is_missed_after_half_an_hour(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    citizen = await bound(resources, outside_world)
    async with at(time(9)):
        ticket_id = await take(citizen, resources, slot(10))
    async with at(time(10, 31)):
        with pytest.raises(Conflict) as refusal:
            await call_next(officer, resources)
        assert refusal.value.code is ProblemCode.NOTHING_WAITING
        missed = await ticket(citizen, ticket_id)
        assert (missed.state, missed.reason) == (TicketState.MISSED, ReviewReason.DID_NOT_APPEAR)


async def test_whoever_missed_an_appointment_takes_another_ticket(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    citizen = await bound(resources, outside_world)
    async with at(time(9)):
        missed = await take(citizen, resources, slot(10))
    async with at(time(10, 31)):
        assert await take(citizen, resources) != missed
    assert (await ticket(citizen, missed)).state is TicketState.MISSED


async def test_slots_are_offered_on_working_days_and_run_out(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    assert slots(DAY_OFF, CALENDAR) == ()
    whole = slots(WORKING_DAY, CALENDAR)
    assert (whole[0], whole[-1], len(whole)) == (slot(9), slot(16, 30), 12)
    assert sum(
        (datetime.combine(WORKING_DAY, ends) - datetime.combine(WORKING_DAY, begins)) / timedelta(minutes=30)
        for begins, ends in HOURS
    ) == len(whole)
    async with at(time(10, 10)):
        offered = await free_slots(CALENDAR, division="330521101", day=WORKING_DAY)
        assert (offered[0].at, offered[0].free, len(offered)) == (slot(10, 30), 2, 9)
        people = [await bound(resources, outside_world) for _ in range(3)]
        answers = await asyncio.gather(
            *(take(one, resources, slot(10, 30)) for one in people), return_exceptions=True
        )
        refused = [answer.code for answer in answers if isinstance(answer, Conflict)]
        assert refused == [ProblemCode.SLOT_TAKEN]
        assert (await free_slots(CALENDAR, division=HOME, day=WORKING_DAY))[0].free == 0
        assert await free_slots(CALENDAR, division=HOME, day=WORKING_DAY + timedelta(days=15)) == ()
        assert await free_slots(CALENDAR, division="110101", day=WORKING_DAY) == ()


@pytest.mark.parametrize(
    "wrong",
    [slot(10, 15), slot(12), slot(9), slot(10, 0, DAY_OFF), slot(10, 0, WORKING_DAY + timedelta(days=21))],
)
async def test_a_time_that_is_not_offered_is_refused(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer, wrong: datetime
) -> None:
    citizen = await bound(resources, outside_world)
    async with at(time(9, 40)):
        with pytest.raises(Invalid) as refusal:
            await take(citizen, resources, wrong)
        assert [one.path for one in refusal.value.fields] == [("input", "slotAt")]


async def test_outside_of_hours_one_books_and_does_not_queue(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    citizen = await bound(resources, outside_world)
    for moment, day in ((time(12), WORKING_DAY), (time(10), DAY_OFF)):
        async with at(moment, day):
            with pytest.raises(Invalid) as refusal:
                await take(citizen, resources)
            assert [one.path for one in refusal.value.fields] == [("input", "slotAt")]
    async with at(time(12)):
        await take(citizen, resources, slot(13, 30))


async def test_one_ticket_at_a_time_which_can_be_given_back(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    citizen, key = await bound(resources, outside_world), new_key()
    async with at(time(10)):
        first = await take(citizen, resources, key=key)
        assert await take(citizen, resources, key=key) == first
        with pytest.raises(Conflict) as refusal:
            await take(citizen, resources)
        assert refusal.value.code is ProblemCode.ALREADY_DONE
        await cancel_ticket(citizen, ticket_id=first)
        with pytest.raises(Conflict):
            await cancel_ticket(citizen, ticket_id=first)
        second = await take(citizen, resources)
        assert second != first


async def test_where_nobody_takes_calls_other_ways_are_named(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    citizen = await bound(resources, outside_world)
    async with at(time(10)):
        for division in ("110101", "999999"):
            with pytest.raises(Invalid) as refusal:
                await take(citizen, resources, division=division)
            assert [one.path for one in refusal.value.fields] == [("input", "division")]
        await set_video_desk(officer, seats=0)
        with pytest.raises(Invalid):
            await take(citizen, resources)
    without = replace(resources, ports=replace(resources.ports, video=None))
    with pytest.raises(Invalid):
        await take(citizen, without)
