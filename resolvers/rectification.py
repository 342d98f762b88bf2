"""Having what is kept of oneself put right: asked for by citizens, decided by officers of intake."""

from datetime import datetime
from uuid import UUID

import strawberry

from backend.kit import regions
from backend.people.rectification import actions, queries
from backend.people.rectification.models import CorrectionAbout, CorrectionOutcome, CorrectionState
from backend.viewer import OfficerRole
from resolvers.access import CITIZEN, PARENT, officer
from resolvers.applications import case_of
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
from resolvers.sessions import citizen_of

strawberry.enum(CorrectionAbout, description="What is said to be wrong.")
strawberry.enum(CorrectionState, name="DataCorrectionState", description="How far a correction has come.")
strawberry.enum(CorrectionOutcome, description="What was found.")


def _division(root: strawberry.Parent[queries.CorrectionView]) -> regions.Division | None:
    return regions.get(root.division)


def _case(root: strawberry.Parent[queries.CorrectionView]) -> strawberry.ID | None:
    return None if root.application_id is None else global_id("Application", root.application_id)


@object_type(
    reads=queries.CorrectionView, description="Something that a person wants put right (个人信息更正)."
)
class DataCorrection(Node):
    """A request for correction."""

    about: CorrectionAbout = field(access=PARENT, description="What is said to be wrong.")
    application_id: strawberry.ID | None = field(
        access=PARENT, description="The case it is about.", resolver=_case
    )
    division: Division | None = field(
        access=PARENT, description="Whose officers decide it.", resolver=_division
    )
    state: CorrectionState = field(access=PARENT, description="How far it has come.")
    told: str | None = field(
        access=PARENT,
        description="The person's words, for themselves; officers open them with `openDataCorrection`.",
    )
    outcome: CorrectionOutcome | None = field(
        access=PARENT, description="What was found, once it was decided."
    )
    answer: str | None = field(access=PARENT, description="The answer in words, for the person.")
    created_at: datetime = field(access=PARENT, description="When it was asked for.")
    decided_at: datetime | None = field(access=PARENT, description="When it was decided or taken back.")


@query(
    access=CITIZEN,
    description="The viewer's own requests for correction, the oldest first.",
    returns=Connection[DataCorrection],
)
async def my_data_corrections(
    info: Info, first: First = 20, after: After = None
) -> Connection[queries.CorrectionView]:
    """Their own."""
    place = read_cursor(after, UUID)
    rows = await queries.corrections(
        citizen_of(info),
        info.context.resources,
        after=place[0] if place else None,
        limit=page_size(first) + 1,
    )
    return keyset_page(rows, first=first, after=after, key=lambda row: (row.id,))


@query(
    access=officer(OfficerRole.INTAKE),
    description="Requests for correction that wait in the officer's division, the oldest first.",
    returns=Connection[DataCorrection],
)
async def data_corrections(
    info: Info, first: First = 20, after: After = None
) -> Connection[queries.CorrectionView]:
    """What waits."""
    place = read_cursor(after, UUID)
    rows = await queries.corrections(
        officer_of(info),
        info.context.resources,
        after=place[0] if place else None,
        limit=page_size(first) + 1,
    )
    return keyset_page(rows, first=first, after=after, key=lambda row: (row.id,))


@input_type(description="What is wrong, and what would be right.")
class RequestDataCorrectionInput(MutationInput):
    """Input of ``requestDataCorrection``."""

    about: CorrectionAbout = input_field(description="IDENTITY asks the register anew at once.")
    told: str = input_field(description="What is wrong and what would be right; at most 1,000 characters.")
    application_id: strawberry.ID | None = input_field(
        description="The viewer's case, where it is about one; its division decides then.", default=None
    )
    division: str | None = input_field(
        description="Whose officers shall decide, where it is about no case.", default=None
    )


@mutation(
    access=CITIZEN,
    description="Ask that what is kept of the viewer be put right (PIPL 46). Wants them proven in this session.",
    returns=DataCorrection,
)
async def request_data_correction(info: Info, input: RequestDataCorrectionInput) -> queries.CorrectionView:  # noqa: A002 - GraphQL's name
    """Ask."""
    citizen, resources = citizen_of(info), info.context.resources
    case = None
    if input.application_id is not None:
        case = await case_of(citizen, read_global_id(input.application_id, "Application"))
    wrong = actions.Wrong(
        about=input.about,
        told=input.told,
        division=case.division if case else input.division or "",
        application_id=case.id if case else None,
    )
    correction_id = await actions.request_correction(
        citizen, resources, wrong, idempotency_key=input.idempotency_key
    )
    return await queries.correction(citizen, resources, correction_id)


@input_type(description="Which request.")
class WithdrawDataCorrectionInput(MutationInput):
    """Input of ``withdrawDataCorrection``."""

    correction_id: strawberry.ID = input_field(description="An open request of the viewer's own.")


@mutation(access=CITIZEN, description="Take a request for correction back.", returns=DataCorrection)
async def withdraw_data_correction(info: Info, input: WithdrawDataCorrectionInput) -> queries.CorrectionView:  # noqa: A002 - GraphQL's name
    """Withdraw."""
    citizen, correction_id = citizen_of(info), read_global_id(input.correction_id, "DataCorrection")
    await actions.withdraw_correction(citizen, correction_id=correction_id)
    return await queries.correction(citizen, info.context.resources, correction_id)


@object_type(
    reads=actions.OpenedCorrection, description="A request in the open; the person's trail says who read it."
)
class OpenedDataCorrection:
    """The words."""

    told: str = field(access=PARENT, description="What the person says is wrong, and what would be right.")


@input_type(description="Which request.")
class OpenDataCorrectionInput(MutationInput):
    """Input of ``openDataCorrection``."""

    correction_id: strawberry.ID = input_field(description="A request in the officer's division.")


@mutation(
    access=officer(OfficerRole.INTAKE),
    description="Read a request for correction; the person can see who did.",
    returns=OpenedDataCorrection,
)
async def open_data_correction(info: Info, input: OpenDataCorrectionInput) -> actions.OpenedCorrection:  # noqa: A002 - GraphQL's name
    """Open."""
    return await actions.open_correction(
        officer_of(info),
        info.context.resources,
        correction_id=read_global_id(input.correction_id, "DataCorrection"),
    )


@input_type(description="What was found.")
class DecideDataCorrectionInput(MutationInput):
    """Input of ``decideDataCorrection``."""

    correction_id: strawberry.ID = input_field(description="An open request in the officer's division.")
    outcome: CorrectionOutcome = input_field(
        description="NOTED: a closed file is not rewritten, what is right stands beside it."
    )
    answer: str = input_field(description="Words for the person; at most 1,000 characters.")


@mutation(
    access=officer(OfficerRole.INTAKE),
    description="Decide a request for correction, with words that the person reads.",
    returns=DataCorrection,
)
async def decide_data_correction(info: Info, input: DecideDataCorrectionInput) -> queries.CorrectionView:  # noqa: A002 - GraphQL's name
    """Decide."""
    viewer, resources = officer_of(info), info.context.resources
    correction_id = read_global_id(input.correction_id, "DataCorrection")
    await actions.decide_correction(
        viewer, resources, correction_id=correction_id, outcome=input.outcome, answer=input.answer
    )
    return await queries.correction(viewer, resources, correction_id)


QUERIES = (my_data_corrections, data_corrections)
MUTATIONS = (
    request_data_correction,
    withdraw_data_correction,
    open_data_correction,
    decide_data_correction,
)
