"""Signed reports are handed to the ministry's statistics system, each version once, until it has said that it has them."""

from datetime import timedelta

import orjson
import structlog

from backend.casework.machine import Casework
from backend.database.jobs import pause
from backend.database.record import Row, transaction
from backend.errors import Refusal, Unavailable
from backend.kit import clock
from backend.statistics_ports import SignedReport, StatisticsSystem

AT_ONCE = 50
SEAT = timedelta(minutes=2)
"""For so long a report is one worker's; one that died with it in hand is taken up again."""

log = structlog.get_logger()


async def lodge_due(work: Casework) -> int:
    """Hand over what is due; returns how many were taken. Safe beside itself."""
    system = work.resources.ports.statistics
    if system is None:
        return 0
    async with transaction() as tx:
        rows = await tx.fetch(
            "WITH chosen AS MATERIALIZED (SELECT id FROM statistics_report WHERE lodging_due <= $1"
            " ORDER BY lodging_due LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED)"
            " UPDATE statistics_report r SET lodging_due = $3, lodging_tries = lodging_tries + 1 FROM chosen"
            " WHERE r.id = chosen.id RETURNING r.id, r.version, r.division, r.period, r.snapshot, r.signature,"
            " r.lodging_tries",
            clock.now(),
            AT_ONCE,
            clock.now() + SEAT,
        )
    taken = 0
    for row in rows:
        taken += await _lodge(system, row)
    return taken


async def _lodge(system: StatisticsSystem, row: Row) -> int:
    snapshot = orjson.loads(row["snapshot"])
    report = SignedReport(
        row["id"],
        snapshot["version"],
        row["division"],
        row["period"],
        row["snapshot"],
        orjson.loads(row["signature"]),
    )
    try:
        receipt = await system.lodge(report)
    except Unavailable:
        await _set(row, "lodging_due = $3", clock.now() + pause(row["lodging_tries"]))
        return 0
    except Refusal as refusal:
        # Trying again will not help: somebody has to look.
        log.error("statistics_report_refused", report=str(row["id"]), code=refusal.code)  # noqa: TRY400 - expected, and its text is no news
        await _set(row, "lodging_due = NULL")
        return 0
    told = {"number": receipt.number, "receivedAt": receipt.received_at, "evidence": receipt.evidence}
    await _set(row, "lodging_due = NULL, receipt = $3::jsonb", orjson.dumps(told).decode())
    return 1


async def _set(row: Row, what: str, *values: object) -> None:
    """Only where the same snapshot is still the one: it may have been returned and signed anew meanwhile."""
    async with transaction() as tx:
        await tx.execute(
            f"UPDATE statistics_report SET {what} WHERE id = $1 AND snapshot = $2",
            row["id"],
            row["snapshot"],
            *values,
        )
