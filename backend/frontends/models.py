"""Teams and their documents. A document's id is the SHA-256 of its text, as for the house's own."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index

from backend.database.record import Record


class DocumentState(StrEnum):
    """The life of a document."""

    SUBMITTED = "SUBMITTED"
    """Waits for review; cannot be used yet."""
    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"
    DEPRECATED = "DEPRECATED"
    """Still answered, for old app versions; answers say until when."""
    WITHDRAWN = "WITHDRAWN"
    """No longer answered."""


USABLE = (DocumentState.ACCEPTED, DocumentState.DEPRECATED)


class FrontEndTeam(Record):
    """Who builds a front end."""

    name = fields.CharField(max_length=60, unique=True)
    key_digest = fields.CharField(max_length=64, unique=True)
    """SHA-256 of the key, which has 256 bits of its own and needs no salt."""
    rights: Sequence[str] = fields.JSONField()
    disabled_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "front_end_team"


class FrontEndDocument(Record):
    """A document that apps may send by its id. Without a team it is one of the house's own."""

    team_id: UUID | None
    team: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "jinmin.FrontEndTeam", related_name=False, null=True, on_delete=fields.OnDelete.RESTRICT
    )
    digest = fields.CharField(max_length=64, unique=True)
    text = fields.TextField()
    operations: Sequence[str] = fields.JSONField()
    """Names of its operations."""
    touches: Mapping[str, str] = fields.JSONField()
    """Root fields it asks for and who may: what a reviewer looks at first."""
    cost = fields.IntField()
    """What its dearest operation costs at most."""
    app_version = fields.CharField(max_length=40, default="")
    state = fields.CharEnumField(DocumentState, max_length=12)
    note = fields.CharField(max_length=500, default="")
    """The reviewer's word, or why it is deprecated."""
    reviewed_by = fields.CharField(max_length=80, null=True)
    reviewed_at: datetime | None = fields.DatetimeField(null=True)
    deprecated_at: datetime | None = fields.DatetimeField(null=True)
    sunset_on: date | None = fields.DateField(null=True)
    """Announced last day."""

    class Meta:
        table = "front_end_document"
        indexes = (Index(fields=("team_id", "id")), Index(fields=("state", "id")))


class FrontEndDocumentUse(Record):
    """How often a document was asked for on a day (Beijing time)."""

    digest = fields.CharField(max_length=64)
    day = fields.DateField()
    count = fields.BigIntField()

    class Meta:
        table = "front_end_document_use"
        unique_together = (("digest", "day"),)
