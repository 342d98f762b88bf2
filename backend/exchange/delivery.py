"""Handing a case over: at least once on the wire, exactly once in effect.

The steps are a tuple so that a process can die between any two of them and the next one carries on:
the delivery's id is the idempotency key on the wire, and each record is a guarded statement.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import uniform
from uuid import UUID

import orjson
import structlog

from backend.casework.applications.actions import open_answers
from backend.casework.applications.events import locked_state, record_event
from backend.casework.facts import known_facts
from backend.casework.lifecycle import CaseEventKind
from backend.casework.machine import Casework
from backend.casework.materials.queries import material_contents
from backend.database.jobs import Job, enqueue, pause
from backend.database.record import Transaction, fetch, fetch_one, transaction
from backend.errors import Invalid, Refusal, Text, TooMany, Unavailable
from backend.exchange import breaker
from backend.exchange.evidence import keep_hops
from backend.exchange.models import DeliveryKind, Way
from backend.exchange_ports import WireHop, listening
from backend.kit import clock, regions
from backend.kit.ids import new_id
from backend.kit.item_codes import base_code
from backend.people.identity.queries import facts_of
from backend.province_ports import CaseToLodge, MaterialToLodge, ProvinceConnector, Receipt
from backend.viewer import Machine

log = structlog.get_logger()

ACTOR = Machine("delivery")
BROKEN = Text(
    "处理该报文时程序多次出错，已停止投递；其他办件不受影响。",
    "Our own program failed on this message again and again; it was stopped, other cases go on.",
)
MOST_BUGS = 8
"""Tries after which a message that our own program fails on is given up."""


@dataclass(frozen=True, slots=True)
class Handing:
    """A delivery on its way through the steps."""

    delivery_id: UUID
    application_id: UUID
    region: str
    case: CaseToLodge | None = None
    receipt: Receipt | None = None
    kind: DeliveryKind = DeliveryKind.LODGE
    hops: list[WireHop] = field(default_factory=list)
    """What was said on the wire meanwhile, to be kept as evidence."""


Step = Callable[[Casework, Handing], Awaitable[Handing]]


def region_of(provinces: Mapping[str, ProvinceConnector], division: str) -> str:
    """The region whose platform works on cases of ``division``; empty where organs work in this installation."""
    return regions.nearest(division, provinces) or ""


async def send_off(tx: Transaction, application_id: UUID, region: str, at: datetime) -> None:
    """Set a case on its way to the platform of ``region``, with the transaction.

    What another region was still to be told of it is set aside: the case is no longer that region's.
    """
    await tx.execute(
        "UPDATE delivery SET state = 'SET_ASIDE' WHERE application_id = $1 AND region <> $2"
        " AND state IN ('PENDING', 'DEAD')",
        application_id,
        region,
    )
    await tx.execute(
        "INSERT INTO delivery (id, created_at, application_id, kind, sequence, region, state, attempts, next_try_at)"
        " SELECT $1, $2, $3, 'LODGE', coalesce(max(sequence), 0) + 1, $4, 'PENDING', 0, $2"
        " FROM delivery WHERE application_id = $3",
        new_id(),
        at,
        application_id,
        region,
    )
    await enqueue(tx, Job.DELIVER_CASE, {"application": str(application_id)}, lane=region)


async def prepare(work: Casework, handing: Handing) -> Handing:
    """Open what the province needs. Nothing of it is kept outside of this process's memory."""
    row = await fetch_one(
        "SELECT a.person_id, a.item_code, a.division, a.task_code, a.case_number, a.submitted_at, a.due_on,"
        " a.answers_sealed, a.assurance, a.figures, d.mended"
        " FROM application a LEFT JOIN delivery d ON d.id = $2 WHERE a.id = $1",
        handing.application_id,
        handing.delivery_id,
    )
    if row is None:
        raise LookupError("a delivery without its case")
    item = work.standards.get(row["item_code"])
    person = await facts_of(row["person_id"], work.resources)
    answers = open_answers(work, handing.application_id, row["answers_sealed"])
    day = clock.local(row["submitted_at"]).date()
    materials = await material_contents(work, handing.application_id)
    names = {material.code: material.name.zh for material in item.materials}
    case = CaseToLodge(
        delivery_id=handing.delivery_id,
        case_number=row["case_number"],
        task_code=row["task_code"],
        item_code=base_code(row["task_code"]),
        item_name=item.name.zh,
        division=row["division"],
        applicant_name=person.name,
        applicant_resident_id=person.resident_id,
        assurance=row["assurance"],
        submitted_at=row["submitted_at"],
        promised_due=row["due_on"],
        answers={
            **answers,
            "facts": known_facts(item, person, answers, row["division"], day),
            "figures": orjson.loads(row["figures"]),
        },
        materials=[
            MaterialToLodge(m.code, names[m.code], m.file_name, m.media_type, m.sha256, m.content)
            for m in materials
        ],
    )
    return replace(handing, case=replace(case, **orjson.loads(row["mended"] or "{}")))


async def lodge(work: Casework, handing: Handing) -> Handing:
    """Hand over on the wire; a repeat with the same delivery id takes effect once."""
    if handing.case is None:
        raise LookupError("prepare comes first")
    with listening(handing.hops):
        receipt = await _connector(work, handing.region).lodge(handing.case)
    return replace(handing, receipt=receipt)


async def record(work: Casework, handing: Handing) -> Handing:
    """Keep the receipt, tell the timeline, and wake what waited for it: once, whoever comes first."""
    if handing.receipt is None:
        raise LookupError("lodge comes first")
    async with transaction() as tx:
        state = await locked_state(tx, handing.application_id)
        kept = await tx.fetch_one(
            "WITH before AS MATERIALIZED (SELECT id, delivered_at FROM delivery WHERE id = $1 FOR UPDATE)"
            " UPDATE delivery d SET state = 'DELIVERED', external_case_number = $2, receipt = $3::jsonb,"
            " delivered_at = $4, last_problem = NULL FROM before WHERE d.id = before.id AND d.state = 'PENDING'"
            " RETURNING before.delivered_at AS told_at",
            handing.delivery_id,
            handing.receipt.external_case_number,
            orjson.dumps({"signed": handing.receipt.evidence}).decode(),
            handing.receipt.received_at,
        )
        await _keep(tx, work, handing)
        # A delivery that was reconciled comes here again; the timeline has it already.
        if kept is not None and kept["told_at"] is None and state is not None:
            await record_event(
                tx,
                work,
                handing.application_id,
                CaseEventKind.LODGED,
                before=state,
                actor=ACTOR,
                detail={"region": handing.region, "externalCaseNumber": handing.receipt.external_case_number},
            )
            await enqueue(tx, Job.APPLY_PROVINCE_EVENTS, {"application": str(handing.application_id)})
    return handing


STEPS: tuple[Step, ...] = (prepare, lodge, record)


async def deliver(work: Casework, application_id: UUID, steps: tuple[Step, ...] = STEPS) -> None:
    """Take what a case has to tell its province through the steps, one message after the other.

    A failure is noted and tried again later, with growing pauses; what is refused as such is given up
    and holds back the case's later messages, and nobody else's. While the region's breaker is open
    nothing is tried and nothing counted.
    """
    while (handing := await _next(application_id)) is not None:
        admission = await breaker.admit(handing.region)
        if not admission.admitted:
            await _hold_back(handing, admission.wait)
            return
        try:
            for step in steps:
                handing = await step(work, handing)
        except (Unavailable, TooMany) as refusal:
            await _tell_breaker(handing, admission, refusal)
            await _try_later(work, handing, refusal)
            return
        except Refusal as refusal:
            await _tell_breaker(handing, admission, refusal)
            await _give_up(work, handing, refusal)
            return
        except Exception:
            if not await _give_up_after_bugs(handing):
                raise
            log.exception("delivery_broken", delivery=str(handing.delivery_id), region=handing.region)
            return
        await _tell_breaker(handing, admission, None)


async def _tell_breaker(handing: Handing, admission: breaker.Admission, refusal: Refusal | None) -> None:
    """A region that says no is there; of one that was not asked yet nothing is known."""
    if handing.case is None or isinstance(refusal, TooMany):
        return
    if isinstance(refusal, Unavailable):
        await breaker.failed(handing.region, refusal.code.value)
    elif admission.troubled:
        await breaker.succeeded(handing.region)


async def _next(application_id: UUID) -> Handing | None:
    """The first message of a case that is neither delivered nor set aside, unless it is dead."""
    row = await fetch_one(
        "SELECT id, region, kind, state FROM delivery WHERE application_id = $1"
        " AND state IN ('PENDING', 'DEAD') ORDER BY sequence LIMIT 1",
        application_id,
    )
    if row is None or row["state"] != "PENDING":
        return None
    return Handing(row["id"], application_id, row["region"], kind=DeliveryKind(row["kind"]))


def _connector(work: Casework, region: str) -> ProvinceConnector:
    connector = work.resources.ports.provinces.get(region)
    if connector is None:
        raise Invalid(
            Text(
                f"没有接入代码为 {region} 的地区。", f"No region {region} is connected to this installation."
            )
        )
    return connector


async def _keep(tx: Transaction, work: Casework, handing: Handing) -> None:
    await keep_hops(
        tx,
        work.resources.keys.ring,
        handing.hops,
        application_id=handing.application_id,
        region=handing.region,
        way=Way.OUT,
        what=handing.kind.value.lower(),
        message_id=handing.delivery_id,
    )


async def _hold_back(handing: Handing, wait: timedelta) -> None:
    """Come again when the region is asked again; this was no try."""
    spread = timedelta(seconds=uniform(0, 3))  # noqa: S311 - spreads load, protects nothing
    async with transaction() as tx:
        await tx.execute(
            "UPDATE delivery SET next_try_at = $2 WHERE id = $1 AND state = 'PENDING'",
            handing.delivery_id,
            clock.now() + wait + spread,
        )
        await enqueue(
            tx,
            Job.DELIVER_CASE,
            {"application": str(handing.application_id)},
            after=wait + spread,
            lane=handing.region,
        )


async def _try_later(work: Casework, handing: Handing, refusal: Refusal) -> None:
    async with transaction() as tx:
        row = await tx.fetch_one(
            "UPDATE delivery SET attempts = attempts + 1, last_problem = $2, explanation = $3::jsonb"
            " WHERE id = $1 AND state = 'PENDING' RETURNING attempts",
            handing.delivery_id,
            refusal.code.value,
            _explained(refusal.message),
        )
        await _keep(tx, work, handing)
        if row is None:
            return
        wait = max(pause(row["attempts"] - 1), timedelta(seconds=refusal.retry_after or 0))
        await tx.execute(
            "UPDATE delivery SET next_try_at = $2 WHERE id = $1", handing.delivery_id, clock.now() + wait
        )
        await enqueue(
            tx,
            Job.DELIVER_CASE,
            {"application": str(handing.application_id)},
            after=wait,
            lane=handing.region,
        )
    log.warning(
        "delivery_postponed",
        delivery=str(handing.delivery_id),
        region=handing.region,
        code=refusal.code.value,
        attempts=row["attempts"],
        seconds=round(wait.total_seconds(), 1),
    )


async def _give_up(work: Casework, handing: Handing, refusal: Refusal) -> None:
    async with transaction() as tx:
        given_up = await tx.fetch_one(
            "UPDATE delivery SET state = 'DEAD', attempts = attempts + 1, last_problem = $2, explanation = $3::jsonb"
            " WHERE id = $1 AND state = 'PENDING' RETURNING id",
            handing.delivery_id,
            refusal.code.value,
            _explained(refusal.message),
        )
        await _keep(tx, work, handing)
    if given_up is not None:
        log.error(
            "delivery_dead", delivery=str(handing.delivery_id), region=handing.region, code=refusal.code.value
        )


async def _give_up_after_bugs(handing: Handing) -> bool:
    """Count a bug of our own; True where it was one too many, and the message is a dead letter now."""
    async with transaction() as tx:
        row = await tx.fetch_one(
            "UPDATE delivery SET attempts = attempts + 1,"
            " state = CASE WHEN attempts + 1 >= $2 THEN 'DEAD' ELSE state END,"
            " last_problem = 'INTERNAL', explanation = $3::jsonb"
            " WHERE id = $1 AND state = 'PENDING' RETURNING state",
            handing.delivery_id,
            MOST_BUGS,
            _explained(BROKEN),
        )
    return row is not None and row["state"] == "DEAD"


def _explained(message: Text) -> str:
    return orjson.dumps({"zh": message.zh, "en": message.en}).decode()


async def wake_overdue(grace: timedelta = timedelta(seconds=30), limit: int = 500) -> int:
    """Wake deliveries that are due and have no job, waiting, at work or held; returns how many.

    A delivery without a job has lost it (to an operator's hand, or to a worker that died between
    two statements). One whose job failed is not woken: failing again each minute would help nobody.
    """
    rows = await fetch(
        "SELECT d.application_id, d.region FROM delivery d WHERE d.state = 'PENDING' AND d.next_try_at < $1"
        " AND NOT EXISTS (SELECT FROM delivery b WHERE b.application_id = d.application_id"
        "   AND b.sequence < d.sequence AND b.state IN ('PENDING', 'DEAD'))"
        " AND NOT EXISTS (SELECT FROM pgqueuer q"
        "   WHERE q.entrypoint IN ('deliver_case', 'deliver_case.' || d.region) AND convert_from(q.payload, 'UTF8')::jsonb ->> 'application' = d.application_id::text)"
        " ORDER BY d.next_try_at LIMIT $2",
        clock.now() - grace,
        limit,
    )
    async with transaction() as tx:
        for row in rows:
            payload = {"application": str(row["application_id"])}
            await enqueue(tx, Job.DELIVER_CASE, payload, lane=row["region"])
    return len(rows)
