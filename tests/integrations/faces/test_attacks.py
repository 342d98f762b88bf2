"""Attacks with frames, over the wire, against the real engine; the attacker knows the order that was asked for."""

from collections.abc import Sequence
from functools import cache
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from backend.ports import FaceEnrolment, FaceMotion, FaceOutcome, FaceService
from integrations.demo import portraits
from integrations.demo.heads import (
    Pixels,
    challenge_frames,
    reference_head,
    shot,
    stranger_head,
    tilted,
)
from tests.support.faces import RunningFaces

pytestmark = pytest.mark.xdist_group("faces")

FRONT, LEFT, RIGHT = FaceMotion.FRONT, FaceMotion.TURN_LEFT, FaceMotion.TURN_RIGHT
MOTIONS = (FRONT, LEFT, FRONT, RIGHT, FRONT, LEFT)
REFERENCE = portraits.reference()


@cache
def honest() -> Sequence[bytes]:
    return challenge_frames(reference_head(), MOTIONS)


@cache
def stranger() -> Sequence[bytes]:
    return challenge_frames(stranger_head(), MOTIONS)


def jpeg(picture: Image.Image, **how: object) -> bytes:
    out = BytesIO()
    picture.convert("RGB").save(out, "JPEG", **how)
    return out.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content)).convert("RGB")


async def tried(
    faces: FaceService,
    frames: Sequence[bytes],
    *,
    reference: bytes = REFERENCE,
    motions: Sequence[FaceMotion] = MOTIONS,
) -> FaceOutcome:
    """The outcome, the same whether it is asked for alone or with a template, which only a match gives."""
    verdict = await faces.verify(frames=frames, reference=reference, motions=motions)
    assert verdict.model == "dlib-resnet-v1@0.060"
    return verdict.outcome


async def test_the_person_themselves_passes_in_every_frame_and_is_counted(
    faces: FaceService, real_faces: RunningFaces
) -> None:
    before = real_faces.counted("verify", "MATCH")
    assert await tried(faces, honest()) is FaceOutcome.MATCH
    assert await tried(faces, stranger(), reference=portraits.stranger()) is FaceOutcome.MATCH
    assert real_faces.counted("verify", "MATCH") == before + 2


async def test_a_selfie_passes_alone_and_somebody_elses_does_not(faces: FaceService) -> None:
    assert await tried(faces, [portraits.reshot(REFERENCE)], motions=()) is FaceOutcome.MATCH
    assert await tried(faces, [portraits.stranger()], motions=()) is FaceOutcome.MISMATCH
    assert await tried(faces, [REFERENCE], reference=portraits.stranger(), motions=()) is FaceOutcome.MISMATCH


async def test_another_persons_face_that_does_all_that_is_asked_does_not_match(
    faces: FaceService, real_faces: RunningFaces
) -> None:
    before = real_faces.counted("verify", "MISMATCH")
    assert await tried(faces, stranger()) is FaceOutcome.MISMATCH
    assert real_faces.counted("verify", "MISMATCH") == before + 1


async def test_the_right_face_that_turns_in_another_order_is_refused(faces: FaceService) -> None:
    """A film of the person, made for another challenge."""
    for motions in ((FRONT, RIGHT, FRONT, LEFT, FRONT, RIGHT), (FRONT, LEFT, FRONT, LEFT, FRONT, LEFT)):
        assert await tried(faces, honest(), motions=motions) is FaceOutcome.MOTION_NOT_SEEN
    assert await tried(faces, list(reversed(honest()))) is FaceOutcome.MOTION_NOT_SEEN


async def test_a_photograph_held_still_shows_no_motion(faces: FaceService) -> None:
    still = [shot(reference_head().picture, place) for place in range(9)]
    assert await tried(faces, still) is FaceOutcome.MOTION_NOT_SEEN


def held(motion: FaceMotion, axis: float, angle: float) -> Pixels:
    """A print before the camera: straight, or tilted about a line that leans to one side or the other."""
    lean = {FRONT: 0.0, LEFT: axis, RIGHT: -axis}[motion]
    return tilted(reference_head().picture, lean, 4.0 if motion is FRONT else angle)


@pytest.mark.parametrize(
    ("axis", "angle"), [(45, 45), (45, 48), (50, 47), (40, 46), (60, 40), (90, 45), (90, 30)]
)
async def test_a_print_tilted_as_asked_is_refused(
    faces: FaceService, real_faces: RunningFaces, axis: float, angle: float
) -> None:
    before = sum(real_faces.counted("verify", why) for why in ("FLAT_PICTURE", "MOTION_NOT_SEEN"))
    frames = [shot(held(motion, axis, angle), place) for place, motion in enumerate(MOTIONS)]
    assert await tried(faces, frames) in {FaceOutcome.FLAT_PICTURE, FaceOutcome.MOTION_NOT_SEEN}
    assert sum(real_faces.counted("verify", why) for why in ("FLAT_PICTURE", "MOTION_NOT_SEEN")) == before + 1


async def test_a_tilted_print_does_pass_the_turns_and_falls_by_its_flatness(faces: FaceService) -> None:
    """Without that check it would have passed: the yaw of a slanting print is that of a turned head."""
    frames = [shot(held(motion, 45, 48), place) for place, motion in enumerate(MOTIONS)]
    assert await tried(faces, frames) is FaceOutcome.FLAT_PICTURE


@pytest.mark.parametrize("place", [1, 4, 8])
async def test_the_same_frame_again_is_refused_however_it_was_saved(faces: FaceService, place: int) -> None:
    first = honest()[0]
    copies = {
        "bytes": first,
        "quality": jpeg(opened(first), quality=60),
        "comment": first[:2] + b"\xff\xfe\x00\x08hello!" + first[2:],
    }
    for copy in copies.values():
        frames = [*honest()[:place], copy, *honest()[place + 1 :]]
        assert await tried(faces, frames) is FaceOutcome.REPEATED_FRAME


async def test_one_frame_sent_again_and_again_is_refused(faces: FaceService) -> None:
    assert await tried(faces, [honest()[0]] * 9) is FaceOutcome.REPEATED_FRAME


@pytest.mark.parametrize("place", [0, 2, 3, 8])
async def test_frames_of_two_people_are_refused(
    faces: FaceService, real_faces: RunningFaces, place: int
) -> None:
    """Straight frames of the one and turned frames of the other, or only one frame that is another's."""
    before = real_faces.counted("verify", "DIFFERENT_PEOPLE")
    frames = [*honest()[:place], stranger()[place], *honest()[place + 1 :]]
    assert await tried(faces, frames) is FaceOutcome.DIFFERENT_PEOPLE
    assert real_faces.counted("verify", "DIFFERENT_PEOPLE") == before + 1


def beside(content: bytes, other: bytes, *, share: float = 1.0) -> bytes:
    """Both faces in one picture, the other one smaller by ``share``."""
    mine, theirs = opened(content), opened(other)
    mine = mine.crop((round(mine.width * 0.2), 0, round(mine.width * 0.8), mine.height))
    theirs = theirs.crop((round(theirs.width * 0.2), 0, round(theirs.width * 0.8), theirs.height))
    theirs = theirs.resize((round(theirs.width * share), round(theirs.height * share)))
    both = Image.new("RGB", (mine.width + theirs.width, max(mine.height, theirs.height)), "grey")
    both.paste(mine, (0, 0))
    both.paste(theirs, (mine.width, 0))
    return jpeg(both, quality=90)


@pytest.mark.parametrize("place", [0, 1, 5, 8])
@pytest.mark.parametrize("share", [1.0, 0.8])
async def test_a_bystander_in_any_frame_is_noticed(faces: FaceService, place: int, share: float) -> None:
    """Also in one between two others, where the face is only followed."""
    frames = [
        *honest()[:place],
        beside(honest()[place], stranger()[place], share=share),
        *honest()[place + 1 :],
    ]
    assert await tried(faces, frames) is FaceOutcome.MANY_FACES


async def test_the_victims_picture_beside_the_attackers_face_does_not_help(faces: FaceService) -> None:
    assert await tried(faces, [beside(stranger()[0], REFERENCE)], motions=()) is FaceOutcome.MANY_FACES
    small = await tried(faces, [beside(stranger()[0], REFERENCE, share=0.2)], motions=())
    assert small is FaceOutcome.MISMATCH


async def test_a_reference_that_shows_two_people_is_useless_to_both(faces: FaceService) -> None:
    both = beside(REFERENCE, stranger()[0])
    assert await tried(faces, honest(), reference=both) is FaceOutcome.REFERENCE_UNUSABLE


async def test_pictures_without_a_usable_face_are_told_apart(faces: FaceService) -> None:
    noise = Image.effect_noise((400, 400), 60)
    assert await tried(faces, [jpeg(noise)], motions=()) is FaceOutcome.NO_FACE
    far = Image.new("RGB", (800, 800), "grey")
    far.paste(opened(REFERENCE).resize((110, 129)), (300, 300))
    assert await tried(faces, [jpeg(far, quality=95)], motions=()) is FaceOutcome.POOR_QUALITY


@pytest.mark.parametrize("place", [0, 7])
async def test_a_hostile_file_among_the_frames_is_refused(
    faces: FaceService, real_faces: RunningFaces, place: int
) -> None:
    before, replaced = real_faces.counted("verify", "REFUSED_IMAGE"), real_faces.supervisor.replaced
    gif = BytesIO()
    opened(honest()[0]).save(gif, "GIF")
    hostile = [
        b"GIF89a" + bytes(100),
        gif.getvalue(),
        b"<svg/>",
        honest()[0][:4000],
        honest()[0] + bytes(9_000_000),
    ]
    for content in hostile:
        frames = [*honest()[:place], content, *honest()[place + 1 :]]
        assert await tried(faces, frames) is FaceOutcome.REFUSED_IMAGE
    assert real_faces.counted("verify", "REFUSED_IMAGE") == before + len(hostile)
    assert real_faces.supervisor.replaced == replaced


async def test_a_rotated_photograph_is_upright_before_it_is_compared(faces: FaceService) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    content = jpeg(opened(REFERENCE).transpose(Image.Transpose.ROTATE_90), quality=95, exif=exif)
    assert await tried(faces, [content], motions=()) is FaceOutcome.MATCH
    assert await tried(faces, [jpeg(opened(content))], motions=()) is FaceOutcome.NO_FACE


async def enrolled(faces: FaceService) -> FaceEnrolment:
    made = await faces.enrol(frames=honest(), reference=REFERENCE, motions=MOTIONS)
    assert made.outcome is FaceOutcome.MATCH
    return made


async def test_an_enrolled_person_passes_without_the_registry_and_a_stranger_does_not(
    faces: FaceService,
) -> None:
    template = (await enrolled(faces)).template
    assert template is not None
    mine = await faces.compare(frames=honest(), template=template, motions=MOTIONS)
    theirs = await faces.compare(frames=stranger(), template=template, motions=MOTIONS)
    selfie = await faces.compare(frames=[portraits.reshot(REFERENCE)], template=template, motions=())
    assert [verdict.outcome for verdict in (mine, theirs, selfie)] == [
        FaceOutcome.MATCH,
        FaceOutcome.MISMATCH,
        FaceOutcome.MATCH,
    ]


async def test_nobody_enrols_with_another_persons_reference(faces: FaceService) -> None:
    made = await faces.enrol(frames=stranger(), reference=REFERENCE, motions=MOTIONS)
    assert made == FaceEnrolment(FaceOutcome.MISMATCH, "dlib-resnet-v1@0.060", None)


async def test_a_revoked_template_tells_nothing_about_the_next_one(faces: FaceService) -> None:
    old, new = (await enrolled(faces)).template, (await enrolled(faces)).template
    assert old is not None
    assert new is not None
    one, other = (np.frombuffer(each.rotated, "<f4") for each in (old, new))
    assert abs(float(one @ other)) < 0.5
    assert old.secret != new.secret
