"""What is evaluated, the evaluations, the closed loop that follows a bad one, and counts that are kept."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index, PartialIndex
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from backend.casework.evaluations.loops import LoopAct, LoopState
from backend.database.record import Record


class ServiceKind(StrEnum):
    """What is evaluated once (国办发〔2019〕51号)."""

    CASE = "CASE"
    """一事一评: a case that has ended."""
    VISIT = "VISIT"
    """一次一评: one time at a window, at a place with an appointment, or somebody's visit at home."""


class EvaluationChannel(StrEnum):
    """By which way an evaluation came."""

    MINI_PROGRAM = "MINI_PROGRAM"
    """The citizen's own account: mini-program or H5."""
    DEVICE = "DEVICE"
    """The device at a window, or any phone, by the one-time code of this service."""
    PHONE = "PHONE"
    """Told on the telephone, and entered by an officer."""
    PAPER = "PAPER"
    """Written on paper, and entered by an officer."""


ENTERED = frozenset({EvaluationChannel.PHONE, EvaluationChannel.PAPER})
"""What an officer enters for somebody, and is marked as such."""


class ServiceEvent(Record):
    """Something that can be evaluated, once."""

    kind = fields.CharEnumField(ServiceKind, max_length=8)
    application_id: UUID | None
    application: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "jinmin.Application",
        related_name=False,
        on_delete=fields.OnDelete.RESTRICT,
        null=True,
        db_index=False,
    )
    """The case itself, or the one that a visit is about."""
    appointment_id: UUID | None
    appointment: fields.OneToOneNullableRelation[Any] = fields.OneToOneField(
        "jinmin.Appointment", related_name=False, on_delete=fields.OnDelete.RESTRICT, null=True
    )
    person_id: UUID | None
    person: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "jinmin.Person", related_name=False, on_delete=fields.OnDelete.RESTRICT, null=True, db_index=False
    )
    """Whose matter it is; unknown of whoever just came to a window."""
    officer_id: UUID | None = fields.UUIDField(null=True)
    """Who served them at a visit; of a case everybody who acted on it is rated."""
    organ_code = fields.CharField(max_length=18)
    organ_name = fields.CharField(max_length=120)
    division = fields.CharField(max_length=12)
    item_code = fields.CharField(max_length=12)
    at = fields.DatetimeField()
    day: date = fields.DateField()
    closes_at = fields.DatetimeField()
    """Until when it can be evaluated."""
    waiting = fields.BooleanField(default=True)
    """Whether nobody has evaluated it, and nobody was asked to yet."""
    code_index = fields.CharField(max_length=70, null=True, unique=True)
    """Blind index of the one-time code for the device."""
    code_until: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "service_event"
        indexes = (
            Index(fields=("person_id", "id")),
            Index(fields=("application_id",)),
            PartialIndex(fields=("at",), name="services_to_ask_about", condition={"waiting": True}),
        )
        constraints = (
            UniqueConstraint(
                fields=("application_id",), name="a_case_is_one_service", condition="kind = 'CASE'"
            ),
            UniqueConstraint(
                fields=("application_id", "officer_id", "day"),
                name="one_visit_a_day",
                condition="kind = 'VISIT' AND appointment_id IS NULL",
            ),
        )


class Evaluation(Record):
    """One evaluation: five levels, tags, and words, which are sealed."""

    event_id: UUID
    event: fields.OneToOneRelation[Any] = fields.OneToOneField(
        "jinmin.ServiceEvent", related_name=False, on_delete=fields.OnDelete.RESTRICT
    )
    application_id: UUID | None
    application: fields.OneToOneNullableRelation[Any] = fields.OneToOneField(
        "jinmin.Application", related_name=False, on_delete=fields.OnDelete.RESTRICT, null=True
    )
    """The case, where the case as a whole was evaluated; not of a visit."""
    person_id: UUID | None
    person: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "jinmin.Person", related_name=False, on_delete=fields.OnDelete.RESTRICT, null=True, db_index=False
    )
    """Who evaluated; unknown at a device."""
    level = fields.SmallIntField()
    """5 非常满意, 4 满意, 3 基本满意, 2 不满意, 1 非常不满意."""
    tags: Sequence[str] = fields.JSONField(default=list)
    indicators = fields.IntField(default=1)
    """Which edition of the indicators the tags are of."""
    comment_sealed = fields.TextField(null=True)
    channel = fields.CharEnumField(EvaluationChannel, max_length=12)
    entered_by = fields.CharField(max_length=80, null=True)
    """The officer who entered it for somebody (``officer:…``)."""
    shown_at: datetime | None = fields.DatetimeField(null=True)
    """Since when the organ sees it: not while the case that a visit was about is under way."""
    counted = fields.BooleanField(default=True)
    """False while it is excluded as mistaken or malicious."""
    period = fields.CharField(max_length=7)
    """``YYYY-MM``: the month in whose figures it is."""

    class Meta:
        table = "evaluation"
        constraints = (CheckConstraint(check="level BETWEEN 1 AND 5", name="five_levels"),)


class EvaluationLoop(Record):
    """What follows a bad evaluation (差评整改): where it stands, and until when the next step is due."""

    evaluation_id: UUID
    evaluation: fields.OneToOneRelation[Any] = fields.OneToOneField(
        "jinmin.Evaluation", related_name=False, on_delete=fields.OnDelete.RESTRICT
    )
    division = fields.CharField(max_length=12)
    state = fields.CharEnumField(LoopState, max_length=20)
    version = fields.IntField(default=1)
    appealed = fields.BooleanField(default=False)
    started_on: date = fields.DateField()
    days = fields.IntField()
    due_on: date = fields.DateField()
    due_at = fields.DatetimeField()
    """The end of the step that is to be done; of an ended loop the last one's."""
    late = fields.BooleanField(default=False)
    open = fields.BooleanField(default=True)
    calendar_version = fields.IntField()

    class Meta:
        table = "evaluation_loop"
        indexes = (
            PartialIndex(fields=("due_at",), name="loops_to_come", condition={"NOT late AND open": True}),
            Index(fields=("state", "division", "id")),
        )


class EvaluationAct(Record):
    """One step of a loop, with the reason that was given for it."""

    loop_id: UUID
    loop: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.EvaluationLoop", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    sequence = fields.IntField()
    act = fields.CharEnumField(LoopAct, max_length=20)
    state = fields.CharEnumField(LoopState, max_length=20)
    """Where the loop stood afterwards."""
    actor = fields.CharField(max_length=80)
    note_sealed = fields.TextField(null=True)
    at = fields.DatetimeField()

    class Meta:
        table = "evaluation_act"
        unique_together = (("loop", "sequence"),)


class EvaluationCount(Record):
    """How many there are of one level, by organ and item in a division, kept with each evaluation."""

    period = fields.CharField(max_length=7)
    division = fields.CharField(max_length=12)
    organ_code = fields.CharField(max_length=18)
    organ_name = fields.CharField(max_length=120)
    item_code = fields.CharField(max_length=12)
    level = fields.SmallIntField()
    count = fields.IntField()

    class Meta:
        table = "evaluation_count"
        unique_together = (("period", "division", "organ_code", "item_code", "level"),)


class ScoreAxis(StrEnum):
    """By what scores are published."""

    REGION = "REGION"
    ORGAN = "ORGAN"
    ITEM = "ITEM"


class EvaluationScore(Record):
    """A figure that everybody may see. Written once after its month, and never changed."""

    period = fields.CharField(max_length=7)
    axis = fields.CharEnumField(ScoreAxis, max_length=6)
    subject = fields.CharField(max_length=18)
    """Division, credit code of an organ, or base code of an item."""
    within = fields.CharField(max_length=12)
    """The division above, or in which the organ is rated; the nation for items and for itself."""
    name = fields.CharField(max_length=120, default="")
    count = fields.IntField()
    points = fields.IntField()
    """Sum of the levels."""
    good = fields.IntField()
    """How many of 基本满意 or better."""

    class Meta:
        table = "evaluation_score"
        unique_together = (("period", "axis", "within", "subject"),)


class EvaluationPublication(Record):
    """A month whose figures were published."""

    period = fields.CharField(max_length=7, unique=True)

    class Meta:
        table = "evaluation_publication"
