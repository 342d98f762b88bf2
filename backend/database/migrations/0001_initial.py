from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index, PartialIndex
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from backend.casework.lifecycle import CaseEventKind, CaseState
from backend.exchange.models import DeliveryState, Outcome
from backend.kit.clock import now
from backend.kit.ids import new_id
from backend.kit.resident_id import Sex
from backend.people.accounts.models import Platform
from backend.people.identity.models import AssuranceMethod, ConsentKind
from backend.viewer import AssuranceLevel


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="AuditEntry",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ("subject", fields.CharField(max_length=80)),
                ("sequence", fields.IntField()),
                ("kind", fields.CharField(max_length=60)),
                ("actor", fields.CharField(max_length=80)),
                ("detail", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("previous_digest", fields.CharField(max_length=64)),
                ("digest", fields.CharField(max_length=64)),
            ],
            options={
                "table": "audit_entry",
                "app": "jinmin",
                "unique_together": (("subject", "sequence"),),
                "indexes": [Index(fields=["actor", "at"])],
                "pk_attr": "id",
                "table_description": "One thing that somebody did to a subject, and the digest that binds it to the one before.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="Edition",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ("item_code", fields.CharField(max_length=12)),
                ("division", fields.CharField(max_length=12)),
                ("version", fields.IntField()),
                ("parameters", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("promised_days", fields.IntField(null=True)),
                ("organ_credit_code", fields.CharField(null=True, max_length=18)),
                ("organ_name", fields.CharField(null=True, max_length=120)),
                ("organ_level", fields.CharField(null=True, max_length=1)),
                ("guidance_zh", fields.TextField(default="", unique=False)),
                ("guidance_en", fields.TextField(default="", unique=False)),
                ("in_force_from", fields.DateField()),
            ],
            options={
                "table": "edition",
                "app": "jinmin",
                "unique_together": (("item_code", "division", "version"),),
                "pk_attr": "id",
                "table_description": "One version of a division's edition. Never changed: a new version follows the old one.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="IdempotencyRecord",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ("actor", fields.CharField(max_length=80)),
                ("key", fields.CharField(max_length=80)),
                ("operation", fields.CharField(max_length=60)),
                ("input_digest", fields.CharField(max_length=64)),
                ("subject_id", fields.UUIDField()),
            ],
            options={
                "table": "idempotency_record",
                "app": "jinmin",
                "unique_together": (("actor", "key"),),
                "pk_attr": "id",
                "table_description": "Who asked for what under which key, and which subject came of it.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="NumberSeries",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ("task_code", fields.CharField(max_length=31)),
                ("day", fields.DateField()),
                ("last_serial", fields.IntField()),
                ("width", fields.IntField(default=4)),
            ],
            options={
                "table": "number_series",
                "app": "jinmin",
                "unique_together": (("task_code", "day"),),
                "pk_attr": "id",
                "table_description": "Where the day's series of one task code stands, and how wide its serials are.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="Organ",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ("credit_code", fields.CharField(unique=True, max_length=18)),
                ("name", fields.CharField(max_length=120)),
                ("division", fields.CharField(max_length=12)),
            ],
            options={
                "table": "organ",
                "app": "jinmin",
                "pk_attr": "id",
                "table_description": "A public body (实施主体) and the division it acts in.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="Officer",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "organ",
                    fields.ForeignKeyField(
                        "jinmin.Organ",
                        source_field="organ_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("login", fields.CharField(unique=True, max_length=60)),
                ("name", fields.CharField(max_length=60)),
                ("password_hash", fields.CharField(max_length=200)),
                ("roles", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("disabled_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "officer",
                "app": "jinmin",
                "pk_attr": "id",
                "table_description": "Somebody who acts for an organ.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="Person",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ("resident_id_index", fields.CharField(unique=True, max_length=70)),
                ("resident_id_sealed", fields.TextField(unique=False)),
                ("name_sealed", fields.TextField(unique=False)),
                ("birth_date", fields.DateField()),
                ("sex", fields.CharEnumField(description="MALE: 1\nFEMALE: 2", enum_type=Sex, max_length=1)),
                ("household_division", fields.CharField(null=True, max_length=12)),
                ("registry_checked_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "person",
                "app": "jinmin",
                "pk_attr": "id",
                "table_description": "A real person, as the population registry confirmed them. Name and number are sealed.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="Account",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "platform",
                    fields.CharEnumField(
                        description="WECHAT: WECHAT\nALIPAY: ALIPAY", enum_type=Platform, max_length=20
                    ),
                ),
                ("open_id_index", fields.CharField(max_length=70)),
                ("open_id_sealed", fields.TextField(unique=False)),
                (
                    "person",
                    fields.ForeignKeyField(
                        "jinmin.Person",
                        source_field="person_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("last_sign_in_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "account",
                "app": "jinmin",
                "unique_together": (("platform", "open_id_index"),),
                "pk_attr": "id",
                "table_description": "An account on a mini-program platform. The platform's id is sealed and found by its blind index.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="Application",
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
                    "edition",
                    fields.ForeignKeyField(
                        "jinmin.Edition",
                        source_field="edition_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("item_code", fields.CharField(max_length=12)),
                ("division", fields.CharField(max_length=12)),
                ("task_code", fields.CharField(max_length=31)),
                ("organ_name", fields.CharField(max_length=120)),
                ("figures", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("promised_days", fields.IntField()),
                (
                    "state",
                    fields.CharEnumField(
                        description="DRAFT: DRAFT\nSUBMITTED: SUBMITTED\nACCEPTED: ACCEPTED\nNOT_ACCEPTED: NOT_ACCEPTED\nAPPROVED: APPROVED\nREFUSED: REFUSED\nCOMPLETED: COMPLETED",
                        enum_type=CaseState,
                        max_length=20,
                    ),
                ),
                ("version", fields.IntField(default=1)),
                ("last_sequence", fields.IntField(default=0)),
                ("answers_sealed", fields.TextField(unique=False)),
                ("result_sealed", fields.TextField(null=True, unique=False)),
                ("case_number", fields.CharField(null=True, unique=True, max_length=50)),
                ("submitted_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("due_on", fields.DateField(null=True)),
                ("assurance", fields.CharField(default="", max_length=60)),
            ],
            options={
                "table": "application",
                "app": "jinmin",
                "indexes": [
                    Index(fields=["person_id", "id"]),
                    Index(fields=["division", "id"]),
                    PartialIndex(
                        fields=["task_code", "submitted_at"],
                        name="waiting_for_number",
                        condition={"state": "SUBMITTED"},
                    ),
                ],
                "pk_attr": "id",
                "table_description": "A case (办件). Answers and result are sealed; everything else is free of personal data.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="CaseEventRow",
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
                ("sequence", fields.IntField()),
                (
                    "kind",
                    fields.CharEnumField(
                        description="STARTED: STARTED\nSUBMITTED: SUBMITTED\nNUMBERED: NUMBERED\nLODGED: LODGED\nACCEPTED: ACCEPTED\nNOT_ACCEPTED: NOT_ACCEPTED\nAPPROVED: APPROVED\nREFUSED: REFUSED\nRESULT_ISSUED: RESULT_ISSUED\nEVALUATED: EVALUATED",
                        enum_type=CaseEventKind,
                        max_length=20,
                    ),
                ),
                (
                    "state",
                    fields.CharEnumField(
                        description="DRAFT: DRAFT\nSUBMITTED: SUBMITTED\nACCEPTED: ACCEPTED\nNOT_ACCEPTED: NOT_ACCEPTED\nAPPROVED: APPROVED\nREFUSED: REFUSED\nCOMPLETED: COMPLETED",
                        enum_type=CaseState,
                        max_length=20,
                    ),
                ),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("actor", fields.CharField(max_length=80)),
                ("detail", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
            ],
            options={
                "table": "case_event",
                "app": "jinmin",
                "unique_together": (("application", "sequence"),),
                "pk_attr": "id",
                "table_description": "One entry of the timeline; the state of a case is what its entries replay to.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="Certificate",
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
                ("code", fields.CharField(unique=True, max_length=40)),
                ("approved", fields.BooleanField()),
                ("applicant_masked", fields.CharField(max_length=60)),
                ("issued_on", fields.DateField()),
                ("file_key", fields.CharField(null=True, max_length=200)),
                ("sha256", fields.CharField(null=True, max_length=64)),
                ("revoked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "certificate",
                "app": "jinmin",
                "pk_attr": "id",
                "table_description": "One document per case: its public code, and where the sealed PDF is once it is made.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="Consent",
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
                        description="FACE_VERIFICATION: FACE_VERIFICATION",
                        enum_type=ConsentKind,
                        max_length=40,
                    ),
                ),
                ("version", fields.CharField(max_length=20)),
                ("given_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("withdrawn_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "consent",
                "app": "jinmin",
                "indexes": [Index(fields=["person_id", "id"])],
                "pk_attr": "id",
                "table_description": "One consent to one version of a text. Withdrawn ones stay: they prove what was agreed when.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="Delivery",
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
                ("region", fields.CharField(max_length=4)),
                (
                    "state",
                    fields.CharEnumField(
                        default=DeliveryState.PENDING,
                        description="PENDING: PENDING\nDELIVERED: DELIVERED\nDEAD: DEAD",
                        enum_type=DeliveryState,
                        max_length=12,
                    ),
                ),
                ("attempts", fields.IntField(default=0)),
                ("next_try_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("last_problem", fields.CharField(null=True, max_length=60)),
                ("external_case_number", fields.CharField(null=True, max_length=80)),
                ("receipt", fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
                ("delivered_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "delivery",
                "app": "jinmin",
                "indexes": [PartialIndex(fields=["next_try_at"], condition={"state": "PENDING"})],
                "pk_attr": "id",
                "table_description": "One case on its way to the province that decides. Its id is the idempotency key on the wire.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="Evaluation",
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
                ("level", fields.SmallIntField()),
                ("comment_sealed", fields.TextField(null=True, unique=False)),
            ],
            options={
                "table": "evaluation",
                "app": "jinmin",
                "pk_attr": "id",
                "table_description": "Five levels, 5 very satisfied to 1 very dissatisfied; the words are sealed.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="InboundEvent",
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
                ("region", fields.CharField(max_length=4)),
                ("event_id", fields.CharField(max_length=80)),
                ("sequence", fields.IntField()),
                ("sealed", fields.TextField(unique=False)),
                (
                    "outcome",
                    fields.CharEnumField(
                        default=Outcome.WAITING,
                        description="WAITING: WAITING\nAPPLIED: APPLIED\nIMPOSSIBLE: IMPOSSIBLE",
                        enum_type=Outcome,
                        max_length=12,
                    ),
                ),
            ],
            options={
                "table": "inbound_event",
                "app": "jinmin",
                "unique_together": (("region", "event_id"),),
                "indexes": [Index(fields=["application_id", "sequence"])],
                "pk_attr": "id",
                "table_description": "A verified message of a province about a case, sealed, applied in the order of its sequence.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="MaterialRow",
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
                ("code", fields.CharField(max_length=60)),
                ("file_key", fields.CharField(max_length=200)),
                ("file_name_sealed", fields.TextField(unique=False)),
                ("media_type", fields.CharField(max_length=60)),
                ("size", fields.IntField()),
                ("sha256", fields.CharField(max_length=64)),
            ],
            options={
                "table": "material",
                "app": "jinmin",
                "unique_together": (("application", "code"),),
                "pk_attr": "id",
                "table_description": "Where the sealed bytes of a material are, and what they were when they came.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="Session",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "account",
                    fields.ForeignKeyField(
                        "jinmin.Account",
                        source_field="account_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "officer",
                    fields.ForeignKeyField(
                        "jinmin.Officer",
                        source_field="officer_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("refresh_digest", fields.CharField(max_length=64)),
                ("rotated_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("revoked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("device_name", fields.CharField(default="", max_length=80)),
            ],
            options={
                "table": "session",
                "app": "jinmin",
                "pk_attr": "id",
                "table_description": "One signed-in device. Its refresh tokens are a family: each is good for one exchange.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="AssuranceRecord",
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
                    "level",
                    fields.IntEnumField(
                        description="SIGNED_IN: 1\nREAL_NAME: 2\nVERIFIED: 3\nAUTHORITATIVE: 4",
                        enum_type=AssuranceLevel,
                        generated=False,
                    ),
                ),
                (
                    "method",
                    fields.CharEnumField(
                        description="SIGN_IN: SIGN_IN\nREAL_NAME: REAL_NAME\nFACE_SELFIE: FACE_SELFIE\nFACE_ACTIVE: FACE_ACTIVE\nWINDOW: WINDOW",
                        enum_type=AssuranceMethod,
                        max_length=20,
                    ),
                ),
                (
                    "session",
                    fields.ForeignKeyField(
                        "jinmin.Session",
                        source_field="session_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "officer",
                    fields.ForeignKeyField(
                        "jinmin.Officer",
                        source_field="officer_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("challenge_id", fields.UUIDField(null=True, unique=True)),
                ("model", fields.CharField(null=True, max_length=80)),
                ("proven_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "assurance_record",
                "app": "jinmin",
                "indexes": [Index(fields=["person_id", "level", "proven_at"])],
                "pk_attr": "id",
                "table_description": "One proof of who a person is: by themselves in a session, or by an officer who saw them.",
            },
            bases=["Record"],
        ),
        # Apart from the tables on purpose: constraints among a table's options are recorded but never made.
        ops.AddConstraint(
            model_name="Consent",
            constraint=UniqueConstraint(
                fields=("person_id", "kind"), name="one_standing_consent", condition="withdrawn_at IS NULL"
            ),
        ),
        ops.AddConstraint(
            model_name="Session",
            constraint=CheckConstraint(
                check="num_nonnulls(account_id, officer_id) = 1", name="session_of_somebody"
            ),
        ),
        ops.AddConstraint(
            model_name="AssuranceRecord",
            constraint=CheckConstraint(
                check="num_nonnulls(session_id, officer_id) = 1", name="assurance_by_somebody"
            ),
        ),
    ]
