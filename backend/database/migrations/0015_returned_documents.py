from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from backend.casework.certificates.models import CertificateKind


class Migration(migrations.Migration):
    dependencies = [("jinmin", "0014_evaluations_in_full")]

    initial = False

    operations = [
        ops.AlterField(
            model_name="Certificate",
            name="kind",
            field=fields.CharEnumField(
                default=CertificateKind.RESULT,
                description="RESULT: RESULT\nACCEPTANCE: ACCEPTANCE\nCORRECTION: CORRECTION\nNON_ACCEPTANCE: NON_ACCEPTANCE\nTERMINATION: TERMINATION\nRETURN: RETURN",
                enum_type=CertificateKind,
                max_length=20,
            ),
        ),
    ]
