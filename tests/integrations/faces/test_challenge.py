"""What sequences of frames prove, from recorded landmarks and made-up descriptions."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from math import cos, radians, sin

import numpy as np
import pytest

from backend.ports import FaceMotion, FaceOutcome
from integrations.faces import challenge
from integrations.faces.challenge import (
    CONTINUITY,
    EMBEDDING,
    FRONTAL_YAW,
    MODEL,
    SAME_PICTURE,
    THRESHOLD,
    TURNED_YAW,
    Embedding,
    Seen,
    distance,
    refuse_unseen,
    to_compare,
    yaw_of,
)
from integrations.faces.flatness import SIDE, Patch
from tests.integrations.faces.recorded import COLLINS, HOPPER, Points

FRONT, LEFT, RIGHT = FaceMotion.FRONT, FaceMotion.TURN_LEFT, FaceMotion.TURN_RIGHT
ORDERS = [(FRONT, one, FRONT, two, FRONT, three) for one, two, three in product((LEFT, RIGHT), repeat=3)]
ANGLES = {FRONT: (0, -4), LEFT: (9, 14, 24), RIGHT: (-9, -20, -25)}
"""Frames that a phone takes while its owner does as asked: a head on its way, and turned."""
SHORT = {FRONT: (0,), LEFT: (14,), RIGHT: (-20,)}

ME = (1.0, 0.0, 0.0)


def off(far: float, of: Embedding = ME) -> Embedding:
    """A description at this cosine distance from mine."""
    return (1 - far) * of[0], (1 - (1 - far) ** 2) ** 0.5, 0.0


def judge(frames: Sequence[Seen], known: Embedding, motions: Sequence[FaceMotion]) -> FaceOutcome:
    return challenge.judge(frames, lambda: known, motions)


def described(frame: Seen, embedding: Embedding) -> Seen:
    return replace(frame, describe=lambda: embedding)


def patch(number: int) -> Patch:
    """A patch that no homography makes of another one."""
    return np.random.default_rng(number).normal(0, 20, (SIDE, SIDE)).astype(np.float32)


def seen(points: Points, number: int, embedding: Embedding = ME) -> Seen:
    return Seen(
        yaw=yaw_of(points),
        describe=lambda: embedding,
        sketch=bytes((number * 7 + place) % 256 for place in range(1024)),
        size=0.4,
        patch=patch(number),
        points=[(20.0, 30.0), (30.0, 30.0), (55.0, 30.0), (45.0, 30.0), (37.0, 45.0)],
    )


def filmed(
    motions: Sequence[FaceMotion],
    head: Mapping[int, Points] = HOPPER,
    angles: Mapping[FaceMotion, Sequence[int]] = SHORT,
) -> list[Seen]:
    shown = [head[angle] for motion in motions for angle in angles[motion] if angle in head]
    return [seen(points, number) for number, points in enumerate(shown)]


def moved(points: Points, *, lean: float = 0.0, scale: float = 1.0, aside: float = 0.0) -> Points:
    across, along = sin(radians(lean)) * scale, cos(radians(lean)) * scale
    return [(x * along - y * across + aside, x * across + y * along) for x, y in points]


def mirrored(points: Points) -> Points:
    (a, b, c, d, e) = [(512 - x, y) for x, y in points]
    return [c, d, a, b, e]


def test_the_threshold_is_part_of_the_model_version() -> None:
    assert (EMBEDDING, THRESHOLD, MODEL) == ("dlib-resnet-v1", 0.060, "dlib-resnet-v1@0.060")


@pytest.mark.parametrize("head", [HOPPER, COLLINS])
def test_recorded_heads_are_frontal_up_to_some_degrees_and_turned_from_a_clear_turn_on(
    head: Mapping[int, Points],
) -> None:
    yaws = {angle: yaw_of(points) for angle, points in head.items()}
    assert all(abs(yaws[angle]) <= FRONTAL_YAW for angle in (-4, 0, 4))
    assert all(yaws[angle] >= TURNED_YAW for angle in (14, 19, 24))
    assert all(yaws[angle] <= -TURNED_YAW for angle in (-20, -25))
    assert sorted(yaws, key=lambda angle: yaws[angle]) == sorted(yaws)


@pytest.mark.parametrize("change", [{"lean": 25}, {"lean": -40}, {"scale": 0.3}, {"scale": 2, "aside": -90}])
def test_a_head_that_leans_or_is_elsewhere_in_the_picture_has_the_same_yaw(change: dict[str, float]) -> None:
    for points in (HOPPER[0], HOPPER[19], HOPPER[-20]):
        assert yaw_of(moved(points, **change)) == pytest.approx(yaw_of(points), abs=1e-9)


def test_landmarks_that_are_all_one_point_are_no_turn() -> None:
    assert yaw_of([(7.0, 7.0)] * 5) == 0


@pytest.mark.parametrize("asked", ORDERS)
@pytest.mark.parametrize("head", [HOPPER, COLLINS])
@pytest.mark.parametrize("angles", [SHORT, ANGLES])
def test_doing_as_asked_matches_and_doing_it_in_another_order_does_not(
    asked: Sequence[FaceMotion], head: Mapping[int, Points], angles: Mapping[FaceMotion, Sequence[int]]
) -> None:
    for shown in ORDERS:
        expected = FaceOutcome.MATCH if shown == asked else FaceOutcome.MOTION_NOT_SEEN
        assert judge(filmed(shown, head, angles), ME, asked) is expected


def test_a_mirrored_camera_turns_to_the_wrong_side() -> None:
    asked = ORDERS[0]
    frames = [replace(frame, yaw=-frame.yaw) for frame in filmed(asked)]
    assert yaw_of(mirrored(HOPPER[19])) == pytest.approx(-yaw_of(HOPPER[19]))
    assert judge(frames, ME, asked) is FaceOutcome.MOTION_NOT_SEEN


@pytest.mark.parametrize(
    "angles",
    [
        (0, 0, 0, 0, 0, 0),  # a photograph held still
        (0, 9, 0, -9, 0, 9),  # turns that are too small
        (0, 19, 0, -20, 0, 0),  # the last turn is missing
        (0, 19, -20, 0, 0, 14),  # not straight between two turns
        (0, 19, 0, -20, 0, 14, 0, -25),  # one turn too many
        (-20, 0, 19, 0, -25, 0, 14),  # a turn before the first
        (19, 0, -20, 0, 14, 0),  # never straight before the first: that frame shows the turn too early
        (0, 19, 0, 19, 0, -20, 0, 14),  # the first turn twice
    ],
)
def test_what_was_not_asked_for_is_not_seen_as_it(angles: Sequence[int]) -> None:
    frames = [seen(HOPPER[angle], number) for number, angle in enumerate(angles)]
    assert judge(frames, ME, (FRONT, LEFT, FRONT, RIGHT, FRONT, LEFT)) is FaceOutcome.MOTION_NOT_SEEN


def test_turns_alone_must_show_the_face_straight_at_least_once() -> None:
    frames = [seen(HOPPER[angle], number) for number, angle in enumerate((14, 19, 24, 19, 14, 19))]
    assert judge(frames, ME, (LEFT,)) is FaceOutcome.MOTION_NOT_SEEN
    assert judge([*frames, seen(HOPPER[0], 9)], ME, (LEFT,)) is FaceOutcome.MATCH


@pytest.mark.parametrize(("count", "outcome"), [(5, False), (6, True), (12, True), (13, False)])
def test_an_active_challenge_has_six_to_twelve_frames(count: int, outcome: bool) -> None:
    refused = refuse_unseen([bytes([place]) for place in range(count)], (FRONT, LEFT), 1)
    assert refused is (None if outcome else FaceOutcome.MOTION_NOT_SEEN)


@pytest.mark.parametrize("due", [1, 3])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 4])
def test_without_motions_exactly_as_many_frames_as_are_due(due: int, count: int) -> None:
    refused = refuse_unseen([bytes([place]) for place in range(count)], (), due)
    assert refused is (None if count == due else FaceOutcome.MOTION_NOT_SEEN)


def test_the_same_bytes_twice_are_refused_before_anything_is_looked_at() -> None:
    frames = [bytes([place]) for place in range(6)]
    assert refuse_unseen([*frames, frames[2]], (FRONT, LEFT), 1) is FaceOutcome.REPEATED_FRAME


def test_the_same_picture_saved_twice_is_refused_wherever_it_is() -> None:
    asked = ORDERS[2]
    for place in range(2, 6):
        frames = filmed(asked)
        changed = bytearray(frames[0].sketch)
        for spot in range(int(1024 * SAME_PICTURE)):
            changed[spot] = changed[spot] - 1 if changed[spot] else 1
        frames[place] = replace(frames[place], sketch=bytes(changed))
        assert judge(frames, ME, asked) is FaceOutcome.REPEATED_FRAME


def test_pictures_that_differ_by_more_are_two() -> None:
    asked = ORDERS[2]
    frames = filmed(asked)
    other = bytes((grey + 1 if grey < 255 else 254) for grey in frames[0].sketch)
    assert judge([frames[0], replace(frames[1], sketch=other), *frames[2:]], ME, asked) is FaceOutcome.MATCH


@pytest.mark.parametrize("place", range(6))
def test_another_face_in_any_frame_is_another_person(place: int) -> None:
    asked = ORDERS[3]
    frames = filmed(asked)
    frames[place] = described(frames[place], off(CONTINUITY + 0.001))
    assert judge(frames, ME, asked) is FaceOutcome.DIFFERENT_PEOPLE


@pytest.mark.parametrize("place", [2, 4])
def test_straight_frames_are_held_together_as_strictly_as_a_match(place: int) -> None:
    asked = ORDERS[3]
    frames = filmed(asked)
    frames[place] = described(frames[place], off(THRESHOLD + 0.001))
    assert judge(frames, ME, asked) is FaceOutcome.DIFFERENT_PEOPLE


@pytest.mark.parametrize("place", [1, 3, 5])
def test_turned_frames_may_be_somewhat_farther_away(place: int) -> None:
    asked = ORDERS[3]
    frames = filmed(asked)
    frames[place] = described(frames[place], off(CONTINUITY - 0.001))
    assert judge(frames, ME, asked) is FaceOutcome.MATCH


@pytest.mark.parametrize(
    ("far", "outcome"),
    [
        (THRESHOLD - 1e-6, FaceOutcome.MATCH),
        (THRESHOLD + 1e-6, FaceOutcome.MISMATCH),
        (1.0, FaceOutcome.MISMATCH),
    ],
)
def test_the_frontal_frames_are_held_against_the_known_face(far: float, outcome: FaceOutcome) -> None:
    for asked in ORDERS:
        assert judge(filmed(asked), off(far), asked) is outcome
    assert judge([seen(HOPPER[0], 0)], off(far), ()) is outcome


def test_one_frontal_frame_that_does_not_match_spoils_the_others() -> None:
    asked = ORDERS[0]
    frames = filmed(asked)
    known = off(0.04)
    frames[2] = described(frames[2], (ME[0], -0.2, 0.0))
    assert distance(frames[2].describe(), ME) < THRESHOLD < distance(frames[2].describe(), known)
    assert judge(frames, known, asked) is FaceOutcome.MISMATCH


def test_a_plain_selfie_may_be_turned_and_is_compared_as_it_is() -> None:
    frame = seen(HOPPER[24], 0)
    assert judge([frame], ME, ()) is FaceOutcome.MATCH
    assert to_compare([frame], ()) == [frame]
    assert [each.yaw for each in to_compare(filmed(ORDERS[0]), ORDERS[0])] == [yaw_of(HOPPER[0])] * 3


@pytest.mark.parametrize("places", [(0, 1), (0, 3), (1, 3)])
def test_a_turn_that_is_another_moment_seen_from_the_side_is_flat(places: tuple[int, int]) -> None:
    asked = (FRONT, LEFT, FRONT, RIGHT, FRONT, LEFT)
    frames = filmed(asked)
    one, other = places
    frames[other] = replace(frames[other], patch=frames[one].patch, points=frames[one].points)
    assert judge(frames, ME, asked) is FaceOutcome.FLAT_PICTURE


def test_what_is_wrong_first_is_told_first() -> None:
    asked = ORDERS[5]
    frames = filmed(ORDERS[4])
    frames[1] = replace(described(frames[1], off(0.5)), sketch=frames[0].sketch)
    assert judge(frames, off(0.5), asked) is FaceOutcome.REPEATED_FRAME
    frames[1] = replace(frames[1], sketch=bytes(1024))
    assert judge(frames, off(0.5), asked) is FaceOutcome.MOTION_NOT_SEEN
    assert judge(frames, off(0.5), ORDERS[4]) is FaceOutcome.DIFFERENT_PEOPLE


def test_what_is_refused_for_its_motions_is_never_described() -> None:
    def expensive() -> Embedding:
        raise AssertionError("described")

    asked = ORDERS[0]
    for shown, sketch in ((ORDERS[1], None), (asked, bytes(1024))):
        frames = [replace(frame, describe=expensive) for frame in filmed(shown)]
        if sketch:
            frames[:2] = [replace(frame, sketch=sketch) for frame in frames[:2]]
        assert challenge.judge(frames, expensive, asked) in {
            FaceOutcome.MOTION_NOT_SEEN,
            FaceOutcome.REPEATED_FRAME,
        }
