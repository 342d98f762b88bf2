"""Days as documents write them, and months as the law counts them."""

from datetime import date

import pytest

from backend.kit.days import months_after


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2026, 3, 15), 6, date(2026, 9, 15)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2026, 12, 31), 12, date(2027, 12, 31)),
        (date(2026, 11, 30), 1, date(2026, 12, 30)),
        (date(2026, 1, 31), 0, date(2026, 1, 31)),
    ],
)
def test_a_month_that_lacks_the_day_ends_the_time_with_its_last_one(
    day: date, months: int, then: date
) -> None:
    assert months_after(day, months) == then
