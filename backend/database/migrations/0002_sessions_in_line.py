from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("jinmin", "0001_initial")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Session",
            name="device_index",
            field=fields.CharField(null=True, max_length=70),
        ),
        ops.AddField(
            model_name="Session",
            name="previous_digest",
            field=fields.CharField(null=True, max_length=64),
        ),
        ops.AddIndex(
            model_name="Session",
            index=Index(fields=["account_id", "rotated_at"]),
        ),
        ops.AddIndex(
            model_name="Session",
            index=Index(fields=["officer_id", "rotated_at"]),
        ),
    ]
