from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import UniqueConstraint

from backend.kit.clock import now
from backend.kit.ids import new_id


class Migration(migrations.Migration):
    dependencies = [("jinmin", "0004_accounts_on_h5")]

    initial = False

    operations = [
        ops.CreateModel(
            name="CatalogueBatch",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ("kind", fields.CharField(max_length=20)),
                ("actor", fields.CharField(max_length=80)),
                ("digest", fields.CharField(max_length=64)),
                ("rows", fields.IntField()),
                ("added", fields.IntField()),
                ("changed", fields.IntField()),
            ],
            options={
                "table": "catalogue_batch",
                "app": "jinmin",
                "indexes": [Index(fields=["digest"])],
                "pk_attr": "id",
                "table_description": "One import or publication: who brought what, and the digest of what they brought.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="BaseCode",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "batch",
                    fields.ForeignKeyField(
                        "jinmin.CatalogueBatch",
                        source_field="batch_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("item_code", fields.CharField(max_length=12)),
                ("code", fields.CharField(unique=True, max_length=12)),
                ("source", fields.CharField(max_length=200)),
            ],
            options={
                "table": "base_code",
                "app": "jinmin",
                "pk_attr": "id",
                "table_description": "An official base code that an import gave to an item; the newest one counts, older ones still find it.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="CatalogueVersion",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ("name", fields.CharField(unique=True, max_length=20)),
                ("version", fields.BigIntField()),
            ],
            options={
                "table": "catalogue_version",
                "app": "jinmin",
                "pk_attr": "id",
                "table_description": "How often the catalogue has changed; one row, so that whoever changes it waits for the one before.",
            },
            bases=["Record"],
        ),
        ops.RunSQL(
            "UPDATE edition SET organ_credit_code = coalesce(organ_credit_code, ''),"
            " organ_name = coalesce(organ_name, ''), organ_level = coalesce(organ_level, '')"
        ),
        ops.RemoveConstraint(
            model_name="Edition",
            name=None,
            fields=["item_code", "division", "version"],
        ),
        ops.AlterField(
            model_name="Edition",
            name="division",
            field=fields.CharField(max_length=6),
        ),
        ops.AlterField(
            model_name="Edition",
            name="guidance_en",
            field=fields.TextField(db_default="", unique=False),
        ),
        ops.AlterField(
            model_name="Edition",
            name="guidance_zh",
            field=fields.TextField(db_default="", unique=False),
        ),
        ops.AlterField(
            model_name="Edition",
            name="organ_credit_code",
            field=fields.CharField(db_default="", max_length=18),
        ),
        ops.AlterField(
            model_name="Edition",
            name="organ_level",
            field=fields.CharField(db_default="", max_length=1),
        ),
        ops.AlterField(
            model_name="Edition",
            name="organ_name",
            field=fields.CharField(db_default="", max_length=120),
        ),
        ops.AddField(
            model_name="Edition",
            name="batch",
            field=fields.ForeignKeyField(
                "jinmin.CatalogueBatch",
                source_field="batch_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddField(
            model_name="Edition",
            name="complaints",
            field=fields.CharField(db_default="", max_length=100),
        ),
        ops.AddField(
            model_name="Edition",
            name="delegate_credit_code",
            field=fields.CharField(db_default="", max_length=18),
        ),
        ops.AddField(
            model_name="Edition",
            name="delegate_level",
            field=fields.CharField(db_default="", max_length=1),
        ),
        ops.AddField(
            model_name="Edition",
            name="delegate_name",
            field=fields.CharField(db_default="", max_length=120),
        ),
        ops.AddField(
            model_name="Edition",
            name="enquiries",
            field=fields.CharField(db_default="", max_length=100),
        ),
        ops.AddField(
            model_name="Edition",
            name="hall_en",
            field=fields.CharField(db_default="", max_length=400),
        ),
        ops.AddField(
            model_name="Edition",
            name="hall_zh",
            field=fields.CharField(db_default="", max_length=200),
        ),
        ops.AddField(
            model_name="Edition",
            name="hours_en",
            field=fields.CharField(db_default="", max_length=400),
        ),
        ops.AddField(
            model_name="Edition",
            name="hours_zh",
            field=fields.CharField(db_default="", max_length=200),
        ),
        ops.AddField(
            model_name="Edition",
            name="in_force_until",
            field=fields.DateField(null=True),
        ),
        ops.AddField(
            model_name="Edition",
            name="local_catalog_code",
            field=fields.CharField(db_default="", max_length=50),
        ),
        ops.AddField(
            model_name="Edition",
            name="local_task_code",
            field=fields.CharField(db_default="", max_length=50),
        ),
        ops.AddField(
            model_name="Edition",
            name="organ_nature",
            field=fields.CharField(db_default="", max_length=1),
        ),
        ops.AddField(
            model_name="Edition",
            name="power_source",
            field=fields.CharField(db_default="", max_length=1),
        ),
        ops.AddConstraint(
            model_name="Edition",
            constraint=UniqueConstraint(fields=("division", "item_code", "version"), name=None),
        ),
    ]
