"""停发 at the counter: an officer ends what a case granted."""

import strawberry

from backend.casework.applications.queries import ApplicationRow
from backend.casework.benefits import actions
from backend.casework.benefits.actions import EndReason
from backend.viewer import OfficerRole
from resolvers.access import officer
from resolvers.applications import Application, case_of
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
    application_id = await actions.end_benefit(
        viewer,
        info.context.work,
        application_id=read_global_id(input.application_id, "Application"),
        reason=input.reason,
        idempotency_key=input.idempotency_key,
    )
    return await case_of(viewer, application_id)


MUTATIONS = (end_benefit,)
