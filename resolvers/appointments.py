"""Appointments at the citizen's counter: from an item to a free slot, booked, confirmed, moved, cancelled."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import strawberry

from backend.casework.appointments import acting, actions, queries
from backend.casework.appointments.actions import Booked
from backend.casework.appointments.models import AppointmentState, Binding, CheckInWay, PlaceKind
from backend.casework.appointments.queries import AppointmentView, CalendarView, DayView, SlotView
from backend.kit import clock
from backend.viewer import Citizen
from resolvers.access import CITIZEN, PARENT, PUBLIC
from resolvers.context import Info
from resolvers.fields import MutationInput, field, input_field, input_type, mutation, object_type, query
from resolvers.pagination import (
    After,
    Connection,
    First,
    Node,
    global_id,
    keyset_page,
    page_size,
    read_cursor,
    read_global_id,
)
from resolvers.people import DocumentInput, told_of
from resolvers.sessions import citizen_of

strawberry.enum(PlaceKind, name="AppointmentPlaceKind", description="What kind of place takes appointments.")
strawberry.enum(
    Binding, name="AppointmentBinding", description="What has one living appointment of a subject at a time."
)
strawberry.enum(AppointmentState, description="How far an appointment has come.")
strawberry.enum(CheckInWay, description="How somebody checked in.")

CalendarId = Annotated[strawberry.ID, strawberry.argument(description="Id of the calendar.")]


# --- what is shown -----------------------------------------------------------------------------------


def _place_id(root: strawberry.Parent[CalendarView]) -> strawberry.ID:
    return global_id("AppointmentPlace", root.place_id)


@object_type(reads=CalendarView, description="One kind of visit at a place, and the rules it goes by.")
class AppointmentCalendar(Node):
    """A calendar."""

    name: str = field(access=PARENT, description="What is booked.")
    binding: Binding = field(
        access=PARENT, description="Whom a booking binds; `COUPLE` and `MATTER` want somebody named."
    )
    slot_minutes: int = field(access=PARENT, description="Length of a slot.")
    opens_days_before: int = field(access=PARENT, description="A day opens for booking so many days before …")
    opens_time: str = field(access=PARENT, description="… at this time of day, HH:MM.")
    hold_minutes: int = field(access=PARENT, description="How long a place is held for its confirmation.")
    waiting_hold_minutes: int = field(
        access=PARENT, description="The same for whoever is let in from the waiting list."
    )
    early_minutes: int = field(access=PARENT, description="One may check in so long before a slot begins.")
    late_minutes: int = field(access=PARENT, description="And so long after it has ended.")
    no_show_limit: int = field(
        access=PARENT, description="So many missed appointments pause booking; 0: none do."
    )
    no_show_days: int = field(access=PARENT, description="Within so many days.")
    pause_days: int = field(access=PARENT, description="For so many days.")
    place_id: strawberry.ID = field(access=PARENT, description="The place.", resolver=_place_id)
    place_kind: PlaceKind = field(access=PARENT, description="What kind of place it is.")
    place_name: str = field(access=PARENT, description="Its name.")
    address: str = field(access=PARENT, description="Where it is; may be empty.")
    telephone: str = field(access=PARENT, description="Its telephone; may be empty.")
    division: str = field(access=PARENT, description="Its division, GB/T 2260.")


@object_type(reads=DayView, name="AppointmentDay", description="A day with slots.")
class Day:
    """A day."""

    day: date = field(access=PARENT, description="The day.")
    free: int = field(access=PARENT, description="Free places in all of its slots.")
    opens_at: datetime = field(access=PARENT, description="From when on it can be booked.")


@object_type(reads=SlotView, name="AppointmentSlot", description="A span of time and what is left of it.")
class Slot(Node):
    """A slot."""

    starts_at: datetime = field(access=PARENT, description="Its beginning.")
    ends_at: datetime = field(access=PARENT, description="Its end.")
    opens_at: datetime = field(
        access=PARENT, description="From when on it can be booked, by the server's clock."
    )
    closes_at: datetime = field(access=PARENT, description="Until when.")
    free: int = field(access=PARENT, description="Free places; none while somebody waits for one.")
    waiting: int = field(access=PARENT, description="How many are on the waiting list.")
    waiting_room: int = field(access=PARENT, description="How many the waiting list takes.")


def _slot_id(root: strawberry.Parent[AppointmentView]) -> strawberry.ID:
    return global_id("AppointmentSlot", root.slot_id)


def _calendar_id(root: strawberry.Parent[AppointmentView]) -> strawberry.ID:
    return global_id("AppointmentCalendar", root.calendar_id)


def _visit_code(root: strawberry.Parent[AppointmentView]) -> str | None:
    return root.code


@object_type(reads=AppointmentView, description="An appointment (预约), or a place on a waiting list.")
class BookedAppointment(Node):
    """An appointment."""

    state: AppointmentState = field(access=PARENT, description="How far it has come.")
    slot_id: strawberry.ID = field(access=PARENT, description="Its slot.", resolver=_slot_id)
    calendar_id: strawberry.ID = field(access=PARENT, description="Its calendar.", resolver=_calendar_id)
    calendar_name: str = field(access=PARENT, description="What was booked.")
    place_name: str = field(access=PARENT, description="Where.")
    address: str = field(access=PARENT, description="Its address.")
    telephone: str = field(access=PARENT, description="Its telephone.")
    starts_at: datetime = field(access=PARENT, description="When it begins.")
    ends_at: datetime = field(access=PARENT, description="When it ends.")
    place: int | None = field(access=PARENT, description="Place on the waiting list, from 1.")
    hold_until: datetime | None = field(
        access=PARENT, description="Confirm before this, or the place goes to somebody else."
    )
    mine: bool = field(
        access=PARENT, description="Did the viewer book it? Otherwise they are the second party."
    )
    for_two: bool = field(access=PARENT, description="Does a second party have to confirm it?")
    partner_confirmed: bool = field(access=PARENT, description="Has the second party confirmed?")
    visit_code: str | None = field(
        access=PARENT,
        description="For the QR code by which one checks in, once it is confirmed; not good any more after a move.",
        resolver=_visit_code,
    )
    check_in_way: CheckInWay | None = field(access=PARENT, description="How the visitor checked in.")
    confirmed_at: datetime | None = field(access=PARENT, description="When it was confirmed.")
    checked_in_at: datetime | None = field(access=PARENT, description="When the visitor checked in.")
    ended_at: datetime | None = field(access=PARENT, description="When it was over.")
    inviter: str | None = field(access=PARENT, description="On an invitation: who booked, masked.")


@object_type(reads=Booked, description="The answer to a booking: there always is one.")
class BookingAnswer:
    """An appointment, or none and what is free instead."""

    appointment: BookedAppointment | None = field(
        access=PARENT,
        description="`HELD`: confirm it. `WAITING`: on the waiting list. Null: the slot and its waiting list are full.",
    )
    free_days: list[Day] = field(
        access=PARENT, description="Where it is full: the next days with free places, five at most.", most=5
    )


# --- reads -------------------------------------------------------------------------------------------


@query(
    access=PUBLIC,
    description="What can be booked in and around a division, the nearest first, 50 at most.",
    returns=list[AppointmentCalendar],
)
async def appointment_calendars(
    info: Info,
    division: Annotated[str, strawberry.argument(description="Where, GB/T 2260.")],
    item_code: Annotated[
        str | None, strawberry.argument(description="Base code of the item that one wants to come for.")
    ] = None,
    kind: Annotated[PlaceKind | None, strawberry.argument(description="Only such places.")] = None,
) -> Sequence[CalendarView]:
    """Calendars."""
    return await queries.calendars(info.context.viewer, division=division, item_code=item_code, kind=kind)


@query(access=PUBLIC, description="One calendar.", returns=AppointmentCalendar)
async def appointment_calendar(
    info: Info,
    id: CalendarId,  # noqa: A002 - GraphQL's name
) -> CalendarView:
    """A calendar."""
    return await queries.calendar(info.context.viewer, read_global_id(id, "AppointmentCalendar"))


@query(access=PUBLIC, description="The days with slots, and how much is free.", returns=list[Day])
async def appointment_days(
    info: Info,
    calendar_id: CalendarId,
    begin: Annotated[date | None, strawberry.argument(description="The first day; today without it.")] = None,
    count: Annotated[int, strawberry.argument(description="Of how many days, 1 to 62.")] = 31,
) -> Sequence[DayView]:
    """Days."""
    return await queries.days(
        info.context.viewer,
        read_global_id(calendar_id, "AppointmentCalendar"),
        begin=begin or clock.today(),
        count=count,
    )


ActingBy = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="A delegation of the viewer's: those of its principal that it covers."),
]


async def _whose(info: Info, grant: strawberry.ID | None, appointment_id: UUID) -> Citizen:
    """The viewer, or the principal for whom they handle this appointment."""
    if grant is None:
        return citizen_of(info)
    grant_id = read_global_id(grant, "Delegation")
    return await acting.handling_for(citizen_of(info), grant_id, appointment_id=appointment_id)


@query(access=PUBLIC, description="The slots of a day that can be booked now or later.", returns=list[Slot])
async def appointment_slots(
    info: Info, calendar_id: CalendarId, day: Annotated[date, strawberry.argument(description="The day.")]
) -> Sequence[SlotView]:
    """Slots."""
    return await queries.slots(info.context.viewer, read_global_id(calendar_id, "AppointmentCalendar"), day)


@query(
    access=CITIZEN,
    description="The viewer's appointments as either party, the latest first.",
    returns=Connection[BookedAppointment],
)
async def my_appointments(
    info: Info, first: First = 20, after: After = None, acting_by: ActingBy = None
) -> Connection[AppointmentView]:
    """The viewer's appointments, or a principal's."""
    place = read_cursor(after, UUID)
    whose: tuple[Citizen, str] | None = citizen_of(info), "[]"
    if acting_by is not None:
        whose = await acting.following_for(citizen_of(info), read_global_id(acting_by, "Delegation"))
    rows: Sequence[AppointmentView] = ()
    if whose is not None:
        rows = await queries.my_appointments(
            whose[0],
            info.context.resources,
            limit=page_size(first) + 1,
            after=None if place is None else place[0],
            items=whose[1],
        )
    return keyset_page(rows, first=first, after=after, key=lambda row: (row.id,))


@query(
    access=CITIZEN,
    description="An appointment of the viewer's, or one they are invited to.",
    returns=BookedAppointment,
)
async def my_appointment(
    info: Info,
    id: Annotated[strawberry.ID, strawberry.argument(description="Id of the appointment.")],  # noqa: A002 - GraphQL's name
) -> AppointmentView:
    """An appointment."""
    return await queries.appointment(
        citizen_of(info), info.context.resources, read_global_id(id, "BookedAppointment")
    )


@query(
    access=CITIZEN,
    description="Appointments that name the viewer as the second party and wait for their word, 20 at most.",
    returns=list[BookedAppointment],
)
async def appointment_invitations(info: Info) -> Sequence[AppointmentView]:
    """Invitations."""
    return await queries.invitations(citizen_of(info), info.context.resources)


# --- writes ------------------------------------------------------------------------------------------


@input_type(description="Somebody who is named in a booking.")
class NamedPersonInput:
    """The second party, or whom it is about."""

    name: str = input_field(description="Name as on the document.")
    resident_id: str | None = input_field(description="居民身份证号码, 18 characters.", default=None)
    document: DocumentInput | None = input_field(
        description="Any other document; either this or `residentId`.", default=None
    )


@input_type(description="A wish for a place in a slot.")
class BookAppointmentInput(MutationInput):
    """Input of ``bookAppointment``."""

    slot_id: strawberry.ID = input_field(description="The slot.")
    partner: NamedPersonInput | None = input_field(
        description="The second party, where the calendar's binding is `COUPLE`.", default=None
    )
    matter: NamedPersonInput | None = input_field(
        description="Whom it is about, such as the deceased, where the binding is `MATTER`.", default=None
    )
    on_behalf_of: strawberry.ID | None = input_field(
        description="A delegation of the viewer's, where they act for its principal.", default=None
    )


@mutation(
    access=CITIZEN,
    description="Book a place in a slot: held, on the waiting list, or full with the next free days. First come,"
    " first served.",
    returns=BookingAnswer,
)
async def book_appointment(info: Info, input: BookAppointmentInput) -> Booked:  # noqa: A002 - GraphQL's name
    """Book."""
    partner, matter = (
        None if named is None else told_of(named.name, named.resident_id, named.document)
        for named in (input.partner, input.matter)
    )
    citizen, slot_id = citizen_of(info), read_global_id(input.slot_id, "AppointmentSlot")
    if input.on_behalf_of is not None:
        grant_id = read_global_id(input.on_behalf_of, "Delegation")
        citizen = await acting.booking_for(citizen, grant_id, slot_id=slot_id)
    return await actions.book(
        citizen,
        info.context.work,
        slot_id=slot_id,
        partner=partner,
        matter=matter,
        idempotency_key=input.idempotency_key,
    )


@input_type(description="The appointment.")
class ConfirmAppointmentInput(MutationInput):
    """Input of ``confirmAppointment``."""

    appointment_id: strawberry.ID = input_field(description="A held appointment.")
    on_behalf_of: strawberry.ID | None = input_field(
        description="A delegation of the viewer's, where they act for its principal.", default=None
    )


@mutation(
    access=CITIZEN,
    description="Confirm a held place; where two are needed the second party does, with their own real name.",
    returns=BookedAppointment,
)
async def confirm_appointment(
    info: Info,
    input: ConfirmAppointmentInput,  # noqa: A002 - GraphQL's name
) -> AppointmentView:
    """Confirm."""
    appointment_id = read_global_id(input.appointment_id, "BookedAppointment")
    citizen = await _whose(info, input.on_behalf_of, appointment_id)
    await actions.confirm(citizen, info.context.work, appointment_id=appointment_id)
    return await queries.appointment(citizen, info.context.resources, appointment_id)


@input_type(description="The appointment and where it goes.")
class RescheduleAppointmentInput(MutationInput):
    """Input of ``rescheduleAppointment``."""

    appointment_id: strawberry.ID = input_field(description="A held or confirmed appointment.")
    slot_id: strawberry.ID = input_field(description="Another slot of the same calendar.")
    on_behalf_of: strawberry.ID | None = input_field(
        description="A delegation of the viewer's, where they act for its principal.", default=None
    )


@mutation(
    access=CITIZEN,
    description="Move an appointment to another slot; it keeps its place until the other one is sure.",
    returns=BookedAppointment,
)
async def reschedule_appointment(
    info: Info,
    input: RescheduleAppointmentInput,  # noqa: A002 - GraphQL's name
) -> AppointmentView:
    """Move."""
    appointment_id = read_global_id(input.appointment_id, "BookedAppointment")
    citizen = await _whose(info, input.on_behalf_of, appointment_id)
    await actions.reschedule(
        citizen,
        appointment_id=appointment_id,
        slot_id=read_global_id(input.slot_id, "AppointmentSlot"),
    )
    return await queries.appointment(citizen, info.context.resources, appointment_id)


@input_type(description="The appointment.")
class CancelAppointmentInput(MutationInput):
    """Input of ``cancelAppointment``."""

    appointment_id: strawberry.ID = input_field(
        description="An appointment, a waiting place or an invitation."
    )
    on_behalf_of: strawberry.ID | None = input_field(
        description="A delegation of the viewer's, where they act for its principal.", default=None
    )


@mutation(
    access=CITIZEN,
    description="Give a place back, leave a waiting list, or decline an invitation; either party may.",
    returns=BookedAppointment,
)
async def cancel_appointment(
    info: Info,
    input: CancelAppointmentInput,  # noqa: A002 - GraphQL's name
) -> AppointmentView:
    """Cancel."""
    appointment_id = read_global_id(input.appointment_id, "BookedAppointment")
    citizen = await _whose(info, input.on_behalf_of, appointment_id)
    return await actions.cancel(citizen, info.context.resources, appointment_id=appointment_id)


QUERIES = (
    appointment_calendars,
    appointment_calendar,
    appointment_days,
    appointment_slots,
    my_appointments,
    my_appointment,
    appointment_invitations,
)
MUTATIONS = (book_appointment, confirm_appointment, reschedule_appointment, cancel_appointment)
