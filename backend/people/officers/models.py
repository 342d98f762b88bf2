"""Organs and their officers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import fields

from backend.database.record import Record


class Organ(Record):
    """A public body (实施主体) and the division it acts in."""

    credit_code = fields.CharField(max_length=18, unique=True)
    """统一社会信用代码 (GB 32100)."""
    name = fields.CharField(max_length=120)
    division = fields.CharField(max_length=12)

    class Meta:
        table = "organ"


class Officer(Record):
    """Somebody who acts for an organ."""

    organ_id: UUID
    organ: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Organ", related_name=False, on_delete=fields.OnDelete.RESTRICT
    )
    login = fields.CharField(max_length=60, unique=True)
    name = fields.CharField(max_length=60)
    password_hash = fields.CharField(max_length=200)
    """argon2id, with its parameters and salt (PHC string)."""
    roles: Sequence[str] = fields.JSONField()
    disabled_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "officer"
