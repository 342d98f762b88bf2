"""The engine itself, in this process: what it sees, how it follows a face, how flat prints are, and the command."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
import orjson
import pytest
from PIL import Image

from backend.__main__ import main
from backend.ports import FaceMotion, FaceOutcome
from integrations.demo import portraits
from integrations.demo.heads import Head, challenge_frames, reference_head, shot, stranger_head, tilted
from integrations.faces.answers import answer
from integrations.faces.challenge import FLAT, FRONTAL_YAW, THRESHOLD, TURNED_YAW, Seen, Unusable, distance
from integrations.faces.engine import WEIGHTS, Engine, models_folder, prepare
from integrations.faces.flatness import SIDE, likeness
from integrations.faces.messages import AgainstReference, AgainstTemplate, Question, Verdict

pytestmark = pytest.mark.xdist_group("faces")

HEADS = {"hopper": reference_head, "collins": stranger_head}


@pytest.fixture(params=sorted(HEADS))
def head(request: pytest.FixtureRequest) -> Head:
    return HEADS[request.param]()


def smaller(content: bytes, share: float) -> bytes:
    """The same scene from farther away: the picture in the middle of a grey one."""
    with Image.open(BytesIO(content)) as picture:
        far = Image.new("RGB", picture.size, "grey")
        size = (round(picture.width * share), round(picture.height * share))
        far.paste(picture.resize(size), ((picture.width - size[0]) // 2, (picture.height - size[1]) // 2))
    out = BytesIO()
    far.save(out, "JPEG", quality=92)
    return out.getvalue()


def test_the_weights_are_linked_where_deepface_looks_and_again_after_a_move(tmp_path: Path) -> None:
    place = tmp_path / ".deepface" / "weights" / WEIGHTS
    prepare(tmp_path)
    assert place.resolve() == (models_folder() / WEIGHTS).resolve()
    place.unlink()
    place.symlink_to(tmp_path / "gone")
    prepare(tmp_path)
    assert place.resolve() == (models_folder() / WEIGHTS).resolve()
    assert [each.name for each in place.parent.iterdir()] == [WEIGHTS]


def test_a_portrait_is_seen_whole(engine: Engine) -> None:
    seen = engine.see(portraits.reference())
    assert abs(seen.yaw) < FRONTAL_YAW
    assert seen.size == pytest.approx(0.36, abs=0.03)
    assert (len(seen.describe()), len(seen.sketch), seen.patch.shape) == (128, 1024, (SIDE, SIDE))
    eyes, nose = seen.points[:4], seen.points[4]
    assert all(SIDE * 0.2 < x < SIDE * 0.8 and SIDE * 0.25 < y < SIDE * 0.5 for x, y in eyes)
    assert SIDE * 0.4 < nose[0] < SIDE * 0.6
    assert nose[1] > max(y for _, y in eyes)


def test_describing_is_done_once(engine: Engine) -> None:
    seen = engine.see(portraits.reference())
    assert seen.describe() is seen.describe()


def test_a_head_that_turns_is_followed_and_described_as_if_it_had_been_looked_for(
    engine: Engine, head: Head
) -> None:
    frames = challenge_frames(
        head, (FaceMotion.FRONT, FaceMotion.TURN_LEFT, FaceMotion.FRONT, FaceMotion.TURN_RIGHT)
    )
    before: Seen | None = None
    for frame in frames:
        alone, followed = engine.see(frame), engine.see(frame, before)
        assert distance(alone.describe(), followed.describe()) < 0.005
        assert followed.yaw == pytest.approx(alone.yaw, abs=0.04)
        before = followed


def test_a_face_that_was_large_is_found_when_it_is_small(engine: Engine) -> None:
    frame = shot(reference_head().picture, 1)
    near = engine.see(frame)
    far = engine.see(smaller(frame, 0.5), near)
    assert far.size == pytest.approx(near.size / 2, rel=0.25)
    again = engine.see(frame, far)
    assert again.size == pytest.approx(near.size, rel=0.25)


def moments(engine: Engine, frames: Sequence[bytes]) -> Sequence[Seen]:
    return [engine.see(frame) for frame in frames]


def alike(one: Seen, other: Seen) -> float:
    return likeness(one.patch, other.patch, one.points, other.points)


def test_a_turned_head_is_not_the_straight_one_seen_from_the_side(engine: Engine, head: Head) -> None:
    front, left, right = moments(engine, [shot(head.turned(angle), 7) for angle in (0, 18, -24)])
    assert left.yaw > TURNED_YAW
    assert right.yaw < -TURNED_YAW
    for one, other in ((front, left), (front, right), (left, right)):
        assert alike(one, other) < 1 - FLAT * abs(one.yaw - other.yaw) - 0.01


@pytest.mark.parametrize(("axis", "angle"), [(-45, 48), (60, 47), (-60, 50)])
def test_a_tilted_print_is(engine: Engine, head: Head, axis: float, angle: float) -> None:
    front, aside = moments(
        engine, [shot(tilted(head.picture, 0, 3), 1), shot(tilted(head.picture, axis, angle), 2)]
    )
    assert abs(aside.yaw) > TURNED_YAW  # without the check of flatness this is a turn
    assert alike(front, aside) >= 1 - FLAT * abs(front.yaw - aside.yaw)


def test_two_people_are_not_made_of_each_other(engine: Engine) -> None:
    one, other = moments(engine, [shot(each.picture, 1) for each in (reference_head(), stranger_head())])
    assert alike(one, other) < 0.8
    assert distance(one.describe(), other.describe()) > 1.5 * THRESHOLD


def test_a_picture_without_structure_is_like_nothing() -> None:
    grey, noise = np.zeros((SIDE, SIDE), np.float32), np.random.default_rng(1).normal(0, 9, (SIDE, SIDE))
    points = [(20.0, 30.0), (30.0, 30.0), (55.0, 30.0), (45.0, 30.0), (37.0, 45.0)]
    assert likeness(grey, noise.astype(np.float32), points, points) < 0.5
    assert likeness(grey, grey, points, points) < 0.5


def test_a_template_made_by_one_instance_opens_at_another(engine: Engine, engine_folder: Path) -> None:
    """Instances share nothing: the second one here has only what the first one answered."""
    selfies = [shot(reference_head().picture, place) for place in range(3)]
    asked = AgainstReference(frames=selfies, reference=portraits.reference()).model_dump_json().encode()
    made = Verdict.model_validate_json(answer(engine, Question.ENROL, asked))
    assert made.template is not None
    compared = AgainstTemplate(frames=[portraits.reshot(portraits.reference())], template=made.template)
    elsewhere = Engine(engine_folder)
    said = answer(elsewhere, Question.COMPARE, compared.model_dump_json().encode())
    assert Verdict.model_validate_json(said).outcome is FaceOutcome.MATCH


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photographs")
    for name, head in HEADS.items():
        (folder / name).mkdir()
        for place in range(4):
            (folder / name / f"{place}.jpg").write_bytes(shot(head().picture, place))
    (folder / "hopper" / "group.txt").write_text("not a picture")
    return folder


def test_faces_evaluate_tells_its_figures_and_draws_the_curve(
    photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JINMIN_DATA", str(tmp_path))
    assert main(["faces", "evaluate", str(photographs), "--json"]) == 0
    out, err = capsys.readouterr()
    assert err == "Left out: hopper/group.txt is not a sound JPEG, PNG or WebP picture of a sensible size.\n"
    told = orjson.loads(out.splitlines()[-1])
    assert (told["pairs"], told["genuine_pairs"], told["impostor_pairs"]) == (28, 12, 16)
    assert (told["false_accepts"], told["false_accept_rate"]) == (0, 0)
    assert (told["false_rejects"], told["false_reject_rate"]) == (0, 0)
    assert (tmp_path / "faces-evaluation.png").read_bytes().startswith(b"\x89PNG")

    nowhere = tmp_path / "nowhere" / "curve.png"
    assert main(["faces", "evaluate", str(photographs), "--curve", str(nowhere)]) == 0
    out, err = capsys.readouterr()
    assert "two people taken for one   0 of 16" in out
    assert f"The curve could not be written to {nowhere}: No such file or directory.\n" in err


def test_faces_evaluate_says_what_is_wrong_with_a_folder_without_loading_the_models(
    photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JINMIN_DATA", str(tmp_path))
    assert main(["faces", "evaluate", str(photographs / "hopper")]) == 2
    out, err = capsys.readouterr()
    assert (out, err) == (
        "",
        f"{photographs / 'hopper'} holds no photographs: put those of each person into a folder of their own.\n",
    )
    assert list(tmp_path.iterdir()) == []


def test_a_hostile_picture_is_refused_here_as_at_the_counter(engine: Engine) -> None:
    with pytest.raises(Unusable) as refusal:
        engine.see(b"<svg/>")
    assert refusal.value.outcome is FaceOutcome.REFUSED_IMAGE
