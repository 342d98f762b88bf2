"""Deliveries to provinces and messages from them."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index, PartialIndex

from backend.database.record import Record


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    DEAD = "DEAD"
    """The province refuses the message as such; an operator must look."""


class Delivery(Record):
    """One case on its way to the province that decides. Its id is the idempotency key on the wire."""

    application_id: UUID
    application: fields.OneToOneRelation[Any] = fields.OneToOneField(
        "jinmin.Application", related_name=False, on_delete=fields.OnDelete.RESTRICT
    )
    region = fields.CharField(max_length=4)
    state = fields.CharEnumField(DeliveryState, max_length=12, default=DeliveryState.PENDING)
    attempts = fields.IntField(default=0)
    next_try_at = fields.DatetimeField()
    last_problem = fields.CharField(max_length=60, null=True)
    external_case_number = fields.CharField(max_length=80, null=True)
    receipt: Mapping[str, object] | None = fields.JSONField(null=True)
    delivered_at = fields.DatetimeField(null=True)

    class Meta:
        table = "delivery"
        indexes = (
            PartialIndex(fields=("next_try_at",), condition={"state": "PENDING"}),
            PartialIndex(fields=("id",), name="deliveries_given_up", condition={"state": "DEAD"}),
        )


class Outcome(StrEnum):
    """What became of a province's message."""

    WAITING = "WAITING"
    APPLIED = "APPLIED"
    IMPOSSIBLE = "IMPOSSIBLE"
    """It contradicts the life of the case: kept, counted, without effect."""


class InboundEvent(Record):
    """A verified message of a province about a case, sealed, applied in the order of its sequence."""

    application_id: UUID
    application: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Application", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    region = fields.CharField(max_length=4)
    event_id = fields.CharField(max_length=80)
    sequence = fields.IntField()
    sealed = fields.TextField()
    outcome = fields.CharEnumField(Outcome, max_length=12, default=Outcome.WAITING)

    class Meta:
        table = "inbound_event"
        unique_together = (("region", "event_id"),)
        indexes = (
            Index(fields=("application_id", "sequence")),
            PartialIndex(fields=("created_at",), name="events_waiting", condition={"outcome": "WAITING"}),
            PartialIndex(fields=("id",), name="events_impossible", condition={"outcome": "IMPOSSIBLE"}),
        )
