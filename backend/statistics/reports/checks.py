"""Checks of a report (审核): balances, period on period, across forms, and what came too late for a signed one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from backend.errors import Text
from backend.statistics.catalogue import AT_LEAST, BY_CODE, MORE_THAN, SUMS, TOGETHER
from backend.statistics.indicators import Split
from backend.statistics.values import Cell, shown

LARGE_CHANGE_PERCENT = 30
LARGE_CHANGE_LEAST = 10
"""A change by so much of the period before, and by so many at least, has to be explained. Ours, unverified."""


class Severity(StrEnum):
    """What a finding asks for."""

    ERROR = "ERROR"
    """It cannot be signed like this."""
    EXPLAIN = "EXPLAIN"
    """It can be signed with an explanation."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check found."""

    rule: str
    code: str
    severity: Severity
    said: Text
    explanation: str | None = None

    @property
    def open(self) -> bool:
        """Whether it keeps the report from being signed."""
        return self.severity is Severity.ERROR or not self.explanation

    def told(self) -> dict[str, object]:
        """As it is kept."""
        return {
            "rule": self.rule,
            "code": self.code,
            "severity": self.severity.value,
            "zh": self.said.zh,
            "en": self.said.en,
            "explanation": self.explanation,
        }


def read_finding(told: Mapping[str, str]) -> Finding:
    """A finding as it was kept."""
    return Finding(
        told["rule"],
        told["code"],
        Severity(told["severity"]),
        Text(told["zh"], told["en"]),
        told.get("explanation"),
    )


def check(
    cells: Mapping[str, Cell],
    before: Mapping[str, Cell] | None,
    late: Mapping[str, tuple[str, int, int]],
    missing: Sequence[str],
) -> Sequence[Finding]:
    """Everything that is found.

    ``before`` is the frozen report of the period before, where there is one; ``late`` gives for a code the earlier period, how much its cases add up to today beyond what was signed, and how much of
    that was adjusted since; ``missing`` are divisions below without an accepted report.
    """
    return [
        *_typed(cells),
        *_sums(cells),
        *_order(cells),
        *_across(cells),
        *_splits(cells),
        *_changes(cells, before or {}),
        *_late(late),
        *_missing(missing),
    ]


def _name(code: str) -> Text:
    indicator = BY_CODE[code]
    return Text(f"{indicator.name.zh}（{code}）", f"{indicator.name.en} ({code})")


def _told(template: Text, *codes: str, **more: object) -> Text:
    names = [_name(code) for code in codes]
    return Text(
        template.zh.format(*(name.zh for name in names), **more),
        template.en.format(*(name.en for name in names), **more),
    )


_NOT_TYPED = Text("{0}未填报。", "{0} was not typed.")
_SUM = Text("{0}为{total}，各分项之和为{parts}。", "{0} is {total}, its parts add up to {parts}.")
_LESS = Text("{0}小于{1}。", "{0} is less than {1}.")
_MORE = Text("{0}大于{1}，请说明。", "{0} is more than {1}: please explain.")
_APART = Text("{0}与{1}一方为零、一方不为零，请说明。", "One of {0} and {1} is zero: please explain.")
_SPLIT = Text(
    "{0}分组之和{parts}与合计{total}不等（含填报、调整部分），请说明。",
    "The groups of {0} add up to {parts}, the total is {total} (typed and adjusted parts included): please explain.",
)
_CHANGE = Text(
    "{0}由上期{before}变为{now}，变动较大，请说明。", "{0} went from {before} to {now}: please explain."
)
_LATE = Text(
    "{0}：{period}签署后又有办件计入，差额{delta}，请以调整项计入本期或说明。",
    "{0}: cases came in after {period} was signed, by {delta}: adjust this period or explain.",
)
_BELOW = Text("缺少下级已审核的报表：{codes}。", "Accepted reports of divisions below are missing: {codes}.")


def _typed(cells: Mapping[str, Cell]) -> Iterator[Finding]:
    for code, cell in cells.items():
        indicator = BY_CODE[code]
        if indicator.typed and indicator.measure is None and cell.typed is None:
            yield Finding("not_typed", code, Severity.EXPLAIN, _told(_NOT_TYPED, code))


def _sums(cells: Mapping[str, Cell]) -> Iterator[Finding]:
    for total, parts in SUMS.items():
        held = [cells[code] for code in parts if code in cells]
        if total not in cells or len(held) < len(parts):
            continue
        if any(
            BY_CODE[cell.code].measure is None and cell.typed is None for cell in (cells[total], *held)
        ) and (BY_CODE[total].source.value == "TYPED" or all(cell.typed is None for cell in held)):
            continue  # what nobody typed is told by another rule
        summed = sum(cell.number for cell in held)
        if summed != cells[total].number:
            said = _told(
                _SUM,
                total,
                total=shown(BY_CODE[total], cells[total].number),
                parts=shown(BY_CODE[total], summed),
            )
            yield Finding("sum", total, Severity.ERROR, said)


def _order(cells: Mapping[str, Cell]) -> Iterator[Finding]:
    for more, less in AT_LEAST:
        if more in cells and less in cells and cells[more].number < cells[less].number:
            yield Finding("at_least", more, Severity.ERROR, _told(_LESS, more, less))
    for first, second in MORE_THAN:
        if first in cells and second in cells and cells[first].number > cells[second].number:
            yield Finding("more_than", first, Severity.EXPLAIN, _told(_MORE, first, second))


def _across(cells: Mapping[str, Cell]) -> Iterator[Finding]:
    for people, money in TOGETHER:
        if people in cells and money in cells and bool(cells[people].number) != bool(cells[money].number):
            yield Finding("across_forms", people, Severity.EXPLAIN, _told(_APART, people, money))


def _splits(cells: Mapping[str, Cell]) -> Iterator[Finding]:
    for code, cell in cells.items():
        for split in BY_CODE[code].splits:
            parts = sum(held for key, held in cell.splits.items() if key.startswith(_PREFIXES[split]))
            if parts != cell.number:
                said = _told(_SPLIT, code, parts=parts, total=cell.number)
                yield Finding(f"split_{split.value.lower()}", code, Severity.EXPLAIN, said)


_PREFIXES = {split: f"{split.value}:" for split in Split}


def _changes(cells: Mapping[str, Cell], before: Mapping[str, Cell]) -> Iterator[Finding]:
    for code, cell in cells.items():
        if code not in before or not BY_CODE[code].additive:
            continue
        was, now = before[code].number, cell.number
        if abs(now - was) >= LARGE_CHANGE_LEAST and abs(now - was) * 100 > LARGE_CHANGE_PERCENT * abs(was):
            said = _told(_CHANGE, code, before=shown(BY_CODE[code], was), now=cell.shown)
            yield Finding("large_change", code, Severity.EXPLAIN, said)


def _late(late: Mapping[str, tuple[str, int, int]]) -> Iterator[Finding]:
    for code, (period, delta, adjusted) in late.items():
        if delta != adjusted:
            said = _told(_LATE, code, period=period, delta=delta - adjusted)
            yield Finding(f"late_{period}", code, Severity.EXPLAIN, said)


def _missing(missing: Sequence[str]) -> Iterator[Finding]:
    if missing:
        told = ", ".join(missing[:20]) + (" …" if len(missing) > 20 else "")
        said = Text(_BELOW.zh.format(codes=told), _BELOW.en.format(codes=told))
        yield Finding("below_missing", "", Severity.EXPLAIN, said)
