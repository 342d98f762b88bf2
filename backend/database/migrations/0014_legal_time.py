from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index, PartialIndex
from tortoise.migrations import operations as ops

from backend.casework.definitions.course import LimitUnit
from backend.casework.legal_time.models import ClockKind, ClockState, ExtensionState, Mark
from backend.kit.clock import now
from backend.kit.ids import new_id


class Migration(migrations.Migration):
    dependencies = [("jinmin", "0013_acting_for_others")]

    initial = False

    operations = [
        ops.CreateModel(
            name="AnnouncedYear",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ("year", fields.IntField(unique=True)),
                ("source", fields.CharField(max_length=120)),
                ("days_off", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("make_up_days", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("version", fields.IntField(unique=True)),
                ("announced_by", fields.CharField(max_length=80)),
            ],
            options={
                "table": "announced_year",
                "app": "jinmin",
                "pk_attr": "id",
                "table_description": "The days off of one year as they were announced; a later announcement of the same year takes its place.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="CaseClock",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "application",
                    fields.ForeignKeyField(
                        "jinmin.Application",
                        source_field="application_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "kind",
                    fields.CharEnumField(
                        description="ACCEPTANCE: ACCEPTANCE\nPROMISED: PROMISED\nSTATUTORY: STATUTORY\nSTEP: STEP\nFORWARD: FORWARD\nHANDLE: HANDLE\nINFORM: INFORM\nDELIVERY: DELIVERY",
                        enum_type=ClockKind,
                        max_length=12,
                    ),
                ),
                ("step", fields.CharField(default="", max_length=40)),
                ("since_sequence", fields.IntField()),
                ("started_on", fields.DateField()),
                ("days", fields.IntField()),
                (
                    "unit",
                    fields.CharEnumField(
                        description="WORKING_DAYS: WORKING_DAYS\nCALENDAR_DAYS: CALENDAR_DAYS",
                        enum_type=LimitUnit,
                        max_length=16,
                    ),
                ),
                ("pausable", fields.BooleanField(default=True)),
                ("deems", fields.BooleanField(default=False)),
                (
                    "state",
                    fields.CharEnumField(
                        default=ClockState.RUNNING,
                        description="RUNNING: RUNNING\nSTANDING: STANDING\nENDED: ENDED",
                        enum_type=ClockState,
                        max_length=10,
                    ),
                ),
                (
                    "mark",
                    fields.CharEnumField(
                        default=Mark.NONE,
                        description="NONE: NONE\nNEAR: NEAR\nOVER: OVER",
                        enum_type=Mark,
                        max_length=5,
                    ),
                ),
                ("due_on", fields.DateField()),
                ("near_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("due_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("next_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("provisional", fields.BooleanField(default=False)),
                ("calendar_version", fields.IntField()),
            ],
            options={
                "table": "case_clock",
                "app": "jinmin",
                "unique_together": (("application", "kind", "step", "since_sequence"),),
                "indexes": [
                    PartialIndex(fields=["next_at"], name="clocks_to_come", condition={"state": "RUNNING"}),
                    PartialIndex(
                        fields=["calendar_version", "id"],
                        name="clocks_running",
                        condition={"state": "RUNNING"},
                    ),
                    PartialIndex(
                        fields=["calendar_version", "id"],
                        name="clocks_standing",
                        condition={"state": "STANDING"},
                    ),
                    PartialIndex(
                        fields=["due_at"], name="clocks_that_deem", condition={"deems AND state": "RUNNING"}
                    ),
                ],
                "pk_attr": "id",
                "table_description": "One limit of one case, from a start to a due time that a job finds by index.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="CaseExtension",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "application",
                    fields.ForeignKeyField(
                        "jinmin.Application",
                        source_field="application_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "state",
                    fields.CharEnumField(
                        default=ExtensionState.PROPOSED,
                        description="PROPOSED: PROPOSED\nAPPROVED: APPROVED\nREFUSED: REFUSED",
                        enum_type=ExtensionState,
                        max_length=10,
                    ),
                ),
                ("days", fields.IntField()),
                ("reason_sealed", fields.TextField(unique=False)),
                ("proposed_by", fields.UUIDField()),
                ("decided_by", fields.UUIDField(null=True)),
                ("decided_on", fields.DateField(null=True)),
            ],
            options={
                "table": "case_extension",
                "app": "jinmin",
                "indexes": [
                    Index(fields=["application_id", "id"]),
                    PartialIndex(fields=["id"], name="extensions_proposed", condition={"state": "PROPOSED"}),
                ],
                "pk_attr": "id",
                "table_description": "延期: days that an officer asks for and a superior grants, with the reason that the applicant is told.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="ClockPause",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "application",
                    fields.ForeignKeyField(
                        "jinmin.Application",
                        source_field="application_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("since_sequence", fields.IntField()),
                ("until_sequence", fields.IntField(null=True)),
                ("reason", fields.CharField(max_length=40)),
                ("first_on", fields.DateField()),
                ("last_on", fields.DateField(null=True)),
            ],
            options={
                "table": "clock_pause",
                "app": "jinmin",
                "unique_together": (("application", "since_sequence"),),
                "pk_attr": "id",
                "table_description": "One entry of the ledger (挂起台账): why the clocks of a case stood still, from when to when.",
            },
            bases=["Record"],
        ),
    ]
