"""Identity reviews."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import UniqueConstraint

from backend.database.record import Record


class ReviewKind(StrEnum):
    """What is to be looked at."""

    REAL_NAME = "REAL_NAME"
    """A name and a document that the registry did not confirm."""
    FACE_LOCKOUT = "FACE_LOCKOUT"
    """Face checks of one person that failed too often in one account."""


class ReviewState(StrEnum):
    """How far it has come."""

    OPEN = "OPEN"
    CONFIRMED = "CONFIRMED"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"


class ReviewReason(StrEnum):
    """Why an officer decided as they did."""

    ALL_RIGHT = "ALL_RIGHT"
    NOT_THE_PERSON = "NOT_THE_PERSON"
    """Whoever appeared is not the one on the document."""
    DOCUMENT_NOT_GENUINE = "DOCUMENT_NOT_GENUINE"
    DOCUMENT_UNREADABLE = "DOCUMENT_UNREADABLE"
    REGISTRY_CONTRADICTS = "REGISTRY_CONTRADICTS"
    """The register says something else: the citizen has it corrected where it is kept."""
    UNDER_PRESSURE = "UNDER_PRESSURE"
    """Somebody told them what to do."""
    ATTACK = "ATTACK"
    DID_NOT_APPEAR = "DID_NOT_APPEAR"
    CONNECTION = "CONNECTION"
    """The call broke off."""


class IdentityReview(Record):
    """One thing to look at, by the officers of one division."""

    kind = fields.CharEnumField(ReviewKind, max_length=20)
    state = fields.CharEnumField(ReviewState, max_length=20, default=ReviewState.OPEN)
    code = fields.CharField(max_length=8, unique=True)
    """What the citizen tells the officer to find it by."""
    division = fields.CharField(max_length=12)
    account_id: UUID
    account: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Account", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    session_id: UUID
    session: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Session", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    person_id: UUID | None
    person: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "jinmin.Person", related_name=False, on_delete=fields.OnDelete.RESTRICT, null=True
    )
    claim_sealed = fields.TextField(null=True)
    """Name and document as JSON, of a REAL_NAME review; emptied when it is over."""
    officer_id: UUID | None
    officer: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "jinmin.Officer", related_name=False, on_delete=fields.OnDelete.RESTRICT, null=True, db_index=False
    )
    reason = fields.CharEnumField(ReviewReason, max_length=30, null=True)
    note_sealed = fields.TextField(null=True)
    decided_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "identity_review"
        constraints = (
            UniqueConstraint(
                fields=("account_id", "kind"), name="one_open_review", condition="state = 'OPEN'"
            ),
        )
        indexes = (Index(fields=("state", "id")), Index(fields=("account_id", "id")))
