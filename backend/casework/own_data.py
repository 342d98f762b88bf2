"""What casework keeps of a person: their cases with answers, papers and decisions, and what they said of services."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import orjson

from backend.casework.applications.decisions import result_context
from backend.casework.lifecycle import ENDED
from backend.database.record import Row, Transaction, fetch
from backend.people.privacy.own_data import Holding
from backend.resources import Resources


async def _cases(resources: Resources, person_id: UUID) -> Sequence[Mapping[str, object]]:
    rows = await fetch(
        "SELECT id, item_code, division, organ_name, state, case_number, submitted_at, due_on, answers_sealed,"
        " result_sealed, created_at FROM application WHERE person_id = $1 ORDER BY id",
        person_id,
    )
    ids = [row["id"] for row in rows]
    events = await fetch(
        "SELECT application_id, sequence, kind, state, at FROM case_event WHERE application_id = ANY($1)"
        " ORDER BY application_id, sequence",
        ids,
    )
    papers = await fetch(
        "SELECT application_id, id, code, source, media_type, size, sha256, created_at, file_name_sealed"
        " FROM material WHERE application_id = ANY($1) ORDER BY application_id, id",
        ids,
    )
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
            "answers": _open(resources, row["answers_sealed"], f"application.answers:{row['id']}"),
            "decision": _open(resources, row["result_sealed"], result_context(row["id"])),
            "timeline": [
                _without(event, "application_id") for event in events if event["application_id"] == row["id"]
            ],
            "materials": [
                _paper(resources, paper) for paper in papers if paper["application_id"] == row["id"]
            ],
        }
        for row in rows
    ]


async def _evaluations(resources: Resources, person_id: UUID) -> Sequence[Mapping[str, object]]:
    rows = await fetch(
        "SELECT e.id, e.created_at, e.level, e.tags, e.comment_sealed, e.channel, e.counted, s.kind, s.item_code, s.organ_name"
        " FROM service_event s JOIN evaluation e ON e.event_id = s.id WHERE s.person_id = $1 ORDER BY e.id",
        person_id,
    )
    return [
        {
            **_without(row, "id", "comment_sealed", "tags"),
            "tags": orjson.loads(row["tags"]),
            "comment": None
            if row["comment_sealed"] is None
            else resources.keys.ring.open(
                row["comment_sealed"], context=f"evaluation.comment:{row['id']}"
            ).decode(),
        }
        for row in rows
    ]


def _open(resources: Resources, sealed: str | None, context: str) -> object:
    return None if sealed is None else orjson.loads(resources.keys.ring.open(sealed, context=context))


def _paper(resources: Resources, row: Row) -> Mapping[str, object]:
    name = resources.keys.ring.open(row["file_name_sealed"], context=f"material.name:{row['id']}").decode()
    return {**_without(row, "application_id", "id", "file_name_sealed"), "fileName": name}


def _without(row: Row, *names: str) -> Mapping[str, object]:
    return {name: held for name, held in dict(row).items() if name not in names}


async def _open_cases(tx: Transaction, person_id: UUID) -> bool:
    """Whether somebody still waits for something; a draft counts, too."""
    found = await tx.fetch_one(
        "SELECT 1 FROM application WHERE person_id = $1 AND state <> ALL($2) LIMIT 1",
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


HOLDINGS = (
    Holding("cases", _cases, _open_cases),
    Holding("households", _households),
    Holding("evaluations", _evaluations),
)
"""What casework keeps."""
