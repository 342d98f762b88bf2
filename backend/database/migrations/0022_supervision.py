from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index, PartialIndex
from tortoise.migrations import operations as ops

from backend.kit.clock import now
from backend.kit.ids import new_id
from backend.supervision.models import Axis, FindingState, Light, OrderKind, OrderState


class Migration(migrations.Migration):
    dependencies = [("jinmin", "0021_review_by_level")]

    initial = False

    operations = [
        ops.CreateModel(
            name="SupervisedCase",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "application",
                    fields.OneToOneField(
                        "jinmin.Application",
                        source_field="application_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("division", fields.CharField(max_length=12)),
                ("organ_code", fields.CharField(max_length=18)),
                ("organ_name", fields.CharField(max_length=120)),
                ("item_code", fields.CharField(max_length=12)),
                ("officer", fields.CharField(default="", max_length=80)),
                (
                    "light",
                    fields.CharEnumField(
                        default=Light.GREEN,
                        description="GREEN: GREEN\nYELLOW: YELLOW\nRED: RED",
                        enum_type=Light,
                        max_length=6,
                    ),
                ),
                ("ended", fields.BooleanField(default=False)),
            ],
            options={
                "table": "supervised_case",
                "app": "jinmin",
                "indexes": [Index(fields=["light", "division", "application_id"])],
                "pk_attr": "id",
                "table_description": "How a case stands with supervision, and where it is counted.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="SupervisionChange",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "axis",
                    fields.CharEnumField(
                        description="ORGAN: ORGAN\nITEM: ITEM\nOFFICER: OFFICER", enum_type=Axis, max_length=8
                    ),
                ),
                ("division", fields.CharField(max_length=12)),
                ("subject", fields.CharField(max_length=80)),
                ("label", fields.CharField(default="", max_length=120)),
                ("measure", fields.CharField(max_length=16)),
                ("step", fields.IntField()),
            ],
            options={
                "table": "supervision_change",
                "app": "jinmin",
                "indexes": [Index(fields=["axis", "division"])],
                "pk_attr": "id",
                "table_description": "A step of a count, written with what caused it; a clock folds it into the counts.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="SupervisionCount",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "axis",
                    fields.CharEnumField(
                        description="ORGAN: ORGAN\nITEM: ITEM\nOFFICER: OFFICER", enum_type=Axis, max_length=8
                    ),
                ),
                ("division", fields.CharField(max_length=12)),
                ("subject", fields.CharField(max_length=80)),
                ("label", fields.CharField(default="", max_length=120)),
                ("measure", fields.CharField(max_length=16)),
                ("count", fields.IntField()),
            ],
            options={
                "table": "supervision_count",
                "app": "jinmin",
                "unique_together": (("axis", "division", "subject", "measure"),),
                "pk_attr": "id",
                "table_description": "How many there are of one subject within one division and everything below it.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="SupervisionFinding",
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
                ("rule", fields.CharField(max_length=40)),
                ("occasion", fields.CharField(max_length=80)),
                ("step", fields.CharField(default="", max_length=40)),
                (
                    "light",
                    fields.CharEnumField(
                        description="GREEN: GREEN\nYELLOW: YELLOW\nRED: RED", enum_type=Light, max_length=6
                    ),
                ),
                (
                    "state",
                    fields.CharEnumField(
                        default=FindingState.OPEN,
                        description="OPEN: OPEN\nCLEARED: CLEARED",
                        enum_type=FindingState,
                        max_length=8,
                    ),
                ),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("cleared_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "supervision_finding",
                "app": "jinmin",
                "unique_together": (("application", "rule", "occasion"),),
                "pk_attr": "id",
                "table_description": "One thing that a rule found on a case; found again it is the same one.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="SupervisionOrder",
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
                        description="WARNING: WARNING\nEVALUATION: EVALUATION\nSUPERVISE: SUPERVISE\nESCALATION: ESCALATION",
                        enum_type=OrderKind,
                        max_length=10,
                    ),
                ),
                ("cause", fields.CharField(max_length=130)),
                (
                    "state",
                    fields.CharEnumField(
                        default=OrderState.OPEN,
                        description="OPEN: OPEN\nANSWERED: ANSWERED\nCLOSED: CLOSED",
                        enum_type=OrderState,
                        max_length=8,
                    ),
                ),
                ("division", fields.CharField(max_length=12)),
                ("started_on", fields.DateField()),
                ("days", fields.IntField()),
                ("due_on", fields.DateField()),
                ("due_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("late", fields.BooleanField(default=False)),
                ("calendar_version", fields.IntField()),
                ("text_sealed", fields.TextField(null=True, unique=False)),
                ("answer_sealed", fields.TextField(null=True, unique=False)),
                ("issued_by", fields.CharField(max_length=80)),
                ("answered_by", fields.CharField(null=True, max_length=80)),
                ("answered_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("closed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "supervision_order",
                "app": "jinmin",
                "unique_together": (("application", "cause"),),
                "indexes": [
                    PartialIndex(
                        fields=["due_at"], name="orders_to_come", condition={"NOT late AND state": "OPEN"}
                    ),
                    PartialIndex(
                        fields=["calendar_version"],
                        name="orders_by_calendar",
                        condition={"NOT late AND state": "OPEN"},
                    ),
                    Index(fields=["state", "division", "id"]),
                ],
                "pk_attr": "id",
                "table_description": "督办单: somebody has to answer in time, else it goes to the organ above.",
            },
            bases=["Record"],
        ),
    ]
