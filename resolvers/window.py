"""The window: an officer and the citizen before them work on the case that the phone shows, too."""

from collections.abc import Sequence
from datetime import datetime

import strawberry

from backend.casework.lifecycle import STATE_NAMES, CaseState
from backend.casework.window import actions, queries
from backend.viewer import OfficerRole
from resolvers.access import PARENT, officer
from resolvers.context import Info
from resolvers.fields import MutationInput, field, input_field, input_type, mutation, object_type, query
from resolvers.officers import officer_of
from resolvers.pagination import Node, global_id, read_global_id
from resolvers.scalars import Json, answers_in

_INTAKE = officer(OfficerRole.INTAKE)


def _case_id(root: strawberry.Parent[queries.WindowCase]) -> strawberry.ID:
    return global_id("Application", root.application_id)


def _item_name(root: strawberry.Parent[queries.WindowCase], info: Info) -> str:
    return info.context.work.standards.get(root.item_code).name.of(info.context.language)


def _state_name(root: strawberry.Parent[queries.WindowCase], info: Info) -> str:
    return STATE_NAMES[root.state].of(info.context.language)


@object_type(reads=queries.WindowCase, description="A case of somebody at the window that is under way.")
class WindowCase:
    """A line of a list: no personal data."""

    application_id: strawberry.ID = field(access=PARENT, description="The case.", resolver=_case_id)
    item_code: str = field(access=PARENT, description="基本编码 of the item.")
    item_name: str = field(access=PARENT, description="Name of the item.", resolver=_item_name)
    division: str = field(access=PARENT, description="Where it was applied for.")
    state: CaseState = field(access=PARENT, description="办件状态.")
    state_name: str = field(access=PARENT, description="办件状态 in words.", resolver=_state_name)
    case_number: str | None = field(access=PARENT, description="申办流水号.")


@object_type(reads=queries.Visitor, description="Somebody whom the viewer has just confirmed in person.")
class WindowVisitor(Node):
    """A visitor."""

    name: str = field(access=PARENT, description="Masked.")
    confirmed_at: datetime = field(access=PARENT, description="When the document was seen.")
    until: datetime = field(access=PARENT, description="Until when their cases are open here.")
    cases: list[WindowCase] = field(
        access=PARENT, description="Their cases that are under way, the newest first."
    )


def _answers(root: strawberry.Parent[queries.OpenedCase]) -> Json:
    return Json(dict(root.answers))


@object_type(reads=queries.OpenedCase, description="A case in the open, with its applicant present.")
class OpenedWindowCase:
    """The case as the phone shows it."""

    application_id: strawberry.ID = field(access=PARENT, description="The case.", resolver=_case_id)
    item_code: str = field(access=PARENT, description="基本编码 of the item.")
    division: str = field(access=PARENT, description="Where it was applied for.")
    state: CaseState = field(access=PARENT, description="办件状态.")
    state_name: str = field(access=PARENT, description="办件状态 in words.", resolver=_state_name)
    version: int = field(access=PARENT, description="Rises with every change; send it back when saving.")
    answers: Json = field(access=PARENT, description="All answers so far, by field name.", resolver=_answers)
    materials: list[str] = field(access=PARENT, description="Codes of materials that are there.")
    missing: list[str] = field(access=PARENT, description="Codes of required materials that are not.")
    to_correct: list[str] = field(
        access=PARENT, description="Fields and materials that an open correction notice lists."
    )


@query(
    access=_INTAKE,
    description="Whom the viewer has confirmed in person in the last two hours, with their cases.",
    returns=list[WindowVisitor],
)
async def window_visitors(info: Info) -> Sequence[queries.Visitor]:
    """Who is there."""
    return await queries.visitors(officer_of(info), info.context.work)


@input_type(description="Whose case.")
class OpenWindowCaseInput(MutationInput):
    """Input of ``openWindowCase``."""

    application_id: strawberry.ID = input_field(description="The case.")


@mutation(
    access=_INTAKE,
    description="Open a case, draft or handed in, of somebody whom the viewer has just confirmed in person.",
    returns=OpenedWindowCase,
)
async def open_window_case(info: Info, input: OpenWindowCaseInput) -> queries.OpenedCase:  # noqa: A002 - GraphQL's name
    """Open."""
    return await actions.open_case(
        officer_of(info),
        info.context.work,
        application_id=read_global_id(input.application_id, "Application"),
    )


@input_type(description="For whom, which item, and where.")
class StartAtWindowInput(MutationInput):
    """Input of ``startAtWindow``."""

    visitor_id: strawberry.ID = input_field(description="Who is there.")
    item_code: str = input_field(description="基本编码, 12 digits.")
    division: str = input_field(description="Division to apply to, 6 to 12 digits.")


@mutation(
    access=_INTAKE,
    description="Begin a draft for somebody present; it can be gone on with on their phone.",
    returns=OpenedWindowCase,
)
async def start_at_window(info: Info, input: StartAtWindowInput) -> queries.OpenedCase:  # noqa: A002 - GraphQL's name
    """Begin."""
    return await actions.start_case(
        officer_of(info),
        info.context.work,
        visitor_id=read_global_id(input.visitor_id, "WindowVisitor"),
        item_code=input.item_code,
        division=input.division,
        idempotency_key=input.idempotency_key,
    )


@input_type(description="What the applicant says.")
class FillInAtWindowInput(MutationInput):
    """Input of ``fillInAtWindow``."""

    application_id: strawberry.ID = input_field(description="The case.")
    version: int = input_field(description="The version that was seen; an older one is refused.")
    answers: Json = input_field(
        description="All answers of a draft; of a case under correction those that the notice lists."
    )


@mutation(
    access=_INTAKE,
    description="Fill in a draft, or answer a correction notice, for the applicant who is present.",
    returns=OpenedWindowCase,
)
async def fill_in_at_window(info: Info, input: FillInAtWindowInput) -> queries.OpenedCase:  # noqa: A002 - GraphQL's name
    """Fill in."""
    return await actions.fill_in(
        officer_of(info),
        info.context.work,
        application_id=read_global_id(input.application_id, "Application"),
        answers=answers_in(input.answers, "input", "answers"),
        version=input.version,
        idempotency_key=input.idempotency_key,
    )


@input_type(description="The draft to hand in.")
class SubmitAtWindowInput(MutationInput):
    """Input of ``submitAtWindow``."""

    application_id: strawberry.ID = input_field(description="The draft.")


@mutation(
    access=_INTAKE,
    description="Hand in a draft for the applicant who is present: the officer's check is their proof.",
    returns=OpenedWindowCase,
)
async def submit_at_window(info: Info, input: SubmitAtWindowInput) -> queries.OpenedCase:  # noqa: A002 - GraphQL's name
    """Hand in."""
    return await actions.hand_in_at_window(
        officer_of(info),
        info.context.work,
        application_id=read_global_id(input.application_id, "Application"),
        idempotency_key=input.idempotency_key,
    )


QUERIES = (window_visitors,)
MUTATIONS = (open_window_case, start_at_window, fill_in_at_window, submit_at_window)
