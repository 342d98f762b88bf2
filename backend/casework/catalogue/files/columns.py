"""The columns of a spreadsheet: what an office reads above them, and how a cell becomes a value and back."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cache

from backend.casework.catalogue.drafts import LOCAL_FIELDS, LocalKind
from backend.casework.catalogue.files.rows import (
    DIVISION,
    DIVISION_NAME,
    ITEM,
    NOT_A_DAY,
    NOT_A_NUMBER,
    NOT_TEXT,
    WrongValue,
)
from backend.casework.definitions import UNIT_NAMES, Parameter, ServiceItem, Unit
from backend.errors import Text

FEN_PER_YUAN = 100
LARGEST_YUAN = 10**12

NOT_AN_AMOUNT = Text(
    "应为以元为单位、至多两位小数的数字。", "This must be an amount in yuan with at most two decimals."
)


class CellKind(StrEnum):
    """How a cell is formatted, read and written."""

    TEXT = "TEXT"
    DAY = "DAY"
    WHOLE = "WHOLE"
    YUAN = "YUAN"
    """An amount: yuan in the sheet, fen in the edition."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: ``key`` is that of a row; a parameter's is ``parameters.<name>``."""

    key: str
    title: str
    kind: CellKind
    width: int
    parameter: str | None = None


_KINDS: Mapping[LocalKind, CellKind] = {
    LocalKind.TEXT: CellKind.TEXT,
    LocalKind.CODE: CellKind.TEXT,
    LocalKind.DAY: CellKind.DAY,
    LocalKind.DAYS: CellKind.WHOLE,
}

_FIRST = (
    Column(ITEM, "基本编码", CellKind.TEXT, 15),
    Column("name", "事项名称", CellKind.TEXT, 26),
    Column(DIVISION, "行政区划代码", CellKind.TEXT, 13),
    Column(DIVISION_NAME, "行政区划名称", CellKind.TEXT, 26),
)
_STANDARD = (
    Column("task_type", "事项类型", CellKind.TEXT, 10),
    Column("case_type", "办件类型", CellKind.TEXT, 10),
    Column("statutory_days", "法定办结时限", CellKind.WHOLE, 14),
    Column("result", "办理结果", CellKind.TEXT, 26),
)
"""Aspects of the standard that offices' sheets like to repeat; they may stand there, and must be right."""

_LOCAL = tuple(
    Column(local.name, local.title.zh, _KINDS[local.kind], 14 if local.longest < 60 else 30)
    for local in LOCAL_FIELDS
)


@cache
def columns_of(item: ServiceItem) -> tuple[Column, ...]:
    """The columns of an item's sheet: who and where, its own figures, then what every edition may say."""
    figures = [_figure(parameter) for parameter in item.parameters]
    titles = Counter(column.title for column in (*_FIRST, *_STANDARD, *_LOCAL, *figures))
    told_apart = (
        column if titles[column.title] == 1 else replace(column, title=f"{column.title} {column.parameter}")
        for column in figures
    )
    return (*_FIRST, *told_apart, *_LOCAL)


@cache
def columns_by_title(item: ServiceItem) -> Mapping[str, Column]:
    """Every column that may stand in an item's sheet, by its title and by its key."""
    allowed = (*columns_of(item), *_STANDARD)
    return {name: column for column in allowed for name in (column.title, column.key)}


def _figure(parameter: Parameter) -> Column:
    kind = CellKind.TEXT if isinstance(parameter.default, str) else CellKind.WHOLE
    unit = UNIT_NAMES[Unit(parameter.unit)].zh
    if parameter.unit == Unit.FEN:
        kind, unit = CellKind.YUAN, "元"
    title = f"{parameter.label.zh}（{unit}）" if unit else parameter.label.zh
    return Column(f"parameters.{parameter.name}", title, kind, 16, parameter.name)


def read_cell(kind: CellKind, cell: object) -> object:
    """The value of a cell that is not empty. Raises ``WrongValue``."""
    return _READ[kind](cell)


def _read_text(cell: object) -> str:
    if not isinstance(cell, str):
        raise WrongValue(NOT_TEXT)
    return cell


def _read_day(cell: object) -> date:
    if isinstance(cell, datetime):
        if cell.time() != time():
            raise WrongValue(NOT_A_DAY)
        return cell.date()
    if isinstance(cell, date):
        return cell
    try:
        return date.fromisoformat(cell.strip()) if isinstance(cell, str) else _not(NOT_A_DAY)
    except ValueError:
        raise WrongValue(NOT_A_DAY) from None


def _read_whole(cell: object) -> int:
    if isinstance(cell, bool) or not isinstance(cell, int | float) or cell != int(cell):
        raise WrongValue(NOT_A_NUMBER)
    return int(cell)


def _read_yuan(cell: object) -> int:
    """Fen. A sheet holds binary fractions: the shortest decimal that stands for one is what people typed."""
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        raise WrongValue(NOT_AN_AMOUNT)
    try:
        fen = Decimal(repr(cell)) * FEN_PER_YUAN
        if abs(fen) > LARGEST_YUAN or fen != fen.to_integral_value():
            raise WrongValue(NOT_AN_AMOUNT)
    except InvalidOperation:
        raise WrongValue(NOT_AN_AMOUNT) from None
    return int(fen)


def _not(message: Text) -> date:
    raise WrongValue(message)


_READ: Mapping[CellKind, Callable[[object], object]] = {
    CellKind.TEXT: _read_text,
    CellKind.DAY: _read_day,
    CellKind.WHOLE: _read_whole,
    CellKind.YUAN: _read_yuan,
}
