"""Reading cases: one statement for the cases, one for their timelines, only what is asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import orjson

from backend.casework.applications.acting import OF_A_WARD, principal_of
from backend.casework.lifecycle import CaseEventKind, CaseState
from backend.database.record import Row, fetch, fetch_one
from backend.kit import clock, regions
from backend.people.delegation.kinds import DelegatedAction
from backend.viewer import Anonymous, Citizen, Officer, Team, Viewer

_CASES = (
    "SELECT id, person_id, item_code, division, organ_name, state, version, case_number, submitted_at, due_on,"
    " promised_days, answers_sealed, result_sealed, created_at FROM application "
)
# The nation's officers see every division but the one that is on no map.
_REAL = "(division NOT LIKE '99%' OR $2 LIKE '99%')"
# A draft belongs to the citizen alone; officers see what was handed in to their division.
_OWN_CASE = _CASES + f"WHERE id = $1 AND (person_id = $2 OR {OF_A_WARD})"
# While a receiving office has a case in hand (代收代办), it is theirs to see and nobody else's.
_CASE_OF_DIVISION = (
    _CASES
    + f"WHERE id = $1 AND state <> 'DRAFT' AND {_REAL} AND (assisting LIKE $3 OR CASE collecting WHEN '' THEN"
    " division LIKE $2 OR township LIKE $2 ELSE collecting LIKE $2 END)"
)
_OWN_CASES = _CASES + "WHERE id < $1 AND person_id = $2 ORDER BY id DESC LIMIT $3"
_CASES_OF_WARD = (
    _CASES + "WHERE id < $1 AND person_id = $2 AND ($4::jsonb = '[]' OR $4::jsonb ? item_code)"
    " ORDER BY id DESC LIMIT $3"
)
_CASES_OF_DIVISION = (
    _CASES + f"WHERE id < $1 AND division LIKE $2 AND state <> 'DRAFT' AND {_REAL} AND collecting = ''"
    " ORDER BY id DESC LIMIT $3"
)
_KINDS = {kind.value: kind for kind in CaseEventKind}
_STATES = {state.value: state for state in CaseState}
"""A look-up costs a third of calling the class, and pages have hundreds."""
_NEWEST = UUID(int=2**128 - 1)
"""Later than every id, so that the first page is asked for like any other."""


class DoneBy(StrEnum):
    """Who did something in a case."""

    APPLICANT = "APPLICANT"
    AGENT = "AGENT"
    """Somebody who acts for the applicant."""
    ORGAN = "ORGAN"
    SYSTEM = "SYSTEM"
    """The house itself, or a province's platform."""


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One thing that happened, as the citizen may read it."""

    sequence: int
    kind: CaseEventKind
    state: CaseState
    at: datetime
    by: DoneBy
    agent_id: UUID | None
    """The person who did it for the applicant."""
    handover: str | None = None
    """Which ``HandoverStep`` it was, on HANDOVER."""


@dataclass(frozen=True, slots=True)
class ApplicationRow:
    """A case as its viewer may see it; answers and result still sealed until asked for."""

    id: UUID
    person_id: UUID
    item_code: str
    division: str
    organ_name: str
    state: CaseState
    version: int
    case_number: str | None
    submitted_at: datetime | None
    due_on: date | None
    promised_days: int
    answers_sealed: str
    result_sealed: str | None
    created_at: datetime
    own: bool
    """True for the applicant and whoever acts for them; an officer sees the case but not the sealed answers."""


async def application(viewer: Viewer, application_id: UUID) -> ApplicationRow | None:
    """The case, or None where there is none that this viewer may see."""
    match viewer:
        case Citizen(person_id=UUID() as person_id):
            row = await fetch_one(
                _OWN_CASE, application_id, person_id, DelegatedAction.FOLLOW.value, clock.today()
            )
        case Officer() if viewer.sees_cases:
            row = await fetch_one(
                _CASE_OF_DIVISION, application_id, _within(viewer), assisting_pattern(viewer.division)
            )
        case Citizen() | Officer() | Team() | Anonymous():
            row = None
    return _read(row, viewer) if row else None


async def applications(
    viewer: Viewer, *, before: UUID | None, limit: int, acting_by: UUID | None = None
) -> Sequence[ApplicationRow]:
    """The viewer's cases, newest first, keyset-paged: those older than ``before``.

    With ``acting_by``, the id of a delegation, those of its principal that it covers.
    """
    rows: Sequence[Row]
    match viewer:
        case Citizen(person_id=UUID()) if acting_by is not None:
            grant = await principal_of(viewer, acting_by)
            rows = (
                ()
                if grant is None
                else await fetch(
                    _CASES_OF_WARD, before or _NEWEST, grant["principal_id"], limit, grant["items"]
                )
            )
        case Citizen(person_id=UUID() as person_id):
            rows = await fetch(_OWN_CASES, before or _NEWEST, person_id, limit)
        case Officer() if viewer.sees_cases:
            rows = await fetch(_CASES_OF_DIVISION, before or _NEWEST, _within(viewer), limit)
        case Citizen() | Officer() | Team() | Anonymous():
            rows = ()
    return [_read(row, viewer) for row in rows]


async def timelines(application_ids: Sequence[UUID], limit: int) -> Mapping[UUID, Sequence[TimelineEntry]]:
    """The last ``limit`` entries of each case, oldest first. Reached from visible cases only."""
    rows = await fetch(
        "SELECT a.id AS application_id, e.sequence, e.kind, e.state, e.at, e.actor, a.person_id, e.handover"
        " FROM application a CROSS JOIN LATERAL (SELECT sequence, kind, state, at, actor,"
        " CASE kind WHEN 'HANDOVER' THEN detail ->> 'step' END AS handover FROM case_event"
        " WHERE application_id = a.id ORDER BY sequence DESC LIMIT $2) AS e WHERE a.id = ANY($1::uuid[])"
        " ORDER BY a.id, e.sequence",
        list(application_ids),
        limit,
    )
    found: dict[UUID, list[TimelineEntry]] = {application_id: [] for application_id in application_ids}
    for application_id, sequence, kind, state, at, actor, person_id, handover in rows:
        by, agent_id = _done_by(actor, person_id)
        found[application_id].append(
            TimelineEntry(sequence, _KINDS[kind], _STATES[state], at, by, agent_id, handover)
        )
    return found


def _done_by(actor: str, person_id: UUID) -> tuple[DoneBy, UUID | None]:
    what, _, who = actor.partition(":")
    if what == "person":
        return (DoneBy.APPLICANT, None) if who == str(person_id) else (DoneBy.AGENT, UUID(who))
    return (DoneBy.ORGAN if what == "officer" else DoneBy.SYSTEM), None


def assisting_pattern(division: str) -> str | None:
    """The LIKE pattern of cases in which an officer's county works on a part; None, which is like nothing, above counties."""
    place = regions.prefix(division)[:6]
    return f"%,{place},%" if len(place) == 6 else None


def _within(officer: Officer) -> str:
    """The LIKE pattern of the divisions that an officer may see."""
    return f"{regions.prefix(officer.division)}%"


def _read(row: Row, viewer: Viewer) -> ApplicationRow:
    return ApplicationRow(
        id=row["id"],
        person_id=row["person_id"],
        item_code=row["item_code"],
        division=row["division"],
        organ_name=row["organ_name"],
        state=_STATES[row["state"]],
        version=row["version"],
        case_number=row["case_number"],
        submitted_at=row["submitted_at"],
        due_on=row["due_on"],
        promised_days=row["promised_days"],
        answers_sealed=row["answers_sealed"],
        result_sealed=row["result_sealed"],
        created_at=row["created_at"],
        own=isinstance(viewer, Citizen),
    )


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about a case: sealed at rest, for the applicant's eyes."""

    approved: bool
    reason: str | None
    result_number: str | None
    monthly_fen: int | None
    paid_from: str | None
    """``YYYY-MM``: the first month that is paid."""
    basis: str | None = None
    """依据: the law on which a refusal rests, as it is cited."""
    remedy: str | None = None
    """救济途径: where and until when one may turn against it."""

    @classmethod
    def read(cls, opened: bytes) -> "Decision":
        """From the opened sealed text."""
        told = orjson.loads(opened)
        return cls(**{name: told[name] for name in cls.__dataclass_fields__ if name in told})
