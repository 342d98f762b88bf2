"""Organs and their officers."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint

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
    """argon2id, with its parameters and salt (PHC string); empty until the officer has chosen one."""
    second_factor_sealed: str | None = fields.TextField(null=True)
    """The secret of the authenticator app, sealed to the officer's id."""
    second_factor_since: datetime | None = fields.DatetimeField(null=True)
    """When a first code showed that the app has it; before that it counts for nothing."""
    second_factor_step = fields.BigIntField(default=0)
    """The last time step whose code was used: each is good once."""
    enrolment_index = fields.CharField(max_length=70, null=True)
    """Blind index of the code by which the officer chooses a password and an app, once."""
    enrolment_until: datetime | None = fields.DatetimeField(null=True)
    roles: Sequence[str] = fields.JSONField()
    disabled_at: datetime | None = fields.DatetimeField(null=True)
    training = fields.BooleanField(db_default=False)
    """Whether they act for the training county's office, and see nothing else, until they are put on duty again."""

    class Meta:
        table = "officer"


class ChangeKind(StrEnum):
    """What is changed about an officer."""

    ROLES = "ROLES"
    TRANSFER = "TRANSFER"
    DISABLE = "DISABLE"
    RESET = "RESET"
    """A new password and a new second factor, after the old ones were lost."""
    TRAINING = "TRAINING"
    """From now on generated cases only."""
    DUTY = "DUTY"
    """Real ones again."""


class ChangeState(StrEnum):
    """Where a change is."""

    OPEN = "OPEN"
    APPROVED = "APPROVED"
    REFUSED = "REFUSED"


class OfficerChange(Record):
    """A change of rights that one officer of operations asks for and another one approves (四眼)."""

    officer_id: UUID
    officer: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Officer", related_name=False, on_delete=fields.OnDelete.RESTRICT
    )
    kind = fields.CharEnumField(ChangeKind, max_length=20)
    roles: Sequence[str] | None = fields.JSONField(null=True)
    organ_id: UUID | None = fields.UUIDField(null=True)
    division = fields.CharField(max_length=12)
    """Of the organ that the officer acts for when it is asked for: who may see and decide it."""
    state = fields.CharEnumField(ChangeState, max_length=20)
    requested_by = fields.UUIDField()
    decided_by: UUID | None = fields.UUIDField(null=True)
    decided_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "officer_change"
        constraints = (CheckConstraint(check="decided_by <> requested_by", name="four_eyes"),)
        indexes = (Index(fields=("division", "state", "id")),)
