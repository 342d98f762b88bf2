"""What operators ask about the exchange with provinces: what is stuck, and how much of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.database.record import fetch
from backend.exchange.models import DeliveryState, Outcome


@dataclass(frozen=True, slots=True)
class DeadDelivery:
    """A case that the province does not take: somebody has to look."""

    id: UUID
    application_id: UUID
    region: str
    attempts: int
    problem: str
    since: datetime


async def dead_deliveries(limit: int) -> Sequence[DeadDelivery]:
    """Deliveries that were given up, the oldest first."""
    rows = await fetch(
        "SELECT id, application_id, region, attempts, last_problem, next_try_at FROM delivery"
        " WHERE state = 'DEAD' ORDER BY id LIMIT $1",
        limit,
    )
    return [
        DeadDelivery(
            row["id"],
            row["application_id"],
            row["region"],
            row["attempts"],
            row["last_problem"],
            row["next_try_at"],
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class StuckEvent:
    """A province's message without effect: it waits for one that never came, or contradicts the case."""

    application_id: UUID
    region: str
    sequence: int
    outcome: Outcome
    since: datetime


async def stuck_events(before: datetime, limit: int) -> Sequence[StuckEvent]:
    """Messages that were impossible, or have waited since ``before`` or longer; the oldest first."""
    rows = await fetch(
        "(SELECT id, application_id, region, sequence, outcome, created_at FROM inbound_event"
        "   WHERE outcome = 'WAITING' AND created_at < $1 ORDER BY created_at LIMIT $2)"
        " UNION ALL"
        " (SELECT id, application_id, region, sequence, outcome, created_at FROM inbound_event"
        "   WHERE outcome = 'IMPOSSIBLE' ORDER BY id LIMIT $2)"
        " ORDER BY created_at, id LIMIT $2",
        before,
        limit,
    )
    return [
        StuckEvent(
            row["application_id"],
            row["region"],
            row["sequence"],
            Outcome(row["outcome"]),
            row["created_at"],
        )
        for row in rows
    ]


async def unfinished_deliveries() -> Mapping[str, float]:
    """How many deliveries are on their way, and how many were given up."""
    (row,) = await fetch(
        "SELECT (SELECT count(*) FROM delivery WHERE state = 'PENDING') AS pending,"
        " (SELECT count(*) FROM delivery WHERE state = 'DEAD') AS dead"
    )
    return {DeliveryState.PENDING: row["pending"], DeliveryState.DEAD: row["dead"]}


async def unapplied_events() -> Mapping[str, float]:
    """How many messages of provinces wait, and how many could not be applied."""
    (row,) = await fetch(
        "SELECT (SELECT count(*) FROM inbound_event WHERE outcome = 'WAITING') AS waiting,"
        " (SELECT count(*) FROM inbound_event WHERE outcome = 'IMPOSSIBLE') AS impossible"
    )
    return {Outcome.WAITING: row["waiting"], Outcome.IMPOSSIBLE: row["impossible"]}
