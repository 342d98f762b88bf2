"""The serials of one office and item on one day."""

from tortoise import fields

from backend.database.record import Record


class NumberSeries(Record):
    """Where the day's series of one task code stands, and how wide its serials are."""

    task_code = fields.CharField(max_length=31)
    day = fields.DateField()
    last_serial = fields.IntField()
    width = fields.IntField(default=4)

    class Meta:
        table = "number_series"
        unique_together = (("task_code", "day"),)
