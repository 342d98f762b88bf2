"""Proving who one is with the national network identity."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from backend.database.record import fetch
from backend.errors import Conflict, Invalid, ProblemCode, TooMany, Unavailable
from backend.kit import clock
from backend.people.identity.models import AssuranceMethod
from backend.people.identity.network import (
    RELEASE_FIRST,
    SOMEBODY_ELSE,
    NetworkIdentityRequest,
    prove_with_network_identity,
    request_network_identity,
)
from backend.people.identity.queries import facts_of, me
from backend.resources import Resources
from backend.viewer import Assurance, AssuranceLevel, Citizen
from tests.support.people import Human, bound, new_human, seen_again, signed_in
from tests.support.rows import count, told
from tests.support.sandbox import OutsideSandbox


@pytest.fixture(autouse=True)
def normal_again(outside_world: OutsideSandbox) -> Iterator[None]:
    yield
    outside_world.scenario("network-identity")


def credential(
    world: OutsideSandbox, request: NetworkIdentityRequest, human: Human, *, release: bool = False
) -> dict[str, str]:
    """What the national app makes for this request in this person's hands."""
    holder = {"name": human.name, "idNumber": human.resident_id}
    return world.credential(request.business_number, holder, release=release)


async def prove(
    citizen: Citizen,
    resources: Resources,
    request: NetworkIdentityRequest,
    made: dict[str, str],
) -> Assurance:
    return await prove_with_network_identity(
        citizen,
        resources,
        request_id=request.id,
        credential=made["idCardAuthData"],
        password=made["certPwdData"],
    )


async def whole(
    citizen: Citizen, resources: Resources, world: OutsideSandbox, human: Human, *, release: bool = False
) -> Assurance:
    """From request to proof."""
    request = await request_network_identity(citizen, resources)
    return await prove(citizen, resources, request, credential(world, request, human, release=release))


async def test_the_bound_person_is_authoritative_for_half_an_hour(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    human = new_human(outside_world)
    citizen = await bound(resources, outside_world, human)
    proof = await whole(citizen, resources, outside_world, human)
    assert (proof.level, proof.method) == (AssuranceLevel.AUTHORITATIVE, AssuranceMethod.NETWORK_IDENTITY)
    assert proof.expires_at == proof.proven_at + timedelta(minutes=30)
    assert (await me(citizen, resources)).assurance == proof
    assert (await told(f"person:{citizen.person_id}"))[-1] == "network_identity_verified"
    rows = await fetch("SELECT network_id_index FROM network_id")
    assert [row["network_id_index"][:3] for row in rows] == ["H1."]


async def test_somebody_elses_credential_proves_nothing_and_is_counted_and_audited(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    citizen = await bound(resources, outside_world)
    with pytest.raises(Invalid) as refusal:
        await whole(citizen, resources, outside_world, new_human(outside_world), release=True)
    assert (refusal.value.code, refusal.value.message) == (ProblemCode.PROOF_REFUSED, SOMEBODY_ELSE)
    assert (await me(citizen, resources)).assurance.level is AssuranceLevel.REAL_NAME
    assert resources.tally.of("network_identity_refused") == 1
    assert (await told(f"account:{citizen.account_id}"))[-1] == "network_identity_refused"
    assert await count("network_id") == 0


async def test_whoever_releases_a_name_is_bound_without_typing_one(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    human = new_human(outside_world)
    citizen, _ = await signed_in(resources, outside_world)
    await whole(citizen, resources, outside_world, human, release=True)
    shown = await me(citizen, resources)
    assert shown.person is not None
    assert not shown.held
    assert (await facts_of(shown.person.id, resources)).resident_id == human.resident_id
    assert shown.assurance.level is AssuranceLevel.AUTHORITATIVE


async def test_the_second_time_no_name_is_needed_and_an_account_that_was_not_proven_is_held(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    human = new_human(outside_world)
    first = await bound(resources, outside_world, human)
    assert first.person_id is not None
    await whole(first, resources, outside_world, human)
    again, _ = await signed_in(resources, outside_world)
    await whole(again, resources, outside_world, human)
    assert (await seen_again(again, first.person_id)).person_id == first.person_id
    assert await count("network_id") == 1
    stranger = await bound(resources, outside_world, human)
    assert stranger.claimed_id == first.person_id


async def test_without_a_name_here_or_there_one_is_asked_to_release_it(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    citizen, _ = await signed_in(resources, outside_world)
    with pytest.raises(Invalid) as refusal:
        await whole(citizen, resources, outside_world, new_human(outside_world))
    assert refusal.value.message == RELEASE_FIRST
    assert await count("person") == 0


async def test_a_released_name_is_checked_with_the_registry_as_any_other(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    human = new_human(outside_world)
    citizen, _ = await signed_in(resources, outside_world)
    with pytest.raises(Invalid) as refusal:
        await whole(citizen, resources, outside_world, replace(human, name="王小明"), release=True)
    assert refusal.value.code is ProblemCode.IDENTITY_MISMATCH
    assert await count("person") == 0


async def test_a_request_is_of_one_session_good_once_and_for_five_minutes(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    human = new_human(outside_world)
    citizen = await bound(resources, outside_world, human)
    other, _ = await signed_in(resources, outside_world)
    used, late, stolen = [await request_network_identity(citizen, resources) for _ in range(3)]
    made = {request.id: credential(outside_world, request, human) for request in (used, late, stolen)}
    await prove(citizen, resources, used, made[used.id])
    for who, request, minutes in ((citizen, used, 0), (citizen, late, 6), (other, stolen, 0)):
        with clock.shifted(timedelta(minutes=minutes)), pytest.raises(Conflict) as refusal:
            await prove(who, resources, request, made[request.id])
        assert refusal.value.code is ProblemCode.CHALLENGE_EXPIRED
    with pytest.raises(Conflict):
        await prove(citizen, resources, replace(used, id=UUID(int=1)), made[used.id])


async def test_a_credential_of_another_order_or_none_at_all_is_not_good(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    human = new_human(outside_world)
    citizen = await bound(resources, outside_world, human)
    first, second = [await request_network_identity(citizen, resources) for _ in range(2)]
    made = credential(outside_world, first, human)
    with pytest.raises(Invalid) as refusal:
        await prove(citizen, resources, second, made)
    assert refusal.value.code is ProblemCode.PROOF_REFUSED
    for spoiled in ({**made, "certPwdData": ""}, {**made, "idCardAuthData": "x" * 4001}):
        request = await request_network_identity(citizen, resources)
        with pytest.raises(Invalid):
            await prove(citizen, resources, request, spoiled)
    assert resources.tally.of("network_identity_refused") == 3


async def test_an_account_of_somebody_else_is_not_turned_over(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    owner, other = new_human(outside_world), new_human(outside_world)
    known = await bound(resources, outside_world, other)
    await whole(known, resources, outside_world, other)
    citizen = await bound(resources, outside_world, owner)
    with pytest.raises(Invalid) as refusal:
        await whole(citizen, resources, outside_world, other)
    assert refusal.value.message == SOMEBODY_ELSE


async def test_while_the_service_is_down_nothing_is_proven(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    human = new_human(outside_world)
    citizen = await bound(resources, outside_world, human)
    outside_world.scenario("network-identity", "down")
    with pytest.raises(Unavailable):
        await whole(citizen, resources, outside_world, human)
    assert (await me(citizen, resources)).assurance.level is AssuranceLevel.REAL_NAME


async def test_an_installation_without_it_says_so(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    citizen = await bound(resources, outside_world)
    without = replace(resources, ports=replace(resources.ports, network_identity=None))
    with pytest.raises(Invalid):
        await request_network_identity(citizen, without)


async def test_requests_have_a_limit(resources: Resources, outside_world: OutsideSandbox) -> None:
    citizen, _ = await signed_in(resources, outside_world)
    for _ in range(20):
        await request_network_identity(citizen, resources)
    with pytest.raises(TooMany):
        await request_network_identity(citizen, resources)
