"""Keeping one material of a draft, whatever way it came: sealed bytes first, then one row, then the old bytes go."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

import orjson

from backend.casework.applications.events import STALE
from backend.casework.definitions import MaterialSource
from backend.casework.lifecycle import NOT_A_DRAFT
from backend.casework.machine import Casework
from backend.casework.materials import unclaimed
from backend.database.record import Transaction, transaction
from backend.errors import Conflict, ProblemCode, Refusal
from backend.kit import clock
from backend.kit.ids import new_id


@dataclass(frozen=True, slots=True)
class Incoming:
    """A material on its way in. Lives in memory only."""

    code: str
    source: MaterialSource
    supplied_by: str
    """A typed id: ``person:…``, ``officer:…`` or ``machine:…``."""
    file_name: str
    media_type: str
    content: bytes
    evidence: Mapping[str, object] | None = None
    """What proves where it comes from: number and issuer of a licence, the attested statement."""

    @property
    def sha256(self) -> str:
        """Digest of the bytes as they came, hex."""
        return sha256(self.content).hexdigest()


Claim = Callable[[Transaction, UUID], Awaitable[UUID | None]]
"""Asked inside the transaction with the new id: None to go on, or the id that an earlier call made."""


async def keep(work: Casework, application_id: UUID, incoming: Incoming, claim: Claim) -> UUID:
    """Put a material on a draft, or on a case whose open correction lists it, in place of an earlier one of its code; its id.

    Raises whatever ``claim`` raises and ``Conflict`` once the case does not take it any more; the bytes go again then.
    """
    material_id = new_id()
    file_key = f"materials/{application_id}/{material_id}"
    ring, files = work.resources.keys.ring, work.resources.ports.files
    # The bytes go first, so that a row never points to nothing; they go away again if there is no row.
    await unclaimed.expect(file_key)
    try:
        await files.put(file_key, ring.seal_bytes(incoming.content, context=f"material.file:{material_id}"))
        async with transaction() as tx:
            known = await claim(tx, material_id)
            if known is None:
                await _note(tx, work, application_id, material_id, file_key, incoming)
    except Refusal:
        await unclaimed.drop(files, file_key)
        raise
    if known is not None:
        await unclaimed.drop(files, file_key)
        return known
    return material_id


async def _note(  # noqa: PLR0917 - one row's columns
    tx: Transaction,
    work: Casework,
    application_id: UUID,
    material_id: UUID,
    file_key: str,
    incoming: Incoming,
) -> None:
    ring = work.resources.keys.ring
    open_still = await tx.fetch_one(
        "UPDATE application SET version = version + 1 WHERE id = $1 AND (state = 'DRAFT'"
        " OR (state IN ('CORRECTION', 'REVIEW_CORRECTION') AND EXISTS (SELECT FROM correction_notice notice"
        "  WHERE notice.application_id = $1 AND notice.state = 'OPEN' AND notice.materials ? $2))) RETURNING id",
        application_id,
        incoming.code,
    )
    if open_still is None:
        raise Conflict(NOT_A_DRAFT)
    if not await unclaimed.claim(tx, file_key):
        raise Conflict(STALE, code=ProblemCode.STALE_VERSION)
    replaced = await tx.fetch_one(
        "DELETE FROM material WHERE application_id = $1 AND code = $2 RETURNING file_key",
        application_id,
        incoming.code,
    )
    name = incoming.file_name[:200].encode(errors="replace")
    evidence = (
        None
        if incoming.evidence is None
        else ring.seal(orjson.dumps(incoming.evidence), context=f"material.evidence:{material_id}")
    )
    await tx.execute(
        "INSERT INTO material (id, created_at, application_id, code, source, supplied_by, file_key,"
        " file_name_sealed, media_type, size, sha256, evidence_sealed)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        material_id,
        clock.now(),
        application_id,
        incoming.code,
        incoming.source,
        incoming.supplied_by,
        file_key,
        ring.seal(name, context=f"material.name:{material_id}"),
        incoming.media_type,
        len(incoming.content),
        incoming.sha256,
        evidence,
    )
    if replaced is not None:
        await unclaimed.give_up(tx, work.resources.ports.files, replaced["file_key"])
