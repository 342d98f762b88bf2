from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import UniqueConstraint

from backend.kit.clock import now
from backend.kit.ids import new_id
from backend.people.identity.models import ConsentKind
from backend.people.reviews.models import ReviewKind, ReviewReason, ReviewState
from backend.people.video.models import TicketState


class Migration(migrations.Migration):
    dependencies = [("jinmin", "0007_sources_of_materials")]

    initial = False

    operations = [
        ops.CreateModel(
            name="FaceStanding",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "account",
                    fields.ForeignKeyField(
                        "jinmin.Account",
                        source_field="account_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
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
                ("failures", fields.IntField()),
                ("counted_from", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("locked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "face_standing",
                "app": "jinmin",
                "unique_together": (("account_id", "person_id"),),
                "pk_attr": "id",
                "table_description": "Failed face checks of one person in one account: too many lock the face there, and nowhere else.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="FaceTemplate",
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
                ("model", fields.CharField(max_length=80)),
                ("rotated_sealed", fields.TextField(unique=False)),
                ("enrolled_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "face_template",
                "app": "jinmin",
                "unique_together": (("person_id",),),
                "pk_attr": "id",
                "table_description": "Half of an enrolled face; the other half is in the file store, under ``face-secrets/`` and this id.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="IdentityReview",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "kind",
                    fields.CharEnumField(
                        description="REAL_NAME: REAL_NAME\nFACE_LOCKOUT: FACE_LOCKOUT",
                        enum_type=ReviewKind,
                        max_length=20,
                    ),
                ),
                (
                    "state",
                    fields.CharEnumField(
                        default=ReviewState.OPEN,
                        description="OPEN: OPEN\nCONFIRMED: CONFIRMED\nREFUSED: REFUSED\nWITHDRAWN: WITHDRAWN",
                        enum_type=ReviewState,
                        max_length=20,
                    ),
                ),
                ("code", fields.CharField(unique=True, max_length=8)),
                ("division", fields.CharField(max_length=12)),
                (
                    "account",
                    fields.ForeignKeyField(
                        "jinmin.Account",
                        source_field="account_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "session",
                    fields.ForeignKeyField(
                        "jinmin.Session",
                        source_field="session_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
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
                ("claim_sealed", fields.TextField(null=True, unique=False)),
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
                (
                    "reason",
                    fields.CharEnumField(
                        null=True,
                        description="ALL_RIGHT: ALL_RIGHT\nNOT_THE_PERSON: NOT_THE_PERSON\nDOCUMENT_NOT_GENUINE: DOCUMENT_NOT_GENUINE\nDOCUMENT_UNREADABLE: DOCUMENT_UNREADABLE\nREGISTRY_CONTRADICTS: REGISTRY_CONTRADICTS\nUNDER_PRESSURE: UNDER_PRESSURE\nATTACK: ATTACK\nDID_NOT_APPEAR: DID_NOT_APPEAR\nCONNECTION: CONNECTION",
                        enum_type=ReviewReason,
                        max_length=30,
                    ),
                ),
                ("note_sealed", fields.TextField(null=True, unique=False)),
                ("decided_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "identity_review",
                "app": "jinmin",
                "indexes": [Index(fields=["state", "id"]), Index(fields=["account_id", "id"])],
                "pk_attr": "id",
                "table_description": "One thing to look at, by the officers of one division.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="NetworkId",
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
                ("network_id_index", fields.CharField(unique=True, max_length=70)),
            ],
            options={
                "table": "network_id",
                "app": "jinmin",
                "pk_attr": "id",
                "table_description": "A 网号 that was verified, and whose it is.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="VideoDesk",
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
                ("seats", fields.IntField()),
            ],
            options={
                "table": "video_desk",
                "app": "jinmin",
                "unique_together": (("organ_id",),),
                "pk_attr": "id",
                "table_description": "How many officers of an organ take calls at the same time; none is no service.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="VideoTicket",
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
                (
                    "account",
                    fields.ForeignKeyField(
                        "jinmin.Account",
                        source_field="account_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "session",
                    fields.ForeignKeyField(
                        "jinmin.Session",
                        source_field="session_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
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
                (
                    "review",
                    fields.ForeignKeyField(
                        "jinmin.IdentityReview",
                        source_field="review_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("slot_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                (
                    "state",
                    fields.CharEnumField(
                        default=TicketState.WAITING,
                        description="WAITING: WAITING\nCALLED: CALLED\nCONFIRMED: CONFIRMED\nREFUSED: REFUSED\nMISSED: MISSED\nCANCELLED: CANCELLED",
                        enum_type=TicketState,
                        max_length=20,
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
                ("called_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                (
                    "reason",
                    fields.CharEnumField(
                        null=True,
                        description="ALL_RIGHT: ALL_RIGHT\nNOT_THE_PERSON: NOT_THE_PERSON\nDOCUMENT_NOT_GENUINE: DOCUMENT_NOT_GENUINE\nDOCUMENT_UNREADABLE: DOCUMENT_UNREADABLE\nREGISTRY_CONTRADICTS: REGISTRY_CONTRADICTS\nUNDER_PRESSURE: UNDER_PRESSURE\nATTACK: ATTACK\nDID_NOT_APPEAR: DID_NOT_APPEAR\nCONNECTION: CONNECTION",
                        enum_type=ReviewReason,
                        max_length=30,
                    ),
                ),
                ("note_sealed", fields.TextField(null=True, unique=False)),
            ],
            options={
                "table": "video_ticket",
                "app": "jinmin",
                "indexes": [Index(fields=["organ_id", "state", "id"]), Index(fields=["organ_id", "slot_at"])],
                "pk_attr": "id",
                "table_description": "One place in the queue, or one appointment.",
            },
            bases=["Record"],
        ),
        ops.AlterField(
            model_name="Consent",
            name="kind",
            field=fields.CharEnumField(
                description="FACE_VERIFICATION: FACE_VERIFICATION\nFACE_TEMPLATE: FACE_TEMPLATE\nPLATFORM_FACE: PLATFORM_FACE",
                enum_type=ConsentKind,
                max_length=40,
            ),
        ),
        # Apart from the tables on purpose: constraints among a table's options are recorded but never made.
        ops.AddConstraint(
            model_name="IdentityReview",
            constraint=UniqueConstraint(
                fields=("account_id", "kind"), name="one_open_review", condition="state = 'OPEN'"
            ),
        ),
        ops.AddConstraint(
            model_name="VideoTicket",
            constraint=UniqueConstraint(
                fields=("account_id",), name="one_running_ticket", condition="ended_at IS NULL"
            ),
        ),
        ops.AddConstraint(
            model_name="VideoTicket",
            constraint=UniqueConstraint(
                fields=("officer_id",), name="one_call_of_an_officer", condition="state = 'CALLED'"
            ),
        ),
    ]
