from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from backend.people.accounts.models import Platform


class Migration(migrations.Migration):
    dependencies = [("jinmin", "0003_alarms")]

    initial = False

    operations = [
        ops.AlterModelOptions(
            name="Account",
            options={
                "table": "account",
                "app": "jinmin",
                "unique_together": (("platform", "open_id_index"),),
                "pk_attr": "id",
                "table_description": "An account. The platform's id (on H5 the telephone number) is sealed and found by its blind index.",
            },
        ),
        ops.AlterField(
            model_name="Account",
            name="platform",
            field=fields.CharEnumField(
                description="WECHAT: WECHAT\nALIPAY: ALIPAY\nH5: H5", enum_type=Platform, max_length=20
            ),
        ),
    ]
