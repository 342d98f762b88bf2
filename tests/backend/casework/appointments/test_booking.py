"""Booking: everybody gets an answer, nobody too many, and a repeat is told what became of the first."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from backend.casework.appointments.models import AppointmentState
from backend.database import audit
from backend.database.record import fetch
from backend.errors import Conflict, Invalid, NotFound, ProblemCode
from backend.kit import clock
from backend.resources import Resources
from tests.support.appointments import (
    CREMATION,
    HALL,
    NONE_AT_ALL,
    WEDDING,
    book,
    booked,
    change_slot,
    crowd,
    house,
    offered,
    slot,
    slot_ids,
    states,
    violations,
)
from tests.support.people import new_key


async def test_everybody_gets_an_answer_in_the_order_of_coming(resources: Resources) -> None:
    work, calendar_id = house(resources), await offered()
    first, second = await slot_ids(calendar_id)
    people = [citizen for citizen, _ in await crowd(resources, 4)]
    answers = [await book(work, one, first) for one in people]
    assert states(answers) == ["HELD", "HELD", "WAITING", "FULL"]
    held, waiting = answers[0].appointment, answers[2].appointment
    assert held is not None
    assert waiting is not None
    assert (held.place_name, held.calendar_name) == ("德清县婚姻登记处", "综合窗口")
    assert held.hold_until is not None
    assert timedelta(minutes=9) < held.hold_until - clock.now() <= timedelta(minutes=10)
    assert (waiting.place, waiting.hold_until, waiting.code) == (1, None, None)
    [day] = [one for one in answers[3].free_days if one.day == clock.today() + timedelta(days=1)]
    assert day.free == 2  # the other slot of that day
    assert await violations() == NONE_AT_ALL
    assert (await slot(second))["taken"] == 0


async def test_the_audit_trail_begins_with_the_booking_and_is_sound(resources: Resources) -> None:
    work, [slot_id, _] = house(resources), await slot_ids(await offered())
    [(citizen, _)] = await crowd(resources, 1)
    made = await booked(work, citizen, slot_id)
    [entry] = await fetch("SELECT * FROM audit_entry WHERE subject = $1", f"appointment:{made.id}")
    assert (entry["kind"], entry["actor"]) == ("appointment_held", f"account:{citizen.account_id}")
    assert entry["digest"] == audit.entry_digest(
        audit.GENESIS,
        subject=entry["subject"],
        sequence=1,
        kind=entry["kind"],
        actor=entry["actor"],
        detail={"slot": str(slot_id)},
        at=entry["at"],
    )


async def test_a_repeat_under_the_same_key_gets_the_first_appointment(resources: Resources) -> None:
    work, [slot_id, other] = house(resources), await slot_ids(await offered())
    [(citizen, _)] = await crowd(resources, 1)
    key = new_key()
    at_once = await asyncio.gather(*(booked(work, citizen, slot_id, key=key) for _ in range(5)))
    again = await booked(house(resources), citizen, slot_id, key=key)
    assert {one.id for one in at_once} == {again.id}
    with pytest.raises(Conflict) as refusal:
        await book(work, citizen, other, key=key)
    assert refusal.value.code is ProblemCode.IDEMPOTENCY_KEY_REUSED
    assert (await slot(slot_id))["taken"] == 1
    assert await violations() == NONE_AT_ALL


async def test_one_person_has_one_appointment_however_many_slots_processes_and_accounts(
    resources: Resources,
) -> None:
    first, second = await slot_ids(await offered())
    [(citizen, _), (stranger, _)] = await crowd(resources, 2)
    works = [house(resources) for _ in range(4)]
    asked = [book(works[n % 4], citizen, (first, second)[n % 2]) for n in range(16)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    refusals = [one for one in answers if isinstance(one, BaseException)]
    assert len(refusals) == 15
    assert {one.code for one in refusals if isinstance(one, Conflict)} == {ProblemCode.ALREADY_DONE}
    assert await violations() == NONE_AT_ALL
    assert states([await book(works[0], stranger, first)]) == ["HELD"]


async def test_a_slot_opens_and_closes_by_the_databases_clock_alone(resources: Resources) -> None:
    work, [slot_id, _] = house(resources), await slot_ids(await offered())
    [(citizen, _)] = await crowd(resources, 1)
    await change_slot(slot_id, opens_at=clock.now() + timedelta(minutes=5))
    with clock.shifted(timedelta(minutes=10)), pytest.raises(Conflict) as early:  # a process ahead of time
        await book(work, citizen, slot_id)
    assert early.value.code is ProblemCode.ILLEGAL_STATE
    assert early.value.retry_after is not None
    assert 290 < early.value.retry_after <= 300
    await change_slot(slot_id, opens_at=clock.now(), closes_at=clock.now())
    with clock.shifted(timedelta(minutes=-10)), pytest.raises(Conflict) as late:  # one whose clock is behind
        await book(work, citizen, slot_id)
    assert (late.value.code, late.value.retry_after) == (ProblemCode.ILLEGAL_STATE, None)
    assert (await slot(slot_id))["last_ticket"] == 0


async def test_whoever_asks_at_the_second_of_closing_is_either_in_or_told(resources: Resources) -> None:
    work, [slot_id, _] = house(resources), await slot_ids(await offered(replace(HALL, capacity=500)))
    people = [citizen for citizen, _ in await crowd(resources, 40)]
    closes_at = clock.now() + timedelta(milliseconds=300)
    await change_slot(slot_id, closes_at=closes_at)

    async def ask(number: int) -> str:
        await asyncio.sleep(number * 0.015)
        try:
            return states([await book(work, people[number], slot_id)])[0]
        except Conflict as refusal:
            return refusal.code

    told = await asyncio.gather(*map(ask, range(40)))
    assert set(told) == {"HELD", "ILLEGAL_STATE"}
    assert told == sorted(told)  # once it is closed it stays closed
    assert (await slot(slot_id))["taken"] == told.count("HELD")
    assert await violations() == NONE_AT_ALL


async def test_nobody_books_what_is_not_there(resources: Resources) -> None:
    work = house(resources)
    [(citizen, _)] = await crowd(resources, 1)
    with pytest.raises(NotFound):
        await book(work, citizen, uuid4())
    calendar_id = await offered()
    [slot_id, _] = await slot_ids(calendar_id)
    await offered(replace(HALL, closed=True))
    with pytest.raises(NotFound):
        await book(work, citizen, slot_id)
    assert (await slot(slot_id))["withdrawn"]


async def test_a_request_that_breaks_does_not_break_those_beside_it(resources: Resources) -> None:
    work, [slot_id, _] = house(resources), await slot_ids(await offered(replace(HALL, capacity=10)))
    people = [citizen for citizen, _ in await crowd(resources, 5)]
    nobody = replace(people[2], account_id=uuid4())  # an account that is not there: the statement fails
    people[2] = nobody
    answers = await asyncio.gather(*(book(work, one, slot_id) for one in people), return_exceptions=True)
    assert [isinstance(one, BaseException) for one in answers] == [False, False, True, False, False]
    assert (await slot(slot_id))["taken"] == 4
    assert await violations() == NONE_AT_ALL


async def test_whoever_hangs_up_may_have_booked_and_is_told_so_when_asking_again(
    resources: Resources,
) -> None:
    work, [slot_id, _] = house(resources), await slot_ids(await offered())
    [(citizen, _), (other, _)] = await crowd(resources, 2)
    key = new_key()
    asking = asyncio.create_task(book(work, citizen, slot_id, key=key))
    beside = asyncio.create_task(book(work, other, slot_id))
    await asyncio.sleep(0)
    asking.cancel()
    assert states([await beside]) == ["HELD"]
    again = await booked(work, citizen, slot_id, key=key)
    assert again.state is AppointmentState.HELD
    assert (await slot(slot_id))["taken"] == 2


async def test_a_party_has_to_be_named_where_two_are_needed(resources: Resources) -> None:
    work = house(resources)
    [(citizen, told), *_] = await crowd(resources, 1)
    [wedding, *_] = await slot_ids(await offered(WEDDING))
    [cremation, *_] = await slot_ids(await offered(CREMATION))
    for slot_id, partner, where in (
        (wedding, None, "partner"),
        (wedding, told, "partner"),
        (cremation, None, "matter"),
    ):
        with pytest.raises(Invalid) as refusal:
            await book(work, citizen, slot_id, partner=partner)
        assert [field.path for field in refusal.value.fields] == [("input", where)]
    with pytest.raises(Invalid) as typo:
        await book(work, citizen, wedding, partner=replace(told, number="330521199001011234"))
    assert typo.value.code is ProblemCode.INVALID_RESIDENT_ID
    assert [field.path for field in typo.value.fields] == [("input", "partner", "residentId")]
    assert await fetch("SELECT 1 FROM appointment") == []
