from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from backend.kit.clock import now
from backend.kit.ids import new_id


class Migration(migrations.Migration):
    dependencies = [("jinmin", "0010_flow_back")]

    initial = False

    operations = [
        ops.CreateModel(
            name="SharedCall",
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
                ("item_code", fields.CharField(max_length=12)),
                ("matter", fields.CharField(max_length=20)),
                ("facts", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("basis", fields.TextField(unique=False)),
                ("consent_id", fields.UUIDField()),
                ("reference", fields.CharField(null=True, max_length=64)),
                ("as_of", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("answer_sealed", fields.TextField(null=True, unique=False)),
            ],
            options={
                "table": "shared_call",
                "app": "jinmin",
                "indexes": [Index(fields=["person_id", "item_code", "id"])],
                "pk_attr": "id",
                "table_description": "共享查询: one question to another department about a person, with its purpose, ground and consent.",
            },
            bases=["Record"],
        ),
    ]
