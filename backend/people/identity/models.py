"""Persons, their consents, and the record of what they have proven."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from backend.database.record import Record
from backend.kit.documents import DocumentKind
from backend.kit.resident_id import Sex
from backend.viewer import AssuranceLevel


class Person(Record):
    """A real person. Who they are is said by their documents; the person outlives each of them."""

    birth_date = fields.DateField()
    sex = fields.CharEnumField(Sex, max_length=1)
    household_division = fields.CharField(max_length=12, null=True)
    """户籍地, where the registry told it."""

    class Meta:
        table = "person"


class ConfirmedBy(StrEnum):
    """Who vouched that a name and a document belong together."""

    REGISTRY = "REGISTRY"
    OFFICER = "OFFICER"
    """An officer with the document in hand, of somebody whom the registry does not know yet."""


class IdentityDocument(Record):
    """A document of a person, with the name on it. Former ones stay: an old number still finds its person.

    Number and name are sealed to ``number_index``, the number's blind index: it is what makes the row this
    document's, and it is known before the row is.
    """

    person_id: UUID
    person: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Person", related_name=False, on_delete=fields.OnDelete.RESTRICT
    )
    kind = fields.CharEnumField(DocumentKind, max_length=40)
    country = fields.CharField(max_length=3, null=True)
    number_index = fields.CharField(max_length=70)
    number_sealed = fields.TextField()
    name_sealed = fields.TextField()
    expires_on: date | None = fields.DateField(null=True)
    main = fields.BooleanField()
    """Whether the person goes by it now; of several valid ones, the one used last."""
    ended_at: datetime | None = fields.DatetimeField(null=True)
    """When another number or another name took its place."""
    confirmed_by = fields.CharEnumField(ConfirmedBy, max_length=20)
    registry_checked_at: datetime | None = fields.DatetimeField(null=True)
    """When the registry last confirmed it; None as long as the registry does not know it."""
    check_again_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "identity_document"
        constraints = (
            UniqueConstraint(
                fields=("number_index",), name="one_living_document", condition="ended_at IS NULL"
            ),
            UniqueConstraint(fields=("person_id",), name="one_main_document", condition="main"),
            CheckConstraint(check="NOT (main AND ended_at IS NOT NULL)", name="main_document_lives"),
        )
        indexes = (
            Index(fields=("number_index", "id")),
            Index(fields=("check_again_at",)),
        )


class ConsentKind(StrEnum):
    """What needs a consent of its own (PIPL 29: separate consent)."""

    FACE_VERIFICATION = "FACE_VERIFICATION"
    FACE_TEMPLATE = "FACE_TEMPLATE"
    PLATFORM_FACE = "PLATFORM_FACE"
    CHILD_DATA = "CHILD_DATA"
    """A guardian's, to the account of a child under 14 (PIPL 31)."""


class Consent(Record):
    """One consent to one version of a text. Withdrawn ones stay: they prove what was agreed when."""

    person_id: UUID
    person: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Person", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    account_id: UUID | None
    account: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "jinmin.Account", related_name=False, on_delete=fields.OnDelete.RESTRICT, null=True, db_index=False
    )
    """Where it was given: it counts for the person as long as that account is theirs."""
    guardian_id: UUID | None
    guardian: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "jinmin.Person", related_name=False, on_delete=fields.OnDelete.RESTRICT, null=True, db_index=False
    )
    """Who consented for a child: it counts as long as they are the guardian and the child is under 14."""
    kind = fields.CharEnumField(ConsentKind, max_length=40)
    version = fields.CharField(max_length=20)
    given_at = fields.DatetimeField()
    withdrawn_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "consent"
        constraints = (
            UniqueConstraint(
                fields=("account_id", "kind"), name="one_standing_consent", condition="withdrawn_at IS NULL"
            ),
            UniqueConstraint(
                fields=("person_id", "guardian_id", "kind"),
                name="one_consent_of_a_guardian",
                condition="withdrawn_at IS NULL",
            ),
            CheckConstraint(check="num_nonnulls(account_id, guardian_id) <= 1", name="consent_of_one_giver"),
        )
        indexes = (Index(fields=("person_id", "id")), Index(fields=("guardian_id", "id")))


class AssuranceMethod(StrEnum):
    """How somebody was recognised."""

    SIGN_IN = "SIGN_IN"
    REAL_NAME = "REAL_NAME"
    FACE_SELFIE = "FACE_SELFIE"
    FACE_ACTIVE = "FACE_ACTIVE"
    VIDEO = "VIDEO"
    PLATFORM_FACE = "PLATFORM_FACE"
    NETWORK_IDENTITY = "NETWORK_IDENTITY"
    WINDOW = "WINDOW"
    HOME_VISIT = "HOME_VISIT"


class AssuranceRecord(Record):
    """One proof of who a person is: by themselves in a session, or by an officer who saw them.

    It counts in its session. What an officer saw of somebody without one waits for the session that
    brings its slip.
    """

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
    slip_index = fields.CharField(max_length=70, null=True, unique=True)
    """Blind index of the code on the slip, until it is brought."""
    proven_at = fields.DatetimeField()
    expires_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "assurance_record"
        constraints = (
            CheckConstraint(check="num_nonnulls(session_id, officer_id) >= 1", name="assurance_by_anybody"),
        )
        indexes = (
            Index(fields=("person_id", "level", "proven_at")),
            # Whom an officer has before them now.
            Index(fields=("officer_id", "proven_at")),
        )


class NetworkId(Record):
    """A 网号 that was verified, and whose it is."""

    person_id: UUID
    person: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Person", related_name=False, on_delete=fields.OnDelete.RESTRICT
    )
    network_id_index = fields.CharField(max_length=70, unique=True)

    class Meta:
        table = "network_id"


class FaceStanding(Record):
    """Failed face checks of one person in one account: too many lock the face there, and nowhere else.

    Per account, so that a stranger who knows a name and a number cannot lock its owner out.
    """

    account_id: UUID
    account: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Account", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    person_id: UUID
    person: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Person", related_name=False, on_delete=fields.OnDelete.RESTRICT
    )
    failures = fields.IntField()
    counted_from = fields.DatetimeField()
    locked_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "face_standing"
        unique_together = (("account_id", "person_id"),)


class FaceTemplate(Record):
    """Half of an enrolled face; the other half is in the file store, under ``face-secrets/`` and this id.

    Neither says anything without the other, so that deleting either one shreds both, also in every copy
    that was made of the database.
    """

    person_id: UUID
    person: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Person", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    model = fields.CharField(max_length=80)
    """What described the face, without a threshold."""
    rotated_sealed = fields.TextField()
    enrolled_at = fields.DatetimeField()

    class Meta:
        table = "face_template"
        unique_together = (("person_id",),)
