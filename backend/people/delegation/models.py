"""Grants by which one person acts for another."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from backend.database.record import Record
from backend.people.delegation.kinds import Acceptance, DelegationKind, Evidence


class DelegationState(StrEnum):
    """Where a grant is. One whose day has passed stays ACTIVE in the table and gives nothing."""

    PROPOSED = "PROPOSED"
    ACTIVE = "ACTIVE"
    REFUSED = "REFUSED"
    REVOKED = "REVOKED"


class Delegation(Record):
    """One grant: the agent (代办人) acts for the principal (被代办人).

    Whom it is for is sealed as it was told until somebody accepts; only then it is a person of ours, so
    that a proposal tells nobody whether the other is known here.
    """

    agent_id: UUID
    agent: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Person", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    principal_id: UUID | None
    principal: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "jinmin.Person", related_name=False, on_delete=fields.OnDelete.RESTRICT, null=True, db_index=False
    )
    ward_index = fields.CharField(max_length=70)
    """Blind index of the number that was told."""
    ward_sealed = fields.TextField()
    kind = fields.CharEnumField(DelegationKind, max_length=30)
    state = fields.CharEnumField(DelegationState, max_length=20)
    code = fields.CharField(max_length=20, unique=True)
    """What the agent tells at a window."""
    division = fields.CharField(max_length=12)
    """Whose officers may accept it."""
    institution = fields.CharField(max_length=120, default="")
    items: Sequence[str] = fields.JSONField()
    """Base codes, as they were on the day of the proposal: a scope never grows by itself. None is every item."""
    domains: Sequence[str] = fields.JSONField()
    """The domains that were asked for, whose items are among ``items``."""
    actions: Sequence[str] = fields.JSONField()
    evidence = fields.CharEnumField(Evidence, max_length=30)
    evidence_sealed = fields.TextField()
    valid_until: date = fields.DateField()
    """The first day on which it gives nothing any more."""
    ends_of_age = fields.BooleanField()
    accepted_by = fields.CharEnumField(Acceptance, max_length=20, null=True)
    accepted_at: datetime | None = fields.DatetimeField(null=True)
    officer_id: UUID | None = fields.UUIDField(null=True)
    """Who accepted or refused it for the organ."""
    ended_at: datetime | None = fields.DatetimeField(null=True)
    ended_by = fields.CharField(max_length=80, null=True)

    class Meta:
        table = "delegation"
        constraints = (
            UniqueConstraint(
                fields=("agent_id", "principal_id", "kind"),
                name="one_active_delegation",
                condition="state = 'ACTIVE'",
            ),
            CheckConstraint(
                check="(state = 'ACTIVE') <= (principal_id IS NOT NULL AND accepted_at IS NOT NULL)",
                name="active_delegation_was_accepted",
            ),
            CheckConstraint(check="principal_id <> agent_id", name="delegation_to_somebody_else"),
        )
        indexes = (
            Index(fields=("agent_id", "id")),
            Index(fields=("principal_id", "id")),
            Index(fields=("ward_index",)),
            Index(fields=("division", "state", "id")),
        )
