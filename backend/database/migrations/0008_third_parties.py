from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index, PartialIndex
from tortoise.migrations import operations as ops

from backend.kit.clock import now
from backend.kit.ids import new_id
from backend.providers.organisations.kinds import LicenceKind, PlaceKind
from backend.providers.organisations.models import OrganisationState, ReviewKind, ReviewState, StaffRole
from backend.providers.places.models import VersionState


class Migration(migrations.Migration):
    dependencies = [("jinmin", "0007_households")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Organisation",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ("credit_code", fields.CharField(max_length=18)),
                ("name", fields.CharField(max_length=120)),
                ("division", fields.CharField(max_length=12)),
                ("address", fields.CharField(max_length=200)),
                ("licences", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                (
                    "state",
                    fields.CharEnumField(
                        description="DRAFT: DRAFT\nSUBMITTED: SUBMITTED\nACTIVE: ACTIVE\nREFUSED: REFUSED\nSUSPENDED: SUSPENDED",
                        enum_type=OrganisationState,
                        max_length=12,
                    ),
                ),
                ("reason", fields.CharField(default="", max_length=500)),
                ("proposed", fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
                ("decided_by", fields.UUIDField(null=True)),
                ("decided_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "organisation",
                "app": "jinmin",
                "indexes": [Index(fields=["division", "id"])],
                "pk_attr": "id",
                "table_description": "A third party (第三方机构). It is no person: nothing here is sealed but its papers.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="OrganisationPaper",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "organisation",
                    fields.ForeignKeyField(
                        "jinmin.Organisation",
                        source_field="organisation_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "licence",
                    fields.CharEnumField(
                        description="ELDERLY_CARE: ELDERLY_CARE\nFOOD: FOOD\nSOCIAL_ORGANISATION: SOCIAL_ORGANISATION\nFUNERAL: FUNERAL\nCEMETERY: CEMETERY\nCHILD_WELFARE: CHILD_WELFARE",
                        enum_type=LicenceKind,
                        max_length=24,
                    ),
                ),
                ("file_key", fields.CharField(unique=True, max_length=120)),
                ("media_type", fields.CharField(max_length=40)),
                ("size", fields.IntField()),
                ("sha256", fields.CharField(max_length=64)),
            ],
            options={
                "table": "organisation_paper",
                "app": "jinmin",
                "unique_together": (("organisation", "licence"),),
                "pk_attr": "id",
                "table_description": "A paper that an organisation handed in, for the reviewing officer's eyes.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="OrganisationStaff",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "organisation",
                    fields.ForeignKeyField(
                        "jinmin.Organisation",
                        source_field="organisation_id",
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
                ("label", fields.CharField(max_length=40)),
                (
                    "role",
                    fields.CharEnumField(
                        description="ADMINISTRATOR: ADMINISTRATOR\nMANAGER: MANAGER\nATTENDANT: ATTENDANT\nDEVELOPER: DEVELOPER",
                        enum_type=StaffRole,
                        max_length=16,
                    ),
                ),
                ("invitation_index", fields.CharField(null=True, unique=True, max_length=70)),
                ("invited_until", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("joined_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("removed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "organisation_staff",
                "app": "jinmin",
                "indexes": [
                    Index(fields=["organisation_id", "id"]),
                    PartialIndex(
                        fields=["organisation_id", "person_id"],
                        name="staff_of_today",
                        condition={"removed_at": None},
                    ),
                ],
                "pk_attr": "id",
                "table_description": "A person who acts for an organisation: a citizen with a real name, in a role.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="Place",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "organisation",
                    fields.ForeignKeyField(
                        "jinmin.Organisation",
                        source_field="organisation_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("platform", fields.CharField(null=True, max_length=40)),
                ("platform_key", fields.CharField(null=True, max_length=80)),
                (
                    "kind",
                    fields.CharEnumField(
                        description="CARE_HOME: CARE_HOME\nDAY_CARE: DAY_CARE\nHOME_CARE: HOME_CARE\nMEAL_SERVICE: MEAL_SERVICE\nBATHING_SERVICE: BATHING_SERVICE\nVOLUNTEERS: VOLUNTEERS\nCOUNSELLING: COUNSELLING\nFUNERAL_HOME: FUNERAL_HOME\nCEMETERY: CEMETERY\nCOLUMBARIUM: COLUMBARIUM\nCHILD_WELFARE_HOME: CHILD_WELFARE_HOME",
                        enum_type=PlaceKind,
                        max_length=24,
                    ),
                ),
                ("name", fields.CharField(max_length=120)),
                ("plain", fields.CharField(max_length=120)),
                ("spelt", fields.CharField(max_length=600)),
                ("initials", fields.CharField(max_length=120)),
                ("grams", fields.TextField(unique=False)),
                ("division", fields.CharField(max_length=12)),
                ("x", fields.FloatField()),
                ("y", fields.FloatField()),
                ("price_fen", fields.IntField()),
                ("capacity", fields.IntField()),
                ("free", fields.IntField()),
                ("access", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("rating_sum", fields.IntField(default=0)),
                ("rating_count", fields.IntField(default=0)),
                ("content", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("version", fields.IntField()),
                ("approved", fields.BooleanField(default=False)),
                ("withdrawn", fields.BooleanField(default=False)),
                ("listed", fields.BooleanField(default=False)),
                ("changed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "place",
                "app": "jinmin",
                "unique_together": (("platform", "platform_key"),),
                "indexes": [
                    Index(fields=["organisation_id", "id"]),
                    PartialIndex(
                        fields=["division", "kind"], name="listed_places", condition={"listed": True}
                    ),
                ],
                "pk_attr": "id",
                "table_description": "A service or place as citizens find it: the current version, spread out for look-up.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="PlaceVersion",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "place",
                    fields.ForeignKeyField(
                        "jinmin.Place",
                        source_field="place_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("number", fields.IntField()),
                ("content", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                (
                    "state",
                    fields.CharEnumField(
                        description="PROPOSED: PROPOSED\nCURRENT: CURRENT\nPAST: PAST\nREFUSED: REFUSED\nOVERTAKEN: OVERTAKEN",
                        enum_type=VersionState,
                        max_length=12,
                    ),
                ),
                ("reason", fields.CharField(default="", max_length=500)),
                ("made_by", fields.CharField(max_length=80)),
                ("settled_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "place_version",
                "app": "jinmin",
                "unique_together": (("place", "number"),),
                "pk_attr": "id",
                "table_description": "A listing as it was handed in: nothing that was shown is ever forgotten.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="ProviderReview",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "organisation",
                    fields.ForeignKeyField(
                        "jinmin.Organisation",
                        source_field="organisation_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "kind",
                    fields.CharEnumField(
                        description="REGISTRATION: REGISTRATION\nLISTING: LISTING\nAPPEAL: APPEAL",
                        enum_type=ReviewKind,
                        max_length=16,
                    ),
                ),
                ("subject_id", fields.UUIDField()),
                ("division", fields.CharField(max_length=12)),
                ("told", fields.CharField(default="", max_length=1000)),
                (
                    "state",
                    fields.CharEnumField(
                        description="OPEN: OPEN\nAPPROVED: APPROVED\nREFUSED: REFUSED\nOVERTAKEN: OVERTAKEN",
                        enum_type=ReviewState,
                        max_length=12,
                    ),
                ),
                ("reason", fields.CharField(default="", max_length=500)),
                ("decided_by", fields.UUIDField(null=True)),
                ("decided_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "provider_review",
                "app": "jinmin",
                "indexes": [
                    Index(fields=["division", "state", "id"]),
                    Index(fields=["organisation_id", "id"]),
                ],
                "pk_attr": "id",
                "table_description": "One thing that an officer of the division is asked to look at: approved, it takes effect as it stands.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="ProviderToken",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "organisation",
                    fields.ForeignKeyField(
                        "jinmin.Organisation",
                        source_field="organisation_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("digest", fields.CharField(max_length=64)),
                (
                    "staff",
                    fields.ForeignKeyField(
                        "jinmin.OrganisationStaff",
                        source_field="staff_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("scopes", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("revoked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "provider_token",
                "app": "jinmin",
                "indexes": [Index(fields=["expires_at"])],
                "pk_attr": "id",
                "table_description": "An access token of a member of the staff.",
            },
            bases=["Record"],
        ),
        ops.RunSQL(
            "CREATE UNIQUE INDEX organisation_of_code ON organisation (credit_code)"
            " WHERE state IN ('ACTIVE', 'SUSPENDED')",
            "DROP INDEX organisation_of_code",
        ),
        # Expressions, which a model cannot name: who is nearest, and parts of names.
        ops.RunSQL(
            "CREATE INDEX places_around ON place USING gist (point(x, y)) WHERE listed",
            "DROP INDEX places_around",
        ),
        ops.RunSQL(
            "CREATE INDEX places_by_name ON place USING gin (string_to_array(grams, ' ')) WHERE listed",
            "DROP INDEX places_by_name",
        ),
    ]
