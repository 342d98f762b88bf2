from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index, PartialIndex
from tortoise.migrations import operations as ops

from backend.kit.clock import now
from backend.kit.ids import new_id
from backend.people.rectification.models import CorrectionAbout, CorrectionOutcome, CorrectionState


class Migration(migrations.Migration):
    dependencies = [("jinmin", "0016_officers_in_training")]

    initial = False

    operations = [
        ops.CreateModel(
            name="DataCorrection",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "person",
                    fields.ForeignKeyField(
                        "jinmin.Person",
                        source_field="person_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "about",
                    fields.CharEnumField(
                        description="IDENTITY: IDENTITY\nCASE: CASE", enum_type=CorrectionAbout, max_length=10
                    ),
                ),
                ("application_id", fields.UUIDField(null=True)),
                ("division", fields.CharField(max_length=12)),
                (
                    "state",
                    fields.CharEnumField(
                        default=CorrectionState.OPEN,
                        description="OPEN: OPEN\nDECIDED: DECIDED\nWITHDRAWN: WITHDRAWN",
                        enum_type=CorrectionState,
                        max_length=10,
                    ),
                ),
                ("told_sealed", fields.TextField(unique=False)),
                (
                    "outcome",
                    fields.CharEnumField(
                        null=True,
                        description="CORRECTED: CORRECTED\nNOTED: NOTED\nELSEWHERE: ELSEWHERE\nREFUSED: REFUSED",
                        enum_type=CorrectionOutcome,
                        max_length=10,
                    ),
                ),
                ("answer_sealed", fields.TextField(null=True, unique=False)),
                ("officer_id", fields.UUIDField(null=True)),
                ("decided_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "data_correction",
                "app": "jinmin",
                "indexes": [
                    Index(fields=["person_id", "id"]),
                    PartialIndex(
                        fields=["division", "id"], name="corrections_to_decide", condition={"state": "OPEN"}
                    ),
                ],
                "pk_attr": "id",
                "table_description": "One thing that a person wants put right (PIPL 46).",
            },
            bases=["Record"],
        ),
        ops.AddField(
            model_name="Application",
            name="domain",
            field=fields.CharField(db_default="", max_length=20),
        ),
        ops.AddField(
            model_name="Application",
            name="emptied_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
    ]
