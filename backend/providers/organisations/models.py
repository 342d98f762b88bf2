"""Rows of organisations: themselves, their papers, their staff, and what an officer is asked to look at."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index, PartialIndex

from backend.database.record import Record
from backend.providers.organisations.kinds import LicenceKind


class OrganisationState(StrEnum):
    """The life of an organisation here."""

    DRAFT = "DRAFT"
    """Its papers are being gathered."""
    SUBMITTED = "SUBMITTED"
    """Waits for an officer of its division."""
    ACTIVE = "ACTIVE"
    REFUSED = "REFUSED"
    """May be handed in again."""
    SUSPENDED = "SUSPENDED"
    """Nothing of it is found or ordered; it may appeal."""


class StaffRole(StrEnum):
    """What a member of the staff does."""

    ADMINISTRATOR = "ADMINISTRATOR"
    MANAGER = "MANAGER"
    """Keeps the listings and takes orders."""
    ATTENDANT = "ATTENDANT"
    """Carries orders out."""
    DEVELOPER = "DEVELOPER"
    """API clients and webhooks."""


class ReviewKind(StrEnum):
    """What is looked at."""

    REGISTRATION = "REGISTRATION"
    LISTING = "LISTING"
    """A new place, or a change of one that the law wants looked at."""
    APPEAL = "APPEAL"
    """Against a suspension."""


class ReviewState(StrEnum):
    """Where it is."""

    OPEN = "OPEN"
    APPROVED = "APPROVED"
    REFUSED = "REFUSED"
    OVERTAKEN = "OVERTAKEN"
    """Something newer took its place before anybody looked."""


class Organisation(Record):
    """A third party (第三方机构). It is no person: nothing here is sealed but its papers."""

    credit_code = fields.CharField(max_length=18)
    """统一社会信用代码 (GB 32100). One that was approved has it alone: nobody can occupy another's by asking first."""
    name = fields.CharField(max_length=120)
    division = fields.CharField(max_length=12)
    address = fields.CharField(max_length=200)
    licences: Sequence[Mapping[str, object]] = fields.JSONField()
    """``kind``, ``number``, ``valid_until``: what it says it is licensed for, and an officer has seen."""
    state = fields.CharEnumField(OrganisationState, max_length=12)
    reason = fields.CharField(max_length=500, default="")
    """Why it was refused or suspended."""
    proposed: Mapping[str, object] | None = fields.JSONField(null=True)
    """What it asks to be known by from the next approval on: ``name``, ``address``, ``licences``."""
    decided_by: UUID | None = fields.UUIDField(null=True)
    """The officer who approved, refused or suspended it last."""
    decided_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "organisation"
        indexes = (Index(fields=("division", "id")),)


class OrganisationPaper(Record):
    """A paper that an organisation handed in, for the reviewing officer's eyes."""

    organisation_id: UUID
    organisation: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Organisation", related_name=False, on_delete=fields.OnDelete.RESTRICT
    )
    licence = fields.CharEnumField(LicenceKind, max_length=24)
    """Which licence it shows."""
    file_key = fields.CharField(max_length=120, unique=True)
    media_type = fields.CharField(max_length=40)
    size = fields.IntField()
    sha256 = fields.CharField(max_length=64)

    class Meta:
        table = "organisation_paper"
        unique_together = (("organisation", "licence"),)


class OrganisationStaff(Record):
    """A person who acts for an organisation: a citizen with a real name, in a role."""

    organisation_id: UUID
    organisation: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Organisation", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    person_id: UUID | None
    person: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "jinmin.Person", related_name=False, null=True, on_delete=fields.OnDelete.RESTRICT
    )
    """None until the invitation was taken."""
    label = fields.CharField(max_length=40)
    """How the organisation calls them among themselves: a work number, a post."""
    role = fields.CharEnumField(StaffRole, max_length=16)
    invitation_index = fields.CharField(max_length=70, null=True, unique=True)
    """Blind index of the code by which somebody joins, once."""
    invited_until: datetime | None = fields.DatetimeField(null=True)
    joined_at: datetime | None = fields.DatetimeField(null=True)
    removed_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "organisation_staff"
        indexes = (
            Index(fields=("organisation_id", "id")),
            PartialIndex(
                fields=["organisation_id", "person_id"], name="staff_of_today", condition={"removed_at": None}
            ),
        )


class ProviderReview(Record):
    """One thing that an officer of the division is asked to look at: approved, it takes effect as it stands."""

    organisation_id: UUID
    organisation: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Organisation", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    kind = fields.CharEnumField(ReviewKind, max_length=16)
    subject_id = fields.UUIDField()
    """The organisation, or the version of a place."""
    division = fields.CharField(max_length=12)
    told = fields.CharField(max_length=1000, default="")
    """What the organisation says to it: the grounds of an appeal."""
    state = fields.CharEnumField(ReviewState, max_length=12)
    reason = fields.CharField(max_length=500, default="")
    decided_by: UUID | None = fields.UUIDField(null=True)
    decided_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "provider_review"
        indexes = (
            Index(fields=("division", "state", "id")),
            Index(fields=("organisation_id", "id")),
        )
