"""Announcements, feedback, and the phases of pilot regions."""

from datetime import datetime
from enum import StrEnum

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import UniqueConstraint

from backend.database.record import Record


class Announcement(Record):
    """公告: what everybody in a division is told, for a time."""

    division = fields.CharField(max_length=12)
    title_zh = fields.CharField(max_length=80)
    title_en = fields.CharField(max_length=160)
    body_zh = fields.CharField(max_length=2000)
    body_en = fields.CharField(max_length=4000)
    urgent = fields.BooleanField(default=False)
    since: datetime = fields.DatetimeField()
    until: datetime = fields.DatetimeField()
    withdrawn_at: datetime | None = fields.DatetimeField(null=True)
    announced_by = fields.CharField(max_length=80)

    class Meta:
        table = "announcement"
        indexes = (Index(fields=("division", "until")),)


class FeedbackKind(StrEnum):
    """What somebody says of the system."""

    PROBLEM = "PROBLEM"
    """存在的问题"""
    SUGGESTION = "SUGGESTION"
    """意见建议"""
    QUESTION = "QUESTION"
    """咨询"""


class FeedbackState(StrEnum):
    """Where it stands."""

    OPEN = "OPEN"
    IN_WORK = "IN_WORK"
    ANSWERED = "ANSWERED"
    CLOSED = "CLOSED"


class Feedback(Record):
    """反馈: from a user, or from the officers of a pilot region. Words are sealed: people write anything."""

    division = fields.CharField(max_length=12)
    """Whose operators answer."""
    kind = fields.CharEnumField(FeedbackKind, max_length=10)
    state = fields.CharEnumField(FeedbackState, max_length=8, default=FeedbackState.OPEN)
    actor = fields.CharField(max_length=80)
    """Typed id of who said it."""
    from_region = fields.BooleanField()
    """Whether it is a pilot region's, said by one of its officers."""
    said_sealed = fields.TextField()
    answer_sealed: str | None = fields.TextField(null=True)
    answered_by = fields.CharField(max_length=80, null=True)
    answered_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "feedback"
        indexes = (Index(fields=("division", "state", "id")), Index(fields=("actor", "id")))


class PilotPhase(StrEnum):
    """阶段."""

    PREPARING = "PREPARING"
    """准备"""
    PRACTICE = "PRACTICE"
    """培训演练: cases of practice windows count nowhere"""
    TRIAL = "TRIAL"
    """试运行"""
    LIVE = "LIVE"
    """正式运行"""
    PAUSED = "PAUSED"
    """暂停"""


class PilotStep(Record):
    """A pilot region entered a phase. The latest counts; the earlier ones are its course."""

    division = fields.CharField(max_length=6)
    number = fields.IntField()
    phase = fields.CharEnumField(PilotPhase, max_length=10)
    remarks = fields.CharField(max_length=500)
    actor = fields.CharField(max_length=80)

    class Meta:
        table = "pilot_step"
        constraints = (UniqueConstraint(fields=("division", "number"), name="one_pilot_step"),)
