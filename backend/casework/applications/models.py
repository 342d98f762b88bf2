"""An application and its timeline."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index, PartialIndex

from backend.casework.lifecycle import CaseEventKind, CaseState
from backend.database.record import Record


class Application(Record):
    """A case (办件). Answers and result are sealed; everything else is free of personal data."""

    person_id: UUID
    person: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Person", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    edition_id: UUID
    edition: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Edition", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    """The edition that was in force at the start: the case keeps it."""
    item_code = fields.CharField(max_length=12)
    division = fields.CharField(max_length=12)
    township = fields.CharField(max_length=12, db_default="")
    """Code of the township or village where it was applied for, where one was named: whose officers begin."""
    collecting = fields.CharField(max_length=12, db_default="")
    """代收代办: the division of the receiving office while the case is there; its officers see it then, others do not."""
    assisting = fields.CharField(max_length=60, db_default="")
    """多地联办: the places that work on a part of it now, each between commas; their officers see it meanwhile, too."""
    task_code = fields.CharField(max_length=31)
    organ_name = fields.CharField(max_length=120)
    deciding_level = fields.CharField(max_length=1, db_default="")
    """行使层级 of the organ, or of the delegate that acts for it; empty in old rows: as the task code says."""
    figures: Mapping[str, int | str] = fields.JSONField()
    """The region's parameters as they were when the case began."""
    promised_days = fields.IntField()
    state = fields.CharEnumField(CaseState, max_length=20)
    version = fields.IntField(default=1)
    last_sequence = fields.IntField(default=0)
    answers_sealed = fields.TextField()
    result_sealed = fields.TextField(null=True)
    case_number = fields.CharField(max_length=50, null=True, unique=True)
    submitted_at = fields.DatetimeField(null=True)
    due_on = fields.DateField(null=True)
    assurance = fields.CharField(max_length=60, default="")
    """Level and method by which the person was known at submission."""
    domain = fields.CharField(max_length=20, db_default="")
    """The item's kind of civil affairs: which organs handle it, and how long its file is kept. Empty in old rows."""
    emptied_at: datetime | None = fields.DatetimeField(null=True)
    """When the file's time was over and its contents were destroyed."""

    class Meta:
        table = "application"
        indexes = (
            Index(fields=("person_id", "id")),
            Index(fields=("division", "id")),
            PartialIndex(
                fields=("task_code", "submitted_at"),
                name="cases_without_number",
                # What stands before the equals sign is SQL: a condition here can only say that something equals.
                condition={"case_number IS NULL AND state": "SUBMITTED"},
            ),
        )


class CaseEventRow(Record):
    """One entry of the timeline; the state of a case is what its entries replay to."""

    application_id: UUID
    application: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Application", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    sequence = fields.IntField()
    kind = fields.CharEnumField(CaseEventKind, max_length=20)
    state = fields.CharEnumField(CaseState, max_length=20)
    at = fields.DatetimeField()
    actor = fields.CharField(max_length=80)
    detail: Mapping[str, object] = fields.JSONField()

    class Meta:
        table = "case_event"
        unique_together = (("application", "sequence"),)
