"""What is needed, what counts, and the ways that are open to whom."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from backend.casework.definitions import ProofWay
from backend.casework.proof import METHODS
from backend.errors import StepUpNeeded
from backend.kit import clock
from backend.kit.documents import DocumentKind
from backend.people.identity.actions import bind_real_name
from backend.people.identity.claims import Told
from backend.people.identity.ladder import (
    GUARDIAN,
    NAME_FIRST,
    NOT_CONNECTED,
    NOT_THIS_APP,
    NOT_THIS_DOCUMENT,
    TO_APPLY,
    WAYS,
    Need,
    require,
    ways_to_prove,
)
from backend.people.identity.models import AssuranceMethod, ConsentKind
from backend.people.video.actions import set_video_desk
from backend.ports import Ports
from backend.resources import Resources
from backend.viewer import AssuranceLevel, Citizen, OfficerRole
from tests.support.people import (
    at_the_desk,
    bound,
    consenting,
    new_human,
    new_key,
    proven,
    seen_again,
    signed_in,
)
from tests.support.sandbox import OutsideSandbox

VERIFIED, AUTHORITATIVE = AssuranceLevel.VERIFIED, AssuranceLevel.AUTHORITATIVE
M = AssuranceMethod


async def why_not(
    citizen: Citizen, resources: Resources, need: Need = TO_APPLY
) -> dict[AssuranceMethod, str | None]:
    """What stands before each way, in English."""
    ways = await ways_to_prove(citizen, resources, need)
    return {way.method: None if way.why_not is None else way.why_not.en for way in ways}


def test_no_level_is_reached_by_a_face_alone_and_an_officer_is_always_enough() -> None:
    for level in (VERIFIED, AUTHORITATIVE):
        without = [way for way in WAYS if way.level >= level and not way.face]
        assert {way.method for way in without} >= {M.WINDOW, M.HOME_VISIT}
    assert all(way.consent is not None for way in WAYS if way.face)
    assert all(way.consent is None for way in WAYS if not way.face)


def test_every_way_of_an_item_is_a_way_of_the_ladder() -> None:
    assert set(METHODS) == set(ProofWay)
    assert {way.method for way in WAYS} <= {method for methods in METHODS.values() for method in methods}


async def test_whoever_has_bound_a_name_on_wechat_finds_every_way_but_the_video_open(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    citizen = await bound(resources, outside_world)
    found = await ways_to_prove(citizen, resources)
    assert [(way.method, way.level, way.uses_face, way.minutes, way.why_not is None) for way in found] == [
        (M.FACE_SELFIE, VERIFIED, True, 30, True),
        (M.VIDEO, VERIFIED, False, 1440, False),
        (M.PLATFORM_FACE, AUTHORITATIVE, True, 30, True),
        (M.NETWORK_IDENTITY, AUTHORITATIVE, False, 30, True),
        (M.WINDOW, AUTHORITATIVE, False, 1440, True),
        (M.HOME_VISIT, AUTHORITATIVE, False, 1440, True),
    ]
    assert [way.consent for way in found] == [
        ConsentKind.FACE_VERIFICATION,
        None,
        ConsentKind.PLATFORM_FACE,
        None,
        None,
        None,
    ]


async def test_the_face_is_named_as_it_will_be_asked_for_and_a_consent_is_asked_for_once(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    strict = replace(resources, active_face_challenge=True)
    citizen = await consenting(strict, outside_world)
    first = (await ways_to_prove(citizen, strict))[0]
    assert (first.method, first.consent) == (M.FACE_ACTIVE, None)


async def test_only_what_leads_high_enough_in_the_ways_that_are_taken_is_offered(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    citizen = await bound(resources, outside_world)
    high = await why_not(citizen, resources, Need(AUTHORITATIVE))
    assert set(high) == {M.PLATFORM_FACE, M.NETWORK_IDENTITY, M.WINDOW, M.HOME_VISIT}
    chosen = Need(VERIFIED, methods=frozenset({M.FACE_ACTIVE, M.FACE_SELFIE, M.WINDOW}))
    assert set(await why_not(citizen, resources, chosen)) == {M.FACE_SELFIE, M.WINDOW}


async def test_before_a_name_is_bound_faces_wait_and_the_others_are_open(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    citizen, _ = await signed_in(resources, outside_world)
    assert await why_not(citizen, resources) == {
        M.FACE_SELFIE: NAME_FIRST.en,
        M.VIDEO: NOT_CONNECTED.en,
        M.PLATFORM_FACE: NAME_FIRST.en,
        M.NETWORK_IDENTITY: None,
        M.WINDOW: None,
        M.HOME_VISIT: None,
    }


async def test_a_child_comes_to_a_window_with_a_guardian(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    child = new_human(outside_world, born=clock.today() - timedelta(days=12 * 365))
    citizen = await bound(resources, outside_world, child)
    found = await why_not(citizen, resources)
    assert (found[M.FACE_SELFIE], found[M.PLATFORM_FACE]) == (GUARDIAN.en, GUARDIAN.en)
    assert (found[M.WINDOW], found[M.HOME_VISIT]) == (None, None)


async def test_a_foreigner_is_told_which_ways_take_a_passport(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    told = Told("ANNA SMITH", "L12345678", DocumentKind.PASSPORT, "USA", date(1980, 1, 31))
    outside_world.load_document(name=told.name, kind=told.kind, number=told.number, country="USA")
    citizen, _ = await signed_in(resources, outside_world)
    person_id = await bind_real_name(citizen, resources, told, idempotency_key=new_key())
    citizen = await seen_again(citizen, person_id)
    found = await why_not(citizen, resources)
    assert {method for method, why in found.items() if why == NOT_THIS_DOCUMENT.en} == {
        M.PLATFORM_FACE,
        M.NETWORK_IDENTITY,
    }
    assert found[M.FACE_SELFIE] is None


@pytest.fixture
def bare(resources: Resources) -> Resources:
    """An installation that is connected to nothing it can do without."""
    ports: Ports = replace(resources.ports, platform_faces={}, network_identity=None, video=None)
    return replace(resources, ports=ports)


async def test_an_installation_that_is_connected_to_little_still_offers_a_way_without_a_face(
    bare: Resources, outside_world: OutsideSandbox
) -> None:
    citizen = await bound(bare, outside_world)
    found = await why_not(citizen, bare, Need(AUTHORITATIVE))
    assert (found[M.PLATFORM_FACE], found[M.NETWORK_IDENTITY]) == (NOT_THIS_APP.en, NOT_CONNECTED.en)
    assert (found[M.WINDOW], found[M.HOME_VISIT]) == (None, None)


async def test_video_is_open_where_somebody_takes_calls(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    officer, _ = await at_the_desk(resources, OfficerRole.OPERATIONS)
    await set_video_desk(officer, seats=1)
    citizen = await bound(resources, outside_world)
    assert (await why_not(citizen, resources))[M.VIDEO] is None


async def test_a_need_is_met_by_a_proof_that_is_high_fresh_and_of_a_way_that_is_taken(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    citizen = await bound(resources, outside_world)
    assert citizen.person_id is not None
    with pytest.raises(StepUpNeeded) as refusal:
        await require(citizen, citizen.person_id, Need(VERIFIED, timedelta(minutes=10)))
    assert (refusal.value.level, refusal.value.within) == (VERIFIED, timedelta(minutes=10))
    await proven(citizen)
    met = await require(citizen, citizen.person_id, Need(VERIFIED, timedelta(minutes=10)))
    assert met.method == M.FACE_ACTIVE
    for need in (
        Need(AUTHORITATIVE),
        Need(VERIFIED, methods=frozenset({M.WINDOW})),
    ):
        with pytest.raises(StepUpNeeded):
            await require(citizen, citizen.person_id, need)
    with clock.shifted(timedelta(minutes=11)):
        await require(citizen, citizen.person_id, Need(VERIFIED))
        with pytest.raises(StepUpNeeded):
            await require(citizen, citizen.person_id, Need(VERIFIED, timedelta(minutes=10)))
        await require(citizen, citizen.person_id, Need(AssuranceLevel.REAL_NAME))
    with clock.shifted(timedelta(minutes=31)), pytest.raises(StepUpNeeded):
        await require(citizen, citizen.person_id, Need(VERIFIED))
