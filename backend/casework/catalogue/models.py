"""Rows of the catalogue: editions (实施清单), official base codes, and the batches in which both arrive."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index

from backend.database.record import Record


class CatalogueBatch(Record):
    """One import or publication: who brought what, and the digest of what they brought."""

    kind = fields.CharField(max_length=20)
    """``editions`` or ``base_codes``."""
    actor = fields.CharField(max_length=80)
    digest = fields.CharField(max_length=64)
    """SHA-256 of the file, or of the draft where there was none; hex."""
    rows = fields.IntField()
    added = fields.IntField()
    changed = fields.IntField()

    class Meta:
        table = "catalogue_batch"
        indexes = (Index(fields=("digest",)),)


class Edition(Record):
    """One version of a division's edition. Never changed: a new version follows the old one."""

    batch_id: UUID | None
    batch: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "jinmin.CatalogueBatch",
        related_name=False,
        on_delete=fields.OnDelete.RESTRICT,
        db_index=False,
        null=True,
    )
    """Null for editions from before batches were kept."""
    division = fields.CharField(max_length=6)
    item_code = fields.CharField(max_length=12)
    """The item's key: the base code with which it is declared, whatever the official one is."""
    version = fields.IntField()
    in_force_from = fields.DateField()
    in_force_until: date | None = fields.DateField(null=True)
    """Last day, or null for open end. On a day several are in force, the one that began last counts."""
    parameters: Mapping[str, int | str] = fields.JSONField()
    """Only parameters the standard declares, within its bounds."""
    promised_days = fields.IntField(null=True)
    """A shorter promise than the level above gives, or null to inherit. Empty texts inherit, too."""
    organ_credit_code = fields.CharField(max_length=18, db_default="")
    organ_name = fields.CharField(max_length=120, db_default="")
    organ_level = fields.CharField(max_length=1, db_default="")
    """行使层级, the 19th sign of the task code."""
    organ_nature = fields.CharField(max_length=1, db_default="")
    """实施主体性质: 1 statutory, 2 authorised, 3 entrusted."""
    power_source = fields.CharField(max_length=1, db_default="")
    """权力来源, 1 to 6."""
    delegate_credit_code = fields.CharField(max_length=18, db_default="")
    delegate_name = fields.CharField(max_length=120, db_default="")
    delegate_level = fields.CharField(max_length=1, db_default="")
    local_catalog_code = fields.CharField(max_length=50, db_default="")
    """The province's own base code, beside the national one."""
    local_task_code = fields.CharField(max_length=50, db_default="")
    hall_zh = fields.CharField(max_length=200, db_default="")
    hall_en = fields.CharField(max_length=400, db_default="")
    hours_zh = fields.CharField(max_length=200, db_default="")
    hours_en = fields.CharField(max_length=400, db_default="")
    enquiries = fields.CharField(max_length=100, db_default="")
    complaints = fields.CharField(max_length=100, db_default="")
    guidance_zh = fields.TextField(db_default="")
    guidance_en = fields.TextField(db_default="")

    class Meta:
        table = "edition"
        unique_together = (("division", "item_code", "version"),)


class BaseCode(Record):
    """An official base code that an import gave to an item; the newest one counts, older ones still find it."""

    batch_id: UUID
    batch: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.CatalogueBatch", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    item_code = fields.CharField(max_length=12)
    code = fields.CharField(max_length=12, unique=True)
    source = fields.CharField(max_length=200)
    """The list that gives it."""

    class Meta:
        table = "base_code"


class CatalogueVersion(Record):
    """How often the catalogue has changed; one row, so that whoever changes it waits for the one before."""

    name = fields.CharField(max_length=20, unique=True)
    version = fields.BigIntField()

    class Meta:
        table = "catalogue_version"
