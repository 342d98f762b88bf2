"""Programs of third parties, their secrets, citizens' consents, tokens and use.

Tokens are opaque, kept as digests, and read anew at every request so that revoking counts at once.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index

from backend.database.record import Record


class ClientAuth(StrEnum):
    """How a program proves that it is itself at the token endpoint."""

    SECRET = "SECRET"  # noqa: S105 - the name of a way
    """client_secret_basic or client_secret_post."""
    PRIVATE_KEY = "PRIVATE_KEY"
    """private_key_jwt (RFC 7523)."""
    PUBLIC = "PUBLIC"
    """An app in users' hands, which can keep no secret: authorisation code with PKCE only."""


class ApiClient(Record):
    """A program of an organisation."""

    organisation_id: UUID
    organisation: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Organisation", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    name = fields.CharField(max_length=60)
    auth = fields.CharEnumField(ClientAuth, max_length=12)
    scopes: Sequence[str] = fields.JSONField()
    redirect_uris: Sequence[str] = fields.JSONField()
    jwks: Mapping[str, object] | None = fields.JSONField(null=True)
    quota: int | None = fields.IntField(null=True)
    """Cost per minute, where an officer gave it another than the house's."""
    disabled_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "api_client"
        indexes = (Index(fields=("organisation_id", "id")),)


class ApiClientSecret(Record):
    """A secret of a program. Two count at once while one takes over from the other."""

    client_id: UUID
    client: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.ApiClient", related_name=False, on_delete=fields.OnDelete.RESTRICT
    )
    digest = fields.CharField(max_length=64)
    hint = fields.CharField(max_length=4)
    """Its last signs, to tell two apart."""
    expires_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "api_client_secret"


class ApiGrant(Record):
    """What a citizen shares with a program, until they take it back."""

    client_id: UUID
    client: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.ApiClient", related_name=False, on_delete=fields.OnDelete.RESTRICT
    )
    person_id: UUID
    person: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Person", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    scopes: Sequence[str] = fields.JSONField()
    given_at = fields.DatetimeField()
    withdrawn_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "api_grant"
        indexes = (Index(fields=("person_id", "id")),)


class ProviderToken(Record):
    """An access token: of a member of the staff, of a program, or of a program for one citizen."""

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
    client_id: UUID | None
    client: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "jinmin.ApiClient", related_name=False, null=True, on_delete=fields.OnDelete.RESTRICT
    )
    grant_id: UUID | None
    grant: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "jinmin.ApiGrant", related_name=False, null=True, on_delete=fields.OnDelete.RESTRICT
    )
    scopes: Sequence[str] = fields.JSONField()
    """What it was given; of a member of the staff, what the role allows at the moment it is used."""
    expires_at = fields.DatetimeField()
    revoked_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "provider_token"
        indexes = (Index(fields=("expires_at",)),)


class ApiUse(Record):
    """What a program asked for on a day (Beijing time), by operation."""

    client_id = fields.UUIDField()
    day = fields.DateField()
    operation = fields.CharField(max_length=80)
    count = fields.BigIntField()
    cost = fields.BigIntField()

    class Meta:
        table = "api_use"
        unique_together = (("client_id", "day", "operation"),)
