from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index, PartialIndex
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from backend.casework.evaluations.loops import LoopAct, LoopState
from backend.casework.evaluations.models import EvaluationChannel, ScoreAxis, ServiceKind
from backend.casework.notices.kinds import NoticeKind
from backend.database.tables import CreateTable
from backend.kit.clock import now
from backend.kit.ids import new_id


class Migration(migrations.Migration):
    dependencies = [("jinmin", "0013_lights_of_steps")]

    initial = False

    operations = [
        CreateTable(
            name="EvaluationCount",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ("period", fields.CharField(max_length=7)),
                ("division", fields.CharField(max_length=12)),
                ("organ_code", fields.CharField(max_length=18)),
                ("organ_name", fields.CharField(max_length=120)),
                ("item_code", fields.CharField(max_length=12)),
                ("level", fields.SmallIntField()),
                ("count", fields.IntField()),
            ],
            options={
                "table": "evaluation_count",
                "app": "jinmin",
                "unique_together": (("period", "division", "organ_code", "item_code", "level"),),
                "pk_attr": "id",
                "table_description": "How many there are of one level, by organ and item in a division, kept with each evaluation.",
            },
            bases=["Record"],
        ),
        CreateTable(
            name="EvaluationLoop",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "evaluation",
                    fields.OneToOneField(
                        "jinmin.Evaluation",
                        source_field="evaluation_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("division", fields.CharField(max_length=12)),
                (
                    "state",
                    fields.CharEnumField(
                        description="TO_VERIFY: TO_VERIFY\nTO_MEND: TO_MEND\nTO_CALL_BACK: TO_CALL_BACK\nTO_CONFIRM: TO_CONFIRM\nAPPEALED: APPEALED\nEXCLUSION_ASKED: EXCLUSION_ASKED\nEXCLUDED: EXCLUDED\nOBJECTED: OBJECTED\nCLOSED: CLOSED\nEXCLUDED_FOR_GOOD: EXCLUDED_FOR_GOOD",
                        enum_type=LoopState,
                        max_length=20,
                    ),
                ),
                ("version", fields.IntField(default=1)),
                ("appealed", fields.BooleanField(default=False)),
                ("started_on", fields.DateField()),
                ("days", fields.IntField()),
                ("due_on", fields.DateField()),
                ("due_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("late", fields.BooleanField(default=False)),
                ("open", fields.BooleanField(default=True)),
                ("calendar_version", fields.IntField()),
            ],
            options={
                "table": "evaluation_loop",
                "app": "jinmin",
                "indexes": [
                    PartialIndex(
                        fields=["due_at"], name="loops_to_come", condition={"NOT late AND open": True}
                    ),
                    Index(fields=["state", "division", "id"]),
                ],
                "pk_attr": "id",
                "table_description": "What follows a bad evaluation (差评整改): where it stands, and until when the next step is due.",
            },
            bases=["Record"],
        ),
        CreateTable(
            name="EvaluationAct",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "loop",
                    fields.ForeignKeyField(
                        "jinmin.EvaluationLoop",
                        source_field="loop_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("sequence", fields.IntField()),
                (
                    "act",
                    fields.CharEnumField(
                        description="OPEN: OPEN\nVERIFY: VERIFY\nFIND_UNFOUNDED: FIND_UNFOUNDED\nMEND: MEND\nCALL_BACK: CALL_BACK\nCONFIRM: CONFIRM\nAPPEAL: APPEAL\nUPHOLD_APPEAL: UPHOLD_APPEAL\nREJECT_APPEAL: REJECT_APPEAL\nASK_EXCLUSION: ASK_EXCLUSION\nCONFIRM_EXCLUSION: CONFIRM_EXCLUSION\nREJECT_EXCLUSION: REJECT_EXCLUSION\nOBJECT: OBJECT\nUPHOLD_OBJECTION: UPHOLD_OBJECTION\nREJECT_OBJECTION: REJECT_OBJECTION\nLAPSE: LAPSE",
                        enum_type=LoopAct,
                        max_length=20,
                    ),
                ),
                (
                    "state",
                    fields.CharEnumField(
                        description="TO_VERIFY: TO_VERIFY\nTO_MEND: TO_MEND\nTO_CALL_BACK: TO_CALL_BACK\nTO_CONFIRM: TO_CONFIRM\nAPPEALED: APPEALED\nEXCLUSION_ASKED: EXCLUSION_ASKED\nEXCLUDED: EXCLUDED\nOBJECTED: OBJECTED\nCLOSED: CLOSED\nEXCLUDED_FOR_GOOD: EXCLUDED_FOR_GOOD",
                        enum_type=LoopState,
                        max_length=20,
                    ),
                ),
                ("actor", fields.CharField(max_length=80)),
                ("note_sealed", fields.TextField(null=True, unique=False)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "evaluation_act",
                "app": "jinmin",
                "unique_together": (("loop", "sequence"),),
                "pk_attr": "id",
                "table_description": "One step of a loop, with the reason that was given for it.",
            },
            bases=["Record"],
        ),
        CreateTable(
            name="EvaluationPublication",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ("period", fields.CharField(unique=True, max_length=7)),
            ],
            options={
                "table": "evaluation_publication",
                "app": "jinmin",
                "pk_attr": "id",
                "table_description": "A month whose figures were published.",
            },
            bases=["Record"],
        ),
        CreateTable(
            name="EvaluationScore",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                ("period", fields.CharField(max_length=7)),
                (
                    "axis",
                    fields.CharEnumField(
                        description="REGION: REGION\nORGAN: ORGAN\nITEM: ITEM",
                        enum_type=ScoreAxis,
                        max_length=6,
                    ),
                ),
                ("subject", fields.CharField(max_length=18)),
                ("within", fields.CharField(max_length=12)),
                ("name", fields.CharField(default="", max_length=120)),
                ("count", fields.IntField()),
                ("points", fields.IntField()),
                ("good", fields.IntField()),
            ],
            options={
                "table": "evaluation_score",
                "app": "jinmin",
                "unique_together": (("period", "axis", "within", "subject"),),
                "pk_attr": "id",
                "table_description": "A figure that everybody may see. Written once after its month, and never changed.",
            },
            bases=["Record"],
        ),
        CreateTable(
            name="ServiceEvent",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(default=now, auto_now=False, auto_now_add=False)),
                (
                    "kind",
                    fields.CharEnumField(
                        description="CASE: CASE\nVISIT: VISIT", enum_type=ServiceKind, max_length=8
                    ),
                ),
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
                (
                    "appointment",
                    fields.OneToOneField(
                        "jinmin.Appointment",
                        source_field="appointment_id",
                        null=True,
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
                ("officer_id", fields.UUIDField(null=True)),
                ("organ_code", fields.CharField(max_length=18)),
                ("organ_name", fields.CharField(max_length=120)),
                ("division", fields.CharField(max_length=12)),
                ("item_code", fields.CharField(max_length=12)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("day", fields.DateField()),
                ("closes_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("waiting", fields.BooleanField(default=True)),
                ("code_index", fields.CharField(null=True, unique=True, max_length=70)),
                ("code_until", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "service_event",
                "app": "jinmin",
                "constraints": [
                    UniqueConstraint(
                        fields=("application_id",), name="a_case_is_one_service", condition="kind = 'CASE'"
                    ),
                    UniqueConstraint(
                        fields=("application_id", "officer_id", "day"),
                        name="one_visit_a_day",
                        condition="kind = 'VISIT' AND appointment_id IS NULL",
                    ),
                ],
                "indexes": [
                    Index(fields=["person_id", "id"]),
                    Index(fields=["application_id"]),
                    PartialIndex(fields=["at"], name="services_to_ask_about", condition={"waiting": True}),
                ],
                "pk_attr": "id",
                "table_description": "Something that can be evaluated, once.",
            },
            bases=["Record"],
        ),
        ops.AlterModelOptions(
            name="Evaluation",
            options={
                "table": "evaluation",
                "app": "jinmin",
                "constraints": [CheckConstraint(check="level BETWEEN 1 AND 5", name="five_levels")],
                "pk_attr": "id",
                "table_description": "One evaluation: five levels, tags, and words, which are sealed.",
            },
        ),
        ops.AlterField(
            model_name="Evaluation",
            name="application",
            field=fields.OneToOneField(
                "jinmin.Application",
                source_field="application_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddField(
            model_name="Evaluation",
            name="channel",
            field=fields.CharEnumField(
                description="MINI_PROGRAM: MINI_PROGRAM\nDEVICE: DEVICE\nPHONE: PHONE\nPAPER: PAPER",
                enum_type=EvaluationChannel,
                max_length=12,
                null=True,
            ),
        ),
        ops.AddField(
            model_name="Evaluation",
            name="counted",
            field=fields.BooleanField(null=True),
        ),
        ops.AddField(
            model_name="Evaluation",
            name="entered_by",
            field=fields.CharField(null=True, max_length=80),
        ),
        ops.AddField(
            model_name="Evaluation",
            name="event",
            field=fields.OneToOneField(
                "jinmin.ServiceEvent",
                source_field="event_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddField(
            model_name="Evaluation",
            name="indicators",
            field=fields.IntField(null=True),
        ),
        ops.AddField(
            model_name="Evaluation",
            name="period",
            field=fields.CharField(null=True, max_length=7),
        ),
        ops.AddField(
            model_name="Evaluation",
            name="person",
            field=fields.ForeignKeyField(
                "jinmin.Person",
                source_field="person_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddField(
            model_name="Evaluation",
            name="shown_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="Evaluation",
            name="tags",
            field=fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads),
        ),
        # Cases that ended before can be evaluated for as long as the others, and what was said of them stands.
        ops.RunSQL(
            "INSERT INTO service_event (id, created_at, kind, application_id, person_id, organ_code, organ_name, division,"
            " item_code, at, day, closes_at, waiting) SELECT gen_random_uuid(), now(), 'CASE', a.id, a.person_id,"
            " left(a.task_code, 18), a.organ_name, a.division, a.item_code, e.at,"
            " (e.at AT TIME ZONE 'Asia/Shanghai')::date, e.at + interval '30 days', false"
            " FROM application a CROSS JOIN LATERAL (SELECT max(at) AS at FROM case_event c"
            "   WHERE c.application_id = a.id AND c.kind NOT IN ('EVALUATED', 'REMEDY_SOUGHT', 'REMEDY_ENDED')) e"
            " WHERE a.state IN ('COMPLETED', 'NOT_ACCEPTED', 'RETURNED', 'WITHDRAWN', 'FORWARDED', 'TERMINATED')"
            " AND e.at IS NOT NULL"
        ),
        ops.RunSQL(
            "UPDATE evaluation v SET event_id = s.id, person_id = s.person_id, channel = 'MINI_PROGRAM', counted = true,"
            " indicators = 1, tags = '[]', shown_at = v.created_at,"
            " period = to_char(v.created_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM')"
            " FROM service_event s WHERE s.application_id = v.application_id"
        ),
        ops.RunSQL(
            "INSERT INTO evaluation_count (id, created_at, period, division, organ_code, organ_name, item_code, level, count)"
            " SELECT gen_random_uuid(), now(), v.period, s.division, s.organ_code, max(s.organ_name), s.item_code, v.level,"
            " count(*) FROM evaluation v JOIN service_event s ON s.id = v.event_id"
            " GROUP BY v.period, s.division, s.organ_code, s.item_code, v.level"
        ),
        ops.AlterField(
            model_name="Evaluation",
            name="channel",
            field=fields.CharEnumField(
                description="MINI_PROGRAM: MINI_PROGRAM\nDEVICE: DEVICE\nPHONE: PHONE\nPAPER: PAPER",
                enum_type=EvaluationChannel,
                max_length=12,
            ),
        ),
        ops.AlterField(
            model_name="Evaluation",
            name="counted",
            field=fields.BooleanField(default=True),
        ),
        ops.AlterField(
            model_name="Evaluation",
            name="event",
            field=fields.OneToOneField(
                "jinmin.ServiceEvent",
                source_field="event_id",
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AlterField(
            model_name="Evaluation",
            name="indicators",
            field=fields.IntField(default=1),
        ),
        ops.AlterField(
            model_name="Evaluation",
            name="period",
            field=fields.CharField(max_length=7),
        ),
        ops.AlterField(
            model_name="Evaluation",
            name="tags",
            field=fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads),
        ),
        ops.AddConstraint(
            model_name="Evaluation",
            constraint=CheckConstraint(check="level BETWEEN 1 AND 5", name="five_levels"),
        ),
        ops.AlterModelOptions(
            name="Notice",
            options={
                "table": "notice",
                "app": "jinmin",
                "unique_together": (("application", "sequence"), ("person", "cause")),
                "indexes": [
                    Index(fields=["person_id", "id"]),
                    PartialIndex(fields=["next_at"], name="notices_to_send", condition={"open": True}),
                ],
                "pk_attr": "id",
                "table_description": "One thing a citizen must know, made with what it tells of. Its words are made when it is read.",
            },
        ),
        ops.AlterField(
            model_name="Notice",
            name="application",
            field=fields.ForeignKeyField(
                "jinmin.Application",
                source_field="application_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AlterField(
            model_name="Notice",
            name="kind",
            field=fields.CharEnumField(
                description="RECEIVED: RECEIVED\nACCEPTED: ACCEPTED\nNOT_ACCEPTED: NOT_ACCEPTED\nAPPROVED: APPROVED\nREFUSED: REFUSED\nRESULT_READY: RESULT_READY\nCORRECTION_ASKED: CORRECTION_ASKED\nCORRECTION_LAPSED: CORRECTION_LAPSED\nDEEMED_ACCEPTED: DEEMED_ACCEPTED\nPUBLICITY_BEGUN: PUBLICITY_BEGUN\nSUSPENDED: SUSPENDED\nRESUMED: RESUMED\nEXTENDED: EXTENDED\nRETURNED: RETURNED\nWITHDRAWN: WITHDRAWN\nFORWARDED: FORWARDED\nTERMINATED: TERMINATED\nURGENT_PAID: URGENT_PAID\nPAPERS_REMINDED: PAPERS_REMINDED\nCLAWBACK_BEGUN: CLAWBACK_BEGUN\nCLAWBACK_ENDED: CLAWBACK_ENDED\nEVALUATION_ASKED: EVALUATION_ASKED\nEVALUATION_ANSWERED: EVALUATION_ANSWERED\nEVALUATION_EXCLUDED: EVALUATION_EXCLUDED\nEVALUATION_SETTLED: EVALUATION_SETTLED\nAPPOINTMENT_HELD: APPOINTMENT_HELD\nAPPOINTMENT_LET_IN: APPOINTMENT_LET_IN\nAPPOINTMENT_CONFIRMED: APPOINTMENT_CONFIRMED\nAPPOINTMENT_MOVED: APPOINTMENT_MOVED\nAPPOINTMENT_TOMORROW: APPOINTMENT_TOMORROW\nAPPOINTMENT_CALLED_OFF: APPOINTMENT_CALLED_OFF\nAPPOINTMENT_LAPSED: APPOINTMENT_LAPSED\nAPPOINTMENT_MISSED: APPOINTMENT_MISSED",
                enum_type=NoticeKind,
                max_length=40,
            ),
        ),
        ops.AlterField(
            model_name="Notice",
            name="sequence",
            field=fields.IntField(null=True),
        ),
        ops.AddField(
            model_name="Notice",
            name="cause",
            field=fields.CharField(null=True, max_length=120),
        ),
        ops.AddConstraint(
            model_name="Notice",
            constraint=UniqueConstraint(fields=("person", "cause"), name=None),
        ),
    ]
