"""What comes in, row by row, and what came of it: changes, or every row that is wrong."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from backend.casework.catalogue.conformity import Deviation
from backend.casework.catalogue.drafts import EditionDraft
from backend.errors import FieldProblem, Invalid, Text

MOST_TOLD = 200
"""How many wrong rows, and how many changes, are told one by one; the rest are counted."""
LONGEST_SAID = 80

NOT_CONFORMING = Text(
    "有 {count} 处问题，全部未予发布。", "There are {count} problems; nothing was published."
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands: its number as an office counts it, and its sheet where there are several."""

    row: int
    sheet: str = ""

    @property
    def packed(self) -> str:
        """As one text, for the database."""
        return f"{self.row}!{self.sheet}"

    @classmethod
    def unpacked(cls, text: str) -> Self:
        """From ``packed``."""
        row, _, sheet = text.partition("!")
        return cls(int(row), sheet)

    def __str__(self) -> str:
        return f"{self.sheet}!{self.row}" if self.sheet else str(self.row)


@dataclass(frozen=True, slots=True)
class Incoming:
    """A row that could be read, with what it repeats of the standard and gets wrong."""

    place: Place
    draft: EditionDraft
    deviations: tuple[Deviation, ...] = ()


@dataclass(frozen=True, slots=True)
class RowProblem:
    """One thing that is wrong with one row."""

    place: Place
    field: str
    said: str
    message: Text


@dataclass(slots=True)
class Problems:
    """Gathers what is wrong: the first ones word by word, all of them by number."""

    count: int = 0
    told: list[RowProblem] = field(default_factory=list)

    def add(self, problem: RowProblem) -> None:
        """One more."""
        self.count += 1
        if len(self.told) < MOST_TOLD:
            self.told.append(problem)

    def deviate(self, place: Place, found: Iterable[Deviation]) -> None:
        """Every departure of one row."""
        for one in found:
            said = "" if one.said is None else str(one.said)[:LONGEST_SAID]
            self.add(RowProblem(place, one.field, said, one.message))

    def refuse(self) -> None:
        """Raise ``RefusedRows`` if there is any."""
        if self.count:
            raise RefusedRows(tuple(self.told), self.count)


class RefusedRows(Invalid):
    """Rows are wrong: nothing was published. ``problems`` are told in the order in which they were found."""

    def __init__(self, problems: tuple[RowProblem, ...], count: int) -> None:
        self.problems = problems
        self.count = count
        super().__init__(
            NOT_CONFORMING.filled(count=count),
            fields=tuple(
                FieldProblem(
                    ("rows", *((p.place.sheet,) if p.place.sheet else ()), p.place.row, p.field), p.message
                )
                for p in problems
            ),
        )


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that says something else than before."""

    field: str
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class Change:
    """An edition that is new (no ``fields``) or differs from the one of the same first day."""

    place: Place
    item_code: str
    division: str
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class PublishReport:
    """How many rows there were and what they changed."""

    rows: int
    added: int
    changed: int
    changes: tuple[Change, ...] = ()
    """The first of them, row by row; empty where a repeated request is answered again."""

    @property
    def unchanged(self) -> int:
        """Rows that say what was said already."""
        return self.rows - self.added - self.changed
