"""What casework keeps of a person: their cases with all that belongs to them, appointments and notices.

Told are the rows of their own cases. What officers wrote for each other while they decided is not (政府信息公开条例
Art. 16), nor what somebody else said, and of another party nothing but that there is one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import orjson

from backend.casework.lifecycle import ENDED
from backend.casework.retention import erase_identity_if_free
from backend.database.record import Row, Transaction, fetch
from backend.errors import Text
from backend.people.privacy.own_data import Holding, Kept
from backend.resources import Resources

Told = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one table as the file tells them: under which name, what is plain and what has to be opened."""

    name: str
    table: str
    plain: tuple[str, ...]
    sealed: Mapping[str, str] = field(default_factory=dict)
    """Column -> what its values are bound to; ``{name}`` is a column of the row."""
    of_case: str = "held.application_id"
    """SQL for the case a row belongs to."""
    joined: str = ""
    only: str = "TRUE"


PARTS = (
    Part("timeline", "case_event", ("sequence", "kind", "state", "at")),
    Part(
        "materials",
        "material",
        ("code", "source", "media_type", "size", "sha256", "created_at"),
        {"file_name_sealed": "material.name:{id}", "evidence_sealed": "material.evidence:{id}"},
    ),
    Part(
        "documents",
        "certificate",
        ("kind", "code", "issue", "issued_on", "expires_on", "sha256", "revoked_at"),
        {"data_sealed": "certificate.data:{id}"},
    ),
    Part(
        "corrections",
        "correction_notice",
        ("number", "answers", "materials", "due_on", "state", "ended_at"),
        {"told_sealed": "correction_notice.told:{id}"},
        only="held.state NOT IN ('PROPOSED', 'REJECTED')",
    ),
    Part(
        "extensions",
        "case_extension",
        ("state", "days", "decided_on"),
        {"reason_sealed": "case_extension.reason:{id}"},
    ),
    Part("suspensions", "clock_pause", ("reason", "first_on", "last_on")),
    Part("limits", "case_clock", ("kind", "started_on", "days", "unit", "due_on", "state", "mark")),
    Part(
        "visits",
        "home_visit",
        ("visited_at",),
        {"told_sealed": "home_visit.told:{id}"},
        of_case="task.application_id",
        joined="JOIN review_task task ON task.id = held.task_id",
    ),
    Part("remedies", "case_remedy", ("kind", "sought_on", "outcome", "ended_at")),
    Part(
        "meansChecks",
        "means_check",
        ("number", "state", "asked_at", "answered_at", "valid_until"),
        {"answer_sealed": "means_check.answer:{id}"},
    ),
    Part("meansWithdrawn", "means_withdrawal", ("created_at",)),
    Part(
        "urgentHelp",
        "urgent_help",
        ("state", "amount_fen", "paid_at", "papers_due_on", "ended_at"),
        {
            "reason_sealed": "urgent_help.reason:{application_id}",
            "end_sealed": "urgent_help.end:{application_id}",
        },
    ),
    Part("otherParty", "case_party", ("joined_at", "confirmed_version", "confirmed_at")),
)
"""What a case consists of."""


async def _cases(resources: Resources, person_id: UUID) -> Sequence[Told]:
    rows = await fetch(
        "SELECT id, item_code, division, organ_name, state, case_number, submitted_at, due_on, assurance, answers_sealed,"
        " result_sealed, created_at FROM application WHERE person_id = $1 ORDER BY id",
        person_id,
    )
    parts = [(part, await _rows(part, [row["id"] for row in rows])) for part in PARTS]
    return [
        {
            "caseNumber": row["case_number"],
            "itemCode": row["item_code"],
            "division": row["division"],
            "organ": row["organ_name"],
            "state": row["state"],
            "begunAt": row["created_at"],
            "submittedAt": row["submitted_at"],
            "dueOn": row["due_on"],
            "knownBy": row["assurance"],
            "answers": _open(resources, row["answers_sealed"], f"application.answers:{row['id']}"),
            "decision": _open(resources, row["result_sealed"], f"application.result:{row['id']}"),
            **{
                part.name: [_told(resources, part, one) for one in held.get(row["id"], ())]
                for part, held in parts
            },
        }
        for row in rows
    ]


_SAID = ("created_at", "level", "channel", "counted", "kind", "item_code", "organ_name")


async def _evaluations(resources: Resources, person_id: UUID) -> Sequence[Mapping[str, object]]:
    rows = await fetch(
        "SELECT e.id, e.created_at, e.level, e.tags, e.comment_sealed, e.channel, e.counted, s.kind, s.item_code, s.organ_name"
        " FROM service_event s JOIN evaluation e ON e.event_id = s.id WHERE s.person_id = $1 ORDER BY e.id",
        person_id,
    )
    return [
        {
            **{_camel(name): row[name] for name in _SAID},
            "tags": orjson.loads(row["tags"]),
            "comment": None
            if row["comment_sealed"] is None
            else resources.keys.ring.open(
                row["comment_sealed"], context=f"evaluation.comment:{row['id']}"
            ).decode(),
        }
        for row in rows
    ]


async def _rows(part: Part, cases: Sequence[UUID]) -> Mapping[UUID, Sequence[Row]]:
    """The rows of one part by case, in the order they came."""
    columns = ", ".join(f"held.{name}" for name in dict.fromkeys(("id", *part.plain, *part.sealed)))
    rows = await fetch(
        f"SELECT {part.of_case} AS application_id, {columns} FROM {part.table} held {part.joined}"  # noqa: S608 - names of the list above
        f" WHERE {part.of_case} = ANY($1) AND {part.only} ORDER BY {part.of_case}, held.id",
        list(cases),
    )
    found: dict[UUID, list[Row]] = {}
    for row in rows:
        found.setdefault(row["application_id"], []).append(row)
    return found


def _told(resources: Resources, part: Part, row: Row) -> Told:
    held = dict(row)
    opened = {
        _camel(name.removesuffix("_sealed")): _open(resources, held[name], context.format(**held))
        for name, context in part.sealed.items()
    }
    return {**{_camel(name): _plain(held[name]) for name in part.plain}, **opened}


def _plain(value: object) -> object:
    """Lists come from the database as JSON."""
    return orjson.loads(value) if isinstance(value, str) and value.startswith(("[", "{")) else value


def _open(resources: Resources, sealed: str | None, context: str) -> object:
    """What was sealed: JSON, or plain words."""
    if sealed is None:
        return None
    opened = resources.keys.ring.open(sealed, context=context)
    try:
        return orjson.loads(opened)
    except orjson.JSONDecodeError:
        return opened.decode()


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


async def _other_cases(_resources: Resources, person_id: UUID) -> Sequence[Told]:
    rows = await fetch(
        "SELECT application.item_code, application.division, application.state, party.joined_at, party.confirmed_version,"
        " party.confirmed_at, party.assurance FROM case_party party JOIN application ON application.id ="
        " party.application_id WHERE party.person_id = $1 ORDER BY party.id",
        person_id,
    )
    return [{_camel(name): held for name, held in dict(row).items()} for row in rows]


async def _appointments(resources: Resources, person_id: UUID) -> Told:
    rows = await fetch(
        "SELECT appointment.id, appointment.state, appointment.ticket, appointment.confirmed_at,"
        " appointment.checked_in_at, appointment.ended_at, appointment.created_at, slot.starts_at,"
        " appointment.person_id = $1 AS booked_by_me, appointment.matter_sealed,"
        " CASE WHEN appointment.person_id = $1 THEN appointment.partner_sealed END AS partner_sealed"
        " FROM appointment JOIN appointment_slot slot ON slot.id = appointment.slot_id"
        " WHERE appointment.person_id = $1 OR appointment.partner_id = $1 ORDER BY appointment.id",
        person_id,
    )
    pauses = await fetch(
        "SELECT subject, until, lifted_at FROM appointment_pause WHERE person_id = $1 ORDER BY id", person_id
    )
    return {
        "booked": [
            {
                **{
                    _camel(name): held
                    for name, held in dict(row).items()
                    if name != "id" and "sealed" not in name
                },
                # What the person typed themselves.
                "matter": _open(resources, row["matter_sealed"], f"appointment.matter:{row['id']}")
                if row["booked_by_me"]
                else None,
                "partner": _open(resources, row["partner_sealed"], f"appointment.partner:{row['id']}"),
            }
            for row in rows
        ],
        "pauses": [dict(row) for row in pauses],
    }


async def _notices(_resources: Resources, person_id: UUID) -> Told:
    rows = await fetch(
        "SELECT notice.kind, notice.created_at, notice.read_at, notice.parameters, ARRAY(SELECT delivery.channel || ' '"
        " || delivery.state FROM notice_delivery delivery WHERE delivery.notice_id = notice.id ORDER BY delivery.id)"
        " AS deliveries FROM notice WHERE person_id = $1 ORDER BY notice.id",
        person_id,
    )
    boxes = await fetch(
        "SELECT mini_program, sms, plain, language, quiet_from, quiet_until FROM notice_box WHERE person_id = $1",
        person_id,
    )
    subscribed = await fetch(
        "SELECT account.platform, subscription.purpose, subscription.accepted, subscription.said_at"
        " FROM notice_subscription subscription JOIN account ON account.id = subscription.account_id"
        " WHERE account.person_id = $1 ORDER BY subscription.id",
        person_id,
    )
    return {
        "notices": [{_camel(name): _plain(held) for name, held in dict(row).items()} for row in rows],
        "preferences": [dict(row) for row in boxes],
        "subscriptions": [dict(row) for row in subscribed],
    }


async def _open_cases(tx: Transaction, person_id: UUID) -> bool:
    """Whether somebody still waits for something; a draft counts, too, and so does a case of another's one joined."""
    found = await tx.fetch_one(
        "SELECT 1 FROM application WHERE state <> ALL($2) AND (person_id = $1 OR id IN (SELECT application_id"
        " FROM case_party WHERE person_id = $1)) LIMIT 1",
        person_id,
        [state.value for state in ENDED],
    )
    return found is not None


async def _households(_resources: Resources, person_id: UUID) -> Sequence[Mapping[str, object]]:
    """Cases of others that name the person as of their household: that they do, and nothing of the applicant."""
    rows = await fetch(
        "SELECT a.item_code, a.organ_name, a.state, m.created_at FROM identity_document d"
        " JOIN household_member m ON m.number_index = d.number_index JOIN application a ON a.id = m.application_id"
        " WHERE d.person_id = $1 AND a.person_id <> $1 ORDER BY m.id",
        person_id,
    )
    return [
        {
            "itemCode": row["item_code"],
            "organ": row["organ_name"],
            "state": row["state"],
            "namedAt": row["created_at"],
        }
        for row in rows
    ]


async def _has_cases(tx: Transaction, person_id: UUID) -> bool:
    return await tx.fetch_one("SELECT 1 FROM application WHERE person_id = $1 LIMIT 1", person_id) is not None


async def _booked(tx: Transaction, person_id: UUID) -> bool:
    found = await tx.fetch_one(
        "SELECT 1 FROM appointment WHERE (person_id = $1 OR partner_id = $1)"
        " AND state IN ('WAITING', 'HELD', 'CONFIRMED') LIMIT 1",
        person_id,
    )
    return found is not None


async def _forget_notices(tx: Transaction, person_id: UUID, accounts: Sequence[UUID]) -> None:
    """How to be told of things, and what was told: a case's own file says what was decided."""
    await tx.execute(
        "DELETE FROM notice_delivery WHERE notice_id IN (SELECT id FROM notice WHERE person_id = $1)",
        person_id,
    )
    await tx.execute("DELETE FROM notice WHERE person_id = $1", person_id)
    await tx.execute("DELETE FROM notice_box WHERE person_id = $1", person_id)
    await tx.execute("DELETE FROM notice_subscription WHERE account_id = ANY($1)", list(accounts))


async def _forget_appointments(tx: Transaction, person_id: UUID, _accounts: Sequence[UUID]) -> None:
    """Who else it was about; that somebody was there stays with the organ's day until the clock takes it."""
    await tx.execute(
        "UPDATE appointment SET matter_sealed = NULL, partner_sealed = NULL, partner_index = NULL WHERE person_id = $1",
        person_id,
    )


async def _nothing(_resources: Resources, _person_id: UUID) -> None:
    """What goes last tells nothing of its own."""


HOLDINGS = (
    Holding(
        "cases",
        _cases,
        _open_cases,
        open_matter=Text("办件或草稿", "a case or a draft"),
        tables=("application", *(part.table for part in PARTS)),
        kept=Kept(
            Text("已办结办件的档案", "The files of cases that have ended"),
            Text(
                "依《档案法》及民政业务档案管理规定保存，期满后销毁。",
                "Kept as long as the rules on archives want it (Archives Law), then destroyed.",
            ),
            _has_cases,
        ),
    ),
    Holding("casesOfOthers", _other_cases, tables=("case_party",)),
    Holding(
        "appointments",
        _appointments,
        _booked,
        open_matter=Text("预约", "an appointment"),
        erase=_forget_appointments,
        tables=("appointment", "appointment_pause"),
    ),
    Holding(
        "notices",
        _notices,
        erase=_forget_notices,
        tables=("notice", "notice_delivery", "notice_box", "notice_subscription"),
    ),
    Holding("households", _households, tables=("household_member",)),
    Holding("evaluations", _evaluations, tables=("evaluation", "service_event")),
    Holding("closing", _nothing, erase=erase_identity_if_free),
)
"""What casework keeps."""
