"""What a report is computed from: cases for a county, accepted reports of the level below for everybody else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from backend.database.record import Transaction
from backend.kit import regions
from backend.statistics.catalogue import BY_CODE, asked_in
from backend.statistics.indicators import Kind
from backend.statistics.periods import Period, read_period
from backend.statistics.reports.queries import read_cells
from backend.statistics.values import Cell, Read, added, bounds, computed, reports_on_its_own

LOOKED_BACK = 12
"""So many frozen reports are compared with what their cases add up to today."""
_FROZEN = "state IN ('SIGNED', 'ACCEPTED', 'PUBLISHED')"


@dataclass(frozen=True, slots=True)
class Computed:
    """The cells of a report before anybody typed, adjusted or explained anything, and what they are held against."""

    cells: Mapping[str, Cell]
    before: Mapping[str, Cell] | None
    late: Mapping[str, tuple[str, int, int]]
    missing: Sequence[str]


async def compute(read: Read, division: str, period: Period, domains: Mapping[str, str]) -> Computed:
    """Everything about a division's report of a closed period."""
    cells, missing = await _cells(read, division, period, domains)
    before = await read(
        f"SELECT cells FROM statistics_report WHERE division = $1 AND period = $2 AND {_FROZEN}",
        division,
        period.before.code,
    )
    return Computed(
        cells,
        read_cells(before[0]["cells"]) if before else None,
        await _late(read, division, period, domains),
        missing,
    )


async def _own(read: Read, division: str, period: Period, domains: Mapping[str, str]) -> Mapping[str, Cell]:
    """From the cases of a county; of a division that has counties in it, from what lies in none of them."""
    first, last = bounds(division) if reports_on_its_own(division) else (division, division)
    return await computed(read, first, last, period, domains)


async def _cells(
    read: Read, division: str, period: Period, domains: Mapping[str, str]
) -> tuple[Mapping[str, Cell], Sequence[str]]:
    own = await _own(read, division, period, domains)
    asked = {indicator.code: own.get(indicator.code, Cell(indicator.code)) for indicator in asked_in(period)}
    if reports_on_its_own(division):
        return asked, ()
    below = [one.code for one in regions.children(division)]
    rows = await read(
        "SELECT division, cells FROM statistics_report WHERE superior = $1 AND period = $2"
        " AND state IN ('ACCEPTED', 'PUBLISHED') ORDER BY division",
        division,
        period.code,
    )
    held = [read_cells(row["cells"]) for row in rows]
    cells = {
        code: added([cell, *(report[code] for report in held if code in report)])
        for code, cell in asked.items()
    }
    there = {row["division"] for row in rows}
    return cells, await _expected(read, [code for code in below if code not in there], period)


async def _expected(read: Read, divisions: Sequence[str], period: Period) -> Sequence[str]:
    """Which of these have anything to report: cases of the period, or a report that is not accepted."""
    ends = [bounds(code) for code in divisions]
    rows = await read(
        "SELECT d.code FROM unnest($1::text[], $2::text[], $3::text[]) AS d(code, first, last)"
        " WHERE EXISTS (SELECT 1 FROM statistics_figure f WHERE f.division BETWEEN d.first AND d.last"
        "   AND f.month BETWEEN $4 AND $5)"
        " OR EXISTS (SELECT 1 FROM statistics_report r WHERE r.division = d.code AND r.period = $6) ORDER BY d.code",
        list(divisions),
        [first for first, _ in ends],
        [last for _, last in ends],
        period.first_month,
        period.last_month,
        period.code,
    )
    return [row["code"] for row in rows]


async def _late(
    read: Read, division: str, period: Period, domains: Mapping[str, str]
) -> Mapping[str, tuple[str, int, int]]:
    """Of frozen reports before this one: what their cases add up to today beyond what was signed, first come first told."""
    rows = await read(
        f"SELECT period, cells FROM statistics_report WHERE division = $1 AND length(period) = $2 AND period < $3"
        f" AND {_FROZEN} ORDER BY period DESC LIMIT $4",
        division,
        len(period.code),
        period.code,
        LOOKED_BACK,
    )
    if not rows or not reports_on_its_own(division):
        return {}
    adjusted = {
        (row["about"], row["code"]): row["delta"]
        for row in await read(
            "SELECT a.about, a.code, sum(a.delta)::bigint AS delta FROM statistics_adjustment a"
            " JOIN statistics_report r ON r.id = a.report_id WHERE r.division = $1 GROUP BY a.about, a.code",
            division,
        )
    }
    found: dict[str, tuple[str, int, int]] = {}
    for row in rows:
        signed = read_cells(row["cells"])
        today = await _own(read, division, read_period(row["period"]), domains)
        for code, cell in today.items():
            if code not in signed or BY_CODE[code].kind in {Kind.AVERAGE, Kind.RATIO}:
                continue
            delta = cell.computed - signed[code].computed
            done = adjusted.get((row["period"], code), 0)
            if delta != done:
                found[code] = (row["period"], delta, done)
    return found


async def adjusted_in(tx: Transaction, report_id: object) -> Mapping[str, tuple[int, int]]:
    """What is adjusted in a report, by code."""
    rows = await tx.fetch(
        "SELECT code, sum(delta)::bigint AS delta, sum(delta_over)::bigint AS over FROM statistics_adjustment"
        " WHERE report_id = $1 GROUP BY code",
        report_id,
    )
    return {row["code"]: (row["delta"], row["over"]) for row in rows}


def with_hand(
    cells: Mapping[str, Cell], typed: Mapping[str, int | None], adjusted: Mapping[str, tuple[int, int]]
) -> dict[str, Cell]:
    """Computed cells with what was typed and adjusted at this level; what lower levels typed stays theirs."""
    return {
        code: replace(
            cell,
            typed=cell.typed if typed.get(code) is None else (cell.typed or 0) + (typed[code] or 0),
            adjusted=cell.adjusted + adjusted.get(code, (0, 0))[0],
            adjusted_over=cell.adjusted_over + adjusted.get(code, (0, 0))[1],
        )
        for code, cell in cells.items()
    }
