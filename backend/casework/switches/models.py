"""What is turned off where; a row that was turned on again stays."""

from datetime import datetime
from enum import StrEnum

from tortoise import fields
from tortoise.migrations.constraints import UniqueConstraint

from backend.database.record import Record


class Feature(StrEnum):
    """What can be turned off."""

    APPLY = "APPLY"
    """网上申请: cases are begun and handed in online. What was handed in goes on."""


class FeatureSwitch(Record):
    """One feature in one division, for one item or for all of them."""

    feature = fields.CharEnumField(Feature, max_length=10)
    division = fields.CharField(max_length=12)
    """With everything in it."""
    item_code = fields.CharField(max_length=12, default="")
    """Empty for every item."""
    on = fields.BooleanField()
    reason = fields.CharField(max_length=200)
    """Told to citizens, in Chinese."""
    changed_by = fields.CharField(max_length=80)
    changed_at: datetime = fields.DatetimeField()

    class Meta:
        table = "feature_switch"
        constraints = (
            UniqueConstraint(fields=("feature", "division", "item_code"), name="one_switch_of_a_feature"),
        )
