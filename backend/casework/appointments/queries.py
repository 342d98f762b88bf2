"""Where one can book and what is free; appointments as those whose they are see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from backend.casework.appointments.models import (
    AppointmentState,
    Binding,
    CheckInWay,
    PlaceKind,
)
from backend.casework.appointments.passes import make_code
from backend.database.record import Row, fetch, fetch_one
from backend.errors import Invalid, NotFound, Text
from backend.keys import Keys
from backend.kit import clock, masking, regions
from backend.people.identity.queries import open_name
from backend.resources import Resources
from backend.viewer import Citizen, Officer, Viewer

MOST_PLACES, MOST_CALENDARS, MOST_SLOTS, MOST_DAYS, MOST_INVITATIONS = 50, 50, 200, 62, 20

NO_SUCH_APPOINTMENT = Text("没有找到该预约。", "There is no such appointment.")
NO_SUCH_CALENDAR = Text("没有找到该预约服务。", "There is no such calendar.")
BAD_DAYS = Text("一次最多查询62天。", "At most 62 days at a time.")


@dataclass(frozen=True, slots=True)
class CalendarView:
    """What can be booked where, and by which rules."""

    id: UUID
    name: str
    binding: Binding
    slot_minutes: int
    opens_days_before: int
    opens_time: str
    hold_minutes: int
    waiting_hold_minutes: int
    early_minutes: int
    late_minutes: int
    no_show_limit: int
    no_show_days: int
    pause_days: int
    place_id: UUID
    place_kind: PlaceKind
    place_name: str
    address: str
    telephone: str
    division: str


@dataclass(frozen=True, slots=True)
class PlaceView:
    """A place as its organ sees it."""

    id: UUID
    kind: PlaceKind
    name: str
    address: str
    telephone: str
    division: str
    closed: bool


@dataclass(frozen=True, slots=True)
class DayView:
    """A day on which something can be booked, now or later."""

    day: date
    free: int
    opens_at: datetime


@dataclass(frozen=True, slots=True)
class SlotView:
    """A slot and what is left of it."""

    id: UUID
    starts_at: datetime
    ends_at: datetime
    opens_at: datetime
    closes_at: datetime
    free: int
    waiting: int
    waiting_room: int


@dataclass(frozen=True, slots=True)
class AppointmentView:
    """An appointment as one of its parties sees it."""

    id: UUID
    state: AppointmentState
    slot_id: UUID
    calendar_id: UUID
    calendar_name: str
    place_name: str
    address: str
    telephone: str
    starts_at: datetime
    ends_at: datetime
    place: int | None
    """On the waiting list, from 1."""
    hold_until: datetime | None
    mine: bool
    """Whether the viewer booked it; otherwise they are the second party."""
    for_two: bool
    partner_confirmed: bool
    code: str | None
    """For checking in, once it is confirmed."""
    check_in_way: CheckInWay | None = None
    confirmed_at: datetime | None = None
    checked_in_at: datetime | None = None
    ended_at: datetime | None = None
    inviter: str | None = None
    """Masked name of who booked, on an invitation."""


_CALENDAR = (
    "SELECT calendar.id, calendar.name, binding, slot_minutes, opens_days_before, opens_time, hold_minutes,"
    " waiting_hold_minutes, early_minutes, late_minutes, no_show_limit, no_show_days, pause_days, place_id,"
    " place.kind AS place_kind, place.name AS place_name, address, telephone, division"
    " FROM appointment_calendar calendar JOIN appointment_place place ON place.id = place_id"
)
_PLACE = "SELECT id, kind, name, address, telephone, division, closed_at IS NOT NULL AS closed FROM appointment_place"
_OPEN = "calendar.closed_at IS NULL AND place.closed_at IS NULL"

_APPOINTMENT = (
    "SELECT appointment.id, appointment.state, slot_id, slot.calendar_id, calendar.name AS calendar_name,"
    " place.name AS place_name, address, telephone, starts_at, ends_at, hold_until, confirmed_at, checked_in_at,"
    " check_in_way, appointment.ended_at, appointment.person_id, partner_id, binding,"
    " CASE WHEN appointment.state = 'WAITING' THEN 1 + (SELECT count(*) FROM appointment ahead"
    "  WHERE ahead.slot_id = slot.id AND ahead.state = 'WAITING' AND ahead.ticket < appointment.ticket) END AS place"
    " FROM appointment JOIN appointment_slot slot ON slot.id = slot_id"
    " JOIN appointment_calendar calendar ON calendar.id = slot.calendar_id"
    " JOIN appointment_place place ON place.id = calendar.place_id"
)
INVITED = (
    "appointment.partner_index IN (SELECT number_index FROM identity_document WHERE person_id = $1)"
    " AND appointment.state IN ('WAITING', 'HELD') AND partner_id IS NULL"
)
"""Condition on ``appointment``: person ``$1`` was named as the second party and has not confirmed yet."""
_ABOUT_ITEMS = (
    "($4::jsonb = '[]'::jsonb OR EXISTS (SELECT 1 FROM appointment_slot slot JOIN appointment_calendar_item item"
    " ON item.calendar_id = slot.calendar_id WHERE slot.id = appointment.slot_id AND $4::jsonb ? item.item_code))"
)
NEXT_FREE_DAYS = (
    "SELECT day, sum(capacity - taken)::int AS free, min(opens_at) AS opens_at FROM appointment_slot"
    " WHERE calendar_id = $1 AND day >= $2 AND NOT withdrawn AND taken < capacity AND waiting = 0"
    " AND opens_at <= $3 AND closes_at > $3 GROUP BY day ORDER BY day LIMIT $4"
)


async def calendars(
    _viewer: Viewer, *, division: str, item_code: str | None, kind: PlaceKind | None
) -> Sequence[CalendarView]:
    """What can be booked for an item in and around a division, the nearest first, 50 at most.

    Places in the division and below come first, then those of the city, the province, the nation.
    """
    above = [regions.NATION, *(one.code for one in regions.path(division))]
    rows = await fetch(
        f"{_CALENDAR} WHERE {_OPEN} AND (place.division = ANY($1) OR place.division LIKE $2 || '%')"  # noqa: S608 - constants of ours
        " AND ($3::text IS NULL OR EXISTS (SELECT 1 FROM appointment_calendar_item item"
        "  WHERE item.calendar_id = calendar.id AND item.item_code = $3)) AND ($4::text IS NULL OR place.kind = $4)"
        " ORDER BY coalesce(array_position($1, place.division), 99) DESC, place.name, calendar.name LIMIT $5",
        above,
        regions.prefix(division),
        item_code,
        None if kind is None else kind.value,
        MOST_CALENDARS,
    )
    return [_calendar(row) for row in rows]


async def calendar(_viewer: Viewer, calendar_id: UUID) -> CalendarView:
    """One calendar. Raises ``NotFound``."""
    row = await fetch_one(f"{_CALENDAR} WHERE {_OPEN} AND calendar.id = $1", calendar_id)
    if row is None:
        raise NotFound(NO_SUCH_CALENDAR)
    return _calendar(row)


async def own_calendar(officer: Officer, calendar_id: UUID) -> CalendarView:
    """A calendar of the officer's organ, also a closed one. Raises ``NotFound``."""
    row = await fetch_one(
        f"{_CALENDAR} WHERE calendar.id = $1 AND place.organ_id = $2", calendar_id, officer.organ_id
    )
    if row is None:
        raise NotFound(NO_SUCH_CALENDAR)
    return _calendar(row)


async def places(officer: Officer) -> Sequence[PlaceView]:
    """The places of the officer's organ, closed ones included, 50 at most."""
    rows = await fetch(f"{_PLACE} WHERE organ_id = $1 ORDER BY name LIMIT $2", officer.organ_id, MOST_PLACES)
    return [_place(row) for row in rows]


async def place(officer: Officer, place_id: UUID) -> PlaceView:
    """A place of the officer's organ. Raises ``NotFound``."""
    row = await fetch_one(f"{_PLACE} WHERE organ_id = $1 AND id = $2", officer.organ_id, place_id)
    if row is None:
        raise NotFound(NO_SUCH_CALENDAR)
    return _place(row)


async def days(_viewer: Viewer, calendar_id: UUID, *, begin: date, count: int) -> Sequence[DayView]:
    """The days with slots from ``begin`` on, of ``count`` days, with what is free. Raises ``Invalid``."""
    if not 1 <= count <= MOST_DAYS:
        raise Invalid(BAD_DAYS).about("count")
    rows = await fetch(
        "SELECT day, sum(CASE WHEN waiting = 0 THEN greatest(capacity - taken, 0) ELSE 0 END)::int AS free,"
        " min(opens_at) AS opens_at FROM appointment_slot WHERE calendar_id = $1 AND day >= $2 AND day < $3"
        " AND NOT withdrawn AND closes_at > $4 GROUP BY day ORDER BY day",
        calendar_id,
        begin,
        begin + timedelta(days=count),
        clock.now(),
    )
    return [DayView(row["day"], row["free"], row["opens_at"]) for row in rows]


async def next_free_days(calendar_id: UUID, *, most: int = 5) -> Sequence[DayView]:
    """The next days of a calendar on which something can be booked now."""
    rows = await fetch(
        NEXT_FREE_DAYS,
        calendar_id,
        clock.today(),
        clock.now(),
        most,
    )
    return [DayView(row["day"], row["free"], row["opens_at"]) for row in rows]


async def slots(_viewer: Viewer, calendar_id: UUID, day: date) -> Sequence[SlotView]:
    """The slots of a day that can be booked now or later."""
    rows = await fetch(
        "SELECT id, starts_at, ends_at, opens_at, closes_at, waiting, waiting_room,"
        " CASE WHEN waiting = 0 THEN greatest(capacity - taken, 0) ELSE 0 END AS free FROM appointment_slot"
        " WHERE calendar_id = $1 AND day = $2 AND NOT withdrawn AND closes_at > $3 ORDER BY starts_at LIMIT $4",
        calendar_id,
        day,
        clock.now(),
        MOST_SLOTS,
    )
    return [
        SlotView(
            row["id"],
            row["starts_at"],
            row["ends_at"],
            row["opens_at"],
            row["closes_at"],
            row["free"],
            row["waiting"],
            row["waiting_room"],
        )
        for row in rows
    ]


async def appointment(citizen: Citizen, resources: Resources, appointment_id: UUID) -> AppointmentView:
    """An appointment of which the citizen is a party, or to which they are invited. Raises ``NotFound``."""
    row = await fetch_one(
        f"{_APPOINTMENT} WHERE appointment.id = $2"
        f" AND (appointment.person_id = $1 OR partner_id = $1 OR {INVITED})",
        citizen.person_id,
        appointment_id,
    )
    if row is None:
        raise NotFound(NO_SUCH_APPOINTMENT)
    return view(row, citizen, resources.keys)


async def my_appointments(
    citizen: Citizen, resources: Resources, *, limit: int, after: UUID | None, items: str = "[]"
) -> Sequence[AppointmentView]:
    """The citizen's appointments, whichever party they are, the latest first.

    With ``items``, base codes as JSON, those of calendars of these items; an empty list is every item.
    """
    rows = await fetch(
        f"{_APPOINTMENT} WHERE appointment.id IN ("  # noqa: S608 - constants of ours
        f"(SELECT id FROM appointment WHERE person_id = $1 AND ($2::uuid IS NULL OR id < $2) AND {_ABOUT_ITEMS}"
        " ORDER BY id DESC LIMIT $3) UNION "
        f"(SELECT id FROM appointment WHERE partner_id = $1 AND ($2::uuid IS NULL OR id < $2) AND {_ABOUT_ITEMS}"
        " ORDER BY id DESC LIMIT $3)) ORDER BY appointment.id DESC LIMIT $3",
        citizen.person_id,
        after,
        limit,
        items,
    )
    return [view(row, citizen, resources.keys) for row in rows]


async def invitations(citizen: Citizen, resources: Resources) -> Sequence[AppointmentView]:
    """Appointments that name the citizen as the second party and wait for their word, 20 at most."""
    rows = await fetch(
        "SELECT told.*, document.number_index, document.name_sealed FROM ("  # noqa: S608 - constants of ours
        f"{_APPOINTMENT} WHERE {INVITED} ORDER BY appointment.id DESC LIMIT $2) told"
        " JOIN identity_document document ON document.person_id = told.person_id AND document.main"
        " ORDER BY told.id DESC",
        citizen.person_id,
        MOST_INVITATIONS,
    )
    return [
        view(row, citizen, resources.keys, inviter=masking.name(open_name(resources, row))) for row in rows
    ]


def view(row: Row, citizen: Citizen, keys: Keys, *, inviter: str | None = None) -> AppointmentView:
    """A row of ``_APPOINTMENT`` for one of its parties."""
    state = AppointmentState(row["state"])
    way = row["check_in_way"]
    return AppointmentView(
        id=row["id"],
        state=state,
        slot_id=row["slot_id"],
        calendar_id=row["calendar_id"],
        calendar_name=row["calendar_name"],
        place_name=row["place_name"],
        address=row["address"],
        telephone=row["telephone"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        place=row["place"],
        hold_until=row["hold_until"],
        mine=row["person_id"] == citizen.person_id,
        for_two=row["binding"] == Binding.COUPLE,
        partner_confirmed=row["partner_id"] is not None,
        code=make_code(keys, row["id"], row["slot_id"]) if state is AppointmentState.CONFIRMED else None,
        check_in_way=None if way is None else CheckInWay(way),
        confirmed_at=row["confirmed_at"],
        checked_in_at=row["checked_in_at"],
        ended_at=row["ended_at"],
        inviter=inviter,
    )


def _place(row: Row) -> PlaceView:
    return PlaceView(**{**dict(row), "kind": PlaceKind(row["kind"])})


def _calendar(row: Row) -> CalendarView:
    return CalendarView(
        **{**dict(row), "binding": Binding(row["binding"]), "place_kind": PlaceKind(row["place_kind"])}
    )
