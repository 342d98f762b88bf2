from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from backend.casework.lifecycle import CaseEventKind, CaseState


class Migration(migrations.Migration):
    dependencies = [("jinmin", "0013_acting_for_others")]

    initial = False

    operations = [
        ops.AlterField(
            model_name="Application",
            name="state",
            field=fields.CharEnumField(
                description="DRAFT: DRAFT\nSUBMITTED: SUBMITTED\nPRE_REVIEWED: PRE_REVIEWED\nCORRECTION: CORRECTION\nACCEPTED: ACCEPTED\nREVIEW_CORRECTION: REVIEW_CORRECTION\nPUBLICITY: PUBLICITY\nSUSPENDED: SUSPENDED\nNOT_ACCEPTED: NOT_ACCEPTED\nAPPROVED: APPROVED\nREFUSED: REFUSED\nCOMPLETED: COMPLETED\nRETURNED: RETURNED\nWITHDRAWN: WITHDRAWN\nFORWARDED: FORWARDED\nTERMINATED: TERMINATED",
                enum_type=CaseState,
                max_length=20,
            ),
        ),
        ops.AlterField(
            model_name="CaseEventRow",
            name="kind",
            field=fields.CharEnumField(
                description="STARTED: STARTED\nSUBMITTED: SUBMITTED\nNUMBERED: NUMBERED\nLODGED: LODGED\nPRE_REVIEWED: PRE_REVIEWED\nCORRECTION_ASKED: CORRECTION_ASKED\nCORRECTION_ANSWERED: CORRECTION_ANSWERED\nCORRECTION_LAPSED: CORRECTION_LAPSED\nACCEPTED: ACCEPTED\nDEEMED_ACCEPTED: DEEMED_ACCEPTED\nNOT_ACCEPTED: NOT_ACCEPTED\nSTEP_PASSED: STEP_PASSED\nSTEP_RETURNED: STEP_RETURNED\nSTEP_FORWARDED: STEP_FORWARDED\nPUBLICITY_BEGUN: PUBLICITY_BEGUN\nOBJECTION_RAISED: OBJECTION_RAISED\nOBJECTION_SETTLED: OBJECTION_SETTLED\nPUBLICITY_ENDED: PUBLICITY_ENDED\nSUSPENDED: SUSPENDED\nRESUMED: RESUMED\nEXTENDED: EXTENDED\nAPPROVED: APPROVED\nREFUSED: REFUSED\nRESULT_ISSUED: RESULT_ISSUED\nRETURNED: RETURNED\nWITHDRAWN: WITHDRAWN\nFORWARDED: FORWARDED\nTERMINATED: TERMINATED\nREMEDY_SOUGHT: REMEDY_SOUGHT\nREMEDY_ENDED: REMEDY_ENDED\nEVALUATED: EVALUATED",
                enum_type=CaseEventKind,
                max_length=20,
            ),
        ),
        ops.AlterField(
            model_name="CaseEventRow",
            name="state",
            field=fields.CharEnumField(
                description="DRAFT: DRAFT\nSUBMITTED: SUBMITTED\nPRE_REVIEWED: PRE_REVIEWED\nCORRECTION: CORRECTION\nACCEPTED: ACCEPTED\nREVIEW_CORRECTION: REVIEW_CORRECTION\nPUBLICITY: PUBLICITY\nSUSPENDED: SUSPENDED\nNOT_ACCEPTED: NOT_ACCEPTED\nAPPROVED: APPROVED\nREFUSED: REFUSED\nCOMPLETED: COMPLETED\nRETURNED: RETURNED\nWITHDRAWN: WITHDRAWN\nFORWARDED: FORWARDED\nTERMINATED: TERMINATED",
                enum_type=CaseState,
                max_length=20,
            ),
        ),
    ]
