"""Files that others report by: an xlsx in the form's layout, or JSON. Whatever is wrong in one is named, row by row."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from python_calamine import CalamineSheet, CalamineWorkbook

from backend.casework.catalogue.files.packages import NotAWorkbook, inspect
from backend.casework.catalogue.files.workbooks import FORMULA, LARGEST_UPLOAD, MERGED, opened_workbook
from backend.errors import FieldProblem, Invalid, ProblemCode, Text
from backend.statistics.catalogue import BY_CODE
from backend.statistics.periods import Period, read_period
from backend.statistics.values import read_value

MOST_ROWS = 20_000
MOST_PROBLEMS = 50

NOT_A_FILE = Text("请上传 xlsx 或 JSON 文件。", "Upload an xlsx or a JSON file.")
NO_HEADER = Text("没有表头：找不到“代码”和“数量”。", "There is no header line with 代码 and 数量.")
NO_CODE = Text("没有这个指标代码。", "There is no such code.")
CODE_TWICE = Text("该指标代码出现多次。", "This code stands here twice.")
TEXT_IN_NUMBER = Text(
    "数量不是数字（文本形式的数字请转换为数值）。", "This is not a number: convert text into a value."
)
TOO_MANY = Text("行数过多。", "There are too many rows.")
FILE_WRONG = Text("文件有误，未作比较。", "The file is wrong; nothing was done with it.")
OTHER_PERIOD = Text("指标不在报告期的有效期内。", "The indicator is not in force in the period.")


@dataclass(frozen=True, slots=True)
class ReportedFile:
    """What somebody reported."""

    division: str
    period: Period
    cells: Mapping[str, int]
    """By code, in the last decimal."""
    cases: Mapping[str, Sequence[str]]
    """Case numbers by code, where the file names them."""


class _Cell(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: str
    value: Annotated[str, StringConstraints(max_length=20)] | None = None
    cases: list[Annotated[str, StringConstraints(max_length=60)]] | None = Field(
        default=None, max_length=MOST_ROWS
    )


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    division: Annotated[str, StringConstraints(pattern=r"^\d{6}$")]
    period: str
    state: str | None = None
    cells: list[_Cell] = Field(max_length=500)


def read_reported(name: str, content: bytes, *, division: str | None, period: str | None) -> ReportedFile:
    """A file of ``.json`` or ``.xlsx``; of the latter, division and period are said beside it. Raises ``Invalid``."""
    if name.lower().endswith(".json"):
        return _from_json(content)
    if not name.lower().endswith(".xlsx") or division is None or period is None:
        raise Invalid(NOT_A_FILE, code=ProblemCode.FILE_REFUSED).about("input", "file")
    return _from_sheets(content, division, read_period(period))


def _refused(problems: Sequence[FieldProblem]) -> Invalid:
    return Invalid(FILE_WRONG, code=ProblemCode.FILE_REFUSED, fields=tuple(problems[:MOST_PROBLEMS]))


def _from_json(content: bytes) -> ReportedFile:
    try:
        told = _File.model_validate_json(content)
    except ValidationError as error:
        paths = [problem["loc"] for problem in error.errors(include_input=False)]
        raise _refused([FieldProblem(("file", *path), NOT_A_FILE) for path in paths]) from None
    problems: list[FieldProblem] = []
    cells: dict[str, int] = {}
    for at, cell in enumerate(told.cells):
        if cell.value is not None:
            _keep(cells, problems, ("file", "cells", at), cell.code, cell.value)
    if problems:
        raise _refused(problems)
    cases = {cell.code: cell.cases for cell in told.cells if cell.cases is not None}
    return ReportedFile(told.division, read_period(told.period), cells, cases)


def open_workbook(content: bytes) -> CalamineWorkbook:
    """A workbook without formulas, merged cells or bombs. Raises ``Invalid`` that names the place."""
    try:
        formulas = inspect(BytesIO(content), largest=LARGEST_UPLOAD)
        if formulas:
            raise _refused([FieldProblem((one.sheet, one.row), FORMULA) for one in formulas])
        book = opened_workbook(BytesIO(content))
    except NotAWorkbook as why:
        raise Invalid(why.message, code=ProblemCode.FILE_REFUSED).about("input", "file") from None
    merged = [
        FieldProblem((name, top + 1), MERGED)
        for name in book.sheet_names
        for (top, _), _end in book.get_sheet_by_name(name).merged_cell_ranges or ()
    ]
    if merged:
        raise _refused(merged)
    return book


def rows_of(sheet: CalamineSheet, wanted: Sequence[str]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Rows below the line that holds all of ``wanted``, by title, with their numbers. Raises ``Invalid`` without one."""
    titles: Mapping[int, str] | None = None
    for number, cells in enumerate(sheet.iter_rows(), 1):
        if number > MOST_ROWS:
            raise _refused([FieldProblem((sheet.name, number), TOO_MANY)])
        told = [str(cell).strip() for cell in cells]
        if titles is None:
            if set(wanted) <= set(told):
                titles = {at: title for at, title in enumerate(told) if title}
        elif any(told):
            yield number, {title: cells[at] for at, title in titles.items() if at < len(cells)}
    if titles is None:
        raise _refused([FieldProblem((sheet.name,), NO_HEADER)])


def _from_sheets(content: bytes, division: str, period: Period) -> ReportedFile:
    book = open_workbook(content)
    problems: list[FieldProblem] = []
    cells: dict[str, int] = {}
    cases: dict[str, list[str]] = {}
    with book:
        sheet = book.get_sheet_by_index(0)
        for number, row in rows_of(sheet, ("代码", "数量")):
            code = str(row["代码"]).strip()
            if not code:
                continue  # notes under the table
            value = row.get("数量")
            if value in (None, ""):
                continue
            if isinstance(value, bool) or not isinstance(value, int | float):
                problems.append(FieldProblem((sheet.name, number), TEXT_IN_NUMBER))
                continue
            _keep(cells, problems, (sheet.name, number), code, repr(value))
        if "明细" in book.sheet_names:
            for _number, row in rows_of(book.get_sheet_by_name("明细"), ("代码", "申办流水号")):
                cases.setdefault(str(row["代码"]).strip(), []).append(str(row["申办流水号"]).strip())
    if problems:
        raise _refused(problems)
    return ReportedFile(division, period, cells, cases)


def _keep(
    cells: dict[str, int],
    problems: list[FieldProblem],
    place: tuple[str | int, ...],
    code: str,
    text: str,
) -> None:
    indicator = BY_CODE.get(code)
    if indicator is None:
        problems.append(FieldProblem(place, NO_CODE))
    elif code in cells:
        problems.append(FieldProblem(place, CODE_TWICE))
    else:
        try:
            cells[code] = read_value(indicator, text, signed=True)
        except Invalid:
            problems.append(FieldProblem(place, TEXT_IN_NUMBER))
