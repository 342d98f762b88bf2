"""The means check at the desk, and the authorisation that its household can take back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import strawberry

from backend.casework.means_check import actions, queries
from backend.casework.means_check.models import MeansState
from backend.casework.means_check.queries import MeansCheckRow
from backend.means_ports import MeansScope, MeansVerdict
from backend.viewer import OfficerRole
from resolvers.access import CITIZEN, PARENT, officer
from resolvers.applications import ApplicationId
from resolvers.context import Info
from resolvers.enums import LookReason
from resolvers.fields import MutationInput, field, input_field, input_type, mutation, object_type, query
from resolvers.officers import officer_of
from resolvers.pagination import Node, read_global_id
from resolvers.sessions import citizen_of

strawberry.enum(MeansState, name="MeansCheckState", description="Where a means check is.")
strawberry.enum(MeansVerdict, description="How a household's means compare with the limit.")
strawberry.enum(MeansScope, description="What may be looked at.")

DESK = officer(OfficerRole.INTAKE, OfficerRole.REVIEW, OfficerRole.APPROVAL)


@object_type(
    reads=MeansCheckRow, description="家庭经济状况核对: one check of a case's household, without its answer."
)
class MeansCheck(Node):
    """A check."""

    number: int = field(access=PARENT, description="1 for the first of the case; later ones are re-checks.")
    state: MeansState = field(access=PARENT, description="Where it is.")
    missing: int = field(access=PARENT, description="Members of the household who have not authorised it.")
    begun_at: datetime = field(access=PARENT, description="When it was begun.")
    asked_at: datetime | None = field(access=PARENT, description="When the other side had it.")
    answered_at: datetime | None = field(access=PARENT, description="When the answer came.")
    valid_until: date | None = field(
        access=PARENT, description="Last day on which a decision may rest on it."
    )


@dataclass(frozen=True, slots=True)
class MeansChecksView:
    """The checks of one case."""

    checks: Sequence[MeansCheckRow]


@object_type(reads=MeansChecksView, description="The means checks of a case.")
class MeansChecks:
    """The checks of one case."""

    checks: list[MeansCheck] = field(access=PARENT, description="The newest first.", most=3)


@dataclass(frozen=True, slots=True)
class MeansFindingView:
    """An opened answer."""

    verdict: MeansVerdict
    unknown: Sequence[MeansScope]
    report_number: str
    checked_on: date


@object_type(
    reads=MeansFindingView, description="What a means check has found: the least that a decision needs."
)
class MeansFinding:
    """An opened answer."""

    verdict: MeansVerdict = field(access=PARENT, description="Below the limit or not.")
    unknown: list[MeansScope] = field(access=PARENT, description="Sources that have not answered.", most=5)
    report_number: str = field(access=PARENT, description="核对报告编号.")
    checked_on: date = field(access=PARENT, description="The day of the check.")


@query(
    access=DESK,
    description="The means checks of a case; of a case that the officer may not see, none.",
    returns=MeansChecks,
)
async def means_checks(info: Info, application_id: ApplicationId) -> MeansChecksView:
    """The checks of one case."""
    return MeansChecksView(
        await queries.means_checks(officer_of(info), read_global_id(application_id, "Application"))
    )


@input_type(description="Which case to check.")
class RequestMeansCheckInput(MutationInput):
    """Input of ``requestMeansCheck``."""

    application_id: strawberry.ID = input_field(description="The case, accepted and not decided.")
    again: bool = input_field(description="复核: although the last answer is still good.", default=False)


@mutation(
    access=DESK,
    description="Begin a means check. It waits until every adult of the household has authorised it.",
    returns=MeansChecks,
)
async def request_means_check(info: Info, input: RequestMeansCheckInput) -> MeansChecksView:  # noqa: A002 - GraphQL's name
    """Begin a check."""
    application_id = await actions.request_means_check(
        officer_of(info),
        info.context.work,
        application_id=read_global_id(input.application_id, "Application"),
        again=input.again,
        idempotency_key=input.idempotency_key,
    )
    return MeansChecksView(await queries.means_checks(officer_of(info), application_id))


@input_type(description="Which answer to open, and why.")
class OpenMeansCheckInput(MutationInput):
    """Input of ``openMeansCheck``."""

    means_check_id: strawberry.ID = input_field(description="An answered check.")
    reason: LookReason = input_field(description="Why; the applicant can read it.")


@mutation(
    access=DESK,
    description="Open what a check has found; each look stands in the applicant's audit trail.",
    returns=MeansFinding,
)
async def open_means_check(info: Info, input: OpenMeansCheckInput) -> MeansFindingView:  # noqa: A002 - GraphQL's name
    """Open an answer."""
    found = await actions.open_answer(
        officer_of(info),
        info.context.work,
        check_id=read_global_id(input.means_check_id, "MeansCheck"),
        reason=input.reason,
    )
    return MeansFindingView(found.verdict, found.unknown, found.report_number, found.checked_on)


@object_type(description="That an authorisation was taken back.")
class MeansAuthorisationWithdrawn:
    """An answer."""

    application_id: strawberry.ID = field(access=PARENT, description="The case of the authorisation.")


@input_type(description="Which authorisation to take back.")
class WithdrawMeansAuthorisationInput(MutationInput):
    """Input of ``withdrawMeansAuthorisation``."""

    application_id: strawberry.ID = input_field(description="The case in which it was given.")


@mutation(
    access=CITIZEN,
    description="Take back the authorisation of a means check: nothing more is asked on its ground.",
    returns=MeansAuthorisationWithdrawn,
)
async def withdraw_means_authorisation(
    info: Info,
    input: WithdrawMeansAuthorisationInput,  # noqa: A002 - GraphQL's name
) -> MeansAuthorisationWithdrawn:
    """Take an authorisation back."""
    application_id: UUID = read_global_id(input.application_id, "Application")
    await actions.withdraw_authorisation(
        citizen_of(info),
        application_id=application_id,
        idempotency_key=input.idempotency_key,
    )
    return MeansAuthorisationWithdrawn(application_id=input.application_id)


QUERIES = (means_checks,)
MUTATIONS = (request_means_check, open_means_check, withdraw_means_authorisation)
