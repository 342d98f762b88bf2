"""Rows of webhooks: who wants to hear what, the secrets, what happened, and how each telling went."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index, PartialIndex

from backend.database.record import Record
from backend.provider_ports import HookProblem


class HookEvent(StrEnum):
    """What can be heard of."""

    ORDER_PLACED = "order.placed"
    ORDER_MOVED = "order.moved"
    ORDER_LATE = "order.late"
    ORDER_RATED = "order.rated"
    ORDER_COMPLAINT = "order.complaint"
    LISTING_DECIDED = "listing.decided"
    PING = "ping"


class DeliveryState(StrEnum):
    """Where a telling is."""

    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    """After the last try, or because the webhook was disabled."""


class Webhook(Record):
    """A receiver of an organisation's."""

    organisation_id: UUID
    organisation: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Organisation", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    url = fields.CharField(max_length=500)
    events: Sequence[str] = fields.JSONField()
    places: Sequence[str] = fields.JSONField()
    """Only what is about these places; all, if empty."""
    failing_since: datetime | None = fields.DatetimeField(null=True)
    paused_until: datetime | None = fields.DatetimeField(null=True)
    """After a failure nothing is tried before this: a receiver that is down costs one request at a time."""
    disabled_at: datetime | None = fields.DatetimeField(null=True)
    disabled_because = fields.CharField(max_length=40, default="")

    class Meta:
        table = "webhook"
        indexes = (Index(fields=("organisation_id", "id")),)


class WebhookSecret(Record):
    """A signing secret. With two, everything is signed twice until the older one ends."""

    webhook_id: UUID
    webhook: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Webhook", related_name=False, on_delete=fields.OnDelete.RESTRICT
    )
    secret_sealed = fields.TextField()
    expires_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "webhook_secret"


class WebhookDelivery(Record):
    """One telling of one thing to one receiver. Ids and states only; its id is the message's id at every try."""

    webhook_id: UUID
    webhook: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Webhook", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    event = fields.CharEnumField(HookEvent, max_length=24)
    subject = fields.CharField(max_length=80)
    """Global id of the thing, as the API has it."""
    subject_state = fields.CharField(max_length=24)
    subject_version = fields.IntField()
    state = fields.CharEnumField(DeliveryState, max_length=10)
    attempts = fields.IntField(default=0)
    next_try_at = fields.DatetimeField()
    last_problem = fields.CharEnumField(HookProblem, max_length=20, null=True)
    last_status: int | None = fields.IntField(null=True)
    last_milliseconds: int | None = fields.IntField(null=True)
    delivered_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "webhook_delivery"
        indexes = (
            Index(fields=("webhook_id", "id")),
            PartialIndex(
                fields=["next_try_at", "webhook_id"], name="deliveries_due", condition={"state": "PENDING"}
            ),
        )
