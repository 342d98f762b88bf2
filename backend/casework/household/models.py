"""Members of a household that applies for assistance, the applicant aside."""

from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index

from backend.database.record import Record


class HouseholdMember(Record):
    """One member (共同生活的家庭成员) as the case names them; who they are is sealed."""

    application_id: UUID
    application: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Application", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    number_index = fields.CharField(max_length=70)
    """Blind index of the resident ID, as documents and declared interests have it."""
    told_sealed = fields.TextField()
    """Name, number and relation."""

    class Meta:
        table = "household_member"
        unique_together = (("application_id", "number_index"),)
        indexes = (Index(fields=("number_index", "application_id")),)
