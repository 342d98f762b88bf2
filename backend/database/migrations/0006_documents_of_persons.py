from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from backend.kit.clock import now
from backend.kit.documents import DocumentKind
from backend.kit.ids import new_id
from backend.kit.resident_id import Sex
from backend.people.identity.models import AssuranceMethod, ConfirmedBy


class Migration(migrations.Migration):
    dependencies = [("jinmin", "0005_editions_in_full")]

    initial = False

    operations = [
        ops.CreateModel(
            name="IdentityDocument",
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
                    "kind",
                    fields.CharEnumField(
                        description="RESIDENT_ID: RESIDENT_ID\nHK_MACAO_RESIDENCE_PERMIT: HK_MACAO_RESIDENCE_PERMIT\nTAIWAN_RESIDENCE_PERMIT: TAIWAN_RESIDENCE_PERMIT\nPERMANENT_RESIDENCE_CARD: PERMANENT_RESIDENCE_CARD\nPASSPORT: PASSPORT",
                        enum_type=DocumentKind,
                        max_length=40,
                    ),
                ),
                ("country", fields.CharField(null=True, max_length=3)),
                ("number_index", fields.CharField(max_length=70)),
                ("number_sealed", fields.TextField(unique=False)),
                ("name_sealed", fields.TextField(unique=False)),
                ("expires_on", fields.DateField(null=True)),
                ("main", fields.BooleanField()),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                (
                    "confirmed_by",
                    fields.CharEnumField(
                        description="REGISTRY: REGISTRY\nOFFICER: OFFICER",
                        enum_type=ConfirmedBy,
                        max_length=20,
                    ),
                ),
                ("registry_checked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("check_again_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "identity_document",
                "app": "jinmin",
                "indexes": [Index(fields=["number_index", "id"]), Index(fields=["check_again_at"])],
                "pk_attr": "id",
                "table_description": "A document of a person, with the name on it. Former ones stay: an old number still finds its person.",
            },
            bases=["Record"],
        ),
        # Apart from the table on purpose: constraints among a table's options are recorded but never made.
        ops.AddConstraint(
            model_name="IdentityDocument",
            constraint=UniqueConstraint(
                fields=("number_index",), name="one_living_document", condition="ended_at IS NULL"
            ),
        ),
        ops.AddConstraint(
            model_name="IdentityDocument",
            constraint=UniqueConstraint(fields=("person_id",), name="one_main_document", condition="main"),
        ),
        ops.AddConstraint(
            model_name="IdentityDocument",
            constraint=CheckConstraint(
                check="NOT (main AND ended_at IS NOT NULL)", name="main_document_lives"
            ),
        ),
        # What stood on the person moves to their first document; it stays sealed as it is.
        ops.RunSQL(
            "INSERT INTO identity_document (id, created_at, person_id, kind, country, number_index, number_sealed,"
            " name_sealed, main, confirmed_by, registry_checked_at)"
            " SELECT gen_random_uuid(), created_at, id, 'RESIDENT_ID', 'CHN', resident_id_index, resident_id_sealed,"
            " name_sealed, true, 'REGISTRY', registry_checked_at FROM person"
        ),
        ops.AddField(
            model_name="Account",
            name="claimed_person",
            field=fields.ForeignKeyField(
                "jinmin.Person",
                source_field="claimed_person_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddField(
            model_name="Account",
            name="proved_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.RunSQL(
            "UPDATE account SET proved_at = proof.at FROM (SELECT session.account_id, min(proven_at) AS at"
            " FROM assurance_record JOIN session ON session.id = session_id WHERE level >= 3 GROUP BY 1) proof"
            " WHERE proof.account_id = account.id"
        ),
        ops.RemoveConstraint(
            model_name="AssuranceRecord",
            name="assurance_by_somebody",
            fields=None,
        ),
        ops.AlterField(
            model_name="AssuranceRecord",
            name="method",
            field=fields.CharEnumField(
                description="SIGN_IN: SIGN_IN\nREAL_NAME: REAL_NAME\nFACE_SELFIE: FACE_SELFIE\nFACE_ACTIVE: FACE_ACTIVE\nVIDEO: VIDEO\nPLATFORM_FACE: PLATFORM_FACE\nNETWORK_IDENTITY: NETWORK_IDENTITY\nWINDOW: WINDOW\nHOME_VISIT: HOME_VISIT",
                enum_type=AssuranceMethod,
                max_length=20,
            ),
        ),
        ops.AddField(
            model_name="AssuranceRecord",
            name="slip_index",
            field=fields.CharField(null=True, unique=True, max_length=70),
        ),
        ops.AddConstraint(
            model_name="AssuranceRecord",
            constraint=CheckConstraint(
                check="num_nonnulls(session_id, officer_id) >= 1", name="assurance_by_anybody"
            ),
        ),
        ops.RemoveConstraint(
            model_name="Consent",
            name="one_standing_consent",
            fields=None,
        ),
        ops.AddField(
            model_name="Consent",
            name="account",
            field=fields.ForeignKeyField(
                "jinmin.Account",
                source_field="account_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddConstraint(
            model_name="Consent",
            constraint=UniqueConstraint(
                fields=("account_id", "kind"), name="one_standing_consent", condition="withdrawn_at IS NULL"
            ),
        ),
        ops.AlterModelOptions(
            name="Person",
            options={
                "table": "person",
                "app": "jinmin",
                "pk_attr": "id",
                "table_description": "A real person. Who they are is said by their documents; the person outlives each of them.",
            },
        ),
        ops.AlterField(
            model_name="Person",
            name="sex",
            field=fields.CharEnumField(
                description="UNKNOWN: 0\nMALE: 1\nFEMALE: 2", enum_type=Sex, max_length=1
            ),
        ),
        ops.RemoveField(model_name="Person", name="name_sealed"),
        ops.RemoveField(model_name="Person", name="registry_checked_at"),
        ops.RemoveField(model_name="Person", name="resident_id_index"),
        ops.RemoveField(model_name="Person", name="resident_id_sealed"),
    ]
