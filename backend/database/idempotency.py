"""A write that is asked for twice happens once, and is answered twice with the same thing.

The record is written in the action's own transaction: if the action is rolled back, so is the
record, and the client may try again with the same key.
"""

from hashlib import sha256
from uuid import UUID

import orjson
from tortoise import fields

from backend.database.record import Record, Transaction
from backend.errors import Conflict, ProblemCode, Text
from backend.kit import clock
from backend.kit.ids import new_id

KEY_REUSED = Text(
    "该幂等键已用于另一个请求，请为新的请求生成新的幂等键。",
    "This idempotency key was used for a different request. Make a new key for a new request.",
)


class IdempotencyRecord(Record):
    """Who asked for what under which key, and which subject came of it."""

    actor = fields.CharField(max_length=80)
    key = fields.CharField(max_length=80)
    operation = fields.CharField(max_length=60)
    input_digest = fields.CharField(max_length=64)
    subject_id = fields.UUIDField()

    class Meta:
        table = "idempotency_record"
        unique_together = (("actor", "key"),)


async def once(
    tx: Transaction, *, actor: str, operation: str, key: str, given: object, subject: UUID
) -> UUID | None:
    """Claim ``key`` for this operation. None the first time; on a repeat the first answer's subject.

    ``given`` is the input without personal data; a repeat with another input raises
    ``Conflict(IDEMPOTENCY_KEY_REUSED)``. A repeat that runs beside the first waits for it.
    """
    digest = sha256(orjson.dumps([operation, given], option=orjson.OPT_SORT_KEYS)).hexdigest()
    claimed = await tx.fetch_one(
        "INSERT INTO idempotency_record (id, created_at, actor, key, operation, input_digest, subject_id)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (actor, key) DO NOTHING RETURNING id",
        new_id(),
        clock.now(),
        actor,
        key,
        operation,
        digest,
        subject,
    )
    if claimed is not None:
        return None
    first = await tx.fetch_one(
        "SELECT input_digest, subject_id FROM idempotency_record WHERE actor = $1 AND key = $2", actor, key
    )
    if first is None or first["input_digest"] != digest:
        raise Conflict(KEY_REUSED, code=ProblemCode.IDEMPOTENCY_KEY_REUSED)
    known: UUID = first["subject_id"]
    return known
