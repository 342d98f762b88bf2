"""Rows of an old system's table, read and checked one by one; only columns that are counted are taken."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, DecimalException
from typing import Any

from backend.casework.catalogue.standards import Standards
from backend.errors import FieldProblem, Invalid, ProblemCode, Text
from backend.kit import clock, regions
from backend.statistics.indicators import AGES
from backend.statistics.reported_files import open_workbook, rows_of

COLUMNS = ("区划", "事项编码", "原编号", "收件日期")
"""Every row has them."""
MORE = ("批准日期", "不予日期", "停发日期", "性别", "年龄段", "城乡", "类别", "人数", "月标准")

WRONG = Text("文件有误，未导入任何办件。", "The file is wrong: nothing was imported.")
UNKNOWN_COLUMN = Text(
    "没有这一列；姓名、证件号码等个人信息不得导入。",
    "There is no such column; names, numbers and the like are not imported.",
)
NO_DIVISION = Text("区划应为本辖区内的县级代码。", "The division has to be a county within yours.")
NO_ITEM = Text("没有这个服务事项。", "There is no such service item.")
NO_NUMBER = Text(
    "原编号为1至60个字符，同一文件内不得重复。", "An old number has 1 to 60 characters and stands once."
)
BAD_DAY = Text("日期应为 2026-01-31，且不晚于今天。", "A day looks like 2026-01-31 and is not in the future.")
BAD_ORDER = Text(
    "日期先后不符：批准、不予只能有一个且不早于收件，停发不早于批准。",
    "These days cannot be: granted or refused, not before it was received, and ended after it was granted.",
)
BAD_WORD = Text("该列的值不在允许范围内。", "This column does not take this value.")
NOTHING = Text("文件中没有办件。", "There are no cases in the file.")

_SEXES = {"男": "1", "女": "2", "": "0"}
_AREAS = {"城镇": "U", "农村": "R", "": "-"}


@dataclass(frozen=True, slots=True)
class OldCase:
    """One row."""

    division: str
    item_code: str
    old_number: str
    received_on: date
    granted_on: date | None
    refused_on: date | None
    ended_on: date | None
    sex: str
    age_band: int
    area: str
    mark: str
    people: int
    standard_fen: int


class _WrongCell(Exception):
    def __init__(self, column: str, message: Text) -> None:
        self.column, self.message = column, message
        super().__init__(message.en)


def read_old_cases(content: bytes, standards: Standards, *, within: str) -> Sequence[OldCase]:
    """All rows of the first sheet. Raises ``Invalid`` that names every wrong one, fifty at most."""
    problems: list[FieldProblem] = []
    found: list[OldCase] = []
    seen: set[tuple[str, str, str]] = set()
    with open_workbook(content) as book:
        sheet = book.get_sheet_by_index(0)
        for number, row in rows_of(sheet, COLUMNS):
            unknown = [title for title in row if title not in (*COLUMNS, *MORE)]
            if unknown:
                problems.append(FieldProblem((sheet.name, unknown[0]), UNKNOWN_COLUMN))
                break
            try:
                case = _read(row, standards, within)
            except _WrongCell as wrong:
                problems.append(FieldProblem((sheet.name, number, wrong.column), wrong.message))
            else:
                key = (case.division, case.item_code, case.old_number)
                if key in seen:
                    problems.append(FieldProblem((sheet.name, number, "原编号"), NO_NUMBER))
                seen.add(key)
                found.append(case)
            if len(problems) >= 50:
                break
    if not problems and not found:
        problems.append(FieldProblem((sheet.name,), NOTHING))
    if problems:
        raise Invalid(WRONG, code=ProblemCode.FILE_REFUSED, fields=tuple(problems))
    return found


def _read(row: Mapping[str, Any], standards: Standards, within: str) -> OldCase:
    division, item = _text(row, "区划"), _text(row, "事项编码")
    place = regions.find(division)
    if (
        place is None
        or len(division) != 6
        or not regions.within(division, within)
        or (regions.children(division)[:1] and place.level < 2)
    ):
        raise _WrongCell("区划", NO_DIVISION)
    if item not in standards.by_code:
        raise _WrongCell("事项编码", NO_ITEM)
    old_number = _text(row, "原编号")
    if not 1 <= len(old_number) <= 60:
        raise _WrongCell("原编号", NO_NUMBER)
    received = _day(row, "收件日期")
    granted, refused, ended = (_day(row, name) for name in ("批准日期", "不予日期", "停发日期"))
    if received is None:
        raise _WrongCell("收件日期", BAD_DAY)
    decided = granted or refused
    if (
        (granted and refused)
        or (decided and decided < received)
        or (ended and (granted is None or ended < granted))
    ):
        raise _WrongCell("批准日期", BAD_ORDER)
    return OldCase(
        division,
        item,
        old_number,
        received,
        granted,
        refused,
        ended,
        _word(row, "性别", _SEXES),
        _word(row, "年龄段", {**{age: at for at, age in enumerate(AGES)}, "": len(AGES) - 1}),
        _word(row, "城乡", _AREAS),
        _text(row, "类别")[:40],
        _whole(row, "人数", most=30) if _text(row, "人数") else 1,
        _fen(row, "月标准"),
    )


def _text(row: Mapping[str, Any], name: str) -> str:
    held = row.get(name)
    if isinstance(held, float) and held.is_integer():
        held = int(held)
    text = "" if held is None else str(held).strip()
    if "\0" in text:  # PostgreSQL's text cannot hold it
        raise _WrongCell(name, BAD_WORD)
    return text


def _day(row: Mapping[str, Any], name: str) -> date | None:
    held = row.get(name)
    if held in (None, ""):
        return None
    try:
        day = (
            held.date()
            if isinstance(held, datetime)
            else held
            if isinstance(held, date)
            else date.fromisoformat(str(held).strip())
        )
    except ValueError:
        raise _WrongCell(name, BAD_DAY) from None
    if day > clock.today() or day.year < 1980:
        raise _WrongCell(name, BAD_DAY)
    return day


def _word(row: Mapping[str, Any], name: str, words: Mapping[str, Any]) -> Any:
    try:
        return words[_text(row, name)]
    except KeyError:
        raise _WrongCell(name, BAD_WORD) from None


def _whole(row: Mapping[str, Any], name: str, *, most: int) -> int:
    text = _text(row, name)
    if not text.isascii() or not text.isdigit() or len(text) > 9 or not 1 <= int(text) <= most:
        raise _WrongCell(name, BAD_WORD)
    return int(text)


def _fen(row: Mapping[str, Any], name: str) -> int:
    text = _text(row, name)
    if not text:
        return 0
    try:
        fen = Decimal(text) * 100
    except DecimalException:  # no number, or one beyond what is reckoned with
        raise _WrongCell(name, BAD_WORD) from None
    if not fen.is_finite() or fen != fen.to_integral_value() or not 0 <= fen <= 100_000_000:
        raise _WrongCell(name, BAD_WORD)
    return int(fen)
