from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from backend.casework.definitions.materials import MaterialSource


class Migration(migrations.Migration):
    dependencies = [("jinmin", "0006_documents_of_persons")]

    initial = False

    operations = [
        ops.AddField(
            model_name="MaterialRow",
            name="evidence_sealed",
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddField(
            model_name="MaterialRow",
            name="source",
            field=fields.CharEnumField(
                default=MaterialSource.UPLOAD,
                description="UPLOAD: UPLOAD\nE_LICENCE: E_LICENCE\nUNDERTAKING: UNDERTAKING\nWINDOW_SCAN: WINDOW_SCAN",
                enum_type=MaterialSource,
                max_length=20,
            ),
        ),
        ops.AddField(
            model_name="MaterialRow",
            name="supplied_by",
            field=fields.CharField(default="", max_length=80),
        ),
    ]
