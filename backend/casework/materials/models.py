"""One uploaded material of a case."""

from typing import Any
from uuid import UUID

from tortoise import fields

from backend.database.record import Record


class MaterialRow(Record):
    """Where the sealed bytes of a material are, and what they were when they came."""

    application_id: UUID
    application: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Application", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    code = fields.CharField(max_length=60)
    file_key = fields.CharField(max_length=200)
    file_name_sealed = fields.TextField()
    media_type = fields.CharField(max_length=60)
    size = fields.IntField()
    sha256 = fields.CharField(max_length=64)

    class Meta:
        table = "material"
        unique_together = (("application", "code"),)
