"""What a benchmark finds, and how it is shown."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.plot import Bar, plot

PLOTS = Path("docs/plots")
SMALL = os.environ.get("BENCH_SMALL", "") not in {"", "0"}
"""A smaller form of everything, to see quickly that it works: its figures mean little."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure with the bar it is held against."""

    name: str
    value: float
    unit: str
    must: float | None = None
    """The bar, None where the figure is only reported."""
    at_most: bool = False
    """Whether the bar is an upper one."""

    @property
    def holds(self) -> bool:
        """Whether the bar is met."""
        if self.must is None:
            return True
        return self.value <= self.must if self.at_most else self.value >= self.must


Bench = Callable[[], Iterable[Figure]]
"""Runs for as long as it needs, cleans up after itself, and gives its figures."""


def table(figures: Iterable[Figure]) -> str:
    """The figures as lines of Markdown, ready for ``docs/performance.md``."""
    lines = ["| figure | value | bar | |", "|---|---:|---:|---|"]
    for figure in figures:
        bar = "" if figure.must is None else f"{'≤' if figure.at_most else '≥'} {figure.must:g} {figure.unit}"
        verdict = "" if figure.must is None else ("met" if figure.holds else "MISSED")
        lines.append(f"| {figure.name} | {figure.value:.4g} {figure.unit} | {bar} | {verdict} |")
    return "\n".join(lines)


def keep_plot(name: str, groups: Mapping[str, Sequence[Bar]], unit: str) -> None:
    """Draw what was found for ``docs/performance.md``; the small form of a benchmark leaves no trace there."""
    folder = Path("var/bench") if SMALL else PLOTS
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.svg").write_text(plot(groups, unit), encoding="utf-8")
    print(f"drawn in {folder / name}.svg", flush=True)
