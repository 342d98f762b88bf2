"""Notices, what became of the messages about them, and how a citizen wants to be told."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index, PartialIndex
from tortoise.migrations.constraints import CheckConstraint

from backend.casework.notices.kinds import NoticeKind
from backend.database.record import Record
from backend.message_ports import Channel, Purpose


class Notice(Record):
    """One thing a citizen must know, made with what it tells of. Its words are made when it is read."""

    person_id: UUID
    person: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Person", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    application_id: UUID | None
    application: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "jinmin.Application",
        related_name=False,
        on_delete=fields.OnDelete.RESTRICT,
        null=True,
        db_index=False,
    )
    sequence: int | None = fields.IntField(null=True)
    """Of the event in the case's timeline; null where it tells of something else."""
    cause = fields.CharField(max_length=120, null=True)
    """Of what else, such as ``appointment:…:confirmed``; a person is told of one cause once."""
    kind = fields.CharEnumField(NoticeKind, max_length=40)
    parameters: Mapping[str, str] = fields.JSONField()
    """Dates and amounts that the words need: nothing about a person."""
    read_at: datetime | None = fields.DatetimeField(null=True)
    open = fields.BooleanField(default=True)
    """Whether a message about it may still go out."""
    next_at = fields.DatetimeField()
    """When that is looked at next."""

    class Meta:
        table = "notice"
        unique_together = (("application", "sequence"), ("person", "cause"))
        indexes = (
            Index(fields=("person_id", "id")),
            PartialIndex(fields=("next_at",), name="notices_to_send", condition={"open": True}),
        )


class DeliveryState(StrEnum):
    """What became of a notice on one channel."""

    SENDING = "SENDING"
    """Under way, or its worker died: after two minutes it counts as UNCERTAIN."""
    WAITING = "WAITING"
    """Tried, nothing was sent, and it will be tried again."""
    SENT = "SENT"
    NOT_SUBSCRIBED = "NOT_SUBSCRIBED"
    REFUSED = "REFUSED"
    QUOTA = "QUOTA"
    FAILED = "FAILED"
    """Tried too often."""
    UNCERTAIN = "UNCERTAIN"
    """It may have been sent and is not sent there again."""


class NoticeDelivery(Record):
    """A notice on one channel."""

    notice_id: UUID
    notice: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Notice", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    channel = fields.CharEnumField(Channel, max_length=10)
    state = fields.CharEnumField(DeliveryState, max_length=20)
    tries = fields.IntField()
    at = fields.DatetimeField()
    """Of the latest try."""
    code = fields.CharField(max_length=80, default="")
    """The platform's own word for it."""

    class Meta:
        table = "notice_delivery"
        unique_together = (("notice", "channel"),)


class NoticeBox(Record):
    """A person's inbox: how much is unread, and how they want to be told."""

    person_id: UUID
    person: fields.OneToOneRelation[Any] = fields.OneToOneField(
        "jinmin.Person", related_name=False, on_delete=fields.OnDelete.RESTRICT
    )
    unread = fields.IntField(default=0)
    mini_program = fields.BooleanField(default=True)
    sms = fields.BooleanField(default=True)
    plain = fields.BooleanField(default=False)
    """长辈版: short sentences."""
    language = fields.CharField(max_length=10, default="zh-CN")
    quiet_from = fields.SmallIntField(default=21 * 60)
    """Minutes since midnight, legal time; equal to ``quiet_until``: no quiet hours."""
    quiet_until = fields.SmallIntField(default=8 * 60)

    class Meta:
        table = "notice_box"
        constraints = (CheckConstraint(check="unread >= 0", name="unread_is_no_debt"),)


class NoticeSubscription(Record):
    """Whether an account takes messages of one purpose, as last said there or found out when sending."""

    account_id: UUID
    account: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Account", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    purpose = fields.CharEnumField(Purpose, max_length=10)
    accepted = fields.BooleanField()
    said_at = fields.DatetimeField()

    class Meta:
        table = "notice_subscription"
        unique_together = (("account", "purpose"),)
