"""What becomes of an appointment: confirmed, cancelled, moved, let in from the waiting list, missed."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from backend.casework.appointments.actions import cancel, confirm, reschedule
from backend.casework.appointments.clocks import move_on, note_no_shows
from backend.casework.appointments.models import AppointmentState
from backend.casework.appointments.queries import appointment, my_appointments
from backend.database.record import fetch
from backend.errors import Conflict, NotFound, ProblemCode
from backend.kit import clock
from backend.resources import Resources
from backend.viewer import Citizen
from tests.support.appointments import (
    HALL,
    NONE_AT_ALL,
    at,
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


async def state_of(citizen: Citizen, resources: Resources, appointment_id: UUID) -> AppointmentState:
    return (await appointment(citizen, resources, appointment_id)).state


async def kinds(appointment_id: UUID) -> list[str]:
    rows = await fetch(
        "SELECT kind FROM audit_entry WHERE subject = $1 ORDER BY sequence", f"appointment:{appointment_id}"
    )
    return [row["kind"] for row in rows]


async def test_a_held_place_is_confirmed_and_has_a_code(resources: Resources) -> None:
    work, [slot_id, _] = house(resources), await slot_ids(await offered())
    [(citizen, _), (stranger, _)] = await crowd(resources, 2)
    made = await booked(work, citizen, slot_id)
    with pytest.raises(NotFound):
        await confirm(stranger, work, appointment_id=made.id)
    for _ in range(2):
        await confirm(citizen, work, appointment_id=made.id)
    seen = await appointment(citizen, resources, made.id)
    assert (seen.state, seen.hold_until) == (AppointmentState.CONFIRMED, None)
    assert seen.code is not None
    assert len(seen.code) == 44
    assert await kinds(made.id) == ["appointment_held", "appointment_confirmed"]


async def test_what_nobody_confirms_goes_to_whoever_waits_longest(resources: Resources) -> None:
    work = house(resources)
    [slot_id, _] = await slot_ids(await offered(replace(HALL, capacity=1, waiting_room=2)))
    [(first, _), (second, _), (third, _), (fourth, _)] = await crowd(resources, 4)
    held = await booked(work, first, slot_id)
    waits = [await booked(work, one, slot_id) for one in (second, third)]
    assert [one.place for one in waits] == [1, 2]
    assert await move_on() == 0
    async with at(clock.now() + timedelta(minutes=11)):
        with pytest.raises(Conflict) as late:
            await confirm(first, work, appointment_id=held.id)
        assert late.value.code is ProblemCode.ILLEGAL_STATE
        assert await move_on() == 1
        let_in = await appointment(second, resources, waits[0].id)
        assert let_in.state is AppointmentState.HELD
        assert let_in.hold_until is not None
        assert let_in.hold_until - clock.now() > timedelta(minutes=119)
        assert (await appointment(third, resources, waits[1].id)).place == 1
        assert await state_of(first, resources, held.id) is AppointmentState.EXPIRED
        assert await kinds(held.id) == ["appointment_held", "appointment_expired"]
        assert await kinds(waits[0].id) == ["appointment_waiting", "appointment_promoted"]
        # whoever lost the place may ask again, and stands behind those who wait
        assert (await booked(work, first, slot_id)).place == 2
        assert states([await book(work, fourth, slot_id)]) == ["FULL"]
        assert await move_on() == 0
    assert await violations() == NONE_AT_ALL


async def test_a_cancelled_place_goes_to_the_next_at_once_and_nobody_slips_in_between(
    resources: Resources,
) -> None:
    work = house(resources)
    [slot_id, _] = await slot_ids(await offered(replace(HALL, capacity=3, waiting_room=20)))
    people = [citizen for citizen, _ in await crowd(resources, 20)]
    made = [await booked(work, one, slot_id) for one in people[:10]]
    others = [house(resources) for _ in range(3)]
    await asyncio.gather(
        *(cancel(people[n], resources, appointment_id=made[n].id) for n in (0, 1, 4, 5)),
        *(book(others[n % 3], people[n], slot_id) for n in range(10, 20)),
    )
    now = [await state_of(people[n], resources, made[n].id) for n in range(10)]
    held = [n for n in range(10) if now[n] is AppointmentState.HELD]
    assert held == [2, 3, 6]
    assert (await slot(slot_id))["taken"] == 3
    assert (await slot(slot_id))["waiting"] == 13
    assert await violations() == NONE_AT_ALL


async def test_cancelling_twice_or_beside_the_clock_frees_one_place_only(resources: Resources) -> None:
    work = house(resources)
    [slot_id, _] = await slot_ids(await offered(replace(HALL, capacity=1, waiting_room=3)))
    people = [citizen for citizen, _ in await crowd(resources, 3)]
    made = [await booked(work, one, slot_id) for one in people]
    async with at(clock.now() + timedelta(minutes=11)):
        done = await asyncio.gather(
            cancel(people[0], resources, appointment_id=made[0].id),
            cancel(people[0], resources, appointment_id=made[0].id),
            cancel(people[1], resources, appointment_id=made[1].id),
            move_on(),
            move_on(),
            return_exceptions=True,
        )
        assert [one for one in done if isinstance(one, BaseException) and not isinstance(one, Conflict)] == []
        await move_on()
    assert (await slot(slot_id))["taken"] == 1
    assert await state_of(people[2], resources, made[2].id) is AppointmentState.HELD
    assert await violations() == NONE_AT_ALL


async def test_an_appointment_moves_when_the_other_place_is_sure(resources: Resources) -> None:
    work = house(resources)
    first, second = await slot_ids(await offered(replace(HALL, capacity=1)))
    [(citizen, _), (other, _), (third, _)] = await crowd(resources, 3)
    mine, theirs = await booked(work, citizen, first), await booked(work, other, second)
    waiting = await booked(work, third, first)
    await confirm(citizen, work, appointment_id=mine.id)
    code = (await appointment(citizen, resources, mine.id)).code
    with pytest.raises(Conflict) as full:
        await reschedule(citizen, appointment_id=mine.id, slot_id=second)
    assert full.value.code is ProblemCode.SLOT_TAKEN
    assert (await appointment(citizen, resources, mine.id)).slot_id == first
    with pytest.raises(Conflict) as waits:
        await reschedule(third, appointment_id=waiting.id, slot_id=second)
    assert waits.value.code is ProblemCode.ILLEGAL_STATE
    await cancel(other, resources, appointment_id=theirs.id)
    for _ in range(2):
        await reschedule(citizen, appointment_id=mine.id, slot_id=second)
    moved = await appointment(citizen, resources, mine.id)
    assert (moved.slot_id, moved.state) == (second, AppointmentState.CONFIRMED)
    assert moved.code != code
    assert await state_of(third, resources, waiting.id) is AppointmentState.HELD
    elsewhere, _ = await slot_ids(await offered(replace(HALL, name="其他")))
    with pytest.raises(Conflict):
        await reschedule(citizen, appointment_id=mine.id, slot_id=elsewhere)
    assert await violations() == NONE_AT_ALL


async def test_two_who_change_places_at_once_do_not_wait_for_each_other(resources: Resources) -> None:
    work = house(resources)
    first, second = await slot_ids(await offered(replace(HALL, capacity=9)))
    people = [citizen for citizen, _ in await crowd(resources, 8)]
    made = [await booked(work, one, (first, second)[n % 2]) for n, one in enumerate(people)]
    await asyncio.gather(
        *(
            reschedule(one, appointment_id=made[n].id, slot_id=(second, first)[n % 2])
            for n, one in enumerate(people)
        )
    )
    assert ((await slot(first))["taken"], (await slot(second))["taken"]) == (4, 4)
    assert await violations() == NONE_AT_ALL


async def test_whoever_misses_too_many_is_paused_and_an_officer_may_lift_it(resources: Resources) -> None:
    work = house(resources)
    rule = replace(HALL, no_show_limit=2, no_show_days=60, pause_days=7)
    calendar_id = await offered(rule)
    [(citizen, _), (other, _)] = await crowd(resources, 2)
    for day in (1, 2):
        slot_id, _ = await slot_ids(calendar_id, day)
        made = await booked(work, citizen, slot_id)
        await confirm(citizen, work, appointment_id=made.id)
        async with at(made.ends_at + timedelta(minutes=29)):
            assert await note_no_shows() == 0
        async with at(made.ends_at + timedelta(minutes=31)):
            assert await note_no_shows() == 1
        assert await state_of(citizen, resources, made.id) is AppointmentState.NO_SHOW
    slot_id, _ = await slot_ids(calendar_id, 3)
    with pytest.raises(Conflict) as paused:
        await book(work, citizen, slot_id)
    [pause] = await fetch("SELECT until FROM appointment_pause")
    assert f"{clock.local(pause['until']):%Y-%m-%d %H:%M:%S}" in paused.value.message.zh
    assert states([await book(work, other, slot_id)]) == ["HELD"]


async def test_waiting_ends_when_booking_ends(resources: Resources) -> None:
    work = house(resources)
    [slot_id, _] = await slot_ids(await offered(replace(HALL, capacity=1)))
    [(first, _), (second, _)] = await crowd(resources, 2)
    await confirm(first, work, appointment_id=(await booked(work, first, slot_id)).id)
    waiting = await booked(work, second, slot_id)
    await change_slot(slot_id, closes_at=clock.now())
    assert await move_on() == 1
    assert await state_of(second, resources, waiting.id) is AppointmentState.EXPIRED
    assert [one.id for one in await my_appointments(second, resources, limit=5, after=None)] == [waiting.id]
    assert await violations() == NONE_AT_ALL
