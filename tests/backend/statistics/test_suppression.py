"""Suppressed counts cannot be worked out: what is shown leaves each of them at least as many values as it must."""

from collections.abc import Mapping

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog  # type: ignore[import-untyped]  # it has no types

from backend.statistics.public.suppression import LEAST, Equation, Key, suppress

COUNTS = st.one_of(st.integers(0, 9), st.integers(0, 400))
TREES = st.lists(st.lists(COUNTS, min_size=1, max_size=5), min_size=1, max_size=5)
GROUPS = st.lists(st.integers(0, 100), min_size=1, max_size=3)


def released(tree: list[list[int]], shares: list[int]) -> tuple[dict[Key, int], list[Equation]]:
    """A province with cities and counties, and the groups of its total."""
    cells: dict[Key, int] = {}
    equations = []
    cities = []
    for city, counties in enumerate(tree):
        keys = tuple((f"{city}-{county}", "") for county in range(len(counties)))
        cells |= dict(zip(keys, counties, strict=True))
        cells[str(city), ""] = sum(counties)
        cities.append((str(city), ""))
        equations.append(Equation((str(city), ""), keys))
    total = sum(map(sum, tree))
    cells["all", ""] = total
    left, groups = total, []
    for place, share in enumerate(shares):
        part = left if place == len(shares) - 1 else left * share // 100
        cells["all", f"G:{place}"] = part
        groups.append(("all", f"G:{place}"))
        left -= part
    equations += [Equation(("all", ""), tuple(cities)), Equation(("all", ""), tuple(groups))]
    return cells, equations


def widths(cells: Mapping[Key, int], equations: list[Equation], hidden: set[Key]) -> dict[Key, float]:
    """How far apart the least and the greatest value of each small count are, for whoever solves all equations.

    Somebody else's method: linear programming over everything that is not shown.
    """
    unknown = sorted(hidden)
    place = {key: at for at, key in enumerate(unknown)}
    matrix, right = np.zeros((len(equations), len(unknown))), np.zeros(len(equations))
    for row, equation in enumerate(equations):
        for sign, key in ((1, equation.total), *((-1, part) for part in equation.parts)):
            if key in place:
                matrix[row, place[key]] += sign
            else:
                right[row] -= sign * cells[key]
    found = {}
    for key in (key for key in unknown if 0 < cells[key] < LEAST):
        ends = []
        for sign in (1, -1):
            cost = np.zeros(len(unknown))
            cost[place[key]] = sign
            solved = linprog(cost, A_eq=matrix, b_eq=right, bounds=[(0, 10_000)] * len(unknown))
            assert solved.status == 0, solved.message
            ends.append(sign * solved.fun)
        found[key] = ends[1] - ends[0]
    return found


@settings(max_examples=60, deadline=None)
@given(TREES, GROUPS)
def test_no_small_count_can_be_worked_out(tree: list[list[int]], shares: list[int]) -> None:
    cells, equations = released(tree, shares)
    hidden = suppress(cells, equations)
    assert hidden is not None
    assert {key for key, value in cells.items() if 0 < value < LEAST} <= hidden
    assert all(width >= LEAST for width in widths(cells, equations, hidden).values())


def test_only_what_is_needed_is_suppressed() -> None:
    cells, equations = released([[3, 40, 500], [60, 70]], [50])
    assert suppress(cells, equations) == {("0-0", ""), ("0-1", "")}
    assert suppress(dict.fromkeys(cells, 100), []) == set()


def test_what_was_shown_before_stays_and_what_was_suppressed_before_too() -> None:
    cells, equations = released([[3, 40, 500]], [100])
    hidden = suppress(cells, equations, fixed={("0-1", "")})
    assert hidden == {("0-0", ""), ("0-2", "")}
    assert ("0-2", "") in (suppress(cells, equations, hidden={("0-2", "")}) or set())


def test_where_everything_was_shown_nothing_more_is_released() -> None:
    cells, equations = released([[3, 40]], [100])
    assert suppress(cells, equations, fixed=set(cells) - {("0-0", "")}) is None
