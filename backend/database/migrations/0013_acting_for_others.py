from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from backend.kit.clock import now
from backend.kit.ids import new_id
from backend.people.delegation.kinds import Acceptance, DelegationKind, Evidence
from backend.people.delegation.models import DelegationState


class Migration(migrations.Migration):
    dependencies = [("jinmin", "0012_appointments")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Delegation",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "agent",
                    fields.ForeignKeyField(
                        "jinmin.Person",
                        source_field="agent_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "principal",
                    fields.ForeignKeyField(
                        "jinmin.Person",
                        source_field="principal_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("ward_index", fields.CharField(max_length=70)),
                ("ward_sealed", fields.TextField(unique=False)),
                (
                    "kind",
                    fields.CharEnumField(
                        description="GUARDIAN_OF_CHILD: GUARDIAN_OF_CHILD\nGUARDIAN_OF_ADULT: GUARDIAN_OF_ADULT\nAPPOINTED_GUARDIAN: APPOINTED_GUARDIAN\nADULT_CHILD: ADULT_CHILD\nVILLAGE_COMMITTEE: VILLAGE_COMMITTEE\nCHILD_WELFARE_DIRECTOR: CHILD_WELFARE_DIRECTOR\nCARE_HOME: CARE_HOME",
                        enum_type=DelegationKind,
                        max_length=30,
                    ),
                ),
                (
                    "state",
                    fields.CharEnumField(
                        description="PROPOSED: PROPOSED\nACTIVE: ACTIVE\nREFUSED: REFUSED\nREVOKED: REVOKED",
                        enum_type=DelegationState,
                        max_length=20,
                    ),
                ),
                ("code", fields.CharField(unique=True, max_length=20)),
                ("division", fields.CharField(max_length=12)),
                ("institution", fields.CharField(default="", max_length=120)),
                ("items", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("domains", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("actions", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                (
                    "evidence",
                    fields.CharEnumField(
                        description="HOUSEHOLD_REGISTER: HOUSEHOLD_REGISTER\nBIRTH_CERTIFICATE: BIRTH_CERTIFICATE\nCOURT_DECISION: COURT_DECISION\nAPPOINTMENT: APPOINTMENT\nNOTARISED_AGREEMENT: NOTARISED_AGREEMENT\nLETTER_OF_AUTHORITY: LETTER_OF_AUTHORITY\nSERVICE_CONTRACT: SERVICE_CONTRACT",
                        enum_type=Evidence,
                        max_length=30,
                    ),
                ),
                ("evidence_sealed", fields.TextField(unique=False)),
                ("valid_until", fields.DateField()),
                ("ends_of_age", fields.BooleanField()),
                (
                    "accepted_by",
                    fields.CharEnumField(
                        null=True,
                        description="PRINCIPAL: PRINCIPAL\nORGAN: ORGAN",
                        enum_type=Acceptance,
                        max_length=20,
                    ),
                ),
                ("accepted_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("officer_id", fields.UUIDField(null=True)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("ended_by", fields.CharField(null=True, max_length=80)),
            ],
            options={
                "table": "delegation",
                "app": "jinmin",
                "constraints": [
                    UniqueConstraint(
                        fields=("agent_id", "principal_id", "kind"),
                        name="one_active_delegation",
                        condition="state = 'ACTIVE'",
                    ),
                    CheckConstraint(
                        check="(state = 'ACTIVE') <= (principal_id IS NOT NULL AND accepted_at IS NOT NULL)",
                        name="active_delegation_was_accepted",
                    ),
                    CheckConstraint(check="principal_id <> agent_id", name="delegation_to_somebody_else"),
                ],
                "indexes": [
                    Index(fields=["agent_id", "id"]),
                    Index(fields=["principal_id", "id"]),
                    Index(fields=["ward_index"]),
                    Index(fields=["division", "state", "id"]),
                ],
                "pk_attr": "id",
                "table_description": "One grant: the agent (代办人) acts for the principal (被代办人).",
            },
            bases=["Record"],
        ),
    ]
