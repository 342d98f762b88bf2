"""Taking a task in hand: one look at task, case and officer, under the lock of the case, before anything is written."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from backend.casework.applications.actions import open_answers
from backend.casework.applications.events import STALE
from backend.casework.definitions import Field, FieldKind, ServiceItem, StepKind
from backend.casework.lifecycle import CaseState
from backend.casework.machine import Casework
from backend.casework.reviews.models import TaskState
from backend.casework.reviews.route import LEFT_OUT, Stage, course_of
from backend.database import audit
from backend.database.record import Row, Transaction
from backend.errors import Conflict, Forbidden, Invalid, NotFound, ProblemCode, Text
from backend.kit import regions
from backend.kit.documents import DocumentKind
from backend.people.identity.claims import index_of_number
from backend.resources import Resources
from backend.viewer import Officer, OfficerRole

NO_SUCH_TASK = Text("没有这项待办。", "There is no such task.")
OTHER_ROLE = Text("您的岗位不能办理此环节。", "Your role does not do this step.")
TAKEN = Text("该待办已由其他工作人员领取。", "A colleague has taken this task.")
OVER = Text("该待办已办结或已取消。", "This task is over.")
STEP_ASIDE = Text(
    "申请人或共同申请的家庭成员是您本人或您申报的近亲属，请回避，由其他工作人员办理。",
    "The applicant or a member of the household is you or a relative you declared: a colleague has to do this.",
)
SAY_WHY = Text("请写明理由。", "Say why.")
TOO_LONG = Text("请控制在{most}字以内。", "At most {most} characters.")
LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Hand:
    """A task in an officer's hand, and its case; the case's row is locked."""

    id: UUID
    application_id: UUID
    place: str
    """Whose it is to do: the beginning of a division's code."""
    stage: Stage
    course: tuple[Stage, ...]
    state: CaseState
    item: ServiceItem
    person_id: UUID
    organ_name: str
    assurance: str
    due_on: date
    """The case's."""
    not_before: date | None

    def wants(self, *kinds: StepKind) -> None:
        """Raise ``Conflict`` unless the task is of one of these kinds."""
        if self.stage.step.kind not in kinds:
            raise Conflict(OTHER_STEP)


OTHER_STEP = Text("此环节不能这样办理。", "This step is not done like this.")

_TASK = (
    "SELECT t.id, t.application_id, t.step_code, t.place, t.organ_id, t.role, t.state AS task_state, t.version,"  # noqa: S608 - a constant of ours
    " t.assignee_id, t.not_before, a.state, a.item_code, a.division, a.township, a.task_code, a.deciding_level,"
    " a.person_id, a.organ_name, a.answers_sealed, a.assurance, a.due_on,"
    f" {LEFT_OUT} FROM review_task t JOIN application a ON a.id = t.application_id WHERE t.id = $1 FOR NO KEY UPDATE OF a"
)


async def take_up(tx: Transaction, work: Casework, officer: Officer, task_id: UUID, version: int) -> Hand:
    """The task, which this officer may do now; one that nobody has is theirs from now on. Its version rises.

    Raises ``NotFound`` for a task of elsewhere, ``Forbidden`` for another role and where the officer has to step
    aside, ``Conflict`` when it is over (ALREADY_DONE), a colleague's (TASK_TAKEN) or has changed (STALE_VERSION).
    """
    row = await tx.fetch_one(_TASK, task_id)
    if row is None or not is_of(officer, row):
        raise NotFound(NO_SUCH_TASK)
    if OfficerRole(row["role"]) not in officer.roles:
        raise Forbidden(OTHER_ROLE)
    if row["task_state"] != TaskState.OPEN.value:
        raise Conflict(OVER, code=ProblemCode.ALREADY_DONE)
    if row["assignee_id"] not in {None, officer.officer_id}:
        raise Conflict(TAKEN, code=ProblemCode.TASK_TAKEN)
    await stand_aside(tx, work, officer, row)
    moved = await tx.fetch_one(
        "UPDATE review_task SET version = version + 1, assignee_id = $3 WHERE id = $1 AND version = $2"
        " AND state = 'OPEN' RETURNING id",
        task_id,
        version,
        officer.officer_id,
    )
    if moved is None:
        raise Conflict(STALE, code=ProblemCode.STALE_VERSION).about("input", "version")
    item = work.standards.get(row["item_code"])
    course = course_of(item, row)
    return Hand(
        id=row["id"],
        application_id=row["application_id"],
        place=row["place"],
        stage=next(stage for stage in course if stage.step.code == row["step_code"]),
        course=course,
        state=CaseState(row["state"]),
        item=item,
        person_id=row["person_id"],
        organ_name=row["organ_name"],
        assurance=row["assurance"],
        due_on=row["due_on"],
        not_before=row["not_before"],
    )


def is_of(officer: Officer, row: Row) -> bool:
    """Whether a task, with its ``place`` and ``organ_id``, waits for this officer's organ."""
    here = regions.prefix(officer.division) == row["place"]
    return here and row["organ_id"] in {None, officer.organ_id}


async def stand_aside(tx: Transaction, work: Casework, officer: Officer, row: Row) -> None:
    """Raise ``Forbidden(CONFLICT_OF_INTEREST)`` where somebody of the case is the officer or a declared relative."""
    known = await tx.fetch(
        "SELECT number_index FROM officer_interest WHERE officer_id = $1", officer.officer_id
    )
    if not known:
        return
    declared = {one["number_index"] for one in known}
    if declared & set(await _people(tx, work, row)):
        raise Forbidden(STEP_ASIDE, code=ProblemCode.CONFLICT_OF_INTEREST)


async def _people(tx: Transaction, work: Casework, row: Row) -> Sequence[str]:
    """Blind indices of the applicant, the co-applicants and the members of the household of a case."""
    documents = await tx.fetch(
        "SELECT number_index FROM identity_document WHERE person_id = $1 OR person_id IN"
        " (SELECT person_id FROM case_party WHERE application_id = $2)",
        row["person_id"],
        row["application_id"],
    )
    answers = open_answers(work, row["application_id"], row["answers_sealed"])
    told = _numbers(work.standards.get(row["item_code"]).form.fields, answers)
    return [
        *(one["number_index"] for one in documents),
        *(number_index(work.resources, number) for number in told),
    ]


def number_index(resources: Resources, number: str) -> str:
    """The blind index of a resident ID, as documents have it."""
    return index_of_number(resources, DocumentKind.RESIDENT_ID, number.strip().upper())


def _numbers(fields: tuple[Field, ...], answers: Mapping[str, object]) -> Iterator[str]:
    for field in fields:
        value = answers.get(field.name)
        if field.kind is FieldKind.RESIDENT_ID and isinstance(value, str):
            yield value
        for group in value if isinstance(value, list) else (value,):
            if isinstance(group, Mapping):
                yield from _numbers(field.fields, group)


async def note(
    tx: Transaction, officer: Officer, hand_or_case: Hand | UUID, kind: str, **detail: object
) -> None:
    """One entry in the case's own trail."""
    case = hand_or_case.application_id if isinstance(hand_or_case, Hand) else hand_or_case
    told = {"organ": str(officer.organ_id), **detail}
    if isinstance(hand_or_case, Hand):
        told = {"task": str(hand_or_case.id), "step": hand_or_case.stage.step.code, **told}
    await audit.append(
        tx, subject=f"application:{case}", kind=kind, actor=f"officer:{officer.officer_id}", detail=told
    )


def said(words: str, field: str, *, needed: bool = True, most: int = LONGEST) -> str:
    """``words`` without blanks around them. Raises ``Invalid`` for none at all where they are needed, or too many."""
    words = words.strip()
    if needed and not words:
        raise Invalid(SAY_WHY).about("input", field)
    if len(words) > most:
        raise Invalid(TOO_LONG.filled(most=most)).about("input", field)
    return words
