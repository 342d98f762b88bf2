"""Editions (实施清单): what a division says about an item within what the standard allows."""

from collections.abc import Mapping

from tortoise import fields

from backend.database.record import Record


class Edition(Record):
    """One version of a division's edition. Never changed: a new version follows the old one."""

    item_code = fields.CharField(max_length=12)
    division = fields.CharField(max_length=12)
    version = fields.IntField()
    parameters: Mapping[str, int | str] = fields.JSONField()
    """Only parameters the standard declares, within its bounds."""
    promised_days = fields.IntField(null=True)
    """A shorter promise than the level above gives, or null to inherit."""
    organ_credit_code = fields.CharField(max_length=18, null=True)
    organ_name = fields.CharField(max_length=120, null=True)
    organ_level = fields.CharField(max_length=1, null=True)
    """行使层级, one digit of the 31-character task code."""
    guidance_zh = fields.TextField(default="")
    guidance_en = fields.TextField(default="")
    in_force_from = fields.DateField()

    class Meta:
        table = "edition"
        unique_together = (("item_code", "division", "version"),)
