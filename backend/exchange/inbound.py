"""What a province tells us: kept at once, applied in its order, each message once."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from uuid import UUID

import orjson
import structlog

from backend.casework.applications.decisions import record_decision
from backend.casework.applications.events import locked_state, record_event
from backend.casework.applications.queries import Decision
from backend.casework.lifecycle import TRANSITIONS, CaseEventKind, CaseState
from backend.casework.machine import Casework
from backend.database import audit
from backend.database.jobs import Job, enqueue
from backend.database.record import Row, Transaction, fetch, transaction
from backend.errors import NotFound, Text
from backend.exchange.evidence import keep_hops
from backend.exchange.models import Outcome, Way
from backend.exchange_ports import WireHop
from backend.kit import clock
from backend.kit.ids import new_id
from backend.province_ports import ProvinceEvent
from backend.viewer import Machine

log = structlog.get_logger()

LODGED = (
    "JOIN LATERAL (SELECT l.state, l.external_case_number FROM delivery l WHERE l.application_id = i.application_id"
    " AND l.region = i.region AND l.kind = 'LODGE' ORDER BY l.sequence DESC LIMIT 1) d ON true"
)
"""How a message's case was lodged with the region that says it."""
UNKNOWN_CASE = Text("没有这个办件。", "There is no such case.")


async def receive(work: Casework, event: ProvinceEvent, *, hops: Sequence[WireHop] = ()) -> bool:
    """Keep a verified message; False when it was kept before. Raises ``NotFound`` for an unknown case.

    ``hops``: how it was heard, kept as evidence with it.
    """
    async with transaction() as tx:
        case = await tx.fetch_one(
            "SELECT a.id FROM application a JOIN delivery d ON d.application_id = a.id AND d.kind = 'LODGE'"
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
        await keep_hops(
            tx,
            work.resources.keys.ring,
            hops,
            application_id=case["id"],
            region=event.region,
            way=Way.IN,
            what="callback",
            message_id=inbound_id,
        )
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
            f"SELECT i.id, i.region, i.sealed, d.external_case_number FROM inbound_event i {LODGED}"  # noqa: S608 - our own words
            " WHERE i.application_id = $1 AND i.outcome = 'WAITING' AND d.state = 'DELIVERED'"
            " AND i.sequence <= 1 + COALESCE((SELECT max(done.sequence) FROM inbound_event done"
            "   WHERE done.application_id = $1 AND done.region = i.region AND done.outcome <> 'WAITING'), 0)"
            " ORDER BY i.sequence, i.id LIMIT 1",
            application_id,
        )
        if row is None or state is None:
            return False
        outcome = await _settle(tx, work, application_id, row, state=state)
        if outcome is Outcome.IMPOSSIBLE:
            await audit.append(
                tx,
                subject=f"application:{application_id}",
                kind="province_message_impossible",
                actor=f"machine:province-{row['region']}",
                detail={"message": str(row["id"]), "state": state.value},
            )
        await tx.execute("UPDATE inbound_event SET outcome = $2 WHERE id = $1", row["id"], outcome.value)
    return True


async def _settle(
    tx: Transaction, work: Casework, application_id: UUID, row: Row, *, state: CaseState
) -> Outcome:
    """Apply one message, or find that it cannot be; whatever cannot be is found before anything is written."""
    told = orjson.loads(work.resources.keys.ring.open(row["sealed"], context=f"inbound_event:{row['id']}"))
    kind = CaseEventKind(told["kind"])
    if (state, kind) not in TRANSITIONS or told["external_case_number"] != row["external_case_number"]:
        log.warning("province_event_impossible", region=row["region"], kind=kind.value, state=state.value)
        return Outcome.IMPOSSIBLE
    actor = Machine(f"province-{row['region']}")
    detail = {"happenedAt": told["happened_at"], **_fee(told["result"])}
    if kind is CaseEventKind.ACCEPTED:
        await record_event(tx, work, application_id, kind, before=state, actor=actor, detail=detail)
    else:
        await record_decision(
            tx, work, application_id, kind, _decision(told), before=state, actor=actor, detail=detail
        )
    return Outcome.APPLIED


def _fee(result: object) -> Mapping[str, int]:
    """What the province took for it, where it says so: supervision knows which items are free."""
    fee = result.get("feeFen") if isinstance(result, dict) else None
    return {"feeFen": fee} if type(fee) is int else {}


def _decision(told: Mapping[str, object]) -> Decision:
    result = told["result"]
    facts = result if isinstance(result, dict) else {}
    monthly, start = facts.get("monthlyFen"), facts.get("from")
    return Decision(
        approved=told["kind"] == CaseEventKind.APPROVED.value,
        reason=str(told["reason"]) if told["reason"] else None,
        result_number=str(told["result_number"]) if told["result_number"] else None,
        monthly_fen=monthly if type(monthly) is int else None,
        paid_from=start if isinstance(start, str) else None,
    )


async def wake_waiting(grace: timedelta = timedelta(seconds=30), limit: int = 500) -> int:
    """Wake cases with messages that could be applied and whose job got lost; returns how many."""
    rows = await fetch(
        f"SELECT DISTINCT i.application_id FROM inbound_event i {LODGED}"  # noqa: S608 - our own words
        " WHERE d.state = 'DELIVERED' AND i.outcome = 'WAITING' AND i.created_at < $1"
        " AND i.sequence <= 1 + COALESCE((SELECT max(done.sequence) FROM inbound_event done"
        "   WHERE done.application_id = i.application_id AND done.region = i.region AND done.outcome <> 'WAITING'), 0)"
        " AND NOT EXISTS (SELECT FROM pgqueuer q WHERE q.entrypoint = 'apply_province_events'"
        "   AND convert_from(q.payload, 'UTF8')::jsonb ->> 'application' = i.application_id::text)"
        " LIMIT $2",
        clock.now() - grace,
        limit,
    )
    async with transaction() as tx:
        for row in rows:
            await enqueue(tx, Job.APPLY_PROVINCE_EVENTS, {"application": str(row["application_id"])})
    return len(rows)
