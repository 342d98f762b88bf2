"""Working days: announced holidays and make-up days, overridable; unannounced years are provisional."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import chinese_calendar
from chinese_calendar.constants import holidays

_ANNOUNCED = frozenset(day.year for day in holidays)
_FIXED_HOLIDAYS = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})
"""What an unannounced year is certain to have (全国年节及纪念日放假办法); lunar days are not guessed."""

_ONE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days are worked. ``overrides`` (true = worked) win over everything announced."""

    overrides: Mapping[date, bool] = field(default_factory=dict)

    def is_working_day(self, day: date) -> bool:
        """Whether offices are open on ``day``."""
        if day in self.overrides:
            return self.overrides[day]
        if day.year in _ANNOUNCED:
            return bool(chinese_calendar.is_workday(day))
        return day.weekday() < 5 and (day.month, day.day) not in _FIXED_HOLIDAYS

    def is_provisional(self, day: date) -> bool:
        """Whether that year's calendar is not announced yet, so that a reckoning may still move."""
        return day.year not in _ANNOUNCED and day not in self.overrides

    def add_working_days(self, start: date, days: int) -> date:
        """The ``days``-th working day after ``start``; the first day is not counted."""
        day = start
        while days > 0:
            day += _ONE
            days -= self.is_working_day(day)
        return day

    def add_calendar_days(self, start: date, days: int) -> date:
        """``days`` days after ``start``, moved to the next working day if that day is none."""
        day = start + timedelta(days=days)
        while not self.is_working_day(day):
            day += _ONE
        return day
