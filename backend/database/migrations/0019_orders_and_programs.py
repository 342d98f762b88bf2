from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index, PartialIndex
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint

from backend.database.tables import CreateTable
from backend.kit.clock import now
from backend.kit.ids import new_id
from backend.provider_ports import HookProblem
from backend.providers.clients.models import ClientAuth
from backend.providers.orders.life import OrderAct, OrderState
from backend.providers.orders.models import ComplaintState, SubsidyFinding, SubsidyState
from backend.providers.webhooks.models import DeliveryState, HookEvent


class Migration(migrations.Migration):
    dependencies = [("jinmin", "0018_statistics_and_operations")]

    initial = False

    operations = [
        CreateTable(
            name="ApiClient",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "organisation",
                    fields.ForeignKeyField(
                        "jinmin.Organisation",
                        source_field="organisation_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("name", fields.CharField(max_length=60)),
                (
                    "auth",
                    fields.CharEnumField(
                        description="SECRET: SECRET\nPRIVATE_KEY: PRIVATE_KEY\nPUBLIC: PUBLIC",
                        enum_type=ClientAuth,
                        max_length=12,
                    ),
                ),
                ("scopes", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("redirect_uris", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("jwks", fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
                ("quota", fields.IntField(null=True)),
                ("disabled_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "api_client",
                "app": "jinmin",
                "indexes": [Index(fields=["organisation_id", "id"])],
                "pk_attr": "id",
                "table_description": "A program of an organisation.",
            },
            bases=["Record"],
        ),
        CreateTable(
            name="ApiClientSecret",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "client",
                    fields.ForeignKeyField(
                        "jinmin.ApiClient",
                        source_field="client_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("digest", fields.CharField(max_length=64)),
                ("hint", fields.CharField(max_length=4)),
                ("expires_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "api_client_secret",
                "app": "jinmin",
                "pk_attr": "id",
                "table_description": "A secret of a program. Two count at once while one takes over from the other.",
            },
            bases=["Record"],
        ),
        CreateTable(
            name="ApiGrant",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "client",
                    fields.ForeignKeyField(
                        "jinmin.ApiClient",
                        source_field="client_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "person",
                    fields.ForeignKeyField(
                        "jinmin.Person",
                        source_field="person_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("scopes", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("given_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("withdrawn_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "api_grant",
                "app": "jinmin",
                "indexes": [Index(fields=["person_id", "id"])],
                "pk_attr": "id",
                "table_description": "What a citizen shares with a program, until they take it back.",
            },
            bases=["Record"],
        ),
        CreateTable(
            name="ApiUse",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ("client_id", fields.UUIDField()),
                ("day", fields.DateField()),
                ("operation", fields.CharField(max_length=80)),
                ("count", fields.BigIntField()),
                ("cost", fields.BigIntField()),
            ],
            options={
                "table": "api_use",
                "app": "jinmin",
                "unique_together": (("client_id", "day", "operation"),),
                "pk_attr": "id",
                "table_description": "What a program asked for on a day (Beijing time), by operation.",
            },
            bases=["Record"],
        ),
        CreateTable(
            name="ServiceOrder",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "person",
                    fields.ForeignKeyField(
                        "jinmin.Person",
                        source_field="person_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "place",
                    fields.ForeignKeyField(
                        "jinmin.Place",
                        source_field="place_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "organisation",
                    fields.ForeignKeyField(
                        "jinmin.Organisation",
                        source_field="organisation_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("place_version", fields.IntField()),
                ("offering_code", fields.CharField(max_length=20)),
                ("offering_name", fields.CharField(max_length=60)),
                ("unit", fields.CharField(max_length=10)),
                ("price_fen", fields.IntField()),
                ("quantity", fields.IntField()),
                ("subsidy_fen", fields.IntField()),
                ("wanted_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("told_sealed", fields.TextField(unique=False)),
                ("check_in_sealed", fields.TextField(unique=False)),
                (
                    "state",
                    fields.CharEnumField(
                        description="PLACED: PLACED\nACCEPTED: ACCEPTED\nASSIGNED: ASSIGNED\nUNDER_WAY: UNDER_WAY\nDONE: DONE\nCONFIRMED: CONFIRMED\nDECLINED: DECLINED\nCANCELLED: CANCELLED\nLAPSED: LAPSED",
                        enum_type=OrderState,
                        max_length=10,
                    ),
                ),
                ("version", fields.IntField(default=1)),
                ("due_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("late", fields.BooleanField(default=False)),
                ("holds_place", fields.BooleanField(default=False)),
                ("staff_id", fields.UUIDField(null=True)),
                ("rating", fields.SmallIntField(null=True)),
                ("comment_sealed", fields.TextField(null=True, unique=False)),
            ],
            options={
                "table": "service_order",
                "app": "jinmin",
                "constraints": [
                    CheckConstraint(check="rating BETWEEN 1 AND 5", name="order_rating"),
                    CheckConstraint(
                        check="subsidy_fen BETWEEN 0 AND price_fen * quantity", name="order_subsidy"
                    ),
                ],
                "indexes": [
                    Index(fields=["person_id", "id"]),
                    Index(fields=["organisation_id", "id"]),
                    PartialIndex(fields=["due_at"], name="orders_due", condition={"late": False}),
                ],
                "pk_attr": "id",
                "table_description": "One order. Where to go and whom to call is sealed, and so is what is said to it.",
            },
            bases=["Record"],
        ),
        CreateTable(
            name="OrderComplaint",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "order",
                    fields.OneToOneField(
                        "jinmin.ServiceOrder",
                        source_field="order_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("division", fields.CharField(max_length=12)),
                ("text_sealed", fields.TextField(unique=False)),
                ("answer_sealed", fields.TextField(null=True, unique=False)),
                (
                    "state",
                    fields.CharEnumField(
                        description="OPEN: OPEN\nANSWERED: ANSWERED\nOVERDUE: OVERDUE",
                        enum_type=ComplaintState,
                        max_length=10,
                    ),
                ),
                ("due_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("answered_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "order_complaint",
                "app": "jinmin",
                "indexes": [
                    PartialIndex(fields=["due_at"], name="complaints_due", condition={"state": "OPEN"}),
                    Index(fields=["division", "state", "id"]),
                ],
                "pk_attr": "id",
                "table_description": "One complaint per order.",
            },
            bases=["Record"],
        ),
        CreateTable(
            name="ServiceOrderEvent",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "order",
                    fields.ForeignKeyField(
                        "jinmin.ServiceOrder",
                        source_field="order_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("sequence", fields.IntField()),
                (
                    "act",
                    fields.CharEnumField(
                        description="PLACE: PLACE\nACCEPT: ACCEPT\nDECLINE: DECLINE\nASSIGN: ASSIGN\nARRIVE: ARRIVE\nFINISH: FINISH\nCONFIRM: CONFIRM\nCANCEL: CANCEL\nLAPSE: LAPSE\nBE_LATE: BE_LATE\nCOMPLAIN: COMPLAIN\nANSWER: ANSWER\nRATE: RATE",
                        enum_type=OrderAct,
                        max_length=10,
                    ),
                ),
                (
                    "state",
                    fields.CharEnumField(
                        description="PLACED: PLACED\nACCEPTED: ACCEPTED\nASSIGNED: ASSIGNED\nUNDER_WAY: UNDER_WAY\nDONE: DONE\nCONFIRMED: CONFIRMED\nDECLINED: DECLINED\nCANCELLED: CANCELLED\nLAPSED: LAPSED",
                        enum_type=OrderState,
                        max_length=10,
                    ),
                ),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("actor", fields.CharField(max_length=80)),
            ],
            options={
                "table": "service_order_event",
                "app": "jinmin",
                "unique_together": (("order", "sequence"),),
                "pk_attr": "id",
                "table_description": "One entry of an order's timeline.",
            },
            bases=["Record"],
        ),
        CreateTable(
            name="SubsidyUse",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "order",
                    fields.OneToOneField(
                        "jinmin.ServiceOrder",
                        source_field="order_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
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
                ("month", fields.CharField(max_length=7)),
                ("amount_fen", fields.IntField()),
                (
                    "state",
                    fields.CharEnumField(
                        description="RESERVED: RESERVED\nUSED: USED\nRELEASED: RELEASED",
                        enum_type=SubsidyState,
                        max_length=10,
                    ),
                ),
                (
                    "finding",
                    fields.CharEnumField(
                        null=True,
                        description="SOUND: SOUND\nCASE_ENDED: CASE_ENDED\nOVERDRAWN: OVERDRAWN",
                        enum_type=SubsidyFinding,
                        max_length=12,
                    ),
                ),
                ("reconciled_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "subsidy_use",
                "app": "jinmin",
                "constraints": [CheckConstraint(check="amount_fen > 0", name="subsidy_use_is_some")],
                "indexes": [
                    Index(fields=["application_id", "month"]),
                    PartialIndex(
                        fields=["id"],
                        name="uses_to_reconcile",
                        condition={"reconciled_at IS NULL AND state": "USED"},
                    ),
                ],
                "pk_attr": "id",
                "table_description": "What one order uses of the subsidy that a case grants for a month.",
            },
            bases=["Record"],
        ),
        CreateTable(
            name="Webhook",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "organisation",
                    fields.ForeignKeyField(
                        "jinmin.Organisation",
                        source_field="organisation_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("url", fields.CharField(max_length=500)),
                ("events", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("places", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("failing_since", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("paused_until", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("disabled_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("disabled_because", fields.CharField(default="", max_length=40)),
            ],
            options={
                "table": "webhook",
                "app": "jinmin",
                "indexes": [Index(fields=["organisation_id", "id"])],
                "pk_attr": "id",
                "table_description": "A receiver of an organisation's.",
            },
            bases=["Record"],
        ),
        CreateTable(
            name="WebhookDelivery",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "webhook",
                    fields.ForeignKeyField(
                        "jinmin.Webhook",
                        source_field="webhook_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "event",
                    fields.CharEnumField(
                        description="ORDER_PLACED: order.placed\nORDER_MOVED: order.moved\nORDER_LATE: order.late\nORDER_RATED: order.rated\nORDER_COMPLAINT: order.complaint\nLISTING_DECIDED: listing.decided\nPING: ping",
                        enum_type=HookEvent,
                        max_length=24,
                    ),
                ),
                ("subject", fields.CharField(max_length=80)),
                ("subject_state", fields.CharField(max_length=24)),
                ("subject_version", fields.IntField()),
                (
                    "state",
                    fields.CharEnumField(
                        description="PENDING: PENDING\nDELIVERED: DELIVERED\nFAILED: FAILED",
                        enum_type=DeliveryState,
                        max_length=10,
                    ),
                ),
                ("attempts", fields.IntField(default=0)),
                ("next_try_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "last_problem",
                    fields.CharEnumField(
                        null=True,
                        description="BAD_ADDRESS: BAD_ADDRESS\nPRIVATE_ADDRESS: PRIVATE_ADDRESS\nUNREACHABLE: UNREACHABLE\nTIMED_OUT: TIMED_OUT\nREDIRECTED: REDIRECTED\nREFUSED: REFUSED\nGONE: GONE\nGARBLED: GARBLED",
                        enum_type=HookProblem,
                        max_length=20,
                    ),
                ),
                ("last_status", fields.IntField(null=True)),
                ("last_milliseconds", fields.IntField(null=True)),
                ("delivered_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "webhook_delivery",
                "app": "jinmin",
                "indexes": [
                    Index(fields=["webhook_id", "id"]),
                    PartialIndex(
                        fields=["next_try_at", "webhook_id"],
                        name="deliveries_due",
                        condition={"state": "PENDING"},
                    ),
                ],
                "pk_attr": "id",
                "table_description": "One telling of one thing to one receiver. Ids and states only; its id is the message's id at every try.",
            },
            bases=["Record"],
        ),
        CreateTable(
            name="WebhookSecret",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "webhook",
                    fields.ForeignKeyField(
                        "jinmin.Webhook",
                        source_field="webhook_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("secret_sealed", fields.TextField(unique=False)),
                ("expires_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "webhook_secret",
                "app": "jinmin",
                "pk_attr": "id",
                "table_description": "A signing secret. With two, everything is signed twice until the older one ends.",
            },
            bases=["Record"],
        ),
        ops.AlterModelOptions(
            name="ProviderToken",
            options={
                "table": "provider_token",
                "app": "jinmin",
                "indexes": [Index(fields=["expires_at"])],
                "pk_attr": "id",
                "table_description": "An access token: of a member of the staff, of a program, or of a program for one citizen.",
            },
        ),
        ops.AddField(
            model_name="ProviderToken",
            name="client",
            field=fields.ForeignKeyField(
                "jinmin.ApiClient",
                source_field="client_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddField(
            model_name="ProviderToken",
            name="grant",
            field=fields.ForeignKeyField(
                "jinmin.ApiGrant",
                source_field="grant_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        # How frequent each part of a name is: what decides between looking it up and meeting it on the way.
        ops.RunSQL(
            "CREATE STATISTICS parts_of_names ON (string_to_array(grams, ' ')) FROM place",
            "DROP STATISTICS parts_of_names",
        ),
    ]
