"""What is inside an xlsx file before anybody interprets it: how large it would become, and where formulas hide.

A spreadsheet is a zip archive. One of a few kilobytes can unpack into gigabytes, so everything is unpacked once
for counting, a piece at a time. On the way formulas and error values are found: what a formula last came to is
not what an office decided. And a sheet is held in memory as a rectangle: one cell in the farthest corner would make
it one of 17 thousand million, so that corners are looked for, too.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import IO

from backend.errors import Text

PIECE = 1024 * 1024
OVERLAP = 4096
"""How far back a cell's beginning may lie when its formula begins the next piece."""
MOST_ENTRIES = 2000
MOST_FORMULAS_TOLD = 50
SMALLEST_CELL = 16
"""Bytes that a cell with a value takes at least: a package has room for so many cells, and no more are looked at."""
LONGEST_NUMBER = 7
"""Digits of the last row that there may be."""

NOT_A_WORKBOOK = Text("文件不是 xlsx 电子表格。", "This is not an xlsx spreadsheet.")
TOO_LARGE = Text("电子表格解压后过大。", "The spreadsheet becomes too large when it is unpacked.")

_CELL = re.compile(rb'<c r="[A-Z]{1,3}(\d{1,7})"(?:[^>]*\st="e"[^>]*>|[^>]*>\s*<f[\s/>])')
_LOOSE = re.compile(rb'<(?:(/?)(?:[^\s<>/]*:)?(row)|(?:[^\s<>/]*:)?c(?!\s+r="[A-Za-z]+\d+"))[\s/>]')
"""Where rows begin and end, and cells that do not say at once where they are."""
_COLUMN = re.compile(rb"""r\s*=\s*["']([A-Za-z]+)\d+["']""")
_ROW = re.compile(rb"""r\s*=\s*["'][A-Za-z]*(\d+)["']""")
_SHEET = re.compile(rb"<sheet\s[^>]*>")
_RELATION = re.compile(rb"<Relationship\s[^>]*>")
_ATTRIBUTE = re.compile(rb'([\w:]+)="([^"]*)"')
_ENTITIES = ((b"&lt;", b"<"), (b"&gt;", b">"), (b"&quot;", b'"'), (b"&apos;", b"'"), (b"&amp;", b"&"))


class NotAWorkbook(Exception):
    """The file cannot be read as a workbook; the text is for people."""

    def __init__(self, message: Text) -> None:
        self.message = message
        super().__init__(message.en)


@dataclass(frozen=True, slots=True)
class Formula:
    """A cell that holds a formula or an error instead of a value."""

    sheet: str
    row: int


class _Extent:
    """How large a rectangle the cells of a part span, or more: what does not say where it is follows the one before."""

    def __init__(self) -> None:
        self._rest = b""
        self._column = self._row = 0
        self._begun = self._ended = 0
        self._loose = self._most_loose = 0

    def read(self, piece: bytes) -> None:
        """The next piece; what may be half a tag is left for the one after it."""
        text = self._rest + piece
        cut = text.rfind(b"<")
        whole, self._rest = (text, b"") if cut < 0 else (text[:cut], text[cut:])
        self._look(whole)

    def cells(self) -> int:
        """How many cells there may be between the corners, after the last piece."""
        self._look(self._rest)
        rows = max(self._begun, self._ended)
        return (self._column + self._most_loose) * (self._row + rows) if rows else 0

    def _look(self, text: bytes) -> None:
        for end, row in _LOOSE.findall(text):
            if not row:
                self._loose += 1
                self._most_loose = max(self._most_loose, self._loose)
            elif end:
                self._ended += 1
                self._loose = 0
            else:
                self._begun += 1
        self._column = max((self._column, *map(_column, set(_COLUMN.findall(text)))))
        rows = {digits[: LONGEST_NUMBER + 1] for digits in set(_ROW.findall(text))}
        self._row = max((self._row, *map(int, rows)))


@cache
def _column(letters: bytes) -> int:
    """``A`` is 1; more than four letters are as far away as four."""
    number = 0
    for letter in letters[:4].upper():
        number = number * 26 + letter - ord("A") + 1
    return number


def inspect(file: IO[bytes], *, largest: int) -> list[Formula]:
    """Unpack everything once and find formulas. Raises ``NotAWorkbook`` beyond ``largest`` bytes or if it is broken."""
    try:
        with zipfile.ZipFile(file) as package:
            if len(package.infolist()) > MOST_ENTRIES:
                raise NotAWorkbook(TOO_LARGE)
            names = _sheet_names(package)
            left, found = largest, list[Formula]()
            room = largest // SMALLEST_CELL
            for entry in package.infolist():
                before, extent = b"", _Extent()
                with package.open(entry) as part:
                    while piece := part.read(PIECE):
                        left -= len(piece)
                        if left < 0:
                            raise NotAWorkbook(TOO_LARGE)
                        extent.read(piece)
                        if entry.filename in names:
                            found += _formulas(names[entry.filename], before, piece)
                            before = piece[-OVERLAP:]
                room -= extent.cells()
                if room < 0:
                    raise NotAWorkbook(TOO_LARGE)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, KeyError, OSError):
        raise NotAWorkbook(NOT_A_WORKBOOK) from None
    return found[:MOST_FORMULAS_TOLD]


def _formulas(sheet: str, before: bytes, piece: bytes) -> Iterator[Formula]:
    for cell in _CELL.finditer(before + piece):
        if cell.end() > len(before):  # else it was found with the piece before
            yield Formula(sheet, int(cell[1]))


def _sheet_names(package: zipfile.ZipFile) -> Mapping[str, str]:
    """The name of each sheet by the file in which it lies."""
    sheets = _attributes(_SHEET, _head(package, "xl/workbook.xml"))
    targets = {
        relation[b"Id"]: relation[b"Target"]
        for relation in _attributes(_RELATION, _head(package, "xl/_rels/workbook.xml.rels"))
        if b"Id" in relation and b"Target" in relation
    }
    return {
        _path(targets[sheet[b"r:id"]]): _unescaped(sheet.get(b"name", b""))
        for sheet in sheets
        if sheet.get(b"r:id") in targets
    }


def _attributes(tag: re.Pattern[bytes], text: bytes) -> list[Mapping[bytes, bytes]]:
    return [dict(_ATTRIBUTE.findall(found)) for found in tag.findall(text)]


def _path(target: bytes) -> str:
    path = target.decode("utf-8", "replace")
    return path.removeprefix("/") if path.startswith("/") else f"xl/{path}"


def _unescaped(name: bytes) -> str:
    for entity, sign in _ENTITIES:
        name = name.replace(entity, sign)
    return name.decode("utf-8", "replace")


def _head(package: zipfile.ZipFile, name: str) -> bytes:
    """The first megabyte of a part: these two list sheets, and no honest workbook has so many."""
    with package.open(name) as part:
        return part.read(PIECE)
