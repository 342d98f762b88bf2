"""Attacks on who somebody is: each is refused in plain words, counted, audited, and changes nothing.

Faces themselves are attacked against the real engine elsewhere; here the face service's verdict is scripted,
and what the house makes of it is looked at.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from statistics import median
from uuid import uuid4

import pytest

from backend.database.record import fetch
from backend.errors import Conflict, Invalid, NotSignedIn, ProblemCode, Refusal
from backend.kit import clock, resident_id
from backend.people.accounts.sessions import refresh
from backend.people.identity.actions import MISMATCH, bind_real_name
from backend.people.identity.faces import FaceChallenge, request_face_challenge, verify_face
from backend.people.identity.queries import me
from backend.ports import FaceMotion, FaceOutcome
from backend.resources import Resources
from backend.viewer import AssuranceLevel, Citizen
from tests.support.people import (
    ScriptedFaces,
    bound,
    consenting,
    new_human,
    new_key,
    nobody,
    signed_in,
    typed,
    viewer_of,
)
from tests.support.rows import told
from tests.support.sandbox import OutsideSandbox

FRAMES = [b"\xff\xd8\xff" + bytes([place]) for place in range(6)]


@pytest.fixture
def faces() -> ScriptedFaces:
    return ScriptedFaces()


@pytest.fixture
def house(resources: Resources, faces: ScriptedFaces) -> Resources:
    """With active challenges, as in production."""
    return replace(resources, ports=replace(resources.ports, faces=faces), active_face_challenge=True)


async def show(
    citizen: Citizen, house: Resources, challenge: FaceChallenge, nonce: str | None = None
) -> object:
    return await verify_face(
        citizen, house, challenge_id=challenge.id, nonce=nonce or challenge.nonce, frames=FRAMES
    )


async def audited(kind: str) -> int:
    """How often it stands in the trail."""
    [row] = await fetch("SELECT count(*) AS told FROM audit_entry WHERE kind = $1", kind)
    found: int = row["told"]
    return found


async def level(citizen: Citizen, house: Resources) -> AssuranceLevel:
    return (await me(citizen, house)).assurance.level


# --- faces -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "attack",
    [
        ("another person's face", FaceOutcome.MISMATCH, ProblemCode.FACE_MISMATCH),
        ("a printed photo held at an angle", FaceOutcome.FLAT_PICTURE, ProblemCode.CHALLENGE_FAILED),
        ("a printed photo that does not turn", FaceOutcome.MOTION_NOT_SEEN, ProblemCode.CHALLENGE_FAILED),
        ("the same frame repeated", FaceOutcome.REPEATED_FRAME, ProblemCode.CHALLENGE_FAILED),
        ("frames of two people", FaceOutcome.DIFFERENT_PEOPLE, ProblemCode.CHALLENGE_FAILED),
        ("a bystander beside", FaceOutcome.MANY_FACES, ProblemCode.FACE_UNUSABLE),
        ("a pixel bomb", FaceOutcome.REFUSED_IMAGE, ProblemCode.FACE_UNUSABLE),
    ],
)
async def test_what_is_no_living_face_of_the_person_proves_nothing(
    house: Resources,
    faces: ScriptedFaces,
    outside_world: OutsideSandbox,
    attack: tuple[str, FaceOutcome, ProblemCode],
) -> None:
    what, faces.outcome, code = attack
    citizen = await consenting(house, outside_world)
    with pytest.raises(Invalid) as refusal:
        await show(citizen, house, await request_face_challenge(citizen, house))
    assert refusal.value.code is code, what
    assert "窗口" in refusal.value.message.zh
    assert await level(citizen, house) is AssuranceLevel.REAL_NAME
    assert house.tally.of(f"face_{faces.outcome.value.lower()}") == 1
    assert await audited("face_refused") == 1


async def test_thirty_megabytes_never_reach_the_face_service(
    house: Resources, faces: ScriptedFaces, outside_world: OutsideSandbox
) -> None:
    citizen = await consenting(house, outside_world)
    for frames in ([b"\xff" * 30_000_000, *FRAMES[1:]], [b"\xff" * 3_000_000] * 6, [b"", *FRAMES[1:]]):
        challenge = await request_face_challenge(citizen, house)
        with pytest.raises(Invalid) as refusal:
            await verify_face(citizen, house, challenge_id=challenge.id, nonce=challenge.nonce, frames=frames)
        assert refusal.value.code is ProblemCode.FACE_UNUSABLE
        with pytest.raises(Conflict):
            await show(citizen, house, challenge)
    assert faces.calls == []
    assert house.tally.of("face_frames_refused") == 3
    assert await audited("face_frames_refused") == 3


# --- challenges ----------------------------------------------------------------------------------------

Replay = Callable[[Citizen, Citizen, FaceChallenge, Resources], Awaitable[object]]


async def used_again(citizen: Citizen, _thief: Citizen, challenge: FaceChallenge, house: Resources) -> object:
    await show(citizen, house, challenge)
    return await show(citizen, house, challenge)


async def from_another_session(
    _citizen: Citizen, thief: Citizen, challenge: FaceChallenge, house: Resources
) -> object:
    return await show(thief, house, challenge)


async def with_another_nonce(
    citizen: Citizen, _thief: Citizen, challenge: FaceChallenge, house: Resources
) -> object:
    return await show(citizen, house, challenge, nonce="A" * 32)


async def too_late(citizen: Citizen, _thief: Citizen, challenge: FaceChallenge, house: Resources) -> object:
    with clock.shifted(timedelta(seconds=61)):
        return await show(citizen, house, challenge)


async def made_up(citizen: Citizen, _thief: Citizen, challenge: FaceChallenge, house: Resources) -> object:
    return await show(citizen, house, replace(challenge, id=uuid4()))


@pytest.mark.parametrize("replay", [used_again, from_another_session, with_another_nonce, too_late, made_up])
async def test_a_challenge_is_of_one_session_and_good_once(
    house: Resources, faces: ScriptedFaces, outside_world: OutsideSandbox, replay: Replay
) -> None:
    human = new_human(outside_world)
    citizen = await consenting(house, outside_world, human)
    thief = await consenting(house, outside_world, human)
    challenge = await request_face_challenge(citizen, house)
    with pytest.raises(Conflict) as refusal:
        await replay(citizen, thief, challenge, house)
    assert refusal.value.code is ProblemCode.CHALLENGE_EXPIRED
    assert len(faces.calls) == (1 if replay is used_again else 0)
    assert await level(thief, house) is AssuranceLevel.REAL_NAME
    assert house.tally.of("face_challenge_refused") == 1
    assert await audited("face_challenge_refused") == 1


async def test_what_is_asked_for_cannot_be_known_beforehand(
    house: Resources, outside_world: OutsideSandbox
) -> None:
    citizen = await consenting(house, outside_world)
    asked = [(await request_face_challenge(citizen, house)).motions for _ in range(16)]
    assert len(set(asked)) > 2
    assert all(FaceMotion.FRONT in motions for motions in asked)


# --- sessions --------------------------------------------------------------------------------------------


async def test_a_stolen_refresh_token_ends_the_session_of_thief_and_owner(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    citizen, tokens = await signed_in(resources, outside_world)
    thiefs = await refresh(nobody(), resources, refresh_token=tokens.refresh_token)
    with clock.shifted(timedelta(minutes=15)):
        with pytest.raises(NotSignedIn) as refusal:
            await refresh(nobody(), resources, refresh_token=tokens.refresh_token)
        assert refusal.value.code is ProblemCode.TOKEN_REUSED
    with pytest.raises(NotSignedIn):
        await viewer_of(resources, thiefs)
    assert resources.tally.of("refresh_token_reused") == 1
    assert (await told(f"account:{citizen.account_id}"))[-1] == "refresh_token_reused"


# --- an ID that belongs to somebody else ---------------------------------------------------------------------


async def test_somebody_elses_number_with_ones_own_name_is_refused(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    victim, (thief, _) = new_human(outside_world), await signed_in(resources, outside_world)
    with pytest.raises(Invalid) as refusal:
        await bind_real_name(thief, resources, typed("王小明", victim.resident_id), idempotency_key=new_key())
    assert refusal.value.code is ProblemCode.IDENTITY_MISMATCH
    assert resources.tally.of("real_name_refused") == 1
    assert await told(f"account:{thief.account_id}") == ["signed_in", "real_name_refused"]
    assert (await me(thief, resources)).person is None


async def test_somebody_elses_name_and_number_show_nothing_of_them_and_their_trail_says_who_tried(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    victim = new_human(outside_world)
    owner = await bound(resources, outside_world, victim)
    thief = await bound(resources, outside_world, victim)
    assert thief.person_id is None
    shown = await me(thief, resources)
    assert shown.held
    assert shown.person is not None
    assert shown.person.household_division is None
    [entry] = await fetch(
        "SELECT actor FROM audit_entry WHERE subject = $1 AND kind = 'real_name_held'",
        f"person:{owner.person_id}",
    )
    assert entry["actor"] == f"account:{thief.account_id}"
    assert resources.tally.of("real_name_held") == 1


async def test_a_thief_with_name_and_number_fails_at_the_face_and_the_owner_does_not_notice(
    house: Resources, faces: ScriptedFaces, outside_world: OutsideSandbox
) -> None:
    victim = new_human(outside_world)
    owner = await consenting(house, outside_world, victim)
    thief = await consenting(house, outside_world, victim)
    faces.outcome = FaceOutcome.MISMATCH
    for _ in range(7):
        with pytest.raises(Refusal):
            await show(thief, house, await request_face_challenge(thief, house))
    faces.outcome = FaceOutcome.MATCH
    await show(owner, house, await request_face_challenge(owner, house))
    assert await level(owner, house) is AssuranceLevel.VERIFIED
    assert await level(thief, house) is AssuranceLevel.REAL_NAME
    assert await audited("face_locked") == 2


# --- what timing and wording tell ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody who tries names can see of one try."""

    code: ProblemCode
    zh: str
    en: str
    fields: tuple[object, ...]
    retry_after: float | None


async def tried(
    resources: Resources, world: OutsideSandbox, name: str, number: str
) -> tuple[Seen, float, int]:
    """What a try showed, how long it took, and how many statements of the trail it left."""
    citizen, _ = await signed_in(resources, world)
    began = time.perf_counter()
    with pytest.raises(Invalid) as refusal:
        await bind_real_name(citizen, resources, typed(name, number), idempotency_key=new_key())
    took = time.perf_counter() - began
    said = refusal.value
    trail = len(await told(f"account:{citizen.account_id}"))
    return (
        Seen(said.code, said.message.zh, said.message.en, said.fields, said.retry_after),
        took,
        trail,
    )


async def test_neither_words_nor_traces_nor_time_tell_whether_a_person_exists(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    there = [new_human(outside_world).resident_id for _ in range(9)]
    absent = [resident_id.make("110101", date(1950, 1, 1), serial) for serial in range(500, 509)]
    account_holder = new_human(outside_world)
    await bound(resources, outside_world, account_holder)
    seen: dict[str, set[tuple[Seen, int]]] = {"there": set(), "absent": set()}
    took: dict[str, list[float]] = {"there": [], "absent": []}
    for pair in zip(there, absent, strict=True):
        for kind, number in zip(("there", "absent"), pair, strict=True):
            shown, seconds, trail = await tried(resources, outside_world, "王小明", number)
            seen[kind].add((shown, trail))
            took[kind].append(seconds)
    shown, _, trail = await tried(resources, outside_world, "王小明", account_holder.resident_id)
    assert seen["there"] == seen["absent"] == {(shown, trail)}
    assert shown.zh == MISMATCH.zh
    # The same steps on both paths; what is left is the noise of a machine that does other things, too.
    slower, faster = sorted((median(took["there"]), median(took["absent"])), reverse=True)
    assert slower < 3 * faster + 0.02
