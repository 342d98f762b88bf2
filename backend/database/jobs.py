"""Jobs live in PostgreSQL: enqueued inside the action's own transaction, run by any worker.

A payload holds ids only. No dedupe keys: a duplicate would abort the caller's transaction, and a
wake-up could be refused while the first job is still at work. Every job drains what it finds, so
that an extra wake-up is harmless.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from random import uniform

import orjson
from pgqueuer.db import AsyncpgDriver
from pgqueuer.queries import Queries

from backend.database.record import Transaction, current_request_id, fetch, fetch_one, transaction

FIRST_WAIT = timedelta(seconds=2)
LONGEST_WAIT = timedelta(minutes=10)


class Job(StrEnum):
    """Every kind of job: the only list."""

    DELIVER_CASE = "deliver_case"
    APPLY_PROVINCE_EVENTS = "apply_province_events"
    ISSUE_CERTIFICATE = "issue_certificate"
    SEND_NOTICES = "send_notices"
    CHECK_MEANS = "check_means"
    ISSUE_RECEIPT = "issue_receipt"
    TELL_LICENCES = "tell_licences"
    SEND_WEBHOOKS = "send_webhooks"


def entrypoint(job: Job, lane: str | None = None) -> str:
    """The queue's name for a job, and for a lane of it that has seats of its own."""
    return f"{job.value}.{lane}" if lane else job.value


async def enqueue(
    tx: Transaction,
    job: Job,
    payload: Mapping[str, str],
    *,
    after: timedelta | None = None,
    lane: str | None = None,
) -> None:
    """Put a job into the queue with the transaction: both are committed or neither is.

    ``lane``: jobs of one lane take the seats of that lane only, however slow they are.
    """
    await Queries(AsyncpgDriver(tx.connection)).enqueue(
        entrypoint(job, lane),
        orjson.dumps(dict(payload)),
        execute_after=after,
        headers={"request_id": current_request_id()},
    )


async def hasten(job: Job, lane: str, *, within: timedelta) -> None:
    """Let the jobs of a lane that wait for later begin now, spread over ``within``."""
    async with transaction() as tx:
        await tx.execute(
            "UPDATE pgqueuer SET execute_after = now() + random() * $2::interval"
            " WHERE entrypoint = $1 AND status = 'queued' AND execute_after > now() + $2::interval",
            entrypoint(job, lane),
            within,
        )


def pause(failures: int) -> timedelta:
    """How long to wait after so many failures before this one: doubling to ten minutes, jitter of a quarter."""
    doubled: timedelta = min(FIRST_WAIT * 2 ** min(failures, 20), LONGEST_WAIT)
    return doubled * uniform(0.75, 1.25)  # noqa: S311 - spreads load, protects nothing


@dataclass(frozen=True, slots=True)
class HeldJob:
    """A job that failed too often and waits for an operator."""

    id: int
    kind: str
    payload: str
    """The ids it is about, JSON."""
    since: datetime


async def held_jobs(limit: int) -> Sequence[HeldJob]:
    """Jobs that wait for an operator, the oldest first."""
    rows = await fetch(
        "SELECT id, entrypoint, convert_from(payload, 'UTF8') AS payload, updated FROM pgqueuer"
        " WHERE status = 'failed' ORDER BY id LIMIT $1",
        limit,
    )
    return [HeldJob(row["id"], row["entrypoint"], row["payload"], row["updated"]) for row in rows]


async def run_again(ids: Sequence[int]) -> int:
    """Put held jobs back into the queue, with all their tries; returns how many. Safe to run again."""
    async with transaction() as tx:
        rows = await tx.fetch(
            "UPDATE pgqueuer SET status = 'queued', attempts = 0, execute_after = now(), updated = now()"
            " WHERE id = ANY($1::bigint[]) AND status = 'failed' RETURNING id",
            list(ids),
        )
    return len(rows)


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """How the queue stands."""

    due: int
    running: int
    held: int
    oldest_due_seconds: float
    """For how long the oldest due job has waited for a worker: without a worker it only grows."""


async def queue_figures() -> QueueFigures:
    """How the queue stands now."""
    row = await fetch_one(
        "SELECT count(*) FILTER (WHERE status = 'queued' AND execute_after <= now()) AS due,"
        " count(*) FILTER (WHERE status = 'picked') AS running,"
        " count(*) FILTER (WHERE status = 'failed') AS held,"
        " coalesce(extract(epoch FROM now() - min(execute_after)"
        "   FILTER (WHERE status = 'queued' AND execute_after <= now())), 0)::float AS oldest"
        " FROM pgqueuer"
    )
    if row is None:
        raise LookupError("an aggregate always has a row")
    return QueueFigures(row["due"], row["running"], row["held"], row["oldest"])


async def forget_old_log(older_than: timedelta = timedelta(days=30)) -> None:
    """Drop the queue's own log of jobs long done, and its statistics by the second: nothing else does."""
    async with transaction() as tx:
        await tx.execute(
            "DELETE FROM pgqueuer_log WHERE aggregated AND created < now() - $1::interval", older_than
        )
        await tx.execute("DELETE FROM pgqueuer_statistics WHERE created < now() - $1::interval", older_than)
