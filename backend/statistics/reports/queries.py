"""Reports as officers read them: their own division's and those below it, with cells, findings and history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from backend.database.record import Row, fetch, fetch_one
from backend.errors import NotFound, Text
from backend.kit import regions
from backend.statistics.catalogue import BY_CODE
from backend.statistics.indicators import Indicator
from backend.statistics.periods import Period, read_period
from backend.statistics.reports.checks import Finding, read_finding
from backend.statistics.reports.lifecycle import FROZEN, ReportAct, ReportState
from backend.statistics.values import Cell, bounds, read_cell, shown, typed_share
from backend.viewer import Officer

NO_SUCH_REPORT = Text("没有这份报表。", "There is no such report.")
_LAST = UUID(int=2**128 - 1)
_COLUMNS = (
    "id, division, superior, period, state, version, cells, findings, missing, prepared_by, prepared_at, signed_by,"
    " signed_at, published_at, receipt, signature"
)


@dataclass(frozen=True, slots=True)
class CellView:
    """One line of a report beside the period before."""

    indicator: Indicator
    cell: Cell
    before: Cell | None

    @property
    def value(self) -> str | None:
        """As it is printed."""
        return self.cell.shown

    @property
    def previous(self) -> str | None:
        """上期."""
        return None if self.before is None else self.before.shown

    @property
    def change(self) -> float | None:
        """环比, in percent."""
        now, was = self.cell.value, None if self.before is None else self.before.value
        return None if now is None or not was else round((now - was) * 100 / was, 2)


@dataclass(frozen=True, slots=True)
class ReportView:
    """A report."""

    id: UUID
    division: str
    superior: str | None
    period: Period
    state: ReportState
    version: int
    cells: Mapping[str, Cell]
    findings: Sequence[Finding]
    missing: Sequence[str]
    prepared_by: str
    prepared_at: datetime
    signed_by: str | None
    signed_at: datetime | None
    published_at: datetime | None
    receipt: Mapping[str, str] | None
    signature: Mapping[str, str] | None
    before: Mapping[str, Cell]

    @property
    def lines(self) -> Sequence[CellView]:
        """Its lines in the order of the form."""
        return [
            CellView(indicator, self.cells[code], self.before.get(code))
            for code, indicator in BY_CODE.items()
            if code in self.cells
        ]

    @property
    def typed_cells(self) -> int:
        """How many cells somebody typed."""
        return typed_share(self.cells.values())[0]

    @property
    def due_on(self) -> date:
        """By when a county reports."""
        return self.period.due

    @property
    def frozen(self) -> bool:
        """Whether it was signed."""
        return self.state in FROZEN


@dataclass(frozen=True, slots=True)
class EntryView:
    """One act on a report."""

    act: ReportAct
    version: int
    actor: str
    remarks: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AdjustmentView:
    """One correction of an earlier figure."""

    indicator: Indicator
    about: str
    delta: str
    reason: str
    at: datetime


async def report(viewer: Officer, report_id: UUID) -> ReportView:
    """One report of the viewer's division or one below. Raises ``NotFound``."""
    row = await fetch_one(f"SELECT {_COLUMNS} FROM statistics_report WHERE id = $1", report_id)
    if row is None or not regions.within(row["division"], viewer.division):
        raise NotFound(NO_SUCH_REPORT)
    return (await _viewed([row]))[0]


async def reports(
    viewer: Officer, *, period: str | None, state: ReportState | None, before: UUID | None, limit: int
) -> Sequence[ReportView]:
    """Reports of the viewer's division and below, newest first."""
    first, last = bounds(viewer.division)
    rows = await fetch(
        f"SELECT {_COLUMNS} FROM statistics_report WHERE division BETWEEN $1 AND $2 AND ($3::text IS NULL OR period = $3)"
        " AND ($4::text IS NULL OR state = $4) AND id < $5 ORDER BY id DESC LIMIT $6",
        first,
        last,
        read_period(period).code if period else None,
        state.value if state else None,
        before or _LAST,
        limit,
    )
    return await _viewed(rows)


async def _viewed(rows: Sequence[Row]) -> list[ReportView]:
    wanted = [(row["division"], read_period(row["period"]).before.code) for row in rows]
    earlier = await fetch(
        "SELECT r.division, r.period, r.cells FROM statistics_report r JOIN unnest($1::text[], $2::text[])"
        " AS w(division, period) ON w.division = r.division AND w.period = r.period"
        " WHERE r.state IN ('SIGNED', 'ACCEPTED', 'PUBLISHED')",
        [division for division, _ in wanted],
        [period for _, period in wanted],
    )
    found = {(row["division"], row["period"]): read_cells(row["cells"]) for row in earlier}
    return [read_report(row, found.get(key, {})) for row, key in zip(rows, wanted, strict=True)]


def read_report(row: Row, before: Mapping[str, Cell]) -> ReportView:
    """A report from its row and the cells of the one before."""
    return ReportView(
        row["id"],
        row["division"],
        row["superior"],
        read_period(row["period"]),
        ReportState(row["state"]),
        row["version"],
        read_cells(row["cells"]),
        [read_finding(one) for one in orjson.loads(row["findings"])],
        orjson.loads(row["missing"]),
        row["prepared_by"],
        row["prepared_at"],
        row["signed_by"],
        row["signed_at"],
        row["published_at"],
        _json(row["receipt"]),
        _json(row["signature"]),
        before,
    )


def read_cells(told: str) -> dict[str, Cell]:
    """Cells by code; those of indicators that are no longer declared are left out."""
    held = orjson.loads(told)
    return {code: read_cell(code, cell) for code, cell in held.items() if code in BY_CODE}


def _json(held: str | None) -> Any:
    return None if held is None else orjson.loads(held)


async def entries_of(report_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[EntryView]]:
    """What was done with each report, latest first, at most 50. Reached from visible reports only."""
    rows = await fetch(
        "SELECT e.report_id, e.act, e.version, e.actor, e.remarks, e.created_at FROM unnest($1::uuid[]) AS r(id)"
        " CROSS JOIN LATERAL (SELECT * FROM statistics_report_entry WHERE report_id = r.id ORDER BY id DESC LIMIT 50) e"
        " ORDER BY e.report_id, e.id DESC",
        list(report_ids),
    )
    found: dict[UUID, list[EntryView]] = {report_id: [] for report_id in report_ids}
    for row in rows:
        found[row["report_id"]].append(
            EntryView(ReportAct(row["act"]), row["version"], row["actor"], row["remarks"], row["created_at"])
        )
    return found


async def adjustments_of(report_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[AdjustmentView]]:
    """What each report corrects of earlier ones, at most 50. Reached from visible reports only."""
    rows = await fetch(
        "SELECT a.report_id, a.code, a.about, a.delta, a.reason, a.created_at FROM unnest($1::uuid[]) AS r(id)"
        " CROSS JOIN LATERAL (SELECT * FROM statistics_adjustment WHERE report_id = r.id ORDER BY id LIMIT 50) a"
        " ORDER BY a.report_id, a.id",
        list(report_ids),
    )
    found: dict[UUID, list[AdjustmentView]] = {report_id: [] for report_id in report_ids}
    for row in rows:
        indicator = BY_CODE[row["code"]]
        found[row["report_id"]].append(
            AdjustmentView(
                indicator,
                row["about"],
                shown(indicator, row["delta"]) or "0",
                row["reason"],
                row["created_at"],
            )
        )
    return found


async def run(of: ReportView, limit: int) -> Sequence[ReportView]:
    """The reports of the same division up to this one, as long as it is, the oldest first."""
    rows = await fetch(
        f"SELECT {_COLUMNS} FROM statistics_report WHERE division = $1 AND length(period) = $2 AND period <= $3"
        " ORDER BY period DESC LIMIT $4",
        of.division,
        len(of.period.code),
        of.period.code,
        limit,
    )
    return [read_report(row, {}) for row in reversed(rows)]


async def below(of: ReportView) -> Sequence[ReportView]:
    """The accepted reports of the level below that are in this one, in the order of their codes."""
    rows = await fetch(
        f"SELECT {_COLUMNS} FROM statistics_report WHERE superior = $1 AND period = $2"
        " AND state IN ('ACCEPTED', 'PUBLISHED') ORDER BY division LIMIT 100",
        of.division,
        of.period.code,
    )
    return [read_report(row, {}) for row in rows]
