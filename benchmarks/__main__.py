"""``python -m benchmarks [NAME …]``: run the benchmarks named, or all; 1 when a bar is missed.

With ``BENCH_KEEP=1`` the tables of each replace those of ``docs/performance.md`` that are marked as its own.
"""

import io
import os
import re
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import TextIO

from backend.kit import clock
from benchmarks.booking import booking
from benchmarks.catalogue import catalogue
from benchmarks.clock import clocks
from benchmarks.edge import edge
from benchmarks.equality import equality
from benchmarks.faces import faces
from benchmarks.figures import SMALL, Bench, table
from benchmarks.fuzz import fuzz
from benchmarks.growth import growth
from benchmarks.places import places
from benchmarks.reads import reads
from benchmarks.start import start
from benchmarks.statistics import statistics
from benchmarks.storm import storm
from benchmarks.submit import submit

BENCHES: Mapping[str, Bench] = {
    "booking": booking,
    "catalogue": catalogue,
    "clock": clocks,
    "edge": edge,
    "equality": equality,
    "faces": faces,
    "fuzz": fuzz,
    "growth": growth,
    "places": places,
    "reads": reads,
    "start": start,
    "statistics": statistics,
    "storm": storm,
    "submit": submit,
}
"""Every benchmark by name: the only list."""


PAGE = Path("docs/performance.md")
KEEP = os.environ.get("BENCH_KEEP", "") not in {"", "0"} and not SMALL


def main(names: list[str]) -> int:
    """Run and print."""
    unknown = sorted(set(names) - set(BENCHES))
    if unknown:
        print(f"No such benchmark: {', '.join(unknown)}. There are: {', '.join(BENCHES)}.")
        return 2
    missed = False
    for name in names or BENCHES:
        print(f"## {name}", flush=True)
        said = _Said(sys.stdout)
        with redirect_stdout(said):
            figures = list(BENCHES[name]())
            print(table(figures), flush=True)
        if KEEP:
            _keep(name, said.getvalue())
        missed = missed or not all(figure.holds for figure in figures)
    return 1 if missed else 0


class _Said(io.StringIO):
    """Remembers what is printed while it is printed."""

    def __init__(self, paper: TextIO) -> None:
        super().__init__()
        self._paper = paper

    def write(self, words: str) -> int:
        """Print and remember."""
        self._paper.write(words)
        return super().write(words)

    def flush(self) -> None:
        """Show it at once."""
        self._paper.flush()


def _keep(name: str, said: str) -> None:
    """Put the tables of a run where the page has a place for them."""
    apart = re.sub(r"(?m)^(\|.*\n)(?=\|---)", r"\n\1", said)
    tables = re.findall(r"(?m)(?:^\|.*\n)+", apart)
    kept = f"Of {clock.today():%d %B %Y}:\n\n" + "\n".join(tables)
    page = PAGE.read_text(encoding="utf-8")
    begin, end = f"<!-- figures of {name} -->\n", f"<!-- end of {name} -->"
    before, found, rest = page.partition(begin)
    if found and end in rest:
        after = rest.partition(end)[2]
        PAGE.write_text(f"{before}{begin}\n{kept}\n{end}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
