"""Places, calendars, slots, and the appointments in them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from backend.database.record import Record


class PlaceKind(StrEnum):
    """What kind of place takes appointments."""

    HALL = "HALL"
    """政务服务大厅"""
    MARRIAGE_REGISTRY = "MARRIAGE_REGISTRY"
    """婚姻登记处"""
    CREMATORIUM = "CREMATORIUM"
    """殡仪馆、火葬场"""
    CEMETERY = "CEMETERY"
    """公墓"""
    CARE_HOME = "CARE_HOME"
    """养老机构"""
    HOME_SERVICE = "HOME_SERVICE"
    """上门服务: they come to the citizen."""
    OTHER = "OTHER"


class AppointmentPlace(Record):
    """A place of an organ."""

    organ_id: UUID
    organ: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Organ", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    kind = fields.CharEnumField(PlaceKind, max_length=20)
    name = fields.CharField(max_length=80)
    address = fields.CharField(max_length=200, default="")
    telephone = fields.CharField(max_length=40, default="")
    division = fields.CharField(max_length=12)
    """Where it lies, GB/T 2260; citizens look for places by it."""
    closed_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "appointment_place"
        unique_together = (("organ_id", "name"),)
        indexes = (Index(fields=("division",)),)


class Binding(StrEnum):
    """What can have one living appointment at a time, in the whole country and for one subject."""

    PERSON = "PERSON"
    """Whoever books."""
    COUPLE = "COUPLE"
    """Two people: each of them, and both together; the second one has to confirm."""
    MATTER = "MATTER"
    """What it is about, such as the deceased: one relative books, and not a second one."""


class AppointmentCalendar(Record):
    """One kind of visit at a place: its hours, its capacity, and its rules."""

    place_id: UUID
    place: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.AppointmentPlace", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    name = fields.CharField(max_length=80)
    subject = fields.CharField(max_length=40)
    """What an appointment is for; of one subject nobody has two (see ``Binding``)."""
    binding = fields.CharEnumField(Binding, max_length=10)
    hours: Mapping[str, Sequence[Sequence[str]]] = fields.JSONField()
    """By ISO weekday ``"1"`` to ``"7"``: spans such as ``["09:00", "11:30"]`` in legal time."""
    keeps_holidays = fields.BooleanField(default=True)
    """Closed on public holidays, and open as on a Monday on the weekend days that are worked instead."""
    slot_minutes = fields.IntField()
    capacity = fields.IntField()
    """Appointments in a slot."""
    waiting_room = fields.IntField()
    """Places on the waiting list of a slot."""
    opens_days_before = fields.IntField()
    opens_time = fields.CharField(max_length=5)
    """A day opens for booking so many days before, at this time."""
    closes_minutes = fields.IntField()
    """Booking ends so long before a slot begins."""
    hold_minutes = fields.IntField()
    """How long a place is held for a confirmation."""
    waiting_hold_minutes = fields.IntField()
    """The same for whoever is let in from the waiting list, at a moment that they did not choose."""
    early_minutes = fields.IntField()
    late_minutes = fields.IntField()
    """How long before a slot's beginning and after its end one may check in."""
    no_show_limit = fields.IntField()
    no_show_days = fields.IntField()
    pause_days = fields.IntField()
    """So many missed appointments within so many days, and a person cannot book for so many days; 0: never."""
    closed_at: datetime | None = fields.DatetimeField(null=True)
    changed_at = fields.DatetimeField()
    made_until: date | None = fields.DateField(null=True)
    """The last day for which slots were made."""

    class Meta:
        table = "appointment_calendar"
        unique_together = (("place_id", "name"),)


class AppointmentCalendarItem(Record):
    """An item that leads to a calendar."""

    calendar_id: UUID
    calendar: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.AppointmentCalendar", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    item_code = fields.CharField(max_length=12)

    class Meta:
        table = "appointment_calendar_item"
        unique_together = (("calendar_id", "item_code"),)
        indexes = (Index(fields=("item_code",)),)


class AppointmentDay(Record):
    """A day that differs from the calendar: closed, other hours, other capacity, another moment of opening."""

    calendar_id: UUID
    calendar: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.AppointmentCalendar", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    day: date = fields.DateField()
    hours: Sequence[Sequence[str]] | None = fields.JSONField(null=True)
    """Spans of this day, none for closed; null: as the calendar says."""
    capacity: int | None = fields.IntField(null=True)
    waiting_room: int | None = fields.IntField(null=True)
    opens_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "appointment_day"
        unique_together = (("calendar_id", "day"),)


class AppointmentSlot(Record):
    """A span of time and what is left of it. ``taken`` and ``waiting`` move in guarded statements only."""

    calendar_id: UUID
    calendar: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.AppointmentCalendar", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    day: date = fields.DateField()
    starts_at = fields.DatetimeField()
    ends_at = fields.DatetimeField()
    opens_at = fields.DatetimeField()
    closes_at = fields.DatetimeField()
    capacity = fields.IntField()
    waiting_room = fields.IntField()
    taken = fields.IntField(default=0)
    waiting = fields.IntField(default=0)
    last_ticket = fields.IntField(default=0)
    withdrawn = fields.BooleanField(default=False)
    """No longer in the hours: what is booked stays, nothing more is."""

    class Meta:
        table = "appointment_slot"
        unique_together = (("calendar_id", "starts_at"),)
        constraints = (CheckConstraint(check="taken >= 0 AND waiting >= 0", name="slot_counts"),)
        indexes = (Index(fields=("calendar_id", "day")), Index(fields=("starts_at",)))


class AppointmentState(StrEnum):
    """How far an appointment has come."""

    WAITING = "WAITING"
    """On the waiting list."""
    HELD = "HELD"
    """A place is kept until it is confirmed."""
    CONFIRMED = "CONFIRMED"
    CHECKED_IN = "CHECKED_IN"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"
    """Nobody confirmed in time, or the waiting list did not move far enough."""
    NO_SHOW = "NO_SHOW"


class CheckInWay(StrEnum):
    """How somebody checked in."""

    CODE = "CODE"
    """By the code of the appointment, at a window or a device."""
    DOCUMENT = "DOCUMENT"
    """By an officer who looked at the document."""


class Appointment(Record):
    """One place in a slot, or on its waiting list, from the booking to the visit."""

    slot_id: UUID
    slot: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.AppointmentSlot", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    account_id: UUID
    account: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Account", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    person_id: UUID
    person: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Person", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    request_key = fields.CharField(max_length=80)
    request_digest = fields.CharField(max_length=64)
    """The booking's idempotency key and what it asked for: a repeat finds this row."""
    state = fields.CharEnumField(AppointmentState, max_length=12)
    ticket = fields.IntField()
    """Order of coming within the slot."""
    hold_until: datetime | None = fields.DatetimeField(null=True)
    confirmed_at: datetime | None = fields.DatetimeField(null=True)
    checked_in_at: datetime | None = fields.DatetimeField(null=True)
    check_in_way = fields.CharEnumField(CheckInWay, max_length=10, null=True)
    ended_at: datetime | None = fields.DatetimeField(null=True)
    partner_index = fields.CharField(max_length=70, null=True)
    """Blind index of the second party's document."""
    partner_sealed = fields.TextField(null=True)
    """Name and number as the first party typed them, sealed to this appointment."""
    partner_id: UUID | None
    partner: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "jinmin.Person", related_name=False, on_delete=fields.OnDelete.RESTRICT, null=True, db_index=False
    )
    """The second party, once they confirmed."""
    matter_sealed = fields.TextField(null=True)
    """Name and number of whom it is about, sealed to this appointment."""

    class Meta:
        table = "appointment"
        unique_together = (("account_id", "request_key"),)
        constraints = (UniqueConstraint(fields=("slot_id", "ticket"), name="one_ticket"),)
        indexes = (
            Index(fields=("person_id", "id")),
            Index(fields=("partner_id", "id")),
            Index(fields=("partner_index",)),
            Index(fields=("state", "hold_until")),
            Index(fields=("slot_id", "state", "ticket")),
        )


class AppointmentParty(Record):
    """What an appointment binds: of one subject nothing has two that live (``Binding``)."""

    appointment_id: UUID
    appointment: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Appointment", related_name=False, on_delete=fields.OnDelete.RESTRICT
    )
    subject = fields.CharField(max_length=40)
    bound = fields.CharField(max_length=200)
    """``person:…``, ``couple:…+…`` or ``matter:…``: ids and blind indexes only."""
    living = fields.BooleanField(default=True)

    class Meta:
        table = "appointment_party"
        constraints = (
            UniqueConstraint(fields=("subject", "bound"), name="one_living_appointment", condition="living"),
        )


class AppointmentPause(Record):
    """Somebody who did not come too often, and until when they cannot book."""

    person_id: UUID
    person: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Person", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    subject = fields.CharField(max_length=40)
    until = fields.DatetimeField()
    lifted_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "appointment_pause"
        unique_together = (("person_id", "subject", "until"),)
