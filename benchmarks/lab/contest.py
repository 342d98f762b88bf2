"""Sides that are asked the same in turns, round after round, so that a slow moment is nobody's alone."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from benchmarks.figures import SMALL
from benchmarks.lab.load import Measured, Shot, fire
from benchmarks.lab.servers import Server
from benchmarks.plot import Bar

ROUNDS, SECONDS, WARM_UP = (2, 1, 1) if SMALL else (5, 4, 2)


@dataclass(slots=True)
class Side:
    """One of those that are compared."""

    name: str
    measure: Callable[[int], Measured]
    """Loads it for so many seconds."""
    servers: Sequence[Server] = ()
    """Whose CPU is counted."""
    rounds: list[Measured] = field(default_factory=list)
    cpu: float = 0.0

    @classmethod
    def of(cls, name: str, servers: Sequence[Server], shot: Shot, tokens: Sequence[str]) -> "Side":
        """The processes of a server, asked one thing by everybody in turn."""
        return cls(name, partial(_fired, [server.port for server in servers], shot, tokens), servers)

    @property
    def rate(self) -> float:
        """Answers per second: the median of the rounds."""
        return statistics.median(one.per_second for one in self.rounds)

    @property
    def p50(self) -> float:
        """Milliseconds."""
        return statistics.median(one.p50_ms for one in self.rounds)

    @property
    def p99(self) -> float:
        """Milliseconds."""
        return statistics.median(one.p99_ms for one in self.rounds)

    @property
    def cpu_ms(self) -> float | None:
        """CPU for each answer, children included; None for what has no process of its own."""
        return self.cpu / sum(one.answers for one in self.rounds) * 1000 if self.servers else None


def _fired(ports: Sequence[int], shot: Shot, tokens: Sequence[str], seconds: int) -> Measured:
    return fire(ports, shot, tokens, seconds=seconds)


def contest(sides: Sequence[Side]) -> None:
    """Rounds in turns; every second one the other way round, so that nobody always comes after the same."""
    for side in sides:
        side.measure(WARM_UP)
    for number in range(ROUNDS):
        for side in sides if number % 2 == 0 else reversed(sides):
            before = sum(server.cpu_seconds() for server in side.servers)
            side.rounds.append(side.measure(SECONDS))
            side.cpu += sum(server.cpu_seconds() for server in side.servers) - before


def ratio(one: Side, other: Side) -> float:
    """How much one answers against the other: the median of what it was in each round."""
    return statistics.median(
        mine.per_second / theirs.per_second for mine, theirs in zip(one.rounds, other.rounds, strict=True)
    )


def told(title: str, sides: Sequence[Side]) -> str:
    """A table in Markdown."""
    lines = [
        f"| {title} | answers/s | against the first | p50 ms | p99 ms | CPU ms each |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for side in sides:
        each = "" if side.cpu_ms is None else f"{side.cpu_ms:.2f}"
        lines.append(
            f"| {side.name} | {side.rate:,.0f} | {ratio(side, sides[0]):.2f} | {side.p50:.1f} | {side.p99:.1f} | {each} |"
        )
    return "\n".join(lines)


def bars(sides: Sequence[Side]) -> Sequence[Bar]:
    """For the plot."""
    return [Bar(side.name, side.rate, ours=side is sides[0]) for side in sides]
