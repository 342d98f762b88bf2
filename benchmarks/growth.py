"""What size and a second process change: a hundred times the cases, and two API processes instead of one."""

from collections.abc import Iterable
from contextlib import ExitStack

from benchmarks.figures import Figure, keep_plot
from benchmarks.lab.cluster import PEOPLE, labs
from benchmarks.lab.contest import Side, bars, contest, ratio, told
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
        sizes = [
            Side.of("500,000 cases", [first], MINE, many.tokens),
            Side.of("5,000 cases", [small], MINE, few.tokens),
        ]
        processes = [
            Side.of("2 processes", [first, second], MINE, many.tokens),
            Side.of("1 process", [first], MINE, many.tokens),
        ]
        for title, sides in (("Growth", sizes), ("Processes on two cores, PostgreSQL included", processes)):
            contest(sides)
            print(told(title, sides), flush=True)
    keep_plot("growth", {"By size": bars(sizes), "By processes": bars(processes)}, "/s")
    yield Figure("500,000 cases against 5,000", ratio(*sizes), "×", 0.9)
    yield Figure("2 processes against 1", ratio(*processes), "×")
