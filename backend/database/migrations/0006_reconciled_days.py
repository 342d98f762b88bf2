from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from backend.exchange.models import ReconciliationState
from backend.kit.clock import now
from backend.kit.ids import new_id


class Migration(migrations.Migration):
    dependencies = [("jinmin", "0005_keys_of_hops")]

    initial = False

    operations = [
        ops.CreateModel(
            name="ReconciledDay",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ("region", fields.CharField(max_length=40)),
                ("day", fields.DateField()),
                ("ours", fields.IntField()),
                ("our_digest", fields.CharField(max_length=64)),
                ("theirs", fields.IntField(null=True)),
                ("their_digest", fields.CharField(null=True, max_length=64)),
                (
                    "state",
                    fields.CharEnumField(
                        description="MATCHED: MATCHED\nDIFFERENT: DIFFERENT\nUNREACHED: UNREACHED",
                        enum_type=ReconciliationState,
                        max_length=12,
                    ),
                ),
                ("differences", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("found", fields.IntField()),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "reconciliation",
                "app": "jinmin",
                "unique_together": (("region", "day"),),
                "indexes": [Index(fields=["day", "region"])],
                "pk_attr": "id",
                "table_description": "对账: both sides' account of a day of one region, as it was found last.",
            },
            bases=["Record"],
        ),
        ops.AddIndex(
            model_name="Delivery",
            index=Index(fields=["region", "delivered_at"]),
        ),
    ]
