"""Working days: announced holidays and make-up days, per year; unannounced years are provisional.

Each year is a sorted tuple of the days that are worked, so that counting a limit is a bisection and not a walk.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from chinese_calendar.constants import holidays, workdays

_ANNOUNCED = frozenset(day.year for day in holidays)
FIXED_HOLIDAYS = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})
"""What an unannounced year is certain to have (全国年节及纪念日放假办法); lunar days are not guessed."""

_ONE = timedelta(days=1)
_SATURDAY = 5

Exclusion = tuple[date, date]
"""A time that does not count: after its first day, up to and with its last (民法典 201: the first is not counted)."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """What the State Council's office announces for one year (国务院办公厅关于部分节假日安排的通知)."""

    year: int
    days_off: frozenset[date]
    make_up_days: frozenset[date]
    """Saturdays and Sundays that are worked (调休上班)."""


@dataclass(slots=True)
class Calendar:
    """Which days are worked. ``overrides`` (true = worked) win over everything announced."""

    overrides: Mapping[date, bool] = field(default_factory=dict)
    announced: Mapping[int, Announcement] = field(default_factory=dict)
    """Announcements that were loaded: each takes the place of what the house brings along for its year."""
    version: int = 0
    """Rises with every announcement; 0 is what the house brings along."""
    _worked: dict[int, Sequence[int]] = field(default_factory=dict, repr=False)

    def take(self, version: int, announced: Mapping[int, Announcement]) -> None:
        """Go by these announcements from now on."""
        self.version, self.announced, self._worked = version, dict(announced), {}

    def is_working_day(self, day: date) -> bool:
        """Whether offices are open on ``day``."""
        if day in self.overrides:
            return self.overrides[day]
        told = self.announced.get(day.year)
        if told is not None:
            return day in told.make_up_days or (day.weekday() < _SATURDAY and day not in told.days_off)
        if day.year in _ANNOUNCED:
            return day in workdays or (day.weekday() < _SATURDAY and day not in holidays)
        return day.weekday() < _SATURDAY and (day.month, day.day) not in FIXED_HOLIDAYS

    def is_make_up_day(self, day: date) -> bool:
        """Whether ``day`` is a Saturday or Sunday that is worked (调休上班日)."""
        return day.weekday() >= _SATURDAY and self.is_working_day(day)

    def is_provisional(self, day: date) -> bool:
        """Whether that year's calendar is not announced yet, so that a reckoning may still move."""
        return not self.is_announced(day.year) and day not in self.overrides

    def is_announced(self, year: int) -> bool:
        """Whether the year's days off are known for good."""
        return year in self.announced or year in _ANNOUNCED

    def year(self, year: int) -> Announcement | None:
        """What is announced for a year, or None."""
        if year in self.announced or year not in _ANNOUNCED:
            return self.announced.get(year)
        return Announcement(
            year,
            frozenset(day for day in holidays if day.year == year),
            frozenset(day for day in workdays if day.year == year),
        )

    def working_days(self, after: date, until: date) -> int:
        """How many days are worked after ``after``, up to and with ``until``."""
        if until <= after:
            return 0
        if after.year == until.year:
            days = self._of(after.year)
            return bisect_right(days, until.toordinal()) - bisect_right(days, after.toordinal())
        whole = sum(len(self._of(year)) for year in range(after.year + 1, until.year))
        first, last = self._of(after.year), self._of(until.year)
        rest = len(first) - bisect_right(first, after.toordinal())
        return rest + whole + bisect_right(last, until.toordinal())

    def add_working_days(self, start: date, days: int, without: Sequence[Exclusion] = ()) -> date:
        """The ``days``-th working day after ``start``; the first day is not counted.

        ``without`` holds times that do not count, in order and apart from each other.
        """
        for first, last in without:
            worked = self.working_days(start, first)
            if worked >= days:
                break
            days -= worked
            start = max(start, last)
        return self._later(start, days)

    def add_calendar_days(self, start: date, days: int, without: Sequence[Exclusion] = ()) -> date:
        """``days`` days after ``start``, moved to the next working day if that day is none."""
        for first, last in without:
            gone = max((first - start).days, 0)
            if gone >= days:
                break
            days -= gone
            start = max(start, last)
        day = start + timedelta(days=days)
        while not self.is_working_day(day) or _excluded(day, without):
            day += _ONE
        return day

    def _later(self, start: date, days: int) -> date:
        if days <= 0:
            return start
        year = start.year
        worked = self._of(year)
        place = bisect_right(worked, start.toordinal()) + days - 1
        while place >= len(worked):
            place -= len(worked)
            year += 1
            worked = self._of(year)
        return date.fromordinal(worked[place])

    def _of(self, year: int) -> Sequence[int]:
        known = self._worked.get(year)
        if known is None:
            first, last = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
            known = self._worked[year] = [
                day for day in range(first, last + 1) if self.is_working_day(date.fromordinal(day))
            ]
        return known


def _excluded(day: date, without: Sequence[Exclusion]) -> bool:
    return any(first < day <= last for first, last in without)
