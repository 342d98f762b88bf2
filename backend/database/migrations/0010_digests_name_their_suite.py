from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("jinmin", "0009_front_ends")]

    initial = False

    operations = [
        ops.AlterField(
            model_name="Session",
            name="previous_digest",
            field=fields.CharField(null=True, max_length=70),
        ),
        ops.AlterField(
            model_name="Session",
            name="refresh_digest",
            field=fields.CharField(max_length=70),
        ),
        # All that there are were SHA-256.
        ops.RunSQL(
            "UPDATE session SET refresh_digest = 'D1.' || refresh_digest, previous_digest = 'D1.' || previous_digest"
        ),
    ]
