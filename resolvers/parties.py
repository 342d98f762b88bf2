"""Applying together: inviting the other party, joining with a code, agreeing, leaving."""

from datetime import datetime
from uuid import UUID

import strawberry

from backend.casework.lifecycle import CaseState
from backend.casework.parties import actions, queries
from resolvers.access import CITIZEN, PARENT
from resolvers.context import Info
from resolvers.fields import MutationInput, field, input_field, input_type, mutation, object_type, query
from resolvers.pagination import (
    After,
    Connection,
    First,
    Node,
    keyset_page,
    page_size,
    read_cursor,
    read_global_id,
)
from resolvers.scalars import Json
from resolvers.sessions import citizen_of


def _item_name(root: strawberry.Parent[queries.PartyCaseView], info: Info) -> str:
    return info.context.work.standards.get(root.item_code).name.of(info.context.language)


def _answers(root: strawberry.Parent[queries.PartyCaseView]) -> Json:
    return Json(root.answers)


@object_type(
    reads=queries.PartyCaseView,
    description="A case that the viewer joined: what both parties have in common.",
)
class PartyCase(Node):
    """Without the applicant's own answers, papers and decision."""

    item_code: str = field(access=PARENT, description="基本编码 of the item.")
    item_name: str = field(access=PARENT, description="Name of the item.", resolver=_item_name)
    organ_name: str = field(access=PARENT, description="Who decides.")
    state: CaseState = field(access=PARENT, description="办件状态.")
    version: int = field(access=PARENT, description="What is agreed to; any change makes it rise.")
    applicant_name: str = field(access=PARENT, description="The applicant, masked.")
    answers: Json = field(access=PARENT, description="What is said of both.", resolver=_answers)
    confirmed: bool = field(access=PARENT, description="Whether the viewer agreed to the case as it is now.")


@object_type(reads=actions.Invitation, description="An invitation, shown this once.")
class PartyInvitation:
    """What is passed on."""

    party_code: str = field(access=PARENT, description="Ten letters and digits.")
    expires_at: datetime = field(access=PARENT, description="Until when it is good.")


@object_type(description="The viewer has left the case.")
class PartyLeft:
    """The end of it."""

    id: strawberry.ID = field(access=PARENT, description="The case.")


@query(
    access=CITIZEN,
    description="Cases that the viewer joined as the other party; newest first.",
    returns=Connection[PartyCase],
)
async def my_party_cases(
    info: Info, first: First = 20, after: After = None
) -> Connection[queries.PartyCaseView]:
    """A page of cases."""
    place = read_cursor(after, UUID)
    rows = await queries.party_cases(
        citizen_of(info),
        info.context.work,
        before=place[0] if place else None,
        limit=page_size(first) + 1,
    )
    return keyset_page(rows, first=first, after=after, key=lambda row: (row.id,))


@input_type(description="To which case.")
class InvitePartyInput(MutationInput):
    """Input of ``inviteParty``."""

    application_id: strawberry.ID = input_field(description="An own draft of an item for two.")


@mutation(
    access=CITIZEN,
    description="A code for the other party; a new one takes the place of one that was not used.",
    returns=PartyInvitation,
)
async def invite_party(info: Info, input: InvitePartyInput) -> actions.Invitation:  # noqa: A002 - GraphQL's name
    """Invite."""
    return await actions.invite_party(
        citizen_of(info),
        info.context.work,
        application_id=read_global_id(input.application_id, "Application"),
    )


@input_type(description="The code that the applicant passed on.")
class JoinCaseInput(MutationInput):
    """Input of ``joinCase``."""

    party_code: str = input_field(description="Its letters and digits, in any case, spaces allowed.")


@mutation(
    access=CITIZEN,
    description="Join a case as its other party. Wants the viewer proven in this session.",
    returns=PartyCase,
)
async def join_case(info: Info, input: JoinCaseInput) -> queries.PartyCaseView:  # noqa: A002 - GraphQL's name
    """Join."""
    viewer, work = citizen_of(info), info.context.work
    application_id = await actions.join_case(viewer, work, code=input.party_code)
    return await queries.party_case(viewer, work, application_id)


@input_type(description="What is agreed to.")
class ConfirmCaseInput(MutationInput):
    """Input of ``confirmCase``."""

    party_case_id: strawberry.ID = input_field(description="A case that the viewer joined.")
    version: int = input_field(description="The version that was seen.")


@mutation(
    access=CITIZEN,
    description="Agree to the case as it was seen; a change afterwards is not agreed to.",
    returns=PartyCase,
)
async def confirm_case(info: Info, input: ConfirmCaseInput) -> queries.PartyCaseView:  # noqa: A002 - GraphQL's name
    """Agree."""
    viewer, work = citizen_of(info), info.context.work
    application_id = read_global_id(input.party_case_id, "PartyCase")
    await actions.confirm_case(viewer, work, application_id=application_id, version=input.version)
    return await queries.party_case(viewer, work, application_id)


@input_type(description="Which case.")
class LeaveCaseInput(MutationInput):
    """Input of ``leaveCase``."""

    party_case_id: strawberry.ID = input_field(
        description="A case that the viewer joined, not handed in yet."
    )


@mutation(access=CITIZEN, description="Take one's part in a draft back.", returns=PartyLeft)
async def leave_case(info: Info, input: LeaveCaseInput) -> PartyLeft:  # noqa: A002 - GraphQL's name
    """Leave."""
    application_id = read_global_id(input.party_case_id, "PartyCase")
    await actions.leave_case(citizen_of(info), application_id=application_id)
    return PartyLeft(id=input.party_case_id)


QUERIES = (my_party_cases,)
MUTATIONS = (invite_party, join_case, confirm_case, leave_case)
