"""Officers who look after third parties: what waits in their division, papers, decisions, suspensions."""

from typing import Annotated
from uuid import UUID

import strawberry

from backend.errors import NotFound
from backend.providers.organisations import queries, reviewing
from backend.providers.organisations.actions import NO_SUCH_ORGANISATION
from backend.providers.organisations.kinds import LicenceKind
from backend.providers.organisations.models import ReviewState
from backend.providers.organisations.queries import OrganisationView, PaperView, ReviewView
from backend.viewer import Officer, Provider
from resolvers.context import Info
from resolvers.fields import MutationInput, input_field, input_type, mutation, query
from resolvers.officers import officer_of
from resolvers.organisation_views import (
    ADMINISTRATORS,
    REVIEWERS,
    OpenedPaper,
    Organisation,
    ProviderReview,
)
from resolvers.pagination import After, Connection, First, keyset_page, page_size, read_cursor, read_global_id


@query(
    access=REVIEWERS | ADMINISTRATORS,
    description="Reviews of third parties in the officer's division, or of the own organisation; newest first.",
    returns=Connection[ProviderReview],
)
async def provider_reviews(
    info: Info,
    state: Annotated[ReviewState | None, strawberry.argument(description="Only those in this state.")] = None,
    first: First = 20,
    after: After = None,
) -> Connection[ReviewView]:
    """A page of reviews."""
    viewer = info.context.viewer
    if not isinstance(viewer, Officer | Provider):
        raise TypeError("reached by somebody whom the access does not name")
    place = read_cursor(after, UUID)
    rows = await queries.reviews(
        viewer, state=state, before=place[0] if place else None, limit=page_size(first) + 1
    )
    return keyset_page(rows, first=first, after=after, key=lambda row: (row.id,))


@input_type(description="A decision on a review.")
class DecideProviderReviewInput(MutationInput):
    """Input of ``decideProviderReview``."""

    review_id: strawberry.ID = input_field(description="The review.")
    approve: bool = input_field(description="Whether it takes effect.")
    reason: str = input_field(description="Wanted for a refusal, at most 500 characters.", default="")


@mutation(
    access=REVIEWERS,
    description="Decide a review of the officer's division; what is approved takes effect at once.",
    returns=ProviderReview,
)
async def decide_provider_review(info: Info, input: DecideProviderReviewInput) -> ReviewView:  # noqa: A002 - as above
    """Decide a review."""
    review_id = await reviewing.decide(
        officer_of(info),
        review_id=read_global_id(input.review_id, "ProviderReview"),
        approve=input.approve,
        reason=input.reason,
        idempotency_key=input.idempotency_key,
    )
    found = await queries.review(officer_of(info), review_id)
    if found is None:
        raise NotFound(reviewing.NO_SUCH_REVIEW)
    return found


@input_type(description="An organisation to take out of service.")
class SuspendOrganisationInput(MutationInput):
    """Input of ``suspendOrganisation``."""

    organisation_id: strawberry.ID = input_field(description="The organisation.")
    reason: str = input_field(description="What the organisation reads, at most 500 characters.")


@mutation(
    access=REVIEWERS,
    description="Suspend a third party of the officer's division: nothing of it is found or ordered any more.",
    returns=Organisation,
)
async def suspend_organisation(info: Info, input: SuspendOrganisationInput) -> OrganisationView:  # noqa: A002 - as above
    """Suspend an organisation."""
    organisation_id = await reviewing.suspend(
        officer_of(info),
        organisation_id=read_global_id(input.organisation_id, "Organisation"),
        reason=input.reason,
        idempotency_key=input.idempotency_key,
    )
    found = await queries.organisation(info.context.viewer, organisation_id)
    if found is None:
        raise NotFound(NO_SUCH_ORGANISATION)
    return found


@input_type(description="Which paper to open.")
class OpenOrganisationPaperInput(MutationInput):
    """Input of ``openOrganisationPaper``."""

    organisation_id: strawberry.ID = input_field(description="Whose paper it is.")
    licence: LicenceKind = input_field(description="Which licence it shows.")


@mutation(
    access=REVIEWERS,
    description="Open a paper of a third party in the officer's division.",
    returns=OpenedPaper,
)
async def open_organisation_paper(info: Info, input: OpenOrganisationPaperInput) -> PaperView:  # noqa: A002 - as above
    """Open a paper."""
    resources = info.context.resources
    return await queries.paper(
        officer_of(info),
        resources.keys.ring,
        resources.ports.files,
        organisation_id=read_global_id(input.organisation_id, "Organisation"),
        licence=input.licence,
    )


QUERIES = (provider_reviews,)
MUTATIONS = (decide_provider_review, suspend_organisation, open_organisation_paper)
