"""Reading cases: one statement, and their timelines with it where they are asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from backend.casework.applications.acting import OF_A_WARD, principal_of
from backend.casework.lifecycle import CaseEventKind, CaseState
from backend.database.record import Row, fetch, fetch_one
from backend.kit import clock, regions
from backend.people.delegation.kinds import DelegatedAction
from backend.viewer import Anonymous, Citizen, Officer, Provider, Team, Viewer

_COLUMNS = (
    "SELECT id, person_id, item_code, division, organ_name, state, version, case_number, submitted_at, due_on,"
    " promised_days, answers_sealed, result_sealed, created_at"
)
# The nation's officers see every division but the one that is on no map.
_REAL = "(division NOT LIKE '99%' OR $2 LIKE '99%')"
_CASES = f"{_COLUMNS} FROM application "
# A draft belongs to the citizen alone; officers see what was handed in to their division.
_OWN_CASE = _CASES + f"WHERE id = $1 AND (person_id = $2 OR {OF_A_WARD})"
# While a receiving office has a case in hand (代收代办), it is theirs to see and nobody else's.
_CASE_OF_DIVISION = (
    _CASES
    + f"WHERE id = $1 AND state <> 'DRAFT' AND {_REAL} AND (assisting LIKE $3 OR CASE collecting WHEN '' THEN"
    " division LIKE $2 OR township LIKE $2 ELSE collecting LIKE $2 END)"
)

_EVENTS = (
    "SELECT sequence, kind, state, at, actor, CASE kind WHEN 'HANDOVER' THEN detail ->> 'step' END AS handover"
    " FROM case_event"
)


def _paged(condition: str) -> tuple[str, str]:
    """The statement of a page ($1 before, $2 limit): cases alone, and with the latest $3 entries of each."""
    page = f"WHERE id < $1 AND {condition} ORDER BY id DESC LIMIT $2"
    latest = (
        "SELECT array_agg(sequence) AS sequences, array_agg(kind) AS kinds, array_agg(state) AS states,"  # noqa: S608 - a constant of ours
        f" array_agg(at) AS moments, array_agg(actor) AS actors, array_agg(handover) AS handovers FROM ({_EVENTS}"
        " WHERE application_id = application.id ORDER BY sequence DESC LIMIT $3) AS e"
    )
    return (
        f"{_CASES}{page.replace('$4', '$3').replace('$5', '$4')}",
        f"{_COLUMNS}, sequences, kinds, states, moments, actors, handovers FROM application CROSS JOIN LATERAL ({latest}) AS l {page}",
    )


_OWN_CASES = _paged("person_id = $4")
_CASES_OF_WARD = _paged("person_id = $4 AND ($5::jsonb = '[]' OR $5::jsonb ? item_code)")
_CASES_OF_DIVISION = _paged(
    f"division LIKE $4 AND state <> 'DRAFT' AND {_REAL.replace('$2', '$4')} AND collecting = ''"
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


class TimelineEntry(NamedTuple):
    """One thing that happened, as the citizen may read it."""

    sequence: int
    kind: CaseEventKind
    state: CaseState
    at: datetime
    actor: str
    applicant_id: UUID
    handover: str | None = None
    """Which ``HandoverStep`` it was, on HANDOVER."""

    @property
    def by(self) -> DoneBy:
        """Who did it."""
        what, _, who = self.actor.partition(":")
        if what == "person":
            return DoneBy.APPLICANT if who == str(self.applicant_id) else DoneBy.AGENT
        return DoneBy.ORGAN if what == "officer" else DoneBy.SYSTEM

    @property
    def agent_id(self) -> UUID | None:
        """The person who did it for the applicant."""
        return UUID(self.actor.partition(":")[2]) if self.by is DoneBy.AGENT else None


class ApplicationRow(NamedTuple):
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
    latest: Sequence[TimelineEntry] | None = None
    """The latest entries of its timeline, oldest first, where they came along."""


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
        case Citizen() | Officer() | Team() | Provider() | Anonymous():
            row = None
    return _read(row, viewer) if row else None


async def applications(
    viewer: Viewer,
    *,
    before: UUID | None,
    limit: int,
    acting_by: UUID | None = None,
    latest: int | None = None,
) -> Sequence[ApplicationRow]:
    """The viewer's cases, newest first, keyset-paged: those older than ``before``.

    With ``acting_by``, the id of a delegation, those of its principal that it covers. With ``latest``, so many entries
    of each one's timeline come along.
    """
    kind, page = (0, ()) if latest is None else (1, (latest,))
    place = (before or _NEWEST, limit, *page)
    rows: Sequence[Row]
    match viewer:
        case Citizen(person_id=UUID()) if acting_by is not None:
            grant = await principal_of(viewer, acting_by)
            rows = (
                ()
                if grant is None
                else await fetch(_CASES_OF_WARD[kind], *place, grant["principal_id"], grant["items"])
            )
        case Citizen(person_id=UUID() as person_id):
            rows = await fetch(_OWN_CASES[kind], *place, person_id)
        case Officer() if viewer.sees_cases:
            rows = await fetch(_CASES_OF_DIVISION[kind], *place, _within(viewer))
        case Citizen() | Officer() | Team() | Provider() | Anonymous():
            rows = ()
    return [_read(row, viewer) for row in rows]


async def timelines(application_ids: Sequence[UUID], limit: int) -> Mapping[UUID, Sequence[TimelineEntry]]:
    """The last ``limit`` entries of each case, oldest first. Reached from visible cases only."""
    rows = await fetch(
        "SELECT a.id AS application_id, e.sequence, e.kind, e.state, e.at, e.actor, a.person_id, e.handover"  # noqa: S608 - a constant of ours
        f" FROM application a CROSS JOIN LATERAL ({_EVENTS}"
        " WHERE application_id = a.id ORDER BY sequence DESC LIMIT $2) AS e WHERE a.id = ANY($1::uuid[])"
        " ORDER BY a.id, e.sequence",
        list(application_ids),
        limit,
    )
    found: dict[UUID, list[TimelineEntry]] = {application_id: [] for application_id in application_ids}
    for application_id, sequence, kind, state, at, actor, person_id, handover in rows:
        found[application_id].append(
            TimelineEntry(sequence, _KINDS[kind], _STATES[state], at, actor, person_id, handover)
        )
    return found


def assisting_pattern(division: str) -> str | None:
    """The LIKE pattern of cases in which an officer's county works on a part; None, which is like nothing, above counties."""
    place = regions.prefix(division)[:6]
    return f"%,{place},%" if len(place) == 6 else None


def _within(officer: Officer) -> str:
    """The LIKE pattern of the divisions that an officer may see."""
    return f"{regions.prefix(officer.division)}%"


def _read(row: Row, viewer: Viewer) -> ApplicationRow:
    """From the columns of ``_COLUMNS``, in their order, and those of the timeline where they came along."""
    return ApplicationRow(
        row[0],
        row[1],
        row[2],
        row[3],
        row[4],
        _STATES[row[5]],
        *(row[6], row[7], row[8], row[9], row[10], row[11], row[12], row[13]),
        isinstance(viewer, Citizen),
        _entries(row[14:], row[1]) if len(row) > 14 else None,
    )


def _entries(columns: Sequence[Sequence[Any] | None], applicant_id: UUID) -> Sequence[TimelineEntry]:
    """Columns of the latest entries, newest first, as entries, oldest first."""
    oldest_first = zip(*(reversed(column or ()) for column in columns), strict=True)
    return [
        TimelineEntry(sequence, _KINDS[kind], _STATES[state], at, actor, applicant_id, handover)
        for sequence, kind, state, at, actor, handover in oldest_first
    ]


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
