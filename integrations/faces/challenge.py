"""Judging what the frames of a challenge show: pure functions over landmarks and embeddings.

The active challenge asks for turns of the head in an order that cannot be known beforehand. It stops a
photograph held still and frames stitched from two people. It does not stop a replayed or generated video
that happens to follow the order, nor, for certain, a print that is bent or tilted: it is an active
challenge, not anti-spoofing, and never more than one step on the ladder of assurance.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot

from backend.ports import FaceMotion, FaceOutcome

MODEL = "dlib-resnet-v1@0.060"
THRESHOLD = 0.060
"""Cosine distance below which two faces count as one person's; fixed for this model before it was scored."""

FRONTAL_YAW, TURNED_YAW = 0.070, 0.099
"""Measured on portraits: frontal faces stay below the first, turned ones are above the second."""

FEWEST_FRAMES, MOST_FRAMES = 6, 12

Embedding = Sequence[float]
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Seen:
    """One face in one picture."""

    digest: str
    """SHA-256 of the bytes, to notice a frame that is shown twice."""
    yaw: float
    """Signed turn: negative to the picture's left, positive to its right, 0 straight ahead."""
    embedding: Embedding


def yaw_of(landmarks: Sequence[Point]) -> float:
    """Turn of the head from dlib's 5 points: two corners of each eye, then the nose.

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


def judge(frames: Sequence[Seen], reference: Seen, motions: Sequence[FaceMotion]) -> FaceOutcome:
    """What the frames prove. Without motions it is a plain selfie: exactly one frame."""
    if len({frame.digest for frame in frames}) < len(frames):
        return FaceOutcome.REPEATED_FRAME
    if not motions:
        return _compare(frames[0], reference) if len(frames) == 1 else FaceOutcome.MOTION_NOT_SEEN
    if not FEWEST_FRAMES <= len(frames) <= MOST_FRAMES:
        return FaceOutcome.MOTION_NOT_SEEN
    first = next((frame for frame in frames if abs(frame.yaw) <= FRONTAL_YAW), None)
    if first is None or not _follows(frames, motions):
        return FaceOutcome.MOTION_NOT_SEEN
    straight = [frame for frame in frames if abs(frame.yaw) <= FRONTAL_YAW]
    if any(distance(frame.embedding, first.embedding) >= THRESHOLD for frame in straight):
        return FaceOutcome.DIFFERENT_PEOPLE
    # Turned faces are farther from frontal ones of the same person, so they are held against a neighbour.
    if any(
        distance(one.embedding, other.embedding) >= 2 * THRESHOLD
        for one, other in zip(frames, frames[1:], strict=False)
    ):
        return FaceOutcome.DIFFERENT_PEOPLE
    outcomes = {_compare(frame, reference) for frame in straight}
    return FaceOutcome.MATCH if outcomes == {FaceOutcome.MATCH} else FaceOutcome.MISMATCH


def _follows(frames: Sequence[Seen], motions: Sequence[FaceMotion]) -> bool:
    """Whether the frames show every motion in its order, with the face straight in between."""
    remaining, last = list(motions), None
    for frame in frames:
        shown = _motion(frame.yaw)
        if remaining and shown is remaining[0]:
            last = remaining.pop(0)
        elif shown in {FaceMotion.TURN_LEFT, FaceMotion.TURN_RIGHT} and shown is not last:
            return False  # a turn that was not asked for, or not yet
    return not remaining


def _motion(yaw: float) -> FaceMotion | None:
    """The motion a yaw shows; None between straight and turned. A citizen's left is the picture's right."""
    if abs(yaw) <= FRONTAL_YAW:
        return FaceMotion.FRONT
    if abs(yaw) < TURNED_YAW:
        return None
    return FaceMotion.TURN_LEFT if yaw > 0 else FaceMotion.TURN_RIGHT


def _compare(frame: Seen, reference: Seen) -> FaceOutcome:
    near = distance(frame.embedding, reference.embedding) < THRESHOLD
    return FaceOutcome.MATCH if near else FaceOutcome.MISMATCH
