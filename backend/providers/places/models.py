"""Rows of places: what is shown now, and every version that was asked for."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index, PartialIndex

from backend.database.record import Record
from backend.providers.organisations.kinds import PlaceKind


class VersionState(StrEnum):
    """Where a version of a listing is."""

    PROPOSED = "PROPOSED"
    """Waits for an officer."""
    CURRENT = "CURRENT"
    PAST = "PAST"
    REFUSED = "REFUSED"
    OVERTAKEN = "OVERTAKEN"
    """A newer one was handed in before anybody looked at it."""


class Access(StrEnum):
    """无障碍: what makes a place usable for everybody."""

    STEP_FREE = "STEP_FREE"
    LIFT = "LIFT"
    ACCESSIBLE_TOILET = "ACCESSIBLE_TOILET"
    HEARING_LOOP = "HEARING_LOOP"
    SIGN_LANGUAGE = "SIGN_LANGUAGE"
    BRAILLE = "BRAILLE"
    WHEELCHAIR_TRANSPORT = "WHEELCHAIR_TRANSPORT"


class Place(Record):
    """A service or place as citizens find it: the current version, spread out for look-up.

    Two indexes stand in the migration, as they are on expressions: GiST on ``point(x, y)`` and GIN on ``grams``.
    """

    organisation_id: UUID | None
    organisation: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "jinmin.Organisation",
        related_name=False,
        null=True,
        on_delete=fields.OnDelete.RESTRICT,
        db_index=False,
    )
    """None where an outside platform offers it."""
    platform = fields.CharField(max_length=40, null=True)
    """The outside platform that offers it, and its id there."""
    platform_key = fields.CharField(max_length=80, null=True)
    kind = fields.CharEnumField(PlaceKind, max_length=24)
    name = fields.CharField(max_length=120)
    plain = fields.CharField(max_length=120)
    spelt = fields.CharField(max_length=600)
    initials = fields.CharField(max_length=120)
    grams = fields.TextField()
    """Parts of the name with blanks between them, see ``spelling``."""
    division = fields.CharField(max_length=12)
    x = fields.FloatField()
    y = fields.FloatField()
    price_fen = fields.IntField()
    """Its lowest price; 0 is free of charge."""
    capacity = fields.IntField()
    free = fields.IntField()
    access: Sequence[str] = fields.JSONField()
    rating_sum = fields.IntField(default=0)
    rating_count = fields.IntField(default=0)
    content: Mapping[str, object] = fields.JSONField()
    """The rest of the current version; see ``keeping.Listing``."""
    version = fields.IntField()
    approved = fields.BooleanField(default=False)
    """Whether some version was ever current."""
    withdrawn = fields.BooleanField(default=False)
    listed = fields.BooleanField(default=False)
    """Found by citizens: approved, not withdrawn, and its organisation is active."""
    changed_at: datetime = fields.DatetimeField()

    class Meta:
        table = "place"
        unique_together = (("platform", "platform_key"),)
        indexes = (
            Index(fields=("organisation_id", "id")),
            PartialIndex(fields=["division", "kind"], name="listed_places", condition={"listed": True}),
        )


class PlaceVersion(Record):
    """A listing as it was handed in: nothing that was shown is ever forgotten."""

    place_id: UUID
    place: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Place", related_name=False, on_delete=fields.OnDelete.RESTRICT
    )
    number = fields.IntField()
    content: Mapping[str, object] = fields.JSONField()
    state = fields.CharEnumField(VersionState, max_length=12)
    reason = fields.CharField(max_length=500, default="")
    made_by = fields.CharField(max_length=80)
    settled_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "place_version"
        unique_together = (("place", "number"),)
