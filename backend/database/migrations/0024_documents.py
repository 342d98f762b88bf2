from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index, PartialIndex
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import UniqueConstraint

from backend.casework.certificates.models import CertificateKind, RevocationState
from backend.kit.clock import now
from backend.kit.ids import new_id


class Migration(migrations.Migration):
    dependencies = [("jinmin", "0023_urgent_help")]

    initial = False

    operations = [
        ops.CreateModel(
            name="CertificateRevocation",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "certificate",
                    fields.ForeignKeyField(
                        "jinmin.Certificate",
                        source_field="certificate_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "state",
                    fields.CharEnumField(
                        default=RevocationState.OPEN,
                        description="OPEN: OPEN\nCONFIRMED: CONFIRMED\nREJECTED: REJECTED",
                        enum_type=RevocationState,
                        max_length=20,
                    ),
                ),
                ("open", fields.BooleanField(null=True, default=True)),
                ("division", fields.CharField(max_length=12)),
                ("reissue", fields.BooleanField()),
                ("reason_sealed", fields.TextField(unique=False)),
                ("asked_by", fields.UUIDField()),
                ("decided_by", fields.UUIDField(null=True)),
                ("decided_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "certificate_revocation",
                "app": "jinmin",
                "unique_together": (("certificate", "open"),),
                "indexes": [
                    Index(fields=["certificate_id", "created_at"]),
                    PartialIndex(
                        fields=["division", "id"], name="revocations_open", condition={"open": True}
                    ),
                ],
                "pk_attr": "id",
                "table_description": "Asking that a document be revoked (作废), and what a second officer said to it.",
            },
            bases=["Record"],
        ),
        ops.AlterModelOptions(
            name="Certificate",
            options={
                "table": "certificate",
                "app": "jinmin",
                "unique_together": (("application", "sequence", "issue"),),
                "indexes": [
                    PartialIndex(
                        fields=["created_at"],
                        name="documents_not_made",
                        condition={"file_key IS NULL AND 1": 1},
                    ),
                    PartialIndex(
                        fields=["created_at"], name="licences_to_tell", condition={"licence_due": True}
                    ),
                ],
                "pk_attr": "id",
                "table_description": "One document: ordered with the event that calls for it, sealed once, kept for ever.",
            },
        ),
        ops.AlterField(
            model_name="Certificate",
            name="application",
            field=fields.ForeignKeyField(
                "jinmin.Application",
                source_field="application_id",
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AlterField(
            model_name="Certificate",
            name="approved",
            field=fields.BooleanField(null=True),
        ),
        ops.AddField(
            model_name="Certificate",
            name="data_sealed",
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddField(
            model_name="Certificate",
            name="expires_on",
            field=fields.DateField(null=True),
        ),
        ops.AddField(
            model_name="Certificate",
            name="issue",
            field=fields.IntField(null=True),
        ),
        ops.AddField(
            model_name="Certificate",
            name="key_id",
            field=fields.CharField(null=True, max_length=60),
        ),
        ops.AddField(
            model_name="Certificate",
            name="kind",
            field=fields.CharEnumField(
                null=True,
                description="RESULT: RESULT\nACCEPTANCE: ACCEPTANCE\nCORRECTION: CORRECTION\nNON_ACCEPTANCE: NON_ACCEPTANCE\nTERMINATION: TERMINATION",
                enum_type=CertificateKind,
                max_length=20,
            ),
        ),
        ops.AddField(
            model_name="Certificate",
            name="licence_due",
            field=fields.BooleanField(null=True),
        ),
        ops.AddField(
            model_name="Certificate",
            name="replaced_by",
            field=fields.UUIDField(null=True),
        ),
        ops.AddField(
            model_name="Certificate",
            name="sequence",
            field=fields.IntField(null=True),
        ),
        ops.AddField(
            model_name="Certificate",
            name="sm2_signature",
            field=fields.CharField(null=True, max_length=120),
        ),
        # Documents of before are results, called for by the decision of their case.
        ops.RunSQL(
            "UPDATE certificate SET kind = 'RESULT', issue = 1, sequence = coalesce((SELECT max(e.sequence)"
            " FROM case_event e WHERE e.application_id = certificate.application_id"
            " AND e.kind IN ('APPROVED', 'REFUSED')), 0)"
        ),
        # Decisions of before whose document is not there are ordered.
        ops.RunSQL(
            "INSERT INTO certificate (id, created_at, application_id, kind, sequence, issue, code, approved,"
            " applicant_masked, issued_on) SELECT gen_random_uuid(), e.at, e.application_id, 'RESULT', e.sequence, 1,"
            " (SELECT string_agg(substr('23456789ABCDEFGHJKLMNPQRSTUVWXYZ', 1 + get_byte(bits, place) % 32, 1), '')"
            "   FROM (SELECT sha256(uuid_send(gen_random_uuid()) || uuid_send(e.id)) AS bits) AS b,"
            "   generate_series(0, 23) AS place),"
            " e.kind = 'APPROVED', '', (e.at AT TIME ZONE 'Asia/Shanghai')::date"
            " FROM case_event e JOIN application a ON a.id = e.application_id AND a.state = e.kind"
            " WHERE e.kind IN ('APPROVED', 'REFUSED') AND NOT EXISTS"
            " (SELECT FROM certificate c WHERE c.application_id = e.application_id)"
        ),
        ops.AlterField(
            model_name="Certificate",
            name="issue",
            field=fields.IntField(default=1),
        ),
        ops.AlterField(
            model_name="Certificate",
            name="kind",
            field=fields.CharEnumField(
                default=CertificateKind.RESULT,
                description="RESULT: RESULT\nACCEPTANCE: ACCEPTANCE\nCORRECTION: CORRECTION\nNON_ACCEPTANCE: NON_ACCEPTANCE\nTERMINATION: TERMINATION",
                enum_type=CertificateKind,
                max_length=20,
            ),
        ),
        ops.AlterField(
            model_name="Certificate",
            name="sequence",
            field=fields.IntField(default=0),
        ),
        ops.AddIndex(
            model_name="Certificate",
            index=PartialIndex(
                fields=["created_at"], name="documents_not_made", condition={"file_key IS NULL AND 1": 1}
            ),
        ),
        ops.AddIndex(
            model_name="Certificate",
            index=PartialIndex(
                fields=["created_at"], name="licences_to_tell", condition={"licence_due": True}
            ),
        ),
        ops.AddConstraint(
            model_name="Certificate",
            constraint=UniqueConstraint(fields=("application", "sequence", "issue"), name=None),
        ),
    ]
