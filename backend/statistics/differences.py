"""A reported file held against what cases add up to: every difference, and the cases that explain it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from backend.casework.machine import Casework
from backend.database.record import Row, fetch
from backend.errors import NotFound
from backend.kit import regions
from backend.statistics.catalogue import BY_CODE
from backend.statistics.indicators import Indicator, Measure
from backend.statistics.lineage import BETWEEN_BOUNDS, where
from backend.statistics.live import NOT_YOURS
from backend.statistics.periods import Period
from backend.statistics.reported_files import ReportedFile
from backend.statistics.values import Cell, bounds, computed, domains_of, shown
from backend.viewer import Officer

MOST_CASES = 50
"""Cases told per difference."""


class Why(StrEnum):
    """Why a case makes a difference."""

    ONLY_HERE = "ONLY_HERE"
    """It counts here and the file does not name it."""
    OTHER_PERIOD = "OTHER_PERIOD"
    """The file names it, and it counts in another period."""
    OTHER_DIVISION = "OTHER_DIVISION"
    """The file names it, and it lies in another division of the officer's."""
    NOT_COUNTED = "NOT_COUNTED"
    """The file names it, and nothing of it counts here: not granted, another item, a practice case."""
    UNKNOWN = "UNKNOWN"
    """The file names it, and the officer may see no such case."""
    AFTER_SIGNING = "AFTER_SIGNING"
    """It counts here, and came in after the report was signed."""
    IMPORTED = "IMPORTED"
    """Imported cases, which have no number of ours."""


@dataclass(frozen=True, slots=True)
class DifferingCase:
    """One case that explains a part of a difference."""

    why: Why
    case_number: str | None
    application_id: UUID | None
    amount: int


@dataclass(frozen=True, slots=True)
class Difference:
    """One indicator for which the file says something else."""

    indicator: Indicator
    reported: str
    here: str | None
    delta: str | None
    cases: Sequence[DifferingCase] | None
    """None for whoever may not see cases."""
    own_cases: int
    imported_cases: int


@dataclass(frozen=True, slots=True)
class Compared:
    """A file held against the figures."""

    division: str
    period: str
    same: int
    differences: Sequence[Difference]


async def compare(viewer: Officer, work: Casework, file: ReportedFile) -> Compared:
    """Hold a file against the figures of its division. Raises ``NotFound`` for one outside of the viewer's."""
    if not regions.within(file.division, viewer.division):
        raise NotFound(NOT_YOURS)
    domains = domains_of(work.standards)
    here = await computed(fetch, *bounds(file.division), file.period, domains)
    signed_at = await _signed_at(file) if viewer.sees_cases else None
    differences: list[Difference] = []
    same = 0
    for code, reported in file.cells.items():
        cell = here.get(code)
        if cell is None:
            continue  # nothing here to compare it with: it is typed
        if cell.value == reported:
            same += 1
        else:
            differences.append(
                await _explained(viewer, file, cell, reported, signed_at=signed_at, domains=domains)
            )
    return Compared(file.division, file.period.code, same, differences)


async def _explained(
    viewer: Officer,
    file: ReportedFile,
    cell: Cell,
    reported: int,
    *,
    signed_at: datetime | None,
    domains: Mapping[str, str],
) -> Difference:
    indicator = BY_CODE[cell.code]
    delta = None if cell.value is None else cell.value - reported
    cases: Sequence[DifferingCase] | None = None
    counted: Sequence[Row] = ()
    if indicator.measure is not None:
        counted = await _counted(file, indicator.measure, domains)
        if viewer.sees_cases:
            named = file.cases.get(indicator.code)
            cases = [
                *_only_here(counted, named, signed_at),
                *(await _only_there(viewer, file, indicator.measure, domains, _beyond(counted, named or ()))),
            ][:MOST_CASES]
    return Difference(
        indicator,
        shown(indicator, reported) or "",
        cell.shown,
        shown(indicator, delta),
        cases,
        sum(row["application_id"] is not None for row in counted),
        sum(row["application_id"] is None for row in counted),
    )


async def _counted(file: ReportedFile, measure: Measure, domains: Mapping[str, str]) -> Sequence[Row]:
    condition, values = where(measure, file.period, domains)
    amount = measure.amount.value
    return await fetch(
        f"SELECT g.application_id, a.case_number, g.amount, g.since FROM (SELECT f.application_id, f.imported_id,"
        f" sum(f.{amount})::bigint AS amount, max(f.created_at) AS since FROM statistics_fact f"
        f" WHERE {BETWEEN_BOUNDS} AND {condition}"
        f" GROUP BY f.application_id, f.imported_id HAVING sum(f.{amount}) <> 0) g"
        " LEFT JOIN application a ON a.id = g.application_id ORDER BY g.since DESC LIMIT 5000",
        *bounds(file.division),
        *values,
    )


async def _signed_at(file: ReportedFile) -> datetime | None:
    rows = await fetch(
        "SELECT signed_at FROM statistics_report WHERE division = $1 AND period = $2",
        file.division,
        file.period.code,
    )
    return rows[0]["signed_at"] if rows else None


def _only_here(
    counted: Sequence[Row], named: Sequence[str] | None, signed_at: datetime | None
) -> Sequence[DifferingCase]:
    """Cases of ours that the file does not name; without names in it, those that came in after it was signed."""
    known = None if named is None else frozenset(named)
    found = []
    for row in counted:
        late = signed_at is not None and row["since"] > signed_at
        if row["application_id"] is None:
            found.append(DifferingCase(Why.IMPORTED, None, None, row["amount"]))
        elif late:
            found.append(
                DifferingCase(Why.AFTER_SIGNING, row["case_number"], row["application_id"], row["amount"])
            )
        elif known is not None and row["case_number"] not in known:
            found.append(
                DifferingCase(Why.ONLY_HERE, row["case_number"], row["application_id"], row["amount"])
            )
    return found


def _beyond(counted: Sequence[Row], named: Sequence[str]) -> Sequence[str]:
    """The numbers in the file that count nowhere here."""
    here = {row["case_number"] for row in counted}
    return [number for number in named if number not in here]


async def _only_there(
    viewer: Officer,
    file: ReportedFile,
    measure: Measure,
    domains: Mapping[str, str],
    wanted: Sequence[str],
) -> Sequence[DifferingCase]:
    """Cases that the file names and that do not count here, each with its reason."""
    if not wanted:
        return ()
    condition, values = where(measure, Period(0, file.period.cadence), domains)
    rows = await fetch(
        "SELECT a.id, a.case_number, a.division, EXISTS (SELECT 1 FROM statistics_fact f WHERE f.application_id = a.id"
        f" AND {condition}) AS counts FROM application a"
        " WHERE a.case_number = ANY($9::text[]) AND left(a.division, 6) BETWEEN $1 AND $2 AND a.state <> 'DRAFT'",
        *bounds(viewer.division),
        0,
        999_912,
        *values[2:],
        [number for number in wanted if "\0" not in number],  # which PostgreSQL's text cannot hold
    )
    known = {row["case_number"]: row for row in rows}
    found = []
    for number in wanted:
        row = known.get(number)
        if row is None:
            found.append(DifferingCase(Why.UNKNOWN, number, None, 0))
        elif not regions.within(row["division"], file.division):
            found.append(DifferingCase(Why.OTHER_DIVISION, number, row["id"], 0))
        else:
            why = Why.OTHER_PERIOD if row["counts"] else Why.NOT_COUNTED
            found.append(DifferingCase(why, number, row["id"], 0))
    return found
