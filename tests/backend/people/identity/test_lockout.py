"""Face checks that fail too often lock the face in that account, and nothing else."""

from dataclasses import replace
from datetime import timedelta

import pytest

from backend.database.record import fetch
from backend.errors import Forbidden, Invalid, ProblemCode
from backend.kit import clock
from backend.people.identity.faces import request_face_challenge, verify_face
from backend.people.identity.ladder import HOME_VISIT, LOCKED, ways_to_prove
from backend.people.identity.lockout import FAILURES, LOCK_AFTER
from backend.people.identity.models import AssuranceMethod
from backend.people.identity.queries import me
from backend.people.identity.window import (
    WindowDocument,
    confirm_at_window,
    request_window_code,
)
from backend.people.reviews.actions import Decision, decide_review
from backend.people.reviews.models import ReviewKind, ReviewReason, ReviewState
from backend.people.reviews.queries import reviews_for, reviews_of
from backend.ports import FaceOutcome
from backend.resources import Resources
from backend.viewer import AssuranceLevel, Citizen, Officer, OfficerRole
from tests.support.people import (
    ScriptedFaces,
    at_the_desk,
    consenting,
    new_human,
    new_key,
    typed,
)
from tests.support.rows import told
from tests.support.sandbox import OutsideSandbox


@pytest.fixture
def faces() -> ScriptedFaces:
    return ScriptedFaces(FaceOutcome.MISMATCH)


@pytest.fixture
def house(resources: Resources, faces: ScriptedFaces) -> Resources:
    return replace(resources, ports=replace(resources.ports, faces=faces))


@pytest.fixture
async def officer(house: Resources) -> Officer:
    return (await at_the_desk(house, OfficerRole.INTAKE))[0]


async def look(citizen: Citizen, house: Resources) -> None:
    challenge = await request_face_challenge(citizen, house)
    await verify_face(
        citizen, house, challenge_id=challenge.id, nonce=challenge.nonce, frames=[b"\xff\xd8\xff"]
    )


async def fail(citizen: Citizen, house: Resources, times: int = LOCK_AFTER) -> None:
    for _ in range(times):
        with pytest.raises(Invalid):
            await look(citizen, house)


async def is_locked(citizen: Citizen, house: Resources) -> bool:
    ways = {way.method: way for way in await ways_to_prove(citizen, house)}
    return ways[AssuranceMethod.FACE_SELFIE].why_not == LOCKED


def decided(*, confirmed: bool) -> Decision:
    reason = ReviewReason.ALL_RIGHT if confirmed else ReviewReason.ATTACK
    return Decision(confirmed, reason, HOME_VISIT, WindowDocument.ID_CARD)


async def test_the_sixth_failure_locks_and_opens_a_review_at_home(
    house: Resources, faces: ScriptedFaces, outside_world: OutsideSandbox, officer: Officer
) -> None:
    citizen = await consenting(house, outside_world)
    await fail(citizen, house, LOCK_AFTER - 1)
    assert not await is_locked(citizen, house)
    await fail(citizen, house, 1)
    assert await is_locked(citizen, house)
    faces.outcome = FaceOutcome.MATCH
    with pytest.raises(Forbidden) as refusal:
        await look(citizen, house)
    assert (refusal.value.code, refusal.value.message) == (ProblemCode.FACE_LOCKED, LOCKED)
    assert len(faces.asked) == LOCK_AFTER
    assert house.tally.of("face_mismatch") == LOCK_AFTER
    assert house.tally.of("face_locked") == 1
    [review] = await reviews_of(citizen, house)
    assert (review.kind, review.state, review.division) == (
        ReviewKind.FACE_LOCKOUT,
        ReviewState.OPEN,
        "330521",
    )
    assert [one.id for one in await reviews_for(officer, house, limit=10)] == [review.id]
    for subject in (f"account:{citizen.account_id}", f"person:{citizen.person_id}"):
        assert (await told(subject)).count("face_locked") == 1


async def test_a_challenge_that_was_issued_before_the_lock_does_not_pass_it(
    house: Resources, faces: ScriptedFaces, outside_world: OutsideSandbox
) -> None:
    citizen = await consenting(house, outside_world)
    early = await request_face_challenge(citizen, house)
    await fail(citizen, house)
    faces.outcome = FaceOutcome.MATCH
    with pytest.raises(Forbidden) as refusal:
        await verify_face(citizen, house, challenge_id=early.id, nonce=early.nonce, frames=[b"\xff\xd8\xff"])
    assert refusal.value.code is ProblemCode.FACE_LOCKED


async def test_whoever_is_locked_still_has_every_other_way(
    house: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    human = new_human(outside_world)
    citizen = await consenting(house, outside_world, human)
    await fail(citizen, house)
    code = await request_window_code(citizen, house)
    await confirm_at_window(
        officer,
        house,
        typed(human.name, human.resident_id),
        document_seen=WindowDocument.ID_CARD,
        idempotency_key=new_key(),
        session_code=code.window_code,
    )
    assert (await me(citizen, house)).assurance.level is AssuranceLevel.AUTHORITATIVE


async def test_a_stranger_cannot_lock_the_owner_out(
    house: Resources, faces: ScriptedFaces, outside_world: OutsideSandbox
) -> None:
    human = new_human(outside_world)
    owner = await consenting(house, outside_world, human)
    stranger = await consenting(house, outside_world, human)
    await fail(stranger, house)
    assert await is_locked(stranger, house)
    assert not await is_locked(owner, house)
    faces.outcome = FaceOutcome.MATCH
    await look(owner, house)


async def test_a_match_forgets_what_failed_before(
    house: Resources, faces: ScriptedFaces, outside_world: OutsideSandbox
) -> None:
    citizen = await consenting(house, outside_world)
    await fail(citizen, house, LOCK_AFTER - 1)
    faces.outcome = FaceOutcome.MATCH
    await look(citizen, house)
    assert await fetch("SELECT 1 FROM face_standing") == []


async def test_failures_of_yesterday_do_not_count(house: Resources, outside_world: OutsideSandbox) -> None:
    citizen = await consenting(house, outside_world)
    with clock.shifted(timedelta(hours=-25)):
        await fail(citizen, house, LOCK_AFTER - 1)
    await fail(citizen, house, LOCK_AFTER - 1)
    assert not await is_locked(citizen, house)


async def test_a_dark_room_is_nobodys_failure(
    house: Resources, faces: ScriptedFaces, outside_world: OutsideSandbox
) -> None:
    citizen = await consenting(house, outside_world)
    honest = set(FaceOutcome) - FAILURES - {FaceOutcome.MATCH}
    assert FaceOutcome.MANY_FACES in honest
    for outcome in honest:
        faces.outcome = outcome
        with pytest.raises(Invalid):
            await look(citizen, house)
    assert await fetch("SELECT 1 FROM face_standing") == []


@pytest.mark.parametrize("confirmed", [True, False])
async def test_an_officer_lifts_the_lock_or_leaves_it(
    house: Resources,
    faces: ScriptedFaces,
    outside_world: OutsideSandbox,
    officer: Officer,
    confirmed: bool,
) -> None:
    citizen = await consenting(house, outside_world)
    await fail(citizen, house)
    [review] = await reviews_of(citizen, house)
    await decide_review(officer, house, review_id=review.id, decision=decided(confirmed=confirmed))
    assert await is_locked(citizen, house) is not confirmed
    assert (await reviews_of(citizen, house))[0].reason == decided(confirmed=confirmed).reason
    event = "review_confirmed" if confirmed else "review_refused"
    assert (await told(f"person:{citizen.person_id}"))[-1] == event
    # Looking at a lock proves nobody: that is what a window is for.
    assert (await me(citizen, house)).assurance.level is AssuranceLevel.REAL_NAME
    if confirmed:
        faces.outcome = FaceOutcome.MATCH
        await look(citizen, house)
