"""Reports, what was written into them by hand, what was said about them, and where they were lodged."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import UniqueConstraint

from backend.database.record import Record
from backend.statistics.reports.lifecycle import ReportAct, ReportState


class StatisticsReport(Record):
    """The report of one division for one period. Frozen once it is signed."""

    division = fields.CharField(max_length=6)
    superior = fields.CharField(max_length=6, null=True)
    """The division that reviews it; None for the nation's."""
    period = fields.CharField(max_length=7)
    state = fields.CharEnumField(ReportState, max_length=10, default=ReportState.PREPARED)
    version = fields.IntField(default=1)
    cells: Mapping[str, Any] = fields.JSONField()
    """By code what was computed, typed and adjusted; see ``values``."""
    typed: Mapping[str, int] = fields.JSONField()
    """What was typed at this level, by code."""
    findings: Sequence[Mapping[str, Any]] = fields.JSONField()
    """What the checks found, with the explanations that were given."""
    missing: Sequence[str] = fields.JSONField()
    """Divisions below whose report is not in it."""
    prepared_by = fields.CharField(max_length=80)
    prepared_at = fields.DatetimeField()
    signed_by = fields.CharField(max_length=80, null=True)
    signed_at: datetime | None = fields.DatetimeField(null=True)
    snapshot = fields.TextField(null=True)
    """What was signed, byte for byte."""
    signature: Mapping[str, str] | None = fields.JSONField(null=True)
    """Suite, key and signature over ``snapshot``."""
    published_at: datetime | None = fields.DatetimeField(null=True)
    released: Mapping[str, Any] | None = fields.JSONField(null=True)
    """What everybody may see of it, and what is kept from them; see ``public.release``."""
    lodging_due: datetime | None = fields.DatetimeField(null=True)
    """When it is handed to the ministry's statistics system next; None: not asked for, or done."""
    lodging_tries = fields.IntField(default=0)
    receipt: Mapping[str, str] | None = fields.JSONField(null=True)

    class Meta:
        table = "statistics_report"
        constraints = (UniqueConstraint(fields=("division", "period"), name="one_report_of_a_period"),)
        indexes = (
            Index(fields=("superior", "period", "state")),
            Index(fields=("lodging_due",)),
        )


class ReportEntry(Record):
    """One act on a report: who, when, with which words. Never changed."""

    report_id: UUID
    report: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.StatisticsReport", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    act = fields.CharEnumField(ReportAct, max_length=10)
    version = fields.IntField()
    actor = fields.CharField(max_length=80)
    remarks = fields.CharField(max_length=500, default="")

    class Meta:
        table = "statistics_report_entry"
        indexes = (Index(fields=("report_id", "id")),)


class Adjustment(Record):
    """A correction of a frozen figure: it counts in a later period, with its reason."""

    report_id: UUID
    report: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.StatisticsReport", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    """The report in which it counts."""
    code = fields.CharField(max_length=20)
    about = fields.CharField(max_length=7)
    """The period that was wrong."""
    delta = fields.BigIntField()
    delta_over = fields.BigIntField(default=0)
    """Of an average or a ratio: what is added to what it is of."""
    reason = fields.CharField(max_length=500)
    actor = fields.CharField(max_length=80)

    class Meta:
        table = "statistics_adjustment"
        indexes = (Index(fields=("report_id", "id")),)
