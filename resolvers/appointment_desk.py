"""The officers' side of appointments: places, calendars, days, who is expected, and checking in."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import strawberry

from backend.casework.appointments import check_in as desk
from backend.casework.appointments import places, queries
from backend.casework.appointments.calling_off import CalledOff, call_off
from backend.casework.appointments.check_in import Visit
from backend.casework.appointments.models import AppointmentState, Binding, CheckInWay, PlaceKind
from backend.casework.appointments.places import CalendarDraft, DayDraft, PlaceDraft
from backend.casework.appointments.queries import CalendarView, DayView, PlaceView
from backend.viewer import OfficerRole
from resolvers.access import PARENT, officer
from resolvers.appointments import AppointmentCalendar, CalendarId, Day
from resolvers.context import Info
from resolvers.fields import MutationInput, field, input_field, input_type, mutation, object_type, query
from resolvers.officers import officer_of
from resolvers.pagination import (
    After,
    Connection,
    First,
    Node,
    keyset_page,
    page_size,
    read_cursor,
    read_global_id,
)

_INTAKE = officer(OfficerRole.INTAKE)
_OPERATIONS = officer(OfficerRole.OPERATIONS)


# --- what is shown -----------------------------------------------------------------------------------


@object_type(reads=PlaceView, description="A place that takes appointments.")
class AppointmentPlace(Node):
    """A place."""

    kind: PlaceKind = field(access=PARENT, description="What kind of place.")
    name: str = field(access=PARENT, description="Its name, by which it is known within the organ.")
    address: str = field(access=PARENT, description="Its address.")
    telephone: str = field(access=PARENT, description="Its telephone.")
    division: str = field(access=PARENT, description="Where it lies, GB/T 2260.")
    closed: bool = field(access=PARENT, description="Takes no appointments any more?")


@object_type(reads=Visit, description="An appointment as the officers of its place see it; names are masked.")
class AppointmentVisit(Node):
    """A visit."""

    state: AppointmentState = field(access=PARENT, description="How far it has come.")
    calendar_name: str = field(access=PARENT, description="What was booked.")
    starts_at: datetime = field(access=PARENT, description="When it begins.")
    ends_at: datetime = field(access=PARENT, description="When it ends.")
    name: str = field(access=PARENT, description="Who booked, masked.")
    partner_name: str | None = field(access=PARENT, description="The second party, masked.")
    matter_name: str | None = field(access=PARENT, description="Whom it is about, masked.")
    checked_in_at: datetime | None = field(access=PARENT, description="When they checked in.")
    check_in_way: CheckInWay | None = field(access=PARENT, description="How they did.")


# --- reads -------------------------------------------------------------------------------------------


@query(
    access=officer(),
    description="The places of the officer's organ, 50 at most.",
    returns=list[AppointmentPlace],
)
async def appointment_places(info: Info) -> Sequence[PlaceView]:
    """Places."""
    return await queries.places(officer_of(info))


@query(
    access=_INTAKE,
    description="Who is expected on a day at a calendar of the officer's organ, in order of time.",
    returns=Connection[AppointmentVisit],
)
async def appointment_visits(
    info: Info,
    calendar_id: CalendarId,
    day: Annotated[date, strawberry.argument(description="The day.")],
    first: First = 50,
    after: After = None,
) -> Connection[Visit]:
    """The day's list."""
    place = read_cursor(after, datetime, UUID)
    rows = await desk.visits(
        officer_of(info),
        info.context.resources,
        calendar_id=read_global_id(calendar_id, "AppointmentCalendar"),
        day=day,
        limit=page_size(first) + 1,
        after=None if place is None else (place[0], place[1]),
    )
    return keyset_page(rows, first=first, after=after, key=lambda row: (row.starts_at, row.id))


# --- setting up --------------------------------------------------------------------------------------


@input_type(description="A place; what is not given is set to its default.")
class SetAppointmentPlaceInput(MutationInput):
    """Input of ``setAppointmentPlace``."""

    kind: PlaceKind = input_field(description="What kind of place.")
    name: str = input_field(description="Its name: the same name again changes the same place.")
    division: str = input_field(description="Where it lies, GB/T 2260.")
    address: str = input_field(description="Its address.", default="")
    telephone: str = input_field(description="Its telephone.", default="")
    closed: bool = input_field(description="Close it: nothing more is booked.", default=False)


@mutation(access=_OPERATIONS, description="Set up a place of the officer's organ.", returns=AppointmentPlace)
async def set_appointment_place(info: Info, input: SetAppointmentPlaceInput) -> PlaceView:  # noqa: A002 - GraphQL's name
    """Set a place."""
    viewer = officer_of(info)
    place_id = await places.set_place(
        viewer,
        PlaceDraft(
            kind=input.kind,
            name=input.name,
            division=input.division,
            address=input.address,
            telephone=input.telephone,
            closed=input.closed,
        ),
    )
    return await queries.place(viewer, place_id)


@input_type(description="Opening hours on a weekday.")
class WeekdayHoursInput:
    """Hours."""

    weekday: int = input_field(description="ISO weekday, 1 (Monday) to 7.")
    spans: list[list[str]] = input_field(description='Such as [["09:00", "11:30"], ["13:30", "16:30"]].')


@input_type(description="A calendar; what is not given is set to its default.")
class SetAppointmentCalendarInput(MutationInput):
    """Input of ``setAppointmentCalendar``."""

    place_id: strawberry.ID = input_field(description="The place.")
    name: str = input_field(description="What is booked: the same name again changes the same calendar.")
    binding: Binding = input_field(description="Whom a booking binds; fixed from the first time on.")
    hours: list[WeekdayHoursInput] = input_field(description="When it is open.")
    item_codes: list[str] = input_field(
        description="Base codes of the items that lead here; the first one is the subject."
    )
    keeps_holidays: bool = input_field(
        description="Closed on public holidays, open on worked weekend days.", default=True
    )
    slot_minutes: int = input_field(description="Length of a slot.", default=30)
    capacity: int = input_field(description="Appointments in a slot.", default=1)
    waiting_room: int = input_field(description="Places on a slot's waiting list.", default=0)
    opens_days_before: int = input_field(description="A day opens so many days before …", default=14)
    opens_time: str = input_field(description="… at this time of day.", default="09:00")
    closes_minutes: int = input_field(description="Booking ends so long before a slot begins.", default=0)
    hold_minutes: int = input_field(description="How long a place is held.", default=10)
    waiting_hold_minutes: int = input_field(
        description="The same for whoever is let in from the waiting list.", default=120
    )
    early_minutes: int = input_field(description="Check-in before the beginning.", default=30)
    late_minutes: int = input_field(description="Check-in after the end.", default=30)
    no_show_limit: int = input_field(description="Missed appointments that pause; 0: none.", default=3)
    no_show_days: int = input_field(description="Within so many days.", default=180)
    pause_days: int = input_field(description="For so many days.", default=30)
    closed: bool = input_field(description="Close it: nothing more is booked.", default=False)


@mutation(
    access=_OPERATIONS,
    description="Set up a calendar. Its slots follow at once; what is booked stays booked.",
    returns=AppointmentCalendar,
)
async def set_appointment_calendar(
    info: Info,
    input: SetAppointmentCalendarInput,  # noqa: A002 - GraphQL's name
) -> CalendarView:
    """Set a calendar."""
    viewer, work = officer_of(info), info.context.work
    calendar_id = await places.set_calendar(
        viewer,
        work.calendar,
        read_global_id(input.place_id, "AppointmentPlace"),
        CalendarDraft(
            name=input.name,
            binding=input.binding,
            hours={str(one.weekday): one.spans for one in input.hours},
            item_codes=input.item_codes,
            keeps_holidays=input.keeps_holidays,
            opens_time=input.opens_time,
            closed=input.closed,
            **{name: getattr(input, name) for name in places.FIGURES},
        ),
    )
    return await queries.own_calendar(viewer, calendar_id)


@input_type(description="One day's own rules; what is not given is as the calendar says.")
class SetAppointmentDayInput(MutationInput):
    """Input of ``setAppointmentDay``."""

    calendar_id: strawberry.ID = input_field(description="The calendar.")
    day: date = input_field(description="The day.")
    spans: list[list[str]] | None = input_field(
        description="Hours of this day; an empty list closes it.", default=None
    )
    capacity: int | None = input_field(description="Appointments in a slot.", default=None)
    waiting_room: int | None = input_field(description="Places on a slot's waiting list.", default=None)
    opens_at: datetime | None = input_field(
        description="The moment at which it opens for booking.", default=None
    )


@object_type(description="The day as it is now.")
class ChangedDay:
    """A day after it was changed."""

    day: Day | None = field(access=PARENT, description="Null where nothing can be booked on it.")


@mutation(
    access=_OPERATIONS,
    description="Give a day rules of its own, such as a Saturday on which many want to marry.",
    returns=ChangedDay,
)
async def set_appointment_day(info: Info, input: SetAppointmentDayInput) -> ChangedDay:  # noqa: A002 - GraphQL's name
    """Set a day."""
    viewer, work = officer_of(info), info.context.work
    calendar_id = read_global_id(input.calendar_id, "AppointmentCalendar")
    await places.set_day(
        viewer,
        work.calendar,
        calendar_id,
        DayDraft(
            day=input.day,
            spans=input.spans,
            capacity=input.capacity,
            waiting_room=input.waiting_room,
            opens_at=input.opens_at,
        ),
    )
    days: Sequence[DayView] = await queries.days(viewer, calendar_id, begin=input.day, count=1)
    return ChangedDay(day=next(iter(days), None))  # type: ignore[arg-type]  # the view is what the type reads


@object_type(reads=CalledOff, description="How far calling off a day has come.")
class CalledOffDay:
    """A day that was called off."""

    called_off: int = field(access=PARENT, description="How many appointments were ended now.")
    left: int = field(access=PARENT, description="How many are left: ask again under another key.")


@input_type(description="A day that cannot be kept.")
class CallOffAppointmentsInput(MutationInput):
    """Input of ``callOffAppointments``."""

    calendar_id: strawberry.ID = input_field(description="The calendar.")
    day: date = input_field(description="The day: it is closed, and everything on it ends.")
    reason: str = input_field(description="Why, 2 to 100 characters; those who were expected read it.")


@mutation(
    access=_OPERATIONS,
    description="Close a day and call off what was booked on it: everybody is told, and nobody counts as missing.",
    returns=CalledOffDay,
)
async def call_off_appointments(info: Info, input: CallOffAppointmentsInput) -> CalledOff:  # noqa: A002 - GraphQL's name
    """Call off."""
    return await call_off(
        officer_of(info),
        info.context.work.calendar,
        calendar_id=read_global_id(input.calendar_id, "AppointmentCalendar"),
        day=input.day,
        reason=input.reason,
    )


# --- at the window -----------------------------------------------------------------------------------


@input_type(description="Who is here: by code, or by the appointment whose document was looked at.")
class CheckInAppointmentInput(MutationInput):
    """Input of ``checkInAppointment``."""

    code: str | None = input_field(description="What the QR code says.", default=None)
    appointment_id: strawberry.ID | None = input_field(
        description="Of the day's list, after a look at the document.", default=None
    )


@mutation(
    access=_INTAKE,
    description="Check somebody in, at a window or on a device that an officer has signed in.",
    returns=AppointmentVisit,
)
async def check_in_appointment(info: Info, input: CheckInAppointmentInput) -> Visit:  # noqa: A002 - GraphQL's name
    """Check in."""
    given = input.appointment_id
    return await desk.check_in(
        officer_of(info),
        info.context.resources,
        code=input.code,
        appointment_id=None if given is None else read_global_id(given, "AppointmentVisit"),
    )


@input_type(description="A missed appointment of whoever may book again.")
class LiftAppointmentPauseInput(MutationInput):
    """Input of ``liftAppointmentPause``."""

    appointment_id: strawberry.ID = input_field(description="The missed appointment, of the day's list.")


@mutation(
    access=_INTAKE,
    description="Let somebody book again whose booking is paused after missed appointments.",
    returns=AppointmentVisit,
)
async def lift_appointment_pause(info: Info, input: LiftAppointmentPauseInput) -> Visit:  # noqa: A002 - GraphQL's name
    """Lift a pause."""
    viewer, appointment_id = officer_of(info), read_global_id(input.appointment_id, "AppointmentVisit")
    await desk.lift_pause(viewer, appointment_id=appointment_id)
    return await desk.visit(viewer, info.context.resources, appointment_id)


QUERIES = (appointment_places, appointment_visits)
MUTATIONS = (
    set_appointment_place,
    set_appointment_calendar,
    set_appointment_day,
    call_off_appointments,
    check_in_appointment,
    lift_appointment_pause,
)
