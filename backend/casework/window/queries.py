"""Who stands at an officer's window, which cases they have, and one of them in the open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import orjson

from backend.casework.applications.actions import DRAFT_COLUMNS, NO_SUCH_CASE, Draft, open_answers, read_draft
from backend.casework.definitions import needed
from backend.casework.lifecycle import OPEN, CaseState
from backend.casework.machine import Casework
from backend.casework.reviews.desk import stand_aside
from backend.database.record import Row, fetch, fetch_one, transaction
from backend.errors import NotFound, Text
from backend.kit import clock, masking
from backend.people.identity.models import AssuranceMethod
from backend.people.identity.queries import opened_name
from backend.people.officers.training import require_duty
from backend.viewer import Assurance, AssuranceLevel, Officer

PRESENT_FOR = timedelta(hours=2)
"""After an officer has confirmed somebody: as long as one sits at a window, and no longer."""
VISITORS, CASES = 20, 50
"""The latest of each."""
SEEN = (AssuranceMethod.WINDOW.value, AssuranceMethod.HOME_VISIT.value)
WORKED_ON = (CaseState.DRAFT.value, *(state.value for state in OPEN))
NOBODY = Text("请先当面核验群众的身份证件。", "Check the document of the citizen before you first.")


@dataclass(frozen=True, slots=True)
class WindowCase:
    """A case of whoever stands at the window, as a line of a list."""

    application_id: UUID
    item_code: str
    division: str
    state: CaseState
    version: int
    case_number: str | None


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody whom this officer has confirmed in person."""

    id: UUID
    name: str
    """Masked."""
    confirmed_at: datetime
    until: datetime
    cases: Sequence[WindowCase]


@dataclass(frozen=True, slots=True)
class OpenedCase:
    """A case in the open, with its applicant present. Lives in memory only."""

    application_id: UUID
    item_code: str
    division: str
    state: CaseState
    version: int
    answers: Mapping[str, object]
    materials: Sequence[str]
    """Codes of those that are there, in whatever way they came."""
    missing: Sequence[str]
    """Codes of required ones that are not."""
    to_correct: Sequence[str]
    """Names of fields and codes of materials that an open notice lists."""


@dataclass(frozen=True, slots=True)
class Present:
    """A case whose applicant the officer has before them, and how they are known."""

    case: Draft
    proof: Assurance


async def visitors(officer: Officer, work: Casework) -> Sequence[Visitor]:
    """Whom the officer has confirmed in the last two hours, the latest first, with the cases that are under way."""
    people = await fetch(
        "SELECT DISTINCT ON (r.person_id) r.person_id, r.id, r.proven_at, d.name_sealed, d.number_index"
        " FROM assurance_record r JOIN identity_document d ON d.person_id = r.person_id AND d.main"
        " WHERE r.officer_id = $1 AND r.proven_at > $2 AND r.method = ANY($3::text[])"
        " ORDER BY r.person_id, r.proven_at DESC LIMIT $4",
        officer.officer_id,
        clock.now() - PRESENT_FOR,
        list(SEEN),
        VISITORS,
    )
    cases = await fetch(
        "SELECT a.person_id, a.id, a.item_code, a.division, a.state, a.version, a.case_number"
        " FROM unnest($1::uuid[]) AS p(id) CROSS JOIN LATERAL (SELECT * FROM application"
        "   WHERE person_id = p.id AND state = ANY($2::text[]) ORDER BY id DESC LIMIT $3) a ORDER BY a.id DESC",
        [row["person_id"] for row in people],
        list(WORKED_ON),
        CASES,
    )
    return [
        Visitor(
            row["id"],
            masking.name(opened_name(work.resources, row["name_sealed"], row["number_index"])),
            row["proven_at"],
            row["proven_at"] + PRESENT_FOR,
            [_line(case) for case in cases if case["person_id"] == row["person_id"]],
        )
        for row in sorted(people, key=lambda row: row["proven_at"], reverse=True)
    ]


def _line(row: Row) -> WindowCase:
    return WindowCase(
        row["id"],
        row["item_code"],
        row["division"],
        CaseState(row["state"]),
        row["version"],
        row["case_number"],
    )


async def person_present(officer: Officer, visitor_id: UUID) -> UUID:
    """Whom a visitor's id stands for. Raises ``NotFound`` unless this officer has just confirmed them, on duty."""
    require_duty(officer)
    row = await fetch_one(
        "SELECT person_id FROM assurance_record WHERE id = $1 AND officer_id = $2 AND proven_at > $3"
        " AND method = ANY($4::text[])",
        visitor_id,
        officer.officer_id,
        clock.now() - PRESENT_FOR,
        list(SEEN),
    )
    if row is None:
        raise NotFound(NOBODY)
    person_id: UUID = row["person_id"]
    return person_id


async def present_case(officer: Officer, work: Casework, application_id: UUID) -> Present:
    """A case whose applicant stands before the officer, wherever in the country it belongs.

    Raises ``NotFound`` unless this officer has confirmed the applicant in person within two hours, and
    ``Forbidden(CONFLICT_OF_INTEREST)`` where somebody of the case is a relative of theirs.
    """
    async with transaction() as tx:
        row = await tx.fetch_one(
            f"SELECT {DRAFT_COLUMNS}, p.level, p.method, p.proven_at, p.expires_at FROM application a"  # noqa: S608 - a constant of ours
            " JOIN LATERAL (SELECT level, method, proven_at, expires_at FROM assurance_record"
            "   WHERE person_id = a.person_id AND officer_id = $2 AND proven_at > $3 AND method = ANY($4::text[])"
            "   ORDER BY proven_at DESC LIMIT 1) p ON TRUE WHERE a.id = $1",
            application_id,
            officer.officer_id,
            clock.now() - PRESENT_FOR,
            list(SEEN),
        )
        if row is None:
            raise NotFound(NO_SUCH_CASE)
        await stand_aside(tx, work, officer, {**dict(row), "application_id": row["id"]})
    proof = Assurance(AssuranceLevel(row["level"]), row["method"], row["proven_at"], row["expires_at"])
    return Present(read_draft(row), proof)


async def opened(work: Casework, application_id: UUID) -> OpenedCase:
    """A case that ``present_case`` has found."""
    row = await fetch_one(
        "SELECT a.id, a.item_code, a.division, a.state, a.version, a.answers_sealed,"
        " ARRAY(SELECT code FROM material WHERE application_id = a.id ORDER BY code) AS codes,"
        " n.answers, n.materials FROM application a"
        " LEFT JOIN correction_notice n ON n.application_id = a.id AND n.state = 'OPEN' WHERE a.id = $1",
        application_id,
    )
    if row is None:
        raise NotFound(NO_SUCH_CASE)
    answers = open_answers(work, application_id, row["answers_sealed"])
    wanted = needed(work.standards.get(row["item_code"]).materials, answers)
    listed = (
        () if row["answers"] is None else (*orjson.loads(row["answers"]), *orjson.loads(row["materials"]))
    )
    return OpenedCase(
        application_id,
        row["item_code"],
        row["division"],
        CaseState(row["state"]),
        row["version"],
        answers,
        row["codes"],
        [one.code for one in wanted if one.required and one.code not in row["codes"]],
        listed,
    )
