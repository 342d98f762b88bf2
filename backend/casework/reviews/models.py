"""What officers have to do for a case, what they did, what they asked for, and what others said about it."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index, PartialIndex
from tortoise.migrations.constraints import UniqueConstraint

from backend.casework.definitions import StepKind
from backend.database.record import Record
from backend.viewer import OfficerRole


class TaskState(StrEnum):
    """Where a task is."""

    OPEN = "OPEN"
    DONE = "DONE"
    FORWARDED = "FORWARDED"
    """报上级审核: the organ above does the step instead."""
    RETURNED = "RETURNED"
    """A later look sent the case back behind it: what was done does not count any more."""
    CANCELLED = "CANCELLED"
    """The case ended without it."""


class NoticeState(StrEnum):
    """Where a correction notice (补正告知) is."""

    PROPOSED = "PROPOSED"
    """A second one, until a superior has approved it with a reason."""
    OPEN = "OPEN"
    ANSWERED = "ANSWERED"
    LAPSED = "LAPSED"
    REJECTED = "REJECTED"


class ObjectionState(StrEnum):
    """Where an objection (异议) is."""

    OPEN = "OPEN"
    UPHELD = "UPHELD"
    DISMISSED = "DISMISSED"


class RemedyKind(StrEnum):
    """救济途径."""

    RECONSIDERATION = "RECONSIDERATION"
    """行政复议"""
    LITIGATION = "LITIGATION"
    """行政诉讼"""


class RemedyOutcome(StrEnum):
    """How a remedy ended."""

    UPHELD = "UPHELD"
    """维持"""
    SET_ASIDE = "SET_ASIDE"
    """撤销、变更或责令重作"""
    WITHDRAWN = "WITHDRAWN"


def _of_case() -> Any:
    return fields.ForeignKeyField(
        "jinmin.Application", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )


def _by_officer() -> Any:
    return fields.ForeignKeyField(
        "jinmin.Officer", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )


class ReviewTask(Record):
    """One step of a case that waits for officers, or was done by them."""

    application_id: UUID
    application: fields.ForeignKeyRelation[Any] = _of_case()
    step_code = fields.CharField(max_length=40)
    kind = fields.CharEnumField(StepKind, max_length=20)
    place = fields.CharField(max_length=12)
    """The beginning of the code of the division whose officers do it."""
    organ_id: UUID | None
    organ: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "jinmin.Organ", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False, null=True
    )
    """The organ that the edition names, where it is registered; None: any of the place."""
    role = fields.CharEnumField(OfficerRole, max_length=20)
    state = fields.CharEnumField(TaskState, max_length=20)
    version = fields.IntField(default=1)
    due_on: date = fields.DateField()
    not_before: date | None = fields.DateField(null=True)
    """The first day on which a publicity or a cooling-off can be over."""
    assignee_id: UUID | None
    assignee: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "jinmin.Officer", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False, null=True
    )

    class Meta:
        table = "review_task"
        constraints = (
            UniqueConstraint(
                fields=("application_id", "step_code"), name="one_open_task", condition="state = 'OPEN'"
            ),
        )
        indexes = (
            Index(fields=("application_id", "id")),
            PartialIndex(
                fields=("place", "due_on", "id"), name="open_tasks_by_due_date", condition={"state": "OPEN"}
            ),
        )


class CaseSample(Record):
    """抽查: whether a case was drawn for a step that only a share of cases goes through."""

    application_id: UUID
    application: fields.ForeignKeyRelation[Any] = _of_case()
    step_code = fields.CharField(max_length=40)
    lot = fields.IntField()
    """0 to 9999: drawn where it is below the share."""
    percent = fields.IntField()
    """The share of the case's edition."""
    chosen = fields.BooleanField()

    class Meta:
        table = "case_sample"
        unique_together = (("application_id", "step_code"),)


class ReviewAct(Record):
    """That one officer passed a task; a step that wants two is passed with the second."""

    task_id: UUID
    task: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.ReviewTask", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    officer_id: UUID
    officer: fields.ForeignKeyRelation[Any] = _by_officer()
    note_sealed = fields.TextField()

    class Meta:
        table = "review_act"
        unique_together = (("task", "officer"),)


class HomeVisit(Record):
    """A visit (入户调查): where and what was seen, sealed, with photographs in the file store."""

    task_id: UUID
    task: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.ReviewTask", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    officer_id: UUID
    officer: fields.ForeignKeyRelation[Any] = _by_officer()
    visited_at: datetime = fields.DatetimeField()
    told_sealed = fields.TextField()
    photos: Sequence[str] = fields.JSONField()
    """SHA-256 of each photograph, hex; the file's key is made of the visit and its place in this list."""

    class Meta:
        table = "home_visit"
        indexes = (Index(fields=("task_id", "id")),)


class CorrectionNotice(Record):
    """One notice that lists everything that has to be corrected (一次性告知)."""

    application_id: UUID
    application: fields.ForeignKeyRelation[Any] = _of_case()
    number = fields.IntField()
    """1 for the first of a case."""
    officer_id: UUID
    officer: fields.ForeignKeyRelation[Any] = _by_officer()
    answers: Sequence[str] = fields.JSONField()
    """Names of form fields that are open again."""
    materials: Sequence[str] = fields.JSONField()
    """Codes of materials that are open again."""
    told_sealed = fields.TextField()
    """What is wrong with each, in words."""
    days = fields.IntField()
    due_on: date | None = fields.DateField(null=True)
    state = fields.CharEnumField(NoticeState, max_length=20)
    approved_by: UUID | None = fields.UUIDField(null=True)
    settled_sealed: str | None = fields.TextField(null=True)
    """Why another officer approved or rejected it."""
    ended_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "correction_notice"
        unique_together = (("application", "number"),)
        constraints = (
            UniqueConstraint(
                fields=("application_id",),
                name="one_notice_at_a_time",
                condition="state IN ('PROPOSED', 'OPEN')",
            ),
        )
        indexes = (
            PartialIndex(fields=("due_on", "id"), name="open_notices_by_date", condition={"state": "OPEN"}),
        )


class CaseObjection(Record):
    """What somebody said against a case while it was published."""

    application_id: UUID
    application: fields.ForeignKeyRelation[Any] = _of_case()
    task_id: UUID
    task: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.ReviewTask", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    officer_id: UUID
    officer: fields.ForeignKeyRelation[Any] = _by_officer()
    """Who took it down."""
    told_sealed = fields.TextField()
    state = fields.CharEnumField(ObjectionState, max_length=20)
    finding_sealed = fields.TextField(null=True)

    class Meta:
        table = "case_objection"
        indexes = (Index(fields=("application_id", "id")),)


class CaseRemedy(Record):
    """A reconsideration or an appeal against what was said in a case."""

    application_id: UUID
    application: fields.ForeignKeyRelation[Any] = _of_case()
    kind = fields.CharEnumField(RemedyKind, max_length=20)
    sought_on: date = fields.DateField()
    outcome = fields.CharEnumField(RemedyOutcome, max_length=20, null=True)
    ended_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "case_remedy"
        unique_together = (("application", "kind"),)


class OfficerInterest(Record):
    """Somebody in whose cases an officer takes no part: themselves or a near relative (回避)."""

    officer_id: UUID
    officer: fields.ForeignKeyRelation[Any] = _by_officer()
    number_index = fields.CharField(max_length=70)
    """Blind index of the person's resident ID, as documents have it."""

    class Meta:
        table = "officer_interest"
        unique_together = (("officer", "number_index"),)
