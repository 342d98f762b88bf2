from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from backend.kit.clock import now
from backend.kit.ids import new_id


class Migration(migrations.Migration):
    dependencies = [("jinmin", "0006_reconciled_days")]

    initial = False

    operations = [
        ops.CreateModel(
            name="HouseholdMember",
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
                ("number_index", fields.CharField(max_length=70)),
                ("told_sealed", fields.TextField(unique=False)),
            ],
            options={
                "table": "household_member",
                "app": "jinmin",
                "unique_together": (("application_id", "number_index"),),
                "indexes": [Index(fields=["number_index", "application_id"])],
                "pk_attr": "id",
                "table_description": "One member (共同生活的家庭成员) as the case names them; who they are is sealed.",
            },
            bases=["Record"],
        ),
    ]
