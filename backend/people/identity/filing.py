"""Counting stored faces: an alarm before, and the day by which the filing is due, at the number that the law names.

人脸识别技术应用安全管理办法 (in force 2025-06-01): whoever stores 100,000 faces files with the province's cyberspace office
within 30 working days.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import orjson
import structlog

from backend.database import audit
from backend.database.record import fetch, transaction
from backend.kit import clock
from backend.kit.working_days import Calendar
from backend.people.identity.templates import count_templates

NEAR = 80_000
"""A rule of this house: time to prepare."""
DUTY = 100_000
WORKING_DAYS = 30

SUBJECT, KIND = "house:faces", "face_filing_due"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class FilingDue:
    """The filing that is to be made."""

    reached_on: str
    held: int
    due_on: str


async def watch_templates(calendar: Calendar, *, near: int = NEAR, duty: int = DUTY) -> int:
    """For the worker's clock: 1 where an alarm was raised. The duty begins once and is put on record with its day."""
    held = int(await count_templates())
    if held < near:
        return 0
    if held < duty:
        log.warning("face_templates_near_filing", held=held, duty=duty)
        return 1
    async with transaction() as tx:
        await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 6))", SUBJECT)
        known = await tx.fetch_one(
            "SELECT 1 FROM audit_entry WHERE subject = $1 AND kind = $2", SUBJECT, KIND
        )
        if known is None:
            due_on: date = calendar.add_working_days(clock.today(), WORKING_DAYS)
            await audit.append(
                tx,
                subject=SUBJECT,
                kind=KIND,
                actor="machine:house",
                detail={"held": held, "dueOn": due_on.isoformat()},
            )
    log.error("face_filing_due", held=held)
    return 1


async def filing_due() -> Sequence[FilingDue]:
    """What an operator is told until it is done, which the house cannot know: the day stays with them."""
    rows = await fetch("SELECT at, detail FROM audit_entry WHERE subject = $1 AND kind = $2", SUBJECT, KIND)
    return [
        FilingDue(clock.local(row["at"]).date().isoformat(), told["held"], told["dueOn"])
        for row in rows
        for told in (orjson.loads(row["detail"]),)
    ]
