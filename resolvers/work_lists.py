"""Work lists at the officers' counter: what waits, and who has it."""

from datetime import date
from typing import Annotated
from uuid import UUID

import strawberry

from backend.casework.lifecycle import STATE_NAMES, CaseState
from backend.casework.reviews import lists, queries, records
from backend.casework.reviews.desk import NO_SUCH_TASK
from backend.casework.reviews.models import TaskState
from backend.casework.reviews.queries import TaskView
from backend.errors import NotFound
from backend.viewer import OfficerRole
from resolvers.access import PARENT, officer
from resolvers.context import Info
from resolvers.enums import StepKind
from resolvers.fields import MutationInput, field, input_field, input_type, mutation, object_type, query
from resolvers.officers import officer_of
from resolvers.pagination import (
    After,
    Connection,
    First,
    Node,
    global_id,
    keyset_page,
    page_size,
    read_cursor,
    read_global_id,
)

strawberry.enum(TaskState, description="Where a task is.")

DOING = officer(OfficerRole.INTAKE, OfficerRole.REVIEW, OfficerRole.APPROVAL)
"""Officers who do steps of cases; which of them is the task's to say."""
TASK = "ReviewTask"


def _step_name(root: strawberry.Parent[TaskView], info: Info) -> str:
    item = info.context.work.standards.get(root.item_code)
    return next(step.name for step in item.steps if step.code == root.step_code).of(info.context.language)


def _item_name(root: strawberry.Parent[TaskView], info: Info) -> str:
    return info.context.work.standards.get(root.item_code).name.of(info.context.language)


def _case_state_name(root: strawberry.Parent[TaskView], info: Info) -> str:
    return STATE_NAMES[root.case_state].of(info.context.language)


def _case_id(root: strawberry.Parent[TaskView]) -> strawberry.ID:
    return global_id("Application", root.application_id)


@object_type(
    reads=TaskView, description="待办: one step of a case that waits for an officer. No personal data."
)
class ReviewTask(Node):
    """A task."""

    application_id: strawberry.ID = field(access=PARENT, description="The case.", resolver=_case_id)
    case_number: str | None = field(access=PARENT, description="申办流水号.")
    case_state: CaseState = field(access=PARENT, description="办件状态.")
    case_state_name: str = field(access=PARENT, description="办件状态 in words.", resolver=_case_state_name)
    item_code: str = field(access=PARENT, description="基本编码 of the item.")
    item_name: str = field(access=PARENT, description="Name of the item.", resolver=_item_name)
    division: str = field(access=PARENT, description="Division of the case.")
    step_code: str = field(access=PARENT, description="Which step.")
    step_name: str = field(access=PARENT, description="Name of the step.", resolver=_step_name)
    kind: StepKind = field(access=PARENT, description="What happens in the step.")
    state: TaskState = field(access=PARENT, description="Where the task is.")
    version: int = field(access=PARENT, description="Rises with every change; send it back when acting.")
    due_on: date = field(access=PARENT, description="When the step should be over.")
    not_before: date | None = field(
        access=PARENT, description="The first day on which a publicity or cooling-off can be over."
    )
    claimed: bool = field(access=PARENT, description="Whether somebody has it.")
    mine: bool = field(access=PARENT, description="Whether the viewer has it.")


@object_type(description="Tasks that are the officer's now.")
class ClaimedTasks:
    """What was claimed."""

    task_ids: list[strawberry.ID] = field(access=PARENT, description="Those that were not taken meanwhile.")


@object_type(description="What an officer has declared.")
class DeclaredInterests:
    """Relatives."""

    count: int = field(access=PARENT, description="For how many people the officer steps aside.")


async def task_of(info: Info, task_id: UUID) -> TaskView:
    """The task, which is of the officer's organ. Raises ``NotFound``."""
    found = await queries.task(officer_of(info), task_id)
    if found is None:
        raise NotFound(NO_SUCH_TASK)
    return found


@query(
    access=DOING,
    description="Open tasks of the officer's organ that their roles do, those due first.",
    returns=Connection[ReviewTask],
)
async def work_list(
    info: Info,
    first: First = 20,
    after: After = None,
    mine: Annotated[bool, strawberry.argument(description="Only those that the viewer has.")] = False,
) -> Connection[TaskView]:
    """A page of the work list."""
    place = read_cursor(after, date, UUID)
    rows = await queries.work_list(
        officer_of(info), mine=mine, after=(place[0], place[1]) if place else None, limit=page_size(first) + 1
    )
    return keyset_page(rows, first=first, after=after, key=lambda row: (row.due_on, row.id))


@query(
    access=DOING,
    description="One task of the officer's organ; null for any other.",
    returns=ReviewTask | None,
)
async def review_task(
    info: Info,
    id: Annotated[strawberry.ID, strawberry.argument(description="Id of the task.")],  # noqa: A002 - Relay's name
) -> TaskView | None:
    """One task."""
    return await queries.task(officer_of(info), read_global_id(id, TASK))


@input_type(description="Which tasks.")
class ClaimTasksInput(MutationInput):
    """Input of ``claimTasks``."""

    task_ids: list[strawberry.ID] = input_field(description="1 to 50 tasks.")


@mutation(
    access=DOING,
    description="Take tasks in hand, many at once. Findings and decisions are made case by case.",
    returns=ClaimedTasks,
)
async def claim_tasks(info: Info, input: ClaimTasksInput) -> ClaimedTasks:  # noqa: A002 - GraphQL's name
    """Claim."""
    taken = await lists.claim(
        officer_of(info),
        info.context.work,
        task_ids=[read_global_id(one, TASK) for one in input.task_ids],
        key=input.idempotency_key,
    )
    return ClaimedTasks(task_ids=[(global_id(TASK, one)) for one in taken])


@input_type(description="To whom a task goes.")
class ReassignTaskInput(MutationInput):
    """Input of ``reassignTask``."""

    task_id: strawberry.ID = input_field(description="The task.")
    version: int = input_field(description="The version that was seen.")
    to_officer_id: strawberry.ID | None = input_field(
        description="A colleague of the same organ; null gives it back to the list.", default=None
    )


@mutation(access=DOING, description="Give a task to a colleague or back to the list.", returns=ReviewTask)
async def reassign_task(info: Info, input: ReassignTaskInput) -> TaskView:  # noqa: A002 - GraphQL's name
    """Reassign."""
    task_id = read_global_id(input.task_id, TASK)
    await lists.pass_on(
        officer_of(info),
        task_id=task_id,
        version=input.version,
        to_officer=None if input.to_officer_id is None else read_global_id(input.to_officer_id, "Officer"),
        key=input.idempotency_key,
    )
    return await task_of(info, task_id)


@input_type(description="In whose cases the officer takes no part.")
class DeclareInterestInput(MutationInput):
    """Input of ``declareInterest``."""

    resident_id: str = input_field(description="居民身份证号码 of the officer or a near relative; not kept.")


@mutation(
    access=DOING,
    description="Declare oneself or a near relative (回避申报): their cases are refused from now on.",
    returns=DeclaredInterests,
)
async def declare_interest(info: Info, input: DeclareInterestInput) -> DeclaredInterests:  # noqa: A002 - GraphQL's name
    """Declare."""
    count = await records.declare_interest(
        officer_of(info), info.context.work, number=input.resident_id, key=input.idempotency_key
    )
    return DeclaredInterests(count=count)


QUERIES = (work_list, review_task)
MUTATIONS = (claim_tasks, reassign_task, declare_interest)
