"""停发 at the counter: an officer ends what a case granted."""

import strawberry

from backend.casework.applications import queries
from backend.casework.applications.queries import ApplicationRow
from backend.casework.benefits import actions
from backend.casework.benefits.actions import NO_SUCH_CASE, EndReason
from backend.errors import NotFound
from backend.viewer import OfficerRole
from resolvers.access import officer
from resolvers.applications import Application
from resolvers.context import Info
from resolvers.fields import MutationInput, input_field, input_type, mutation
from resolvers.officers import officer_of
from resolvers.pagination import read_global_id

strawberry.enum(EndReason, name="BenefitEndReason", description="Why a benefit ends.")


@input_type(description="Which case's benefit ends, and why.")
class EndBenefitInput(MutationInput):
    """Input of ``endBenefit``."""

    application_id: strawberry.ID = input_field(description="The completed case that granted it.")
    reason: EndReason = input_field(description="Why.")


@mutation(
    access=officer(OfficerRole.APPROVAL),
    description="停发、退出: end what a completed case of the officer's division granted. The applicant is told.",
    returns=Application,
)
async def end_benefit(info: Info, input: EndBenefitInput) -> ApplicationRow:  # noqa: A002 - GraphQL's name
    """End it."""
    viewer = officer_of(info)
    case = await actions.end_benefit(
        viewer,
        info.context.work,
        application_id=read_global_id(input.application_id, "Application"),
        reason=input.reason,
        idempotency_key=input.idempotency_key,
    )
    found = await queries.application(viewer, case)
    if found is None:
        raise NotFound(NO_SUCH_CASE)
    return found


MUTATIONS = (end_benefit,)
