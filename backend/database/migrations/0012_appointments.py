from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from backend.casework.appointments.models import AppointmentState, Binding, CheckInWay, PlaceKind
from backend.kit.clock import now
from backend.kit.ids import new_id


class Migration(migrations.Migration):
    dependencies = [("jinmin", "0011_audit_batches")]

    initial = False

    operations = [
        ops.CreateModel(
            name="AppointmentPause",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "person",
                    fields.ForeignKeyField(
                        "jinmin.Person",
                        source_field="person_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("subject", fields.CharField(max_length=40)),
                ("until", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("lifted_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "appointment_pause",
                "app": "jinmin",
                "unique_together": (("person_id", "subject", "until"),),
                "pk_attr": "id",
                "table_description": "Somebody who did not come too often, and until when they cannot book.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="AppointmentPlace",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "organ",
                    fields.ForeignKeyField(
                        "jinmin.Organ",
                        source_field="organ_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "kind",
                    fields.CharEnumField(
                        description="HALL: HALL\nMARRIAGE_REGISTRY: MARRIAGE_REGISTRY\nCREMATORIUM: CREMATORIUM\nCEMETERY: CEMETERY\nCARE_HOME: CARE_HOME\nHOME_SERVICE: HOME_SERVICE\nOTHER: OTHER",
                        enum_type=PlaceKind,
                        max_length=20,
                    ),
                ),
                ("name", fields.CharField(max_length=80)),
                ("address", fields.CharField(default="", max_length=200)),
                ("telephone", fields.CharField(default="", max_length=40)),
                ("division", fields.CharField(max_length=12)),
                ("closed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "appointment_place",
                "app": "jinmin",
                "unique_together": (("organ_id", "name"),),
                "indexes": [Index(fields=["division"])],
                "pk_attr": "id",
                "table_description": "A place of an organ.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="AppointmentCalendar",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "place",
                    fields.ForeignKeyField(
                        "jinmin.AppointmentPlace",
                        source_field="place_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("name", fields.CharField(max_length=80)),
                ("subject", fields.CharField(max_length=40)),
                (
                    "binding",
                    fields.CharEnumField(
                        description="PERSON: PERSON\nCOUPLE: COUPLE\nMATTER: MATTER",
                        enum_type=Binding,
                        max_length=10,
                    ),
                ),
                ("hours", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("keeps_holidays", fields.BooleanField(default=True)),
                ("slot_minutes", fields.IntField()),
                ("capacity", fields.IntField()),
                ("waiting_room", fields.IntField()),
                ("opens_days_before", fields.IntField()),
                ("opens_time", fields.CharField(max_length=5)),
                ("closes_minutes", fields.IntField()),
                ("hold_minutes", fields.IntField()),
                ("waiting_hold_minutes", fields.IntField()),
                ("early_minutes", fields.IntField()),
                ("late_minutes", fields.IntField()),
                ("no_show_limit", fields.IntField()),
                ("no_show_days", fields.IntField()),
                ("pause_days", fields.IntField()),
                ("closed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("changed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("made_until", fields.DateField(null=True)),
            ],
            options={
                "table": "appointment_calendar",
                "app": "jinmin",
                "unique_together": (("place_id", "name"),),
                "pk_attr": "id",
                "table_description": "One kind of visit at a place: its hours, its capacity, and its rules.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="AppointmentCalendarItem",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "calendar",
                    fields.ForeignKeyField(
                        "jinmin.AppointmentCalendar",
                        source_field="calendar_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("item_code", fields.CharField(max_length=12)),
            ],
            options={
                "table": "appointment_calendar_item",
                "app": "jinmin",
                "unique_together": (("calendar_id", "item_code"),),
                "indexes": [Index(fields=["item_code"])],
                "pk_attr": "id",
                "table_description": "An item that leads to a calendar.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="AppointmentDay",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "calendar",
                    fields.ForeignKeyField(
                        "jinmin.AppointmentCalendar",
                        source_field="calendar_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("day", fields.DateField()),
                ("hours", fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
                ("capacity", fields.IntField(null=True)),
                ("waiting_room", fields.IntField(null=True)),
                ("opens_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "appointment_day",
                "app": "jinmin",
                "unique_together": (("calendar_id", "day"),),
                "pk_attr": "id",
                "table_description": "A day that differs from the calendar: closed, other hours, other capacity, another moment of opening.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="AppointmentSlot",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "calendar",
                    fields.ForeignKeyField(
                        "jinmin.AppointmentCalendar",
                        source_field="calendar_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("day", fields.DateField()),
                ("starts_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("ends_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("opens_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("closes_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("capacity", fields.IntField()),
                ("waiting_room", fields.IntField()),
                ("taken", fields.IntField(default=0)),
                ("waiting", fields.IntField(default=0)),
                ("last_ticket", fields.IntField(default=0)),
                ("withdrawn", fields.BooleanField(default=False)),
            ],
            options={
                "table": "appointment_slot",
                "app": "jinmin",
                "unique_together": (("calendar_id", "starts_at"),),
                "indexes": [Index(fields=["calendar_id", "day"]), Index(fields=["starts_at"])],
                "pk_attr": "id",
                "table_description": "A span of time and what is left of it. ``taken`` and ``waiting`` move in guarded statements only.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="Appointment",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "slot",
                    fields.ForeignKeyField(
                        "jinmin.AppointmentSlot",
                        source_field="slot_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "account",
                    fields.ForeignKeyField(
                        "jinmin.Account",
                        source_field="account_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "person",
                    fields.ForeignKeyField(
                        "jinmin.Person",
                        source_field="person_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("request_key", fields.CharField(max_length=80)),
                ("request_digest", fields.CharField(max_length=64)),
                (
                    "state",
                    fields.CharEnumField(
                        description="WAITING: WAITING\nHELD: HELD\nCONFIRMED: CONFIRMED\nCHECKED_IN: CHECKED_IN\nCANCELLED: CANCELLED\nEXPIRED: EXPIRED\nNO_SHOW: NO_SHOW",
                        enum_type=AppointmentState,
                        max_length=12,
                    ),
                ),
                ("ticket", fields.IntField()),
                ("hold_until", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("confirmed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("checked_in_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                (
                    "check_in_way",
                    fields.CharEnumField(
                        null=True,
                        description="CODE: CODE\nDOCUMENT: DOCUMENT",
                        enum_type=CheckInWay,
                        max_length=10,
                    ),
                ),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("partner_index", fields.CharField(null=True, max_length=70)),
                ("partner_sealed", fields.TextField(null=True, unique=False)),
                (
                    "partner",
                    fields.ForeignKeyField(
                        "jinmin.Person",
                        source_field="partner_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("matter_sealed", fields.TextField(null=True, unique=False)),
            ],
            options={
                "table": "appointment",
                "app": "jinmin",
                "unique_together": (("account_id", "request_key"),),
                "indexes": [
                    Index(fields=["person_id", "id"]),
                    Index(fields=["partner_id", "id"]),
                    Index(fields=["partner_index"]),
                    Index(fields=["state", "hold_until"]),
                    Index(fields=["slot_id", "state", "ticket"]),
                ],
                "pk_attr": "id",
                "table_description": "One place in a slot, or on its waiting list, from the booking to the visit.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="AppointmentParty",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "appointment",
                    fields.ForeignKeyField(
                        "jinmin.Appointment",
                        source_field="appointment_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("subject", fields.CharField(max_length=40)),
                ("bound", fields.CharField(max_length=200)),
                ("living", fields.BooleanField(default=True)),
            ],
            options={
                "table": "appointment_party",
                "app": "jinmin",
                "pk_attr": "id",
                "table_description": "What an appointment binds: of one subject nothing has two that live (``Binding``).",
            },
            bases=["Record"],
        ),
        ops.AddConstraint(
            model_name="AppointmentSlot",
            constraint=CheckConstraint(check="taken >= 0 AND waiting >= 0", name="slot_counts"),
        ),
        ops.AddConstraint(
            model_name="Appointment",
            constraint=UniqueConstraint(fields=("slot_id", "ticket"), name="one_ticket"),
        ),
        ops.AddConstraint(
            model_name="AppointmentParty",
            constraint=UniqueConstraint(
                fields=("subject", "bound"), name="one_living_appointment", condition="living"
            ),
        ),
    ]
