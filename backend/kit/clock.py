"""The only place that asks what time it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")
"""Legal time: all of China keeps one zone."""

_shift: ContextVar[timedelta] = ContextVar("clock_shift", default=timedelta())


def now() -> datetime:
    """This moment, aware, in UTC."""
    return datetime.now(UTC) + _shift.get()


def today() -> date:
    """Today's date in legal time."""
    return local(now()).date()


def local(moment: datetime) -> datetime:
    """The same moment in legal time."""
    return moment.astimezone(ZONE)


@contextmanager
def shifted(by: timedelta) -> Iterator[None]:
    """Let time be later (or earlier) inside this block: for trying out what happens after a limit."""
    token = _shift.set(_shift.get() + by)
    try:
        yield
    finally:
        _shift.reset(token)
