"""The audit trail: entries chained per subject, written with the act they tell of.

A chain per subject and not one for all: a global chain would make every write wait for every other.
Details hold ids, codes and levels, never personal data.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256

import orjson
from tortoise import fields
from tortoise.indexes import Index

from backend.database.record import Record, Transaction
from backend.kit import clock
from backend.kit.ids import new_id

GENESIS = "0" * 64


class AuditEntry(Record):
    """One thing that somebody did to a subject, and the digest that binds it to the one before."""

    subject = fields.CharField(max_length=80)
    sequence = fields.IntField()
    kind = fields.CharField(max_length=60)
    actor = fields.CharField(max_length=80)
    detail: Mapping[str, object] = fields.JSONField()
    at = fields.DatetimeField()
    previous_digest = fields.CharField(max_length=64)
    digest = fields.CharField(max_length=64)
    batch: int | None = fields.IntField(null=True)
    """The number of the batch that it was sealed in; see ``audit_batches``."""

    class Meta:
        table = "audit_entry"
        unique_together = (("subject", "sequence"),)
        indexes = (
            Index(fields=("actor", "at")),
            Index(fields=("batch", "id")),
        )


class AuditBatch(Record):
    """Some entries, sealed together: what they were, the root of their tree, and a seal over all of it."""

    number = fields.IntField(unique=True)
    leaves = fields.BinaryField()
    """Of each entry, in the order of their ids, 16 bytes of its id and 32 of its digest."""
    root = fields.CharField(max_length=70)
    previous_seal = fields.CharField(max_length=70)
    sealed_at = fields.DatetimeField()
    seal = fields.CharField(max_length=70)

    class Meta:
        table = "audit_batch"


def entry_digest(
    previous: str, *, subject: str, sequence: int, kind: str, actor: str, detail: object, at: datetime
) -> str:
    """SHA-256 over the previous digest and everything this entry says, hex."""
    told = [previous, subject, sequence, kind, actor, detail, at.astimezone(UTC).isoformat()]
    return sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()


async def append(
    tx: Transaction, *, subject: str, kind: str, actor: str, detail: Mapping[str, object] | None = None
) -> None:
    """Add the next entry of ``subject``'s chain inside the caller's transaction.

    ``subject`` and ``actor`` are typed ids such as ``person:0190…``.
    """
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", subject)
    last = await tx.fetch_one(
        "SELECT sequence, digest FROM audit_entry WHERE subject = $1 ORDER BY sequence DESC LIMIT 1", subject
    )
    sequence, previous = (last["sequence"] + 1, last["digest"]) if last else (1, GENESIS)
    at = clock.now()
    told = dict(detail or {})
    await tx.execute(
        "INSERT INTO audit_entry (id, created_at, subject, sequence, kind, actor, detail, at, previous_digest, digest)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb, $2, $8, $9)",
        new_id(),
        at,
        subject,
        sequence,
        kind,
        actor,
        orjson.dumps(told).decode(),
        previous,
        entry_digest(
            previous, subject=subject, sequence=sequence, kind=kind, actor=actor, detail=told, at=at
        ),
    )
