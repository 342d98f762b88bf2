"""Help that was given before its papers were complete."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import PartialIndex
from tortoise.migrations.constraints import CheckConstraint

from backend.database.record import Record


class UrgentState(StrEnum):
    """Where urgent help is."""

    DECIDED = "DECIDED"
    """先行救助决定; the money is on its way."""
    PAID = "PAID"
    """Paid, and the papers are due."""
    SETTLED = "SETTLED"
    """The papers are complete, or the whole application was approved."""
    CLAWBACK = "CLAWBACK"
    """追回: the papers never came."""
    RECOVERED = "RECOVERED"
    """追回完毕"""
    WAIVED = "WAIVED"
    """不予追回, with a reason"""


class UrgentHelp(Record):
    """One help per case. The reason tells about somebody's need and is sealed."""

    application_id: UUID
    application: fields.OneToOneRelation[Any] = fields.OneToOneField(
        "jinmin.Application", related_name=False, on_delete=fields.OnDelete.RESTRICT
    )
    state = fields.CharEnumField(UrgentState, max_length=20)
    amount_fen = fields.IntField()
    reason_sealed = fields.TextField()
    decided_by = fields.CharField(max_length=80)
    pay_by = fields.DatetimeField()
    paid_at: datetime | None = fields.DatetimeField(null=True)
    payment_reference = fields.CharField(max_length=64, default="")
    """The paying office's number of the payment."""
    papers_due_on: date | None = fields.DateField(null=True)
    reminded_at: datetime | None = fields.DatetimeField(null=True)
    ended_at: datetime | None = fields.DatetimeField(null=True)
    end_sealed = fields.TextField(null=True)
    """Why a clawback was waived, or how it was made good."""

    class Meta:
        table = "urgent_help"
        constraints = (CheckConstraint(check="amount_fen > 0", name="urgent_help_is_some"),)
        indexes = (
            PartialIndex(fields=("papers_due_on",), name="urgent_papers_due", condition={"state": "PAID"}),
        )
