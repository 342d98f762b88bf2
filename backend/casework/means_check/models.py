"""Checks of a household's means, and authorisations that were taken back."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import PartialIndex
from tortoise.migrations.constraints import UniqueConstraint

from backend.database.record import Record


class MeansState(StrEnum):
    """Where a check is."""

    AUTHORISING = "AUTHORISING"
    """Somebody's authorisation is missing."""
    ASKING = "ASKING"
    ASKED = "ASKED"
    """The other side has it."""
    ANSWERED = "ANSWERED"
    FAILED = "FAILED"
    """Refused by the other side, or not answered in time; an officer may begin another one."""
    STOPPED = "STOPPED"
    """An authorisation was taken back, or the case ended, before the answer came."""


class MeansCheck(Record):
    """One check of one case's household. The answer is sealed."""

    application_id: UUID
    application: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Application", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    number = fields.IntField()
    """1 for the first of a case, 2 for the re-check (复核)."""
    state = fields.CharEnumField(MeansState, max_length=20)
    open = fields.BooleanField()
    """Whether something is still to be done with it."""
    begun_by = fields.CharField(max_length=80)
    missing = fields.IntField()
    """Members whose authorisation was missing when it was looked for last."""
    tries = fields.IntField(default=0)
    next_at = fields.DatetimeField()
    asked_at: datetime | None = fields.DatetimeField(null=True)
    answered_at: datetime | None = fields.DatetimeField(null=True)
    answer_sealed = fields.TextField(null=True)
    valid_until: date | None = fields.DateField(null=True)

    class Meta:
        table = "means_check"
        unique_together = (("application", "number"),)
        constraints = (
            UniqueConstraint(fields=("application_id",), name="one_open_means_check", condition="open"),
        )
        indexes = (PartialIndex(fields=("next_at",), name="means_checks_to_do", condition={"open": True}),)


class MeansWithdrawal(Record):
    """That an authorisation was taken back."""

    application_id: UUID
    application: fields.OneToOneRelation[Any] = fields.OneToOneField(
        "jinmin.Application", related_name=False, on_delete=fields.OnDelete.RESTRICT
    )
    """The case of the authorisation."""

    class Meta:
        table = "means_withdrawal"
