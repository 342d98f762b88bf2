from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from backend.people.identity.models import ConsentKind


class Migration(migrations.Migration):
    dependencies = [("jinmin", "0002_seen_by_an_officer")]

    initial = False

    operations = [
        ops.AlterField(
            model_name="Consent",
            name="kind",
            field=fields.CharEnumField(
                description="FACE_VERIFICATION: FACE_VERIFICATION\nFACE_TEMPLATE: FACE_TEMPLATE\nPLATFORM_FACE: PLATFORM_FACE\nCHILD_DATA: CHILD_DATA",
                enum_type=ConsentKind,
                max_length=40,
            ),
        ),
        ops.AddField(
            model_name="Consent",
            name="guardian",
            field=fields.ForeignKeyField(
                "jinmin.Person",
                source_field="guardian_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddIndex(
            model_name="Consent",
            index=Index(fields=["guardian_id", "id"]),
        ),
        ops.AddConstraint(
            model_name="Consent",
            constraint=UniqueConstraint(
                fields=("person_id", "guardian_id", "kind"),
                name="one_consent_of_a_guardian",
                condition="withdrawn_at IS NULL",
            ),
        ),
        ops.AddConstraint(
            model_name="Consent",
            constraint=CheckConstraint(
                check="num_nonnulls(account_id, guardian_id) <= 1", name="consent_of_one_giver"
            ),
        ),
    ]
