from tortoise import migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("jinmin", "0001_initial")]

    initial = False

    operations = [
        ops.AddIndex(
            model_name="AssuranceRecord",
            index=Index(fields=["officer_id", "proven_at"]),
        ),
    ]
