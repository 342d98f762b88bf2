"""Both parties are told of what becomes of an appointment, each thing once."""

import asyncio
from contextvars import copy_context
from datetime import timedelta
from typing import Any

import pytest

from backend.casework.appointments.actions import confirm, reschedule
from backend.casework.appointments.calling_off import call_off
from backend.casework.appointments.clocks import move_on, note_no_shows
from backend.casework.appointments.telling import tell_what_is_due
from backend.casework.notices.queries import notices
from backend.casework.notices.sending import send_notices
from backend.database.record import fetch, transaction
from backend.errors import Forbidden, Invalid, NotFound
from backend.kit import clock
from backend.resources import Resources
from backend.viewer import Citizen, OfficerRole
from tests.support import appointments
from tests.support.appointments import HALL, NONE_AT_ALL, WEDDING, at, booked, crowd, house, offered, slot_ids
from tests.support.people import at_the_desk


async def told(*people: Citizen) -> list[list[str]]:
    """What each of them was told, in order, without what is the same in all of it."""
    rows = await fetch("SELECT person_id, kind FROM notice ORDER BY id")
    return [
        [row["kind"].removeprefix("APPOINTMENT_") for row in rows if row["person_id"] == one.person_id]
        for one in people
    ]


async def test_what_was_booked_is_told_from_holding_to_the_day_before(resources: Resources) -> None:
    work, [first, second] = house(resources), await slot_ids(await offered(), days_ahead=2)
    [(one, _), (other, _), (third, _)] = await crowd(resources, 3)
    made = await booked(work, one, first)
    await booked(work, other, first)
    await booked(work, third, first)
    done = await asyncio.gather(tell_what_is_due(), tell_what_is_due())
    assert (sum(done), await tell_what_is_due()) == (2, 0)
    await confirm(one, work, appointment_id=made.id)
    await confirm(one, work, appointment_id=made.id)
    await reschedule(one, appointment_id=made.id, slot_id=second)  # the third one moves up
    assert await tell_what_is_due() == 0
    async with at(clock.now() + timedelta(minutes=11)):  # nobody else has confirmed
        await move_on()
    noon = made.starts_at.replace(hour=4) - timedelta(days=1)
    for moment in (noon.replace(hour=0), noon, noon):
        async with at(moment):
            await tell_what_is_due()
    assert await told(one, other, third) == [
        ["HELD", "CONFIRMED", "MOVED", "TOMORROW"],
        ["HELD", "LAPSED"],
        ["LET_IN"],
    ]
    (latest, *_) = await notices(one, before=None, limit=1)
    when = f"{clock.local(made.starts_at) + timedelta(hours=1):%Y-%m-%d %H:%M}"
    assert latest.words(work.standards)[1].zh == f"别忘了：{when}，德清县婚姻登记处。"
    assert latest.application_id is None
    assert one.person_id is not None
    await send_notices(work, one.person_id)  # nobody has a phone here: the inbox has it all
    rows = await fetch("SELECT open FROM notice WHERE person_id = $1 AND next_at <= now()", one.person_id)
    assert [row["open"] for row in rows] == [False] * 3


async def test_who_cancels_while_reminders_go_out_is_not_reminded(resources: Resources) -> None:
    work, [slot_id, _] = house(resources), await slot_ids(await offered(), days_ahead=2)
    [(one, _)] = await crowd(resources, 1)
    made = await booked(work, one, slot_id)
    await confirm(one, work, appointment_id=made.id)
    async with at(made.starts_at.replace(hour=4) - timedelta(days=1)):
        outside = copy_context()
        async with transaction() as tx:  # cancelling has the row when the clock finds it
            await tx.execute("UPDATE appointment SET state = 'CANCELLED' WHERE id = $1", made.id)
            reminding = asyncio.create_task(tell_what_is_due(), context=outside)
            await asyncio.sleep(0.5)
        assert await reminding == 0
    assert await told(one) == [["CONFIRMED"]]


async def test_whom_a_booking_names_is_invited_and_both_hear_of_the_end(resources: Resources) -> None:
    work, [slot_id, _] = house(resources), await slot_ids(await offered(WEDDING))
    [(one, _), (other, name)] = await crowd(resources, 2)
    made = await booked(work, one, slot_id, partner=name)
    assert await tell_what_is_due() == 2
    await confirm(other, work, appointment_id=made.id)
    async with at(made.ends_at + timedelta(minutes=31)):
        assert await note_no_shows() == 1
    assert await told(one, other) == [["HELD", "CONFIRMED", "MISSED"]] * 2


async def test_a_hall_that_cannot_open_calls_a_day_off(resources: Resources) -> None:
    officer, _ = await at_the_desk(resources, OfficerRole.OPERATIONS)
    calendar_id = await offered(HALL, organ_id=officer.organ_id)
    work, [slot_id, _] = house(resources), await slot_ids(calendar_id)
    people = [citizen for citizen, _ in await crowd(resources, 3)]
    made = [await booked(work, one, slot_id) for one in people]  # the last one waits
    await confirm(people[0], work, appointment_id=made[0].id)
    asked: dict[str, Any] = {"calendar_id": calendar_id, "day": clock.today() + timedelta(days=1)}
    for who, reason, refusal in (
        (officer, " 停 ", Invalid),
        ((await at_the_desk(resources, OfficerRole.INTAKE, login="li"))[0], "停电", Forbidden),
    ):
        with pytest.raises(refusal):
            await call_off(who, appointments.WORKDAYS, **asked, reason=reason)
    with pytest.raises(NotFound):
        await call_off(officer, appointments.WORKDAYS, calendar_id=slot_id, day=asked["day"], reason="停电")
    both = [await call_off(officer, appointments.WORKDAYS, **asked, reason=" 设备检修 ") for _ in range(2)]
    assert [(one.called_off, one.left) for one in both] == [(3, 0), (0, 0)]
    assert await told(*people) == [["CONFIRMED", "CALLED_OFF"], ["CALLED_OFF"], ["CALLED_OFF"]]
    (latest, *_) = await notices(people[0], before=None, limit=1)
    assert "原因：设备检修。不计入爽约" in latest.words(work.standards)[0].zh
    assert await appointments.violations() == NONE_AT_ALL
    async with at(made[0].ends_at + timedelta(days=1)):
        assert await note_no_shows() == 0
    [slot] = await fetch("SELECT taken, waiting, withdrawn FROM appointment_slot WHERE id = $1", slot_id)
    assert tuple(slot) == (0, 0, True)
