"""Reading editions from an xlsx workbook: one sheet per item or several, a header line, an edition per row."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO, Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError

from backend.casework.catalogue.files.columns import Column, columns_by_title, read_cell
from backend.casework.catalogue.files.packages import NOT_A_WORKBOOK, NotAWorkbook, inspect
from backend.casework.catalogue.files.rows import ITEM, PARAMETERS, FindItem, Row, WrongValue
from backend.casework.catalogue.reports import LONGEST_SAID, Place, RowProblem
from backend.casework.definitions import ServiceItem
from backend.errors import Text

NOTES = "说明"
"""A sheet of this name is for people."""
LARGEST = 1024 * 1024 * 1024
"""Bytes that a workbook may unpack into at the command line."""
LARGEST_UPLOAD = 64 * 1024 * 1024
MOST_COLUMNS = 200

NO_HEADER = Text("没有表头：找不到“基本编码”一列。", "There is no header line with 基本编码 (base code).")
UNKNOWN_COLUMN = Text("没有这一列。", "There is no such column.")
COLUMN_TWICE = Text("该列出现多次。", "This column stands here twice.")
MERGED = Text("含有合并单元格，请取消合并。", "There are merged cells; please split them.")
FORMULA = Text("含有公式或错误值，请粘贴为数值。", "There is a formula or an error; paste it as a value.")
LOCKED = Text("电子表格设有密码。", "The spreadsheet is protected by a password.")
NO_ITEM = Text("没有这个服务事项。", "There is no such service item.")

_BLANK = (None, "")


def read_workbook(
    file: Path | IO[bytes], find: FindItem, *, largest: int = LARGEST
) -> Iterator[tuple[Place, Row | RowProblem]]:
    """The rows of every sheet but the notes; one sheet is held in memory at a time."""
    try:
        with _opened(file) as opened:
            formulas = inspect(opened, largest=largest)
        if formulas:
            for formula in formulas:
                place = Place(formula.row, formula.sheet)
                yield place, RowProblem(place, "", "", FORMULA)
            return
        workbook = opened_workbook(file)
    except NotAWorkbook as why:
        yield Place(1), RowProblem(Place(1), "", "", why.message)
        return
    with workbook:
        for name in workbook.sheet_names:
            if name != NOTES:
                yield from _read_sheet(workbook.get_sheet_by_name(name), find)


def read_table(path: Path, titles: Mapping[str, str]) -> Iterator[tuple[Place, Row | RowProblem]]:
    """The rows of the first sheet as texts by key; ``titles`` gives each column's key, others are left out."""
    try:
        with path.open("rb") as opened:
            inspect(opened, largest=LARGEST_UPLOAD)
        workbook = opened_workbook(path)
    except NotAWorkbook as why:
        yield Place(1), RowProblem(Place(1), "", "", why.message)
        return
    with workbook:
        sheet = workbook.get_sheet_by_index(0)
        numbered = enumerate(sheet.iter_rows(), 1)
        head = next((cells for _, cells in numbered if _filled(cells)), [])
        keys = {at: titles[title] for at, title in enumerate(str(c).strip() for c in head) if title in titles}
        for number, cells in numbered:
            if _filled(cells):
                yield Place(number, sheet.name), {key: cells[at] for at, key in keys.items()}


class _Kept:
    """Lets a file that is already open stay open."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def __enter__(self) -> IO[bytes]:
        self._file.seek(0)
        return self._file

    def __exit__(self, *_: object) -> None:
        self._file.seek(0)


def _opened(file: Path | IO[bytes]) -> Any:
    return file.open("rb") if isinstance(file, Path) else _Kept(file)


def opened_workbook(file: Path | IO[bytes]) -> CalamineWorkbook:
    """A workbook that ``inspect`` has let through. Raises ``NotAWorkbook``."""
    try:
        return CalamineWorkbook.from_object(file)
    except PasswordError:
        raise NotAWorkbook(LOCKED) from None
    except CalamineError:
        raise NotAWorkbook(NOT_A_WORKBOOK) from None


@dataclass(frozen=True, slots=True)
class _Header:
    """The titles of a sheet by their place in a row, and where the item's code stands."""

    titles: Mapping[int, str]
    item_at: int


def _read_sheet(sheet: CalamineSheet, find: FindItem) -> Iterator[tuple[Place, Row | RowProblem]]:
    if sheet.merged_cell_ranges:
        for (top, _), _bottom in sheet.merged_cell_ranges:
            place = Place(top + 1, sheet.name)
            yield place, RowProblem(place, "", "", MERGED)
        return
    numbered = enumerate(sheet.iter_rows(), 1)
    head_at, head = next(((number, cells) for number, cells in numbered if _filled(cells)), (0, []))
    if not head:
        return
    header = _header(head)
    if header is None:
        place = Place(head_at, sheet.name)
        yield place, RowProblem(place, "", "", NO_HEADER)
        return
    seen: dict[ServiceItem, Sequence[tuple[int, Column]]] = {}
    for number, cells in numbered:
        if not _filled(cells):
            continue
        place = Place(number, sheet.name)
        item = find(str(cells[header.item_at]).strip())
        if item is None:
            said = str(cells[header.item_at])[:LONGEST_SAID]
            yield place, RowProblem(place, ITEM, said, NO_ITEM)
            continue
        if item not in seen:
            columns, problems = _columns(header, item, Place(head_at, sheet.name))
            yield from ((problem.place, problem) for problem in problems)
            seen[item] = columns
        yield from _read_row(place, cells, seen[item])


def _filled(cells: Sequence[object]) -> bool:
    return any(cell not in _BLANK and str(cell).strip() for cell in cells)


def _header(cells: Sequence[object]) -> _Header | None:
    titles = {at: str(cell).strip() for at, cell in enumerate(cells[:MOST_COLUMNS]) if cell not in _BLANK}
    at = next((at for at, title in titles.items() if title in {ITEM, "基本编码"}), None)
    return None if at is None else _Header(titles, at)


def _columns(
    header: _Header, item: ServiceItem, place: Place
) -> tuple[Sequence[tuple[int, Column]], Sequence[RowProblem]]:
    """The columns of a sheet as ``item`` understands them, and the titles that make no sense."""
    known = columns_by_title(item)
    columns: list[tuple[int, Column]] = []
    problems: list[RowProblem] = []
    for at, title in header.titles.items():
        column = known.get(title)
        if column is None:
            problems.append(RowProblem(place, title[:LONGEST_SAID], "", UNKNOWN_COLUMN))
        elif any(other.key == column.key for _, other in columns):
            problems.append(RowProblem(place, title, "", COLUMN_TWICE))
        else:
            columns.append((at, column))
    return columns, problems


def _read_row(
    place: Place, cells: Sequence[object], columns: Sequence[tuple[int, Column]]
) -> Iterator[tuple[Place, Row | RowProblem]]:
    row: dict[str, Any] = {}
    parameters: dict[str, Any] = {}
    problems: list[RowProblem] = []
    for at, column in columns:
        cell = cells[at] if at < len(cells) else None
        if cell in _BLANK:
            continue
        try:
            value = read_cell(column.kind, cell)
        except WrongValue as why:
            problems.append(RowProblem(place, column.title, str(cell)[:LONGEST_SAID], why.message))
            continue
        if column.parameter is None:
            row[column.key] = value
        else:
            parameters[column.parameter] = value
    if problems:
        yield from chain((place, problem) for problem in problems)
        return
    yield place, {**row, PARAMETERS: parameters} if parameters else row
