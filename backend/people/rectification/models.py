"""What people say is wrong about them, and what became of it."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index, PartialIndex

from backend.database.record import Record


class CorrectionAbout(StrEnum):
    """What is wrong."""

    IDENTITY = "IDENTITY"
    """What the house knows of the person from the register."""
    CASE = "CASE"
    """What a case says that was handed in."""


class CorrectionState(StrEnum):
    """How far it has come."""

    OPEN = "OPEN"
    DECIDED = "DECIDED"
    WITHDRAWN = "WITHDRAWN"


class CorrectionOutcome(StrEnum):
    """What was found."""

    CORRECTED = "CORRECTED"
    NOTED = "NOTED"
    """A file that is closed is not rewritten: what is right stands beside it."""
    ELSEWHERE = "ELSEWHERE"
    """It is kept by somebody else, who corrects it; the register, say."""
    REFUSED = "REFUSED"


class DataCorrection(Record):
    """One thing that a person wants put right (PIPL 46)."""

    person_id: UUID
    person: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Person", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    about = fields.CharEnumField(CorrectionAbout, max_length=10)
    application_id: UUID | None = fields.UUIDField(null=True)
    """The case it is about."""
    division = fields.CharField(max_length=12)
    """Whose officers decide it."""
    state = fields.CharEnumField(CorrectionState, max_length=10, default=CorrectionState.OPEN)
    told_sealed = fields.TextField()
    """What is wrong and what would be right, in the person's words."""
    outcome = fields.CharEnumField(CorrectionOutcome, max_length=10, null=True)
    answer_sealed = fields.TextField(null=True)
    officer_id: UUID | None = fields.UUIDField(null=True)
    decided_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "data_correction"
        indexes = (
            Index(fields=("person_id", "id")),
            PartialIndex(
                fields=("division", "id"), name="corrections_to_decide", condition={"state": "OPEN"}
            ),
        )
