"""先行救助 at the desk, and for the citizen whom it is for."""

from datetime import date, datetime

import strawberry

from backend.casework.urgent import actions, queries
from backend.casework.urgent.models import UrgentState
from backend.casework.urgent.queries import UrgentHelpRow
from backend.errors import NotFound
from backend.viewer import OfficerRole
from resolvers.access import CITIZEN, PARENT, officer
from resolvers.applications import ApplicationId
from resolvers.context import Info
from resolvers.fields import MutationInput, field, input_field, input_type, mutation, object_type, query
from resolvers.officers import officer_of
from resolvers.pagination import Node, read_global_id
from resolvers.scalars import Fen

strawberry.enum(UrgentState, name="UrgentHelpState", description="Where urgent help is.")

DESK = officer(OfficerRole.INTAKE, OfficerRole.REVIEW, OfficerRole.APPROVAL)
DECIDES = officer(OfficerRole.APPROVAL)


def _amount(root: strawberry.Parent[UrgentHelpRow]) -> Fen:
    return Fen(root.amount_fen)


@object_type(reads=UrgentHelpRow, description="先行救助: help that came before its papers.")
class UrgentHelp(Node):
    """Urgent help."""

    state: UrgentState = field(access=PARENT, description="Where it is.")
    amount: Fen = field(access=PARENT, description="How much, in fen.", resolver=_amount)
    decided_at: datetime = field(access=PARENT, description="When it was decided.")
    pay_by: datetime = field(access=PARENT, description="By when it has to be paid.")
    paid_at: datetime | None = field(access=PARENT, description="When it was paid.")
    late: bool = field(access=PARENT, description="Not paid, although it should be.")
    papers_due_on: date | None = field(access=PARENT, description="Last day for the papers.")
    ended_at: datetime | None = field(access=PARENT, description="When it was settled, recovered or waived.")


async def _help(info: Info, application_id: strawberry.ID) -> UrgentHelpRow:
    found = await queries.urgent_help(info.context.viewer, read_global_id(application_id, "Application"))
    if found is None:
        raise NotFound(actions.NOT_THERE)
    return found


@query(
    access=CITIZEN | DESK,
    description="The urgent help of a case; null where there is none that this viewer may see.",
    returns=UrgentHelp | None,
)
async def urgent_help(info: Info, application_id: ApplicationId) -> UrgentHelpRow | None:
    """The urgent help of a case."""
    return await queries.urgent_help(info.context.viewer, read_global_id(application_id, "Application"))


@input_type(description="Whom to help first, with how much, and why.")
class GrantUrgentHelpInput(MutationInput):
    """Input of ``grantUrgentHelp``."""

    application_id: strawberry.ID = input_field(description="A case that is under way.")
    amount: Fen = input_field(description="In fen, at most the region's cap for urgent help.")
    reason: str = input_field(description="Why it cannot wait, up to 500 characters; kept sealed.")


@mutation(access=DECIDES, description="Decide that help comes before the papers.", returns=UrgentHelp)
async def grant_urgent_help(info: Info, input: GrantUrgentHelpInput) -> UrgentHelpRow:  # noqa: A002 - GraphQL's name
    """Decide."""
    await actions.grant(
        officer_of(info),
        info.context.work,
        application_id=read_global_id(input.application_id, "Application"),
        amount_fen=int(input.amount),
        reason=input.reason,
        idempotency_key=input.idempotency_key,
    )
    return await _help(info, input.application_id)


@input_type(description="That urgent help was paid.")
class RecordUrgentPaymentInput(MutationInput):
    """Input of ``recordUrgentPayment``."""

    application_id: strawberry.ID = input_field(description="The case.")
    reference: str = input_field(description="The paying office's number of the payment.")


@mutation(
    access=DESK, description="Note the payment; the papers are due from this day on.", returns=UrgentHelp
)
async def record_urgent_payment(info: Info, input: RecordUrgentPaymentInput) -> UrgentHelpRow:  # noqa: A002 - GraphQL's name
    """Note the payment."""
    await actions.record_payment(
        officer_of(info),
        info.context.work,
        application_id=read_global_id(input.application_id, "Application"),
        reference=input.reference,
        idempotency_key=input.idempotency_key,
    )
    return await _help(info, input.application_id)


@input_type(description="Whose papers are complete.")
class CompleteUrgentPapersInput(MutationInput):
    """Input of ``completeUrgentPapers``."""

    application_id: strawberry.ID = input_field(description="The case.")


@mutation(access=DESK, description="Note that the papers are complete.", returns=UrgentHelp)
async def complete_urgent_papers(info: Info, input: CompleteUrgentPapersInput) -> UrgentHelpRow:  # noqa: A002 - GraphQL's name
    """Note that the papers are complete."""
    await actions.complete_papers(
        officer_of(info),
        info.context.work,
        application_id=read_global_id(input.application_id, "Application"),
        idempotency_key=input.idempotency_key,
    )
    return await _help(info, input.application_id)


@input_type(description="How a clawback ended.")
class EndUrgentClawbackInput(MutationInput):
    """Input of ``endUrgentClawback``."""

    application_id: strawberry.ID = input_field(description="The case.")
    recovered: bool = input_field(description="True: the money came back; false: it is waived.")
    reason: str = input_field(description="How, or why; kept sealed.")


@mutation(access=DECIDES, description="End a clawback (追回).", returns=UrgentHelp)
async def end_urgent_clawback(info: Info, input: EndUrgentClawbackInput) -> UrgentHelpRow:  # noqa: A002 - GraphQL's name
    """End a clawback."""
    await actions.end_clawback(
        officer_of(info),
        info.context.work,
        application_id=read_global_id(input.application_id, "Application"),
        recovered=input.recovered,
        reason=input.reason,
        idempotency_key=input.idempotency_key,
    )
    return await _help(info, input.application_id)


QUERIES = (urgent_help,)
MUTATIONS = (grant_urgent_help, record_urgent_payment, complete_urgent_papers, end_urgent_clawback)
