"""What size and a second process change: many more cases, and two API processes instead of one."""

from collections.abc import Iterable
from contextlib import ExitStack

from benchmarks.figures import Figure, keep_plot
from benchmarks.lab.cluster import PEOPLE, labs
from benchmarks.lab.contest import Side, bars, contest, ratio, told
from benchmarks.lab.filling import CASES_EACH
from benchmarks.lab.peers import Peers
from benchmarks.reads import MINE

FEW = 250
"""People of the small database: of 20 cases each. Exactly those who ask."""


def growth() -> Iterable[Figure]:
    """My applications, as ``reads`` asks for them."""
    with labs(FEW, PEOPLE) as (few, many), ExitStack() as stack:
        peers = Peers(many, stack)
        first, second = peers.house("one"), peers.house("two")
        small = peers.house("few", few)
        most, least = (f"{people * CASES_EACH:,}" for people in (PEOPLE, FEW))
        sizes = [
            Side.of(f"{most} cases", [first], MINE, many.tokens),
            Side.of(f"{least} cases", [small], MINE, few.tokens),
        ]
        processes = [
            Side.of("2 processes", [first, second], MINE, many.tokens),
            Side.of("1 process", [first], MINE, many.tokens),
        ]
        for title, sides in (("Growth", sizes), ("Processes on two cores, PostgreSQL included", processes)):
            contest(sides)
            print(told(title, sides), flush=True)
    keep_plot("growth", {"By size": bars(sizes), "By processes": bars(processes)}, "/s")
    yield Figure(f"{most} cases against {least}", ratio(*sizes), "×", 0.9)
    yield Figure("2 processes against 1", ratio(*processes), "×")
