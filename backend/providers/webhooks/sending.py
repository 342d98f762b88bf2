"""Sending what is due: signed, retried over days, given up in the open; a bad receiver costs its own time only."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import uniform
from uuid import UUID

import orjson
import structlog
from standardwebhooks import Webhook as Signer

from backend.database.jobs import Job, enqueue
from backend.database.record import Row, fetch, fetch_one, transaction
from backend.kit import clock
from backend.provider_ports import HookOutcome, HookProblem
from backend.providers.organisations.actions import tell
from backend.resources import Resources

log = structlog.get_logger()

PAUSES: Sequence[timedelta] = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""Between one try and the next (the schedule that Standard Webhooks recommends): a little more than three days."""
DISABLED_AFTER = timedelta(days=5)
"""A receiver that has not taken anything for so long hears nothing more until somebody switches it on again."""
IN_ONE_GO = 20
"""Deliveries of one receiver before others have their turn."""
LONGEST_GO = timedelta(seconds=10)
"""And for no longer than this plus one attempt: whoever answers slowly does not hold the seats of all."""
HELD_FOR = timedelta(minutes=2)
"""Who takes a delivery up has it for so long: longer than any attempt."""
NEVER_AGAIN = frozenset({HookProblem.GONE, HookProblem.PRIVATE_ADDRESS})


@dataclass(frozen=True, slots=True)
class _Due:
    """A delivery that was taken up."""

    id: UUID
    body: bytes
    attempts: int


async def send_due(resources: Resources, webhook_id: UUID, *, longest: timedelta = LONGEST_GO) -> int:
    """Send what is due to one receiver, in order, until it fails; how much arrived. Safe beside itself.

    After so many or so long the rest is a job of its own, behind those of others.
    """
    arrived, until = 0, time.monotonic() + longest.total_seconds()
    for _ in range(IN_ONE_GO):
        hook = await _hook(webhook_id)
        if hook is None:
            return arrived
        due = await _take(webhook_id)
        if due is None:
            return arrived
        outcome = await resources.ports.webhooks.carry(
            hook["url"], due.body, await signed(resources, webhook_id, due.id, due.body)
        )
        await _record(hook, due, outcome)
        if outcome.problem is not None:
            return arrived
        arrived += 1
        if time.monotonic() >= until:
            break
    async with transaction() as tx:
        await enqueue(tx, Job.SEND_WEBHOOKS, {"application": str(webhook_id)})
    return arrived


async def wake_webhooks() -> int:
    """Receivers with something due get a job, unless one waits or is at it, for the worker's clock; how many."""
    rows = await fetch(
        "SELECT webhook.id FROM webhook WHERE disabled_at IS NULL AND (paused_until IS NULL OR paused_until <= $1)"
        " AND EXISTS (SELECT FROM webhook_delivery delivery WHERE delivery.webhook_id = webhook.id"
        "  AND delivery.state = 'PENDING' AND delivery.next_try_at <= $1)"
        " AND NOT EXISTS (SELECT FROM pgqueuer q WHERE q.entrypoint = 'send_webhooks'"
        "  AND convert_from(q.payload, 'UTF8')::jsonb ->> 'application' = webhook.id::text) LIMIT 1000",
        clock.now(),
    )
    async with transaction() as tx:
        for row in rows:
            await enqueue(tx, Job.SEND_WEBHOOKS, {"application": str(row["id"])})
    return len(rows)


async def signed(resources: Resources, webhook_id: UUID, message: UUID, body: bytes) -> Mapping[str, str]:
    """The headers of Standard Webhooks, with a signature of each secret that counts."""
    rows = await fetch(
        "SELECT id, secret_sealed FROM webhook_secret WHERE webhook_id = $1 AND (expires_at IS NULL OR expires_at > $2)"
        " ORDER BY id DESC",
        webhook_id,
        clock.now(),
    )
    at, name = clock.now(), message_id(message)
    signatures = [
        Signer(resources.keys.ring.open(row["secret_sealed"], context=f"webhook.secret:{row['id']}")).sign(
            name, at, body.decode()
        )
        for row in rows
    ]
    return {
        "content-type": "application/json",
        "webhook-id": name,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def message_id(delivery: UUID) -> str:
    """What a receiver recognises a repeat by."""
    return f"msg_{delivery.hex}"


async def _hook(webhook_id: UUID) -> Row | None:
    return await fetch_one(
        "SELECT id, organisation_id, url, failing_since FROM webhook WHERE id = $1 AND disabled_at IS NULL"
        " AND (paused_until IS NULL OR paused_until <= $2)",
        webhook_id,
        clock.now(),
    )


async def _take(webhook_id: UUID) -> _Due | None:
    now = clock.now()
    async with transaction() as tx:
        row = await tx.fetch_one(
            "WITH chosen AS MATERIALIZED (SELECT id FROM webhook_delivery WHERE webhook_id = $1 AND state = 'PENDING'"
            " AND next_try_at <= $2 ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)"
            " UPDATE webhook_delivery held SET next_try_at = $3, attempts = attempts + 1 FROM chosen"
            " WHERE held.id = chosen.id RETURNING held.id, held.created_at, held.event, held.subject, held.subject_state,"
            " held.subject_version, held.attempts",
            webhook_id,
            now,
            now + HELD_FOR,
        )
    return None if row is None else _Due(row["id"], body_of(row), row["attempts"])


def body_of(row: Mapping[str, object]) -> bytes:
    """The message: what happened, to what, and how it stands. The same bytes at every try."""
    return orjson.dumps(
        {
            "type": row["event"],
            "timestamp": row["created_at"],
            "data": {
                "id": row["subject"],
                "state": row["subject_state"],
                "version": row["subject_version"],
            },
        },
        option=orjson.OPT_UTC_Z,
    )


async def _record(hook: Row, due: _Due, outcome: HookOutcome) -> None:
    now = clock.now()
    failed = outcome.problem is not None
    last = failed and due.attempts > len(PAUSES)
    pause = PAUSES[min(due.attempts, len(PAUSES)) - 1] * uniform(1.0, 1.2)  # noqa: S311 - spreads load, protects nothing
    state = "DELIVERED" if not failed else "FAILED" if last else "PENDING"
    async with transaction() as tx:
        await tx.execute(
            "UPDATE webhook_delivery SET state = $2::text, next_try_at = $3, last_problem = $4, last_status = $5,"
            " last_milliseconds = $6, delivered_at = CASE WHEN $2::text = 'DELIVERED' THEN $7 ELSE delivered_at END"
            " WHERE id = $1",
            due.id,
            state,
            now + pause,
            outcome.problem,
            outcome.status,
            outcome.milliseconds,
            now,
        )
        if not failed:
            await tx.execute(
                "UPDATE webhook SET failing_since = NULL, paused_until = NULL WHERE id = $1", hook["id"]
            )
            return
        await tx.execute(
            "UPDATE webhook SET failing_since = coalesce(failing_since, $2), paused_until = $3 WHERE id = $1",
            hook["id"],
            now,
            now + pause,
        )
        if outcome.problem in NEVER_AGAIN or _too_long(hook["failing_since"], now):
            why = outcome.problem if outcome.problem in NEVER_AGAIN else "FAILING_FOR_DAYS"
            await tx.execute(
                "UPDATE webhook SET disabled_at = $2, disabled_because = $3 WHERE id = $1",
                hook["id"],
                now,
                why,
            )
            await tell(
                tx,
                hook["organisation_id"],
                "webhook_disabled",
                "machine:webhooks",
                {"webhook": str(hook["id"]), "because": str(why)},
            )
    if last:
        log.warning("webhook_given_up", webhook=str(hook["id"]))


def _too_long(since: datetime | None, now: datetime) -> bool:
    return since is not None and now - since >= DISABLED_AFTER
