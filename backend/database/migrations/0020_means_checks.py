from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import PartialIndex
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from backend.casework.means_check.models import MeansState
from backend.kit.clock import now
from backend.kit.ids import new_id


class Migration(migrations.Migration):
    dependencies = [("jinmin", "0019_second_factor_of_officers")]

    initial = False

    operations = [
        ops.CreateModel(
            name="MeansCheck",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "application",
                    fields.ForeignKeyField(
                        "jinmin.Application",
                        source_field="application_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("number", fields.IntField()),
                (
                    "state",
                    fields.CharEnumField(
                        description="AUTHORISING: AUTHORISING\nASKING: ASKING\nASKED: ASKED\nANSWERED: ANSWERED\nFAILED: FAILED\nSTOPPED: STOPPED",
                        enum_type=MeansState,
                        max_length=20,
                    ),
                ),
                ("open", fields.BooleanField()),
                ("begun_by", fields.CharField(max_length=80)),
                ("missing", fields.IntField()),
                ("tries", fields.IntField(default=0)),
                ("next_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("asked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("answered_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("answer_sealed", fields.TextField(null=True, unique=False)),
                ("valid_until", fields.DateField(null=True)),
            ],
            options={
                "table": "means_check",
                "app": "jinmin",
                "unique_together": (("application", "number"),),
                "constraints": [
                    UniqueConstraint(
                        fields=("application_id",), name="one_open_means_check", condition="open"
                    )
                ],
                "indexes": [
                    PartialIndex(fields=["next_at"], name="means_checks_to_do", condition={"open": True})
                ],
                "pk_attr": "id",
                "table_description": "One check of one case's household. The answer is sealed.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="MeansWithdrawal",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "application",
                    fields.OneToOneField(
                        "jinmin.Application",
                        source_field="application_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
            ],
            options={
                "table": "means_withdrawal",
                "app": "jinmin",
                "pk_attr": "id",
                "table_description": "That an authorisation was taken back.",
            },
            bases=["Record"],
        ),
        ops.AddConstraint(
            model_name="MeansCheck",
            constraint=UniqueConstraint(
                fields=("application_id",), name="one_open_means_check", condition="open"
            ),
        ),
        ops.AddConstraint(
            model_name="NoticeBox",
            constraint=CheckConstraint(check="unread >= 0", name="unread_is_no_debt"),
        ),
    ]
