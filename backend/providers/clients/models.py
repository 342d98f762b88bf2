"""Tokens of providers: opaque, kept as digests, read anew at every request so that revoking counts at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index

from backend.database.record import Record


class ProviderToken(Record):
    """An access token of a member of the staff."""

    organisation_id: UUID
    organisation: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Organisation", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    digest = fields.CharField(max_length=64)
    """SHA-256 of the secret part, which has 256 bits of its own and needs no salt."""
    staff_id: UUID | None
    staff: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "jinmin.OrganisationStaff", related_name=False, null=True, on_delete=fields.OnDelete.RESTRICT
    )
    scopes: Sequence[str] = fields.JSONField()
    """What it was given; of a member of the staff, what the role allows at the moment it is used."""
    expires_at = fields.DatetimeField()
    revoked_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "provider_token"
        indexes = (Index(fields=("expires_at",)),)
