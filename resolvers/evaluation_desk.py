"""好差评 at the counter: a code for whoever was served, what is told by phone or on paper, and the list of bad ones."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from backend.casework.evaluations import actions, handling, queries
from backend.casework.evaluations.actions import Offer
from backend.casework.evaluations.loops import LoopAct, LoopState
from backend.casework.evaluations.models import EvaluationChannel
from backend.casework.evaluations.queries import LoopView
from backend.viewer import OfficerRole
from resolvers.access import PARENT, officer
from resolvers.context import Info
from resolvers.evaluations import EvaluationInput, EvaluationLoop, EvaluationReceived
from resolvers.fields import MutationInput, field, input_field, input_type, mutation, object_type, query
from resolvers.officers import officer_of
from resolvers.pagination import (
    After,
    Connection,
    First,
    global_id,
    keyset_page,
    page_size,
    read_cursor,
    read_global_id,
)

_INTAKE = officer(OfficerRole.INTAKE)
_HANDLING = officer(OfficerRole.APPROVAL, OfficerRole.SUPERVISION)


@query(
    access=_HANDLING,
    description="Bad evaluations in the officer's division, the newest first; none of those that rate the officer.",
    returns=Connection[EvaluationLoop],
)
async def evaluation_loops(
    info: Info,
    first: First = 20,
    after: After = None,
    state: Annotated[
        LoopState | None, strawberry.argument(description="In which state; null: all that are open.")
    ] = None,
    late_only: Annotated[bool, strawberry.argument(description="Only those that are late.")] = False,
) -> Connection[LoopView]:
    """A page of the work list."""
    place = read_cursor(after, UUID)
    rows = await queries.loops(
        officer_of(info),
        state=state,
        late_only=late_only,
        before=place[0] if place else None,
        limit=page_size(first) + 1,
    )
    return keyset_page(rows, first=first, after=after, key=lambda row: (row.id,))


def _event_id(root: strawberry.Parent[Offer]) -> strawberry.ID:
    return global_id("ServiceEvent", root.event_id)


def _one_time_code(root: strawberry.Parent[Offer]) -> str:
    return root.code


@object_type(reads=Offer, description="A one-time code by which a service can be evaluated.")
class EvaluationOffer:
    """An offer."""

    event_id: strawberry.ID = field(access=PARENT, description="Of which service.", resolver=_event_id)
    one_time_code: str = field(
        access=PARENT, description="To be typed, or shown as a QR code. Good once.", resolver=_one_time_code
    )
    until: datetime = field(access=PARENT, description="Until when.")


@input_type(description="Who was served: exactly one of the three.")
class OfferEvaluationInput(MutationInput):
    """Input of ``offerEvaluation``."""

    application_id: strawberry.ID | None = input_field(
        description="Their case in the officer's division.", default=None
    )
    appointment_id: strawberry.ID | None = input_field(
        description="The appointment (`AppointmentVisit`) that was checked in.", default=None
    )
    item_code: str | None = input_field(
        description="What they came for, of whoever has neither.", default=None
    )


@mutation(
    access=_INTAKE,
    description="A one-time code for whoever was just served (一次一评).",
    returns=EvaluationOffer,
)
async def offer_evaluation(info: Info, input: OfferEvaluationInput) -> Offer:  # noqa: A002 - GraphQL's name
    """Offer."""
    case, visit = input.application_id, input.appointment_id
    return await actions.offer_evaluation(
        officer_of(info),
        info.context.work,
        application_id=None if case is None else read_global_id(case, "Application"),
        appointment_id=None if visit is None else read_global_id(visit, "AppointmentVisit"),
        item_code=input.item_code,
    )


@input_type(description="What somebody told by phone or wrote on paper; either `applicationId` or `eventId`.")
class RecordEvaluationInput(MutationInput):
    """Input of ``recordEvaluation``."""

    application_id: strawberry.ID | None = input_field(description="Of a case that has ended …", default=None)
    event_id: strawberry.ID | None = input_field(description="… or of this service.", default=None)
    channel: EvaluationChannel = input_field(description="PHONE or PAPER.")
    evaluation: EvaluationInput = input_field(description="What was said.")


@mutation(
    access=_INTAKE,
    description="Enter an evaluation told by phone or written on paper, marked as such; never of oneself.",
    returns=EvaluationReceived,
)
async def record_evaluation(info: Info, input: RecordEvaluationInput) -> EvaluationReceived:  # noqa: A002 - GraphQL's name
    """Enter."""
    case, event = input.application_id, input.event_id
    await actions.record_evaluation(
        officer_of(info),
        info.context.work,
        event_id=None if event is None else read_global_id(event, "ServiceEvent"),
        application_id=None if case is None else read_global_id(case, "Application"),
        channel=input.channel,
        said=input.evaluation.words(),
        idempotency_key=input.idempotency_key,
    )
    return EvaluationReceived(received=True)


@input_type(description="Which bad evaluation, what is done, and what was found or done.")
class HandleEvaluationLoopInput(MutationInput):
    """Input of ``handleEvaluationLoop``."""

    loop_id: strawberry.ID = input_field(description="From the work list.")
    version: int = input_field(description="The version that was seen.")
    step: LoopAct = input_field(description="What is done; see docs/evaluations.md for what may follow what.")
    note: str = input_field(description="2 to 1000 characters, which the evaluator reads.")


@mutation(
    access=_HANDLING,
    description="One step with a bad evaluation: verify, mend, call back; exclude with four eyes; decide appeals.",
    returns=EvaluationLoop,
)
async def handle_evaluation_loop(info: Info, input: HandleEvaluationLoopInput) -> LoopView:  # noqa: A002 - GraphQL's name
    """Do a step."""
    viewer = officer_of(info)
    loop_id = await handling.handle(
        viewer,
        info.context.work,
        loop_id=read_global_id(input.loop_id, "EvaluationLoop"),
        version=input.version,
        act=input.step,
        note=input.note,
        key=input.idempotency_key,
    )
    return await queries.loop(viewer, loop_id)


QUERIES = (evaluation_loops,)
MUTATIONS = (offer_evaluation, record_evaluation, handle_evaluation_loop)
