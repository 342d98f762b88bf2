"""When calls are taken: working days, in slots of half an hour."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from backend.kit import clock
from backend.kit.working_days import Calendar

SLOT = timedelta(minutes=30)
HOURS = ((time(9), time(11, 30)), (time(13, 30), time(17)))
"""In legal time; each end is when the last slot is over."""
AHEAD = timedelta(days=14)
"""How long beforehand an appointment can be made."""


def slots(day: date, calendar: Calendar) -> Sequence[datetime]:
    """The slots of a day, none on a day off."""
    if not calendar.is_working_day(day):
        return ()
    found = []
    for begins, ends in HOURS:
        at = datetime.combine(day, begins, clock.ZONE)
        while at + SLOT <= datetime.combine(day, ends, clock.ZONE):
            found.append(at)
            at += SLOT
    return found


def is_open(moment: datetime, calendar: Calendar) -> bool:
    """Whether calls are taken at this moment."""
    return any(slot <= moment < slot + SLOT for slot in slots(clock.local(moment).date(), calendar))
