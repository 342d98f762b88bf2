"""Persons, their consents, and the record of what they have proven."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from backend.database.record import Record
from backend.kit.resident_id import Sex
from backend.viewer import AssuranceLevel


class Person(Record):
    """A real person, as the population registry confirmed them. Name and number are sealed.

    Both are sealed to ``resident_id_index``, the number's blind index: it is what makes the row this
    person's, and it is known before the row is.
    """

    resident_id_index = fields.CharField(max_length=70, unique=True)
    resident_id_sealed = fields.TextField()
    name_sealed = fields.TextField()
    birth_date = fields.DateField()
    sex = fields.CharEnumField(Sex, max_length=1)
    household_division = fields.CharField(max_length=12, null=True)
    """户籍地, where the registry told it."""
    registry_checked_at = fields.DatetimeField()

    class Meta:
        table = "person"


class ConsentKind(StrEnum):
    """What needs a consent of its own (PIPL 29: separate consent)."""

    FACE_VERIFICATION = "FACE_VERIFICATION"


class Consent(Record):
    """One consent to one version of a text. Withdrawn ones stay: they prove what was agreed when."""

    person_id: UUID
    person: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Person", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    kind = fields.CharEnumField(ConsentKind, max_length=40)
    version = fields.CharField(max_length=20)
    given_at = fields.DatetimeField()
    withdrawn_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "consent"
        constraints = (
            UniqueConstraint(
                fields=("person_id", "kind"), name="one_standing_consent", condition="withdrawn_at IS NULL"
            ),
        )
        indexes = (Index(fields=("person_id", "id")),)


class AssuranceMethod(StrEnum):
    """How somebody was recognised."""

    SIGN_IN = "SIGN_IN"
    REAL_NAME = "REAL_NAME"
    FACE_SELFIE = "FACE_SELFIE"
    FACE_ACTIVE = "FACE_ACTIVE"
    WINDOW = "WINDOW"


class AssuranceRecord(Record):
    """One proof of who a person is: by themselves in a session, or by an officer who saw them."""

    person_id: UUID
    person: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Person", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    level = fields.IntEnumField(AssuranceLevel)
    method = fields.CharEnumField(AssuranceMethod, max_length=20)
    session_id: UUID | None
    session: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "jinmin.Session", related_name=False, on_delete=fields.OnDelete.RESTRICT, null=True, db_index=False
    )
    officer_id: UUID | None
    officer: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "jinmin.Officer", related_name=False, on_delete=fields.OnDelete.RESTRICT, null=True, db_index=False
    )
    challenge_id: UUID | None = fields.UUIDField(null=True, unique=True)
    model = fields.CharField(max_length=80, null=True)
    """Face model and threshold, e.g. ``dlib-resnet-v1@0.060``; never a distance, never a picture."""
    proven_at = fields.DatetimeField()
    expires_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "assurance_record"
        constraints = (
            CheckConstraint(check="num_nonnulls(session_id, officer_id) = 1", name="assurance_by_somebody"),
        )
        indexes = (Index(fields=("person_id", "level", "proven_at")),)
