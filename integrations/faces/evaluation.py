"""How well faces are told apart on photographs of one's own: every pair of them, at the threshold fixed before.

The pairs of a folder are not independent of each other, one photograph is in many of them, so the bounds
are narrower than the truth; and photographs made by professionals flatter the model.
"""

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from backend.ports import FaceOutcome
from integrations.faces.challenge import MODEL, THRESHOLD, Embedding, Unusable

ENROLLED = 3
"""Photographs that make a template, as in ``templates.FRAMES``."""
BINS = 2000
"""Of the distances, from 0 to 1; the few beyond 1 are counted into the last."""
CONFIDENCE = 0.95

UNUSABLE: Mapping[FaceOutcome, str] = {
    FaceOutcome.REFUSED_IMAGE: "is not a sound JPEG, PNG or WebP picture of a sensible size",
    FaceOutcome.NO_FACE: "shows no face",
    FaceOutcome.MANY_FACES: "shows more than one face",
    FaceOutcome.POOR_QUALITY: "shows a face that is too small",
}

Distances = npt.NDArray[np.float64]


class BadFolder(Exception):
    """There is nothing to evaluate; the text says why in a sentence."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How often something went wrong, and between which rates the truth lies with 95 % confidence."""

    errors: int
    trials: int

    @property
    def rate(self) -> float:
        """0 where nothing was tried."""
        return self.errors / self.trials if self.trials else 0.0

    @property
    def bounds(self) -> tuple[float, float]:
        """Clopper and Pearson's exact bounds; (0, 1) where nothing was tried."""
        half = (1 - CONFIDENCE) / 2
        low = (
            0.0
            if self.errors == 0
            else _solved(lambda p: 1 - _at_most(self.errors - 1, self.trials, p), half)
        )
        high = (
            1.0
            if self.errors == self.trials
            else _solved(lambda p: -_at_most(self.errors, self.trials, p), -half)
        )
        return low, high


@dataclass(frozen=True, slots=True)
class Scores:
    """All pairs, counted by distance: ``histogram[i]`` pairs lie between ``i`` and ``i + 1`` 2000ths."""

    genuine: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(BINS, np.int64))
    impostor: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(BINS, np.int64))
    false_rejects: int = 0
    false_accepts: int = 0

    @property
    def rejects(self) -> Rate:
        """Pairs of one person that are taken for two."""
        return Rate(self.false_rejects, int(self.genuine.sum()))

    @property
    def accepts(self) -> Rate:
        """Pairs of two people that are taken for one."""
        return Rate(self.false_accepts, int(self.impostor.sum()))

    @property
    def equal_error_rate(self) -> float:
        """The rate at the threshold where false accepts and false rejects are equally frequent."""
        accepted, rejected = self.curve()
        place = int(np.argmin(np.abs(accepted - rejected)))
        return float((accepted[place] + rejected[place]) / 2)

    def curve(self) -> tuple[Distances, Distances]:
        """Rates of false accepts and of false rejects at every threshold from 0 to 1 in 2000 steps."""
        accepted = np.concatenate([[0], np.cumsum(self.impostor)]) / max(1, self.impostor.sum())
        rejected = 1 - np.concatenate([[0], np.cumsum(self.genuine)]) / max(1, self.genuine.sum())
        return accepted, rejected


@dataclass(frozen=True, slots=True)
class Photograph:
    """One usable file."""

    person: str
    embedding: Embedding = field(repr=False)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a folder of photographs says about the model."""

    people: int
    photographs: int
    unusable: Sequence[str]
    """A sentence for each file that could not be used."""
    pairs: Scores
    """Photograph against photograph."""
    templates: Scores
    """Photograph against the template of three others."""
    seconds: Sequence[float] = field(repr=False)
    """For each usable photograph: processor seconds from the file to the description."""
    model: str = MODEL
    threshold: float = THRESHOLD


def photographs_in(folder: Path) -> Sequence[tuple[str, Path]]:
    """``(person, file)`` for every file in the folder's folders. Raises ``BadFolder``."""
    if not folder.is_dir():
        raise BadFolder(f"{folder} is not a folder.")
    try:
        people = sorted(each for each in folder.iterdir() if each.is_dir() and not each.name.startswith("."))
        found = [
            (person.name, path)
            for person in people
            for path in sorted(person.iterdir())
            if path.is_file() and not path.name.startswith(".")
        ]
    except OSError as error:
        raise BadFolder(f"{error.filename} cannot be read: {error.strerror}.") from None
    if not found:
        raise BadFolder(
            f"{folder} holds no photographs: put those of each person into a folder of their own."
        )
    _need_two_people({person for person, _ in found}, folder)
    return found


def evaluate(
    folder: Path,
    describe: Callable[[bytes], Embedding],
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Evaluation:
    """Describe every photograph and score every pair; ``describe`` raises ``Unusable``. Raises ``BadFolder``."""
    files = photographs_in(folder)
    usable: list[Photograph] = []
    unusable: list[str] = []
    seconds: list[float] = []
    for done, (person, path) in enumerate(files):
        progress(done, len(files))
        began = time.process_time()
        try:
            embedding = describe(path.read_bytes())
        except Unusable as why:
            unusable.append(f"{person}/{path.name} {UNUSABLE[why.outcome]}.")
            continue
        except OSError as error:
            unusable.append(f"{person}/{path.name} cannot be read: {error.strerror}.")
            continue
        seconds.append(time.process_time() - began)
        usable.append(Photograph(person, embedding))
    progress(len(files), len(files))
    people = {photograph.person for photograph in usable}
    _need_two_people(people, folder, unusable)
    return Evaluation(
        people=len(people),
        photographs=len(usable),
        unusable=unusable,
        pairs=_pairs(usable),
        templates=_against_templates(usable),
        seconds=seconds,
    )


def _need_two_people(people: set[str], folder: Path, unusable: Sequence[str] = ()) -> None:
    if len(people) < 2:
        why = "".join(f" {sentence}" for sentence in unusable[:10])
        raise BadFolder(
            f"{folder} holds usable photographs of {len(people) or 'no'} {'person' if len(people) == 1 else 'people'}:"
            f" at least two are needed, each in a folder of their own.{why}"
        )


def _pairs(photographs: Sequence[Photograph]) -> Scores:
    people = np.array([photograph.person for photograph in photographs])
    units = _units([photograph.embedding for photograph in photographs])
    return _counted(
        (1 - units[place] @ units[:place].T, people[:place] == people[place])
        for place in range(1, len(photographs))
    )


def _against_templates(photographs: Sequence[Photograph]) -> Scores:
    """Each photograph against every person of whom there are three others."""
    people = np.array([photograph.person for photograph in photographs])
    units = _units([photograph.embedding for photograph in photographs])

    def compared() -> Iterable[tuple[Distances, npt.NDArray[np.bool_]]]:
        for place, person in enumerate(people):
            for enrolled in np.unique(people):
                [others] = np.nonzero(people == enrolled)
                others = others[others != place][:ENROLLED]
                if len(others) == ENROLLED:
                    template = _units([units[others].mean(axis=0)])
                    yield 1 - template @ units[place], np.array([enrolled == person])

    return _counted(compared())


def _counted(compared: Iterable[tuple[Distances, npt.NDArray[np.bool_]]]) -> Scores:
    """Distances and, for each, whether both are one person."""
    genuine, impostor = np.zeros(BINS, np.int64), np.zeros(BINS, np.int64)
    rejects = accepts = 0
    for distances, same in compared:
        places = np.clip((distances * BINS).astype(np.int64), 0, BINS - 1)
        genuine += np.bincount(places[same], minlength=BINS)
        impostor += np.bincount(places[~same], minlength=BINS)
        rejects += int((distances[same] >= THRESHOLD).sum())
        accepts += int((distances[~same] < THRESHOLD).sum())
    return Scores(genuine, impostor, rejects, accepts)


def _units(embeddings: Sequence[Embedding] | Sequence[Distances]) -> Distances:
    rows = np.asarray(embeddings, np.float64)
    units: Distances = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return units


def _at_most(errors: int, trials: int, probability: float) -> float:
    """The chance of at most so many errors."""
    if probability in {0.0, 1.0}:
        return 1.0 if probability == 0.0 or errors >= trials else 0.0
    logs = (math.log(probability), math.log1p(-probability))
    return sum(
        math.exp(
            math.lgamma(trials + 1)
            - math.lgamma(count + 1)
            - math.lgamma(trials - count + 1)
            + count * logs[0]
            + (trials - count) * logs[1]
        )
        for count in range(errors + 1)
    )


def _solved(rising: Callable[[float], float], goal: float) -> float:
    """Where a function that rises between 0 and 1 reaches its goal."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < goal else (low, middle)
    return (low + high) / 2
