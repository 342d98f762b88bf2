"""What supervision keeps: a light per case, findings, orders with their own clocks, and counts."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index, PartialIndex

from backend.database.record import Record


class Light(StrEnum):
    """监察 红黄绿灯."""

    GREEN = "GREEN"
    YELLOW = "YELLOW"
    RED = "RED"


class SupervisedCase(Record):
    """How a case stands with supervision, and where it is counted."""

    application_id: UUID
    application: fields.OneToOneRelation[Any] = fields.OneToOneField(
        "jinmin.Application", related_name=False, on_delete=fields.OnDelete.RESTRICT
    )
    division = fields.CharField(max_length=12)
    organ_code = fields.CharField(max_length=18)
    """统一社会信用代码 of the implementing body: the first 18 signs of the task code."""
    organ_name = fields.CharField(max_length=120)
    item_code = fields.CharField(max_length=12)
    officer = fields.CharField(max_length=80, default="")
    """The officer who acted last (``officer:…``), empty before one did."""
    light = fields.CharEnumField(Light, max_length=6, default=Light.GREEN)
    ended = fields.BooleanField(default=False)

    class Meta:
        table = "supervised_case"
        indexes = (Index(fields=("light", "division", "application_id")),)


class SupervisedStep(Record):
    """The light of one step (环节) of a case, from its acceptance on."""

    application_id: UUID
    application: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Application", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    step = fields.CharField(max_length=40)
    place = fields.IntField()
    """Its place in the course of the case."""
    light = fields.CharEnumField(Light, max_length=6, default=Light.GREEN)

    class Meta:
        table = "supervised_step"
        unique_together = (("application_id", "step"),)


class FindingState(StrEnum):
    """Whether a finding still counts."""

    OPEN = "OPEN"
    CLEARED = "CLEARED"
    """It is no longer so: decided before the limit came, or the calendar changed."""


class SupervisionFinding(Record):
    """One thing that a rule found on a case; found again it is the same one."""

    application_id: UUID
    application: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Application", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    rule = fields.CharField(max_length=40)
    occasion = fields.CharField(max_length=80)
    """What tells two findings of one rule apart: a clock, or an entry of the timeline."""
    step = fields.CharField(max_length=40, default="")
    light = fields.CharEnumField(Light, max_length=6)
    state = fields.CharEnumField(FindingState, max_length=8, default=FindingState.OPEN)
    at = fields.DatetimeField()
    cleared_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "supervision_finding"
        unique_together = (("application", "rule", "occasion"),)


class OrderKind(StrEnum):
    """Why an answer is wanted."""

    WARNING = "WARNING"
    """A red finding: the organ explains it."""
    EVALUATION = "EVALUATION"
    """差评: its loop is late, and the organ explains why."""
    SUPERVISE = "SUPERVISE"
    """督办: an officer of supervision asks."""
    ESCALATION = "ESCALATION"
    """The organ below did not answer in time: the superior one does."""


class OrderState(StrEnum):
    """Where an order stands."""

    OPEN = "OPEN"
    ANSWERED = "ANSWERED"
    CLOSED = "CLOSED"


class SupervisionOrder(Record):
    """督办单: somebody has to answer in time, else it goes to the organ above."""

    application_id: UUID
    application: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Application", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    kind = fields.CharEnumField(OrderKind, max_length=10)
    cause = fields.CharField(max_length=130)
    """What it is about, once per case: a rule with its occasion, or the order it goes back to."""
    state = fields.CharEnumField(OrderState, max_length=8, default=OrderState.OPEN)
    division = fields.CharField(max_length=12)
    """Whose officers answer: the organs of exactly this division."""
    started_on: date = fields.DateField()
    days = fields.IntField()
    due_on: date = fields.DateField()
    due_at = fields.DatetimeField()
    late = fields.BooleanField(default=False)
    calendar_version = fields.IntField()
    text_sealed = fields.TextField(null=True)
    answer_sealed = fields.TextField(null=True)
    issued_by = fields.CharField(max_length=80)
    answered_by = fields.CharField(max_length=80, null=True)
    answered_at: datetime | None = fields.DatetimeField(null=True)
    closed_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "supervision_order"
        unique_together = (("application", "cause"),)
        indexes = (
            PartialIndex(fields=("due_at",), name="orders_to_come", condition={"NOT late AND state": "OPEN"}),
            PartialIndex(
                fields=("calendar_version",),
                name="orders_by_calendar",
                condition={"NOT late AND state": "OPEN"},
            ),
            Index(fields=("state", "division", "id")),
        )


class Axis(StrEnum):
    """By what a board counts."""

    ORGAN = "ORGAN"
    ITEM = "ITEM"
    OFFICER = "OFFICER"


class SupervisionChange(Record):
    """A step of a count, written with what caused it; a clock folds it into the counts.

    Counts themselves are rows that every case of an organ would wait for; nobody waits for one of these.
    """

    axis = fields.CharEnumField(Axis, max_length=8)
    division = fields.CharField(max_length=12)
    subject = fields.CharField(max_length=80)
    label = fields.CharField(max_length=120, default="")
    measure = fields.CharField(max_length=16)
    step = fields.IntField()

    class Meta:
        table = "supervision_change"
        indexes = (Index(fields=("axis", "division")),)


class SupervisionCount(Record):
    """How many there are of one subject within one division and everything below it."""

    axis = fields.CharEnumField(Axis, max_length=8)
    division = fields.CharField(max_length=12)
    subject = fields.CharField(max_length=80)
    label = fields.CharField(max_length=120, default="")
    measure = fields.CharField(max_length=16)
    count = fields.IntField()

    class Meta:
        table = "supervision_count"
        unique_together = (("axis", "division", "subject", "measure"),)
