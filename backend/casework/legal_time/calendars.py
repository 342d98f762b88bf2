"""Calendars as data: announced once a year, loaded by an operator, known to every process within a moment."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import orjson
import structlog

from backend.database import audit
from backend.database.record import Row, fetch, transaction
from backend.database.shared import Shared
from backend.errors import FieldProblem, Invalid, Refusal, Text
from backend.kit import clock
from backend.kit.ids import new_id
from backend.kit.working_days import FIXED_HOLIDAYS, Announcement, Calendar

log = structlog.get_logger()

CHANNEL = "calendar"
AGAIN = 30.0
"""Seconds after which a process looks by itself: an announcement may be missed."""
YEARS = range(2004, 2101)
LONGEST_SOURCE = 120
MOST_DAYS_OFF = 120

BAD_CALENDAR = Text("节假日安排有误。", "The calendar of the year is not right.")
BAD_YEAR = Text("年份应为2004至2100。", "A year is between 2004 and 2100.")
NO_SOURCE = Text(
    "请注明公布文件（120字以内）。", "Name the document that announces it, in 120 characters at most."
)
NOT_A_DATE = Text("日期应为YYYY-MM-DD。", "A day is written YYYY-MM-DD.")
OTHER_YEAR = Text("{day}不在该年。", "{day} is not in that year.")
BOTH = Text("{day}既为放假又为上班。", "{day} is both off and worked.")
ALREADY_WORKED = Text("{day}不是周末，无需调休上班。", "{day} is no weekend, so that it is worked anyway.")
FIXED_MISSING = Text("{day}为法定节假日，必须放假。", "{day} is a holiday by law and has to be off.")
TOO_MANY = Text("放假天数不合理。", "So many days off cannot be right.")


@dataclass(frozen=True, slots=True)
class YearView:
    """One announced year."""

    year: int
    source: str | None
    """None for a year that the house brings along."""
    days_off: tuple[date, ...]
    make_up_days: tuple[date, ...]
    version: int


def read_announcement(*, year: int, days_off: Sequence[date], make_up_days: Sequence[date]) -> Announcement:
    """The announcement, if it can be true. Raises ``Invalid`` with everything that is wrong with it."""
    if year not in YEARS:
        raise Invalid(BAD_CALENDAR, fields=(FieldProblem(("input", "year"), BAD_YEAR),))
    off, worked = frozenset(days_off), frozenset(make_up_days)
    wrong = [
        FieldProblem(("input", "daysOff"), OTHER_YEAR.filled(day=day))
        for day in sorted(off)
        if day.year != year
    ]
    wrong += [FieldProblem(("input", "daysOff"), BOTH.filled(day=day)) for day in sorted(off & worked)]
    wrong += [
        FieldProblem(("input", "makeUpDays"), OTHER_YEAR.filled(day=day))
        for day in sorted(worked)
        if day.year != year
    ]
    wrong += [
        FieldProblem(("input", "makeUpDays"), ALREADY_WORKED.filled(day=day))
        for day in sorted(worked)
        if day.weekday() < 5
    ]
    fixed = sorted(date(year, month, day) for month, day in FIXED_HOLIDAYS)
    wrong += [
        FieldProblem(("input", "daysOff"), FIXED_MISSING.filled(day=day)) for day in fixed if day not in off
    ]
    if len(off) > MOST_DAYS_OFF:
        wrong.append(FieldProblem(("input", "daysOff"), TOO_MANY))
    if wrong:
        raise Invalid(BAD_CALENDAR, fields=tuple(wrong))
    return Announcement(year, off, worked)


def read_file(path: Path) -> tuple[Announcement, str]:
    """An announcement and its source from ``{"year", "source", "daysOff": […], "makeUpDays": […]}``.

    Raises ``Invalid`` for a file that is none.
    """
    try:
        told = orjson.loads(path.read_bytes())
        year, source = told["year"], told["source"]
        days = {name: [date.fromisoformat(day) for day in told[name]] for name in ("daysOff", "makeUpDays")}
    except (ValueError, TypeError, KeyError):
        raise Invalid(BAD_CALENDAR, fields=(FieldProblem(("input", "file"), NOT_A_DATE),)) from None
    if type(year) is not int or not isinstance(source, str):
        raise Invalid(BAD_CALENDAR, fields=(FieldProblem(("input", "year"), BAD_YEAR),))
    return read_announcement(year=year, days_off=days["daysOff"], make_up_days=days["makeUpDays"]), source


async def announce(shared: Shared, announcement: Announcement, *, source: str, actor: str) -> int:
    """Keep a year's calendar and tell every process; returns its version. The same again changes nothing.

    Open clocks are reckoned anew by the worker. Raises ``Invalid`` without a source.
    """
    source = source.strip()
    if not source or len(source) > LONGEST_SOURCE or not source.isprintable():
        raise Invalid(BAD_CALENDAR, fields=(FieldProblem(("input", "source"), NO_SOURCE),))
    off = [day.isoformat() for day in sorted(announcement.days_off)]
    worked = [day.isoformat() for day in sorted(announcement.make_up_days)]
    async with transaction() as tx:
        await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('announced_year', 0))")
        row = await tx.fetch_one(
            "SELECT (SELECT coalesce(max(version), 0) FROM announced_year) AS latest,"
            " y.version, y.source, y.days_off, y.make_up_days FROM (SELECT 1) one"
            " LEFT JOIN announced_year y ON y.year = $1",
            announcement.year,
        )
        assert row is not None  # noqa: S101 - one row, whatever there is
        if row["version"] is not None and (source, off, worked) == (
            row["source"],
            orjson.loads(row["days_off"]),
            orjson.loads(row["make_up_days"]),
        ):
            kept: int = row["version"]
            return kept
        version: int = row["latest"] + 1
        await tx.execute(
            "INSERT INTO announced_year (id, created_at, year, source, days_off, make_up_days, version, announced_by)"
            " VALUES ($1, $2, $3, $4, $5::jsonb, $6::jsonb, $7, $8) ON CONFLICT (year) DO UPDATE SET"
            " source = EXCLUDED.source, days_off = EXCLUDED.days_off, make_up_days = EXCLUDED.make_up_days,"
            " version = EXCLUDED.version, announced_by = EXCLUDED.announced_by, created_at = EXCLUDED.created_at",
            new_id(),
            clock.now(),
            announcement.year,
            source,
            orjson.dumps(off).decode(),
            orjson.dumps(worked).decode(),
            version,
            actor,
        )
        await audit.append(
            tx,
            subject=f"calendar:{announcement.year}",
            kind="calendar_announced",
            actor=actor,
            detail={"source": source, "daysOff": off, "makeUpDays": worked, "version": version},
        )
        tx.after_commit(lambda: shared.announce(CHANNEL, str(version)))
    return version


async def announced_years() -> Sequence[YearView]:
    """Every year that was loaded, in order."""
    rows = await fetch(
        "SELECT year, source, days_off, make_up_days, version FROM announced_year ORDER BY year LIMIT 100"
    )
    return [
        YearView(
            row["year"], row["source"], _days(row, "days_off"), _days(row, "make_up_days"), row["version"]
        )
        for row in rows
    ]


async def known_years(calendar: Calendar, since: int) -> Sequence[YearView]:
    """Every year that is announced, from ``since`` on: loaded, or brought along by the house."""
    loaded = {one.year: one for one in await announced_years()}
    brought = (calendar.year(year) for year in range(since, YEARS.stop) if year not in loaded)
    views = [
        YearView(one.year, None, tuple(sorted(one.days_off)), tuple(sorted(one.make_up_days)), 0)
        for one in brought
        if one is not None
    ]
    return sorted([*views, *(one for one in loaded.values() if one.year >= since)], key=lambda one: one.year)


async def refresh(calendar: Calendar) -> None:
    """Go by what is announced now."""
    years = await announced_years()
    version = max((year.version for year in years), default=0)
    if version != calendar.version:
        announced: Mapping[int, Announcement] = {
            one.year: Announcement(one.year, frozenset(one.days_off), frozenset(one.make_up_days))
            for one in years
        }
        calendar.take(version, announced)


@asynccontextmanager
async def following(calendar: Calendar, shared: Shared) -> AsyncIterator[None]:
    """Keep ``calendar`` up to date while this is entered."""
    await refresh(calendar)
    tasks = [asyncio.create_task(_hear(calendar, shared)), asyncio.create_task(_look(calendar))]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _hear(calendar: Calendar, shared: Shared) -> None:
    while True:
        try:
            async with shared.listening(CHANNEL) as announcements:
                await _try(calendar)  # whatever was announced before this moment was not heard
                async for _ in announcements:
                    await _try(calendar)
        except Refusal:
            log.warning("calendar_not_followed")
        await asyncio.sleep(1)


async def _look(calendar: Calendar) -> None:
    while True:
        await asyncio.sleep(AGAIN)
        await _try(calendar)


async def _try(calendar: Calendar) -> None:
    try:
        await refresh(calendar)
    except Exception as error:  # noqa: BLE001 - while the database is away days are counted as before
        log.warning("calendar_not_read", exception=type(error).__name__)


def _days(row: Row, name: str) -> tuple[date, ...]:
    return tuple(date.fromisoformat(day) for day in orjson.loads(row[name]))
