"""Circuit breaker (熔断) for each outside system, shared by all processes through PostgreSQL.

Closed: everybody asks. After ``THRESHOLD`` failures in a row it opens: nobody asks for a while, so that a
system that is down costs neither seats nor patience. Then exactly one asks; what became of that closes the
breaker or opens it for twice as long.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from random import uniform
from typing import TypeVar

import structlog

from backend.database.jobs import Job, hasten
from backend.database.record import fetch_one, transaction
from backend.errors import Text, Unavailable
from backend.kit import clock
from backend.kit.ids import new_id

log = structlog.get_logger()

THRESHOLD = 5
"""Failures in a row."""
FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(minutes=5)
PROBE = timedelta(seconds=20)
"""For how long the one who asks first is waited for; longer than a call may take."""

CLOSED_NOW = Text(
    "该地区平台暂停服务，请稍后再查。", "This region's platform is out of service; ask again later."
)
TOO_SLOW = Text(
    "该地区平台应答过慢，请稍后再查。", "This region's platform answers too slowly; ask again later."
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether to ask now, and if not, when."""

    admitted: bool
    wait: timedelta = timedelta()
    troubled: bool = False
    """Whether the last call failed: then a success has to be told."""


async def admit(upstream: str) -> Admission:
    """May ``upstream`` be asked now? Of many who ask at the end of a pause, one may."""
    row = await fetch_one("SELECT failures, open_until FROM breaker WHERE upstream = $1", upstream)
    if row is None or row["open_until"] is None:
        return Admission(admitted=True, troubled=row is not None and row["failures"] > 0)
    now = clock.now()
    if row["open_until"] > now:
        return Admission(admitted=False, wait=row["open_until"] - now, troubled=True)
    async with transaction() as tx:
        probing = await tx.fetch_one(
            "UPDATE breaker SET probe_until = $3 WHERE upstream = $1 AND open_until <= $2"
            " AND (probe_until IS NULL OR probe_until <= $2) RETURNING upstream",
            upstream,
            now,
            now + PROBE,
        )
    return Admission(admitted=probing is not None, wait=timedelta(seconds=uniform(1, 3)), troubled=True)  # noqa: S311 - spreads load


async def failed(upstream: str, problem: str) -> None:
    """Count a failure; the one that is too many opens the breaker, and so does a failed probe."""
    now = clock.now()
    async with transaction() as tx:
        row = await tx.fetch_one(
            "INSERT INTO breaker AS b (id, created_at, upstream, failures, last_problem) VALUES ($1, $2, $3, 1, $4)"
            " ON CONFLICT (upstream) DO UPDATE SET last_problem = $4,"
            "  failures = b.failures + CASE WHEN b.open_until > $2 THEN 0 ELSE 1 END,"
            "  probe_until = CASE WHEN b.open_until > $2 THEN b.probe_until END,"
            "  opened_at = CASE WHEN b.failures + 1 >= $5 THEN coalesce(b.opened_at, $2) END,"
            "  open_until = CASE WHEN b.open_until > $2 THEN b.open_until WHEN b.failures + 1 >= $5"
            "    THEN $2 + least($6 * power(2, least(b.failures + 1 - $5, 20)), $7) * $8 * interval '1 second' END"
            " RETURNING failures, open_until",
            new_id(),
            now,
            upstream,
            problem,
            THRESHOLD,
            FIRST_PAUSE.total_seconds(),
            LONGEST_PAUSE.total_seconds(),
            uniform(0.9, 1.1),  # noqa: S311 - spreads load, protects nothing
        )
    if row is not None and row["failures"] == THRESHOLD:
        log.error("breaker_opened", upstream=upstream, code=problem)


async def succeeded(upstream: str) -> bool:
    """Close it and wake what has waited; True for the one who does."""
    async with transaction() as tx:
        row = await tx.fetch_one(
            "WITH before AS MATERIALIZED (SELECT upstream, opened_at FROM breaker"
            "   WHERE upstream = $1 AND failures > 0 FOR UPDATE)"
            " UPDATE breaker b SET failures = 0, open_until = NULL, probe_until = NULL, opened_at = NULL"
            " FROM before WHERE b.upstream = before.upstream RETURNING before.opened_at",
            upstream,
        )
    closed = row is not None and row["opened_at"] is not None
    if closed:
        log.warning("breaker_closed", upstream=upstream)
        await hasten(Job.DELIVER_CASE, upstream, within=timedelta(seconds=5))
    return closed


async def guarded(upstream: str, ask: Callable[[], Awaitable[T]], *, patience: float | None = None) -> T:
    """What ``ask`` answers, if ``upstream`` may be asked now and answers within ``patience`` (seconds).

    Raises ``Unavailable``.
    """
    admission = await admit(upstream)
    if not admission.admitted:
        raise Unavailable(CLOSED_NOW, retry_after=max(1.0, admission.wait.total_seconds()))
    try:
        async with asyncio.timeout(patience):
            answer = await ask()
    except TimeoutError:
        await failed(upstream, "TOO_SLOW")
        raise Unavailable(TOO_SLOW) from None
    except Unavailable as refusal:
        await failed(upstream, refusal.code.value)
        raise
    if admission.troubled:
        await succeeded(upstream)
    return answer
