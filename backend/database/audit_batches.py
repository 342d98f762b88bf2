"""Sealing the audit trail: in batches, each under the root of a Merkle tree, each bound to the batch before.

A chain per subject shows that nothing was changed in the middle of it; it does not show an end that was cut
off, nor a chain that somebody with the database in hand wrote anew. Batches show both: a seal is keyed, and
the key is not in the database. Sealing runs beside the requests, so that no write waits for another.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

import structlog

from backend.database.audit import GENESIS
from backend.database.record import fetch_one, transaction
from backend.kit import clock
from backend.kit.ids import new_id
from backend.kit.sealing import BlindIndex

log = structlog.get_logger()

MOST = 5_000
"""Entries of one batch: a quarter of a megabyte of leaves."""
LOCK = 0x4155444954
"""Key of the advisory lock under which one process at a time seals."""

Leaf = tuple[UUID, str]
"""An entry's id and its digest in hex."""


def merkle_root(leaves: Sequence[Leaf]) -> str:
    """The root over the entries, as RFC 6962 §2.1 has it: leaves and nodes are told apart by their first byte."""
    return _root(
        [sha256(b"\0" + entry.bytes + bytes.fromhex(digest)).digest() for entry, digest in leaves]
    ).hex()


def _root(level: Sequence[bytes]) -> bytes:
    if not level:
        return sha256().digest()
    while len(level) > 1:
        pairs = [sha256(b"\1" + level[at] + level[at + 1]).digest() for at in range(0, len(level) - 1, 2)]
        level = [*pairs, *level[2 * len(pairs) :]]
    return level[0]


def packed(leaves: Sequence[Leaf]) -> bytes:
    """Leaves as a batch keeps them."""
    return b"".join(entry.bytes + bytes.fromhex(digest) for entry, digest in leaves)


def unpacked(held: bytes) -> list[Leaf]:
    """The leaves of a batch. Raises ``ValueError`` for something that is none."""
    if len(held) % 48:
        raise ValueError("leaves have 48 bytes each")
    return [(UUID(bytes=held[at : at + 16]), held[at + 16 : at + 48].hex()) for at in range(0, len(held), 48)]


def seal_of(key: BlindIndex, *, number: int, root: str, previous: str, sealed_at: datetime) -> str:
    """The keyed digest over a batch and the one before it; it names its suite."""
    return key.of(f"{number}\0{root}\0{previous}\0{sealed_at.astimezone(UTC).isoformat()}", "audit.batch")


async def seal_entries(key: BlindIndex) -> int:
    """Seal whatever was written since the last batch; how many entries. For the worker's clock.

    Each root and its seal are logged as well: a log that is kept elsewhere is what the whole table of
    batches can be checked against.
    """
    sealed = 0
    while held := await _seal_one(key):
        sealed += held
        if held < MOST:
            break
    return sealed


async def _seal_one(key: BlindIndex) -> int:
    async with transaction() as tx:
        alone = await tx.fetch_one("SELECT pg_try_advisory_xact_lock($1) AS got", LOCK)
        if alone is None or not alone["got"]:
            return 0
        last = await tx.fetch_one("SELECT number, seal FROM audit_batch ORDER BY number DESC LIMIT 1")
        number, previous = (last["number"] + 1, last["seal"]) if last else (1, GENESIS)
        # By id, so that all of a batch is one reading; a late commit is simply in the next one.
        rows = await tx.fetch(
            "UPDATE audit_entry SET batch = $1 WHERE id IN"
            " (SELECT id FROM audit_entry WHERE batch IS NULL ORDER BY id LIMIT $2) RETURNING id, digest",
            number,
            MOST,
        )
        if not rows:
            return 0
        leaves = sorted((UUID(int=row["id"].int), str(row["digest"])) for row in rows)
        now, root = clock.now(), merkle_root(leaves)
        seal = seal_of(key, number=number, root=root, previous=previous, sealed_at=now)
        await tx.execute(
            "INSERT INTO audit_batch (id, created_at, number, leaves, root, previous_seal, sealed_at, seal)"
            " VALUES ($1, $2, $3, $4, $5, $6, $2, $7)",
            new_id(),
            now,
            number,
            packed(leaves),
            root,
            previous,
            seal,
        )
    log.info("audit_batch_sealed", batch=number, entries=len(leaves), root=root, seal=seal)
    return len(leaves)


async def unsealed_seconds() -> float:
    """For how long the oldest entry has waited to be sealed; 0 when none does."""
    row = await fetch_one("SELECT at FROM audit_entry WHERE batch IS NULL ORDER BY id LIMIT 1")
    return max(0.0, (clock.now() - row["at"]).total_seconds()) if row else 0.0
