from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from backend.kit.clock import now
from backend.kit.ids import new_id
from backend.supervision.models import Light


class Migration(migrations.Migration):
    dependencies = [("jinmin", "0012_samples")]

    initial = False

    operations = [
        ops.CreateModel(
            name="SupervisedStep",
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
                ("step", fields.CharField(max_length=40)),
                ("place", fields.IntField()),
                (
                    "light",
                    fields.CharEnumField(
                        default=Light.GREEN,
                        description="GREEN: GREEN\nYELLOW: YELLOW\nRED: RED",
                        enum_type=Light,
                        max_length=6,
                    ),
                ),
            ],
            options={
                "table": "supervised_step",
                "app": "jinmin",
                "unique_together": (("application_id", "step"),),
                "pk_attr": "id",
                "table_description": "The light of one step (环节) of a case, from its acceptance on.",
            },
            bases=["Record"],
        ),
    ]
