"""Acting for others (代办): proposing, accepting, taking back; the person's side and the organ's."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import strawberry

from backend.casework.applications.acting import scope_of
from backend.casework.definitions import Domain
from backend.people.delegation import actions, desk, queries
from backend.people.delegation.actions import Proposal
from backend.people.delegation.desk import OpenDelegation
from backend.people.delegation.kinds import KINDS, Acceptance, DelegatedAction, DelegationKind, Evidence
from backend.people.delegation.models import DelegationState
from backend.people.delegation.queries import DelegationRole, DelegationView
from backend.viewer import OfficerRole
from resolvers.access import CITIZEN, PARENT, officer
from resolvers.context import Info
from resolvers.fields import MutationInput, field, input_field, input_type, mutation, object_type, query
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
from resolvers.people import DocumentInput, told_of
from resolvers.sessions import citizen_of

strawberry.enum(DelegationKind, description="Why somebody acts for somebody else.")
strawberry.enum(DelegatedAction, description="What may be done for the other.")
strawberry.enum(Evidence, description="The paper that shows it.")
strawberry.enum(Acceptance, description="Who accepts a delegation.")
strawberry.enum(DelegationState, description="Where a delegation is.")
strawberry.enum(DelegationRole, description="What the viewer is in a delegation.")

_INTAKE = officer(OfficerRole.INTAKE)


def _kind_name(root: strawberry.Parent[DelegationView], info: Info) -> str:
    return KINDS[root.kind].name.of(info.context.language)


def _basis(root: strawberry.Parent[DelegationView], info: Info) -> str:
    return KINDS[root.kind].basis.of(info.context.language)


def _domains(root: strawberry.Parent[DelegationView]) -> list[Domain]:
    return [Domain(domain) for domain in root.domains]


@object_type(reads=DelegationView, description="A grant by which one person acts for another (代办授权).")
class Delegation(Node):
    """One grant, names masked."""

    role: DelegationRole = field(access=PARENT, description="What the viewer is in it.")
    kind: DelegationKind = field(access=PARENT, description="Which kind.")
    kind_name: str = field(access=PARENT, description="Its name in words.", resolver=_kind_name)
    basis: str = field(access=PARENT, description="Its ground in law.", resolver=_basis)
    state: DelegationState = field(access=PARENT, description="Where it is.")
    in_force: bool = field(
        access=PARENT, description="Whether it gives anything today; false after its end, also while ACTIVE."
    )
    agent_name: str = field(access=PARENT, description="Who acts, masked.")
    ward_name: str = field(access=PARENT, description="For whom, masked.")
    institution: str = field(access=PARENT, description="The agent's committee or home; empty for families.")
    items: Sequence[str] = field(access=PARENT, description="Base codes it covers; none is every item.")
    domains: list[Domain] = field(
        access=PARENT, description="Domains whose items it was asked for.", resolver=_domains
    )
    actions: list[DelegatedAction] = field(access=PARENT, description="What may be done.")
    evidence: Evidence = field(access=PARENT, description="The paper.")
    valid_until: date = field(access=PARENT, description="The first day on which it gives nothing any more.")
    delegation_code: str | None = field(
        access=PARENT, description="To be told at a window; null for the principal."
    )
    created_at: datetime = field(access=PARENT, description="When it was proposed.")
    accepted_by: Acceptance | None = field(access=PARENT, description="Who said yes.")
    accepted_at: datetime | None = field(access=PARENT, description="When.")
    ended_at: datetime | None = field(access=PARENT, description="When it was refused or taken back.")


@object_type(reads=OpenDelegation, description="A proposal in the open; both trails say who read it.")
class OpenedDelegation:
    """What an officer compares with the papers."""

    agent_name: str = field(access=PARENT, description="Who wants to act.")
    ward_name: str = field(access=PARENT, description="For whom.")
    ward_number: str = field(access=PARENT, description="The number of their document.")
    evidence_number: str = field(access=PARENT, description="The number of the paper.")


@query(
    access=CITIZEN,
    description="The viewer's delegations, as agent and as principal, with proposals that name them; newest first.",
    returns=Connection[Delegation],
)
async def my_delegations(info: Info, first: First = 20, after: After = None) -> Connection[DelegationView]:
    """A page of grants."""
    place = read_cursor(after, UUID)
    rows = await queries.my_delegations(
        citizen_of(info),
        info.context.resources,
        before=place[0] if place else None,
        limit=page_size(first) + 1,
    )
    return keyset_page(rows, first=first, after=after, key=lambda row: (row.id,))


@query(
    access=_INTAKE,
    description="Proposals that wait in the officer's division, the oldest first.",
    returns=Connection[Delegation],
)
async def delegation_proposals(
    info: Info,
    first: First = 20,
    after: After = None,
    delegation_code: Annotated[
        str | None, strawberry.argument(description="Only the one whose code the agent tells.")
    ] = None,
) -> Connection[DelegationView]:
    """A page of proposals."""
    place = read_cursor(after, UUID)
    rows = await queries.proposals_for(
        officer_of(info),
        info.context.resources,
        code=delegation_code,
        after=place[0] if place else None,
        limit=page_size(first) + 1,
    )
    return keyset_page(rows, first=first, after=after, key=lambda row: (row.id,))


@input_type(description="For whom, by which right, how far and how long.")
class ProposeDelegationInput(MutationInput):
    """Input of ``proposeDelegation``."""

    kind: DelegationKind = input_field(description="Why the viewer acts for the other.")
    name: str = input_field(description="The other's name as on the document.")
    resident_id: str | None = input_field(description="The other's 居民身份证号码.", default=None)
    document: DocumentInput | None = input_field(
        description="Any other document of theirs; either this or `residentId`.", default=None
    )
    items: list[str] = input_field(description="Base codes; none with no domain is every item.")
    domains: list[Domain] = input_field(description="Whole domains, as they are today.")
    actions: list[DelegatedAction] = input_field(
        description="What is to be done; FOLLOW is always part of it."
    )
    evidence: Evidence = input_field(description="The paper that shows it.")
    evidence_number: str = input_field(description="Its number, or what is written on it; kept sealed.")
    division: str = input_field(description="Whose officers may look at the paper, GB/T 2260.")
    valid_until: date = input_field(description="The first day on which it gives nothing any more.")
    institution: str = input_field(description="The viewer's committee or home.", default="")


@mutation(
    access=CITIZEN,
    description="Ask to act for somebody. Nothing is given before the person or an organ accepts.",
    returns=Delegation,
)
async def propose_delegation(info: Info, input: ProposeDelegationInput) -> DelegationView:  # noqa: A002 - GraphQL's name
    """Propose."""
    viewer, work = citizen_of(info), info.context.work
    grant_id = await actions.propose_delegation(
        viewer,
        work.resources,
        Proposal(
            kind=input.kind,
            ward=told_of(input.name, input.resident_id, input.document),
            items=scope_of(work.standards, items=input.items, domains=input.domains),
            domains=[domain.value for domain in input.domains],
            actions=input.actions,
            evidence=input.evidence,
            evidence_number=input.evidence_number,
            division=input.division,
            valid_until=input.valid_until,
            institution=input.institution,
        ),
        idempotency_key=input.idempotency_key,
    )
    return await queries.delegation(viewer, work.resources, grant_id)


@input_type(description="Which delegation.")
class AcceptDelegationInput(MutationInput):
    """Input of ``acceptDelegation``."""

    delegation_id: strawberry.ID = input_field(description="A proposal that names the viewer.")


@mutation(
    access=CITIZEN,
    description="Let the other act for the viewer. Wants the viewer proven in this session.",
    returns=Delegation,
)
async def accept_delegation(info: Info, input: AcceptDelegationInput) -> DelegationView:  # noqa: A002 - GraphQL's name
    """Accept."""
    viewer, resources = citizen_of(info), info.context.resources
    grant_id = read_global_id(input.delegation_id, "Delegation")
    await actions.accept_delegation(viewer, resources, grant_id=grant_id)
    return await queries.delegation(viewer, resources, grant_id)


@input_type(description="Which delegation.")
class EndDelegationInput(MutationInput):
    """Input of ``endDelegation``."""

    delegation_id: strawberry.ID = input_field(
        description="A delegation of the viewer's own, in either role."
    )


@mutation(
    access=CITIZEN,
    description="Refuse a proposal or take a delegation back, at any time; it counts at once.",
    returns=Delegation,
)
async def end_delegation(info: Info, input: EndDelegationInput) -> DelegationView:  # noqa: A002 - GraphQL's name
    """End."""
    viewer, grant_id = citizen_of(info), read_global_id(input.delegation_id, "Delegation")
    await actions.end_delegation(viewer, grant_id=grant_id)
    return await queries.delegation(viewer, info.context.resources, grant_id)


@input_type(description="Which proposal.")
class OpenDelegationInput(MutationInput):
    """Input of ``openDelegation``."""

    delegation_id: strawberry.ID = input_field(description="A proposal in the officer's division.")


@mutation(
    access=_INTAKE,
    description="Read a proposal in the open, to compare it with the papers; both trails say who did.",
    returns=OpenedDelegation,
)
async def open_delegation(info: Info, input: OpenDelegationInput) -> OpenDelegation:  # noqa: A002 - GraphQL's name
    """Open."""
    return await desk.open_delegation(
        officer_of(info),
        info.context.resources,
        grant_id=read_global_id(input.delegation_id, "Delegation"),
    )


@input_type(description="The organ's word.")
class DecideDelegationInput(MutationInput):
    """Input of ``decideDelegation``."""

    delegation_id: strawberry.ID = input_field(description="A delegation in the officer's division.")
    accepted: bool = input_field(description="False refuses a proposal and ends an accepted one.")
    evidence_seen: bool = input_field(description="Whether the original paper was seen.", default=False)
    attest_unknown: bool = input_field(
        description="After IDENTITY_UNKNOWN: the original document was checked, the registry just does not know"
        " the person yet.",
        default=False,
    )


@mutation(access=_INTAKE, description="Accept, refuse or end a delegation for the organ.", returns=Delegation)
async def decide_delegation(info: Info, input: DecideDelegationInput) -> DelegationView:  # noqa: A002 - GraphQL's name
    """Decide."""
    viewer, resources = officer_of(info), info.context.resources
    grant_id = read_global_id(input.delegation_id, "Delegation")
    await desk.decide_delegation(
        viewer,
        resources,
        grant_id=grant_id,
        accepted=input.accepted,
        evidence_seen=input.evidence_seen,
        attest_unknown=input.attest_unknown,
    )
    return await queries.delegation(viewer, resources, grant_id)


QUERIES = (my_delegations, delegation_proposals)
MUTATIONS = (propose_delegation, accept_delegation, end_delegation, open_delegation, decide_delegation)
