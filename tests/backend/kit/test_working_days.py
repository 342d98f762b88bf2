"""Working days and legal time."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.kit import clock
from backend.kit.working_days import Calendar

CALENDAR = Calendar()


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2026, 11, 25), True),  # a Wednesday
        (date(2026, 11, 28), False),  # a Saturday
        (date(2026, 10, 1), False),  # 国庆
        (date(2026, 10, 7), False),
        (date(2026, 10, 8), True),
        (date(2026, 10, 10), True),  # a Saturday worked for the holiday
        (date(2026, 2, 17), False),  # 春节
        (date(2027, 1, 1), False),  # not announced, but fixed by law
        (date(2027, 5, 3), True),  # not announced: a Monday
        (date(2027, 10, 2), False),
        (date(2027, 11, 28), False),  # a Sunday
    ],
)
def test_a_day_is_worked_as_announced(day: date, worked: bool) -> None:
    assert CALENDAR.is_working_day(day) is worked


def test_what_is_set_by_hand_wins_and_is_final() -> None:
    typhoon, make_up, announced = date(2026, 11, 26), date(2026, 11, 28), date(2027, 2, 8)
    calendar = Calendar({typhoon: False, make_up: True, announced: False})
    assert [calendar.is_working_day(day) for day in (typhoon, make_up, announced)] == [False, True, False]
    assert calendar.add_working_days(date(2026, 11, 25), 2) == make_up
    assert CALENDAR.is_provisional(announced)
    assert not calendar.is_provisional(announced)
    assert not CALENDAR.is_provisional(typhoon)


def test_counting_nothing_stays_where_it_is() -> None:
    saturday = date(2026, 11, 28)
    assert CALENDAR.add_working_days(saturday, 0) == saturday
    assert CALENDAR.add_calendar_days(saturday, 0) == date(2026, 11, 30)


@given(st.dates(date(2010, 1, 1), date(2028, 12, 31)), st.integers(1, 30), st.integers(1, 30))
def test_counting_in_two_parts_is_counting_at_once(start: date, first: int, second: int) -> None:
    assert CALENDAR.add_working_days(CALENDAR.add_working_days(start, first), second) == (
        CALENDAR.add_working_days(start, first + second)
    )


@given(st.dates(date(2010, 1, 1), date(2028, 12, 1)))
def test_nobody_is_off_for_longer_than_twelve_days(start: date) -> None:
    assert any(CALENDAR.is_working_day(start + timedelta(days=gone)) for gone in range(12))


def test_legal_time_is_one_zone_for_all_of_china() -> None:
    late = datetime(2026, 11, 25, 16, 0, tzinfo=UTC)
    assert clock.local(late).date() == date(2026, 11, 26)
    assert clock.local(late).utcoffset() == timedelta(hours=8)
    assert clock.now().tzinfo is UTC
    assert clock.today() == clock.local(clock.now()).date()


async def test_time_is_shifted_here_and_nowhere_else() -> None:
    async def elsewhere() -> datetime:
        await asyncio.sleep(0)
        return clock.now()

    real, other = clock.now(), asyncio.create_task(elsewhere())
    with clock.shifted(timedelta(days=1)), clock.shifted(timedelta(hours=1)):
        assert timedelta(hours=25) <= clock.now() - real < timedelta(hours=25, minutes=1)
        assert await other - real < timedelta(minutes=1)
    assert clock.now() - real < timedelta(minutes=1)
    with pytest.raises(LookupError), clock.shifted(timedelta(days=1)):
        raise LookupError
    assert clock.now() - real < timedelta(minutes=1)
