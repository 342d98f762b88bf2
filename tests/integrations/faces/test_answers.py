"""Questions and their answers, with an eye that sees what a test says is there."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from backend.ports import FaceMotion, FaceOutcome
from integrations.faces import templates
from integrations.faces.answers import answer
from integrations.faces.challenge import MODEL, Embedding, Seen, Unusable, yaw_of
from integrations.faces.messages import (
    UNREADABLE,
    AgainstReference,
    AgainstTemplate,
    Question,
    Template,
    Verdict,
)
from tests.integrations.faces.recorded import HOPPER
from tests.integrations.faces.test_challenge import seen

FRONT, LEFT, RIGHT = FaceMotion.FRONT, FaceMotion.TURN_LEFT, FaceMotion.TURN_RIGHT
MOTIONS = (FRONT, LEFT, FRONT, RIGHT, FRONT, LEFT)
FRAMES = tuple(f"{place}:{angle}".encode() for place, angle in enumerate((0, 14, 4, -20, -4, 19)))


def face(number: int) -> Embedding:
    return tuple(map(float, np.random.default_rng(number).normal(0, 1, 128)))


ME, OTHER = face(1), face(2)


@dataclass
class Eye:
    """Sees ``place:angle`` as my face at that angle; other words are what they say."""

    looked: list[tuple[bytes, bool]] = field(default_factory=list)

    def see(self, content: bytes, before: Seen | None = None) -> Seen:
        self.looked.append((content, before is not None))
        word = content.decode()
        if word in FaceOutcome.__members__:
            raise Unusable(FaceOutcome(word))
        place, _, angle = word.partition(":")
        person = OTHER if angle.startswith("other") else ME
        return seen(HOPPER[int(angle.removeprefix("other"))], int(place), person)


def asked(
    question: Question,
    frames: Sequence[bytes],
    *,
    reference: bytes = b"99:0",
    motions: Sequence[FaceMotion] = (),
    eye: Eye | None = None,
) -> Verdict:
    body = AgainstReference(frames=list(frames), reference=reference, motions=list(motions))
    return Verdict.model_validate_json(answer(eye or Eye(), question, body.model_dump_json().encode()))


def compared(
    frames: Sequence[bytes], template: Template, motions: Sequence[FaceMotion] = (), eye: Eye | None = None
) -> Verdict:
    body = AgainstTemplate(frames=list(frames), template=template, motions=list(motions))
    return Verdict.model_validate_json(
        answer(eye or Eye(), Question.COMPARE, body.model_dump_json().encode())
    )


def enrolled() -> Template:
    made = asked(Question.ENROL, FRAMES[::2]).template
    assert made is not None
    return made


def test_a_verdict_says_outcome_and_model_and_nothing_else() -> None:
    body = AgainstReference(frames=[b"0:0"], reference=b"99:0").model_dump_json().encode()
    told = json.loads(answer(Eye(), Question.VERIFY, body))
    assert told == {"outcome": "MATCH", "model": MODEL}


@pytest.mark.parametrize("question", [Question.VERIFY, Question.ENROL])
def test_the_reference_is_seen_first_and_each_frame_in_the_light_of_the_one_before(
    question: Question,
) -> None:
    eye = Eye()
    assert asked(question, FRAMES, motions=MOTIONS, eye=eye).outcome is FaceOutcome.MATCH
    assert eye.looked == [(b"99:0", False), *((frame, place > 0) for place, frame in enumerate(FRAMES))]


def test_somebody_else_is_a_mismatch() -> None:
    assert asked(Question.VERIFY, [b"0:other0"]).outcome is FaceOutcome.MISMATCH
    assert (
        asked(Question.VERIFY, FRAMES, motions=MOTIONS, reference=b"9:other0").outcome is FaceOutcome.MISMATCH
    )


@pytest.mark.parametrize("why", [FaceOutcome.NO_FACE, FaceOutcome.MANY_FACES, FaceOutcome.REFUSED_IMAGE])
def test_a_reference_without_one_face_is_told_apart_from_frames_without_one(why: FaceOutcome) -> None:
    for question in (Question.VERIFY, Question.ENROL):
        said = asked(question, FRAMES, motions=MOTIONS, reference=why.encode())
        assert (said.outcome, said.template) == (FaceOutcome.REFERENCE_UNUSABLE, None)
        for place in range(6):
            frames = [*FRAMES[:place], why.encode(), *FRAMES[place + 1 :]]
            assert asked(question, frames, motions=MOTIONS).outcome is why


@pytest.mark.parametrize("question", [Question.VERIFY, Question.ENROL])
@pytest.mark.parametrize(
    ("frames", "motions", "outcome"),
    [
        ([b"0:0", b"0:0"], (), {"verify": "MOTION_NOT_SEEN", "enrol": "MOTION_NOT_SEEN"}),
        (FRAMES[:5], MOTIONS, {"verify": "MOTION_NOT_SEEN", "enrol": "MOTION_NOT_SEEN"}),
        ([*FRAMES, FRAMES[0]], MOTIONS, {"verify": "REPEATED_FRAME", "enrol": "REPEATED_FRAME"}),
    ],
)
def test_too_few_too_many_or_repeated_frames_are_not_even_looked_at(
    question: Question, frames: Sequence[bytes], motions: Sequence[FaceMotion], outcome: dict[str, str]
) -> None:
    eye = Eye()
    assert asked(question, frames, motions=motions, eye=eye).outcome == outcome[question]
    assert eye.looked == []


def test_enrolling_takes_the_three_straightest_frames() -> None:
    made = asked(Question.ENROL, FRAMES, motions=MOTIONS)
    assert (made.outcome, made.model) == (FaceOutcome.MATCH, MODEL)
    assert made.template is not None
    assert made.template.model == "dlib-resnet-v1"
    found = templates.read(made.template.rotated, made.template.secret)
    assert found is not None
    assert found == pytest.approx(tuple(np.asarray(ME) / np.linalg.norm(ME)), abs=1e-6)


def test_enrolling_without_motions_takes_exactly_three_frames() -> None:
    assert asked(Question.ENROL, FRAMES[::2]).template is not None
    for few in (FRAMES[:1], FRAMES[:2], FRAMES[:4]):
        said = asked(Question.ENROL, few)
        assert (said.outcome, said.template) == (FaceOutcome.MOTION_NOT_SEEN, None)


def test_a_challenge_that_shows_the_face_straight_only_twice_makes_no_template() -> None:
    frames = [b"0:0", b"1:14", b"2:4", b"3:-20", b"4:-25", b"5:-20"]
    motions = (FRONT, LEFT, FRONT, RIGHT)
    assert asked(Question.VERIFY, frames, motions=motions).outcome is FaceOutcome.MATCH
    said = asked(Question.ENROL, frames, motions=motions)
    assert (said.outcome, said.template) == (FaceOutcome.MOTION_NOT_SEEN, None)


def test_a_stranger_is_not_enrolled() -> None:
    said = asked(Question.ENROL, [b"0:other0", b"1:other4", b"2:other-4"])
    assert (said.outcome, said.template) == (FaceOutcome.MISMATCH, None)
    mixed = asked(Question.ENROL, [b"0:0", b"1:4", b"2:other-4"])
    assert (mixed.outcome, mixed.template) == (FaceOutcome.MISMATCH, None)


def test_an_enrolled_face_is_compared_without_a_reference() -> None:
    eye, template = Eye(), enrolled()
    assert compared([b"7:4"], template, eye=eye).outcome is FaceOutcome.MATCH
    assert eye.looked == [(b"7:4", False)]
    assert compared(FRAMES, template, MOTIONS).outcome is FaceOutcome.MATCH
    assert compared([b"7:other0"], template).outcome is FaceOutcome.MISMATCH


def test_enrolling_again_makes_the_earlier_halves_useless_with_the_new_ones() -> None:
    one, two = enrolled(), enrolled()
    assert one.rotated != two.rotated
    mixed = Template(model=one.model, rotated=one.rotated, secret=two.secret)
    assert compared([b"7:4"], mixed).outcome is FaceOutcome.MISMATCH


@pytest.mark.parametrize(
    "change", [{"model": "dlib-resnet-v2"}, {"model": MODEL}, {"model": ""}, {"rotated": bytes(512)}]
)
def test_a_template_of_another_model_or_of_nothing_is_outdated_and_no_frame_is_looked_at(
    change: dict[str, object],
) -> None:
    eye = Eye()
    told = compared([b"7:4"], enrolled().model_copy(update=change), eye=eye)
    assert (told.outcome, told.model) == (FaceOutcome.TEMPLATE_OUTDATED, MODEL)
    assert eye.looked == []


GOOD = '"frames":["MDow"],"reference":"MDow"'


@pytest.mark.parametrize(
    "body",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"frames":[],"reference":"MDow"}',
        '{"frames":["MDow"]}',
        f'{{{GOOD},"threshold":2}}',
        f'{{{GOOD},"motions":["JUMP"]}}',
        f'{{{GOOD},"motions":{json.dumps(["FRONT"] * 9)}}}',
        '{"frames":["%%%"],"reference":"MDow"}',
        '{"frames":"MDow","reference":"MDow"}',
        f'{{"frames":{json.dumps(["MDow"] * 13)},"reference":"MDow"}}',
        "[" * 5000,
        "\udcff",
    ],
)
def test_a_question_of_the_wrong_shape_is_unreadable_and_nothing_is_looked_at(body: str) -> None:
    eye = Eye()
    assert answer(eye, Question.VERIFY, body.encode(errors="surrogateescape")) == UNREADABLE
    assert answer(eye, Question.COMPARE, body.encode(errors="surrogateescape")) == UNREADABLE
    assert eye.looked == []


@pytest.mark.parametrize("change", [{"rotated": bytes(511)}, {"secret": bytes(31)}, {"model": "m" * 65}])
def test_a_template_of_the_wrong_size_is_unreadable(change: dict[str, object]) -> None:
    template = enrolled().model_copy(update=change)
    body = {
        "frames": ["MDow"],
        "template": json.loads(template.model_dump_json()),
    }
    assert answer(Eye(), Question.COMPARE, json.dumps(body).encode()) == UNREADABLE


def test_too_little_memory_is_not_blamed_on_the_picture() -> None:
    class Full(Eye):
        def see(self, content: bytes, before: Seen | None = None) -> Seen:
            raise MemoryError(content, before)

    body = AgainstReference(frames=[b"0:0"], reference=b"99:0").model_dump_json().encode()
    with pytest.raises(MemoryError):
        answer(Full(), Question.VERIFY, body)


def test_recorded_angles_are_what_the_eye_says() -> None:
    assert Eye().see(b"3:14").yaw == yaw_of(HOPPER[14])
