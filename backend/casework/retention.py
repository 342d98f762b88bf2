"""How long casework keeps what it has: drafts that nobody handed in, appointments, notices, and the files of cases.

What points to something goes before it, so the order is that of the list. A person goes last, once nothing is left
that has to say who it was.
"""

from collections.abc import Sequence
from uuid import UUID

from backend.casework.lifecycle import ENDED
from backend.casework.materials import unclaimed
from backend.database import audit
from backend.database.record import Transaction
from backend.errors import Text
from backend.kit import clock
from backend.people.privacy.retention import (
    LIMITATION,
    NEEDED,
    Ground,
    Old,
    Retention,
    deleting,
    emptying,
)
from backend.resources import Resources

PERMANENT = ("marriage", "children")
"""Domains whose files are archives for ever: 婚姻登记, 收养登记 (FACTS §6: archives long-term)."""
ARCHIVED_DAYS = 30 * 365 + 7

OF_A_DRAFT = ("material", "case_event", "case_party", "household_member")
"""What a draft may have; nothing else points to it."""
OF_A_FILE = (
    "material",
    "correction_notice",
    "case_extension",
    "urgent_help",
    "case_party",
    "household_member",
    "inbound_event",
)
"""What goes with a file, beside its answers and its decision. The timeline stays: it names nobody in the open."""
OF_A_STEP = ("case_objection", "home_visit", "review_act")
"""What officers noted at a step."""
OF_A_PERSON = (
    "identity_document",
    "network_id",
    "assurance_record",
    "face_standing",
    "notice_box",
    "appointment_pause",
)
"""What says who somebody is, and nothing about what they did."""
POINTING = (
    ("account", "person_id"),
    ("account", "claimed_person_id"),
    ("api_grant", "person_id"),
    ("application", "person_id"),
    ("appointment", "person_id"),
    ("appointment", "partner_id"),
    ("appointment_pause", "person_id"),
    ("assurance_record", "person_id"),
    ("case_party", "person_id"),
    ("consent", "guardian_id"),
    ("consent", "person_id"),
    ("data_correction", "person_id"),
    ("delegation", "agent_id"),
    ("delegation", "principal_id"),
    ("evaluation", "person_id"),
    ("face_standing", "person_id"),
    ("face_template", "person_id"),
    ("identity_document", "person_id"),
    ("identity_review", "person_id"),
    ("network_id", "person_id"),
    ("notice", "person_id"),
    ("notice_box", "person_id"),
    ("organisation_staff", "person_id"),
    ("service_event", "person_id"),
    ("service_order", "person_id"),
    ("shared_call", "person_id"),
    ("video_ticket", "person_id"),
)
"""Every column that points to a person: a test compares it with the database."""

NOBODY_NEEDS = (
    "NOT EXISTS (SELECT 1 FROM account WHERE account.person_id = person.id OR claimed_person_id = person.id)"
    " AND NOT EXISTS (SELECT 1 FROM application WHERE person_id = person.id AND emptied_at IS NULL)"
    " AND NOT EXISTS (SELECT 1 FROM case_party party JOIN application ON application.id = party.application_id"
    "  WHERE party.person_id = person.id AND emptied_at IS NULL)"
    " AND NOT EXISTS (SELECT 1 FROM delegation WHERE agent_id = person.id"
    "  OR (principal_id = person.id AND state IN ('PROPOSED', 'ACTIVE')))"
    " AND NOT EXISTS (SELECT 1 FROM audit_entry WHERE actor = 'person:' || person.id"
    "  AND kind = 'application_submitted' AND subject <> actor)"
    " AND NOT EXISTS (SELECT 1 FROM appointment WHERE (person_id = person.id OR partner_id = person.id)"
    "  AND state IN ('WAITING', 'HELD', 'CONFIRMED'))"
    " AND NOT EXISTS (SELECT 1 FROM identity_review WHERE person_id = person.id AND state = 'OPEN')"
    " AND NOT EXISTS (SELECT 1 FROM service_order WHERE person_id = person.id"
    "  AND state IN ('PLACED', 'ACCEPTED', 'ASSIGNED', 'UNDER_WAY', 'DONE'))"
)
"""Condition on ``person``: nobody signs in as them, waits or works for them, was acted for by them, no file says their name."""


async def take_drafts(tx: Transaction, _resources: Resources, old: Old) -> int:
    """Drafts with their papers; the trail of each person tells that theirs is gone."""
    rows = await tx.fetch(
        "WITH chosen AS MATERIALIZED (SELECT id FROM application WHERE id < $2 AND state = 'DRAFT' AND created_at < $1"
        " AND NOT EXISTS (SELECT 1 FROM material WHERE material.application_id = application.id"
        " AND material.created_at >= $1) ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED)"
        " SELECT application.id, application.person_id FROM application JOIN chosen USING (id) ORDER BY person_id",
        old.before,
        old.first_id,
        old.most,
    )
    cases = [row["id"] for row in rows]
    await _doom_files(tx, "SELECT file_key FROM material WHERE application_id = ANY($1)", cases)
    for table in OF_A_DRAFT:
        await tx.execute(f"DELETE FROM {table} WHERE application_id = ANY($1)", cases)  # noqa: S608 - names of the list above
    await tx.execute("DELETE FROM application WHERE id = ANY($1)", cases)
    for row in rows:
        await audit.append(
            tx,
            subject=f"person:{row['person_id']}",
            kind="draft_dropped",
            actor="machine:retention",
            detail={"application": str(row["id"])},
        )
    return len(rows)


async def take_files(tx: Transaction, resources: Resources, old: Old) -> int:
    """The files of cases that ended long ago: answers, papers, visits, letters. That there was a case stays."""
    rows = await tx.fetch(
        "WITH chosen AS MATERIALIZED (SELECT id FROM application WHERE id < $2 AND emptied_at IS NULL"
        " AND state = ANY($4) AND domain <> ALL($5) AND (SELECT max(at) FROM case_event"
        " WHERE application_id = application.id) < $1 ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED)"
        " SELECT id FROM chosen",
        old.before,
        old.first_id,
        old.most,
        [state.value for state in ENDED],
        list(PERMANENT),
    )
    cases = [row["id"] for row in rows]
    await _doom_files(tx, "SELECT file_key FROM material WHERE application_id = ANY($1)", cases)
    await _doom_files(
        tx,
        "SELECT 'visits/' || visit.id || '/' || number AS file_key FROM home_visit visit JOIN review_task task"
        " ON task.id = visit.task_id CROSS JOIN LATERAL generate_series(0, jsonb_array_length(visit.photos) - 1) number"
        " WHERE task.application_id = ANY($1)",
        cases,
    )
    for table in OF_A_STEP:
        await tx.execute(
            f"DELETE FROM {table} WHERE task_id IN (SELECT id FROM review_task WHERE application_id = ANY($1))",  # noqa: S608 - names of the list above
            cases,
        )
    for table in OF_A_FILE:
        await tx.execute(f"DELETE FROM {table} WHERE application_id = ANY($1)", cases)  # noqa: S608 - names of the list above
    await tx.execute("UPDATE exchange_hop SET content_sealed = NULL WHERE application_id = ANY($1)", cases)
    await tx.execute("UPDATE means_check SET answer_sealed = NULL WHERE application_id = ANY($1)", cases)
    for case in cases:
        await tx.execute(
            "UPDATE application SET answers_sealed = $2, result_sealed = NULL, emptied_at = $3 WHERE id = $1",
            case,
            resources.keys.ring.seal(b"{}", context=f"application.answers:{case}"),
            clock.now(),
        )
    return len(cases)


async def take_identities(tx: Transaction, _resources: Resources, old: Old) -> int:
    """Who somebody is: nobody signs in as them, acts for them or waits for them, and no file has to say it."""
    rows = await tx.fetch(
        "WITH chosen AS MATERIALIZED (SELECT person.id FROM person WHERE person.id < $2 AND person.created_at < $1"  # noqa: S608 - a constant of ours
        f" AND EXISTS (SELECT 1 FROM identity_document WHERE person_id = person.id) AND {NOBODY_NEEDS}"
        " ORDER BY person.id LIMIT $3 FOR UPDATE OF person SKIP LOCKED) SELECT id FROM chosen",
        old.before,
        old.first_id,
        old.most,
    )
    for row in rows:
        await erase_identity(tx, row["id"], actor="machine:retention")
    return len(rows)


async def erase_identity(tx: Transaction, person_id: UUID, *, actor: str) -> None:
    """Take away what says who somebody is; what is left is a number, a year and a sex."""
    for table in OF_A_PERSON:
        await tx.execute(f"DELETE FROM {table} WHERE person_id = $1", person_id)  # noqa: S608 - names of the list above
    await tx.execute(
        "UPDATE person SET household_division = NULL, birth_date = date_trunc('year', birth_date)::date WHERE id = $1",
        person_id,
    )
    await audit.append(tx, subject=f"person:{person_id}", kind="identity_erased", actor=actor, detail={})


async def erase_identity_if_free(tx: Transaction, person_id: UUID, _accounts: Sequence[UUID]) -> None:
    """At once for somebody who closes their accounts, where no file has to say who they are."""
    if await tx.fetch_one(f"SELECT 1 FROM person WHERE id = $1 AND {NOBODY_NEEDS}", person_id):  # noqa: S608 - a constant of ours
        await erase_identity(tx, person_id, actor=f"person:{person_id}")


async def _doom_files(tx: Transaction, statement: str, cases: Sequence[UUID]) -> None:
    await unclaimed.doom(tx, *(row["file_key"] for row in await tx.fetch(statement, cases)))


_POINTED_AT_BY_NOTHING = " AND ".join(
    f"NOT EXISTS (SELECT 1 FROM {table} pointing WHERE pointing.{column} = held.id)"  # noqa: S608 - names of the list above
    for table, column in POINTING
)

RETENTIONS = (
    Retention(
        "drafts",
        Text("未提交的草稿及其材料", "Drafts that were never handed in, with their papers"),
        180,
        Text("开始填写或最后一次上传材料", "the beginning, or the last paper"),
        NEEDED,
        Ground.HOUSE,
        take_drafts,
    ),
    Retention(
        "notice_deliveries",
        Text("通知的发送记录", "How notices were sent"),
        3 * 365,
        Text("通知", "the notice"),
        LIMITATION,
        Ground.LAW,
        deleting("notice_delivery", "held.created_at < $1"),
    ),
    Retention(
        "notices",
        Text("通知", "Notices"),
        3 * 365,
        Text("通知", "the notice"),
        LIMITATION,
        Ground.LAW,
        deleting(
            "notice",
            "held.created_at < $1 AND NOT EXISTS (SELECT 1 FROM notice_delivery WHERE notice_id = held.id)",
        ),
    ),
    Retention(
        "people_of_appointments",
        Text("预约中另一方和所办对象的姓名证件", "Whom an appointment was about, and the other party's name"),
        180,
        Text("预约的日期", "the appointment"),
        NEEDED,
        Ground.HOUSE,
        emptying(
            "appointment",
            ("matter_sealed", "partner_sealed", "partner_index"),
            "held.state NOT IN ('WAITING', 'HELD', 'CONFIRMED')"
            " AND (SELECT starts_at FROM appointment_slot WHERE id = held.slot_id) < $1",
        ),
    ),
    Retention(
        "pauses",
        Text("失约暂停预约的记录", "That somebody could not book for a while"),
        180,
        Text("暂停结束", "its end"),
        NEEDED,
        Ground.HOUSE,
        deleting("appointment_pause", "held.until < $1"),
    ),
    Retention(
        "comments",
        Text("评价中的文字", "The words of evaluations"),
        3 * 365,
        Text("评价", "the evaluation"),
        LIMITATION,
        Ground.LAW,
        emptying("evaluation", ("comment_sealed",), "held.created_at < $1"),
    ),
    Retention(
        "means",
        Text("家庭经济状况核对结果", "Answers of means checks"),
        3 * 365,
        Text("结果失效", "the end of its validity"),
        LIMITATION,
        Ground.LAW,
        emptying(
            "means_check", ("answer_sealed",), "NOT held.open AND held.valid_until < $1::timestamptz::date"
        ),
    ),
    Retention(
        "shared_calls",
        Text("向其他部门的共享查询", "Questions to other departments"),
        3 * 365,
        Text("查询", "the question"),
        LIMITATION,
        Ground.LAW,
        deleting("shared_call", "held.created_at < $1"),
    ),
    Retention(
        "files",
        Text(
            "已办结办件的档案（婚姻、收养等永久档案除外）",
            "Files of ended cases, but those that are kept for ever",
        ),
        ARCHIVED_DAYS,
        Text("办件结束", "the case's last event"),
        Text(
            "《档案法》；机关文件材料归档范围和文书档案保管期限规定",
            "Archives Law; rules on the keeping of official files",
        ),
        Ground.UNVERIFIED,
        take_files,
    ),
    Retention(
        "identities",
        Text("不再需要的身份信息", "Who somebody is, once nothing has to say so"),
        30,
        Text("录入", "being known here"),
        NEEDED,
        Ground.HOUSE,
        take_identities,
    ),
    Retention(
        "people",
        Text("无任何关联的个人编号", "Numbers of people to whom nothing points"),
        30,
        Text("录入", "being known here"),
        NEEDED,
        Ground.HOUSE,
        deleting("person", f"held.created_at < $1 AND {_POINTED_AT_BY_NOTHING}"),
    ),
)
"""After those of ``people``."""
