"""Giving case numbers, and widening a day's series that ran out."""

from datetime import date
from uuid import UUID

import structlog

from backend.casework.applications.events import record_event
from backend.casework.lifecycle import CaseEventKind, CaseState
from backend.casework.machine import Casework
from backend.database import audit
from backend.database.record import Transaction, fetch, transaction
from backend.errors import Conflict, Invalid, Text
from backend.kit import clock
from backend.kit.ids import new_id
from backend.kit.item_codes import case_number
from backend.viewer import Actor, Machine

log = structlog.get_logger()

MIN_WIDTH, MAX_WIDTH = 4, 9
BATCH = 500
"""Cases that are looked up at once when those that waited get their numbers."""
LOW = 0.9
"""The part of a series after which operators are warned that it runs out."""

NO_WIDER = Text("号段只能加宽，最多9位。", "A series can only be made wider, up to 9 digits.")
NO_SERIES = Text("当日没有这个号段。", "There is no such series on that day.")


async def next_number(tx: Transaction, task_code: str, day: date) -> str | None:
    """The next case number of the day, or None when the day's series has run out.

    One guarded statement; the row stays locked until the transaction ends, so call it last.
    """
    taken = await tx.fetch_one(
        "INSERT INTO number_series AS s (id, created_at, task_code, day, last_serial, width)"
        " VALUES ($1, $2, $3, $4, 1, $5)"
        " ON CONFLICT (task_code, day) DO UPDATE SET last_serial = s.last_serial + 1"
        " WHERE s.last_serial < power(10, s.width)::int - 1"
        " RETURNING last_serial, width",
        new_id(),
        clock.now(),
        task_code,
        day,
        MIN_WIDTH,
    )
    if taken is None:
        log.error("number_series_exhausted", task_code=task_code, day=day.isoformat())
        return None
    serial, width = taken["last_serial"], taken["width"]
    if serial == round(LOW * 10**width):
        log.warning("number_series_low", task_code=task_code, day=day.isoformat(), serial=serial, width=width)
    return case_number(task_code, day, serial, width)


async def give_number(
    tx: Transaction, work: Casework, application_id: UUID, *, task_code: str, day: date, actor: Actor
) -> bool:
    """Number a submitted case and tell its timeline; False when the series has run out."""
    number = await next_number(tx, task_code, day)
    if number is None:
        return False
    await tx.execute(
        "UPDATE application SET case_number = $2 WHERE id = $1 AND case_number IS NULL",
        application_id,
        number,
    )
    await record_event(
        tx,
        work,
        application_id,
        CaseEventKind.NUMBERED,
        before=CaseState.SUBMITTED,
        actor=actor,
        detail={"caseNumber": number},
    )
    return True


async def widen_series(
    work: Casework, *, task_code: str, day: date, width: int, actor: Machine, batch: int = BATCH
) -> int:
    """Widen a day's series and number the cases that waited, in the order they were received.

    Returns how many were numbered. Safe to run again: cases that have a number keep it.
    """
    if not MIN_WIDTH <= width <= MAX_WIDTH:
        raise Invalid(NO_WIDER)
    async with transaction() as tx:
        series = await tx.fetch_one(
            "SELECT id, width FROM number_series WHERE task_code = $1 AND day = $2 FOR NO KEY UPDATE",
            task_code,
            day,
        )
        if series is None:
            raise Conflict(NO_SERIES)
        if series["width"] > width:
            raise Conflict(NO_WIDER)
        if series["width"] < width:
            await tx.execute("UPDATE number_series SET width = $2 WHERE id = $1", series["id"], width)
            await audit.append(
                tx,
                subject=f"number_series:{task_code}:{day.isoformat()}",
                kind="series_widened",
                actor=f"machine:{actor.name}",
                detail={"width": width},
            )
    numbered = 0
    while waiting := await _waiting(task_code, day, batch):
        for application_id in waiting:
            async with transaction() as tx:
                still = await tx.fetch_one(
                    "SELECT id FROM application WHERE id = $1 AND case_number IS NULL FOR NO KEY UPDATE",
                    application_id,
                )
                if still is None:
                    continue
                if not await give_number(tx, work, application_id, task_code=task_code, day=day, actor=actor):
                    return numbered
                numbered += 1
    return numbered


async def _waiting(task_code: str, day: date, limit: int) -> list[UUID]:
    """The next cases that wait for a number of this series, in the order in which they were received."""
    rows = await fetch(
        "SELECT id FROM application WHERE task_code = $1 AND case_number IS NULL"
        " AND state = 'SUBMITTED' AND (submitted_at AT TIME ZONE 'Asia/Shanghai')::date = $2"
        " ORDER BY submitted_at, id LIMIT $3",
        task_code,
        day,
        limit,
    )
    return [row["id"] for row in rows]
