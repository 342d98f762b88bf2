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

MAX_WIDTH = 9
NO_WIDER = Text("号段只能加宽。", "A series can only be made wider.")
NO_SERIES = Text("当日没有这个号段。", "There is no such series on that day.")


async def next_number(tx: Transaction, task_code: str, day: date) -> str | None:
    """The next case number of the day, or None when the day's series has run out.

    One guarded statement; the row stays locked until the transaction ends, so call it last.
    """
    taken = await tx.fetch_one(
        "INSERT INTO number_series AS s (id, created_at, task_code, day, last_serial, width)"
        " VALUES ($1, $2, $3, $4, 1, 4)"
        " ON CONFLICT (task_code, day) DO UPDATE SET last_serial = s.last_serial + 1"
        " WHERE s.last_serial < power(10, s.width)::int - 1"
        " RETURNING last_serial, width",
        new_id(),
        clock.now(),
        task_code,
        day,
    )
    if taken is None:
        log.error("number_series_exhausted", task_code=task_code, day=day.isoformat())
        return None
    return case_number(task_code, day, taken["last_serial"], taken["width"])


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


async def widen_series(work: Casework, *, task_code: str, day: date, width: int, actor: Machine) -> int:
    """Widen a day's series and number the cases that waited, in the order they were received.

    Returns how many were numbered. Safe to run again: cases that have a number keep it.
    """
    if not 4 <= width <= MAX_WIDTH:
        raise Invalid(NO_WIDER)
    async with transaction() as tx:
        widened = await tx.fetch_one(
            "UPDATE number_series SET width = $3 WHERE task_code = $1 AND day = $2 AND width <= $3 RETURNING id",
            task_code,
            day,
            width,
        )
        if widened is None:
            raise Conflict(NO_SERIES)
        await audit.append(
            tx,
            subject=f"number_series:{task_code}:{day.isoformat()}",
            kind="series_widened",
            actor=f"machine:{actor.name}",
            detail={"width": width},
        )
    numbered = 0
    for row in await _waiting(task_code, day):
        async with transaction() as tx:
            still = await tx.fetch_one(
                "SELECT id FROM application WHERE id = $1 AND case_number IS NULL FOR NO KEY UPDATE", row
            )
            if still is not None and await give_number(
                tx, work, row, task_code=task_code, day=day, actor=actor
            ):
                numbered += 1
    return numbered


async def _waiting(task_code: str, day: date) -> list[UUID]:
    rows = await fetch(
        "SELECT id FROM application WHERE task_code = $1 AND case_number IS NULL"
        " AND state = 'SUBMITTED' AND (submitted_at AT TIME ZONE 'Asia/Shanghai')::date = $2"
        " ORDER BY submitted_at, id",
        task_code,
        day,
    )
    return [row["id"] for row in rows]


async def waiting_for_number() -> int:
    """How many received cases have no number yet: an alarm for operators when it is not zero."""
    rows = await fetch(
        "SELECT count(*) AS waiting FROM application WHERE state = 'SUBMITTED' AND case_number IS NULL"
    )
    return int(rows[0]["waiting"])
