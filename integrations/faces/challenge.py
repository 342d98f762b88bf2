"""Judging what the frames of a challenge show: pure functions over landmarks and embeddings.

The active challenge asks for turns of the head in an order that cannot be known beforehand. It stops a
photograph held still, one still sent several times, and frames taken of two people. It does not stop a
replayed or generated video that happens to follow the order, nor, for certain, a print that is bent or
tilted: it is an active challenge, not anti-spoofing, and never more than one step on the ladder of assurance.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from math import hypot

from backend.ports import FaceMotion, FaceOutcome

MODEL = "dlib-resnet-v1@0.060"
THRESHOLD = 0.060
"""Cosine distance below which two faces count as one person's; fixed for this model before it was scored."""

CONTINUITY = 0.090
"""The same for two neighbouring frames, of which one may be turned and so lies farther from the other.

Measured on portraits up to a yaw of .14: one person's pictures at most .054 apart, two people's at least .100.
"""

FRONTAL_YAW, TURNED_YAW = 0.070, 0.099
"""Measured on portraits: frontal faces stay below the first, turned ones are above the second."""

FEWEST_FRAMES, MOST_FRAMES = 6, 12

SKETCH_SIDE = 32
SAME_PICTURE = 0.5
"""Mean difference of two sketches, in grey levels of 256, up to which they are one picture saved twice.

Measured: recompressed at quality 40 at most .45, recoded as WebP .31; shifted by a hundredth at least 3.
"""

Embedding = Sequence[float]
Point = tuple[float, float]


class Unusable(Exception):
    """The picture does not show exactly one usable face."""

    def __init__(self, outcome: FaceOutcome) -> None:
        self.outcome = outcome
        super().__init__(outcome.value)


@dataclass(frozen=True, slots=True)
class Seen:
    """One face in one picture."""

    yaw: float
    """Signed turn: negative to the picture's left, positive to its right, 0 straight ahead."""
    embedding: Embedding
    sketch: bytes
    """The whole picture in 32 x 32 grey levels, to notice one that is shown twice."""


def yaw_of(landmarks: Sequence[Point]) -> float:
    """Turn of the head from dlib's 5 points: the corners of the eye on the picture's right, of the other, the nose.

    How far the nose is from the middle between the eyes, along the line of the eyes, as a share of the
    distance between the eyes; a tilted head keeps its value.
    """
    (right_x, right_y), (left_x, left_y) = _middle(landmarks[0:2]), _middle(landmarks[2:4])
    axis_x, axis_y = right_x - left_x, right_y - left_y
    width = hypot(axis_x, axis_y) or 1.0
    nose_x, nose_y = landmarks[4]
    along = (nose_x - (left_x + right_x) / 2) * axis_x + (nose_y - (left_y + right_y) / 2) * axis_y
    return along / width / width


def _middle(points: Sequence[Point]) -> Point:
    return (points[0][0] + points[1][0]) / 2, (points[0][1] + points[1][1]) / 2


def distance(one: Embedding, other: Embedding) -> float:
    """Cosine distance of two embeddings, 0 to 2."""
    dot = sum(a * b for a, b in zip(one, other, strict=True))
    return 1 - dot / (hypot(*one) * hypot(*other))


def refuse_unseen(frames: Sequence[bytes], motions: Sequence[FaceMotion]) -> FaceOutcome | None:
    """What is wrong already with the number and the bytes of the frames, before any is looked at.

    Without motions it is a plain selfie: exactly one frame.
    """
    fewest, most = (FEWEST_FRAMES, MOST_FRAMES) if motions else (1, 1)
    if not fewest <= len(frames) <= most:
        return FaceOutcome.MOTION_NOT_SEEN
    return FaceOutcome.REPEATED_FRAME if len(set(frames)) < len(frames) else None


def judge(frames: Sequence[Seen], reference: Seen, motions: Sequence[FaceMotion]) -> FaceOutcome:
    """What the frames prove; ``refuse_unseen`` had nothing against them.

    Of an active challenge every frontal frame must match the reference, and the turned ones between them
    must go on showing the same person.
    """
    if not motions:
        return _compare(frames, reference)
    checks: tuple[tuple[FaceOutcome, Callable[[], bool]], ...] = (
        (FaceOutcome.REPEATED_FRAME, lambda: _repeated(frames)),
        (FaceOutcome.MOTION_NOT_SEEN, lambda: not _follows(frames, motions)),
        (FaceOutcome.DIFFERENT_PEOPLE, lambda: not _one_person(frames)),
    )
    for outcome, found in checks:
        if found():
            return outcome
    return _compare(_frontal(frames), reference)


def _repeated(frames: Sequence[Seen]) -> bool:
    return any(
        _difference(one.sketch, other.sketch) <= SAME_PICTURE for one, other in combinations(frames, 2)
    )


def _difference(one: bytes, other: bytes) -> float:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) / len(one)


def _follows(frames: Sequence[Seen], motions: Sequence[FaceMotion]) -> bool:
    """Whether the frames show every motion in its order, no other turn, and the face straight at least once."""
    remaining, last = list(motions), None
    for frame in frames:
        shown = _motion(frame.yaw)
        if remaining and shown is remaining[0]:
            last = remaining.pop(0)
        elif shown in {FaceMotion.TURN_LEFT, FaceMotion.TURN_RIGHT} and shown is not last:
            return False  # a turn that was not asked for, or not yet
    return not remaining and bool(_frontal(frames))


def _motion(yaw: float) -> FaceMotion | None:
    """The motion a yaw shows; None between straight and turned.

    A citizen's left is the picture's right: the camera looks at them, and its picture must not be mirrored.
    """
    if abs(yaw) <= FRONTAL_YAW:
        return FaceMotion.FRONT
    if abs(yaw) < TURNED_YAW:
        return None
    return FaceMotion.TURN_LEFT if yaw > 0 else FaceMotion.TURN_RIGHT


def _one_person(frames: Sequence[Seen]) -> bool:
    first, *others = _frontal(frames)
    return all(distance(first.embedding, other.embedding) < THRESHOLD for other in others) and all(
        distance(one.embedding, other.embedding) < CONTINUITY for one, other in pairwise(frames)
    )


def _frontal(frames: Sequence[Seen]) -> list[Seen]:
    return [frame for frame in frames if abs(frame.yaw) <= FRONTAL_YAW]


def _compare(frames: Sequence[Seen], reference: Seen) -> FaceOutcome:
    near = all(distance(frame.embedding, reference.embedding) < THRESHOLD for frame in frames)
    return FaceOutcome.MATCH if near else FaceOutcome.MISMATCH
