"""Appointments for two, and for somebody who cannot book any more."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from backend.casework.appointments.actions import cancel, confirm, reschedule
from backend.casework.appointments.clocks import move_on
from backend.casework.appointments.models import AppointmentState
from backend.casework.appointments.queries import appointment, invitations, my_appointments
from backend.database.record import fetch
from backend.errors import Conflict, NotFound, ProblemCode
from backend.kit import clock
from backend.resources import Resources
from tests.support.appointments import (
    CREMATION,
    NONE_AT_ALL,
    WEDDING,
    at,
    book,
    booked,
    crowd,
    house,
    offered,
    slot,
    slot_ids,
    violations,
)


async def test_the_second_party_confirms_for_both(resources: Resources) -> None:
    work, [slot_id, other] = house(resources), await slot_ids(await offered(WEDDING))
    [(bride, bride_told), (groom, groom_told), (stranger, _)] = await crowd(resources, 3)
    made = await booked(work, bride, slot_id, partner=groom_told)
    assert (made.for_two, made.partner_confirmed, made.mine) == (True, False, True)
    with pytest.raises(Conflict):
        await confirm(bride, work, appointment_id=made.id)
    assert await invitations(stranger, resources) == []
    [invitation] = await invitations(groom, resources)
    assert (invitation.id, invitation.mine, invitation.inviter) == (made.id, False, "沈**")
    with pytest.raises(NotFound):
        await confirm(stranger, work, appointment_id=made.id)
    # the second party who books the same is pointed to the invitation, and is not bound by it
    with pytest.raises(Conflict) as invited:
        await book(work, groom, other, partner=bride_told)
    assert "邀请" in invited.value.message.zh
    for _ in range(2):
        await confirm(groom, work, appointment_id=made.id)
    for party in (bride, groom):
        [seen] = await my_appointments(party, resources, limit=5, after=None)
        assert (seen.state, seen.partner_confirmed) == (AppointmentState.CONFIRMED, True)
        with pytest.raises(Conflict) as bound:
            await book(work, party, other, partner=bride_told if party is groom else groom_told)
        assert bound.value.code is ProblemCode.ALREADY_DONE
    await reschedule(groom, appointment_id=made.id, slot_id=other)
    assert (await cancel(groom, resources, appointment_id=made.id)).state is AppointmentState.CANCELLED
    assert (await booked(work, groom, slot_id, partner=bride_told)).state is AppointmentState.HELD
    assert await violations() == NONE_AT_ALL


async def test_one_couple_never_has_two_whoever_of_them_asks_wherever_at_once(resources: Resources) -> None:
    slots = await slot_ids(await offered(WEDDING))
    slots += await slot_ids(await offered(replace(WEDDING, name="另一登记室")))
    couples = 6
    people = await crowd(resources, 2 * couples)
    works = [house(resources) for _ in range(4)]
    asked = []
    for n in range(couples):
        (one, one_told), (other, other_told) = people[2 * n], people[2 * n + 1]
        for m in range(4):
            asked.append(book(works[m], one, slots[m], partner=other_told))
            asked.append(book(works[m], other, slots[(m + n) % 4], partner=one_told))
    answers = await asyncio.gather(*asked, return_exceptions=True)
    broken = [one for one in answers if isinstance(one, BaseException) and not isinstance(one, Conflict)]
    assert broken == []
    living = await fetch(
        "SELECT person_id, partner_index FROM appointment WHERE state IN ('WAITING', 'HELD')"
    )
    place = {citizen.person_id: n // 2 for n, (citizen, _) in enumerate(people)}
    assert sorted(place[row["person_id"]] for row in living) == list(range(couples))
    assert await violations() == NONE_AT_ALL


async def test_a_party_who_never_confirms_loses_the_place_and_nobody_is_bound_by_being_named(
    resources: Resources,
) -> None:
    work, [slot_id, other] = house(resources), await slot_ids(await offered(WEDDING))
    [(bold, _), (named, named_told), (loved, loved_told)] = await crowd(resources, 3)
    made = await booked(work, bold, slot_id, partner=named_told)
    mine = await booked(work, named, other, partner=loved_told)  # named by somebody, free to choose
    await confirm(loved, work, appointment_id=mine.id)
    with pytest.raises(Conflict) as bound:
        await confirm(named, work, appointment_id=made.id)
    assert bound.value.code is ProblemCode.ALREADY_DONE
    assert (await appointment(bold, resources, made.id)).state is AppointmentState.HELD
    async with at(clock.now() + timedelta(hours=24, minutes=1)):
        await move_on()
    assert (await appointment(bold, resources, made.id)).state is AppointmentState.EXPIRED
    assert (await slot(slot_id))["taken"] == 0
    assert await violations() == NONE_AT_ALL


async def test_an_invitation_is_declined_and_a_wrong_name_confirms_nothing(resources: Resources) -> None:
    work, [slot_id, other] = house(resources), await slot_ids(await offered(WEDDING))
    [(bold, _), (named, told), (third, _)] = await crowd(resources, 3)
    made = await booked(work, bold, slot_id, partner=told)
    declined = await cancel(named, resources, appointment_id=made.id)
    assert declined.state is AppointmentState.CANCELLED
    assert await invitations(named, resources) == []
    wrong = await booked(work, third, other, partner=replace(told, name="沈阿某"))
    with pytest.raises(Conflict) as refusal:
        await confirm(named, work, appointment_id=wrong.id)
    assert refusal.value.code is ProblemCode.IDENTITY_MISMATCH
    assert await violations() == NONE_AT_ALL


async def test_two_who_confirm_at_once_for_the_same_person_bind_them_once(resources: Resources) -> None:
    work, [slot_id, other] = house(resources), await slot_ids(await offered(WEDDING))
    [(one, _), (another, _), (loved, told)] = await crowd(resources, 3)
    made = [
        await booked(work, one, slot_id, partner=told),
        await booked(work, another, other, partner=told),
    ]
    done = await asyncio.gather(
        *(confirm(loved, work, appointment_id=each.id) for each in made), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in done) == ["Conflict", "NoneType"]
    assert await violations() == NONE_AT_ALL


async def test_of_one_matter_there_is_one_appointment_whoever_of_the_family_asks(
    resources: Resources,
) -> None:
    slot_id, other = await slot_ids(await offered(CREMATION))
    [(son, _), (daughter, _), (_, deceased), (_, another)] = await crowd(resources, 4)
    works = [house(resources) for _ in range(2)]
    answers = await asyncio.gather(
        book(works[0], son, slot_id, matter=deceased),
        book(works[1], daughter, other, matter=deceased),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in answers) == ["Booked", "Conflict"]
    assert (await booked(works[0], son, other, matter=another)).state is AppointmentState.HELD
    assert await violations() == NONE_AT_ALL
