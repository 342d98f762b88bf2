"""Imported cases, without anything that names anybody, and the batches they came in."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import UniqueConstraint

from backend.database.record import Record


class ImportBatch(Record):
    """One file that was brought in whole."""

    division = fields.CharField(max_length=6)
    """The division of the officer who brought it in."""
    digest = fields.CharField(max_length=70)
    file_name = fields.CharField(max_length=200)
    rows = fields.IntField()
    totals: Mapping[str, int] = fields.JSONField()
    """What was reconciled: granted and ended by item."""
    actor = fields.CharField(max_length=80)

    class Meta:
        table = "statistics_import"
        constraints = (UniqueConstraint(fields=("division", "digest"), name="one_import_of_a_file"),)
        indexes = (Index(fields=("division", "id")),)


class ImportedCase(Record):
    """One case of the old system."""

    batch_id: UUID
    batch: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.ImportBatch", related_name=False, on_delete=fields.OnDelete.RESTRICT
    )
    division = fields.CharField(max_length=6)
    item_code = fields.CharField(max_length=12)
    old_number = fields.CharField(max_length=60)
    """The old system's number of the case."""
    received_on: date = fields.DateField()
    granted_on: date | None = fields.DateField(null=True)
    refused_on: date | None = fields.DateField(null=True)
    ended_on: date | None = fields.DateField(null=True)
    sex = fields.CharField(max_length=1)
    age_band = fields.SmallIntField()
    area = fields.CharField(max_length=1)
    mark = fields.CharField(max_length=40)
    people = fields.SmallIntField()
    standard_fen = fields.BigIntField()

    class Meta:
        table = "imported_case"
        constraints = (
            UniqueConstraint(fields=("division", "item_code", "old_number"), name="one_imported_case"),
        )
