"""Hours, holidays and days of their own: which slots there are, and what happens to them when hours change."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from backend.casework.appointments import queries
from backend.casework.appointments.clocks import move_on
from backend.casework.appointments.demo import ensure_demo_places
from backend.casework.appointments.hours import DayRule, Pattern, slots_of
from backend.casework.appointments.materialising import materialise_due
from backend.casework.appointments.models import Binding, PlaceKind
from backend.casework.appointments.places import (
    CalendarDraft,
    DayDraft,
    PlaceDraft,
    ensure_day,
    set_calendar,
    set_day,
    set_place,
)
from backend.casework.definitions import Appointment
from backend.database.record import fetch, transaction
from backend.domains import standards
from backend.errors import Conflict, Forbidden, Invalid, NotFound
from backend.kit import clock
from backend.kit.working_days import Calendar
from backend.resources import Resources
from backend.viewer import Anonymous, OfficerRole
from tests.support.appointments import (
    HALL,
    NONE_AT_ALL,
    REGISTRY,
    WEDDING,
    WORKDAYS,
    at,
    booked,
    change_slot,
    crowd,
    house,
    offered,
    organ,
    slot,
    slot_ids,
    violations,
)
from tests.support.people import at_the_desk

NINE, ELEVEN, NOON = time(9), time(11), time(12)
PATTERN = Pattern(
    hours={1: [(NINE, NOON)], 5: [(NINE, ELEVEN)], 6: [(NINE, time(10, 30))]},
    keeps_holidays=True,
    slot=timedelta(hours=1),
    capacity=3,
    waiting_room=1,
    opens_days_before=7,
    opens_time=time(8, 30),
    closes=timedelta(minutes=15),
)
NOBODY = Anonymous()


def begins(day: date, rule: DayRule | None = None, calendar: Calendar = WORKDAYS) -> list[str]:
    return [f"{slot.starts_at:%H:%M}" for slot in slots_of(PATTERN, day, rule, calendar)]


def test_a_weekday_has_its_hours_in_whole_slots() -> None:
    [only] = slots_of(PATTERN, date(2026, 5, 23), None, WORKDAYS)  # a Saturday with hours of its own
    assert only.starts_at == datetime(2026, 5, 23, 9, tzinfo=clock.ZONE)
    assert only.ends_at == datetime(2026, 5, 23, 10, tzinfo=clock.ZONE)
    assert only.opens_at == datetime(2026, 5, 16, 8, 30, tzinfo=clock.ZONE)
    assert only.closes_at == datetime(2026, 5, 23, 8, 45, tzinfo=clock.ZONE)
    assert (only.capacity, only.waiting_room) == (3, 1)
    assert begins(date(2026, 5, 18)) == ["09:00", "10:00", "11:00"]
    assert begins(date(2026, 5, 19)) == []


def test_holidays_are_kept_and_worked_weekend_days_are_open() -> None:
    assert begins(date(2026, 5, 1)) == []  # Friday, 劳动节
    assert begins(date(2026, 5, 8)) == ["09:00", "10:00"]
    worked_sunday = Calendar({date(2026, 5, 10): True})
    assert begins(date(2026, 5, 10), None, worked_sunday) == ["09:00", "10:00", "11:00"]  # as on a Monday
    assert begins(date(2026, 5, 10)) == []


def test_a_day_of_its_own_wins_over_everything() -> None:
    opens = datetime(2026, 4, 20, 0, 0, tzinfo=clock.ZONE)
    rule = DayRule(spans=[(NINE, ELEVEN)], capacity=50, waiting_room=0, opens_at=opens)
    made = list(slots_of(PATTERN, date(2026, 5, 1), rule, WORKDAYS))
    assert [(one.capacity, one.waiting_room, one.opens_at) for one in made] == [(50, 0, opens)] * 2
    assert begins(date(2026, 5, 18), DayRule(spans=[])) == []
    assert begins(date(2026, 5, 18), DayRule(capacity=1)) == ["09:00", "10:00", "11:00"]


async def test_slots_are_made_ahead_and_open_at_their_moment(database: str) -> None:
    calendar_id = await offered(replace(HALL, opens_days_before=3, opens_time="08:00"))
    rows = await queries.days(NOBODY, calendar_id, begin=clock.today() + timedelta(days=1), count=31)
    assert [row.day for row in rows] == [clock.today() + timedelta(days=n) for n in range(1, 11)]
    assert [clock.local(row.opens_at).date() for row in rows] == [row.day - timedelta(days=3) for row in rows]
    assert {f"{clock.local(row.opens_at):%H:%M}" for row in rows} == {"08:00"}
    assert await materialise_due(WORKDAYS) == 0
    async with at(clock.now() + timedelta(days=2)):
        assert await materialise_due(WORKDAYS) == 1
        assert await materialise_due(WORKDAYS) == 0
        rows = await queries.days(NOBODY, calendar_id, begin=clock.today(), count=31)
        assert rows[-1].day == clock.today() + timedelta(days=10)
    async with at(clock.now() + timedelta(days=45)):
        await materialise_due(WORKDAYS)  # nobody was in the old ones: they are forgotten
        oldest = await fetch("SELECT min(day) AS day FROM appointment_slot")
        assert oldest[0]["day"] >= clock.today()


async def test_when_hours_change_what_is_booked_stays(resources: Resources) -> None:
    work, calendar_id = house(resources), await offered()
    first, second = await slot_ids(calendar_id)
    [(citizen, _), (other, _)] = await crowd(resources, 2)
    made = await booked(work, citizen, second)
    tomorrow = str((clock.today() + timedelta(days=1)).isoweekday())
    assert await offered(replace(HALL, hours={tomorrow: [["09:00", "10:00"]]}, capacity=7)) == calendar_id
    assert (await slot(first))["capacity"] == 7
    assert ((await slot(second))["withdrawn"], (await slot(second))["taken"]) == (True, 1)
    tomorrow_now = await queries.slots(NOBODY, calendar_id, clock.today() + timedelta(days=1))
    assert [one.id for one in tomorrow_now] == [first]
    [(_, kept)] = [(row["id"], row["state"]) for row in await fetch("SELECT id, state FROM appointment")]
    assert kept == "HELD"
    assert await offered() == calendar_id  # and back again
    assert not (await slot(second))["withdrawn"]
    assert (await booked(work, other, second)).id != made.id
    assert await violations() == NONE_AT_ALL


async def test_a_day_of_its_own_changes_that_day_only(database: str) -> None:
    calendar_id, day = await offered(), clock.today() + timedelta(days=40)
    opens = clock.now() + timedelta(days=1)
    await ensure_day(
        await organ(),
        calendar_id,
        DayDraft(day, spans=[["08:00", "12:00"]], capacity=75, waiting_room=75, opens_at=opens),
        WORKDAYS,
        actor="machine:test",
    )
    rows = await queries.slots(NOBODY, calendar_id, day)
    assert [(one.free, one.waiting_room, one.opens_at) for one in rows] == [(75, 75, opens)] * 4
    assert [
        one.free for one in await queries.slots(NOBODY, calendar_id, clock.today() + timedelta(days=2))
    ] == [
        2,
        2,
    ]
    await ensure_day(await organ(), calendar_id, DayDraft(day, spans=[]), WORKDAYS, actor="machine:test")
    assert await queries.slots(NOBODY, calendar_id, day) == []


async def test_an_item_leads_to_the_calendars_around_a_division_the_nearest_first(database: str) -> None:
    own = await offered(WEDDING)
    city = await offered(WEDDING, PlaceDraft(PlaceKind.MARRIAGE_REGISTRY, "湖州市婚姻登记中心", "330500"))
    await offered(WEDDING, PlaceDraft(PlaceKind.MARRIAGE_REGISTRY, "黄浦区婚姻登记处", "310101"))
    await offered(HALL)

    async def found(division: str, item: str | None, kind: PlaceKind | None = None) -> list[object]:
        rows = await queries.calendars(NOBODY, division=division, item_code=item, kind=kind)
        return [row.id for row in rows]

    assert await found("330521", "000711401000") == [own, city]
    assert await found("330500", "000711401000") == [own, city]
    assert await found("330522", "000711401000") == [city]
    assert await found("330521", "000711402000") == []
    assert len(await found("330521", None, PlaceKind.MARRIAGE_REGISTRY)) == 3
    assert await found("330521", None, PlaceKind.CREMATORIUM) == []
    assert (await queries.calendar(NOBODY, own)).place_name == REGISTRY.name


async def test_only_officers_of_operations_set_up_and_only_for_their_organ(resources: Resources) -> None:
    clerk, _ = await at_the_desk(resources, OfficerRole.INTAKE)
    manager, _ = await at_the_desk(resources, OfficerRole.OPERATIONS, login="zhou")
    with pytest.raises(Forbidden):
        await set_place(clerk, REGISTRY)
    place_id = await set_place(manager, REGISTRY)
    assert await set_place(manager, replace(REGISTRY, telephone="0572-1")) == place_id
    calendar_id = await set_calendar(manager, WORKDAYS, place_id, HALL)
    stranger = replace(manager, organ_id=clerk.officer_id)
    with pytest.raises(NotFound):
        await set_calendar(stranger, WORKDAYS, place_id, HALL)
    with pytest.raises(NotFound):
        await set_day(stranger, WORKDAYS, calendar_id, DayDraft(clock.today(), spans=[]))
    assert [one.name for one in await queries.places(manager)] == [REGISTRY.name]
    assert await queries.places(stranger) == []
    kinds = await fetch("SELECT kind, actor FROM audit_entry WHERE subject = $1", f"calendar:{calendar_id}")
    assert [tuple(row) for row in kinds] == [("appointment_calendar_set", f"officer:{manager.officer_id}")]


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (replace(HALL, name=" "), "name"),
        (replace(HALL, hours={"8": []}), "hours"),
        (replace(HALL, hours={"1": [["9:00", "11:00"]]}), "hours"),
        (replace(HALL, hours={"1": [["11:00", "09:00"]]}), "hours"),
        (replace(HALL, hours={"1": [["09:00", "11:00"], ["10:00", "12:00"]]}), "hours"),
        (replace(HALL, hours={"1": [["09:00"]]}), "hours"),
        (replace(HALL, opens_time="24:00"), "opensTime"),
        (replace(HALL, capacity=-1), "capacity"),
        (replace(HALL, slot_minutes=0), "slotMinutes"),
        (replace(HALL, opens_days_before=91), "opensDaysBefore"),
        (replace(HALL, item_codes=("12345",)), "itemCodes"),
    ],
)
async def test_a_calendar_that_cannot_be_is_refused_by_its_field(
    draft: CalendarDraft, field: str, database: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        await offered(draft)
    assert [problem.path for problem in refusal.value.fields] == [("input", field)]
    assert await fetch("SELECT 1 FROM appointment_calendar") == []


async def test_whom_a_calendar_binds_stays(database: str) -> None:
    calendar_id = await offered()
    with pytest.raises(Conflict):
        await offered(replace(HALL, binding=Binding.MATTER, capacity=9))
    [row] = await fetch("SELECT id, binding, capacity FROM appointment_calendar")
    assert tuple(row) == (calendar_id, "PERSON", 2)


async def test_a_larger_capacity_lets_in_who_waits_in_their_order(resources: Resources) -> None:
    work, [slot_id, _] = house(resources), await slot_ids(await offered(replace(HALL, waiting_room=5)))
    people = [citizen for citizen, _ in await crowd(resources, 6)]
    made = [await booked(work, one, slot_id) for one in people]
    await offered(replace(HALL, waiting_room=5, capacity=4))
    assert await move_on() == 2
    rows = await fetch("SELECT id, state FROM appointment ORDER BY ticket")
    assert [(row["id"], row["state"]) for row in rows] == [
        (one.id, "HELD" if number < 4 else "WAITING") for number, one in enumerate(made)
    ]
    assert await violations() == NONE_AT_ALL


async def test_no_more_are_let_in_than_places_are_free_when_the_planner_expects_a_single_row(
    resources: Resources,
) -> None:
    work, [slot_id, _] = house(resources), await slot_ids(await offered(replace(HALL, waiting_room=5)))
    [first, *others] = [citizen for citizen, _ in await crowd(resources, 6)]
    await booked(work, first, slot_id)
    async with transaction() as tx:
        await tx.execute("ANALYZE appointment")
    for citizen in others:
        await booked(work, citizen, slot_id)
    await change_slot(slot_id, capacity=3)
    assert await move_on() == 1
    assert await violations() == NONE_AT_ALL


async def test_free_places_are_not_offered_over_the_heads_of_those_who_wait(resources: Resources) -> None:
    work, calendar_id = house(resources), await offered(replace(HALL, capacity=1))
    slot_id, _ = await slot_ids(calendar_id)
    [(one, _), (two, _)] = await crowd(resources, 2)
    await booked(work, one, slot_id)
    await booked(work, two, slot_id)
    await change_slot(slot_id, capacity=5)
    day = clock.today() + timedelta(days=1)
    assert [slot.free for slot in await queries.slots(NOBODY, calendar_id, day)] == [0, 1]


async def test_every_item_that_is_come_to_in_person_leads_to_a_demo_calendar(database: str) -> None:
    organ_id = await organ()
    for _ in range(2):
        await ensure_demo_places(organ_id, WORKDAYS, actor="machine:test")
    assert len(await fetch("SELECT 1 FROM audit_entry WHERE kind = 'appointment_place_set'")) == 6
    wanted = {
        item.base_code: item.parties
        for item in standards().by_code.values()
        if item.appointment is not Appointment.NONE
    }
    found = {}
    for item in wanted:
        [calendar] = await queries.calendars(NOBODY, division="330521", item_code=item, kind=None)
        found[item] = 2 if calendar.binding is Binding.COUPLE else 1
        days = await queries.days(NOBODY, calendar.id, begin=clock.today(), count=21)
        assert [day for day in days if day.opens_at <= clock.now()], calendar.name
    assert found == wanted
