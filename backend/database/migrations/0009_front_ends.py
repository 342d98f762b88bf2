from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from backend.frontends.models import DocumentState
from backend.kit.clock import now
from backend.kit.ids import new_id


class Migration(migrations.Migration):
    dependencies = [("jinmin", "0008_ways_to_prove")]

    initial = False

    operations = [
        ops.CreateModel(
            name="FrontEndDocumentUse",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ("digest", fields.CharField(max_length=64)),
                ("day", fields.DateField()),
                ("count", fields.BigIntField()),
            ],
            options={
                "table": "front_end_document_use",
                "app": "jinmin",
                "unique_together": (("digest", "day"),),
                "pk_attr": "id",
                "table_description": "How often a document was asked for on a day (Beijing time).",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="FrontEndTeam",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ("name", fields.CharField(unique=True, max_length=60)),
                ("key_digest", fields.CharField(unique=True, max_length=64)),
                ("rights", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("disabled_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "front_end_team",
                "app": "jinmin",
                "pk_attr": "id",
                "table_description": "Who builds a front end.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="FrontEndDocument",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "team",
                    fields.ForeignKeyField(
                        "jinmin.FrontEndTeam",
                        source_field="team_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("digest", fields.CharField(unique=True, max_length=64)),
                ("text", fields.TextField(unique=False)),
                ("operations", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("touches", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("cost", fields.IntField()),
                ("app_version", fields.CharField(default="", max_length=40)),
                (
                    "state",
                    fields.CharEnumField(
                        description="SUBMITTED: SUBMITTED\nACCEPTED: ACCEPTED\nREFUSED: REFUSED\nDEPRECATED: DEPRECATED\nWITHDRAWN: WITHDRAWN",
                        enum_type=DocumentState,
                        max_length=12,
                    ),
                ),
                ("note", fields.CharField(default="", max_length=500)),
                ("reviewed_by", fields.CharField(null=True, max_length=80)),
                ("reviewed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("deprecated_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("sunset_on", fields.DateField(null=True)),
            ],
            options={
                "table": "front_end_document",
                "app": "jinmin",
                "indexes": [Index(fields=["team_id", "id"]), Index(fields=["state", "id"])],
                "pk_attr": "id",
                "table_description": "A document that apps may send by its id. Without a team it is one of the house's own.",
            },
            bases=["Record"],
        ),
    ]
