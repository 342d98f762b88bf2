"""What a published report shows: its total, the divisions directly below, and the groups of its total."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from backend.database.record import Row, fetch, fetch_one
from backend.errors import NotFound, Text
from backend.kit import regions
from backend.statistics.catalogue import BY_CODE
from backend.statistics.indicators import Indicator
from backend.statistics.periods import Period, read_period
from backend.statistics.public.suppression import LEAST, Equation, Key, suppress
from backend.statistics.reports.queries import read_cells
from backend.statistics.values import Cell, Read, shown
from backend.viewer import Viewer

NOT_PUBLISHED = Text("没有发布该报告期的报表。", "No report of that period was published.")


@dataclass(frozen=True, slots=True)
class PublicPart:
    """One part of a published total."""

    key: str
    """A division's code, or ``SEX:1`` and the like."""
    value: str | None
    """None where it is suppressed."""

    @property
    def division(self) -> str | None:
        """The division that it is of."""
        return None if ":" in self.key else self.key


@dataclass(frozen=True, slots=True)
class PublicLine:
    """One indicator as everybody may see it."""

    indicator: Indicator
    value: str | None
    parts: Sequence[PublicPart]

    @property
    def suppressed(self) -> bool:
        """Whether the total is not shown."""
        return self.value is None


@dataclass(frozen=True, slots=True)
class PublicReport:
    """A bulletin."""

    division: str
    period: Period
    published_at: datetime
    lines: Sequence[PublicLine]

    def line(self, code: str) -> PublicLine | None:
        """The line of one indicator."""
        return next((line for line in self.lines if line.indicator.code == code), None)


Released = dict[str, list[list[Any]]]
"""By code entries of division, group, value in the last decimal, and whether it is shown."""


async def release(read: Read, division: str, period: str, cells: Mapping[str, Cell]) -> Released:
    """What is released of a report, so that neither it nor it with earlier releases tells a small count."""
    rows = await read(
        "SELECT division, cells FROM statistics_report WHERE superior = $1 AND period = $2"
        " AND state IN ('ACCEPTED', 'PUBLISHED') ORDER BY division",
        division,
        period,
    )
    below = {row["division"]: read_cells(row["cells"]) for row in rows}
    earlier = [
        orjson.loads(row["released"])
        for row in await read(
            "SELECT released FROM statistics_report WHERE period = $1 AND released IS NOT NULL AND division <> $2",
            period,
            division,
        )
    ]
    found: Released = {}
    for code, cell in cells.items():
        indicator = BY_CODE[code]
        if not indicator.public:
            continue
        if indicator.additive:
            found[code] = _counted(division, code, cell, below, [one.get(code, []) for one in earlier])
        else:
            found[code] = [
                [place, "", held.value, True]
                for place, held in (
                    (division, cell),
                    *((place, held[code]) for place, held in below.items() if code in held),
                )
                if held.value is not None and held.base >= LEAST
            ]
    return found


def _counted(
    division: str,
    code: str,
    cell: Cell,
    below: Mapping[str, Mapping[str, Cell]],
    earlier: Sequence[Sequence[Sequence[Any]]],
) -> list[list[Any]]:
    parts: dict[Key, int] = {(place, ""): held[code].number for place, held in below.items() if code in held}
    groups = _groups(cell)
    total: Key = (division, "")
    mine: dict[Key, int] = {total: cell.number, **parts}
    for axis in groups.values():
        mine |= {(division, key): held for key, held in axis.items()}
    equations = [Equation(total, tuple(parts), cell.number - sum(parts.values()))] if parts else []
    equations += [Equation(total, tuple((division, key) for key in axis)) for axis in groups.values()]
    cells, fixed, hidden = dict(mine), set[Key](), set[Key]()
    for release_ in earlier:
        told = {(one[0], one[1]): one[2] for one in release_}
        cells |= told
        fixed |= {(one[0], one[1]) for one in release_ if one[3]}
        hidden |= {(one[0], one[1]) for one in release_ if not one[3]}
        equations += _equations(told)
    withheld = suppress(cells, equations, fixed=fixed, hidden=hidden)
    if withheld is None:
        return [[division, "", cell.number, total in fixed]]
    return [[key[0], key[1], value, key not in withheld] for key, value in sorted(mine.items())]


def _equations(told: Mapping[Key, int]) -> Iterable[Equation]:
    """The sums of an earlier release: its own division is the one that is above the others."""
    places = [key for key in told if not key[1]]
    total = min(places, key=lambda key: len(regions.prefix(key[0])))
    parts = tuple(key for key in places if key != total)
    if parts:
        yield Equation(total, parts, told[total] - sum(told[key] for key in parts))
    axes: dict[str, list[Key]] = {}
    for key in told:
        if key[1]:
            axes.setdefault(key[1].partition(":")[0], []).append(key)
    for keys in axes.values():
        yield Equation(total, tuple(keys))


def _groups(cell: Cell) -> Mapping[str, Mapping[str, int]]:
    """The splits of a cell that add up to it; others say nothing exact and are not released."""
    axes: dict[str, dict[str, int]] = {}
    for key, held in cell.splits.items():
        axes.setdefault(key.partition(":")[0], {})[key] = held
    return {
        axis: held
        for axis, held in axes.items()
        if sum(held.values()) == cell.number and min(held.values()) >= 0
    }


_PUBLISHED = (
    "SELECT division, period, published_at, released FROM statistics_report WHERE released IS NOT NULL"
)


async def published(_viewer: Viewer, *, division: str, period: str) -> PublicReport:
    """The bulletin of a division and period. Raises ``NotFound``."""
    row = await fetch_one(
        f"{_PUBLISHED} AND division = $1 AND period = $2", division, read_period(period).code
    )
    if row is None:
        raise NotFound(NOT_PUBLISHED)
    return _read(row)


async def latest(_viewer: Viewer, *, division: str, limit: int) -> Sequence[PublicReport]:
    """The latest monthly bulletins of a division, the newest first."""
    rows = await fetch(
        f"{_PUBLISHED} AND division = $1 AND length(period) = 7 ORDER BY period DESC LIMIT $2",
        division,
        limit,
    )
    return [_read(row) for row in rows]


def _read(row: Row) -> PublicReport:
    released: Released = orjson.loads(row["released"])
    lines = [
        _line(row["division"], BY_CODE[code], entries)
        for code, entries in ((code, released[code]) for code in BY_CODE if code in released)
    ]
    return PublicReport(row["division"], read_period(row["period"]), row["published_at"], lines)


def _line(division: str, indicator: Indicator, entries: Sequence[Sequence[Any]]) -> PublicLine:
    told = {
        (place, group): shown(indicator, value) if open_ else None for place, group, value, open_ in entries
    }
    parts = [
        PublicPart(group or place, value)
        for (place, group), value in told.items()
        if (place, group) != (division, "")
    ]
    return PublicLine(indicator, told.get((division, "")), parts)
