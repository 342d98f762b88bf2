from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("jinmin", "0025_constraints_made")]

    initial = False

    operations = [
        ops.AddField(
            model_name="CorrectionNotice",
            name="settled_sealed",
            field=fields.TextField(null=True, unique=False),
        ),
    ]
