from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from backend.casework.reviews.models import TaskState
from backend.kit.clock import now
from backend.kit.ids import new_id


class Migration(migrations.Migration):
    dependencies = [("jinmin", "0011_shared_calls")]

    initial = False

    operations = [
        ops.CreateModel(
            name="CaseSample",
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
                ("lot", fields.IntField()),
                ("percent", fields.IntField()),
                ("chosen", fields.BooleanField()),
            ],
            options={
                "table": "case_sample",
                "app": "jinmin",
                "unique_together": (("application_id", "step_code"),),
                "pk_attr": "id",
                "table_description": "抽查: whether a case was drawn for a step that only a share of cases goes through.",
            },
            bases=["Record"],
        ),
        ops.AlterField(
            model_name="ReviewTask",
            name="state",
            field=fields.CharEnumField(
                description="OPEN: OPEN\nDONE: DONE\nFORWARDED: FORWARDED\nRETURNED: RETURNED\nCANCELLED: CANCELLED",
                enum_type=TaskState,
                max_length=20,
            ),
        ),
    ]
