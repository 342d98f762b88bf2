"""Reporting periods: ``2026-11``, ``2026Q4``, ``2026``."""

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

from backend.errors import FieldProblem, Invalid, Text
from backend.kit import clock
from backend.statistics.indicators import Cadence

BAD_PERIOD = Text("报告期应为 2026-11、2026Q4 或 2026。", "A period looks like 2026-11, 2026Q4 or 2026.")
_FORM = re.compile(r"(20\d\d)(?:-(0[1-9]|1[0-2])|Q([1-4]))?")
_MONTHS = {Cadence.MONTH: 1, Cadence.QUARTER: 3, Cadence.YEAR: 12}


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Whole months: the first one as year × 12 + month − 1, and how often such periods come."""

    start: int
    cadence: Cadence

    @property
    def months(self) -> int:
        """How many months."""
        return _MONTHS[self.cadence]

    @property
    def code(self) -> str:
        """As it is written."""
        year, month = divmod(self.start, 12)
        match self.cadence:
            case Cadence.MONTH:
                return f"{year}-{month + 1:02d}"
            case Cadence.QUARTER:
                return f"{year}Q{month // 3 + 1}"
        return str(year)

    @property
    def first_month(self) -> int:
        """202611."""
        return _month(self.start)

    @property
    def last_month(self) -> int:
        """202611 of a month; the last one of a longer period."""
        return _month(self.start + self.months - 1)

    @property
    def first(self) -> date:
        """The first day."""
        return date(self.start // 12, self.start % 12 + 1, 1)

    @property
    def last(self) -> date:
        """The last day."""
        last = self.start + self.months - 1
        year, month = last // 12, last % 12 + 1
        return date(year, month, calendar.monthrange(year, month)[1])

    @property
    def before(self) -> "Period":
        """The period before."""
        return Period(self.start - self.months, self.cadence)

    @property
    def due(self) -> date:
        """By when a county reports: the 15th of the month after it; a year by the end of February (2008 rule)."""
        after = self.last + timedelta(days=1)
        if self.cadence is Cadence.YEAR:
            return date(after.year, 3, 1) - timedelta(days=1)
        return after.replace(day=15)

    @property
    def closed(self) -> bool:
        """Whether its last day is over."""
        return clock.today() > self.last

    @property
    def chinese(self) -> str:
        """2026年11月."""
        year, month = divmod(self.start, 12)
        match self.cadence:
            case Cadence.MONTH:
                return f"{year}年{month + 1}月"
            case Cadence.QUARTER:
                return f"{year}年第{'一二三四'[month // 3]}季度"
        return f"{year}年"


def read_period(code: str) -> Period:
    """The period of a code. Raises ``Invalid``."""
    found = _FORM.fullmatch(code)
    if found is None:
        raise Invalid(BAD_PERIOD, fields=(FieldProblem(("period",), BAD_PERIOD),))
    year, month, quarter = found.groups()
    if month:
        return Period(int(year) * 12 + int(month) - 1, Cadence.MONTH)
    if quarter:
        return Period(int(year) * 12 + (int(quarter) - 1) * 3, Cadence.QUARTER)
    return Period(int(year) * 12, Cadence.YEAR)


def month_of(day: date) -> Period:
    """The month in which a day lies."""
    return Period(day.year * 12 + day.month - 1, Cadence.MONTH)


def _month(index: int) -> int:
    return index // 12 * 100 + index % 12 + 1
