"""Handovers and what happened to them."""

from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index, PartialIndex

from backend.casework.definitions import HandlingModel
from backend.database.record import Record
from backend.exchange.handovers.lifecycle import HandoverState, HandoverStep, Side


class Handover(Record):
    """转办: a case, or a part of a joint one, on its way between a receiving and a deciding place."""

    application_id: UUID
    application: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Application", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    number = fields.IntField()
    """Within its case, from 1; the first one decides, others are parts (协办)."""
    model = fields.CharEnumField(HandlingModel, max_length=20)
    state = fields.CharEnumField(HandoverState, max_length=12)
    turn = fields.CharEnumField(Side, max_length=12)
    """Whose turn it is: what work lists are made of."""
    version = fields.IntField(default=1)
    last_sequence = fields.IntField(default=0)
    receiving = fields.CharField(max_length=12)
    """收件地: a division's code; empty where the national application itself receives."""
    deciding = fields.CharField(max_length=12)
    """属地: a division's code."""
    deciding_place = fields.CharField(max_length=12)
    """What the codes of the deciding county begin with, for work lists."""
    region = fields.CharField(max_length=4, default="")
    """The region whose own platform works on it; empty where its organs work in this installation."""
    hand = fields.IntField(default=0)
    """Which deciding hand has it, from 1; 0 before the first."""
    bound = fields.BooleanField(default=False)
    """A superior has settled that the deciding place is competent."""

    class Meta:
        table = "handover"
        unique_together = (("application", "number"),)
        indexes = (
            PartialIndex(
                fields=("receiving", "id"), name="handovers_to_receive", condition={"turn": "RECEIVING"}
            ),
            PartialIndex(
                fields=("deciding_place", "id"), name="handovers_to_decide", condition={"turn": "DECIDING"}
            ),
            PartialIndex(fields=("id",), name="handovers_disputed", condition={"turn": "SUPERIOR"}),
        )


class HandoverEntry(Record):
    """One step of a handover; where it changed hands, with the receipt that was signed for it."""

    handover_id: UUID
    handover: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Handover", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    sequence = fields.IntField()
    step = fields.CharEnumField(HandoverStep, max_length=12)
    state = fields.CharEnumField(HandoverState, max_length=12)
    at = fields.DatetimeField()
    actor = fields.CharField(max_length=80)
    receiving = fields.CharField(max_length=12)
    deciding = fields.CharField(max_length=12)
    reason_sealed: str | None = fields.TextField(null=True)
    """Sealed: officers write freely, and may name people."""
    receipt: str | None = fields.TextField(null=True)
    """What was signed, letter by letter: JSON without personal data."""
    suite = fields.CharField(max_length=20, default="")
    key_id = fields.CharField(max_length=40, default="")
    signature: str | None = fields.TextField(null=True)
    """Base64 of the signature over ``receipt``."""

    class Meta:
        table = "handover_entry"
        unique_together = (("handover", "sequence"),)
        indexes = (Index(fields=("handover_id", "id")),)
