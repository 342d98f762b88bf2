"""Values of indicators: summed from figures, kept exact as whole numbers, shown as they are printed."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, DecimalException
from typing import Any

from backend.casework.catalogue.standards import Standards
from backend.database.record import Row
from backend.errors import Invalid, Text
from backend.kit import regions
from backend.statistics.catalogue import BY_CODE, asked_in
from backend.statistics.indicators import (
    AGES,
    IN_FORCE,
    Indicator,
    Kind,
    Measure,
    Source,
    Split,
)
from backend.statistics.periods import Period

NOT_A_NUMBER = Text(
    "数值应为不超过12位的非负数，小数位数不超过指标要求。",
    "A value is a number of at most 12 digits, not negative, with no more decimals than the indicator has.",
)
LARGEST = 10**12

Read = Callable[..., Awaitable[Sequence[Row]]]
"""``fetch``, or that of an open transaction."""
HUNDREDTHS_OF_PERCENT = 10_000


@dataclass(frozen=True, slots=True)
class Cell:
    """One indicator of one report, in whole numbers: units, fen, or the last decimal of what is typed."""

    code: str
    computed: int = 0
    over: int = 0
    """What an average or a ratio is of."""
    imported: int = 0
    """How much of ``computed`` comes from imported cases."""
    typed: int | None = None
    adjusted: int = 0
    adjusted_over: int = 0
    splits: Mapping[str, int] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """Everything together, before it is divided."""
        return self.computed + (self.typed or 0) + self.adjusted

    @property
    def base(self) -> int:
        """What it is of."""
        return self.over + self.adjusted_over

    @property
    def value(self) -> int | None:
        """In the last decimal that is printed; None where there is nothing to divide by."""
        indicator = BY_CODE[self.code]
        if indicator.over is None:
            return self.number
        if self.base <= 0:
            return None
        times = HUNDREDTHS_OF_PERCENT if indicator.kind is Kind.RATIO else 1
        return (2 * self.number * times + self.base) // (2 * self.base)

    @property
    def shown(self) -> str | None:
        """As it is printed."""
        return shown(BY_CODE[self.code], self.value)

    @property
    def by_hand(self) -> bool:
        """Whether somebody typed at least a part of it."""
        return self.typed is not None

    def told(self) -> dict[str, Any]:
        """As it is kept."""
        kept = {
            "computed": self.computed,
            "over": self.over,
            "imported": self.imported,
            "typed": self.typed,
            "adjusted": self.adjusted,
            "adjustedOver": self.adjusted_over,
            "splits": dict(self.splits),
        }
        return {name: held for name, held in kept.items() if held not in (0, None, {})}


def read_cell(code: str, told: Mapping[str, Any]) -> Cell:
    """A cell as it was kept."""
    return Cell(
        code,
        told.get("computed", 0),
        told.get("over", 0),
        told.get("imported", 0),
        told.get("typed"),
        told.get("adjusted", 0),
        told.get("adjustedOver", 0),
        told.get("splits", {}),
    )


def shown(indicator: Indicator, value: int | None) -> str | None:
    """``value`` with the decimals of the indicator."""
    if value is None:
        return None
    return str(Decimal(value).scaleb(-indicator.decimals))


def read_value(indicator: Indicator, text: str, *, signed: bool = False) -> int:
    """What somebody typed, in the last decimal. Raises ``Invalid``."""
    try:
        value = Decimal(text.strip()).scaleb(indicator.decimals)
    except DecimalException:  # no number, or one beyond what is reckoned with
        raise Invalid(NOT_A_NUMBER) from None
    if not value.is_finite() or value != value.to_integral_value() or abs(value) >= LARGEST:
        raise Invalid(NOT_A_NUMBER)
    if value < 0 and not signed:
        raise Invalid(NOT_A_NUMBER)
    return int(value)


def domains_of(standards: Standards) -> Mapping[str, str]:
    """The domain of each item."""
    return {code: item.domain.value for code, item in standards.by_code.items()}


def bounds(division: str) -> tuple[str, str]:
    """The first and the last six-digit code that lie in a division."""
    prefix = regions.prefix(division)[:6]
    return prefix.ljust(6, "0"), prefix.ljust(6, "9")


def reports_on_its_own(division: str) -> bool:
    """Whether a division's report is computed from cases: a county, or whatever has no counties in it."""
    return not any(below.level < regions.TOWNSHIP for below in regions.children(division))


_WORDS = "kind, item_code, mark, area, sex, age_band, imported"
_FIGURES = (
    f"SELECT {_WORDS}, sum(cases)::bigint AS cases, sum(people)::bigint AS people, sum(stock)::bigint AS stock,"
    " sum(stock_people)::bigint AS stock_people, sum(standard_fen)::bigint AS standard_fen FROM statistics_figure"
    " WHERE division BETWEEN $1 AND $2 AND month {months} GROUP BY " + _WORDS
)
_FLOWS = _FIGURES.format(months="BETWEEN $3 AND $4")
_STOCKS = _FIGURES.format(months=f"<= $3 AND kind IN ({', '.join(repr(kind.value) for kind in IN_FORCE)})")


async def computed(
    read: Read, first: str, last: str, period: Period, domains: Mapping[str, str]
) -> Mapping[str, Cell]:
    """The cells of a period over the divisions from ``first`` to ``last``, from figures and the register.

    ``domains`` gives the domain of each item. What no case tells is not in it.
    """
    flows = await read(_FLOWS, first, last, period.first_month, period.last_month)
    stocks = await read(_STOCKS, first, last, period.last_month)
    indexed = _by_item(flows), _by_item(stocks)
    found: dict[str, Cell] = {}
    for indicator in asked_in(period):
        if indicator.source is Source.REGISTER:
            found[indicator.code] = Cell(indicator.code, townships(indicator.code, first, last))
        elif indicator.measure is not None:
            rows = indexed[indicator.measure.is_stock]
            found[indicator.code] = _summed(indicator, rows, domains)
    return found


_Rows = Mapping[tuple[str, str], Sequence[Any]]


def _by_item(rows: Iterable[Any]) -> _Rows:
    found: dict[tuple[str, str], list[Any]] = {}
    for row in rows:
        found.setdefault((row["kind"], row["item_code"]), []).append(row)
    return found


def matching(measure: Measure, rows: _Rows, domains: Mapping[str, str]) -> Iterable[Any]:
    """The rows that a measure sums."""
    for (kind, item), held in rows.items():
        if measure.counts(kind, item, domains):
            yield from (row for row in held if measure.takes(row["mark"], row["area"]))


def _summed(indicator: Indicator, rows: _Rows, domains: Mapping[str, str]) -> Cell:
    measure = indicator.measure
    if measure is None:
        raise TypeError("a computed indicator has a measure")
    name = measure.amount.value
    total = imported = 0
    splits: dict[str, int] = {}
    for row in matching(measure, rows, domains):
        amount = row[name]
        total += amount
        if row["imported"]:
            imported += amount
        for split in indicator.splits:
            key = split_key(split, row, domains)
            splits[key] = splits.get(key, 0) + amount
    over = 0
    if indicator.over is not None:
        over = sum(row[indicator.over.amount.value] for row in matching(indicator.over, rows, domains))
    return Cell(
        indicator.code,
        total,
        over,
        imported,
        splits={key: held for key, held in sorted(splits.items()) if held},
    )


def split_key(split: Split, row: Any, domains: Mapping[str, str]) -> str:
    """``SEX:2``, ``AGE:80-89``, ``AREA:U``, ``DOMAIN:children``."""
    match split:
        case Split.SEX:
            return f"SEX:{row['sex']}"
        case Split.AGE:
            return f"AGE:{AGES[row['age_band']]}"
        case Split.AREA:
            return f"AREA:{row['area']}"
        case Split.DOMAIN:
            return f"DOMAIN:{domains.get(row['item_code'], '-')}"


_ENDINGS = {
    "JZH011111000": ("镇",),
    "JZH011112000": ("乡", "苏木"),
    "JZH011112100": ("民族乡",),
    "JZH011113000": ("街道",),
}


def townships(code: str, first: str, last: str) -> int:
    """How many townships of one kind the register knows between two counties."""
    wanted = _ENDINGS.get(code, ("街道", "镇", "乡", "苏木"))
    return sum(
        1 for place, name in regions.township_names() if first <= place[:6] <= last and name.endswith(wanted)
    )


def added(cells: Iterable[Cell]) -> Cell:
    """One cell out of those of several divisions: numbers and what they are of add up apart."""
    found = list(cells)
    splits: dict[str, int] = {}
    for cell in found:
        for key, held in cell.splits.items():
            splits[key] = splits.get(key, 0) + held
    typed = [cell.typed for cell in found if cell.typed is not None]
    return replace(
        found[0],
        computed=sum(cell.computed for cell in found),
        over=sum(cell.over for cell in found),
        imported=sum(cell.imported for cell in found),
        typed=sum(typed) if typed else None,
        adjusted=sum(cell.adjusted for cell in found),
        adjusted_over=sum(cell.adjusted_over for cell in found),
        splits=dict(sorted(splits.items())),
    )


def typed_share(cells: Iterable[Cell]) -> tuple[int, int]:
    """How many cells somebody typed, and how many there are."""
    found = list(cells)
    return sum(cell.by_hand for cell in found), len(found)
