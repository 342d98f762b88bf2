from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from backend.kit.clock import now
from backend.kit.ids import new_id


class Migration(migrations.Migration):
    dependencies = [("jinmin", "0010_digests_name_their_suite")]

    initial = False

    operations = [
        ops.CreateModel(
            name="AuditBatch",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ("number", fields.IntField(unique=True)),
                ("leaves", fields.BinaryField()),
                ("root", fields.CharField(max_length=70)),
                ("previous_seal", fields.CharField(max_length=70)),
                ("sealed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("seal", fields.CharField(max_length=70)),
            ],
            options={
                "table": "audit_batch",
                "app": "jinmin",
                "pk_attr": "id",
                "table_description": "Some entries, sealed together: what they were, the root of their tree, and a seal over all of it.",
            },
            bases=["Record"],
        ),
        ops.AddField(
            model_name="AuditEntry",
            name="batch",
            field=fields.IntField(null=True),
        ),
        ops.AddIndex(
            model_name="AuditEntry",
            index=Index(fields=["batch", "id"]),
        ),
    ]
