"""Calendars as data: what cannot be true is refused, what is true is known everywhere."""

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import orjson
import pytest

from backend.casework.legal_time.calendars import (
    announce,
    following,
    known_years,
    read_announcement,
    read_file,
    refresh,
)
from backend.database.record import fetch
from backend.database.shared import Shared
from backend.errors import Invalid
from backend.kit.working_days import FIXED_HOLIDAYS, Announcement, Calendar
from tests.support.waiting import eventually

pytestmark = pytest.mark.usefixtures("database")

SOURCE = "国办发明电〔2026〕7号"
FIXED = [date(2027, month, day) for month, day in sorted(FIXED_HOLIDAYS)]
SPRING = [date(2027, 2, 5) + timedelta(days=gone) for gone in range(8)]
MAKE_UP = [date(2027, 1, 31), date(2027, 2, 20)]


def year_2027(off: Sequence[date] = (), worked: Sequence[date] = ()) -> Announcement:
    return read_announcement(year=2027, days_off=[*FIXED, *off], make_up_days=worked)


@pytest.mark.parametrize(
    ("off", "worked", "field", "said"),
    [
        ([*FIXED, date(2026, 12, 31)], [], "daysOff", "2026-12-31 is not in that year."),
        ([*FIXED, date(2027, 2, 6)], [date(2027, 2, 6)], "daysOff", "2027-02-06 is both off and worked."),
        (FIXED, [date(2028, 1, 1)], "makeUpDays", "2028-01-01 is not in that year."),
        (FIXED, [date(2027, 2, 1)], "makeUpDays", "2027-02-01 is no weekend, so that it is worked anyway."),
        (FIXED[1:], [], "daysOff", "2027-01-01 is a holiday by law and has to be off."),
    ],
)
def test_a_calendar_that_cannot_be_true_is_refused(
    off: list[date], worked: list[date], field: str, said: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        read_announcement(year=2027, days_off=off, make_up_days=worked)
    assert [(one.path, one.message.en) for one in refusal.value.fields] == [(("input", field), said)]


@pytest.mark.parametrize("year", [2003, 2101, -1])
def test_a_year_that_nobody_announces_is_refused(year: int) -> None:
    with pytest.raises(Invalid):
        read_announcement(year=year, days_off=[], make_up_days=[])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b'{"year": 2027, "source": "x", "daysOff": ["tomorrow"], "makeUpDays": []}',
        b'{"year": "2027", "source": "x", "daysOff": [], "makeUpDays": []}',
        b'{"year": 2027, "source": 1, "daysOff": [], "makeUpDays": []}',
    ],
)
def test_a_file_that_is_no_calendar_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "2027.json"
    path.write_bytes(content)
    with pytest.raises(Invalid):
        read_file(path)


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "2027.json"
    told = {"year": 2027, "source": SOURCE, "daysOff": [*FIXED, *SPRING], "makeUpDays": MAKE_UP}
    path.write_bytes(orjson.dumps(told))
    assert read_file(path) == (year_2027(SPRING, MAKE_UP), SOURCE)


async def test_an_announced_year_is_final_and_what_was_reckoned_moves(shared: Shared) -> None:
    calendar = Calendar()
    before = calendar.add_working_days(date(2027, 2, 1), 10)
    assert calendar.is_provisional(before)
    assert await announce(shared, year_2027(SPRING, MAKE_UP), source=SOURCE, actor="machine:test") == 1
    await refresh(calendar)
    assert not calendar.is_provisional(before)
    assert (before, calendar.add_working_days(date(2027, 2, 1), 10)) == (date(2027, 2, 15), date(2027, 2, 22))
    assert calendar.is_make_up_day(date(2027, 2, 20))
    (entry,) = await fetch("SELECT subject, kind, actor FROM audit_entry")
    assert tuple(entry) == ("calendar:2027", "calendar_announced", "machine:test")


async def test_the_same_again_changes_nothing_and_another_one_takes_its_place(shared: Shared) -> None:
    first = await announce(shared, year_2027(), source=SOURCE, actor="machine:test")
    assert await announce(shared, year_2027(), source=SOURCE, actor="machine:other") == first == 1
    assert await announce(shared, year_2027(SPRING), source=SOURCE, actor="machine:test") == 2
    (row,) = await fetch("SELECT version, announced_by FROM announced_year")
    assert tuple(row) == (2, "machine:test")
    assert len(await fetch("SELECT FROM audit_entry")) == 2


async def test_announcements_beside_each_other_are_counted_apart(shared: Shared) -> None:
    years = [
        read_announcement(year=year, days_off=[date(year, m, d) for m, d in FIXED_HOLIDAYS], make_up_days=[])
        for year in range(2027, 2033)
    ]
    versions = await asyncio.gather(
        *(announce(shared, one, source=SOURCE, actor="machine:test") for one in years)
    )
    assert sorted(versions) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("source", ["", "  ", "x" * 121, "国办\x00"])
async def test_an_announcement_names_its_document(shared: Shared, source: str) -> None:
    with pytest.raises(Invalid):
        await announce(shared, year_2027(), source=source, actor="machine:test")
    assert await fetch("SELECT FROM announced_year") == []


async def test_a_year_of_the_house_can_be_announced_anew(shared: Shared) -> None:
    calendar = Calendar()
    typhoon = date(2026, 11, 26)
    known = calendar.year(2026)
    assert known is not None
    announced = read_announcement(
        year=2026, days_off=[*known.days_off, typhoon], make_up_days=list(known.make_up_days)
    )
    await announce(shared, announced, source="应急通知", actor="machine:test")
    await refresh(calendar)
    assert not calendar.is_working_day(typhoon)
    years = await known_years(calendar, 2025)
    assert [(one.year, one.source) for one in years] == [(2025, None), (2026, "应急通知")]


async def test_every_process_hears_of_a_new_calendar(shared: Shared) -> None:
    calendar = Calendar()

    async def heard() -> bool:
        return calendar.version == 1

    async with following(calendar, shared):
        await announce(shared, year_2027(), source=SOURCE, actor="machine:test")
        await eventually(heard)


async def test_a_process_that_starts_later_knows_it(shared: Shared) -> None:
    await announce(shared, year_2027(), source=SOURCE, actor="machine:test")
    calendar = Calendar()
    async with following(calendar, shared):
        assert calendar.version == 1
