"""How the exchange with each region stands: what is on its way, what was given up, whether it is asked at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from backend.database.record import fetch
from backend.exchange.dead_letters import Operator, scope
from backend.kit import clock


class BreakerState(StrEnum):
    """Whether a region is asked."""

    CLOSED = "CLOSED"
    OPEN = "OPEN"
    HALF_OPEN = "HALF_OPEN"
    """The pause is over; the next call decides."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One region."""

    region: str
    pending: int
    dead: int
    oldest_pending: datetime | None
    breaker: BreakerState
    failures: int
    open_until: datetime | None
    last_problem: str | None


async def lanes(viewer: Operator, regions: Sequence[str]) -> Sequence[Lane]:
    """Every connected region and every one with something on its way, within the viewer's division."""
    rows = await fetch(
        "WITH told AS (SELECT d.region, count(*) FILTER (WHERE d.state = 'PENDING') AS pending,"
        "   count(*) FILTER (WHERE d.state = 'DEAD') AS dead,"
        "   min(d.created_at) FILTER (WHERE d.state = 'PENDING') AS oldest"
        "  FROM delivery d JOIN application a ON a.id = d.application_id"
        "  WHERE d.state IN ('PENDING', 'DEAD') AND starts_with(a.division, $1) GROUP BY d.region)"
        " SELECT r.region, coalesce(told.pending, 0) AS pending, coalesce(told.dead, 0) AS dead, told.oldest,"
        "  coalesce(b.failures, 0) AS failures, b.open_until, b.last_problem"
        " FROM (SELECT unnest($2::varchar[]) AS region UNION SELECT region FROM told) r"
        " LEFT JOIN told ON told.region = r.region LEFT JOIN breaker b ON b.upstream = r.region ORDER BY r.region",
        scope(viewer),
        list(regions),
    )
    now = clock.now()
    return [
        Lane(
            row["region"],
            row["pending"],
            row["dead"],
            row["oldest"],
            _state(row["open_until"], now),
            row["failures"],
            row["open_until"],
            row["last_problem"] if row["failures"] else None,
        )
        for row in rows
    ]


def _state(open_until: datetime | None, now: datetime) -> BreakerState:
    if open_until is None:
        return BreakerState.CLOSED
    return BreakerState.OPEN if open_until > now else BreakerState.HALF_OPEN
