"""One evaluation per case (一事一评)."""

from typing import Any
from uuid import UUID

from tortoise import fields

from backend.database.record import Record


class Evaluation(Record):
    """Five levels, 5 very satisfied to 1 very dissatisfied; the words are sealed."""

    application_id: UUID
    application: fields.OneToOneRelation[Any] = fields.OneToOneField(
        "jinmin.Application", related_name=False, on_delete=fields.OnDelete.RESTRICT
    )
    level = fields.SmallIntField()
    comment_sealed = fields.TextField(null=True)

    class Meta:
        table = "evaluation"
