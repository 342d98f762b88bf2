"""电子监察 at the counter: cases by light, what was found, boards, and orders that want an answer."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import strawberry

from backend.errors import NotFound
from backend.kit import regions
from backend.supervision import actions, queries
from backend.supervision.models import Axis, FindingState, Light, OrderKind, OrderState
from backend.supervision.queries import BoardRow, FindingView, OrderView, StepView, SupervisedCaseView
from backend.supervision.rules import ALL, Rule
from backend.viewer import OfficerRole, Viewer
from resolvers.access import PARENT, PUBLIC, officer
from resolvers.context import Info
from resolvers.divisions import Division
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

strawberry.enum(Light, name="SupervisionLight", description="监察 红黄绿灯.")
strawberry.enum(FindingState, name="SupervisionFindingState", description="Whether a finding still counts.")
strawberry.enum(OrderKind, name="SupervisionOrderKind", description="Why an answer is wanted.")
strawberry.enum(OrderState, name="SupervisionOrderState", description="Where an order stands.")
strawberry.enum(Axis, name="SupervisionAxis", description="By what a board counts.")

_SUPERVISION = officer(OfficerRole.SUPERVISION)
_ANSWERS = officer(OfficerRole.SUPERVISION, OfficerRole.APPROVAL)


def _rule_name(root: strawberry.Parent[Rule], info: Info) -> str:
    return root.name.of(info.context.language)


def _rule_standing(root: strawberry.Parent[Rule]) -> str:
    return root.standing.value


@object_type(reads=Rule, description="One thing that supervision looks for.")
class SupervisionRule:
    """A rule."""

    code: str = field(access=PARENT, description="Its code.")
    name: str = field(access=PARENT, description="What is found.", resolver=_rule_name)
    light: Light = field(
        access=PARENT, description="How it shines; some shine red where the law is stricter."
    )
    source: str = field(access=PARENT, description="Where the rule comes from.")
    standing: str = field(
        access=PARENT,
        description="law, published, practice or unverified: how well that is founded.",
        resolver=_rule_standing,
    )
    warns: bool = field(access=PARENT, description="Whether the organ has to answer a red finding.")


@object_type(reads=FindingView, description="Something that a rule found on a case.")
class SupervisionFinding:
    """A finding."""

    rule: SupervisionRule = field(access=PARENT, description="The rule.")
    step: str = field(access=PARENT, description="Code of the step (环节), empty for the whole case.")
    light: Light = field(access=PARENT, description="How it shines.")
    state: FindingState = field(access=PARENT, description="Whether it still counts.")
    at: datetime = field(access=PARENT, description="When it was found.")
    cleared_at: datetime | None = field(access=PARENT, description="Since when it no longer counts.")


def _step_name(root: strawberry.Parent[StepView], info: Info) -> str:
    item = info.context.work.standards.get(root.item_code)
    return next(step.name for step in item.steps if step.code == root.code).of(info.context.language)


@object_type(reads=StepView, description="环节 of a case and its light.")
class SupervisedStep:
    """A step."""

    code: str = field(access=PARENT, description="Which step.")
    name: str = field(access=PARENT, description="Its name.", resolver=_step_name)
    light: Light = field(access=PARENT, description="The heaviest light of what counts in it.")


async def _findings(_viewer: Viewer, ids: list[UUID]) -> Sequence[Sequence[FindingView]]:
    found = await queries.findings_of(ids)
    return [found[key] for key in ids]


def _case_findings(
    root: strawberry.Parent[SupervisedCaseView], info: Info
) -> Awaitable[Sequence[FindingView]]:
    return info.context.load(_findings, root.id)


async def _steps(_viewer: Viewer, ids: list[UUID]) -> Sequence[Sequence[StepView]]:
    found = await queries.steps_of(ids)
    return [found[key] for key in ids]


def _case_steps(root: strawberry.Parent[SupervisedCaseView], info: Info) -> Awaitable[Sequence[StepView]]:
    return info.context.load(_steps, root.id)


def _case_id(root: strawberry.Parent[SupervisedCaseView]) -> strawberry.ID:
    return global_id("Application", root.id)


def _case_item(root: strawberry.Parent[SupervisedCaseView], info: Info) -> str:
    return info.context.work.standards.get(root.item_code).name.of(info.context.language)


def _case_division(root: strawberry.Parent[SupervisedCaseView]) -> regions.Division | None:
    return regions.get(root.division)


@object_type(
    reads=SupervisedCaseView, description="A case as supervision sees it, without the person it is about."
)
class SupervisedCase(Node):
    """A case under supervision."""

    application_id: strawberry.ID = field(access=PARENT, description="The case.", resolver=_case_id)
    case_number: str | None = field(access=PARENT, description="申办流水号.")
    item_code: str = field(access=PARENT, description="基本编码.")
    item_name: str = field(access=PARENT, description="Name of the item.", resolver=_case_item)
    division: Division | None = field(access=PARENT, description="Where it lies.", resolver=_case_division)
    organ_name: str = field(access=PARENT, description="Who decides.")
    light: Light = field(access=PARENT, description="The heaviest light of what counts.")
    ended: bool = field(access=PARENT, description="Whether the case has ended.")
    due_on: date | None = field(access=PARENT, description="Last day of the promised limit.")
    findings: list[SupervisionFinding] = field(
        access=PARENT, description="What was found, oldest first; at most 50.", resolver=_case_findings
    )
    steps: list[SupervisedStep] = field(
        access=PARENT, description="Its steps until the decision, each with its light.", resolver=_case_steps
    )


def _order_text(root: strawberry.Parent[OrderView], info: Info) -> str | None:
    return root.opened(info.context.work, "text")


def _order_answer(root: strawberry.Parent[OrderView], info: Info) -> str | None:
    return root.opened(info.context.work, "answer")


def _order_case(root: strawberry.Parent[OrderView]) -> strawberry.ID:
    return global_id("Application", root.application_id)


def _order_division(root: strawberry.Parent[OrderView]) -> regions.Division | None:
    return regions.get(root.division)


@object_type(
    reads=OrderView, description="督办单: somebody has to answer in time, else it goes to the organ above."
)
class SupervisionOrder(Node):
    """An order."""

    application_id: strawberry.ID = field(access=PARENT, description="The case.", resolver=_order_case)
    kind: OrderKind = field(access=PARENT, description="Why an answer is wanted.")
    state: OrderState = field(access=PARENT, description="Where it stands.")
    division: Division | None = field(
        access=PARENT, description="Whose organs answer.", resolver=_order_division
    )
    due_on: date = field(access=PARENT, description="Last day for answering.")
    due_at: datetime = field(access=PARENT, description="The end of that day.")
    late: bool = field(access=PARENT, description="Whether it was not answered in time.")
    created_at: datetime = field(access=PARENT, description="When it was issued.")
    answered_at: datetime | None = field(access=PARENT, description="When it was answered.")
    text: str | None = field(
        access=PARENT, description="What was asked; null where a rule asks.", resolver=_order_text
    )
    answer: str | None = field(access=PARENT, description="What was answered.", resolver=_order_answer)


def _count(measure: str) -> Callable[..., int]:
    def read(root: strawberry.Parent[BoardRow]) -> int:
        return root.count(measure)

    return read


def _board_name(root: strawberry.Parent[BoardRow], info: Info) -> str:
    if root.axis is Axis.ITEM:
        return info.context.work.standards.get(root.subject).name.of(info.context.language)
    return root.label or root.subject


@object_type(reads=BoardRow, description="How many cases and orders one organ, item or officer has.")
class SupervisionBoardRow:
    """A row of a board; its counts are kept and not scanned."""

    subject: str = field(access=PARENT, description="Credit code, base code, or the officer's typed id.")
    name: str = field(access=PARENT, description="Name, where it has one.", resolver=_board_name)
    green: int = field(access=PARENT, description="Open cases, green.", resolver=_count("GREEN"))
    yellow: int = field(access=PARENT, description="Open cases, yellow.", resolver=_count("YELLOW"))
    red: int = field(access=PARENT, description="Open cases, red.", resolver=_count("RED"))
    ended_green: int = field(access=PARENT, description="Ended cases, green.", resolver=_count("ENDED_GREEN"))
    ended_yellow: int = field(
        access=PARENT, description="Ended cases, yellow.", resolver=_count("ENDED_YELLOW")
    )
    ended_red: int = field(access=PARENT, description="Ended cases, red.", resolver=_count("ENDED_RED"))
    orders_open: int = field(
        access=PARENT, description="Orders without an answer.", resolver=_count("ORDERS_OPEN")
    )
    orders_late: int = field(
        access=PARENT, description="Orders that were not answered in time.", resolver=_count("ORDERS_LATE")
    )


@query(access=PUBLIC, description="Every rule of supervision.", returns=list[SupervisionRule])
async def supervision_rules(_info: Info) -> Sequence[Rule]:
    """Rules."""
    return ALL


@query(
    access=_SUPERVISION,
    description="Cases of one light in the officer's division, newest first.",
    returns=Connection[SupervisedCase],
)
async def supervised_cases(
    info: Info,
    first: First = 20,
    after: After = None,
    light: Annotated[Light, strawberry.argument(description="Which light.")] = Light.RED,
) -> Connection[SupervisedCaseView]:
    """A page of cases."""
    place = read_cursor(after, UUID)
    rows = await queries.supervised_cases(
        officer_of(info), light=light, before=place[0] if place else None, limit=page_size(first) + 1
    )
    return keyset_page(rows, first=first, after=after, key=lambda row: (row.id,))


@query(
    access=_SUPERVISION,
    description="One case in the officer's division as supervision sees it, by the id of the case.",
    returns=SupervisedCase | None,
)
async def supervised_case(
    info: Info,
    application_id: Annotated[strawberry.ID, strawberry.argument(description="Id of the case.")],
) -> SupervisedCaseView | None:
    """A case."""
    try:
        return await queries.supervised_case(officer_of(info), read_global_id(application_id, "Application"))
    except NotFound:
        return None


@query(
    access=_ANSWERS,
    description="Orders in one state: of the whole division for supervision, else those addressed to the officer's own.",
    returns=Connection[SupervisionOrder],
)
async def supervision_orders(
    info: Info,
    first: First = 20,
    after: After = None,
    state: Annotated[OrderState, strawberry.argument(description="In which state.")] = OrderState.OPEN,
) -> Connection[OrderView]:
    """A page of orders."""
    place = read_cursor(after, UUID)
    rows = await queries.orders(
        officer_of(info), state=state, before=place[0] if place else None, limit=page_size(first) + 1
    )
    return keyset_page(rows, first=first, after=after, key=lambda row: (row.id,))


@query(
    access=_SUPERVISION,
    description="Organs, items or officers of a division, those with most red cases first.",
    returns=list[SupervisionBoardRow],
)
async def supervision_board(
    info: Info,
    axis: Annotated[Axis, strawberry.argument(description="By what to count.")],
    first: First = 50,
    division: Annotated[
        str | None, strawberry.argument(description="Within the officer's division; null: all of it.")
    ] = None,
) -> Sequence[BoardRow]:
    """A board."""
    return await queries.board(officer_of(info), axis=axis, division=division, limit=page_size(first))


@input_type(description="Which case, what is asked, and how long there is to answer.")
class IssueSupervisionOrderInput(MutationInput):
    """Input of ``issueSupervisionOrder``."""

    application_id: strawberry.ID = input_field(description="A case in the officer's division.")
    text: str = input_field(description="What is asked, 1000 characters at most.")
    days: int = input_field(description="Working days to answer, 1 to 30.", default=5)


@mutation(
    access=_SUPERVISION,
    description="督办: ask the organ of a case for an answer. Without one in time it goes to the organ above.",
    returns=SupervisionOrder,
)
async def issue_supervision_order(info: Info, input: IssueSupervisionOrderInput) -> OrderView:  # noqa: A002 - GraphQL's name
    """Issue."""
    viewer = officer_of(info)
    order_id = await actions.issue_order(
        viewer,
        info.context.work,
        application_id=read_global_id(input.application_id, "Application"),
        text=input.text,
        days=input.days,
        idempotency_key=input.idempotency_key,
    )
    return await queries.order(viewer, order_id)


@input_type(description="Which order, and the answer.")
class AnswerSupervisionOrderInput(MutationInput):
    """Input of ``answerSupervisionOrder``."""

    order_id: strawberry.ID = input_field(description="An order addressed to the officer's division.")
    answer: str = input_field(description="The answer, 1000 characters at most.")


@mutation(
    access=officer(OfficerRole.APPROVAL),
    description="Answer an order that is addressed to the officer's own division.",
    returns=SupervisionOrder,
)
async def answer_supervision_order(info: Info, input: AnswerSupervisionOrderInput) -> OrderView:  # noqa: A002 - GraphQL's name
    """Answer."""
    viewer = officer_of(info)
    order_id = await actions.answer_order(
        viewer,
        info.context.work,
        order_id=read_global_id(input.order_id, "SupervisionOrder"),
        answer=input.answer,
        idempotency_key=input.idempotency_key,
    )
    return await queries.order(viewer, order_id)


@input_type(description="Which order, and whether its answer will do.")
class CloseSupervisionOrderInput(MutationInput):
    """Input of ``closeSupervisionOrder``."""

    order_id: strawberry.ID = input_field(description="An answered order in the officer's division.")
    satisfied: bool = input_field(description="False gives it back for another answer.")


@mutation(
    access=_SUPERVISION,
    description="Close an answered order, or give it back.",
    returns=SupervisionOrder,
)
async def close_supervision_order(info: Info, input: CloseSupervisionOrderInput) -> OrderView:  # noqa: A002 - GraphQL's name
    """Close."""
    viewer = officer_of(info)
    order_id = await actions.close_order(
        viewer,
        info.context.work,
        order_id=read_global_id(input.order_id, "SupervisionOrder"),
        satisfied=input.satisfied,
        idempotency_key=input.idempotency_key,
    )
    return await queries.order(viewer, order_id)


QUERIES = (supervision_rules, supervised_cases, supervised_case, supervision_orders, supervision_board)
MUTATIONS = (issue_supervision_order, answer_supervision_order, close_supervision_order)
