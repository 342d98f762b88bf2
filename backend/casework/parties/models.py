"""The other party of a case."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index

from backend.database.record import Record


class CaseParty(Record):
    """Who was invited to a case, and what they have agreed to."""

    application_id: UUID
    application: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Application", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    code_index = fields.CharField(max_length=70, unique=True)
    """Blind index of the code that the applicant passes on."""
    expires_at = fields.DatetimeField()
    person_id: UUID | None
    person: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "jinmin.Person", related_name=False, on_delete=fields.OnDelete.RESTRICT, null=True, db_index=False
    )
    joined_at: datetime | None = fields.DatetimeField(null=True)
    confirmed_version: int | None = fields.IntField(null=True)
    """The version of the case that they have seen and agreed to; any change afterwards is not agreed to."""
    confirmed_at: datetime | None = fields.DatetimeField(null=True)
    assurance = fields.CharField(max_length=60, default="")
    """Level and method by which they were known when they agreed."""

    class Meta:
        table = "case_party"
        unique_together = (("application_id",),)
        indexes = (Index(fields=("person_id", "id")),)
