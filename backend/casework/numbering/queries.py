"""What operators ask about case numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from backend.database.record import fetch


@dataclass(frozen=True, slots=True)
class ExhaustedSeries:
    """A day's series of one office and item that cases wait for: see ``python -m backend numbers``."""

    task_code: str
    day: date
    waiting: int


async def waiting_for_number() -> int:
    """How many received cases have no number yet: an alarm for operators when it is not zero."""
    rows = await fetch(
        "SELECT count(*) AS waiting FROM application WHERE case_number IS NULL AND state = 'SUBMITTED'"
    )
    return int(rows[0]["waiting"])


async def exhausted_series(limit: int) -> Sequence[ExhaustedSeries]:
    """Which series have to be widened, the longest waiting first."""
    rows = await fetch(
        "SELECT task_code, (submitted_at AT TIME ZONE 'Asia/Shanghai')::date AS day, count(*) AS waiting"
        " FROM application WHERE case_number IS NULL AND state = 'SUBMITTED'"
        " GROUP BY 1, 2 ORDER BY 2, 1 LIMIT $1",
        limit,
    )
    return [ExhaustedSeries(row["task_code"], row["day"], row["waiting"]) for row in rows]
