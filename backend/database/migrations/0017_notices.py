from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index, PartialIndex
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint

from backend.casework.notices.models import DeliveryState
from backend.casework.notices.templates import NoticeKind
from backend.kit.clock import now
from backend.kit.ids import new_id
from backend.message_ports import Channel, Purpose


class Migration(migrations.Migration):
    dependencies = [("jinmin", "0016_two_parties")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Notice",
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
                ("sequence", fields.IntField()),
                (
                    "kind",
                    fields.CharEnumField(
                        description="RECEIVED: RECEIVED\nACCEPTED: ACCEPTED\nNOT_ACCEPTED: NOT_ACCEPTED\nAPPROVED: APPROVED\nREFUSED: REFUSED\nRESULT_READY: RESULT_READY",
                        enum_type=NoticeKind,
                        max_length=40,
                    ),
                ),
                ("parameters", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("read_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("open", fields.BooleanField(default=True)),
                ("next_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "notice",
                "app": "jinmin",
                "unique_together": (("application", "sequence"),),
                "indexes": [
                    Index(fields=["person_id", "id"]),
                    PartialIndex(fields=["next_at"], name="notices_to_send", condition={"open": True}),
                ],
                "pk_attr": "id",
                "table_description": "One thing a citizen must know, made with the event it tells of. Its words are made when it is read.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="NoticeBox",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "person",
                    fields.OneToOneField(
                        "jinmin.Person",
                        source_field="person_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("unread", fields.IntField(default=0)),
                ("mini_program", fields.BooleanField(default=True)),
                ("sms", fields.BooleanField(default=True)),
                ("plain", fields.BooleanField(default=False)),
                ("language", fields.CharField(default="zh-CN", max_length=10)),
                ("quiet_from", fields.SmallIntField(default=1260)),
                ("quiet_until", fields.SmallIntField(default=480)),
            ],
            options={
                "table": "notice_box",
                "app": "jinmin",
                "constraints": [CheckConstraint(check="unread >= 0", name="unread_is_no_debt")],
                "pk_attr": "id",
                "table_description": "A person's inbox: how much is unread, and how they want to be told.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="NoticeDelivery",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "notice",
                    fields.ForeignKeyField(
                        "jinmin.Notice",
                        source_field="notice_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "channel",
                    fields.CharEnumField(
                        description="WECHAT: WECHAT\nALIPAY: ALIPAY\nSMS: SMS",
                        enum_type=Channel,
                        max_length=10,
                    ),
                ),
                (
                    "state",
                    fields.CharEnumField(
                        description="SENDING: SENDING\nWAITING: WAITING\nSENT: SENT\nNOT_SUBSCRIBED: NOT_SUBSCRIBED\nREFUSED: REFUSED\nQUOTA: QUOTA\nFAILED: FAILED\nUNCERTAIN: UNCERTAIN",
                        enum_type=DeliveryState,
                        max_length=20,
                    ),
                ),
                ("tries", fields.IntField()),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("code", fields.CharField(default="", max_length=80)),
            ],
            options={
                "table": "notice_delivery",
                "app": "jinmin",
                "unique_together": (("notice", "channel"),),
                "pk_attr": "id",
                "table_description": "A notice on one channel.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="NoticeSubscription",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "account",
                    fields.ForeignKeyField(
                        "jinmin.Account",
                        source_field="account_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "purpose",
                    fields.CharEnumField(
                        description="PROGRESS: PROGRESS\nACTION: ACTION", enum_type=Purpose, max_length=10
                    ),
                ),
                ("accepted", fields.BooleanField()),
                ("said_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "notice_subscription",
                "app": "jinmin",
                "unique_together": (("account", "purpose"),),
                "pk_attr": "id",
                "table_description": "Whether an account takes messages of one purpose, as last said there or found out when sending.",
            },
            bases=["Record"],
        ),
    ]
