"""A name taken apart for look-up: pairs of Chinese signs, triples of letters of its pinyin and of its initials.

Names are found by any part of them, typed in Chinese, in pinyin with or without the confusions that many speakers
make, or by initials. The parts are an array that a GIN index knows; that they stand in order is looked at afterwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from backend.casework.catalogue.search.pinyin import loose, syllables
from backend.casework.catalogue.search.words import is_han, normalised

LONGEST_QUESTION = 30
SPELT, INITIALS = "~", "^"
"""Marks of parts that come from the pinyin and from the initials."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """A name as it is kept for look-up."""

    plain: str
    """Normalised, without blanks."""
    spelt: str
    """Loose pinyin, one word."""
    initials: str

    @property
    def grams(self) -> Sequence[str]:
        """Every part by which it can be found."""
        return sorted(
            {
                *self.plain,
                *_runs(self.plain, 2),
                *(SPELT + part for part in _runs(self.spelt, 3)),
                *(INITIALS + part for part in _runs(self.initials, 2)),
            }
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """One word of a question: any of ``ways`` will do, each of parts that must all be there, and where in order."""

    ways: Sequence[tuple[Sequence[str], str, str]]
    """Parts, column, text in the column."""


def spelling(name: str) -> Spelling:
    """How a name is kept."""
    plain = normalised(name).replace(" ", "")
    told = syllables(plain)
    return Spelling(plain, loose("".join(told)), "".join(one[0] for one in told))


def wanted(question: str) -> Sequence[Wanted]:
    """The words of a question, each to be found in the name."""
    return [_word(word) for word in normalised(question[:LONGEST_QUESTION]).split()[:4]]


def _word(word: str) -> Wanted:
    ways: list[tuple[Sequence[str], str, str]] = [(_ends(_runs(word, 2)) or list(word), "plain", word)]
    if not any(map(is_han, word)):
        spelt = loose(word)
        if len(spelt) >= 3:
            ways.append(([SPELT + part for part in _ends(_runs(spelt, 3))], "spelt", spelt))
        if len(word) >= 2:
            ways.append(([INITIALS + part for part in _ends(_runs(word, 2))], "initials", word))
    return Wanted(ways)


def _ends(parts: Sequence[str]) -> Sequence[str]:
    """The first and the last: parts of one word come together, and a planner that multiplies them all expects nothing."""
    return parts if len(parts) < 3 else (parts[0], parts[-1])


def _runs(text: str, length: int) -> Sequence[str]:
    return [text[at : at + length] for at in range(len(text) - length + 1)]
