"""数据回流: each region is told of its residents' cases that were handled elsewhere, nightly and resumable.

Which cases these are is written down with the event that ends them. At night they are put together in batches,
each sealed as it will be sent; a batch is sent until its receipt is on record, under its own id, so that a night
that was interrupted goes on where it was and nothing arrives twice.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from uuid import UUID

import orjson
import structlog

from backend.casework.lifecycle import CaseEvent, CaseEventKind
from backend.casework.machine import Casework
from backend.database.record import Transaction, fetch, fetch_one, transaction
from backend.errors import Conflict, Refusal, Text
from backend.exchange.breaker import guarded
from backend.exchange_ports import ProvinceDesk
from backend.kit import clock, regions
from backend.kit.ids import new_id
from backend.people.identity.queries import facts_of

log = structlog.get_logger()

ENDS = frozenset({CaseEventKind.APPROVED, CaseEventKind.REFUSED, CaseEventKind.NOT_ACCEPTED})
BATCH = 200
OVERTAKEN = Text("另一进程正在回流。", "Another run is sending these records.")


def tell_home_when_ended(
    desks: Mapping[str, ProvinceDesk],
) -> Callable[[Transaction, CaseEvent], Awaitable[None]]:
    """The reactor that writes down whose home region is to be told of a case that has ended elsewhere."""

    async def react(tx: Transaction, event: CaseEvent) -> None:
        if event.kind not in ENDS or not desks:
            return
        person = await tx.fetch_one("SELECT household_division FROM person WHERE id = $1", event.person_id)
        household = person["household_division"] if person else None
        home = regions.nearest(household or "", desks)
        if home is None or event.division.startswith(home):
            return
        await tx.execute(
            "INSERT INTO flow_back (id, created_at, application_id, region) VALUES ($1, $2, $3, $4)"
            " ON CONFLICT (application_id) DO NOTHING",
            new_id(),
            event.at,
            event.application_id,
            home,
        )

    return react


async def flow_back(work: Casework) -> int:
    """Send every region what is to be sent; how many records were received. Safe to run again and beside itself.

    A region that does not answer is left for the next run; the others are not.
    """
    received = 0
    for region, desk in sorted(work.resources.ports.desks.items()):
        try:
            while (batch := await _next_batch(work, region)) is not None:
                received += await _send(work, region, desk, batch)
        except Conflict:
            continue
        except Refusal as refusal:
            log.warning("flow_back_interrupted", region=region, code=refusal.code.value)
    return received


async def _next_batch(work: Casework, region: str) -> UUID | None:
    """The oldest batch that has no receipt, or one that is put together now; None when there is nothing."""
    row = await fetch_one(
        "SELECT id FROM flow_back_batch WHERE region = $1 AND sent_at IS NULL ORDER BY id LIMIT 1", region
    )
    if row is not None:
        batch_id: UUID = row["id"]
        return batch_id
    rows = await fetch(
        "SELECT f.id, a.person_id, a.case_number, a.item_code, a.task_code, a.division, a.state, a.submitted_at,"
        " (SELECT max(e.at) FROM case_event e WHERE e.application_id = a.id"
        "   AND e.kind IN ('APPROVED', 'REFUSED', 'NOT_ACCEPTED')) AS decided_at"
        " FROM flow_back f JOIN application a ON a.id = f.application_id"
        " WHERE f.region = $1 AND f.batch_id IS NULL ORDER BY f.id LIMIT $2",
        region,
        BATCH,
    )
    if not rows:
        return None
    records = [
        {
            "caseNo": row["case_number"],
            "itemCode": row["item_code"],
            "itemName": work.standards.get(row["item_code"]).name.zh,
            "taskCode": row["task_code"],
            "areaCode": row["division"],
            "state": row["state"],
            "applyTime": row["submitted_at"].isoformat(),
            "decidedAt": row["decided_at"].isoformat(),
            "applicant": await _applicant(work, row["person_id"]),
        }
        for row in rows
    ]
    return await _put_together(work, region, [row["id"] for row in rows], records)


async def _applicant(work: Casework, person_id: UUID) -> Mapping[str, object]:
    person = await facts_of(person_id, work.resources)
    return {"name": person.name, "certType": "10", "certNo": person.resident_id}


async def _put_together(
    work: Casework, region: str, wanted: Sequence[UUID], records: Sequence[Mapping[str, object]]
) -> UUID:
    """The batch. Raises ``Conflict`` where another run was faster with any of it: then that one sends it."""
    batch_id = new_id()
    sealed = work.resources.keys.ring.seal(orjson.dumps(records), context=f"flow_back_batch:{batch_id}")
    async with transaction() as tx:
        await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"flow_back:{region}")
        taken = await tx.fetch(
            "UPDATE flow_back SET batch_id = $2 WHERE id = ANY($1::uuid[]) AND batch_id IS NULL RETURNING id",
            list(wanted),
            batch_id,
        )
        if len(taken) != len(wanted):
            # Another run has put some of it together; its transaction is done, so its batch is found next.
            raise Conflict(OVERTAKEN)
        await tx.execute(
            "INSERT INTO flow_back_batch (id, created_at, region, records_sealed, count) VALUES ($1, $2, $3, $4, $5)",
            batch_id,
            clock.now(),
            region,
            sealed,
            len(records),
        )
    return batch_id


async def _send(work: Casework, region: str, desk: ProvinceDesk, batch_id: UUID) -> int:
    row = await fetch_one("SELECT records_sealed, count FROM flow_back_batch WHERE id = $1", batch_id)
    if row is None:
        raise LookupError("a batch that was found a moment ago")
    records = orjson.loads(
        work.resources.keys.ring.open(row["records_sealed"], context=f"flow_back_batch:{batch_id}")
    )
    receipt = await guarded(region, lambda: desk.take_records(batch_id, records))
    async with transaction() as tx:
        kept = await tx.fetch_one(
            "UPDATE flow_back_batch SET sent_at = $2, receipt = $3 WHERE id = $1 AND sent_at IS NULL RETURNING id",
            batch_id,
            clock.now(),
            receipt,
        )
    return row["count"] if kept is not None else 0
