"""Writing editions as an xlsx workbook: one sheet per item, so that each has columns for its own figures.

Nothing in it is ever a formula: texts are stored as texts, marked so that they stay texts when somebody edits
them or saves the sheet in a format without types.
"""

from datetime import date
from pathlib import Path
from typing import Any, Self

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from backend.casework.catalogue.files.columns import FEN_PER_YUAN, CellKind, Column, columns_of
from backend.casework.catalogue.files.rows import PARAMETERS, Row
from backend.casework.catalogue.files.workbooks import NOTES
from backend.casework.definitions import ServiceItem

LONGEST_SHEET_NAME = 31
_NOT_IN_SHEET_NAMES = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))

_NOTES = (
    "每个事项一张表，每行一份实施清单；空白单元格表示沿用上一级。",
    "金额以元为单位；日期填写为日期；代码一律为文本。请勿合并单元格，请勿使用公式。",
    "“基本编码”“行政区划代码”“生效日期”必填；事项名称、行政区划名称仅供核对，须与代码一致。",
    "One sheet per item, one edition per row; an empty cell says what the level above says.",
    "Amounts in yuan, days as days, codes as text. No merged cells, no formulas.",
)


_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


class WorkbookWriter:
    """Writes rows, which come item by item, one sheet after the other; memory holds one row."""

    def __init__(self, path: Path) -> None:
        self._workbook: Workbook = xlsxwriter.Workbook(str(path), _OPTIONS)
        self._formats: dict[CellKind, Format] = {
            CellKind.TEXT: self._workbook.add_format({"num_format": "@", "quote_prefix": True}),
            CellKind.DAY: self._workbook.add_format({"num_format": "yyyy-mm-dd"}),
            CellKind.WHOLE: self._workbook.add_format({"num_format": "0"}),
            CellKind.YUAN: self._workbook.add_format({"num_format": "0.00"}),
        }
        self._head = self._workbook.add_format({"bold": True, "bg_color": "#DDEBF7", "num_format": "@"})
        self._item: ServiceItem | None = None
        self._sheet: Worksheet | None = None
        self._columns: tuple[Column, ...] = ()
        self._line = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._write_notes()
        self._workbook.close()

    def write(self, item: ServiceItem, row: Row) -> None:
        """One edition."""
        if item is not self._item or self._sheet is None:
            self._begin(item)
        assert self._sheet is not None  # noqa: S101 - begun in the line above
        self._line += 1
        figures = row.get(PARAMETERS, {})
        for at, column in enumerate(self._columns):
            value = row.get(column.key) if column.parameter is None else figures.get(column.parameter)
            if value is not None:
                self._write_cell(self._sheet, at, column.kind, value)

    def _begin(self, item: ServiceItem) -> None:
        self._item, self._line, self._columns = item, 0, columns_of(item)
        self._sheet = self._workbook.add_worksheet(self._free_name(item.name.zh))
        self._sheet.freeze_panes(1, 4)
        for at, column in enumerate(self._columns):
            self._sheet.set_column(at, at, column.width)
            self._sheet.write_string(0, at, column.title, self._head)

    def _free_name(self, wanted: str) -> str:
        """A sheet's name: short, without what the format forbids, and not taken yet."""
        base = wanted.translate(_NOT_IN_SHEET_NAMES).strip()[: LONGEST_SHEET_NAME - 3] or "-"
        taken = {sheet.get_name().casefold() for sheet in self._workbook.worksheets()}
        names = (base, *(f"{base} {number}" for number in range(2, 100)))
        return next(name for name in names if name.casefold() not in {*taken, NOTES})

    def _write_cell(self, sheet: Worksheet, at: int, kind: CellKind, value: Any) -> None:
        match kind:
            case CellKind.TEXT:
                sheet.write_string(self._line, at, str(value), self._formats[kind])
            case CellKind.DAY:
                day = value if isinstance(value, date) else date.fromisoformat(value)
                sheet.write_datetime(self._line, at, day, self._formats[kind])
            case CellKind.WHOLE:
                sheet.write_number(self._line, at, value, self._formats[kind])
            case CellKind.YUAN:
                sheet.write_number(self._line, at, value / FEN_PER_YUAN, self._formats[kind])

    def _write_notes(self) -> None:
        """The sheet that tells how the others are filled in."""
        sheet = self._workbook.add_worksheet(NOTES)
        sheet.set_column(0, 0, 100)
        for line, note in enumerate(_NOTES):
            sheet.write_string(line, 0, note)
