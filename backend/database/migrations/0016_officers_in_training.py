from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from backend.people.officers.models import ChangeKind


class Migration(migrations.Migration):
    dependencies = [("jinmin", "0015_returned_documents")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Officer",
            name="training",
            field=fields.BooleanField(db_default=False),
        ),
        ops.AlterField(
            model_name="OfficerChange",
            name="kind",
            field=fields.CharEnumField(
                description="ROLES: ROLES\nTRANSFER: TRANSFER\nDISABLE: DISABLE\nRESET: RESET\nTRAINING: TRAINING\nDUTY: DUTY",
                enum_type=ChangeKind,
                max_length=20,
            ),
        ),
    ]
