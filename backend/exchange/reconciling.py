"""对账: both sides' account of a day compared, differences listed and repaired.

A day is one of legal time, by the moment of the province's receipt, which both sides keep to the microsecond.
Digests that agree end it. Where they do not, both lists are compared, each difference is set right where that
can be done from here, and the accounts are compared again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

import orjson
import structlog

from backend.casework.machine import Casework
from backend.database.jobs import Job, enqueue
from backend.database.record import Row, fetch, transaction
from backend.errors import NotFound, Refusal, Text
from backend.exchange import breaker
from backend.exchange.dead_letters import Operator, scope
from backend.exchange.models import ReconciliationState
from backend.exchange_ports import DayAccount, DayEntry, ProvinceDesk
from backend.kit import clock
from backend.kit.ids import new_id
from backend.kit.signatures import sm3_hex

log = structlog.get_logger()

LISTED = 200
"""Differences that are kept of one day; more than that is a matter for people anyway."""
BACK = 3
"""Days that the nightly run looks back at: those that could not be compared before are made up for."""
NO_DESK = Text("该地区未接入对账。", "This region is not connected for reconciliation.")


class DifferenceKind(StrEnum):
    """How the two sides differ about a case."""

    MISSING_THERE = "MISSING_THERE"
    """We hold a receipt; they do not know the case. Repaired by delivering it again."""
    MISSING_HERE = "MISSING_HERE"
    """They have it; we hold no receipt. Repaired by asking for the receipt again."""
    BEHIND = "BEHIND"
    """They told us more about it than we have. Repaired by having it told again."""
    OTHER_NUMBER = "OTHER_NUMBER"
    """Their number or ours is another one: for people."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference."""

    delivery_id: UUID
    kind: DifferenceKind


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """How a region's day was found."""

    id: UUID
    region: str
    day: date
    ours: int
    theirs: int | None
    state: ReconciliationState
    differences: Sequence[Difference]
    at: datetime


@dataclass(frozen=True, slots=True)
class _Ours:
    """What we hold of a case of that day."""

    entry: DayEntry
    application_id: UUID


async def reconcile(work: Casework, region: str, day: date) -> Reconciliation:
    """Compare a region's day and repair what differs. Safe to run again and beside itself.

    Raises ``NotFound`` for a region without a desk. A region that does not answer is on record as such, and
    the next run makes up for it.
    """
    desk = work.resources.ports.desks.get(region)
    if desk is None:
        raise NotFound(NO_DESK)
    ours = await _ours(region, day)
    try:
        theirs = await desk.account(day)
        found = [] if theirs == account_of(ours) else await _compare(desk, region, day, ours)
    except Refusal as refusal:
        await breaker.failed(region, refusal.code.value)
        log.warning("reconciliation_unreached", region=region, day=day.isoformat(), code=refusal.code.value)
        return await _keep(region, day, ours, None, state=ReconciliationState.UNREACHED, found=[])
    await breaker.succeeded(region)
    for difference in found:
        await _repair(desk, region, difference, ours)
    state = ReconciliationState.DIFFERENT if found else ReconciliationState.MATCHED
    if found:
        log.error("reconciliation_differs", region=region, day=day.isoformat(), differences=len(found))
    return await _keep(region, day, ours, theirs, state=state, found=found)


def account_of(ours: Mapping[UUID, _Ours]) -> DayAccount:
    """Our account of the same, reckoned as ``DayAccount`` says."""
    lines = sorted(
        f"{one.entry.delivery_id}|{one.entry.external_case_number}|{one.entry.case_number}|{one.entry.said}"
        for one in ours.values()
    )
    return DayAccount(len(lines), sm3_hex("\n".join(lines).encode()))


async def _ours(region: str, day: date) -> Mapping[UUID, _Ours]:
    begin, end = _bounds(day)
    rows = await fetch(
        "SELECT d.id, d.application_id, d.external_case_number, a.case_number,"
        " (SELECT count(*) FROM inbound_event i WHERE i.application_id = d.application_id AND i.region = d.region) AS said"
        " FROM delivery d JOIN application a ON a.id = d.application_id"
        " WHERE d.region = $1 AND d.kind = 'LODGE' AND d.external_case_number IS NOT NULL"
        " AND d.delivered_at >= $2 AND d.delivered_at < $3",
        region,
        begin,
        end,
    )
    return {
        row["id"]: _Ours(
            DayEntry(row["id"], row["external_case_number"], row["case_number"], row["said"]),
            row["application_id"],
        )
        for row in rows
    }


def _bounds(day: date) -> tuple[datetime, datetime]:
    begin = datetime.combine(day, time(), tzinfo=clock.ZONE)
    return begin, begin + timedelta(days=1)


async def _compare(
    desk: ProvinceDesk, region: str, day: date, ours: Mapping[UUID, _Ours]
) -> Sequence[Difference]:
    theirs = {one.delivery_id: one for one in await desk.entries(day)}
    found = list[Difference]()
    for delivery_id, there in theirs.items():
        here = ours.get(delivery_id)
        if here is None:
            found.append(Difference(delivery_id, DifferenceKind.MISSING_HERE))
        elif (here.entry.external_case_number, here.entry.case_number) != (
            there.external_case_number,
            there.case_number,
        ):
            found.append(Difference(delivery_id, DifferenceKind.OTHER_NUMBER))
        elif here.entry.said < there.said:
            found.append(Difference(delivery_id, DifferenceKind.BEHIND))
    found += [
        Difference(delivery_id, DifferenceKind.MISSING_THERE)
        for delivery_id in ours
        if delivery_id not in theirs
    ]
    # What came in while we were asking is no difference: look once more at those that seem to be behind.
    now = await _ours(region, day)
    return [
        one
        for one in found
        if not (
            one.kind is DifferenceKind.BEHIND
            and now[one.delivery_id].entry.said >= theirs[one.delivery_id].said
        )
        and not (one.kind is DifferenceKind.MISSING_HERE and one.delivery_id in now)
    ]


async def _repair(
    desk: ProvinceDesk, region: str, difference: Difference, ours: Mapping[UUID, _Ours]
) -> None:
    match difference.kind:
        case DifferenceKind.MISSING_THERE | DifferenceKind.MISSING_HERE:
            async with transaction() as tx:
                row = await tx.fetch_one(
                    "UPDATE delivery SET state = 'PENDING', next_try_at = $2 WHERE id = $1 AND region = $3"
                    " AND state IN ('PENDING', 'DELIVERED') RETURNING application_id",
                    difference.delivery_id,
                    clock.now(),
                    region,
                )
                if row is not None:
                    payload = {"application": str(row["application_id"])}
                    await enqueue(tx, Job.DELIVER_CASE, payload, lane=region)
        case DifferenceKind.BEHIND:
            try:
                await desk.resend(ours[difference.delivery_id].entry.external_case_number)
            except Refusal as refusal:
                log.warning("resend_refused", region=region, code=refusal.code.value)
        case DifferenceKind.OTHER_NUMBER:
            log.error("reconciliation_other_number", region=region, delivery=str(difference.delivery_id))


async def _keep(
    region: str,
    day: date,
    ours: Mapping[UUID, _Ours],
    theirs: DayAccount | None,
    *,
    state: ReconciliationState,
    found: Sequence[Difference],
) -> Reconciliation:
    own, now = account_of(ours), clock.now()
    told = [{"delivery": str(one.delivery_id), "kind": one.kind.value} for one in found[:LISTED]]
    async with transaction() as tx:
        row = await tx.fetch_one(
            "INSERT INTO reconciliation (id, created_at, region, day, ours, our_digest, theirs, their_digest, state,"
            " differences, found, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb, $11, $2)"
            " ON CONFLICT (region, day) DO UPDATE SET ours = $5, our_digest = $6, theirs = $7, their_digest = $8,"
            "  state = $9, differences = $10::jsonb, found = $11, at = $2 RETURNING id",
            new_id(),
            now,
            region,
            day,
            own.count,
            own.digest,
            theirs.count if theirs else None,
            theirs.digest if theirs else None,
            state.value,
            orjson.dumps(told).decode(),
            len(found),
        )
    if row is None:
        raise LookupError("an upsert returns its row")
    return Reconciliation(
        row["id"], region, day, own.count, theirs.count if theirs else None, state, found, now
    )


async def reconcile_days(work: Casework) -> int:
    """The nightly run: every region's last days that do not match yet; returns how many were compared."""
    days = [clock.today() - timedelta(days=number) for number in range(1, BACK + 1)]
    done = {
        (row["region"], row["day"])
        for row in await fetch(
            "SELECT region, day FROM reconciliation WHERE state = 'MATCHED' AND day = ANY($1::date[])"
            # Compared while the day went on, it says nothing of its evening.
            " AND at >= (day + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'",
            days,
        )
    }
    wanted = [(region, day) for region in sorted(work.resources.ports.desks) for day in days]
    compared = 0
    for region, day in wanted:
        if (region, day) not in done and (await breaker.admit(region)).admitted:
            await reconcile(work, region, day)
            compared += 1
    return compared


async def reconcile_on_demand(viewer: Operator, work: Casework, *, region: str, day: date) -> Reconciliation:
    """``reconcile`` for an operator of the region or of what it lies in. Raises ``NotFound``."""
    if not region.startswith(scope(viewer)) or day > clock.today():
        raise NotFound(NO_DESK)
    return await reconcile(work, region, day)


async def reconciliations(
    viewer: Operator, *, limit: int, after: tuple[date, str] | None = None, region: str | None = None
) -> Sequence[Reconciliation]:
    """How days were found, the latest first, for operators of the region or of what it lies in."""
    reach = scope(viewer)
    rows = await fetch(
        "SELECT id, region, day, ours, theirs, state, differences, at FROM reconciliation"
        " WHERE starts_with(region, $1) AND ($2::varchar IS NULL OR region = $2)"
        " AND ($3::date IS NULL OR (day, region) < ($3, $4)) ORDER BY day DESC, region DESC LIMIT $5",
        reach,
        region,
        after[0] if after else None,
        after[1] if after else None,
        limit,
    )
    return [_read(row) for row in rows]


def _read(row: Row) -> Reconciliation:
    found = [
        Difference(UUID(one["delivery"]), DifferenceKind(one["kind"]))
        for one in orjson.loads(row["differences"])
    ]
    return Reconciliation(
        row["id"],
        row["region"],
        row["day"],
        row["ours"],
        row["theirs"],
        ReconciliationState(row["state"]),
        found,
        row["at"],
    )
