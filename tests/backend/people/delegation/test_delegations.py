"""Proposing to act for somebody, accepting it, and taking it back."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from backend.database.record import fetch
from backend.errors import Conflict, Forbidden, Invalid, NotFound, ProblemCode, StepUpNeeded
from backend.kit import clock
from backend.kit.ids import new_id
from backend.people.delegation.actions import accept_delegation, end_delegation, propose_delegation
from backend.people.delegation.desk import decide_delegation, open_delegation
from backend.people.delegation.kinds import KINDS, Acceptance, DelegationKind, Evidence
from backend.people.delegation.models import DelegationState
from backend.people.delegation.queries import DelegationRole, delegation, my_delegations, proposals_for
from backend.resources import Resources
from backend.viewer import Citizen, Officer, OfficerRole
from tests.support.delegations import accepted, accepted_by_organ, for_child, proposal, proposed
from tests.support.people import Human, at_the_desk, bound, new_human, new_key, proven
from tests.support.rows import count, told
from tests.support.sandbox import OutsideSandbox


@pytest.fixture
async def officer(resources: Resources) -> Officer:
    return (await at_the_desk(resources, OfficerRole.INTAKE))[0]


@pytest.fixture
def grandmother(outside_world: OutsideSandbox) -> Human:
    return new_human(outside_world)


async def verified(resources: Resources, world: OutsideSandbox, human: Human | None = None) -> Citizen:
    citizen = await bound(resources, world, human or new_human(world, born=date(1970, 3, 1)))
    await proven(citizen)
    return citizen


@pytest.fixture
async def agent(resources: Resources, outside_world: OutsideSandbox) -> Citizen:
    return await verified(resources, outside_world)


async def test_a_person_accepts_in_their_own_session_and_both_see_it(
    resources: Resources, outside_world: OutsideSandbox, agent: Citizen, grandmother: Human
) -> None:
    grant_id = await proposed(agent, resources, proposal(grandmother))
    principal = await bound(resources, outside_world, grandmother)
    (seen,) = await my_delegations(principal, resources, before=None, limit=10)
    assert (seen.role, seen.state, seen.delegation_code, seen.in_force) == (
        DelegationRole.PRINCIPAL,
        DelegationState.PROPOSED,
        None,
        False,
    )
    assert (seen.agent_name, seen.ward_name) == ("沈**", "沈**")

    with pytest.raises(StepUpNeeded):
        await accept_delegation(principal, resources, grant_id=grant_id)
    await proven(principal)
    await accept_delegation(principal, resources, grant_id=grant_id)
    await accept_delegation(principal, resources, grant_id=grant_id)  # again, nothing happens

    for viewer, role in ((agent, DelegationRole.AGENT), (principal, DelegationRole.PRINCIPAL)):
        (seen,) = await my_delegations(viewer, resources, before=None, limit=10)
        assert (seen.role, seen.state, seen.in_force, seen.accepted_by) == (
            role,
            DelegationState.ACTIVE,
            True,
            Acceptance.PRINCIPAL,
        )
        assert (await told(f"person:{viewer.person_id}")).count("delegation_accepted") == 1
        assert await my_delegations(viewer, resources, before=seen.id, limit=10) == []
    stranger = await bound(resources, outside_world)
    assert await my_delegations(stranger, resources, before=None, limit=10) == []
    for doing in (
        accept_delegation(stranger, resources, grant_id=grant_id),
        end_delegation(stranger, grant_id=grant_id),
        delegation(stranger, resources, grant_id),
        accept_delegation(stranger, resources, grant_id=new_id()),
    ):
        with pytest.raises(NotFound):
            await doing


async def test_somebody_without_a_phone_is_acted_for_once_an_officer_has_seen_the_paper(
    resources: Resources, agent: Citizen, grandmother: Human, officer: Officer
) -> None:
    grant_id = await proposed(agent, resources, proposal(grandmother))
    assert await count("person") == 1  # a proposal makes nobody known
    (waiting,) = await proposals_for(officer, resources, after=None, limit=10)
    assert (waiting.id, waiting.role, waiting.ward_name) == (grant_id, DelegationRole.ORGAN, "沈**")
    assert waiting.delegation_code is not None
    for code, found in ((waiting.delegation_code.lower(), [waiting]), ("22222222", [])):
        assert await proposals_for(officer, resources, after=None, limit=10, code=code) == found
    opened = await open_delegation(officer, resources, grant_id=grant_id)
    assert (opened.ward_name, opened.ward_number, opened.evidence_number) == (
        grandmother.name,
        grandmother.resident_id,
        "第12345号",
    )
    with pytest.raises(Invalid) as refusal:
        await decide_delegation(officer, resources, grant_id=grant_id, accepted=True, evidence_seen=False)
    assert refusal.value.fields[0].path == ("input", "evidenceSeen")

    await decide_delegation(officer, resources, grant_id=grant_id, accepted=True, evidence_seen=True)
    await decide_delegation(officer, resources, grant_id=grant_id, accepted=True, evidence_seen=True)
    (row,) = await fetch("SELECT state, accepted_by, officer_id, principal_id FROM delegation")
    assert (row["state"], row["accepted_by"], row["officer_id"]) == ("ACTIVE", "ORGAN", officer.officer_id)
    assert (await told(f"person:{row['principal_id']}")) == ["delegation_accepted"]
    assert await proposals_for(officer, resources, after=None, limit=10) == []
    assert (await told(f"person:{agent.person_id}"))[-3:] == [
        "delegation_proposed",
        "delegation_opened",
        "delegation_accepted",
    ]


async def test_what_is_told_of_the_other_is_sealed(
    resources: Resources, agent: Citizen, grandmother: Human
) -> None:
    await proposed(agent, resources, proposal(grandmother))
    (row,) = await fetch("SELECT held::text AS line FROM delegation held")
    entries = await fetch("SELECT held::text AS line FROM audit_entry held")
    for secret in (grandmother.name, grandmother.resident_id, "12345号"):
        assert secret not in row["line"]
        assert all(secret not in entry["line"] for entry in entries)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"evidence": Evidence.SERVICE_CONTRACT}, "evidence"),
        ({"evidence_number": "  "}, "evidenceNumber"),
        ({"valid_until": date(2000, 1, 1)}, "validUntil"),
        ({"valid_until": date(2099, 1, 1)}, "validUntil"),
        ({"actions": ()}, "actions"),
        ({"division": "999999"}, "division"),
        ({"kind": DelegationKind.CARE_HOME, "evidence": Evidence.SERVICE_CONTRACT}, "institution"),
        ({"kind": DelegationKind.GUARDIAN_OF_CHILD, "evidence": Evidence.BIRTH_CERTIFICATE}, "kind"),
    ],
)
async def test_a_proposal_that_its_kind_does_not_allow_is_refused(
    resources: Resources, agent: Citizen, grandmother: Human, change: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        await proposed(agent, resources, proposal(grandmother, **change))
    assert refusal.value.fields[0].path == ("input", field)
    assert await count("delegation") == 0


async def test_who_acts_is_of_age_proven_and_somebody_else(
    resources: Resources, outside_world: OutsideSandbox, grandmother: Human
) -> None:
    unproven = await bound(resources, outside_world)
    with pytest.raises(StepUpNeeded):
        await proposed(unproven, resources, proposal(grandmother))
    child = await verified(
        resources, outside_world, new_human(outside_world, born=clock.today() - timedelta(days=15 * 365))
    )
    with pytest.raises(Forbidden):
        await proposed(child, resources, proposal(grandmother))
    self_named = new_human(outside_world, born=date(1970, 3, 1))
    narcissus = await verified(resources, outside_world, self_named)
    with pytest.raises(Invalid):
        await proposed(narcissus, resources, proposal(self_named))
    assert await count("delegation") == 0


async def test_a_grant_that_only_an_organ_may_give_is_not_given_by_the_person(
    resources: Resources, outside_world: OutsideSandbox, agent: Citizen, grandmother: Human
) -> None:
    wanted = proposal(
        grandmother, kind=DelegationKind.APPOINTED_GUARDIAN, evidence=Evidence.NOTARISED_AGREEMENT
    )
    grant_id = await proposed(agent, resources, wanted)
    principal = await verified(resources, outside_world, grandmother)
    with pytest.raises(Forbidden):
        await accept_delegation(principal, resources, grant_id=grant_id)
    with pytest.raises(Forbidden):  # nor by the agent
        await accept_delegation(agent, resources, grant_id=grant_id)
    assert not (await delegation(principal, resources, grant_id)).in_force


async def test_a_proposal_with_another_name_for_a_number_is_nobodys_to_accept(
    resources: Resources, outside_world: OutsideSandbox, agent: Citizen, grandmother: Human, officer: Officer
) -> None:
    grant_id = await proposed(agent, resources, proposal(replace(grandmother, name="沈阿贵")))
    principal = await verified(resources, outside_world, grandmother)
    with pytest.raises(Forbidden):
        await accept_delegation(principal, resources, grant_id=grant_id)
    with pytest.raises(Invalid) as refusal:
        await decide_delegation(officer, resources, grant_id=grant_id, accepted=True, evidence_seen=True)
    assert refusal.value.code is ProblemCode.IDENTITY_MISMATCH
    await end_delegation(principal, grant_id=grant_id)
    assert (await delegation(principal, resources, grant_id)).state is DelegationState.REFUSED


async def test_either_person_and_the_organ_end_a_grant_at_once(
    resources: Resources, outside_world: OutsideSandbox, agent: Citizen, grandmother: Human, officer: Officer
) -> None:
    principal = await verified(resources, outside_world, grandmother)

    async def end(grant: UUID, viewer: Citizen | Officer) -> None:
        if isinstance(viewer, Officer):
            await decide_delegation(viewer, resources, grant_id=grant, accepted=False, evidence_seen=False)
        else:
            await end_delegation(viewer, grant_id=grant)

    for viewer in (principal, agent, officer):
        grant_id = await accepted(agent, principal, resources, proposal(grandmother))
        await end(grant_id, viewer)
        await end(grant_id, viewer)
        seen = await delegation(principal, resources, grant_id)
        assert (seen.state, seen.in_force) == (DelegationState.REVOKED, False)
        with pytest.raises(Conflict):
            await decide_delegation(officer, resources, grant_id=grant_id, accepted=True, evidence_seen=True)
    assert (await told(f"person:{principal.person_id}")).count("delegation_revoked") == 3


async def test_two_grants_of_one_kind_are_not_both_in_force(
    resources: Resources, outside_world: OutsideSandbox, agent: Citizen, grandmother: Human
) -> None:
    principal = await verified(resources, outside_world, grandmother)
    grants = [await proposed(agent, resources, proposal(grandmother)) for _ in range(3)]
    answers = await asyncio.gather(
        *(accept_delegation(principal, resources, grant_id=grant) for grant in grants),
        return_exceptions=True,
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["Conflict", "Conflict", "NoneType"]
    rows = await fetch("SELECT state FROM delegation ORDER BY state")
    assert [row["state"] for row in rows] == ["ACTIVE", "PROPOSED", "PROPOSED"]


async def test_a_guardian_whose_ward_turns_18_loses_it_on_the_birthday(
    resources: Resources, outside_world: OutsideSandbox, agent: Citizen, officer: Officer
) -> None:
    born = clock.today() - timedelta(days=17 * 365)
    ward = new_human(outside_world, born=born)
    grant_id = await accepted_by_organ(agent, officer, resources, for_child(ward))
    birthday = date(born.year + 18, born.month, born.day)
    for day, holds in ((birthday - timedelta(days=1), True), (birthday, False)):
        with clock.shifted(timedelta(days=(day - clock.today()).days)):
            assert (await delegation(agent, resources, grant_id)).in_force is holds
    with clock.shifted(timedelta(days=3650)):
        assert not (await delegation(agent, resources, grant_id)).in_force


async def test_an_officer_of_another_place_or_role_neither_sees_nor_decides(
    resources: Resources, agent: Citizen, grandmother: Human, officer: Officer
) -> None:
    grant_id = await proposed(agent, resources, proposal(grandmother))
    elsewhere = replace(officer, division="330522")
    clerk = replace(officer, roles=frozenset({OfficerRole.STATISTICS}))
    assert await proposals_for(elsewhere, resources, after=None, limit=10) == []
    for viewer, refusal in ((elsewhere, NotFound), (clerk, Forbidden)):
        with pytest.raises(refusal):
            await open_delegation(viewer, resources, grant_id=grant_id)
        with pytest.raises(refusal):
            await decide_delegation(viewer, resources, grant_id=grant_id, accepted=True, evidence_seen=True)


async def test_a_proposal_asked_for_twice_is_one(
    resources: Resources, agent: Citizen, grandmother: Human
) -> None:
    key, wanted = new_key(), proposal(grandmother)
    ids = await asyncio.gather(
        *(propose_delegation(agent, resources, wanted, idempotency_key=key) for _ in range(3))
    )
    assert len(set(ids)) == 1
    assert await count("delegation") == 1


def test_every_kind_says_its_ground_its_papers_and_who_accepts() -> None:
    assert set(KINDS) == set(DelegationKind)
    for kind in KINDS.values():
        assert kind.evidence
        assert kind.accepted_by
        assert kind.basis.zh.startswith("民法典")
