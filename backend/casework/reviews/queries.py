"""Reading work lists and what belongs to a case under review; every function begins with who asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import orjson

from backend.casework.applications.acting import OF_A_WARD
from backend.casework.definitions import StepKind
from backend.casework.lifecycle import CaseState
from backend.casework.reviews.lists import roles_of
from backend.casework.reviews.models import NoticeState, TaskState
from backend.database.record import Row, fetch, fetch_one
from backend.kit import clock, regions
from backend.people.delegation.kinds import DelegatedAction
from backend.viewer import Citizen, Officer, Viewer

_TASKS = (
    "SELECT t.id, t.application_id, t.step_code, t.kind, t.role, t.state, t.version, t.due_on, t.not_before,"
    " t.assignee_id, a.state AS case_state, a.item_code, a.division, a.case_number FROM review_task t"
    " JOIN application a ON a.id = t.application_id "
)
_OF_ORGAN = "t.place = $1 AND (t.organ_id IS NULL OR t.organ_id = $2)"
# Sorted by the day on which they are due; the index of open tasks has this order.
_WORK_LIST = (
    _TASKS + f"WHERE t.state = 'OPEN' AND {_OF_ORGAN} AND t.role = ANY($3::text[])"
    " AND (t.due_on, t.id) > ($4, $5) AND (NOT $6 OR t.assignee_id = $7) ORDER BY t.due_on, t.id LIMIT $8"
)
_ONE_TASK = _TASKS + f"WHERE t.id = $3 AND {_OF_ORGAN}"
_FIRST = (date.min, UUID(int=0))


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task as an officer of its organ sees it. No personal data."""

    id: UUID
    application_id: UUID
    step_code: str
    kind: StepKind
    state: TaskState
    version: int
    due_on: date
    not_before: date | None
    claimed: bool
    mine: bool
    case_state: CaseState
    item_code: str
    division: str
    case_number: str | None


async def work_list(
    officer: Officer, *, mine: bool, after: tuple[date, UUID] | None, limit: int
) -> Sequence[TaskView]:
    """Open tasks of the officer's organ that their roles do, due first; ``mine`` only those they have."""
    day, task_id = after or _FIRST
    rows = await fetch(
        _WORK_LIST,
        regions.prefix(officer.division),
        officer.organ_id,
        roles_of(officer),
        day,
        task_id,
        mine,
        officer.officer_id,
        limit,
    )
    return [_read(row, officer) for row in rows]


async def task(officer: Officer, task_id: UUID) -> TaskView | None:
    """One task of the officer's organ, in whatever state; None for those of others."""
    row = await fetch_one(_ONE_TASK, regions.prefix(officer.division), officer.organ_id, task_id)
    return _read(row, officer) if row else None


def _read(row: Row, officer: Officer) -> TaskView:
    return TaskView(
        id=row["id"],
        application_id=row["application_id"],
        step_code=row["step_code"],
        kind=StepKind(row["kind"]),
        state=TaskState(row["state"]),
        version=row["version"],
        due_on=row["due_on"],
        not_before=row["not_before"],
        claimed=row["assignee_id"] is not None,
        mine=row["assignee_id"] == officer.officer_id,
        case_state=CaseState(row["case_state"]),
        item_code=row["item_code"],
        division=row["division"],
        case_number=row["case_number"],
    )


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A correction notice; its words stay sealed until they are asked for."""

    id: UUID
    application_id: UUID
    number: int
    state: NoticeState
    due_on: date | None
    answers: tuple[str, ...]
    materials: tuple[str, ...]
    told_sealed: str


async def notices_of(viewer: Viewer, application_id: UUID) -> Sequence[NoticeView]:
    """The notices of a case by number: the applicant sees those that were sent, officers of the division all."""
    rows: Sequence[Row]
    match viewer:
        case Citizen(person_id=UUID() as person_id):
            rows = await fetch(
                _NOTICES + f" WHERE application.id = $1 AND (application.person_id = $2 OR {OF_A_WARD})"
                " AND n.state NOT IN ('PROPOSED', 'REJECTED') ORDER BY n.number",
                application_id,
                person_id,
                DelegatedAction.FOLLOW.value,
                clock.today(),
            )
        case Officer() if viewer.sees_cases:
            rows = await fetch(
                _NOTICES + " WHERE application.id = $1 AND application.state <> 'DRAFT'"
                " AND (application.division LIKE $2 OR application.township LIKE $2) ORDER BY n.number",
                application_id,
                f"{regions.prefix(viewer.division)}%",
            )
        case _:
            rows = ()
    return [
        NoticeView(
            id=row["id"],
            application_id=row["application_id"],
            number=row["number"],
            state=NoticeState(row["state"]),
            due_on=row["due_on"],
            answers=tuple(orjson.loads(row["answers"])),
            materials=tuple(orjson.loads(row["materials"])),
            told_sealed=row["told_sealed"],
        )
        for row in rows
    ]


_NOTICES = (
    "SELECT n.id, n.application_id, n.number, n.state, n.due_on, n.answers, n.materials, n.told_sealed"
    " FROM correction_notice n JOIN application ON application.id = n.application_id"
)
