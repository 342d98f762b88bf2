"""The enrolled template: opt-in, in two sealed halves, shredded on demand, made anew for a new model."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs

from backend.database.record import fetch
from backend.errors import Forbidden, Invalid, NotFound, ProblemCode, StepUpNeeded, Text, Unavailable
from backend.kit import clock
from backend.kit.working_days import Calendar
from backend.people.identity.consents import give_consent, withdraw_consent
from backend.people.identity.faces import request_face_challenge, verify_face
from backend.people.identity.filing import filing_due, watch_templates
from backend.people.identity.frames import FacePurpose
from backend.people.identity.models import AssuranceMethod, ConsentKind
from backend.people.identity.queries import me
from backend.people.identity.templates import count_templates, read_template, shred_unwanted
from backend.people.identity.texts import GRACE, current_text
from backend.ports import FaceEnrolment, FaceMotion, FaceOutcome, FaceVerdict
from backend.resources import Resources
from backend.settings import Settings
from backend.viewer import Assurance, AssuranceLevel, Citizen
from tests.support.people import ScriptedFaces, consenting, new_human, new_key, seen_again
from tests.support.rows import count, told
from tests.support.sandbox import OutsideSandbox

FRAMES = [b"\xff\xd8\xff" + bytes([place]) for place in range(6)]


@dataclass(slots=True)
class Files:
    """A file store in memory that can be away."""

    held: dict[str, bytes] = field(default_factory=dict)
    away: bool = False

    def _here(self) -> None:
        if self.away:
            raise Unavailable(Text("", ""))

    async def put(self, key: str, content: bytes) -> None:
        self._here()
        self.held[key] = content

    async def get(self, key: str) -> bytes:
        self._here()
        if key not in self.held:
            raise NotFound(Text("", ""))
        return self.held[key]

    async def delete(self, key: str) -> None:
        self._here()
        self.held.pop(key, None)


@pytest.fixture
def faces() -> ScriptedFaces:
    return ScriptedFaces(model="model-1")


@pytest.fixture
def files() -> Files:
    return Files()


@pytest.fixture
def house(resources: Resources, faces: ScriptedFaces, files: Files) -> Resources:
    return replace(
        resources,
        ports=replace(resources.ports, faces=faces, files=files),
        active_face_challenge=True,
    )


async def wanting(house: Resources, world: OutsideSandbox) -> Citizen:
    """Somebody who has agreed to a template as well, and is proven."""
    citizen = await consenting(house, world, new_human(world))
    await agree(citizen, house, ConsentKind.FACE_TEMPLATE)
    return citizen


async def agree(citizen: Citizen, house: Resources, kind: ConsentKind) -> None:
    await give_consent(
        citizen, house, kind=kind, version=current_text(kind).version, idempotency_key=new_key()
    )


async def look(citizen: Citizen, house: Resources, purpose: FacePurpose = FacePurpose.VERIFY) -> Assurance:
    challenge = await request_face_challenge(citizen, house, purpose=purpose)
    return await verify_face(
        citizen,
        house,
        challenge_id=challenge.id,
        nonce=challenge.nonce,
        frames=FRAMES[: challenge.frames[0]],
    )


async def enrolled(house: Resources, world: OutsideSandbox) -> Citizen:
    citizen = await wanting(house, world)
    await look(citizen, house, FacePurpose.ENROL)
    return citizen


def all_bytes_under(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def test_enrolling_proves_the_person_and_keeps_two_sealed_halves_apart(
    house: Resources, faces: ScriptedFaces, files: Files, outside_world: OutsideSandbox
) -> None:
    citizen = await wanting(house, outside_world)
    assert citizen.person_id is not None
    proof = await look(citizen, house, FacePurpose.ENROL)
    assert (proof.level, proof.method) == (AssuranceLevel.VERIFIED, AssuranceMethod.FACE_ACTIVE)
    [row] = await fetch("SELECT id, person_id, model, rotated_sealed FROM face_template")
    assert (row["person_id"], row["model"]) == (citizen.person_id, "model-1")
    assert list(files.held) == [f"face-secrets/{row['id']}"]
    [made] = faces.made
    assert await read_template(house, citizen.person_id) == made
    kept = row["rotated_sealed"].encode() + b"".join(files.held.values())
    assert made.rotated not in kept
    assert made.secret not in kept
    assert (await me(citizen, house)).face_template_since is not None
    assert await count_templates() == 1.0
    assert "face_template_enrolled" in await told(f"person:{citizen.person_id}")


async def test_later_checks_compare_with_the_template_and_ask_no_register(
    house: Resources, faces: ScriptedFaces, outside_world: OutsideSandbox
) -> None:
    citizen = await enrolled(house, outside_world)
    outside_world.scenario("registry", "down")
    try:
        proof = await look(citizen, house)
    finally:
        outside_world.scenario("registry")
    assert proof.level is AssuranceLevel.VERIFIED
    assert faces.calls == ["enrol", "compare"]
    assert [template for _, template, _ in faces.compared] == faces.made


async def test_somebody_elses_face_does_not_pass_the_template_either(
    house: Resources, faces: ScriptedFaces, outside_world: OutsideSandbox
) -> None:
    citizen = await enrolled(house, outside_world)
    faces.outcome = FaceOutcome.MISMATCH
    with pytest.raises(Invalid) as refusal:
        await look(citizen, house)
    assert refusal.value.code is ProblemCode.FACE_MISMATCH
    assert faces.calls == ["enrol", "compare"]


async def test_a_new_model_makes_a_new_template_of_the_same_frames_and_shreds_the_old_one(
    house: Resources, faces: ScriptedFaces, files: Files, outside_world: OutsideSandbox
) -> None:
    citizen = await enrolled(house, outside_world)
    assert citizen.person_id is not None
    before = set(files.held)
    faces.model = "model-2"
    await look(citizen, house)
    assert faces.calls == ["enrol", "compare", "enrol"]
    assert await read_template(house, citizen.person_id) == faces.made[-1]
    assert len(files.held) == 1
    assert not before & set(files.held)
    assert "face_template_replaced" in await told(f"person:{citizen.person_id}")
    await look(citizen, house)
    assert faces.calls[-1] == "compare"


async def test_a_single_selfie_is_no_template_for_a_new_model(
    house: Resources, faces: ScriptedFaces, outside_world: OutsideSandbox
) -> None:
    citizen = await enrolled(house, outside_world)
    faces.model = "model-2"
    await look(citizen, replace(house, active_face_challenge=False))
    assert faces.calls == ["enrol", "compare", "verify"]
    assert len(faces.made) == 1


async def test_three_plain_pictures_enrol_where_no_turns_are_asked_for(
    house: Resources, faces: ScriptedFaces, outside_world: OutsideSandbox
) -> None:
    plain = replace(house, active_face_challenge=False)
    citizen = await wanting(plain, outside_world)
    challenge = await request_face_challenge(citizen, plain, purpose=FacePurpose.ENROL)
    assert (challenge.motions, challenge.frames) == ((), (3, 3))
    with pytest.raises(Invalid) as refusal:
        await verify_face(citizen, plain, challenge_id=challenge.id, nonce=challenge.nonce, frames=FRAMES[:1])
    assert [wrong.path for wrong in refusal.value.fields] == [("input", "frames")]
    await look(citizen, plain, FacePurpose.ENROL)
    assert len(faces.made) == 1


@pytest.mark.parametrize("kind", [ConsentKind.FACE_TEMPLATE, ConsentKind.FACE_VERIFICATION])
async def test_withdrawing_shreds_both_halves_at_once(
    house: Resources, faces: ScriptedFaces, files: Files, outside_world: OutsideSandbox, kind: ConsentKind
) -> None:
    citizen = await enrolled(house, outside_world)
    assert citizen.person_id is not None
    await withdraw_consent(citizen, house, kind=kind, idempotency_key=new_key())
    assert files.held == {}
    assert await count("face_template") == 0
    assert await read_template(house, citizen.person_id) is None
    assert (await me(citizen, house)).face_template_since is None
    assert (await told(f"person:{citizen.person_id}"))[-2:] == [
        "consent_withdrawn",
        "face_template_shredded",
    ]


async def test_a_copy_of_the_database_says_nothing_once_the_secret_is_gone(
    house: Resources, files: Files, outside_world: OutsideSandbox
) -> None:
    citizen = await enrolled(house, outside_world)
    assert citizen.person_id is not None
    files.held.clear()
    assert await read_template(house, citizen.person_id) is None
    await look(citizen, house)  # against the register, as without a template


async def test_a_template_whose_shredding_failed_is_not_used_and_shredded_by_the_clock(
    house: Resources, faces: ScriptedFaces, files: Files, outside_world: OutsideSandbox
) -> None:
    citizen = await enrolled(house, outside_world)
    files.away = True
    with pytest.raises(Unavailable):
        await withdraw_consent(citizen, house, kind=ConsentKind.FACE_TEMPLATE, idempotency_key=new_key())
    files.away = False
    await look(citizen, house)
    assert faces.calls[-1] == "verify"
    assert await shred_unwanted(house) == 1
    assert (files.held, await count("face_template")) == ({}, 0)
    assert await shred_unwanted(house) == 0


async def test_the_clock_leaves_wanted_templates_alone(
    house: Resources, outside_world: OutsideSandbox
) -> None:
    await enrolled(house, outside_world)
    assert await shred_unwanted(house) == 0
    assert await count("face_template") == 1


async def test_without_its_own_consent_nothing_is_enrolled(
    house: Resources, outside_world: OutsideSandbox
) -> None:
    citizen = await consenting(house, outside_world)
    with pytest.raises(Forbidden) as refusal:
        await request_face_challenge(citizen, house, purpose=FacePurpose.ENROL)
    assert refusal.value.code is ProblemCode.CONSENT_NEEDED
    assert "特征" in refusal.value.message.zh


async def test_an_account_that_is_held_enrols_nobody(house: Resources, outside_world: OutsideSandbox) -> None:
    human = new_human(outside_world)
    owner = await consenting(house, outside_world, human)
    assert owner.person_id is not None
    stranger = await seen_again(await consenting(house, outside_world, human), owner.person_id)
    await agree(stranger, house, ConsentKind.FACE_TEMPLATE)
    with pytest.raises(StepUpNeeded):
        await request_face_challenge(stranger, house, purpose=FacePurpose.ENROL)


async def test_an_enrolment_happens_whole_or_not_at_all(
    house: Resources, files: Files, outside_world: OutsideSandbox
) -> None:
    citizen = await wanting(house, outside_world)
    files.away = True
    with pytest.raises(Unavailable):
        await look(citizen, house, FacePurpose.ENROL)
    assert (await me(citizen, house)).assurance.level is AssuranceLevel.REAL_NAME
    assert await count("face_template") == 0


async def test_a_face_that_does_not_match_is_not_enrolled(
    house: Resources, faces: ScriptedFaces, files: Files, outside_world: OutsideSandbox
) -> None:
    citizen = await wanting(house, outside_world)
    faces.outcome = FaceOutcome.DIFFERENT_PEOPLE
    with pytest.raises(Invalid):
        await look(citizen, house, FacePurpose.ENROL)
    assert (files.held, await count("face_template")) == ({}, 0)


async def test_no_template_is_anywhere_else(
    house: Resources,
    faces: ScriptedFaces,
    outside_world: OutsideSandbox,
    installation: Settings,
    redis_url: str,
) -> None:
    await enrolled(house, outside_world)
    [made] = faces.made
    redis = Redis.from_url(redis_url)
    held = repr([await redis.get(key) for key in await redis.keys("jinmin:face*")]).encode()
    await redis.aclose()
    rows = await fetch("SELECT detail FROM audit_entry")
    on_disk = all_bytes_under(installation.data)
    for half in (made.rotated, made.secret):
        assert half not in held + on_disk
        assert half.hex() not in repr(rows)


@dataclass(slots=True)
class Meanwhile(ScriptedFaces):
    """A face service that takes its time: what happens in it happens while the face is looked at."""

    happens: Callable[[], Awaitable[object]] | None = None

    async def verify(
        self, *, frames: Sequence[bytes], reference: bytes, motions: Sequence[FaceMotion]
    ) -> FaceVerdict:
        verdict = await ScriptedFaces.verify(self, frames=frames, reference=reference, motions=motions)
        if self.happens is not None:
            await self.happens()
        return verdict

    async def enrol(
        self, *, frames: Sequence[bytes], reference: bytes, motions: Sequence[FaceMotion]
    ) -> FaceEnrolment:
        made = await ScriptedFaces.enrol(self, frames=frames, reference=reference, motions=motions)
        if self.happens is not None:
            await self.happens()
        return made


@pytest.mark.parametrize(
    ("purpose", "kind"),
    [
        (FacePurpose.VERIFY, ConsentKind.FACE_VERIFICATION),
        (FacePurpose.ENROL, ConsentKind.FACE_VERIFICATION),
        (FacePurpose.ENROL, ConsentKind.FACE_TEMPLATE),
    ],
)
async def test_a_consent_that_is_withdrawn_while_the_face_is_looked_at_leaves_nothing(
    house: Resources, files: Files, outside_world: OutsideSandbox, purpose: FacePurpose, kind: ConsentKind
) -> None:
    faces = Meanwhile()
    house = replace(house, ports=replace(house.ports, faces=faces))
    citizen = await wanting(house, outside_world)
    faces.happens = partial(withdraw_consent, citizen, house, kind=kind, idempotency_key=new_key())
    with pytest.raises(Forbidden) as refusal:
        await look(citizen, house, purpose)
    assert refusal.value.code is ProblemCode.CONSENT_NEEDED
    assert (await count("face_template"), files.held) == (0, {})
    assert (await me(citizen, house)).assurance.level is AssuranceLevel.REAL_NAME
    assert house.tally.of("face_consent_gone") == 1
    assert (await told(f"person:{citizen.person_id}"))[-2:] == ["consent_withdrawn", "face_consent_gone"]


async def test_a_consent_that_is_withdrawn_before_the_frames_come_is_told_and_nobody_looks(
    house: Resources, faces: ScriptedFaces, outside_world: OutsideSandbox
) -> None:
    citizen = await consenting(house, outside_world)
    challenge = await request_face_challenge(citizen, house)
    await withdraw_consent(citizen, house, kind=ConsentKind.FACE_VERIFICATION, idempotency_key=new_key())
    with pytest.raises(Forbidden):
        await verify_face(citizen, house, challenge_id=challenge.id, nonce=challenge.nonce, frames=FRAMES)
    assert (faces.calls, house.tally.of("face_consent_gone")) == ([], 1)
    assert (await told(f"person:{citizen.person_id}"))[-1] == "face_consent_gone"


async def test_of_a_text_that_changed_a_template_waits_unused_for_thirty_days(
    house: Resources, faces: ScriptedFaces, outside_world: OutsideSandbox
) -> None:
    changed = current_text(ConsentKind.FACE_VERIFICATION).in_force_from
    ago = clock.today() - changed
    with clock.shifted(-ago - timedelta(days=1)):
        citizen = await enrolled(house, outside_world)
    with clock.shifted(timedelta(days=GRACE - 1) - ago):
        assert await shred_unwanted(house) == 0
        with pytest.raises(Forbidden):
            await look(citizen, house)
        assert faces.calls == ["enrol"]
    with clock.shifted(timedelta(days=GRACE) - ago):
        assert (await shred_unwanted(house), await count("face_template")) == (1, 0)


async def test_many_faces_raise_an_alarm_and_the_duty_to_file_is_put_on_record_once_with_its_day(
    house: Resources, outside_world: OutsideSandbox
) -> None:
    calendar = Calendar()
    assert await watch_templates(calendar) == 0
    await enrolled(house, outside_world)
    with capture_logs() as logs:
        assert await watch_templates(calendar, near=1, duty=2) == 1
    assert [(entry["event"], entry["held"], entry["duty"]) for entry in logs] == [
        ("face_templates_near_filing", 1, 2)
    ]
    assert await filing_due() == []
    with clock.shifted(datetime(2026, 9, 1, 4, tzinfo=UTC) - clock.now()):
        for _ in range(2):
            assert await watch_templates(calendar, near=1, duty=1) == 1
    (due,) = await filing_due()
    # 中秋节 and 国庆节 of 2026 are no working days.
    assert (due.reached_on, due.held) == ("2026-09-01", 1)
    assert due.due_on == calendar.add_working_days(date(2026, 9, 1), 30).isoformat() > "2026-10-12"
    assert await told("house:faces") == ["face_filing_due"]
