"""``python -m benchmarks [NAME …]``: run the benchmarks named, or all; 1 when a bar is missed."""

import sys
from collections.abc import Mapping

from benchmarks.booking import booking
from benchmarks.catalogue import catalogue
from benchmarks.clock import clocks
from benchmarks.edge import edge
from benchmarks.equality import equality
from benchmarks.faces import faces
from benchmarks.figures import Bench, table
from benchmarks.fuzz import fuzz
from benchmarks.reads import reads
from benchmarks.start import start
from benchmarks.storm import storm

BENCHES: Mapping[str, Bench] = {
    "booking": booking,
    "catalogue": catalogue,
    "clock": clocks,
    "edge": edge,
    "equality": equality,
    "faces": faces,
    "fuzz": fuzz,
    "reads": reads,
    "start": start,
    "storm": storm,
}
"""Every benchmark by name: the only list."""


def main(names: list[str]) -> int:
    """Run and print."""
    unknown = sorted(set(names) - set(BENCHES))
    if unknown:
        print(f"No such benchmark: {', '.join(unknown)}. There are: {', '.join(BENCHES)}.")
        return 2
    missed = False
    for name in names or BENCHES:
        print(f"## {name}", flush=True)
        figures = list(BENCHES[name]())
        print(table(figures), flush=True)
        missed = missed or not all(figure.holds for figure in figures)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
