from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint

from backend.kit.clock import now
from backend.kit.ids import new_id
from backend.people.officers.models import ChangeKind, ChangeState


class Migration(migrations.Migration):
    dependencies = [("jinmin", "0018_files_that_no_material_points_to")]

    initial = False

    operations = [
        ops.CreateModel(
            name="OfficerChange",
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
                (
                    "kind",
                    fields.CharEnumField(
                        description="ROLES: ROLES\nTRANSFER: TRANSFER\nDISABLE: DISABLE\nRESET: RESET",
                        enum_type=ChangeKind,
                        max_length=20,
                    ),
                ),
                ("roles", fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
                ("organ_id", fields.UUIDField(null=True)),
                ("division", fields.CharField(max_length=12)),
                (
                    "state",
                    fields.CharEnumField(
                        description="OPEN: OPEN\nAPPROVED: APPROVED\nREFUSED: REFUSED",
                        enum_type=ChangeState,
                        max_length=20,
                    ),
                ),
                ("requested_by", fields.UUIDField()),
                ("decided_by", fields.UUIDField(null=True)),
                ("decided_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "officer_change",
                "app": "jinmin",
                "constraints": [CheckConstraint(check="decided_by <> requested_by", name="four_eyes")],
                "indexes": [Index(fields=["division", "state", "id"])],
                "pk_attr": "id",
                "table_description": "A change of rights that one officer of operations asks for and another one approves (四眼).",
            },
            bases=["Record"],
        ),
        ops.AddField(
            model_name="Officer",
            name="enrolment_index",
            field=fields.CharField(null=True, max_length=70),
        ),
        ops.AddField(
            model_name="Officer",
            name="enrolment_until",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="Officer",
            name="second_factor_sealed",
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddField(
            model_name="Officer",
            name="second_factor_since",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="Officer",
            name="second_factor_step",
            field=fields.BigIntField(default=0),
        ),
    ]
