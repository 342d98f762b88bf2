from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index, PartialIndex
from tortoise.migrations import operations as ops

from backend.casework.definitions.words import HandlingModel
from backend.casework.legal_time.models import ClockKind
from backend.casework.lifecycle import CaseEventKind
from backend.exchange.handovers.lifecycle import HandoverState, HandoverStep, Side
from backend.kit.clock import now
from backend.kit.ids import new_id


class Migration(migrations.Migration):
    dependencies = [("jinmin", "0003_consents_of_guardians")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Handover",
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
                    "model",
                    fields.CharEnumField(
                        description="FULLY_ONLINE: FULLY_ONLINE\nCOLLECT_AND_FORWARD: COLLECT_AND_FORWARD\nJOINT: JOINT",
                        enum_type=HandlingModel,
                        max_length=20,
                    ),
                ),
                (
                    "state",
                    fields.CharEnumField(
                        description="PREPARED: PREPARED\nRECEIVED: RECEIVED\nCHECKED: CHECKED\nPARTED: PARTED\nFORWARDED: FORWARDED\nTAKEN: TAKEN\nREFUSED: REFUSED\nDISPUTED: DISPUTED\nDECIDED: DECIDED\nGIVEN: GIVEN\nINFORMED: INFORMED\nENDED: ENDED",
                        enum_type=HandoverState,
                        max_length=12,
                    ),
                ),
                (
                    "turn",
                    fields.CharEnumField(
                        description="APPLICANT: APPLICANT\nRECEIVING: RECEIVING\nDECIDING: DECIDING\nSUPERIOR: SUPERIOR\nNOBODY: NOBODY",
                        enum_type=Side,
                        max_length=12,
                    ),
                ),
                ("version", fields.IntField(default=1)),
                ("last_sequence", fields.IntField(default=0)),
                ("receiving", fields.CharField(max_length=12)),
                ("deciding", fields.CharField(max_length=12)),
                ("deciding_place", fields.CharField(max_length=12)),
                ("region", fields.CharField(default="", max_length=4)),
                ("hand", fields.IntField(default=0)),
                ("bound", fields.BooleanField(default=False)),
            ],
            options={
                "table": "handover",
                "app": "jinmin",
                "unique_together": (("application", "number"),),
                "indexes": [
                    PartialIndex(
                        fields=["receiving", "id"],
                        name="handovers_to_receive",
                        condition={"turn": "RECEIVING"},
                    ),
                    PartialIndex(
                        fields=["deciding_place", "id"],
                        name="handovers_to_decide",
                        condition={"turn": "DECIDING"},
                    ),
                    PartialIndex(fields=["id"], name="handovers_disputed", condition={"turn": "SUPERIOR"}),
                ],
                "pk_attr": "id",
                "table_description": "转办: a case, or a part of a joint one, on its way between a receiving and a deciding place.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="HandoverEntry",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "handover",
                    fields.ForeignKeyField(
                        "jinmin.Handover",
                        source_field="handover_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("sequence", fields.IntField()),
                (
                    "step",
                    fields.CharEnumField(
                        description="PREPARED: PREPARED\nRECEIVED: RECEIVED\nCHECKED: CHECKED\nPARTED: PARTED\nJOINED: JOINED\nFORWARDED: FORWARDED\nTAKEN: TAKEN\nPASSED: PASSED\nREFUSED: REFUSED\nCOMPLETED: COMPLETED\nREROUTED: REROUTED\nDISPUTED: DISPUTED\nSETTLED: SETTLED\nDECIDED: DECIDED\nGIVEN: GIVEN\nINFORMED: INFORMED\nENDED: ENDED",
                        enum_type=HandoverStep,
                        max_length=12,
                    ),
                ),
                (
                    "state",
                    fields.CharEnumField(
                        description="PREPARED: PREPARED\nRECEIVED: RECEIVED\nCHECKED: CHECKED\nPARTED: PARTED\nFORWARDED: FORWARDED\nTAKEN: TAKEN\nREFUSED: REFUSED\nDISPUTED: DISPUTED\nDECIDED: DECIDED\nGIVEN: GIVEN\nINFORMED: INFORMED\nENDED: ENDED",
                        enum_type=HandoverState,
                        max_length=12,
                    ),
                ),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("actor", fields.CharField(max_length=80)),
                ("receiving", fields.CharField(max_length=12)),
                ("deciding", fields.CharField(max_length=12)),
                ("reason_sealed", fields.TextField(null=True, unique=False)),
                ("receipt", fields.TextField(null=True, unique=False)),
                ("suite", fields.CharField(default="", max_length=20)),
                ("key_id", fields.CharField(default="", max_length=40)),
                ("signature", fields.TextField(null=True, unique=False)),
            ],
            options={
                "table": "handover_entry",
                "app": "jinmin",
                "unique_together": (("handover", "sequence"),),
                "indexes": [Index(fields=["handover_id", "id"])],
                "pk_attr": "id",
                "table_description": "One step of a handover; where it changed hands, with the receipt that was signed for it.",
            },
            bases=["Record"],
        ),
        ops.AddField(
            model_name="Application",
            name="collecting",
            field=fields.CharField(db_default="", max_length=12),
        ),
        ops.AlterField(
            model_name="CaseClock",
            name="kind",
            field=fields.CharEnumField(
                description="ACCEPTANCE: ACCEPTANCE\nPROMISED: PROMISED\nSTATUTORY: STATUTORY\nSTEP: STEP\nFORWARD: FORWARD\nHANDLE: HANDLE\nINFORM: INFORM\nSETTLE: SETTLE\nDELIVERY: DELIVERY",
                enum_type=ClockKind,
                max_length=12,
            ),
        ),
        ops.AlterField(
            model_name="CaseEventRow",
            name="kind",
            field=fields.CharEnumField(
                description="STARTED: STARTED\nSUBMITTED: SUBMITTED\nNUMBERED: NUMBERED\nLODGED: LODGED\nPRE_REVIEWED: PRE_REVIEWED\nCORRECTION_ASKED: CORRECTION_ASKED\nCORRECTION_ANSWERED: CORRECTION_ANSWERED\nCORRECTION_LAPSED: CORRECTION_LAPSED\nACCEPTED: ACCEPTED\nDEEMED_ACCEPTED: DEEMED_ACCEPTED\nNOT_ACCEPTED: NOT_ACCEPTED\nSTEP_PASSED: STEP_PASSED\nSTEP_RETURNED: STEP_RETURNED\nSTEP_FORWARDED: STEP_FORWARDED\nPUBLICITY_BEGUN: PUBLICITY_BEGUN\nOBJECTION_RAISED: OBJECTION_RAISED\nOBJECTION_SETTLED: OBJECTION_SETTLED\nPUBLICITY_ENDED: PUBLICITY_ENDED\nSUSPENDED: SUSPENDED\nRESUMED: RESUMED\nEXTENDED: EXTENDED\nAPPROVED: APPROVED\nREFUSED: REFUSED\nRESULT_ISSUED: RESULT_ISSUED\nRETURNED: RETURNED\nWITHDRAWN: WITHDRAWN\nFORWARDED: FORWARDED\nTERMINATED: TERMINATED\nREMEDY_SOUGHT: REMEDY_SOUGHT\nREMEDY_ENDED: REMEDY_ENDED\nEVALUATED: EVALUATED\nURGENT_DECIDED: URGENT_DECIDED\nURGENT_PAID: URGENT_PAID\nPAPERS_REMINDED: PAPERS_REMINDED\nPAPERS_COMPLETED: PAPERS_COMPLETED\nCLAWBACK_BEGUN: CLAWBACK_BEGUN\nCLAWBACK_ENDED: CLAWBACK_ENDED\nHANDOVER: HANDOVER",
                enum_type=CaseEventKind,
                max_length=20,
            ),
        ),
    ]
