"""Rows of orders: themselves, their timeline, complaints, and what of a subsidy they use."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index, PartialIndex
from tortoise.migrations.constraints import CheckConstraint

from backend.database.record import Record
from backend.providers.orders.life import OrderAct, OrderState


class ServiceOrder(Record):
    """One order. Where to go and whom to call is sealed, and so is what is said to it."""

    person_id: UUID
    person: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Person", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    place_id: UUID
    place: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Place", related_name=False, on_delete=fields.OnDelete.RESTRICT
    )
    organisation_id: UUID | None
    organisation: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "jinmin.Organisation",
        related_name=False,
        null=True,
        on_delete=fields.OnDelete.RESTRICT,
        db_index=False,
    )
    place_version = fields.IntField()
    offering_code = fields.CharField(max_length=20)
    offering_name = fields.CharField(max_length=60)
    unit = fields.CharField(max_length=10)
    price_fen = fields.IntField()
    quantity = fields.IntField()
    subsidy_fen = fields.IntField()
    """What a subsidy pays of it; the citizen pays the rest."""
    wanted_at = fields.DatetimeField()
    told_sealed = fields.TextField()
    """JSON: address, phone, note. Empty once they are no longer kept, and so is the code."""
    check_in_sealed = fields.TextField()
    """The code that the citizen shows on arrival."""
    state = fields.CharEnumField(OrderState, max_length=10)
    version = fields.IntField(default=1)
    due_at: datetime | None = fields.DatetimeField(null=True)
    late = fields.BooleanField(default=False)
    holds_place = fields.BooleanField(default=False)
    """Whether a free bed or seat was taken for it."""
    staff_id: UUID | None = fields.UUIDField(null=True)
    """Who was assigned."""
    rating: int | None = fields.SmallIntField(null=True)
    comment_sealed = fields.TextField(null=True)

    class Meta:
        table = "service_order"
        indexes = (
            Index(fields=("person_id", "id")),
            Index(fields=("organisation_id", "id")),
            PartialIndex(fields=["due_at"], name="orders_due", condition={"late": False}),
        )
        constraints = (
            CheckConstraint(check="rating BETWEEN 1 AND 5", name="order_rating"),
            CheckConstraint(check="subsidy_fen BETWEEN 0 AND price_fen * quantity", name="order_subsidy"),
        )


class ServiceOrderEvent(Record):
    """One entry of an order's timeline."""

    order_id: UUID
    order: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.ServiceOrder", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    sequence = fields.IntField()
    act = fields.CharEnumField(OrderAct, max_length=10)
    state = fields.CharEnumField(OrderState, max_length=10)
    at = fields.DatetimeField()
    actor = fields.CharField(max_length=80)

    class Meta:
        table = "service_order_event"
        unique_together = (("order", "sequence"),)


class ComplaintState(StrEnum):
    """Where a complaint is."""

    OPEN = "OPEN"
    ANSWERED = "ANSWERED"
    OVERDUE = "OVERDUE"
    """The provider did not answer in time: officers of the division see it."""


class OrderComplaint(Record):
    """One complaint per order."""

    order_id: UUID
    order: fields.OneToOneRelation[Any] = fields.OneToOneField(
        "jinmin.ServiceOrder", related_name=False, on_delete=fields.OnDelete.RESTRICT
    )
    division = fields.CharField(max_length=12)
    text_sealed = fields.TextField()
    """Empty once its citizen has closed their accounts."""
    answer_sealed = fields.TextField(null=True)
    state = fields.CharEnumField(ComplaintState, max_length=10)
    due_at = fields.DatetimeField()
    answered_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "order_complaint"
        indexes = (
            PartialIndex(fields=["due_at"], name="complaints_due", condition={"state": "OPEN"}),
            Index(fields=("division", "state", "id")),
        )


class SubsidyState(StrEnum):
    """What became of a part of a subsidy."""

    RESERVED = "RESERVED"
    USED = "USED"
    RELEASED = "RELEASED"


class SubsidyFinding(StrEnum):
    """What reconciling with the case found."""

    SOUND = "SOUND"
    CASE_ENDED = "CASE_ENDED"
    """The case no longer grants it."""
    OVERDRAWN = "OVERDRAWN"
    """More was used in the month than the case grants."""


class SubsidyUse(Record):
    """What one order uses of the subsidy that a case grants for a month."""

    order_id: UUID
    order: fields.OneToOneRelation[Any] = fields.OneToOneField(
        "jinmin.ServiceOrder", related_name=False, on_delete=fields.OnDelete.RESTRICT
    )
    application_id: UUID
    application: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Application", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    month = fields.CharField(max_length=7)
    amount_fen = fields.IntField()
    state = fields.CharEnumField(SubsidyState, max_length=10)
    finding = fields.CharEnumField(SubsidyFinding, max_length=12, null=True)
    reconciled_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "subsidy_use"
        indexes = (
            Index(fields=("application_id", "month")),
            PartialIndex(
                fields=["id"], name="uses_to_reconcile", condition={"reconciled_at IS NULL AND state": "USED"}
            ),
        )
        constraints = (CheckConstraint(check="amount_fen > 0", name="subsidy_use_is_some"),)
