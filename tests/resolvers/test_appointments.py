"""Appointments by our own trusted documents: from an item to a visit, for a couple and the officers of a registry."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from backend.casework.declaring.codes import MARRIAGE_BOOKING
from backend.kit import clock
from backend.resources import Resources
from backend.viewer import Anonymous, OfficerRole
from tests.support.appointments import NONE_AT_ALL, at, crowd, house, violations
from tests.support.front import Front
from tests.support.people import at_the_desk


async def registry(client: Front) -> Any:
    """A registry that marries one couple an hour, every day, also on holidays."""
    place = await client.do(
        "SetAppointmentPlace", kind="MARRIAGE_REGISTRY", name="德清县婚姻登记处", division="330521"
    )
    return await client.do(
        "SetAppointmentCalendar",
        placeId=place["id"],
        name="结婚登记",
        binding="COUPLE",
        itemCodes=[MARRIAGE_BOOKING],
        hours=[{"weekday": weekday, "spans": [["09:00", "11:00"]]} for weekday in range(1, 8)],
        keepsHolidays=False,
        slotMinutes=60,
        waitingRoom=1,
        holdMinutes=1440,
    )


async def test_a_couple_comes_from_the_item_to_the_wedding(resources: Resources) -> None:
    officer, _ = await at_the_desk(resources, OfficerRole.OPERATIONS, OfficerRole.INTAKE)
    [(bride, _), (groom, told), *others] = await crowd(resources, 6)
    work = house(resources)
    desk, visitor = Front(work, officer), Front(work, Anonymous())
    first, second = Front(work, bride), Front(work, groom)
    made = await registry(desk)
    assert (made["__typename"], made["binding"], made["placeName"]) == (
        "AppointmentCalendar",
        "COUPLE",
        "德清县婚姻登记处",
    )

    [found] = await visitor.send("AppointmentCalendars", division="330521", itemCode=MARRIAGE_BOOKING)
    assert found == await visitor.send("AppointmentCalendar", id=made["id"])
    days = await visitor.send("AppointmentDays", calendarId=found["id"], count=3)
    day = days[-1]["day"]
    assert (day, days[-1]["free"]) == ((clock.today() + timedelta(days=2)).isoformat(), 2)
    slot, later = await visitor.send("AppointmentSlots", calendarId=found["id"], day=day)
    assert (slot["free"], slot["waiting"], slot["waitingRoom"]) == (1, 0, 1)

    partner = {"name": told.name, "residentId": told.number}
    answer = await first.do("BookAppointment", slotId=slot["id"], partner=partner)
    booked = answer["appointment"]
    assert (answer["__typename"], answer["freeDays"], booked["state"]) == ("BookingAnswer", [], "HELD")
    assert booked["slotId"] == slot["id"]
    waiting, full = [
        await Front(work, one).do(
            "BookAppointment", slotId=slot["id"], partner={"name": named.name, "residentId": named.number}
        )
        for (one, _), (_, named) in (others[:2], others[2:])
    ]
    assert (waiting["appointment"]["state"], waiting["appointment"]["place"]) == ("WAITING", 1)
    assert full["appointment"] is None
    assert {"day": day, "free": 1} in [{"day": one["day"], "free": one["free"]} for one in full["freeDays"]]

    [invited] = await second.send("AppointmentInvitations")
    assert (invited["id"], invited["inviter"], invited["mine"]) == (booked["id"], "沈**", False)
    refused = await first.do("ConfirmAppointment", appointmentId=booked["id"])
    assert (refused["__typename"], refused["code"]) == ("Problem", "ILLEGAL_STATE")
    confirmed = await second.do("ConfirmAppointment", appointmentId=booked["id"])
    assert (confirmed["state"], confirmed["partnerConfirmed"]) == ("CONFIRMED", True)
    moved = await second.do("RescheduleAppointment", appointmentId=booked["id"], slotId=later["id"])
    assert (moved["state"], moved["slotId"]) == ("CONFIRMED", later["id"])
    assert (await Front(work, others[0][0]).send("MyAppointment", id=waiting["appointment"]["id"]))[
        "state"
    ] == "HELD"

    page = await first.send("MyAppointments")
    assert [edge["node"]["visitCode"] for edge in page["edges"]] == [moved["visitCode"]]
    visits = await desk.send("AppointmentVisits", calendarId=found["id"], day=day)
    assert [(edge["node"]["state"], edge["node"]["partnerName"]) for edge in visits["edges"]] == [
        ("HELD", "沈**"),
        ("CONFIRMED", "沈**"),
    ]
    forged = await desk.do("CheckInAppointment", code=confirmed["visitCode"])
    assert (forged["__typename"], forged["code"]) == ("Problem", "CODE_REFUSED")
    begins = datetime.fromisoformat(str(moved["startsAt"]))
    async with at(begins):
        arrived = await desk.do("CheckInAppointment", code=moved["visitCode"])
        assert (arrived["state"], arrived["checkInWay"]) == ("CHECKED_IN", "CODE")
    assert await violations() == NONE_AT_ALL


async def test_an_organ_opens_a_popular_day_at_a_moment_of_its_own(resources: Resources) -> None:
    officer, _ = await at_the_desk(resources, OfficerRole.OPERATIONS)
    [(bride, _), (_, told)] = await crowd(resources, 2)
    work = house(resources)
    desk = Front(work, officer)
    made = await registry(desk)
    popular = clock.today() + timedelta(days=60)
    opens_at = clock.now() + timedelta(hours=1)
    changed = await desk.do(
        "SetAppointmentDay",
        calendarId=made["id"],
        day=popular.isoformat(),
        spans=[["08:00", "12:00"], ["13:00", "17:00"]],
        capacity=10,
        waitingRoom=10,
        opensAt=opens_at.isoformat(),
    )
    assert (changed["day"]["day"], changed["day"]["free"]) == (popular.isoformat(), 80)
    visitor = Front(work, Anonymous())
    slots = await visitor.send("AppointmentSlots", calendarId=made["id"], day=popular.isoformat())
    early = await Front(work, bride).do(
        "BookAppointment", slotId=slots[0]["id"], partner={"name": told.name, "residentId": told.number}
    )
    assert (early["__typename"], early["code"]) == ("Problem", "ILLEGAL_STATE")
    assert 3500 < early["retryAfter"] <= 3600
    closed = await desk.do("SetAppointmentDay", calendarId=made["id"], day=popular.isoformat(), spans=[])
    assert closed["day"] is None
    past = await desk.do("SetAppointmentDay", calendarId=made["id"], day=date(2026, 1, 1).isoformat())
    assert (past["__typename"], past["fields"][0]["path"]) == ("Problem", ["input", "day"])
    clerk = Front(work, replace(officer, roles=frozenset({OfficerRole.INTAKE})))
    assert (await clerk.do("SetAppointmentPlace", kind="HALL", name="大厅", division="330521"))[
        "code"
    ] == "FORBIDDEN"
    assert [one["name"] for one in await desk.send("AppointmentPlaces")] == ["德清县婚姻登记处"]
