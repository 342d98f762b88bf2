"""Households: an officer sees who belongs to one and who of them agrees, a member the cases that name them."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import strawberry

from backend.casework.household import queries
from backend.casework.household.queries import MemberView, NamedIn
from backend.casework.lifecycle import STATE_NAMES, CaseState
from backend.casework.means_check.consents import ConsentState
from resolvers.access import CITIZEN, PARENT
from resolvers.applications import ApplicationId
from resolvers.context import Info
from resolvers.fields import field, object_type, query
from resolvers.officers import officer_of
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
from resolvers.sessions import citizen_of
from resolvers.work_lists import DOING

strawberry.enum(
    ConsentState, name="HouseholdConsent", description="Whether a member has agreed to the means check."
)


@object_type(reads=MemberView, description="共同生活的家庭成员, as the case names them.")
class HouseholdMember(Node):
    """A member, masked; in the open they stand in the case file."""

    name: str = field(access=PARENT, description="Masked.")
    resident_id: str = field(access=PARENT, description="Masked.")
    relation: str = field(access=PARENT, description="To the applicant: a value of the form's field.")
    consent: ConsentState = field(
        access=PARENT, description="To the means check; of a minor the applicant's."
    )
    consented_on: date | None = field(access=PARENT, description="When they agreed.")
    consent_until: date | None = field(access=PARENT, description="How long that counts.")
    elsewhere: int = field(
        access=PARENT,
        description="Other cases of assistance, under way or decided, that the same person is in.",
    )


def _item_name(root: strawberry.Parent[NamedIn], info: Info) -> str:
    return info.context.work.standards.get(root.item_code).name.of(info.context.language)


def _state_name(root: strawberry.Parent[NamedIn], info: Info) -> str:
    return STATE_NAMES[root.state].of(info.context.language)


@object_type(
    reads=NamedIn, description="A case of somebody else that names the viewer as of their household."
)
class HouseholdCase(Node):
    """What a member knows of it: nothing of the applicant's own answers."""

    applicant_name: str = field(access=PARENT, description="Masked.")
    item_code: str = field(access=PARENT, description="基本编码 of the item.")
    item_name: str = field(access=PARENT, description="Name of the item.", resolver=_item_name)
    organ_name: str = field(access=PARENT, description="Who decides.")
    state: CaseState = field(access=PARENT, description="办件状态.")
    state_name: str = field(access=PARENT, description="办件状态 in words.", resolver=_state_name)
    submitted_at: datetime | None = field(access=PARENT, description="When it was received.")
    consent: ConsentState = field(access=PARENT, description="The viewer's own, to the means check.")


@query(
    access=DOING,
    description="The household of a case in the officer's division; of any other case nobody.",
    returns=list[HouseholdMember],
)
async def household_members(info: Info, application_id: ApplicationId) -> Sequence[MemberView]:
    """Members."""
    return await queries.members_of(
        officer_of(info), info.context.work, read_global_id(application_id, "Application")
    )


@query(
    access=CITIZEN,
    description="Cases of others that name the viewer as a member of the household, the newest first.",
    returns=Connection[HouseholdCase],
)
async def household_cases(info: Info, first: First = 20, after: After = None) -> Connection[NamedIn]:
    """Where the viewer is named."""
    place = read_cursor(after, UUID)
    rows = await queries.named_in(
        citizen_of(info), info.context.work, before=place[0] if place else None, limit=page_size(first) + 1
    )
    return keyset_page(rows, first=first, after=after, key=lambda row: (row.id,))


QUERIES = (household_members, household_cases)
