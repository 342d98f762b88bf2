"""The result document of a case."""

from typing import Any
from uuid import UUID

from tortoise import fields

from backend.database.record import Record


class Certificate(Record):
    """One document per case: its public code, and where the sealed PDF is once it is made."""

    application_id: UUID
    application: fields.OneToOneRelation[Any] = fields.OneToOneField(
        "jinmin.Application", related_name=False, on_delete=fields.OnDelete.RESTRICT
    )
    code = fields.CharField(max_length=40, unique=True)
    approved = fields.BooleanField()
    applicant_masked = fields.CharField(max_length=60)
    issued_on = fields.DateField()
    file_key = fields.CharField(max_length=200, null=True)
    sha256 = fields.CharField(max_length=64, null=True)
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "certificate"
