"""What statistics keep of cases: narrow facts, appended as cases move, and figures that are folded from them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index, PartialIndex
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from backend.database.record import Record


class StatisticsFact(Record):
    """One event of one case as it counts. Never changed but for ``folded``; no personal data."""

    application_id: UUID | None
    application: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "jinmin.Application",
        related_name=False,
        on_delete=fields.OnDelete.RESTRICT,
        null=True,
        db_index=False,
    )
    imported_id: UUID | None = fields.UUIDField(null=True)
    """The imported case that it is of, where it is of no case of ours."""
    sequence = fields.IntField()
    """The entry of the timeline."""
    kind = fields.CharField(max_length=20)
    item_code = fields.CharField(max_length=12)
    division = fields.CharField(max_length=6)
    """Of the county."""
    month = fields.IntField()
    """202611, by the day in China."""
    area = fields.CharField(max_length=1)
    sex = fields.CharField(max_length=1)
    age_band = fields.SmallIntField()
    mark = fields.CharField(max_length=40, default="")
    """What the event says further: on time or late, online or at a window, a choice of the form."""
    cases = fields.SmallIntField(default=1)
    people = fields.SmallIntField(default=1)
    stock = fields.SmallIntField(default=0)
    """One more or one less benefit in force."""
    stock_people = fields.SmallIntField(default=0)
    standard_fen = fields.BigIntField(default=0)
    folded = fields.BooleanField(default=False)

    class Meta:
        table = "statistics_fact"
        constraints = (
            CheckConstraint(
                check="(application_id IS NULL) <> (imported_id IS NULL)", name="fact_of_one_case"
            ),
            UniqueConstraint(fields=("application_id", "sequence"), name="one_fact_per_event"),
            UniqueConstraint(fields=("imported_id", "sequence"), name="one_fact_per_imported_event"),
        )
        indexes = (
            PartialIndex(fields=("id",), name="facts_to_fold", condition={"folded": False}),
            Index(fields=("division", "month", "kind")),
        )


class StatisticsFigure(Record):
    """How often something happened in one county and month: what facts with the same words add up to."""

    division = fields.CharField(max_length=6)
    month = fields.IntField()
    kind = fields.CharField(max_length=20)
    item_code = fields.CharField(max_length=12)
    mark = fields.CharField(max_length=40)
    area = fields.CharField(max_length=1)
    sex = fields.CharField(max_length=1)
    age_band = fields.SmallIntField()
    imported = fields.BooleanField()
    cases = fields.IntField()
    people = fields.IntField()
    stock = fields.IntField()
    stock_people = fields.IntField()
    standard_fen = fields.BigIntField()

    class Meta:
        table = "statistics_figure"
        constraints = (
            UniqueConstraint(
                fields=(
                    "division",
                    "month",
                    "kind",
                    "item_code",
                    "mark",
                    "area",
                    "sex",
                    "age_band",
                    "imported",
                ),
                name="one_figure",
            ),
        )


class PracticeWindow(Record):
    """Training and test runs of a region (演练): cases that were begun there meanwhile count nowhere."""

    division = fields.CharField(max_length=12)
    since = fields.DatetimeField()
    until: datetime = fields.DatetimeField()
    announced_by = fields.CharField(max_length=80)

    class Meta:
        table = "practice_window"
        indexes = (Index(fields=("until",)),)
