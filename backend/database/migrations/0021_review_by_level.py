from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index, PartialIndex
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import UniqueConstraint

from backend.casework.definitions.course import StepKind
from backend.casework.reviews.models import NoticeState, ObjectionState, RemedyKind, RemedyOutcome, TaskState
from backend.kit.clock import now
from backend.kit.ids import new_id
from backend.viewer import OfficerRole


class Migration(migrations.Migration):
    dependencies = [("jinmin", "0020_means_checks")]

    initial = False

    operations = [
        ops.CreateModel(
            name="CaseRemedy",
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
                        description="RECONSIDERATION: RECONSIDERATION\nLITIGATION: LITIGATION",
                        enum_type=RemedyKind,
                        max_length=20,
                    ),
                ),
                ("sought_on", fields.DateField()),
                (
                    "outcome",
                    fields.CharEnumField(
                        null=True,
                        description="UPHELD: UPHELD\nSET_ASIDE: SET_ASIDE\nWITHDRAWN: WITHDRAWN",
                        enum_type=RemedyOutcome,
                        max_length=20,
                    ),
                ),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "case_remedy",
                "app": "jinmin",
                "unique_together": (("application", "kind"),),
                "pk_attr": "id",
                "table_description": "A reconsideration or an appeal against what was said in a case.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="CorrectionNotice",
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
                ("number", fields.IntField()),
                (
                    "officer",
                    fields.ForeignKeyField(
                        "jinmin.Officer",
                        source_field="officer_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("answers", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("materials", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("told_sealed", fields.TextField(unique=False)),
                ("days", fields.IntField()),
                ("due_on", fields.DateField(null=True)),
                (
                    "state",
                    fields.CharEnumField(
                        description="PROPOSED: PROPOSED\nOPEN: OPEN\nANSWERED: ANSWERED\nLAPSED: LAPSED\nREJECTED: REJECTED",
                        enum_type=NoticeState,
                        max_length=20,
                    ),
                ),
                ("approved_by", fields.UUIDField(null=True)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "correction_notice",
                "app": "jinmin",
                "unique_together": (("application", "number"),),
                "indexes": [
                    PartialIndex(
                        fields=["due_on", "id"], name="open_notices_by_date", condition={"state": "OPEN"}
                    )
                ],
                "pk_attr": "id",
                "table_description": "One notice that lists everything that has to be corrected (一次性告知).",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="OfficerInterest",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "officer",
                    fields.ForeignKeyField(
                        "jinmin.Officer",
                        source_field="officer_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("number_index", fields.CharField(max_length=70)),
            ],
            options={
                "table": "officer_interest",
                "app": "jinmin",
                "unique_together": (("officer", "number_index"),),
                "pk_attr": "id",
                "table_description": "Somebody in whose cases an officer takes no part: themselves or a near relative (回避).",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="ReviewTask",
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
                ("step_code", fields.CharField(max_length=40)),
                (
                    "kind",
                    fields.CharEnumField(
                        description="INTAKE: INTAKE\nREVIEW: REVIEW\nHOME_VISIT: HOME_VISIT\nMEANS_CHECK: MEANS_CHECK\nASSESSMENT: ASSESSMENT\nPUBLICITY: PUBLICITY\nATTENDANCE: ATTENDANCE\nCOOLING_OFF: COOLING_OFF\nSERVICE: SERVICE\nPAYMENT: PAYMENT\nDECISION: DECISION",
                        enum_type=StepKind,
                        max_length=20,
                    ),
                ),
                ("place", fields.CharField(max_length=12)),
                (
                    "organ",
                    fields.ForeignKeyField(
                        "jinmin.Organ",
                        source_field="organ_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "role",
                    fields.CharEnumField(
                        description="INTAKE: INTAKE\nREVIEW: REVIEW\nAPPROVAL: APPROVAL\nSUPERVISION: SUPERVISION\nSTATISTICS: STATISTICS\nOPERATIONS: OPERATIONS",
                        enum_type=OfficerRole,
                        max_length=20,
                    ),
                ),
                (
                    "state",
                    fields.CharEnumField(
                        description="OPEN: OPEN\nDONE: DONE\nRETURNED: RETURNED\nCANCELLED: CANCELLED",
                        enum_type=TaskState,
                        max_length=20,
                    ),
                ),
                ("version", fields.IntField(default=1)),
                ("due_on", fields.DateField()),
                ("not_before", fields.DateField(null=True)),
                (
                    "assignee",
                    fields.ForeignKeyField(
                        "jinmin.Officer",
                        source_field="assignee_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
            ],
            options={
                "table": "review_task",
                "app": "jinmin",
                "indexes": [
                    Index(fields=["application_id", "id"]),
                    PartialIndex(
                        fields=["place", "due_on", "id"],
                        name="open_tasks_by_due_date",
                        condition={"state": "OPEN"},
                    ),
                ],
                "pk_attr": "id",
                "table_description": "One step of a case that waits for officers, or was done by them.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="CaseObjection",
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
                    "task",
                    fields.ForeignKeyField(
                        "jinmin.ReviewTask",
                        source_field="task_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "officer",
                    fields.ForeignKeyField(
                        "jinmin.Officer",
                        source_field="officer_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("told_sealed", fields.TextField(unique=False)),
                (
                    "state",
                    fields.CharEnumField(
                        description="OPEN: OPEN\nUPHELD: UPHELD\nDISMISSED: DISMISSED",
                        enum_type=ObjectionState,
                        max_length=20,
                    ),
                ),
                ("finding_sealed", fields.TextField(null=True, unique=False)),
            ],
            options={
                "table": "case_objection",
                "app": "jinmin",
                "indexes": [Index(fields=["application_id", "id"])],
                "pk_attr": "id",
                "table_description": "What somebody said against a case while it was published.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="HomeVisit",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "task",
                    fields.ForeignKeyField(
                        "jinmin.ReviewTask",
                        source_field="task_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "officer",
                    fields.ForeignKeyField(
                        "jinmin.Officer",
                        source_field="officer_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("visited_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("told_sealed", fields.TextField(unique=False)),
                ("photos", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
            ],
            options={
                "table": "home_visit",
                "app": "jinmin",
                "indexes": [Index(fields=["task_id", "id"])],
                "pk_attr": "id",
                "table_description": "A visit (入户调查): where and what was seen, sealed, with photographs in the file store.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="ReviewAct",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "task",
                    fields.ForeignKeyField(
                        "jinmin.ReviewTask",
                        source_field="task_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "officer",
                    fields.ForeignKeyField(
                        "jinmin.Officer",
                        source_field="officer_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("note_sealed", fields.TextField(unique=False)),
            ],
            options={
                "table": "review_act",
                "app": "jinmin",
                "unique_together": (("task", "officer"),),
                "pk_attr": "id",
                "table_description": "That one officer passed a task; a step that wants two is passed with the second.",
            },
            bases=["Record"],
        ),
        ops.AddField(
            model_name="Application",
            name="deciding_level",
            field=fields.CharField(db_default="", max_length=1),
        ),
        ops.AddField(
            model_name="Application",
            name="township",
            field=fields.CharField(db_default="", max_length=12),
        ),
        # Apart from the tables on purpose: constraints among a table's options are recorded but never made.
        ops.AddConstraint(
            model_name="ReviewTask",
            constraint=UniqueConstraint(
                fields=("application_id", "step_code"), name="one_open_task", condition="state = 'OPEN'"
            ),
        ),
        ops.AddConstraint(
            model_name="CorrectionNotice",
            constraint=UniqueConstraint(
                fields=("application_id",),
                name="one_notice_at_a_time",
                condition="state IN ('PROPOSED', 'OPEN')",
            ),
        ),
    ]
