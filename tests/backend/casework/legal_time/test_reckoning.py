"""Due dates: the reckoning agrees with a walk through the days, whatever stops and moves the clock."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.casework.definitions import LimitUnit
from backend.casework.legal_clock import Count, Extension, Pause, end_of, near_day, reckon
from backend.casework.legal_time.models import ClockState, Mark
from backend.casework.legal_time.settling import times_of
from backend.errors import Text
from backend.kit import clock
from backend.kit.working_days import Announcement, Calendar

WHY = Text("公示", "publicity")
CALENDAR = Calendar()
DAYS = st.dates(date(2023, 1, 1), date(2027, 12, 31))
WORKING, CALENDAR_DAYS = LimitUnit.WORKING_DAYS, LimitUnit.CALENDAR_DAYS


def walked(count: Count, calendar: Calendar) -> date:
    """Day by day, as a clerk does it with a calendar on the wall."""

    def stands(day: date) -> bool:
        return any(p.last is not None and max(p.first, count.start) < day <= p.last for p in count.pauses)

    day, left = count.start, count.all_days
    while left > 0:
        day += timedelta(days=1)
        if stands(day) or (count.unit is WORKING and not calendar.is_working_day(day)):
            continue
        left -= 1
    while count.unit is CALENDAR_DAYS and (not calendar.is_working_day(day) or stands(day)):
        day += timedelta(days=1)
    return day


@st.composite
def counts(draw: st.DrawFn) -> Count:
    start = draw(DAYS)
    pauses = []
    for _ in range(draw(st.integers(0, 4))):
        first = start + timedelta(days=draw(st.integers(-5, 60)))
        stood = draw(st.none() | st.integers(0, 40))
        last = None if stood is None else first + timedelta(days=stood)
        pauses.append(Pause(first, last, WHY))
    added = draw(st.lists(st.builds(Extension, st.integers(1, 10), st.just(start)), max_size=2))
    return Count(
        start,
        draw(st.integers(1, 60)),
        draw(st.sampled_from(LimitUnit)),
        sorted(pauses, key=lambda one: one.first),
        added,
    )


@given(counts())
def test_the_due_date_is_what_a_walk_through_the_days_finds(count: Count) -> None:
    due = reckon(count, CALENDAR)
    assert due.on == walked(count, CALENDAR)
    assert CALENDAR.is_working_day(due.on)
    assert due.at == end_of(due.on)
    assert due.provisional is (due.on.year >= 2027)


@given(counts(), st.sets(DAYS, max_size=40), st.sets(DAYS, max_size=20))
def test_it_is_so_with_any_calendar(count: Count, off: set[date], worked: set[date]) -> None:
    calendar = Calendar()
    calendar.take(
        1,
        {
            year: Announcement(
                year,
                frozenset(day for day in off if day.year == year),
                frozenset(day for day in worked if day.year == year and day.weekday() > 4),
            )
            for year in range(2023, 2028)
        },
    )
    assert reckon(count, calendar).on == walked(count, calendar)


@given(counts())
def test_what_is_told_line_by_line_adds_up(count: Count) -> None:
    due = reckon(count, CALENDAR)
    counted = [line.en for line in due.lines if " in all." in line.en and line.en[:4].isdigit()]
    if counted:
        assert counted[-1].endswith(f" {count.all_days} in all.")
    assert sum(int(line.split(": ")[1].split(" ")[0]) for line in counted) == count.all_days
    assert str(due.on) in due.lines[-1].zh
    assert str(due.on) in due.lines[-1].en


@given(counts(), st.integers(-10, 200))
def test_a_mark_follows_from_the_time_alone(count: Count, gone: int) -> None:
    now = end_of(count.start) + timedelta(days=gone)
    times = times_of(count, CALENDAR, now)
    assert times.near_at < times.due_at
    if any(pause.last is None for pause in count.pauses):
        assert (times.state, times.next_at) == (ClockState.STANDING, None)
        return
    assert times.state is ClockState.RUNNING
    if now >= times.due_at:
        assert (times.mark, times.next_at) == (Mark.OVER, None)
    elif now >= times.near_at:
        assert (times.mark, times.next_at) == (Mark.NEAR, times.due_at)
    else:
        assert (times.mark, times.next_at) == (Mark.NONE, times.near_at)


def test_a_limit_runs_to_the_end_of_its_last_day_in_legal_time() -> None:
    assert end_of(date(2026, 12, 9)) == datetime(2026, 12, 10, tzinfo=clock.ZONE)
    assert end_of(date(2026, 12, 9)).utcoffset() == timedelta(hours=8)


@pytest.mark.parametrize(("days", "near"), [(1, 1), (4, 1), (10, 2), (20, 4), (60, 5)])
def test_a_limit_is_near_when_a_fifth_of_it_is_left(days: int, near: int) -> None:
    start = date(2026, 3, 2)
    count = Count(start, days, WORKING)
    assert CALENDAR.working_days(near_day(count, CALENDAR), reckon(count, CALENDAR).on) == near


def lines(count: Count) -> Sequence[str]:
    return [line.zh for line in reckon(count, CALENDAR).lines]


def test_pause_extension_make_up_days_and_an_unannounced_year_are_told_in_their_order() -> None:
    count = Count(
        date(2026, 9, 18),
        10,
        WORKING,
        [Pause(date(2026, 9, 22), date(2026, 9, 24), WHY)],
        [Extension(70, date(2026, 10, 9))],
        what=Text("承诺办结时限", "Promised limit"),
        start_is=Text("受理日", "Day of acceptance"),
    )
    assert lines(count) == [
        "受理日：2026-09-18，当日不计入。",
        "承诺办结时限：10个工作日。",
        "2026-10-09经批准延长70日，共80日。",
        "2026-09-19至2026-09-22：计3个工作日，累计3个。",
        "其间节假日、休息日1天不计。",
        "其间调休上班日计入：2026-09-20。",
        "2026-09-23至2026-09-24：公示，不计入。",
        "2026-09-25至2027-01-19：计77个工作日，累计80个。",
        "其间节假日、休息日40天不计。",
        "其间调休上班日计入：2026-10-10。",
        "2027年节假日安排尚未公布，暂按法定固定节假日计算，公布后重新计算。",
        "截止：2027-01-19 24:00。",
    ]


def test_a_clock_that_stands_says_so_and_what_would_be() -> None:
    due = reckon(Count(date(2026, 11, 2), 10, WORKING, [Pause(date(2026, 11, 5), None, WHY)]), CALENDAR)
    assert (due.on, due.standing_since) == (date(2026, 11, 16), date(2026, 11, 5))
    assert [line.en for line in due.lines[-2:]] == [
        "The clock stands since 2026-11-05: publicity. It goes on afterwards.",
        "If it went on the same day, due: the end of 2026-11-16.",
    ]


def test_stopping_and_going_on_the_same_day_moves_nothing() -> None:
    plain = Count(date(2026, 11, 2), 10, WORKING)
    paused = Count(date(2026, 11, 2), 10, WORKING, [Pause(date(2026, 11, 5), date(2026, 11, 5), WHY)])
    assert reckon(paused, CALENDAR).lines == reckon(plain, CALENDAR).lines


def test_pauses_that_overlap_count_once() -> None:
    two = [
        Pause(date(2026, 11, 5), date(2026, 11, 9), WHY),
        Pause(date(2026, 11, 6), date(2026, 11, 10), WHY),
    ]
    one = [Pause(date(2026, 11, 5), date(2026, 11, 10), WHY)]
    start = date(2026, 11, 2)
    assert (
        reckon(Count(start, 10, WORKING, two), CALENDAR).on
        == reckon(Count(start, 10, WORKING, one), CALENDAR).on
    )
