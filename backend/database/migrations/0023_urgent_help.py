from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import PartialIndex
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint

from backend.casework.lifecycle import CaseEventKind
from backend.casework.notices.templates import NoticeKind
from backend.casework.urgent.models import UrgentState
from backend.kit.clock import now
from backend.kit.ids import new_id


class Migration(migrations.Migration):
    dependencies = [("jinmin", "0022_supervision")]

    initial = False

    operations = [
        ops.CreateModel(
            name="UrgentHelp",
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
                (
                    "state",
                    fields.CharEnumField(
                        description="DECIDED: DECIDED\nPAID: PAID\nSETTLED: SETTLED\nCLAWBACK: CLAWBACK\nRECOVERED: RECOVERED\nWAIVED: WAIVED",
                        enum_type=UrgentState,
                        max_length=20,
                    ),
                ),
                ("amount_fen", fields.IntField()),
                ("reason_sealed", fields.TextField(unique=False)),
                ("decided_by", fields.CharField(max_length=80)),
                ("pay_by", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("paid_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("payment_reference", fields.CharField(default="", max_length=64)),
                ("papers_due_on", fields.DateField(null=True)),
                ("reminded_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("end_sealed", fields.TextField(null=True, unique=False)),
            ],
            options={
                "table": "urgent_help",
                "app": "jinmin",
                "constraints": [CheckConstraint(check="amount_fen > 0", name="urgent_help_is_some")],
                "indexes": [
                    PartialIndex(
                        fields=["papers_due_on"], name="urgent_papers_due", condition={"state": "PAID"}
                    )
                ],
                "pk_attr": "id",
                "table_description": "One help per case. The reason tells about somebody's need and is sealed.",
            },
            bases=["Record"],
        ),
        ops.AlterField(
            model_name="CaseEventRow",
            name="kind",
            field=fields.CharEnumField(
                description="STARTED: STARTED\nSUBMITTED: SUBMITTED\nNUMBERED: NUMBERED\nLODGED: LODGED\nPRE_REVIEWED: PRE_REVIEWED\nCORRECTION_ASKED: CORRECTION_ASKED\nCORRECTION_ANSWERED: CORRECTION_ANSWERED\nCORRECTION_LAPSED: CORRECTION_LAPSED\nACCEPTED: ACCEPTED\nDEEMED_ACCEPTED: DEEMED_ACCEPTED\nNOT_ACCEPTED: NOT_ACCEPTED\nSTEP_PASSED: STEP_PASSED\nSTEP_RETURNED: STEP_RETURNED\nSTEP_FORWARDED: STEP_FORWARDED\nPUBLICITY_BEGUN: PUBLICITY_BEGUN\nOBJECTION_RAISED: OBJECTION_RAISED\nOBJECTION_SETTLED: OBJECTION_SETTLED\nPUBLICITY_ENDED: PUBLICITY_ENDED\nSUSPENDED: SUSPENDED\nRESUMED: RESUMED\nEXTENDED: EXTENDED\nAPPROVED: APPROVED\nREFUSED: REFUSED\nRESULT_ISSUED: RESULT_ISSUED\nRETURNED: RETURNED\nWITHDRAWN: WITHDRAWN\nFORWARDED: FORWARDED\nTERMINATED: TERMINATED\nREMEDY_SOUGHT: REMEDY_SOUGHT\nREMEDY_ENDED: REMEDY_ENDED\nEVALUATED: EVALUATED\nURGENT_DECIDED: URGENT_DECIDED\nURGENT_PAID: URGENT_PAID\nPAPERS_REMINDED: PAPERS_REMINDED\nPAPERS_COMPLETED: PAPERS_COMPLETED\nCLAWBACK_BEGUN: CLAWBACK_BEGUN\nCLAWBACK_ENDED: CLAWBACK_ENDED",
                enum_type=CaseEventKind,
                max_length=20,
            ),
        ),
        ops.AlterField(
            model_name="Notice",
            name="kind",
            field=fields.CharEnumField(
                description="RECEIVED: RECEIVED\nACCEPTED: ACCEPTED\nNOT_ACCEPTED: NOT_ACCEPTED\nAPPROVED: APPROVED\nREFUSED: REFUSED\nRESULT_READY: RESULT_READY\nCORRECTION_ASKED: CORRECTION_ASKED\nCORRECTION_LAPSED: CORRECTION_LAPSED\nDEEMED_ACCEPTED: DEEMED_ACCEPTED\nPUBLICITY_BEGUN: PUBLICITY_BEGUN\nSUSPENDED: SUSPENDED\nRESUMED: RESUMED\nEXTENDED: EXTENDED\nRETURNED: RETURNED\nWITHDRAWN: WITHDRAWN\nFORWARDED: FORWARDED\nTERMINATED: TERMINATED\nURGENT_PAID: URGENT_PAID\nPAPERS_REMINDED: PAPERS_REMINDED\nCLAWBACK_BEGUN: CLAWBACK_BEGUN\nCLAWBACK_ENDED: CLAWBACK_ENDED",
                enum_type=NoticeKind,
                max_length=40,
            ),
        ),
        ops.AddConstraint(
            model_name="UrgentHelp",
            constraint=CheckConstraint(check="amount_fen > 0", name="urgent_help_is_some"),
        ),
    ]
