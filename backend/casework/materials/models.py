"""One uploaded material of a case."""

from typing import Any
from uuid import UUID

from tortoise import fields

from backend.casework.definitions import MaterialSource
from backend.database.record import Record


class UnclaimedFile(Record):
    """A stored file to which no material points: on its way in, or on its way out.

    Written down before the bytes are, and again when their row goes, so that no crash leaves them behind.
    """

    file_key = fields.CharField(max_length=200, unique=True)
    due_at = fields.DatetimeField(db_index=True)
    """When whoever stores it has certainly given up."""
    doomed = fields.BooleanField(default=False)
    """Nobody can claim it any more."""

    class Meta:
        table = "unclaimed_file"


class MaterialRow(Record):
    """Where the sealed bytes of a material are, and what they were when they came."""

    application_id: UUID
    application: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Application", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    code = fields.CharField(max_length=60)
    source = fields.CharEnumField(MaterialSource, max_length=20, default=MaterialSource.UPLOAD)
    supplied_by = fields.CharField(max_length=80, default="")
    """Who brought it: a typed id, never a name."""
    file_key = fields.CharField(max_length=200)
    file_name_sealed = fields.TextField()
    media_type = fields.CharField(max_length=60)
    size = fields.IntField()
    sha256 = fields.CharField(max_length=64)
    evidence_sealed = fields.TextField(null=True)
    """Number and issuer of a licence, or the attested statement."""

    class Meta:
        table = "material"
        unique_together = (("application", "code"),)
