"""What a province tells us: kept at once, applied in its order, each message once."""

from dataclasses import asdict
from uuid import UUID

import orjson
import structlog

from backend.casework.applications.decisions import record_decision
from backend.casework.applications.events import locked_state, record_event
from backend.casework.applications.queries import Decision
from backend.casework.lifecycle import CaseEventKind, CaseState
from backend.casework.machine import Casework
from backend.database.jobs import Job, enqueue
from backend.database.record import Row, Transaction, transaction
from backend.errors import Conflict, NotFound, Text
from backend.kit import clock
from backend.kit.ids import new_id
from backend.ports import ProvinceEvent, ProvinceEventKind
from backend.viewer import Machine

log = structlog.get_logger()

UNKNOWN_CASE = Text("没有这个办件。", "There is no such case.")


async def receive(work: Casework, event: ProvinceEvent) -> bool:
    """Keep a verified message; False when it was kept before. Raises ``NotFound`` for an unknown case."""
    async with transaction() as tx:
        case = await tx.fetch_one(
            "SELECT a.id FROM application a JOIN delivery d ON d.application_id = a.id"
            " WHERE a.case_number = $1 AND d.region = $2"
            " AND (d.external_case_number IS NULL OR d.external_case_number = $3)",
            event.case_number,
            event.region,
            event.external_case_number,
        )
        if case is None:
            raise NotFound(UNKNOWN_CASE)
        inbound_id = new_id()
        told = orjson.dumps({**asdict(event), "result": dict(event.result)})
        kept = await tx.fetch_one(
            "INSERT INTO inbound_event (id, created_at, application_id, region, event_id, sequence, sealed, outcome)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, 'WAITING') ON CONFLICT (region, event_id) DO NOTHING RETURNING id",
            inbound_id,
            clock.now(),
            case["id"],
            event.region,
            event.event_id,
            event.sequence,
            work.resources.keys.ring.seal(told, context=f"inbound_event:{inbound_id}"),
        )
        if kept is None:
            return False
        await enqueue(tx, Job.APPLY_PROVINCE_EVENTS, {"application": str(case["id"])})
    return True


async def apply_waiting(work: Casework, application_id: UUID) -> int:
    """Apply what waits for a case, in order and without gaps; returns how many messages were settled.

    Nothing is applied before the hand-over is on record, so that the timeline tells it in order.
    """
    settled = 0
    while await _apply_next(work, application_id):
        settled += 1
    return settled


async def _apply_next(work: Casework, application_id: UUID) -> bool:
    async with transaction() as tx:
        state = await locked_state(tx, application_id)
        row = await tx.fetch_one(
            "SELECT i.id, i.region, i.sealed FROM inbound_event i JOIN delivery d ON d.application_id = i.application_id"
            " WHERE i.application_id = $1 AND i.outcome = 'WAITING' AND d.state = 'DELIVERED'"
            " AND i.sequence <= 1 + COALESCE((SELECT max(done.sequence) FROM inbound_event done"
            "   WHERE done.application_id = $1 AND done.outcome <> 'WAITING'), 0)"
            " ORDER BY i.sequence, i.id LIMIT 1",
            application_id,
        )
        if row is None or state is None:
            return False
        told = orjson.loads(
            work.resources.keys.ring.open(row["sealed"], context=f"inbound_event:{row['id']}")
        )
        outcome = await _apply(tx, work, application_id, state, told, row)
        await tx.execute("UPDATE inbound_event SET outcome = $2 WHERE id = $1", row["id"], outcome)
    return True


async def _apply(
    tx: Transaction, work: Casework, application_id: UUID, state: CaseState, told: dict[str, object], row: Row
) -> str:
    actor = Machine(f"province-{row['region']}")
    kind = ProvinceEventKind(str(told["kind"]))
    try:
        match kind:
            case ProvinceEventKind.ACCEPTED:
                await record_event(
                    tx, work, application_id, CaseEventKind.ACCEPTED, before=state, actor=actor
                )
            case ProvinceEventKind.NOT_ACCEPTED:
                await record_event(
                    tx, work, application_id, CaseEventKind.NOT_ACCEPTED, before=state, actor=actor
                )
            case ProvinceEventKind.APPROVED | ProvinceEventKind.REFUSED:
                decision = _decision(told, approved=kind is ProvinceEventKind.APPROVED)
                await record_decision(tx, work, application_id, decision, before=state, actor=actor)
    except Conflict as refusal:
        log.warning(
            "province_event_impossible", region=row["region"], kind=kind.value, code=refusal.code.value
        )
        return "IMPOSSIBLE"
    return "APPLIED"


def _decision(told: dict[str, object], *, approved: bool) -> Decision:
    result = told["result"]
    facts = result if isinstance(result, dict) else {}
    monthly, start = facts.get("monthlyFen"), facts.get("from")
    return Decision(
        approved=approved,
        reason=str(told["reason"]) if told["reason"] else None,
        result_number=str(told["result_number"]) if told["result_number"] else None,
        monthly_fen=monthly if isinstance(monthly, int) else None,
        paid_from=start if isinstance(start, str) else None,
    )
