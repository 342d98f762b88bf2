"""Jobs live in PostgreSQL: enqueued inside the action's own transaction, run by any worker.

A payload holds ids only. No dedupe keys: a duplicate would abort the caller's transaction, and a
wake-up could be refused while the first job is still at work. Every job drains what it finds, so
that an extra wake-up is harmless.
"""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

import orjson
from pgqueuer.db import AsyncpgDriver
from pgqueuer.queries import Queries

from backend.database.record import Transaction, current_request_id


class Job(StrEnum):
    """Every kind of job: the only list."""

    DELIVER_CASE = "deliver_case"
    APPLY_PROVINCE_EVENTS = "apply_province_events"
    ISSUE_CERTIFICATE = "issue_certificate"


async def enqueue(
    tx: Transaction, job: Job, payload: Mapping[str, str], *, after: timedelta | None = None
) -> None:
    """Put a job into the queue with the transaction: both are committed or neither is."""
    await Queries(AsyncpgDriver(tx.connection)).enqueue(
        job.value,
        orjson.dumps(dict(payload)),
        execute_after=after,
        headers={"request_id": current_request_id()},
    )
