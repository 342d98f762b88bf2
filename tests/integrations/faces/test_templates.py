"""Enrolled templates: nothing lost for comparing, nothing told without the secret."""

import numpy as np
import pytest

from integrations.faces import templates
from integrations.faces.challenge import Embedding, distance

random = np.random.default_rng(7)


def described(near: Embedding | None = None, spread: float = 0.0) -> Embedding:
    centre = random.normal(0, 1, 128) if near is None else np.asarray(near)
    return tuple(map(float, centre + random.normal(0, 1, 128) * spread))


def stored(rotated: bytes) -> Embedding:
    return tuple(map(float, np.frombuffer(rotated, "<f4")))


@pytest.fixture
def face() -> Embedding:
    return described()


def test_a_template_is_the_mean_of_its_frames_and_keeps_every_distance(face: Embedding) -> None:
    frames = [described(face, 0.2) for _ in range(3)]
    rotated, secret = templates.make(frames)
    assert (len(rotated), len(secret)) == (512, 32)
    mean = np.mean([np.asarray(frame) / np.linalg.norm(frame) for frame in frames], axis=0)
    found = templates.read(rotated, secret)
    assert found is not None
    assert distance(found, tuple(mean)) < 1e-12
    for other in (face, described(), described(face, 0.5)):
        assert distance(found, other) == pytest.approx(distance(tuple(mean), other), abs=1e-7)
    assert distance(found, face) < max(distance(frame, face) for frame in frames)


def test_a_long_description_weighs_no_more_than_a_short_one(face: Embedding) -> None:
    louder = tuple(5 * number for number in described(face, 0.3))
    quiet = described(face, 0.3)
    found = templates.read(*templates.make([louder, quiet, quiet]))
    same = templates.read(*templates.make([tuple(number / 5 for number in louder), quiet, quiet]))
    assert found is not None
    assert same is not None
    assert distance(found, same) < 1e-12


def test_two_templates_of_one_face_have_nothing_in_common(face: Embedding) -> None:
    made = [templates.make([face] * 3) for _ in range(20)]
    assert len({secret for _, secret in made}) == 20
    stands = [stored(rotated) for rotated, _ in made]
    between = [distance(one, other) for place, one in enumerate(stands) for other in stands[:place]]
    assert min(between) > 0.6  # 190 pairs, as far apart as 190 pairs of random directions
    assert np.mean(between) == pytest.approx(1.0, abs=0.05)
    assert min(distance(stand, face) for stand in stands) > 0.6


def test_a_half_with_the_secret_of_another_template_is_nobody(face: Embedding) -> None:
    (rotated, _), (_, secret) = templates.make([face] * 3), templates.make([face] * 3)
    found = templates.read(rotated, secret)
    assert found is not None
    assert distance(found, face) > 0.6


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        bytes(512),
        b"\xff" * 512,
        bytes(511),
        np.full(128, 7.0, "<f4").tobytes(),
        np.full(128, np.nan, "<f4").tobytes(),
    ],
)
def test_damaged_numbers_are_no_template(damaged: bytes) -> None:
    assert templates.read(damaged, bytes(32)) is None


def test_the_same_secret_gives_the_same_rotation_on_every_machine() -> None:
    """A template must open after an upgrade of numpy too: these numbers may never change."""
    unit = np.zeros(128, "<f4")
    unit[0] = 1.0
    found = templates.read(unit.tobytes(), bytes(range(32)))
    assert found is not None
    assert [round(number, 6) for number in found[:4]] == [0.047665, 0.00577, 0.086744, 0.151735]
    assert np.linalg.norm(found) == pytest.approx(1.0, abs=1e-12)
