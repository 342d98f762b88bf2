"""Steps of a handover: the citizen chooses a way across provinces, officers of both sides pass the case on."""

from collections.abc import Awaitable, Callable

import strawberry

from backend.casework.applications.queries import ApplicationRow
from backend.exchange.handovers import actions
from backend.exchange.handovers.queries import HandoverView
from backend.viewer import OfficerRole
from resolvers.access import CITIZEN, officer
from resolvers.applications import Application, case_of
from resolvers.context import Info
from resolvers.enums import HandlingModel
from resolvers.fields import MutationInput, input_field, input_type, mutation
from resolvers.handovers import BOTH, HANDOVER, CaseHandover, handover_of
from resolvers.officers import officer_of
from resolvers.pagination import read_global_id
from resolvers.sessions import citizen_of

RECEIVES = officer(OfficerRole.INTAKE)
SETTLES = officer(OfficerRole.APPROVAL)


@input_type(description="A handover as it was seen.")
class HandoverInput(MutationInput):
    """What every step needs."""

    handover_id: strawberry.ID = input_field(description="The handover.")
    version: int = input_field(description="The version that was seen.")


@input_type(description="That form and identity were checked, and nothing else: the deciding place decides.")
class CheckHandoverInput(HandoverInput):
    """Input of ``checkHandover``."""

    form_complete: bool = input_field(description="Whether answers and papers are complete in form.")
    identity_checked: bool = input_field(description="Whether it is the applicant who stands there.")


@input_type(description="A handover as it was seen, and why.")
class ReasonedHandoverInput(HandoverInput):
    """Input of steps that want a reason."""

    reason: str = input_field(description="Why, up to 2,000 characters; kept sealed.")


@input_type(description="A handover as it was seen, the competent place, and why.")
class RouteHandoverInput(HandoverInput):
    """Input of ``rerouteHandover`` and ``settleHandover``."""

    division: str = input_field(description="The competent place, 6 to 12 digits.")
    reason: str = input_field(description="Why, up to 2,000 characters; kept sealed.")


@input_type(description="How a draft is to cross provinces.")
class ChooseHandoverInput(MutationInput):
    """Input of ``chooseHandover``."""

    application_id: strawberry.ID = input_field(description="The draft.")
    model: HandlingModel = input_field(description="One that the item allows.")
    receiving_division: str = input_field(description="收件地: where one is, or where it is handed in.")
    parts: list[str] | None = input_field(
        description="协办地: up to four places that work on parts of a joint case.", default=None
    )


@mutation(
    access=CITIZEN,
    description="Choose on a draft how it crosses provinces (跨省通办); a second choice replaces the first.",
    returns=Application,
)
async def choose_handover(info: Info, input: ChooseHandoverInput) -> ApplicationRow:  # noqa: A002 - GraphQL's name
    """Choose."""
    application_id = await actions.choose(
        citizen_of(info),
        info.context.work,
        application_id=read_global_id(input.application_id, "Application"),
        model=input.model,
        receiving=input.receiving_division,
        parts=input.parts or [],
        idempotency_key=input.idempotency_key,
    )
    return await case_of(info.context.viewer, application_id)


_Step = Callable[..., Awaitable[None]]


async def _done(info: Info, given: HandoverInput, step: _Step, **more: object) -> HandoverView:
    """Do a step and show the handover as it is then, also to whoever cannot act on it any more."""
    handover_id = read_global_id(given.handover_id, HANDOVER)
    await step(
        officer_of(info),
        info.context.work,
        handover_id=handover_id,
        version=given.version,
        key=given.idempotency_key,
        **more,
    )
    return await handover_of(info.context.viewer, handover_id)


@mutation(
    access=RECEIVES,
    description="Form and identity were checked; parts of a joint case go out.",
    returns=CaseHandover,
)
async def check_handover(info: Info, input: CheckHandoverInput) -> HandoverView:  # noqa: A002 - GraphQL's name
    """Form and identity were checked; parts of a joint case go out."""
    return await _done(
        info, input, actions.check, form_complete=input.form_complete, identity_checked=input.identity_checked
    )


@mutation(access=RECEIVES, description="Pass a checked case on (转出).", returns=CaseHandover)
async def forward_handover(info: Info, input: HandoverInput) -> HandoverView:  # noqa: A002 - GraphQL's name
    """Pass a checked case on."""
    return await _done(info, input, actions.forward)


@mutation(access=BOTH, description="Sign for having it (接收).", returns=CaseHandover)
async def take_handover(info: Info, input: HandoverInput) -> HandoverView:  # noqa: A002 - GraphQL's name
    """Sign for having it."""
    return await _done(info, input, actions.take)


@mutation(access=BOTH, description="The next deciding hand has it: township to county.", returns=CaseHandover)
async def pass_handover(info: Info, input: HandoverInput) -> HandoverView:  # noqa: A002 - GraphQL's name
    """The next deciding hand has it: township to county."""
    return await _done(info, input, actions.pass_up)


@mutation(access=BOTH, description="Send it back to the receiving office (退回).", returns=CaseHandover)
async def refuse_handover(info: Info, input: ReasonedHandoverInput) -> HandoverView:  # noqa: A002 - GraphQL's name
    """Send it back to the receiving office."""
    return await _done(info, input, actions.refuse, reason=input.reason)


@mutation(
    access=RECEIVES,
    description="What was missing is there: it goes to the same place again.",
    returns=CaseHandover,
)
async def complete_handover(info: Info, input: ReasonedHandoverInput) -> HandoverView:  # noqa: A002 - GraphQL's name
    """What was missing is there: it goes to the same place again."""
    return await _done(info, input, actions.complete, reason=input.reason)


@mutation(
    access=RECEIVES, description="Another place is competent: it goes there (改转).", returns=CaseHandover
)
async def reroute_handover(info: Info, input: RouteHandoverInput) -> HandoverView:  # noqa: A002 - GraphQL's name
    """Another place is competent: it goes there."""
    return await _done(info, input, actions.reroute, division=input.division, reason=input.reason)


@mutation(
    access=RECEIVES,
    description="That place is competent: a common superior is to settle it.",
    returns=CaseHandover,
)
async def dispute_handover(info: Info, input: ReasonedHandoverInput) -> HandoverView:  # noqa: A002 - GraphQL's name
    """That place is competent: a common superior is to settle it."""
    return await _done(info, input, actions.dispute, reason=input.reason)


@mutation(
    access=SETTLES,
    description="Name the competent place, which cannot send it back any more (裁定管辖).",
    returns=CaseHandover,
)
async def settle_handover(info: Info, input: RouteHandoverInput) -> HandoverView:  # noqa: A002 - GraphQL's name
    """Name the competent place, which cannot send it back any more."""
    return await _done(info, input, actions.settle, division=input.division, reason=input.reason)


@mutation(
    access=BOTH,
    description="A part of a joint case is done; the last one sends the lead on.",
    returns=CaseHandover,
)
async def give_handover_part(info: Info, input: ReasonedHandoverInput) -> HandoverView:  # noqa: A002 - GraphQL's name
    """A part of a joint case is done; the last one sends the lead on."""
    return await _done(info, input, actions.give, finding=input.reason)


@mutation(
    access=RECEIVES, description="The applicant was told what was decided (告知).", returns=CaseHandover
)
async def inform_applicant(info: Info, input: HandoverInput) -> HandoverView:  # noqa: A002 - GraphQL's name
    """The applicant was told what was decided."""
    return await _done(info, input, actions.inform)


MUTATIONS = (
    choose_handover,
    check_handover,
    forward_handover,
    take_handover,
    pass_handover,
    refuse_handover,
    complete_handover,
    reroute_handover,
    dispute_handover,
    settle_handover,
    give_handover_part,
    inform_applicant,
)
