"""Video desks and tickets."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import UniqueConstraint

from backend.database.record import Record
from backend.people.reviews.models import ReviewReason


class VideoDesk(Record):
    """How many officers of an organ take calls at the same time; none is no service."""

    organ_id: UUID
    organ: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Organ", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    seats = fields.IntField()

    class Meta:
        table = "video_desk"
        unique_together = (("organ_id",),)


class TicketState(StrEnum):
    """How far a ticket has come."""

    WAITING = "WAITING"
    CALLED = "CALLED"
    CONFIRMED = "CONFIRMED"
    REFUSED = "REFUSED"
    MISSED = "MISSED"
    CANCELLED = "CANCELLED"


class VideoTicket(Record):
    """One place in the queue, or one appointment."""

    organ_id: UUID
    organ: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Organ", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
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
        "jinmin.Person", related_name=False, on_delete=fields.OnDelete.RESTRICT, null=True, db_index=False
    )
    review_id: UUID | None
    review: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "jinmin.IdentityReview",
        related_name=False,
        on_delete=fields.OnDelete.RESTRICT,
        null=True,
        db_index=False,
    )
    """The name to be looked at, where none is bound yet."""
    slot_at: datetime | None = fields.DatetimeField(null=True)
    """Of an appointment; None in the queue."""
    state = fields.CharEnumField(TicketState, max_length=20, default=TicketState.WAITING)
    officer_id: UUID | None
    officer: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "jinmin.Officer", related_name=False, on_delete=fields.OnDelete.RESTRICT, null=True, db_index=False
    )
    called_at: datetime | None = fields.DatetimeField(null=True)
    ended_at: datetime | None = fields.DatetimeField(null=True)
    reason = fields.CharEnumField(ReviewReason, max_length=30, null=True)
    note_sealed = fields.TextField(null=True)

    class Meta:
        table = "video_ticket"
        constraints = (
            UniqueConstraint(fields=("account_id",), name="one_running_ticket", condition="ended_at IS NULL"),
            UniqueConstraint(
                fields=("officer_id",), name="one_call_of_an_officer", condition="state = 'CALLED'"
            ),
        )
        indexes = (Index(fields=("organ_id", "state", "id")), Index(fields=("organ_id", "slot_at")))
