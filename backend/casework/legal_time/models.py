"""Announced calendars, clocks of cases, the ledger of what stops them, and extensions."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index, PartialIndex

from backend.casework.definitions import LimitUnit
from backend.database.record import Record


class AnnouncedYear(Record):
    """The days off of one year as they were announced; a later announcement of the same year takes its place."""

    year = fields.IntField(unique=True)
    source = fields.CharField(max_length=120)
    """The document that says so, e.g. 国办发明电〔2025〕7号."""
    days_off: Sequence[str] = fields.JSONField()
    make_up_days: Sequence[str] = fields.JSONField()
    version = fields.IntField(unique=True)
    """Counts announcements of all years; clocks remember by which one they were reckoned."""
    announced_by = fields.CharField(max_length=80)

    class Meta:
        table = "announced_year"


class ClockKind(StrEnum):
    """What a clock of a case measures."""

    ACCEPTANCE = "ACCEPTANCE"
    """受理期限: from receipt until the case is accepted or not."""
    PROMISED = "PROMISED"
    """承诺办结时限"""
    STATUTORY = "STATUTORY"
    """法定办结时限"""
    STEP = "STEP"
    """环节时限"""
    FORWARD = "FORWARD"
    """跨省通办, the receiving side: until the case has been passed on."""
    HANDLE = "HANDLE"
    """跨省通办, the deciding side: from having it until it is decided."""
    INFORM = "INFORM"
    """跨省通办, the receiving side again: from the decision until the applicant knows."""
    SETTLE = "SETTLE"
    """跨省通办, a superior of both sides: from a dispute over competence until it is settled."""
    DELIVERY = "DELIVERY"
    """送达 (行政许可法 44): from the decision until the licence is issued."""


class ClockState(StrEnum):
    """Whether a clock goes."""

    RUNNING = "RUNNING"
    STANDING = "STANDING"
    """挂起"""
    ENDED = "ENDED"


class Mark(StrEnum):
    """How near the limit is."""

    NONE = "NONE"
    NEAR = "NEAR"
    OVER = "OVER"


class CaseClock(Record):
    """One limit of one case, from a start to a due time that a job finds by index."""

    application_id: UUID
    application: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Application", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    kind = fields.CharEnumField(ClockKind, max_length=12)
    step = fields.CharField(max_length=40, default="")
    """The step's code, for a clock of one step."""
    since_sequence = fields.IntField()
    """The entry of the timeline that started it."""
    started_on = fields.DateField()
    days = fields.IntField()
    unit = fields.CharEnumField(LimitUnit, max_length=16)
    pausable = fields.BooleanField(default=True)
    """Whether a suspension stops it; the clock of an excluded step (公示) goes on."""
    deems = fields.BooleanField(default=False)
    """Whether its end counts as acceptance (行政许可法 32): licences only."""
    state = fields.CharEnumField(ClockState, max_length=10, default=ClockState.RUNNING)
    mark = fields.CharEnumField(Mark, max_length=5, default=Mark.NONE)
    due_on: date = fields.DateField()
    near_at = fields.DatetimeField()
    due_at = fields.DatetimeField()
    next_at: datetime | None = fields.DatetimeField(null=True)
    """When it has to be looked at again: it becomes near, or over; None once it is over, stands or ended."""
    ended_at: datetime | None = fields.DatetimeField(null=True)
    provisional = fields.BooleanField(default=False)
    calendar_version = fields.IntField()

    class Meta:
        table = "case_clock"
        unique_together = (("application", "kind", "step", "since_sequence"),)
        indexes = (
            PartialIndex(fields=("next_at",), name="clocks_to_come", condition={"state": "RUNNING"}),
            PartialIndex(
                fields=("calendar_version", "id"), name="clocks_running", condition={"state": "RUNNING"}
            ),
            PartialIndex(
                fields=("calendar_version", "id"), name="clocks_standing", condition={"state": "STANDING"}
            ),
            PartialIndex(
                fields=("due_at",), name="clocks_that_deem", condition={"deems AND state": "RUNNING"}
            ),
        )


class ClockPause(Record):
    """One entry of the ledger (挂起台账): why the clocks of a case stood still, from when to when."""

    application_id: UUID
    application: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Application", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    since_sequence = fields.IntField()
    """The entry of the timeline that stopped them."""
    until_sequence = fields.IntField(null=True)
    reason = fields.CharField(max_length=40)
    """A ``PauseReason``, or the code of an excluded step."""
    first_on: date = fields.DateField()
    last_on: date | None = fields.DateField(null=True)

    class Meta:
        table = "clock_pause"
        unique_together = (("application", "since_sequence"),)


class ExtensionState(StrEnum):
    """What became of a proposal."""

    PROPOSED = "PROPOSED"
    APPROVED = "APPROVED"
    REFUSED = "REFUSED"


class CaseExtension(Record):
    """延期: days that an officer asks for and a superior grants, with the reason that the applicant is told."""

    application_id: UUID
    application: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Application", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    state = fields.CharEnumField(ExtensionState, max_length=10, default=ExtensionState.PROPOSED)
    days = fields.IntField()
    reason_sealed = fields.TextField()
    """Sealed: officers write freely, and may name people."""
    proposed_by = fields.UUIDField()
    decided_by: UUID | None = fields.UUIDField(null=True)
    decided_on: date | None = fields.DateField(null=True)

    class Meta:
        table = "case_extension"
        indexes = (
            Index(fields=("application_id", "id")),
            PartialIndex(fields=("id",), name="extensions_proposed", condition={"state": "PROPOSED"}),
        )
        # One proposal at a time, and one extension per case, are guarded under the lock of the case.
