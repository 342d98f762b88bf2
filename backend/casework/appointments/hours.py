"""Which slots a day has, and when they open for booking: pure reckoning from a calendar's hours."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from backend.kit import clock
from backend.kit.working_days import Calendar

Span = tuple[time, time]
MONDAY = 1
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)


@dataclass(frozen=True, slots=True)
class DayRule:
    """How one day differs; None where it does not."""

    spans: Sequence[Span] | None = None
    capacity: int | None = None
    waiting_room: int | None = None
    opens_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pattern:
    """What a calendar says of every day."""

    hours: Mapping[int, Sequence[Span]]
    """By ISO weekday."""
    keeps_holidays: bool
    slot: timedelta
    capacity: int
    waiting_room: int
    opens_days_before: int
    opens_time: time
    closes: timedelta


@dataclass(frozen=True, slots=True)
class PlannedSlot:
    """A slot as it should be."""

    day: date
    starts_at: datetime
    ends_at: datetime
    opens_at: datetime
    closes_at: datetime
    capacity: int
    waiting_room: int


def read_time(text: str) -> time:
    """``"09:30"``. Raises ``ValueError``."""
    if not _TIME.fullmatch(text):
        raise ValueError("a time of day is HH:MM")
    return time(int(text[:2]), int(text[3:]))


def read_spans(told: Sequence[Sequence[str]]) -> Sequence[Span]:
    """Spans in order, none of them empty or within another. Raises ``ValueError``."""
    spans = [(read_time(begins), read_time(ends)) for begins, ends in told]
    edges = [edge for span in spans for edge in span]
    if any(earlier >= later for earlier, later in spans) or edges != sorted(edges):
        raise ValueError("spans of a day follow one another")
    return spans


def spans_of(pattern: Pattern, day: date, rule: DayRule | None, workdays: Calendar) -> Sequence[Span]:
    """When it is open on ``day``: the day's own rule, else the weekday's hours, holidays kept.

    Of a weekend the calendar of working days knows only whether it is worked, so that a weekend day with hours
    of its own within a holiday has to be closed by a rule of that day.
    """
    if rule is not None and rule.spans is not None:
        return rule.spans
    weekday = day.isoweekday()
    if pattern.keeps_holidays:
        worked = workdays.is_working_day(day)
        if weekday <= 5 and not worked:
            return ()
        if weekday > 5 and worked:
            return pattern.hours.get(weekday) or pattern.hours.get(MONDAY, ())
    return pattern.hours.get(weekday, ())


def slots_of(pattern: Pattern, day: date, rule: DayRule | None, workdays: Calendar) -> Iterator[PlannedSlot]:
    """The slots of a day in order; a rest that is shorter than a slot is none."""
    rule = rule or DayRule()
    opens_at = rule.opens_at or datetime.combine(
        day - timedelta(days=pattern.opens_days_before), pattern.opens_time, clock.ZONE
    )
    for begins, ends in spans_of(pattern, day, rule, workdays):
        starts_at, end = (datetime.combine(day, edge, clock.ZONE) for edge in (begins, ends))
        while starts_at + pattern.slot <= end:
            yield PlannedSlot(
                day=day,
                starts_at=starts_at,
                ends_at=starts_at + pattern.slot,
                opens_at=opens_at,
                closes_at=starts_at - pattern.closes,
                capacity=pattern.capacity if rule.capacity is None else rule.capacity,
                waiting_room=pattern.waiting_room if rule.waiting_room is None else rule.waiting_room,
            )
            starts_at += pattern.slot
