"""When something is due, and why: days counted from a start, without the times at which the clock stood still.

The rules, each with its source:

- The first day is not counted (民法典 201). A limit in calendar days whose last day is not worked ends on the next
  working day, and every limit ends at the end of its last day (民法典 203).
- Licences count working days (行政许可法 82); other items count what their own rules say.
- A time at which the clock stands still (特别程序, 补正, 公示) begins after its first day and ends with its last one,
  so that stopping and going on the same day moves nothing.
- A year without an announced calendar is reckoned with its fixed holidays and said to be provisional.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from backend.casework.definitions import LimitUnit
from backend.errors import Text
from backend.kit import clock
from backend.kit.working_days import Calendar

_ONE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Pause:
    """A time at which a clock stands still: not its first day, but its last."""

    first: date
    last: date | None
    """None while it goes on."""
    why: Text


@dataclass(frozen=True, slots=True)
class Extension:
    """Days that a superior has added."""

    days: int
    decided_on: date


_A_LIMIT = Text("办结时限", "Time limit")
_SOME_START = Text("起算日", "Start")


@dataclass(frozen=True, slots=True)
class Count:
    """What a due date is reckoned from."""

    start: date
    days: int
    unit: LimitUnit
    pauses: Sequence[Pause] = ()
    """In the order of their first days."""
    extensions: Sequence[Extension] = ()
    what: Text = _A_LIMIT
    start_is: Text = _SOME_START

    @property
    def all_days(self) -> int:
        """With what was added."""
        return self.days + sum(extension.days for extension in self.extensions)


@dataclass(frozen=True, slots=True)
class DueDate:
    """The last day for deciding, the reckoning behind it, and whether the calendar is final."""

    on: date
    provisional: bool
    """True while the working days of a year in it are not announced yet."""
    standing_since: date | None
    """Since when the clock stands still; ``on`` is then what it would be if it went on the same day."""
    lines: tuple[Text, ...]
    """The reckoning, line by line."""

    @property
    def at(self) -> datetime:
        """The moment at which the limit has run out."""
        return end_of(self.on)

    @property
    def explanation(self) -> Text:
        """The lines as one text."""
        return Text("\n".join(line.zh for line in self.lines), "\n".join(line.en for line in self.lines))


def end_of(day: date) -> datetime:
    """The end of ``day`` (24:00) in legal time."""
    return datetime.combine(day + _ONE, time(), clock.ZONE)


def exclusions(start: date, pauses: Sequence[Pause]) -> list[tuple[date, date]]:
    """The times that do not count, in order and apart from each other: what overlaps is one."""
    found: list[tuple[date, date]] = []
    for pause in sorted(pauses, key=lambda one: one.first):
        first, last = max(pause.first, start), pause.last or pause.first
        if last <= first:
            continue
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


def last_day(count: Count, calendar: Calendar) -> date:
    """The last day of what is counted, without explaining it."""
    return _end(count, count.all_days, calendar)


def near_day(count: Count, calendar: Calendar) -> date:
    """The day after whose end the limit counts as near: a fifth of it is left, between one day and five.

    The share is local practice (FACTS §3: exact thresholds are local), unverified.
    """
    left = min(max(count.all_days // 5, 1), 5)
    return min(_end(count, max(count.all_days - left, 0), calendar), last_day(count, calendar) - _ONE)


def is_provisional(start: date, end: date, calendar: Calendar) -> bool:
    """Whether a year between the two days has no announced calendar."""
    return calendar.is_provisional(end) or any(
        not calendar.is_announced(year) for year in range(start.year, end.year)
    )


def _end(count: Count, days: int, calendar: Calendar) -> date:
    without = exclusions(count.start, count.pauses)
    if count.unit is LimitUnit.WORKING_DAYS:
        return calendar.add_working_days(count.start, days, without)
    return calendar.add_calendar_days(count.start, days, without)


def reckon(count: Count, calendar: Calendar) -> DueDate:
    """The due date with its reckoning, line by line."""
    end = last_day(count, calendar)
    provisional = is_provisional(count.start, end, calendar)
    going_on = [pause.first for pause in count.pauses if pause.last is None]
    standing = max(min(going_on), count.start) if going_on else None
    return DueDate(end, provisional, standing, tuple(_lines(count, end, standing, calendar)))


_FROM = Text("{start_is}：{start}，当日不计入。", "{start_is}: {start}; that day is not counted.")
_WORKING = Text("{what}：{days}个工作日。", "{what}: {days} working days.")
_CALENDAR = Text("{what}：{days}个自然日。", "{what}: {days} calendar days.")
_EXTENDED = Text(
    "{day}经批准延长{days}日，共{all}日。",
    "Extended by {days} days with approval of {day}: {all} days in all.",
)
_COUNTED_WORKING = Text(
    "{first}至{last}：计{days}个工作日，累计{sum}个。",
    "{first} to {last}: {days} working days, {sum} in all.",
)
_COUNTED = Text("{first}至{last}：计{days}日，累计{sum}日。", "{first} to {last}: {days} days, {sum} in all.")
_OFF = Text("其间节假日、休息日{days}天不计。", "Of that time {days} days off are not counted.")
_MAKE_UP = Text("其间调休上班日计入：{days}。", "Make-up days that are worked and counted: {days}.")
_STOOD = Text("{first}至{last}：{why}，不计入。", "{first} to {last}: {why}; not counted.")
_STANDS = Text(
    "自{first}起暂停计时：{why}。恢复后继续计算。",
    "The clock stands since {first}: {why}. It goes on afterwards.",
)
_MOVED = Text("{day}为节假日或休息日，顺延至{end}。", "{day} is a day off, so that the limit ends on {end}.")
_PROVISIONAL = Text(
    "{year}年节假日安排尚未公布，暂按法定固定节假日计算，公布后重新计算。",
    "The days off of {year} are not announced yet: reckoned with the fixed ones, and anew when they are.",
)
_ENDS = Text("截止：{end} 24:00。", "Due: the end of {end}.")
_WOULD_END = Text("如当日恢复，截止：{end} 24:00。", "If it went on the same day, due: the end of {end}.")


def _lines(count: Count, end: date, standing: date | None, calendar: Calendar) -> Iterator[Text]:
    working = count.unit is LimitUnit.WORKING_DAYS
    yield Text(
        _FROM.zh.format(start_is=count.start_is.zh, start=count.start),
        _FROM.en.format(start_is=count.start_is.en, start=count.start),
    )
    sentence = _WORKING if working else _CALENDAR
    yield Text(
        sentence.zh.format(what=count.what.zh, days=count.days),
        sentence.en.format(what=count.what.en, days=count.days),
    )
    total = count.days
    for extension in count.extensions:
        total += extension.days
        yield _EXTENDED.filled(day=extension.decided_on, days=extension.days, all=total)
    yield from _stretches(count, end, calendar)
    for pause in count.pauses:
        if pause.last is None:
            yield _told(_STANDS, pause, pause.first)
    for year in range(count.start.year, end.year + 1):
        if not calendar.is_announced(year):
            yield _PROVISIONAL.filled(year=year)
    yield (_ENDS if standing is None else _WOULD_END).filled(end=end)


def _told(sentence: Text, pause: Pause, first: date) -> Text:
    last = pause.last or first
    return Text(
        sentence.zh.format(first=first, last=last, why=pause.why.zh),
        sentence.en.format(first=first, last=last, why=pause.why.en),
    )


def _stretches(count: Count, end: date, calendar: Calendar) -> Iterator[Text]:
    """Each stretch that counts, with what is off and what is worked in it, and each pause between them."""
    at, total, working = count.start, 0, count.unit is LimitUnit.WORKING_DAYS
    reached = end if working else _nominal(count)
    without = exclusions(count.start, count.pauses)
    for first, last in [*without, (reached, None)]:
        until = min(first, reached)
        if until > at:
            days = calendar.working_days(at, until) if working else (until - at).days
            total += days
            sentence = _COUNTED_WORKING if working else _COUNTED
            yield sentence.filled(first=at + _ONE, last=until, days=days, sum=total)
            if working:
                yield from _days_off(at, until, days, calendar)
        if last is None or first >= reached:
            break
        for pause in count.pauses:
            if (
                pause.last is not None
                and pause.first < last
                and pause.last > first
                and pause.last > pause.first
            ):
                yield _told(_STOOD, pause, pause.first + _ONE)
        at = last
    if reached != end:
        yield _MOVED.filled(day=reached, end=end)


def _nominal(count: Count) -> date:
    """The last of so many calendar days, worked or not."""
    at, days = count.start, count.all_days
    for first, last in exclusions(count.start, count.pauses):
        gone = (first - at).days
        if gone >= days:
            break
        days -= gone
        at = last
    return at + timedelta(days=days)


def _days_off(after: date, until: date, worked: int, calendar: Calendar) -> Iterator[Text]:
    between = [after + timedelta(days=gone) for gone in range(1, (until - after).days + 1)]
    if len(between) > worked:
        yield _OFF.filled(days=len(between) - worked)
    make_up = [str(day) for day in between if calendar.is_make_up_day(day)]
    if make_up:
        yield _MAKE_UP.filled(days=", ".join(make_up))


def due_date(start: date, days: int, unit: LimitUnit, calendar: Calendar) -> DueDate:
    """Count ``days`` from ``start``, with nothing in between."""
    return reckon(Count(start, days, unit), calendar)
