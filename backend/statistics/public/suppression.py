"""Small counts kept out of what is published, so that nobody can work them out from totals (互补抑制).

A released table is a set of equations: a total and its parts, by region or by group. A count below the threshold
is suppressed; then further cells are until everything that is suppressed could have at least ``least`` other
values that agree with all that is shown. Equations hang together like a tree (a cell is a part of one total at
most), so that looking at one equation after the other is enough.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

Key: TypeAlias = tuple[str, str]
"""Division and group (``SEX:1``), the latter empty for the total of the division."""

LEAST = 5
"""Counts from 1 to 4 are small. Ours: no binding threshold was found, an unverified figure."""


@dataclass(frozen=True, slots=True)
class Equation:
    """``total`` is the sum of ``parts``, and of ``rest``, which counts as known to everybody."""

    total: Key
    parts: tuple[Key, ...]
    rest: int = 0


@dataclass(slots=True)
class _Table:
    cells: Mapping[Key, int]
    equations: Sequence[Equation]
    least: int
    fixed: Collection[Key]
    hidden: set[Key]
    below: Mapping[Key, Sequence[Equation]] = field(init=False)

    def __post_init__(self) -> None:
        below: dict[Key, list[Equation]] = {}
        for equation in self.equations:
            below.setdefault(equation.total, []).append(equation)
        self.below = below

    def lowest(self, key: Key) -> int:
        """What a suppressed cell comes to at least, for somebody who sees all the others."""
        sums = [
            equation.rest + sum(self._seen(part) for part in equation.parts)
            for equation in self.below.get(key, ())
        ]
        return max((1, *sums))

    def _seen(self, key: Key) -> int:
        return self.lowest(key) if key in self.hidden else self.cells[key]

    def slack(self, equation: Equation) -> int:
        """By how much any suppressed part could be more than it comes to at least."""
        return self.cells[equation.total] - equation.rest - sum(self._seen(part) for part in equation.parts)

    def guarded(self, equation: Equation) -> bool:
        """Whether nothing in it can be worked out."""
        unknown = [part for part in equation.parts if part in self.hidden]
        if equation.total in self.hidden:
            return bool(unknown)
        if not unknown or (len(unknown) == len(equation.parts) > 1 and not self._telling(equation)):
            return True
        return len(unknown) > 1 and self.slack(equation) >= self.least

    def _telling(self, equation: Equation) -> bool:
        """Whether an equation with nothing shown still tells what a part is: its total is too small for its parts."""
        return self.cells[equation.total] - equation.rest < self.least

    def hide_one_more(self, equation: Equation) -> bool:
        """Suppress the smallest part that may be; the total where no part may; then all, also what is zero."""
        shown = [part for part in equation.parts if part not in self.hidden and part not in self.fixed]
        counted = [part for part in shown if self.cells[part] > 0]
        if counted:
            self.hidden.add(min(counted, key=lambda part: (self.cells[part], part)))
        elif equation.total not in self.hidden and equation.total not in self.fixed:
            self.hidden.add(equation.total)
        elif shown:
            self.hidden.update(shown)
        else:
            return False
        return True


def suppress(
    cells: Mapping[Key, int],
    equations: Sequence[Equation],
    *,
    least: int = LEAST,
    fixed: Collection[Key] = (),
    hidden: Collection[Key] = (),
) -> set[Key] | None:
    """The cells that are not shown. ``fixed`` were shown before, ``hidden`` were suppressed before: both stay so.

    None where nothing that is left to suppress would help: then nothing new is released at all.
    """
    small = {key for key, value in cells.items() if 0 < value < least and key not in fixed}
    table = _Table(cells, equations, least, frozenset(fixed), {*small, *hidden})
    while True:
        open_ = [equation for equation in equations if not table.guarded(equation)]
        if not open_:
            return table.hidden
        if not table.hide_one_more(open_[0]):
            return None
