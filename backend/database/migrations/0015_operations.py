from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import UniqueConstraint

from backend.casework.switches.models import Feature
from backend.database.tables import CreateTable
from backend.kit.clock import now
from backend.kit.ids import new_id
from backend.operations.models import FeedbackKind, FeedbackState, PilotPhase


class Migration(migrations.Migration):
    dependencies = [("jinmin", "0014_statistics")]

    initial = False

    operations = [
        CreateTable(
            name="Announcement",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ("division", fields.CharField(max_length=12)),
                ("title_zh", fields.CharField(max_length=80)),
                ("title_en", fields.CharField(max_length=160)),
                ("body_zh", fields.CharField(max_length=2000)),
                ("body_en", fields.CharField(max_length=4000)),
                ("urgent", fields.BooleanField(default=False)),
                ("since", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("until", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("withdrawn_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("announced_by", fields.CharField(max_length=80)),
            ],
            options={
                "table": "announcement",
                "app": "jinmin",
                "indexes": [Index(fields=["division", "until"])],
                "pk_attr": "id",
                "table_description": "公告: what everybody in a division is told, for a time.",
            },
            bases=["Record"],
        ),
        CreateTable(
            name="FeatureSwitch",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "feature",
                    fields.CharEnumField(description="APPLY: APPLY", enum_type=Feature, max_length=10),
                ),
                ("division", fields.CharField(max_length=12)),
                ("item_code", fields.CharField(default="", max_length=12)),
                ("on", fields.BooleanField()),
                ("reason", fields.CharField(max_length=200)),
                ("changed_by", fields.CharField(max_length=80)),
                ("changed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "feature_switch",
                "app": "jinmin",
                "constraints": [
                    UniqueConstraint(
                        fields=("feature", "division", "item_code"), name="one_switch_of_a_feature"
                    )
                ],
                "pk_attr": "id",
                "table_description": "One feature in one division, for one item or for all of them.",
            },
            bases=["Record"],
        ),
        CreateTable(
            name="Feedback",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ("division", fields.CharField(max_length=12)),
                (
                    "kind",
                    fields.CharEnumField(
                        description="PROBLEM: PROBLEM\nSUGGESTION: SUGGESTION\nQUESTION: QUESTION",
                        enum_type=FeedbackKind,
                        max_length=10,
                    ),
                ),
                (
                    "state",
                    fields.CharEnumField(
                        default=FeedbackState.OPEN,
                        description="OPEN: OPEN\nIN_WORK: IN_WORK\nANSWERED: ANSWERED\nCLOSED: CLOSED",
                        enum_type=FeedbackState,
                        max_length=8,
                    ),
                ),
                ("actor", fields.CharField(max_length=80)),
                ("from_region", fields.BooleanField()),
                ("said_sealed", fields.TextField(unique=False)),
                ("answer_sealed", fields.TextField(null=True, unique=False)),
                ("answered_by", fields.CharField(null=True, max_length=80)),
                ("answered_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "feedback",
                "app": "jinmin",
                "indexes": [Index(fields=["division", "state", "id"]), Index(fields=["actor", "id"])],
                "pk_attr": "id",
                "table_description": "反馈: from a user, or from the officers of a pilot region. Words are sealed: people write anything.",
            },
            bases=["Record"],
        ),
        CreateTable(
            name="ImportBatch",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ("division", fields.CharField(max_length=6)),
                ("digest", fields.CharField(max_length=70)),
                ("file_name", fields.CharField(max_length=200)),
                ("rows", fields.IntField()),
                ("totals", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("actor", fields.CharField(max_length=80)),
            ],
            options={
                "table": "statistics_import",
                "app": "jinmin",
                "constraints": [UniqueConstraint(fields=("division", "digest"), name="one_import_of_a_file")],
                "indexes": [Index(fields=["division", "id"])],
                "pk_attr": "id",
                "table_description": "One file that was brought in whole.",
            },
            bases=["Record"],
        ),
        CreateTable(
            name="ImportedCase",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "batch",
                    fields.ForeignKeyField(
                        "jinmin.ImportBatch",
                        source_field="batch_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("division", fields.CharField(max_length=6)),
                ("item_code", fields.CharField(max_length=12)),
                ("old_number", fields.CharField(max_length=60)),
                ("received_on", fields.DateField()),
                ("granted_on", fields.DateField(null=True)),
                ("refused_on", fields.DateField(null=True)),
                ("ended_on", fields.DateField(null=True)),
                ("sex", fields.CharField(max_length=1)),
                ("age_band", fields.SmallIntField()),
                ("area", fields.CharField(max_length=1)),
                ("mark", fields.CharField(max_length=40)),
                ("people", fields.SmallIntField()),
                ("standard_fen", fields.BigIntField()),
            ],
            options={
                "table": "imported_case",
                "app": "jinmin",
                "constraints": [
                    UniqueConstraint(fields=("division", "item_code", "old_number"), name="one_imported_case")
                ],
                "pk_attr": "id",
                "table_description": "One case of the old system.",
            },
            bases=["Record"],
        ),
        CreateTable(
            name="PilotStep",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ("division", fields.CharField(max_length=6)),
                ("number", fields.IntField()),
                (
                    "phase",
                    fields.CharEnumField(
                        description="PREPARING: PREPARING\nPRACTICE: PRACTICE\nTRIAL: TRIAL\nLIVE: LIVE\nPAUSED: PAUSED",
                        enum_type=PilotPhase,
                        max_length=10,
                    ),
                ),
                ("remarks", fields.CharField(max_length=500)),
                ("actor", fields.CharField(max_length=80)),
            ],
            options={
                "table": "pilot_step",
                "app": "jinmin",
                "constraints": [UniqueConstraint(fields=("division", "number"), name="one_pilot_step")],
                "pk_attr": "id",
                "table_description": "A pilot region entered a phase. The latest counts; the earlier ones are its course.",
            },
            bases=["Record"],
        ),
        ops.AddField(
            model_name="StatisticsReport",
            name="released",
            field=fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads),
        ),
    ]
