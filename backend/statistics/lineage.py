"""Lineage both ways: from a figure to the cases behind it, by right, and from a case to the figures it entered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from backend.casework.applications.queries import application
from backend.casework.machine import Casework
from backend.database.record import Row, fetch
from backend.errors import Invalid, NotFound, Text
from backend.kit import regions
from backend.statistics.catalogue import BY_CODE, INDICATORS
from backend.statistics.counting import facts_of_case
from backend.statistics.indicators import Indicator, Measure
from backend.statistics.live import NOT_YOURS
from backend.statistics.periods import Period, read_period
from backend.statistics.values import bounds, domains_of
from backend.viewer import Officer, Viewer

NOT_FROM_CASES = Text("该指标不是由办件生成的。", "This indicator does not come from cases.")
_LAST = UUID(int=2**128 - 1)


@dataclass(frozen=True, slots=True)
class LineageCase:
    """One case behind a figure."""

    id: UUID
    """Of the case."""
    case_number: str | None
    item_code: str
    division: str
    amount: int
    """What it adds."""


@dataclass(frozen=True, slots=True)
class Lineage:
    """What is behind a figure: how much, and from how many cases of ours and imported ones."""

    indicator: Indicator
    total: int
    own_cases: int
    imported_cases: int
    cases: Sequence[LineageCase] | None
    """None for whoever may not see cases: counts only."""


@dataclass(frozen=True, slots=True)
class CaseFigure:
    """A figure that a case entered."""

    indicator: Indicator
    month: str
    division: str
    amount: int


def where(measure: Measure, period: Period, domains: Mapping[str, str]) -> tuple[str, list[object]]:
    """The condition on facts ``f`` that a measure sums in a period, wherever; its values are ``$3`` to ``$8``."""
    items = list(measure.items)
    if not items and measure.domain is not None:
        items = [code for code, domain in domains.items() if domain == measure.domain.value]
    first = 0 if measure.is_stock else period.first_month
    condition = (
        "f.month BETWEEN $3 AND $4 AND f.kind = ANY($5::text[])"
        " AND (cardinality($6::text[]) = 0 OR f.item_code = ANY($6::text[]))"
        " AND ($7::text[] IS NULL OR f.mark = ANY($7::text[])) AND ($8::text IS NULL OR f.area = $8)"
    )
    values: list[object] = [
        first,
        period.last_month,
        [event.value for event in measure.events],
        items,
        sorted(measure.marks) if measure.marks is not None else None,
        measure.area,
    ]
    return condition, values


BETWEEN_BOUNDS = "f.division BETWEEN $1 AND $2"


async def lineage(
    viewer: Officer,
    work: Casework,
    *,
    code: str,
    period: str,
    division: str | None,
    before: UUID | None,
    limit: int,
) -> Lineage:
    """What is behind a figure of the viewer's division or one below, cases newest first.

    Raises ``NotFound`` outside of it and ``Invalid`` for what does not come from cases.
    """
    place = division or viewer.division
    if not regions.within(place, viewer.division):
        raise NotFound(NOT_YOURS)
    indicator = BY_CODE.get(code)
    if indicator is None or indicator.measure is None:
        raise Invalid(NOT_FROM_CASES).about("code")
    domains = domains_of(work.standards)
    condition, values = where(indicator.measure, read_period(period), domains)
    amount = indicator.measure.amount.value
    (row,) = await fetch(
        f"SELECT coalesce(sum(amount), 0)::bigint AS total, count(*) FILTER (WHERE own)::int AS own,"
        f" count(*) FILTER (WHERE NOT own)::int AS imported FROM (SELECT f.application_id IS NOT NULL AS own,"
        f" sum(f.{amount}) AS amount FROM statistics_fact f WHERE {BETWEEN_BOUNDS} AND {condition}"
        " GROUP BY f.application_id, f.imported_id HAVING sum(f." + amount + ") <> 0) g",
        *bounds(place),
        *values,
    )
    cases = None
    if viewer.sees_cases:
        rows = await fetch(
            f"SELECT g.application_id, a.case_number, a.item_code, a.division, g.amount FROM"
            f" (SELECT f.application_id, sum(f.{amount})::bigint AS amount FROM statistics_fact f WHERE {BETWEEN_BOUNDS} AND {condition}"
            f" AND f.application_id < $9 GROUP BY f.application_id HAVING sum(f.{amount}) <> 0"
            "  ORDER BY f.application_id DESC LIMIT $10) g JOIN application a ON a.id = g.application_id"
            " ORDER BY g.application_id DESC",
            *bounds(place),
            *values,
            before or _LAST,
            limit,
        )
        cases = [_case(one) for one in rows]
    return Lineage(indicator, row["total"], row["own"], row["imported"], cases)


def _case(row: Row) -> LineageCase:
    return LineageCase(
        row["application_id"], row["case_number"], row["item_code"], row["division"], row["amount"]
    )


async def figures_of_case(viewer: Viewer, work: Casework, application_id: UUID) -> Sequence[CaseFigure]:
    """The figures that a case entered; nothing for a case that the viewer may not see."""
    if await application(viewer, application_id) is None:
        return ()
    domains = domains_of(work.standards)
    return [figure for row in await facts_of_case(application_id) for figure in entered(row, domains)]


def entered(row: Row, domains: Mapping[str, str]) -> Sequence[CaseFigure]:
    """The figures that one fact is in."""
    found = []
    for indicator in INDICATORS:
        measure = indicator.measure
        if measure is None:
            continue
        counted = measure.counts(row["kind"], row["item_code"], domains) and measure.takes(
            row["mark"], row["area"]
        )
        if counted and (amount := row[measure.amount.value]):
            month = f"{row['month'] // 100}-{row['month'] % 100:02d}"
            found.append(CaseFigure(indicator, month, row["division"], amount))
    return found
