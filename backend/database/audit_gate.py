"""What was refused at a gate, before anybody was known: told in the audit trail as sums, never one by one.

A gate counts, in its own process. Once a minute at most the sums that grew become one entry in the chain of their
day, so that whoever knocks a million times writes no more than whoever knocks once.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager

import orjson
import structlog

from backend.database import audit
from backend.database.record import transaction
from backend.kit import clock
from backend.kit.every import every

KIND = "refused_at_gate"
EVERY = 60.0
"""Seconds between two entries of one gate."""

log = structlog.get_logger()


async def tell_refusals(gate: str, sums: Mapping[str, int]) -> int:
    """Put on record what a gate has refused since it last was; how much that is.

    ``gate`` names one process of its whole life, ``sums`` all that it ever refused, by kind. Telling the same
    sums again, or in two places at once, adds nothing.
    """
    if not any(sums.values()):
        return 0
    actor = f"machine:{gate}"
    async with transaction() as tx:
        await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 5))", actor)
        row = await tx.fetch_one(
            "SELECT detail FROM audit_entry WHERE actor = $1 AND kind = $2 ORDER BY at DESC, id DESC LIMIT 1",
            actor,
            KIND,
        )
        before = orjson.loads(row["detail"])["sums"] if row else {}
        new = {kind: told - before.get(kind, 0) for kind, told in sorted(sums.items())}
        new = {kind: more for kind, more in new.items() if more > 0}
        if new:
            kept = {kind: max(told, before.get(kind, 0)) for kind, told in sorted(sums.items())}
            await audit.append(
                tx,
                subject=f"gate:{clock.today().isoformat()}",
                kind=KIND,
                actor=actor,
                detail={"new": new, "sums": before | kept},
            )
    return sum(new.values())


def telling_refusals(
    gate: str, sums: Callable[[], Mapping[str, int]], *, seconds: float = EVERY
) -> AbstractAsyncContextManager[None]:
    """Tell a gate's refusals while it is open, and once more when it closes."""
    return every(seconds, lambda: _told(gate, sums()))


async def _told(gate: str, sums: Mapping[str, int]) -> None:
    try:
        await tell_refusals(gate, sums)
    except Exception:
        log.exception("refusals_not_told")  # the next time tells all of them
