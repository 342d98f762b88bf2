"""Noting with what happened that it is to be told: one row per receiver that wants it, in the same transaction."""

from uuid import UUID

from backend.database.jobs import Job, enqueue
from backend.database.record import Transaction
from backend.kit import clock
from backend.kit.ids import new_id, node_id
from backend.providers.webhooks.models import HookEvent


async def note(
    tx: Transaction,
    organisation_id: UUID | None,
    event: HookEvent,
    *,
    kind: str,
    subject: UUID,
    state: str,
    version: int,
    place_id: UUID | None = None,
) -> None:
    """Let every receiver of the organisation that listens for ``event`` hear of it. ``kind``: the subject's GraphQL type."""
    if organisation_id is None:
        return
    now = clock.now()
    rows = await tx.fetch(
        "SELECT id FROM webhook WHERE organisation_id = $1 AND disabled_at IS NULL AND events ? $2"
        " AND (places = '[]' OR places ? $3) ORDER BY id",
        organisation_id,
        event,
        str(place_id),
    )
    for row in rows:
        await tx.execute(
            "INSERT INTO webhook_delivery (id, created_at, webhook_id, event, subject, subject_state, subject_version,"
            " state, attempts, next_try_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 'PENDING', 0, $2)",
            new_id(),
            now,
            row["id"],
            event,
            node_id(kind, subject),
            state,
            version,
        )
        await enqueue(tx, Job.SEND_WEBHOOKS, {"application": str(row["id"])})
