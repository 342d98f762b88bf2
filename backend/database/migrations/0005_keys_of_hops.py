from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from backend.kit.clock import now
from backend.kit.ids import new_id


class Migration(migrations.Migration):
    dependencies = [("jinmin", "0004_handovers")]

    initial = False

    operations = [
        ops.CreateModel(
            name="ExchangeKey",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ("key_id", fields.CharField(unique=True, max_length=64)),
                ("owner", fields.CharField(max_length=40)),
                ("pem", fields.TextField(unique=False)),
            ],
            options={
                "table": "exchange_key",
                "app": "jinmin",
                "pk_attr": "id",
                "table_description": "A public key that signed a hop, kept for as long as the hop: keys change, evidence stays.",
            },
            bases=["Record"],
        ),
    ]
