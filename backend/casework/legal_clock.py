"""When a decision is due, and why: the promised limit counted from the day of receipt."""

from dataclasses import dataclass
from datetime import date

from backend.casework.definitions import LimitUnit
from backend.errors import Text
from backend.kit.working_days import Calendar


@dataclass(frozen=True, slots=True)
class DueDate:
    """The last day for deciding, the reckoning behind it, and whether the calendar is final."""

    on: date
    provisional: bool
    """True while the working days of that year are not announced yet."""
    explanation: Text


_WORKING = Text(
    "自{start}起（当日不计）{days}个工作日，至{end}。",
    "{days} working days from {start} (that day not counted) end on {end}.",
)
_CALENDAR = Text(
    "自{start}起（当日不计）{days}个自然日，末日遇节假日顺延，至{end}。",
    "{days} days from {start} (that day not counted), moved past holidays, end on {end}.",
)


def due_date(start: date, days: int, unit: LimitUnit, calendar: Calendar) -> DueDate:
    """Count ``days`` from ``start``; the first day is not counted (民法典 201)."""
    if unit is LimitUnit.WORKING_DAYS:
        end, sentence = calendar.add_working_days(start, days), _WORKING
    else:
        end, sentence = calendar.add_calendar_days(start, days), _CALENDAR
    return DueDate(
        on=end,
        provisional=calendar.is_provisional(end),
        explanation=sentence.filled(start=start.isoformat(), days=days, end=end.isoformat()),
    )
