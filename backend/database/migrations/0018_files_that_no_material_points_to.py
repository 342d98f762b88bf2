from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from backend.kit.clock import now
from backend.kit.ids import new_id


class Migration(migrations.Migration):
    dependencies = [("jinmin", "0017_notices")]

    initial = False

    operations = [
        ops.CreateModel(
            name="UnclaimedFile",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ("file_key", fields.CharField(unique=True, max_length=200)),
                ("due_at", fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
                ("doomed", fields.BooleanField(default=False)),
            ],
            options={
                "table": "unclaimed_file",
                "app": "jinmin",
                "pk_attr": "id",
                "table_description": "A stored file to which no material points: on its way in, or on its way out.",
            },
            bases=["Record"],
        ),
    ]
