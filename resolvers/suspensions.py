"""挂起 at the counter: a special procedure stops the clocks of a case, and its end lets them go on."""

import strawberry

from backend.casework.applications.queries import ApplicationRow
from backend.casework.legal_time import suspensions
from backend.casework.legal_time.words import PauseReason
from backend.viewer import OfficerRole
from resolvers.access import officer
from resolvers.applications import Application, case_of
from resolvers.context import Info
from resolvers.fields import MutationInput, input_field, input_type, mutation
from resolvers.officers import officer_of
from resolvers.pagination import read_global_id

strawberry.enum(PauseReason, name="PauseReason", description="Why the clocks of a case stand still.")

_ACCESS = officer(OfficerRole.REVIEW, OfficerRole.APPROVAL)


@input_type(description="Which case, and for which procedure.")
class SuspendCaseInput(MutationInput):
    """Input of ``suspendCase``."""

    application_id: strawberry.ID = input_field(description="A case under review in the officer's division.")
    procedure: PauseReason = input_field(
        description="The special procedure, HEARING to EXPERT_REVIEW; no other reason is taken."
    )


@mutation(
    access=_ACCESS,
    description="挂起: stop the clocks for a special procedure (行政许可法 45); the applicant is told.",
    returns=Application,
)
async def suspend_case(info: Info, input: SuspendCaseInput) -> ApplicationRow:  # noqa: A002 - GraphQL's name
    """Suspend."""
    application_id = read_global_id(input.application_id, "Application")
    await suspensions.suspend_case(
        officer_of(info),
        info.context.work,
        application_id=application_id,
        procedure=input.procedure,
        idempotency_key=input.idempotency_key,
    )
    return await case_of(info.context.viewer, application_id)


@input_type(description="Which case goes on.")
class ResumeCaseInput(MutationInput):
    """Input of ``resumeCase``."""

    application_id: strawberry.ID = input_field(description="A suspended case in the officer's division.")


@mutation(access=_ACCESS, description="Let a suspended case go on.", returns=Application)
async def resume_case(info: Info, input: ResumeCaseInput) -> ApplicationRow:  # noqa: A002 - GraphQL's name
    """Resume."""
    application_id = read_global_id(input.application_id, "Application")
    await suspensions.resume_case(
        officer_of(info),
        info.context.work,
        application_id=application_id,
        idempotency_key=input.idempotency_key,
    )
    return await case_of(info.context.viewer, application_id)


MUTATIONS = (suspend_case, resume_case)
