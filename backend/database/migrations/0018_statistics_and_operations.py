from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index, PartialIndex
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from backend.casework.lifecycle import CaseEventKind
from backend.casework.notices.kinds import NoticeKind
from backend.casework.switches.models import Feature
from backend.database.tables import CreateTable
from backend.kit.clock import now
from backend.kit.ids import new_id
from backend.operations.models import FeedbackKind, FeedbackState, PilotPhase
from backend.statistics.reports.lifecycle import ReportAct, ReportState


class Migration(migrations.Migration):
    dependencies = [("jinmin", "0017_what_is_kept_and_put_right")]

    initial = False

    operations = [
        CreateTable(
            name="Announcement",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ("division", fields.CharField(max_length=12)),
                ("title_zh", fields.CharField(max_length=80)),
                ("title_en", fields.CharField(max_length=160)),
                ("body_zh", fields.CharField(max_length=2000)),
                ("body_en", fields.CharField(max_length=4000)),
                ("urgent", fields.BooleanField(default=False)),
                ("since", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("until", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("withdrawn_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("announced_by", fields.CharField(max_length=80)),
            ],
            options={
                "table": "announcement",
                "app": "jinmin",
                "indexes": [Index(fields=["division", "until"])],
                "pk_attr": "id",
                "table_description": "公告: what everybody in a division is told, for a time.",
            },
            bases=["Record"],
        ),
        CreateTable(
            name="FeatureSwitch",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "feature",
                    fields.CharEnumField(description="APPLY: APPLY", enum_type=Feature, max_length=10),
                ),
                ("division", fields.CharField(max_length=12)),
                ("item_code", fields.CharField(default="", max_length=12)),
                ("on", fields.BooleanField()),
                ("reason", fields.CharField(max_length=200)),
                ("changed_by", fields.CharField(max_length=80)),
                ("changed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "feature_switch",
                "app": "jinmin",
                "constraints": [
                    UniqueConstraint(
                        fields=("feature", "division", "item_code"), name="one_switch_of_a_feature"
                    )
                ],
                "pk_attr": "id",
                "table_description": "One feature in one division, for one item or for all of them.",
            },
            bases=["Record"],
        ),
        CreateTable(
            name="Feedback",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ("division", fields.CharField(max_length=12)),
                (
                    "kind",
                    fields.CharEnumField(
                        description="PROBLEM: PROBLEM\nSUGGESTION: SUGGESTION\nQUESTION: QUESTION",
                        enum_type=FeedbackKind,
                        max_length=10,
                    ),
                ),
                (
                    "state",
                    fields.CharEnumField(
                        default=FeedbackState.OPEN,
                        description="OPEN: OPEN\nIN_WORK: IN_WORK\nANSWERED: ANSWERED\nCLOSED: CLOSED",
                        enum_type=FeedbackState,
                        max_length=8,
                    ),
                ),
                ("actor", fields.CharField(max_length=80)),
                ("from_region", fields.BooleanField()),
                ("said_sealed", fields.TextField(unique=False)),
                ("answer_sealed", fields.TextField(null=True, unique=False)),
                ("answered_by", fields.CharField(null=True, max_length=80)),
                ("answered_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "feedback",
                "app": "jinmin",
                "indexes": [Index(fields=["division", "state", "id"]), Index(fields=["actor", "id"])],
                "pk_attr": "id",
                "table_description": "反馈: from a user, or from the officers of a pilot region. Words are sealed: people write anything.",
            },
            bases=["Record"],
        ),
        CreateTable(
            name="ImportBatch",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ("division", fields.CharField(max_length=6)),
                ("digest", fields.CharField(max_length=70)),
                ("file_name", fields.CharField(max_length=200)),
                ("rows", fields.IntField()),
                ("totals", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("actor", fields.CharField(max_length=80)),
            ],
            options={
                "table": "statistics_import",
                "app": "jinmin",
                "constraints": [UniqueConstraint(fields=("division", "digest"), name="one_import_of_a_file")],
                "indexes": [Index(fields=["division", "id"])],
                "pk_attr": "id",
                "table_description": "One file that was brought in whole.",
            },
            bases=["Record"],
        ),
        CreateTable(
            name="ImportedCase",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "batch",
                    fields.ForeignKeyField(
                        "jinmin.ImportBatch",
                        source_field="batch_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("division", fields.CharField(max_length=6)),
                ("item_code", fields.CharField(max_length=12)),
                ("old_number", fields.CharField(max_length=60)),
                ("received_on", fields.DateField()),
                ("granted_on", fields.DateField(null=True)),
                ("refused_on", fields.DateField(null=True)),
                ("ended_on", fields.DateField(null=True)),
                ("sex", fields.CharField(max_length=1)),
                ("age_band", fields.SmallIntField()),
                ("area", fields.CharField(max_length=1)),
                ("mark", fields.CharField(max_length=40)),
                ("people", fields.SmallIntField()),
                ("standard_fen", fields.BigIntField()),
            ],
            options={
                "table": "imported_case",
                "app": "jinmin",
                "constraints": [
                    UniqueConstraint(fields=("division", "item_code", "old_number"), name="one_imported_case")
                ],
                "pk_attr": "id",
                "table_description": "One case of the old system.",
            },
            bases=["Record"],
        ),
        CreateTable(
            name="PilotStep",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ("division", fields.CharField(max_length=6)),
                ("number", fields.IntField()),
                (
                    "phase",
                    fields.CharEnumField(
                        description="PREPARING: PREPARING\nPRACTICE: PRACTICE\nTRIAL: TRIAL\nLIVE: LIVE\nPAUSED: PAUSED",
                        enum_type=PilotPhase,
                        max_length=10,
                    ),
                ),
                ("remarks", fields.CharField(max_length=500)),
                ("actor", fields.CharField(max_length=80)),
            ],
            options={
                "table": "pilot_step",
                "app": "jinmin",
                "constraints": [UniqueConstraint(fields=("division", "number"), name="one_pilot_step")],
                "pk_attr": "id",
                "table_description": "A pilot region entered a phase. The latest counts; the earlier ones are its course.",
            },
            bases=["Record"],
        ),
        CreateTable(
            name="PracticeWindow",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ("division", fields.CharField(max_length=12)),
                ("since", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("until", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("announced_by", fields.CharField(max_length=80)),
            ],
            options={
                "table": "practice_window",
                "app": "jinmin",
                "indexes": [Index(fields=["until"])],
                "pk_attr": "id",
                "table_description": "Training and test runs of a region (演练): cases that were begun there meanwhile count nowhere.",
            },
            bases=["Record"],
        ),
        CreateTable(
            name="StatisticsFact",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "application",
                    fields.ForeignKeyField(
                        "jinmin.Application",
                        source_field="application_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("imported_id", fields.UUIDField(null=True)),
                ("sequence", fields.IntField()),
                ("kind", fields.CharField(max_length=20)),
                ("item_code", fields.CharField(max_length=12)),
                ("division", fields.CharField(max_length=6)),
                ("month", fields.IntField()),
                ("area", fields.CharField(max_length=1)),
                ("sex", fields.CharField(max_length=1)),
                ("age_band", fields.SmallIntField()),
                ("mark", fields.CharField(default="", max_length=40)),
                ("cases", fields.SmallIntField(default=1)),
                ("people", fields.SmallIntField(default=1)),
                ("stock", fields.SmallIntField(default=0)),
                ("stock_people", fields.SmallIntField(default=0)),
                ("standard_fen", fields.BigIntField(default=0)),
                ("folded", fields.BooleanField(default=False)),
            ],
            options={
                "table": "statistics_fact",
                "app": "jinmin",
                "constraints": [
                    CheckConstraint(
                        check="(application_id IS NULL) <> (imported_id IS NULL)", name="fact_of_one_case"
                    ),
                    UniqueConstraint(fields=("application_id", "sequence"), name="one_fact_per_event"),
                    UniqueConstraint(fields=("imported_id", "sequence"), name="one_fact_per_imported_event"),
                ],
                "indexes": [
                    PartialIndex(fields=["id"], name="facts_to_fold", condition={"folded": False}),
                    Index(fields=["division", "month", "kind"]),
                ],
                "pk_attr": "id",
                "table_description": "One event of one case as it counts. Never changed but for ``folded``; no personal data.",
            },
            bases=["Record"],
        ),
        CreateTable(
            name="StatisticsFigure",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ("division", fields.CharField(max_length=6)),
                ("month", fields.IntField()),
                ("kind", fields.CharField(max_length=20)),
                ("item_code", fields.CharField(max_length=12)),
                ("mark", fields.CharField(max_length=40)),
                ("area", fields.CharField(max_length=1)),
                ("sex", fields.CharField(max_length=1)),
                ("age_band", fields.SmallIntField()),
                ("imported", fields.BooleanField()),
                ("cases", fields.IntField()),
                ("people", fields.IntField()),
                ("stock", fields.IntField()),
                ("stock_people", fields.IntField()),
                ("standard_fen", fields.BigIntField()),
            ],
            options={
                "table": "statistics_figure",
                "app": "jinmin",
                "constraints": [
                    UniqueConstraint(
                        fields=(
                            "division",
                            "month",
                            "kind",
                            "item_code",
                            "mark",
                            "area",
                            "sex",
                            "age_band",
                            "imported",
                        ),
                        name="one_figure",
                    )
                ],
                "pk_attr": "id",
                "table_description": "How often something happened in one county and month: what facts with the same words add up to.",
            },
            bases=["Record"],
        ),
        CreateTable(
            name="StatisticsReport",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ("division", fields.CharField(max_length=6)),
                ("superior", fields.CharField(null=True, max_length=6)),
                ("period", fields.CharField(max_length=7)),
                (
                    "state",
                    fields.CharEnumField(
                        default=ReportState.PREPARED,
                        description="PREPARED: PREPARED\nSIGNED: SIGNED\nRETURNED: RETURNED\nACCEPTED: ACCEPTED\nPUBLISHED: PUBLISHED",
                        enum_type=ReportState,
                        max_length=10,
                    ),
                ),
                ("version", fields.IntField(default=1)),
                ("cells", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("typed", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("findings", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("missing", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("prepared_by", fields.CharField(max_length=80)),
                ("prepared_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("signed_by", fields.CharField(null=True, max_length=80)),
                ("signed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("snapshot", fields.TextField(null=True, unique=False)),
                ("signature", fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
                ("published_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("released", fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
                ("lodging_due", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("lodging_tries", fields.IntField(default=0)),
                ("receipt", fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
            ],
            options={
                "table": "statistics_report",
                "app": "jinmin",
                "constraints": [
                    UniqueConstraint(fields=("division", "period"), name="one_report_of_a_period")
                ],
                "indexes": [Index(fields=["superior", "period", "state"]), Index(fields=["lodging_due"])],
                "pk_attr": "id",
                "table_description": "The report of one division for one period. Frozen once it is signed.",
            },
            bases=["Record"],
        ),
        CreateTable(
            name="Adjustment",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "report",
                    fields.ForeignKeyField(
                        "jinmin.StatisticsReport",
                        source_field="report_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("code", fields.CharField(max_length=20)),
                ("about", fields.CharField(max_length=7)),
                ("delta", fields.BigIntField()),
                ("delta_over", fields.BigIntField(default=0)),
                ("reason", fields.CharField(max_length=500)),
                ("actor", fields.CharField(max_length=80)),
            ],
            options={
                "table": "statistics_adjustment",
                "app": "jinmin",
                "indexes": [Index(fields=["report_id", "id"])],
                "pk_attr": "id",
                "table_description": "A correction of a frozen figure: it counts in a later period, with its reason.",
            },
            bases=["Record"],
        ),
        CreateTable(
            name="ReportEntry",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "report",
                    fields.ForeignKeyField(
                        "jinmin.StatisticsReport",
                        source_field="report_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "act",
                    fields.CharEnumField(
                        description="PREPARE: PREPARE\nSIGN: SIGN\nRETURN: RETURN\nACCEPT: ACCEPT\nPUBLISH: PUBLISH",
                        enum_type=ReportAct,
                        max_length=10,
                    ),
                ),
                ("version", fields.IntField()),
                ("actor", fields.CharField(max_length=80)),
                ("remarks", fields.CharField(default="", max_length=500)),
            ],
            options={
                "table": "statistics_report_entry",
                "app": "jinmin",
                "indexes": [Index(fields=["report_id", "id"])],
                "pk_attr": "id",
                "table_description": "One act on a report: who, when, with which words. Never changed.",
            },
            bases=["Record"],
        ),
        ops.AlterField(
            model_name="CaseEventRow",
            name="kind",
            field=fields.CharEnumField(
                description="STARTED: STARTED\nSUBMITTED: SUBMITTED\nNUMBERED: NUMBERED\nLODGED: LODGED\nPRE_REVIEWED: PRE_REVIEWED\nCORRECTION_ASKED: CORRECTION_ASKED\nCORRECTION_ANSWERED: CORRECTION_ANSWERED\nCORRECTION_LAPSED: CORRECTION_LAPSED\nACCEPTED: ACCEPTED\nDEEMED_ACCEPTED: DEEMED_ACCEPTED\nNOT_ACCEPTED: NOT_ACCEPTED\nSTEP_PASSED: STEP_PASSED\nSTEP_RETURNED: STEP_RETURNED\nSTEP_FORWARDED: STEP_FORWARDED\nPUBLICITY_BEGUN: PUBLICITY_BEGUN\nOBJECTION_RAISED: OBJECTION_RAISED\nOBJECTION_SETTLED: OBJECTION_SETTLED\nPUBLICITY_ENDED: PUBLICITY_ENDED\nSUSPENDED: SUSPENDED\nRESUMED: RESUMED\nEXTENDED: EXTENDED\nAPPROVED: APPROVED\nREFUSED: REFUSED\nRESULT_ISSUED: RESULT_ISSUED\nRETURNED: RETURNED\nWITHDRAWN: WITHDRAWN\nFORWARDED: FORWARDED\nTERMINATED: TERMINATED\nREMEDY_SOUGHT: REMEDY_SOUGHT\nREMEDY_ENDED: REMEDY_ENDED\nEVALUATED: EVALUATED\nURGENT_DECIDED: URGENT_DECIDED\nURGENT_PAID: URGENT_PAID\nPAPERS_REMINDED: PAPERS_REMINDED\nPAPERS_COMPLETED: PAPERS_COMPLETED\nCLAWBACK_BEGUN: CLAWBACK_BEGUN\nCLAWBACK_ENDED: CLAWBACK_ENDED\nHANDOVER: HANDOVER\nBENEFIT_ENDED: BENEFIT_ENDED",
                enum_type=CaseEventKind,
                max_length=20,
            ),
        ),
        ops.AlterField(
            model_name="Notice",
            name="kind",
            field=fields.CharEnumField(
                description="RECEIVED: RECEIVED\nACCEPTED: ACCEPTED\nNOT_ACCEPTED: NOT_ACCEPTED\nAPPROVED: APPROVED\nREFUSED: REFUSED\nRESULT_READY: RESULT_READY\nCORRECTION_ASKED: CORRECTION_ASKED\nCORRECTION_LAPSED: CORRECTION_LAPSED\nDEEMED_ACCEPTED: DEEMED_ACCEPTED\nPUBLICITY_BEGUN: PUBLICITY_BEGUN\nSUSPENDED: SUSPENDED\nRESUMED: RESUMED\nEXTENDED: EXTENDED\nRETURNED: RETURNED\nWITHDRAWN: WITHDRAWN\nFORWARDED: FORWARDED\nTERMINATED: TERMINATED\nURGENT_PAID: URGENT_PAID\nPAPERS_REMINDED: PAPERS_REMINDED\nCLAWBACK_BEGUN: CLAWBACK_BEGUN\nCLAWBACK_ENDED: CLAWBACK_ENDED\nBENEFIT_ENDED: BENEFIT_ENDED\nEVALUATION_ASKED: EVALUATION_ASKED\nEVALUATION_ANSWERED: EVALUATION_ANSWERED\nEVALUATION_EXCLUDED: EVALUATION_EXCLUDED\nEVALUATION_SETTLED: EVALUATION_SETTLED\nAPPOINTMENT_HELD: APPOINTMENT_HELD\nAPPOINTMENT_LET_IN: APPOINTMENT_LET_IN\nAPPOINTMENT_CONFIRMED: APPOINTMENT_CONFIRMED\nAPPOINTMENT_MOVED: APPOINTMENT_MOVED\nAPPOINTMENT_TOMORROW: APPOINTMENT_TOMORROW\nAPPOINTMENT_CALLED_OFF: APPOINTMENT_CALLED_OFF\nAPPOINTMENT_LAPSED: APPOINTMENT_LAPSED\nAPPOINTMENT_MISSED: APPOINTMENT_MISSED",
                enum_type=NoticeKind,
                max_length=40,
            ),
        ),
    ]
