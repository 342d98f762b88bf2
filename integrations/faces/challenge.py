"""Judging what the frames of a challenge show: pure functions over landmarks, descriptions and patches of faces.

The active challenge asks for turns of the head in an order that cannot be known beforehand. It stops a
photograph held still or tilted, one still sent several times, and frames taken of two people. It does not
stop a replayed or generated video that happens to follow the order, a mask, nor, for certain, a print that
is bent: it is an active challenge, not anti-spoofing, and never more than one step on the ladder of assurance.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import combinations, groupby, pairwise
from math import hypot

from backend.ports import FaceMotion, FaceOutcome
from integrations.faces.flatness import Patch, Point, likeness

EMBEDDING = "dlib-resnet-v1"
"""The model that describes faces; a template is bound to it."""
THRESHOLD = 0.060
"""Cosine distance below which two faces count as one person's; fixed for this model before it was scored."""
MODEL = f"{EMBEDDING}@{THRESHOLD:.3f}"

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

FLAT = 0.2
"""How fast a head must stop resembling a sheet as it turns: flat is a likeness of 1 - .2 x the swing of yaw.

Measured on 29 portraits that were turned as heads or tilted as prints by computation, then shot again with noise:
of 227 challenges in which a print had shown every turn that was asked for, all reach the line in at least one pair
of moments; of 49 challenges of heads one does, and filmed heads change more than computed ones.
"""

Embedding = Sequence[float]


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
    describe: Callable[[], Embedding] = field(repr=False)
    """The face in numbers. Made when it is first asked for: it takes four times as long as all the rest."""
    sketch: bytes = field(repr=False)
    """The whole picture in 32 x 32 grey levels, to notice one that is shown twice."""
    size: float
    """Width of the face as a share of the picture's longer side."""
    patch: Patch = field(repr=False)
    points: Sequence[Point] = field(repr=False)
    """The landmarks in the patch."""


def yaw_of(landmarks: Sequence[Point]) -> float:
    """Turn of the head from dlib's 5 points: the corners of the eye on the picture's right, of the other, the nose.

    How far the nose is from the middle between the eyes, along the line of the eyes, as a share of the
    distance between the eyes; a head leaning to one side keeps its value.
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


def refuse_unseen(frames: Sequence[bytes], motions: Sequence[FaceMotion], plain: int) -> FaceOutcome | None:
    """What is wrong already with the number and the bytes of the frames, before any is looked at.

    Without motions exactly ``plain`` frames are due.
    """
    fewest, most = (FEWEST_FRAMES, MOST_FRAMES) if motions else (plain, plain)
    if not fewest <= len(frames) <= most:
        return FaceOutcome.MOTION_NOT_SEEN
    return FaceOutcome.REPEATED_FRAME if len(set(frames)) < len(frames) else None


def judge(
    frames: Sequence[Seen], known: Callable[[], Embedding], motions: Sequence[FaceMotion]
) -> FaceOutcome:
    """What the frames prove; ``refuse_unseen`` had nothing against them.

    Of an active challenge every frontal frame must match the known face, and the turned ones between them
    must go on showing the same person. Without motions every frame must match. What is cheap to find out
    comes first, so that an attack costs us less than a check.
    """
    checks: list[tuple[FaceOutcome, Callable[[], bool]]] = [
        (FaceOutcome.REPEATED_FRAME, lambda: _repeated(frames)),
    ]
    if motions:
        checks += [
            (FaceOutcome.MOTION_NOT_SEEN, lambda: not _follows(frames, motions)),
            (FaceOutcome.FLAT_PICTURE, lambda: _flat(frames)),
            (FaceOutcome.DIFFERENT_PEOPLE, lambda: not _one_person(frames)),
        ]
    for outcome, found in checks:
        if found():
            return outcome
    face = known()
    near = all(distance(frame.describe(), face) < THRESHOLD for frame in to_compare(frames, motions))
    return FaceOutcome.MATCH if near else FaceOutcome.MISMATCH


def to_compare(frames: Sequence[Seen], motions: Sequence[FaceMotion]) -> Sequence[Seen]:
    """The frames that are held against the known face."""
    return _frontal(frames) if motions else frames


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
    return all(distance(first.describe(), other.describe()) < THRESHOLD for other in others) and all(
        distance(one.describe(), other.describe()) < CONTINUITY for one, other in pairwise(frames)
    )


def _flat(frames: Sequence[Seen]) -> bool:
    """Whether a turn may be a sheet seen at an angle: the straightest frame and the height of each turn tell."""
    turns = [
        max(run, key=_turned)
        for motion, run in groupby(frames, lambda frame: _motion(frame.yaw))
        if motion in {FaceMotion.TURN_LEFT, FaceMotion.TURN_RIGHT}
    ]
    moments = [min(frames, key=_turned), *turns]
    return any(
        likeness(one.patch, other.patch, one.points, other.points) >= 1 - FLAT * abs(one.yaw - other.yaw)
        for one, other in combinations(moments, 2)
        if _motion(one.yaw) is not _motion(other.yaw)
    )


def _turned(frame: Seen) -> float:
    return abs(frame.yaw)


def _frontal(frames: Sequence[Seen]) -> list[Seen]:
    return [frame for frame in frames if abs(frame.yaw) <= FRONTAL_YAW]
