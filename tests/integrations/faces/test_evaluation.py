"""Scoring pairs of made-up descriptions, whose distances are known, and folders that cannot be evaluated."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import orjson
import pytest
from PIL import Image

from backend.ports import FaceOutcome
from integrations.faces.challenge import THRESHOLD, Embedding, Unusable
from integrations.faces.evaluation import BadFolder, Evaluation, Rate, Scores, evaluate, photographs_in
from integrations.faces.report import as_json, as_text, draw


def face(person: int, off: float = 0.0) -> Embedding:
    """A description of a person; ``off`` is its cosine distance from their plainest one."""
    vector = np.zeros(32)
    vector[person] = 1 - off
    vector[31] = (1 - (1 - off) ** 2) ** 0.5
    return tuple(map(float, vector))


def folder_of(root: Path, people: Mapping[str, Mapping[str, bytes]]) -> Path:
    for person, files in people.items():
        (root / person).mkdir()
        for name, content in files.items():
            (root / person / name).write_bytes(content)
    return root


def describe(content: bytes) -> Embedding:
    """``2 0.05`` is person 2 at that distance; a word is the reason why there is no face."""
    if content == b"DENIED":
        raise PermissionError(13, "Permission denied")
    if content.decode() in FaceOutcome.__members__:
        raise Unusable(FaceOutcome(content.decode()))
    person, off = content.split()
    return face(int(person), float(off))


@pytest.mark.parametrize(
    ("errors", "trials", "low", "high"),
    [
        (0, 316, 0.0, 0.0116058),
        (0, 62, 0.0, 0.0577626),
        (1, 62, 0.0004083, 0.0866210),
        (4, 140, 0.0078385, 0.0715372),
        (62, 62, 0.9422374, 1.0),
        (5, 10, 0.1870860, 0.8129140),
        (0, 2_000_000, 0.0, 0.0000018),
        (0, 0, 0.0, 1.0),
    ],
)
def test_the_bounds_are_clopper_and_pearsons(errors: int, trials: int, low: float, high: float) -> None:
    rate = Rate(errors, trials)
    assert rate.bounds == pytest.approx((low, high), abs=1e-6)
    assert rate.bounds[0] <= rate.rate <= rate.bounds[1]


def test_every_pair_is_scored_once_at_the_threshold(tmp_path: Path) -> None:
    folder = folder_of(
        tmp_path,
        {
            "a": {"1.jpg": b"1 0", "2.jpg": b"1 0.02", "3.jpg": b"1 0.07"},
            "b": {"1.jpg": b"2 0", "2.jpg": b"2 0.02"},
            "c": {"1.jpg": b"1 0.05"},  # another person who looks like a
        },
    )
    found = evaluate(folder, describe)
    assert (found.people, found.photographs, found.unusable) == (3, 6, [])
    assert (found.pairs.rejects.trials, found.pairs.accepts.trials) == (4, 11)
    # 0 against .07 is one person beyond the threshold; c is within it of all three of a
    assert (found.pairs.false_rejects, found.pairs.false_accepts) == (1, 3)
    assert found.pairs.rejects.rate == 1 / 4
    assert found.pairs.accepts.rate == 3 / 11


def test_a_distance_of_exactly_the_threshold_is_two_people(tmp_path: Path) -> None:
    for off, rejects in ((THRESHOLD - 1e-9, 0), (THRESHOLD + 1e-9, 1)):
        root = tmp_path / str(off)
        root.mkdir()
        people = {"a": {"1": b"1 0", "2": f"1 {off:.12f}".encode()}, "b": {"1": b"2 0"}}
        assert evaluate(folder_of(root, people), describe).pairs.false_rejects == rejects


def test_templates_are_made_of_three_other_photographs(tmp_path: Path) -> None:
    folder = folder_of(
        tmp_path,
        {
            "a": {str(number): b"1 0" for number in range(3)} | {"9": b"1 0.08"},
            "b": {str(number): b"2 0.01" for number in range(3)},
        },
    )
    found = evaluate(folder, describe).templates
    # a's four against a, b's three against a, a's four against b; b has no fourth
    assert (found.rejects.trials, found.accepts.trials) == (4, 7)
    assert (found.false_rejects, found.false_accepts) == (1, 0)


def test_the_curve_goes_from_nobody_to_everybody() -> None:
    scores = Scores(np.zeros(2000, np.int64), np.zeros(2000, np.int64))
    scores.genuine[[40, 60, 100, 180]] = 1
    scores.impostor[[160, 240, 300, 400]] = 1
    accepted, rejected = scores.curve()
    assert (accepted[0], rejected[0], accepted[-1], rejected[-1]) == (0, 1, 1, 0)
    assert (accepted[170], rejected[170]) == (0.25, 0.25)
    assert scores.equal_error_rate == 0.25


def test_files_that_cannot_be_used_are_left_out_and_named(tmp_path: Path) -> None:
    folder = folder_of(
        tmp_path,
        {
            "a": {"1.jpg": b"1 0", "2.jpg": b"NO_FACE", "3.jpg": b"MANY_FACES"},
            "b": {"1.jpg": b"2 0", "notes.txt": b"REFUSED_IMAGE", "far.png": b"POOR_QUALITY", ".hidden": b""},
            ".git": {"1.jpg": b"3 0"},
        },
    )
    (folder / "README.md").write_text("about these photographs")
    (folder / "b" / "deeper").mkdir()
    progress: list[tuple[int, int]] = []
    found = evaluate(folder, describe, lambda done, of: progress.append((done, of)))
    assert found.unusable == [
        "a/2.jpg shows no face.",
        "a/3.jpg shows more than one face.",
        "b/far.png shows a face that is too small.",
        "b/notes.txt is not a sound JPEG, PNG or WebP picture of a sensible size.",
    ]
    assert (found.people, found.photographs, len(found.seconds)) == (2, 2, 2)
    assert (found.pairs.rejects, found.pairs.accepts) == (Rate(0, 0), Rate(0, 1))
    assert progress[0] == (0, 6)
    assert progress[-1] == (6, 6)


def test_a_folder_that_holds_nothing_to_compare_is_refused_with_a_reason(tmp_path: Path) -> None:
    missing, empty, lonely = tmp_path / "missing", tmp_path / "empty", tmp_path / "lonely"
    empty.mkdir()
    lonely.mkdir()
    flat = tmp_path / "flat"
    flat.mkdir()
    (flat / "1.jpg").write_bytes(b"1 0")
    folder_of(lonely, {"a": {"1": b"1 0", "2": b"1 0"}, "b": {}})
    for folder, reason in (
        (missing, "is not a folder."),
        (flat / "1.jpg", "is not a folder."),
        (empty, "holds no photographs: put those of each person into a folder of their own."),
        (flat, "holds no photographs: put those of each person into a folder of their own."),
        (
            lonely,
            "holds usable photographs of 1 person: at least two are needed, each in a folder of their own.",
        ),
    ):
        with pytest.raises(BadFolder) as refusal:
            photographs_in(folder)
        assert str(refusal.value) == f"{folder} {reason}"


def test_a_second_person_of_whom_nothing_is_usable_is_not_there(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, {"a": {"1": b"1 0", "2": b"1 0"}, "b": {"1": b"NO_FACE"}})
    with pytest.raises(BadFolder) as refusal:
        evaluate(folder, describe)
    assert str(refusal.value).endswith(
        "photographs of 1 person: at least two are needed, each in a folder of their own. b/1 shows no face."
    )
    nobody = tmp_path / "nobody"
    nobody.mkdir()
    folder_of(nobody, {"a": {"1": b"NO_FACE"}, "b": {"1": b"NO_FACE"}})
    with pytest.raises(BadFolder, match="photographs of no people"):
        evaluate(nobody, describe)


def test_a_file_that_may_not_be_read_is_left_out_and_named(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, {"a": {"1": b"1 0", "2": b"DENIED"}, "b": {"1": b"2 0"}})
    assert evaluate(folder, describe).unusable == ["a/2 cannot be read: Permission denied."]


@pytest.fixture
def evaluation(tmp_path: Path) -> Evaluation:
    people = {
        str(person): {str(number): f"{person} {number / 60}".encode() for number in range(5)}
        for person in range(4)
    }
    return evaluate(folder_of(tmp_path, people), describe)


def test_the_line_of_json_holds_every_figure(evaluation: Evaluation, tmp_path: Path) -> None:
    told = orjson.loads(orjson.dumps(as_json(evaluation, tmp_path / "curve.png")))
    pairs = evaluation.pairs
    assert told["pairs"] == told["genuine_pairs"] + told["impostor_pairs"] == 190
    assert (told["genuine_pairs"], told["impostor_pairs"]) == (40, 150)
    assert told["false_accepts"] == pairs.false_accepts == 0
    assert told["false_rejects"] == pairs.false_rejects == 4
    assert told["false_accept_rate"] == 0
    assert told["false_reject_rate"] == 0.1
    assert told["false_accept_bounds"] == pytest.approx([0, 0.024293], abs=1e-6)
    assert told["false_reject_bounds"] == pytest.approx([0.027925, 0.236637], abs=1e-6)
    assert (told["people"], told["images"], told["unusable"]) == (4, 20, [])
    assert (told["model"], told["threshold"]) == ("dlib-resnet-v1@0.060", 0.060)
    assert told["template_genuine"] + told["template_impostor"] == 80
    assert 0 <= told["seconds_per_image"] < 0.1
    assert told["curve"] == str(tmp_path / "curve.png")
    assert as_json(evaluation, None)["curve"] is None


def test_the_text_says_what_the_figures_mean_and_what_they_do_not(evaluation: Evaluation) -> None:
    text = as_text(evaluation)
    assert "two people taken for one   0 of 150 (0.00%; with 95 % confidence 0.00% to 2.43%)" in text
    assert "one person taken for two   4 of 40 (10.00%; with 95 % confidence 2.79% to 23.66%)" in text
    assert "flatter the model" in text


def test_the_curve_is_a_png(evaluation: Evaluation, tmp_path: Path) -> None:
    draw(evaluation, tmp_path / "curve.png")
    with Image.open(tmp_path / "curve.png") as curve:
        assert (curve.format, curve.size) == ("PNG", (1100, 462))
        assert len(curve.convert("RGB").getcolors(100_000) or ()) > 100
    with pytest.raises(OSError, match="No such file"):
        draw(evaluation, tmp_path / "nowhere" / "curve.png")
