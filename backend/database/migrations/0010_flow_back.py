from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from backend.kit.clock import now
from backend.kit.ids import new_id


class Migration(migrations.Migration):
    dependencies = [("jinmin", "0009_parts_of_joint_cases")]

    initial = False

    operations = [
        ops.CreateModel(
            name="FlowBack",
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
                ("region", fields.CharField(max_length=40)),
                ("batch_id", fields.UUIDField(null=True)),
            ],
            options={
                "table": "flow_back",
                "app": "jinmin",
                "indexes": [Index(fields=["region", "batch_id", "id"])],
                "pk_attr": "id",
                "table_description": "A case that was handled elsewhere, of which the applicant's own region is to be told.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="FlowBackBatch",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ("region", fields.CharField(max_length=40)),
                ("records_sealed", fields.TextField(unique=False)),
                ("count", fields.IntField()),
                ("sent_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("receipt", fields.TextField(null=True, unique=False)),
            ],
            options={
                "table": "flow_back_batch",
                "app": "jinmin",
                "indexes": [Index(fields=["region", "sent_at", "id"])],
                "pk_attr": "id",
                "table_description": "数据回流: records for one region, put together once and sent until they are received.",
            },
            bases=["Record"],
        ),
    ]
