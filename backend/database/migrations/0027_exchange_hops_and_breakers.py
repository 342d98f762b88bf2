from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index, PartialIndex
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import UniqueConstraint

from backend.exchange.models import DeliveryKind, DeliveryState, Way
from backend.kit.clock import now
from backend.kit.ids import new_id


class Migration(migrations.Migration):
    dependencies = [("jinmin", "0026_why_a_correction_was_settled")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Breaker",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ("upstream", fields.CharField(unique=True, max_length=40)),
                ("failures", fields.IntField(default=0)),
                ("open_until", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("probe_until", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("opened_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("last_problem", fields.CharField(null=True, max_length=60)),
            ],
            options={
                "table": "breaker",
                "app": "jinmin",
                "pk_attr": "id",
                "table_description": "Whether an outside system is asked at all just now: one row for each that ever failed.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="Hop",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "application",
                    fields.ForeignKeyField(
                        "jinmin.Application",
                        source_field="application_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("region", fields.CharField(max_length=40)),
                ("way", fields.CharEnumField(description="OUT: OUT\nIN: IN", enum_type=Way, max_length=4)),
                ("what", fields.CharField(max_length=40)),
                ("message_id", fields.UUIDField(null=True)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("outcome", fields.CharField(max_length=20)),
                ("status", fields.IntField(null=True)),
                ("request", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("answer", fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
                ("content_sealed", fields.TextField(null=True, unique=False)),
            ],
            options={
                "table": "exchange_hop",
                "app": "jinmin",
                "indexes": [Index(fields=["application_id", "id"])],
                "pk_attr": "id",
                "table_description": "One signed exchange with another system about a case, and what proves it.",
            },
            bases=["Record"],
        ),
        ops.AlterModelOptions(
            name="Delivery",
            options={
                "table": "delivery",
                "app": "jinmin",
                "unique_together": (("application_id", "sequence"),),
                "indexes": [
                    PartialIndex(fields=["next_try_at"], condition={"state": "PENDING"}),
                    PartialIndex(
                        fields=["region", "next_try_at"],
                        name="deliveries_of_region",
                        condition={"state": "PENDING"},
                    ),
                    PartialIndex(fields=["id"], name="deliveries_given_up", condition={"state": "DEAD"}),
                ],
                "pk_attr": "id",
                "table_description": "One message on its way to the province that decides. Its id is the idempotency key on the wire.",
            },
        ),
        ops.AlterField(
            model_name="Delivery",
            name="application",
            field=fields.ForeignKeyField(
                "jinmin.Application",
                source_field="application_id",
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AlterField(
            model_name="Delivery",
            name="state",
            field=fields.CharEnumField(
                default=DeliveryState.PENDING,
                description="PENDING: PENDING\nDELIVERED: DELIVERED\nDEAD: DEAD\nSET_ASIDE: SET_ASIDE",
                enum_type=DeliveryState,
                max_length=12,
            ),
        ),
        ops.AddField(
            model_name="Delivery",
            name="explanation",
            field=fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads),
        ),
        ops.AddField(
            model_name="Delivery",
            name="kind",
            field=fields.CharEnumField(
                default=DeliveryKind.LODGE, description="LODGE: LODGE", enum_type=DeliveryKind, max_length=12
            ),
        ),
        ops.AddField(
            model_name="Delivery",
            name="mended",
            field=fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads),
        ),
        ops.AddField(
            model_name="Delivery",
            name="note_sealed",
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddField(
            model_name="Delivery",
            name="sequence",
            field=fields.IntField(default=1),
        ),
        ops.AddIndex(
            model_name="Delivery",
            index=PartialIndex(
                fields=["region", "next_try_at"], name="deliveries_of_region", condition={"state": "PENDING"}
            ),
        ),
        ops.AddConstraint(
            model_name="Delivery",
            constraint=UniqueConstraint(fields=("application_id", "sequence"), name=None),
        ),
    ]
