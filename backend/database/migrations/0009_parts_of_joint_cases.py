from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("jinmin", "0008_third_parties")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Application",
            name="assisting",
            field=fields.CharField(db_default="", max_length=60),
        ),
    ]
