"""Third parties at the counter: register, hand papers in, ask for a review, appeal; their staff and its tokens."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

import strawberry

from backend.errors import NotFound
from backend.kit import clock
from backend.providers.clients import tokens
from backend.providers.clients.tokens import Issued
from backend.providers.organisations import actions, papers, queries, staff
from backend.providers.organisations.actions import NO_SUCH_ORGANISATION, About, Licence
from backend.providers.organisations.kinds import LicenceKind
from backend.providers.organisations.models import StaffRole
from backend.providers.organisations.queries import OrganisationView, StaffView
from backend.providers.organisations.staff import Invitation
from resolvers.access import CITIZEN, PROVIDER, PUBLIC
from resolvers.context import Info
from resolvers.fields import MutationInput, input_field, input_type, mutation, query
from resolvers.organisation_views import (
    ADMINISTRATORS,
    Done,
    Organisation,
    OrganisationStaff,
    OrganisationToken,
    StaffInvitation,
    provider_of,
)
from resolvers.pagination import (
    After,
    Connection,
    First,
    keyset_page,
    page_size,
    read_cursor,
    read_global_id,
)
from resolvers.scalars import Upload
from resolvers.sessions import citizen_of

# --- queries ---------------------------------------------------------------------------------------

OrganisationId = Annotated[strawberry.ID, strawberry.argument(description="Id of the organisation.")]


@query(
    access=PUBLIC,
    description="One third party; null where there is none that this viewer may see.",
    returns=Organisation | None,
)
async def organisation(info: Info, id: OrganisationId) -> OrganisationView | None:  # noqa: A002 - Relay's name
    """One organisation."""
    return await queries.organisation(info.context.viewer, read_global_id(id, "Organisation"))


@query(access=PROVIDER, description="The organisation that the token acts for.", returns=Organisation)
async def own_organisation(info: Info) -> OrganisationView:
    """The viewer's own."""
    return await queries.own_organisation(provider_of(info))


@query(
    access=CITIZEN,
    description="Organisations that the citizen may act for, at most 50.",
    returns=list[Organisation],
)
async def my_organisations(info: Info) -> Sequence[OrganisationView]:
    """Where the citizen is of the staff."""
    return await queries.organisations_of(citizen_of(info))


@query(
    access=ADMINISTRATORS,
    description="The organisation's own staff.",
    returns=Connection[OrganisationStaff],
)
async def organisation_staff(info: Info, first: First = 20, after: After = None) -> Connection[StaffView]:
    """A page of the staff."""
    place = read_cursor(after, UUID)
    rows = await queries.staff(
        provider_of(info), after=place[0] if place else None, limit=page_size(first) + 1
    )
    return keyset_page(rows, first=first, after=after, key=lambda row: (row.id,))


# --- mutations -------------------------------------------------------------------------------------


@input_type(description="A licence of an organisation.")
class LicenceInput:
    """One licence."""

    kind: LicenceKind = input_field(description="What it allows.")
    number: str = input_field(description="Its number.")
    valid_until: date | None = input_field(description="Its last day, if it has one.", default=None)


def _licences(given: Sequence[LicenceInput]) -> Sequence[Licence]:
    return [Licence(one.kind, one.number.strip(), one.valid_until) for one in given]


@input_type(description="A third party that registers.")
class RegisterOrganisationInput(MutationInput):
    """Input of ``registerOrganisation``."""

    credit_code: str = input_field(description="统一社会信用代码, 18 signs with a sound check digit.")
    name: str = input_field(description="Its name as the code's certificate has it.")
    division: str = input_field(description="The county it works in.")
    address: str = input_field(description="Its address.")
    licences: list[LicenceInput] = input_field(description="What it is licensed for.")


@mutation(
    access=CITIZEN,
    description="Register a third party: a draft, with the citizen as its administrator. Needs a verified identity.",
    returns=Organisation,
)
async def register_organisation(info: Info, input: RegisterOrganisationInput) -> OrganisationView:  # noqa: A002 - GraphQL's name
    """Register an organisation."""
    context = info.context
    organisation_id = await actions.register(
        citizen_of(info),
        context.resources,
        credit_code=input.credit_code,
        division=input.division,
        about=About(input.name.strip(), input.address.strip(), _licences(input.licences)),
        idempotency_key=input.idempotency_key,
    )
    return await _seen(info, organisation_id)


@input_type(description="The paper of a licence.")
class AddOrganisationPaperInput(MutationInput):
    """Input of ``addOrganisationPaper``."""

    licence: LicenceKind = input_field(description="Which licence it shows.")
    file: Upload = input_field(description="JPEG, PNG or PDF of at most 8 MB, sent as multipart.")


@mutation(
    access=ADMINISTRATORS,
    description="Hand in the paper of a licence, or another one in its place.",
    returns=Organisation,
)
async def add_organisation_paper(info: Info, input: AddOrganisationPaperInput) -> OrganisationView:  # noqa: A002 - as above
    """Add a paper."""
    organisation_id = await papers.add_paper(
        provider_of(info),
        info.context.resources,
        licence=input.licence,
        content=input.file.content,
        idempotency_key=input.idempotency_key,
    )
    return await _seen(info, organisation_id)


@input_type(description="What an organisation asks to be known by.")
class SubmitOrganisationInput(MutationInput):
    """Input of ``submitOrganisation``; what is left out stays as it was registered."""

    name: str | None = input_field(
        description="With `address` and `licences`: what is to hold from now on.", default=None
    )
    address: str | None = input_field(description="Its address.", default=None)
    licences: list[LicenceInput] | None = input_field(description="What it is licensed for.", default=None)


@mutation(
    access=ADMINISTRATORS,
    description="Ask for the review of a registration, or of what is to change. An active organisation goes on as it is.",
    returns=Organisation,
)
async def submit_organisation(info: Info, input: SubmitOrganisationInput) -> OrganisationView:  # noqa: A002 - as above
    """Submit an organisation."""
    about = None
    if input.name is not None or input.address is not None or input.licences is not None:
        about = About(
            (input.name or "").strip(), (input.address or "").strip(), _licences(input.licences or [])
        )
    organisation_id = await actions.submit(
        provider_of(info), about=about, idempotency_key=input.idempotency_key
    )
    return await _seen(info, organisation_id)


@input_type(description="Grounds against a suspension.")
class AppealSuspensionInput(MutationInput):
    """Input of ``appealSuspension``."""

    grounds: str = input_field(description="At most 1000 characters.")


@mutation(
    access=ADMINISTRATORS,
    description="Turn against a suspension; another officer than who suspended decides.",
    returns=Organisation,
)
async def appeal_suspension(info: Info, input: AppealSuspensionInput) -> OrganisationView:  # noqa: A002 - as above
    """Appeal."""
    organisation_id = await actions.appeal(
        provider_of(info), grounds=input.grounds, idempotency_key=input.idempotency_key
    )
    return await _seen(info, organisation_id)


async def _seen(info: Info, organisation_id: UUID) -> OrganisationView:
    found = await queries.organisation(info.context.viewer, organisation_id)
    if found is None:
        raise NotFound(NO_SUCH_ORGANISATION)
    return found


@input_type(description="Which organisation to act for.")
class EnterOrganisationInput(MutationInput):
    """Input of ``enterOrganisation``."""

    organisation_id: strawberry.ID = input_field(description="The organisation.")


@mutation(
    access=CITIZEN,
    description="A token for ten hours with which the citizen acts for an organisation that they are of the staff of.",
    returns=OrganisationToken,
)
async def enter_organisation(info: Info, input: EnterOrganisationInput) -> Issued:  # noqa: A002 - as above
    """Enter an organisation."""
    return await staff.enter(
        citizen_of(info),
        info.context.resources,
        organisation_id=read_global_id(input.organisation_id, "Organisation"),
    )


@input_type(description="Ending a shift.")
class LeaveOrganisationInput(MutationInput):
    """Input of ``leaveOrganisation``."""


@mutation(access=PROVIDER, description="End the token that asks.")
async def leave_organisation(info: Info, input: LeaveOrganisationInput) -> Done:  # noqa: A002, ARG001 - every mutation has one
    """End a token."""
    return Done(at=await tokens.leave(provider_of(info)))


@input_type(description="Somebody who is to join the staff.")
class InviteStaffInput(MutationInput):
    """Input of ``inviteStaff``."""

    label: str = input_field(description="Work number or post, at most 40 characters.")
    role: StaffRole = input_field(description="What they will do.")


@mutation(
    access=ADMINISTRATORS,
    description="A code by which somebody joins within seven days.",
    returns=StaffInvitation,
)
async def invite_staff(info: Info, input: InviteStaffInput) -> Invitation:  # noqa: A002 - as above
    """Invite somebody."""
    return await staff.invite(
        provider_of(info),
        info.context.resources,
        label=input.label,
        role=input.role,
        idempotency_key=input.idempotency_key,
    )


@input_type(description="The code of an invitation.")
class JoinOrganisationInput(MutationInput):
    """Input of ``joinOrganisation``."""

    code: str = input_field(description="As the administrator told it.")


@mutation(access=CITIZEN, description="Join an organisation's staff.", returns=Organisation)
async def join_organisation(info: Info, input: JoinOrganisationInput) -> OrganisationView:  # noqa: A002 - as above
    """Join."""
    organisation_id = await staff.join(
        citizen_of(info), info.context.resources, code=input.code, idempotency_key=input.idempotency_key
    )
    return await _seen(info, organisation_id)


@input_type(description="Who leaves the staff.")
class RemoveStaffInput(MutationInput):
    """Input of ``removeStaff``."""

    staff_id: strawberry.ID = input_field(description="The member.")


@mutation(
    access=ADMINISTRATORS, description="Take somebody off the staff; their tokens are worthless at once."
)
async def remove_staff(info: Info, input: RemoveStaffInput) -> Done:  # noqa: A002 - as above
    """Remove a member."""
    await staff.remove(
        provider_of(info),
        staff_id=read_global_id(input.staff_id, "OrganisationStaff"),
        idempotency_key=input.idempotency_key,
    )
    return Done(at=clock.now())


QUERIES = (organisation, own_organisation, my_organisations, organisation_staff)
MUTATIONS = (
    register_organisation,
    add_organisation_paper,
    submit_organisation,
    appeal_suspension,
    enter_organisation,
    leave_organisation,
    invite_staff,
    join_organisation,
    remove_staff,
)
