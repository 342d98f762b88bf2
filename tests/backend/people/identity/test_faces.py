"""Challenges and face checks; what the face service says is scripted here, the real one has its own tests."""

import asyncio
from base64 import b64decode
from dataclasses import replace
from datetime import timedelta

import pytest
from redis.asyncio import Redis

from backend.database.record import fetch
from backend.errors import (
    Conflict,
    Forbidden,
    Invalid,
    ProblemCode,
    Refusal,
    StepUpNeeded,
    Unavailable,
)
from backend.kit import clock
from backend.kit.ids import new_id
from backend.people.identity.consents import withdraw_consent
from backend.people.identity.faces import REFUSALS, FaceChallenge, request_face_challenge, verify_face
from backend.people.identity.models import AssuranceMethod, ConsentKind
from backend.people.identity.queries import assurance_of, me
from backend.ports import FaceMotion, FaceOutcome
from backend.resources import Resources
from backend.viewer import Assurance, AssuranceLevel, Citizen
from tests.support.people import PORTRAIT, ScriptedFaces, bound, consenting, new_human, new_key, signed_in
from tests.support.rows import told
from tests.support.sandbox import OutsideSandbox

SELFIE = b"\xff\xd8\xff selfie of somebody made up"


@pytest.fixture
def faces() -> ScriptedFaces:
    return ScriptedFaces()


@pytest.fixture
def house(resources: Resources, faces: ScriptedFaces) -> Resources:
    return replace(resources, ports=replace(resources.ports, faces=faces))


@pytest.fixture
def strict(house: Resources) -> Resources:
    return replace(house, active_face_challenge=True)


async def check(
    citizen: Citizen, house: Resources, challenge: FaceChallenge, *, frames: int = 1, nonce: str | None = None
) -> Assurance:
    return await verify_face(
        citizen,
        house,
        challenge_id=challenge.id,
        nonce=challenge.nonce if nonce is None else nonce,
        frames=[SELFIE + bytes([place]) for place in range(frames)],
    )


async def test_a_matching_selfie_verifies_the_person_for_half_an_hour(
    house: Resources, faces: ScriptedFaces, outside_world: OutsideSandbox
) -> None:
    citizen = await consenting(house, outside_world)
    assert citizen.person_id is not None
    challenge = await request_face_challenge(citizen, house)
    assert challenge.motions == ()
    proof = await check(citizen, house, challenge)
    assert (proof.level, proof.method) == (AssuranceLevel.VERIFIED, AssuranceMethod.FACE_SELFIE)
    assert proof.expires_at == proof.proven_at + timedelta(minutes=30)
    assert (await me(citizen, house)).assurance == proof
    assert faces.asked == [([SELFIE + b"\0"], b64decode(PORTRAIT), ())]
    assert (await told(f"person:{citizen.person_id}"))[2:] == ["face_challenge_issued", "face_verified"]
    with clock.shifted(timedelta(minutes=31)):
        later = await assurance_of(citizen.person_id, session_id=citizen.session_id)
    assert later is not None
    assert later.level is AssuranceLevel.REAL_NAME


async def test_the_proof_names_challenge_session_and_model_and_holds_no_picture(
    house: Resources, outside_world: OutsideSandbox
) -> None:
    citizen = await consenting(house, outside_world)
    challenge = await request_face_challenge(citizen, house)
    await check(citizen, house, challenge)
    rows = await fetch("SELECT * FROM assurance_record WHERE challenge_id IS NOT NULL")
    assert [(row["challenge_id"], row["session_id"], row["officer_id"], row["model"]) for row in rows] == [
        (challenge.id, citizen.session_id, None, "scripted@1")
    ]
    entries = await fetch("SELECT * FROM audit_entry")
    assert b"selfie" not in repr([*rows, *entries]).encode()


async def test_another_session_of_the_same_person_has_proven_nothing(
    house: Resources, outside_world: OutsideSandbox
) -> None:
    human = new_human(outside_world)
    citizen = await consenting(house, outside_world, human)
    elsewhere = await bound(house, outside_world, human)
    assert elsewhere.claimed_id == citizen.person_id
    await check(citizen, house, await request_face_challenge(citizen, house))
    assert (await me(elsewhere, house)).assurance.level is AssuranceLevel.REAL_NAME


async def test_an_active_challenge_asks_for_turns_that_cannot_be_known(
    strict: Resources, faces: ScriptedFaces, outside_world: OutsideSandbox
) -> None:
    citizen = await consenting(strict, outside_world)
    asked = [await request_face_challenge(citizen, strict) for _ in range(12)]
    turns = {challenge.motions[1::2] for challenge in asked}
    assert len(turns) > 1
    assert {challenge.motions[::2] for challenge in asked} == {3 * (FaceMotion.FRONT,)}
    assert timedelta(seconds=50) < asked[-1].expires_at - clock.now() <= timedelta(seconds=60)
    proof = await check(citizen, strict, asked[-1], frames=6)
    assert proof.method == AssuranceMethod.FACE_ACTIVE
    assert faces.asked[0][2] == asked[-1].motions


async def test_every_other_outcome_is_a_refusal_that_names_the_window(
    house: Resources, faces: ScriptedFaces, outside_world: OutsideSandbox
) -> None:
    outcomes = [outcome for outcome in FaceOutcome if outcome is not FaceOutcome.MATCH]
    for outcome in outcomes:
        faces.outcome = outcome
        citizen = await consenting(house, outside_world)  # each their own: ten checks an hour are allowed
        with pytest.raises(Invalid) as refusal:
            await check(citizen, house, await request_face_challenge(citizen, house))
        assert refusal.value.code is REFUSALS[outcome][0]
        assert "窗口" in refusal.value.message.zh
        assert "window" in refusal.value.message.en
        assert [wrong.path for wrong in refusal.value.fields] == [("input", "frames")]
        assert (await me(citizen, house)).assurance.level is AssuranceLevel.REAL_NAME
    entries = await fetch(
        "SELECT detail->>'outcome' AS outcome FROM audit_entry WHERE kind = 'face_refused' ORDER BY at"
    )
    assert [entry["outcome"] for entry in entries] == outcomes


async def test_without_a_portrait_the_face_service_is_not_asked(
    house: Resources, faces: ScriptedFaces, outside_world: OutsideSandbox
) -> None:
    citizen = await consenting(house, outside_world, new_human(outside_world, portrait=None))
    with pytest.raises(Invalid) as refusal:
        await check(citizen, house, await request_face_challenge(citizen, house))
    assert refusal.value.code is ProblemCode.FACE_UNUSABLE
    assert faces.asked == []


async def test_a_nonce_serves_once(
    house: Resources, faces: ScriptedFaces, outside_world: OutsideSandbox
) -> None:
    citizen = await consenting(house, outside_world)
    challenge = await request_face_challenge(citizen, house)
    answers = await asyncio.gather(
        *(check(citizen, house, challenge) for _ in range(3)), return_exceptions=True
    )
    refused = [answer.code for answer in answers if isinstance(answer, Conflict)]
    assert refused == 2 * [ProblemCode.CHALLENGE_EXPIRED]
    assert len(faces.asked) == 1


async def test_a_failed_check_uses_the_challenge_up(
    house: Resources, faces: ScriptedFaces, outside_world: OutsideSandbox
) -> None:
    citizen = await consenting(house, outside_world)
    challenge = await request_face_challenge(citizen, house)
    faces.outcome = FaceOutcome.MISMATCH
    with pytest.raises(Invalid):
        await check(citizen, house, challenge)
    faces.outcome = FaceOutcome.MATCH
    with pytest.raises(Conflict) as refusal:
        await check(citizen, house, challenge)
    assert refusal.value.code is ProblemCode.CHALLENGE_EXPIRED


async def test_a_challenge_ends_after_twenty_seconds(
    house: Resources, faces: ScriptedFaces, outside_world: OutsideSandbox
) -> None:
    citizen = await consenting(house, outside_world)
    challenge = await request_face_challenge(citizen, house)
    with clock.shifted(timedelta(seconds=21)), pytest.raises(Conflict) as refusal:
        await check(citizen, house, challenge)
    assert refusal.value.code is ProblemCode.CHALLENGE_EXPIRED
    assert faces.asked == []


async def test_a_challenge_is_one_sessions_and_one_nonces(
    house: Resources, faces: ScriptedFaces, outside_world: OutsideSandbox
) -> None:
    human = new_human(outside_world)
    citizen = await consenting(house, outside_world, human)
    stranger = await consenting(house, outside_world)
    other_device = await bound(house, outside_world, human)
    for viewer, nonce in ((stranger, None), (other_device, None), (citizen, "another"), (citizen, "别的")):
        challenge = await request_face_challenge(citizen, house)
        with pytest.raises(Conflict) as refusal:
            await check(viewer, house, challenge, nonce=nonce)
        assert refusal.value.code is ProblemCode.CHALLENGE_EXPIRED
    with pytest.raises(Conflict):
        await check(citizen, house, replace(challenge, id=new_id()))
    assert faces.asked == []


async def test_frames_of_the_wrong_number_or_size_are_refused_before_anybody_is_asked(
    house: Resources, faces: ScriptedFaces, outside_world: OutsideSandbox
) -> None:
    citizen = await consenting(house, outside_world)
    count_wrong, size_wrong = ProblemCode.INVALID_INPUT, ProblemCode.FACE_UNUSABLE
    for frames, code, path in (
        ([], count_wrong, ("input", "frames")),
        ([SELFIE, SELFIE], count_wrong, ("input", "frames")),
        ([b""], size_wrong, ("input", "frames", 0)),
        ([bytes(8_000_001)], size_wrong, ("input", "frames", 0)),
    ):
        challenge = await request_face_challenge(citizen, house)
        with pytest.raises(Invalid) as refusal:
            await verify_face(citizen, house, challenge_id=challenge.id, nonce=challenge.nonce, frames=frames)
        assert [(refusal.value.code, wrong.path) for wrong in refusal.value.fields] == [(code, path)]
    assert faces.asked == []


async def test_active_frames_are_limited_in_number_and_together(
    strict: Resources, faces: ScriptedFaces, outside_world: OutsideSandbox
) -> None:
    citizen = await consenting(strict, outside_world)
    for frames in ([SELFIE] * 5, [SELFIE] * 13, [bytes(2_100_000)] * 6):
        challenge = await request_face_challenge(citizen, strict)
        with pytest.raises(Invalid) as refusal:
            await verify_face(
                citizen, strict, challenge_id=challenge.id, nonce=challenge.nonce, frames=frames
            )
        assert [wrong.path for wrong in refusal.value.fields] == [("input", "frames")]
    assert faces.asked == []


async def test_a_face_check_needs_consent_first_and_still(
    house: Resources, faces: ScriptedFaces, outside_world: OutsideSandbox
) -> None:
    human = new_human(outside_world)
    with pytest.raises(Forbidden) as refusal:
        await request_face_challenge(await bound(house, outside_world, human), house)
    assert refusal.value.code is ProblemCode.CONSENT_NEEDED
    citizen = await consenting(house, outside_world, human)
    challenge = await request_face_challenge(citizen, house)
    await withdraw_consent(citizen, house, kind=ConsentKind.FACE_VERIFICATION, idempotency_key=new_key())
    with pytest.raises(Forbidden) as refusal:
        await check(citizen, house, challenge)
    assert refusal.value.code is ProblemCode.CONSENT_NEEDED
    assert faces.asked == []


async def test_a_face_check_needs_a_real_name(house: Resources, outside_world: OutsideSandbox) -> None:
    citizen, _ = await signed_in(house, outside_world)
    with pytest.raises(StepUpNeeded):
        await request_face_challenge(citizen, house)


async def test_a_person_has_ten_checks_an_hour(
    house: Resources, faces: ScriptedFaces, outside_world: OutsideSandbox
) -> None:
    citizen = await consenting(house, outside_world)
    faces.outcome = FaceOutcome.POOR_QUALITY
    seen: list[ProblemCode] = []
    for _ in range(11):
        try:
            await check(citizen, house, await request_face_challenge(citizen, house))
        except Refusal as refusal:
            seen.append(refusal.code)
    assert seen == 10 * [ProblemCode.FACE_UNUSABLE] + [ProblemCode.TOO_MANY_REQUESTS]
    assert len(faces.asked) == 10


async def test_while_the_face_service_is_away_nothing_is_proven(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    """The real adapter, with nothing behind it."""
    citizen = await consenting(resources, outside_world)
    with pytest.raises(Unavailable):
        await check(citizen, resources, await request_face_challenge(citizen, resources))
    assert (await me(citizen, resources)).assurance.level is AssuranceLevel.REAL_NAME


async def test_redis_holds_the_challenge_without_name_or_picture_and_loses_it_by_the_check(
    house: Resources, outside_world: OutsideSandbox, redis_url: str
) -> None:
    human = new_human(outside_world)
    citizen = await consenting(house, outside_world, human)
    challenge = await request_face_challenge(citizen, house)
    redis = Redis.from_url(redis_url)
    stored = await redis.get(f"jinmin:face-challenge:{challenge.id}")
    assert stored is not None
    assert human.name.encode() not in stored
    assert human.resident_id.encode() not in stored
    assert 0 < await redis.ttl(f"jinmin:face-challenge:{challenge.id}") <= 20
    await check(citizen, house, challenge)
    for key in await redis.keys("jinmin:*"):
        kind = await redis.type(key)
        held = await redis.lrange(key, 0, -1) if kind == b"list" else await redis.get(key)
        assert b"selfie" not in repr(held).encode()
        assert b"face-challenge:" not in key or b"limit" in key
    await redis.aclose()
