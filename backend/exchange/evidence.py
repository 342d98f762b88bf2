"""What is kept of every hop: who signed what and when, digests in the open, content sealed."""

from base64 import b64encode
from collections.abc import Sequence
from uuid import UUID

import orjson

from backend.database.record import Transaction
from backend.exchange.models import Way
from backend.exchange_ports import SignedSide, WireHop
from backend.kit import clock
from backend.kit.ids import new_id
from backend.kit.sealing import KeyRing
from backend.kit.signatures import sm3_hex

LARGEST_KEPT = 256 * 1024
"""Bytes of a request that are kept with its hop; of a larger one (photographs) the digest says what it was."""


def hop_context(hop_id: UUID) -> str:
    """What sealed content is bound to."""
    return f"exchange_hop.content:{hop_id}"


async def keep_hops(
    tx: Transaction,
    ring: KeyRing,
    hops: Sequence[WireHop],
    *,
    application_id: UUID,
    region: str,
    way: Way,
    what: str,
    message_id: UUID,
) -> None:
    """Keep what was heard about a case, in the transaction that records what came of it."""
    for hop in hops:
        hop_id = new_id()
        content = {
            "sent": b64encode(hop.sent).decode() if len(hop.sent) <= LARGEST_KEPT else None,
            "received": b64encode(hop.received).decode() if len(hop.received) <= LARGEST_KEPT else None,
        }
        sides = [side for side in (hop.request, hop.answer) if side is not None]
        # Keys are kept once, and for good: keys change, evidence stays.
        await tx.execute(
            "WITH kept AS (INSERT INTO exchange_key (id, created_at, key_id, owner, pem)"
            "  SELECT u.id, $2, u.key_id, u.owner, u.pem FROM unnest($14::uuid[], $15::text[], $16::text[], $17::text[])"
            "   AS u(id, key_id, owner, pem) ON CONFLICT (key_id) DO NOTHING)"
            " INSERT INTO exchange_hop (id, created_at, application_id, region, way, what, message_id, at, outcome,"
            " status, request, answer, content_sealed)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::jsonb, $12::jsonb, $13)",
            hop_id,
            clock.now(),
            application_id,
            region,
            way.value,
            what,
            message_id,
            hop.at,
            hop.outcome,
            hop.status,
            _told(hop.request),
            None if hop.answer is None else _told(hop.answer),
            ring.seal(orjson.dumps(content), context=hop_context(hop_id)),
            [new_id() for _ in sides],
            [key_id(side.key) for side in sides],
            ["ours" if side.signer == "ours" else region for side in sides],
            [side.key for side in sides],
        )


def key_id(pem: str) -> str:
    """What a public key is known by: the SM3 digest of its PEM text."""
    return sm3_hex(pem.strip().encode())


def _told(side: SignedSide) -> str:
    told = {
        "lines": list(side.lines),
        "suite": side.suite,
        "signature": side.signature,
        "key": key_id(side.key),
    }
    return orjson.dumps(told).decode()
