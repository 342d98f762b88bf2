"""Delegations for tests, proposed and accepted the way real ones are."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from backend.kit import clock
from backend.people.delegation.actions import Proposal, accept_delegation, propose_delegation
from backend.people.delegation.desk import decide_delegation
from backend.people.delegation.kinds import DelegatedAction, DelegationKind, Evidence
from backend.resources import Resources
from backend.viewer import Citizen, Officer
from tests.support.people import Human, new_key, typed

HOME = "330521"
ALL = tuple(DelegatedAction)


def proposal(ward: Human, **given: object) -> Proposal:
    """An adult child for a parent, for a year, for everything."""
    told = Proposal(
        kind=DelegationKind.ADULT_CHILD,
        ward=typed(ward.name, ward.resident_id),
        items=(),
        domains=(),
        actions=ALL,
        evidence=Evidence.HOUSEHOLD_REGISTER,
        evidence_number="第12345号",
        division=HOME,
        valid_until=clock.today() + timedelta(days=300),
    )
    return replace(told, **given)  # type: ignore[arg-type]  # fields of a proposal, by name


def for_child(ward: Human, until: date | None = None) -> Proposal:
    """A guardian for a child."""
    return proposal(
        ward,
        kind=DelegationKind.GUARDIAN_OF_CHILD,
        evidence=Evidence.BIRTH_CERTIFICATE,
        valid_until=until or clock.today() + timedelta(days=3650),
    )


async def proposed(agent: Citizen, resources: Resources, wanted: Proposal) -> UUID:
    """A proposal's id."""
    return await propose_delegation(agent, resources, wanted, idempotency_key=new_key())


async def accepted(agent: Citizen, principal: Citizen, resources: Resources, wanted: Proposal) -> UUID:
    """A grant that the principal accepted in their own session."""
    grant_id = await proposed(agent, resources, wanted)
    await accept_delegation(principal, resources, grant_id=grant_id)
    return grant_id


async def accepted_by_organ(agent: Citizen, officer: Officer, resources: Resources, wanted: Proposal) -> UUID:
    """A grant that an officer accepted, paper in hand."""
    grant_id = await proposed(agent, resources, wanted)
    await decide_delegation(officer, resources, grant_id=grant_id, accepted=True, evidence_seen=True)
    return grant_id
