"""Editions as JSON: an array of objects, written one per line, read as a stream however it is laid out."""

import json
from codecs import getincrementaldecoder
from collections.abc import Iterator
from io import BufferedWriter
from json.decoder import JSONDecodeError, JSONDecoder
from pathlib import Path
from typing import IO, Any, Self

import orjson

from backend.casework.catalogue.files.rows import NOT_AN_OBJECT, Row
from backend.casework.catalogue.reports import Place, RowProblem
from backend.casework.definitions import ServiceItem
from backend.errors import Text

CHUNK = 256 * 1024
LARGEST_ENTRY = 1024 * 1024
"""Characters of one edition: far beyond any sound one, so that a broken file does not fill the memory."""

BROKEN = Text("文件不是有效的 JSON 数组。", "This is not a valid JSON array.")
NOT_UTF8 = Text("文件不是 UTF-8 编码。", "This is not UTF-8.")

_BLANK = " \t\r\n"


def read_json(file: IO[bytes]) -> Iterator[tuple[Place, Row | RowProblem]]:
    """The array's objects, numbered from 1. A file that breaks off ends in one problem at the next number."""
    number = 0
    try:
        for number, value in enumerate(_values(file), 1):
            place = Place(number)
            if isinstance(value, dict):
                yield place, value
            else:
                yield place, RowProblem(place, "", json.dumps(value)[:80], NOT_AN_OBJECT)
    except UnicodeDecodeError:
        place = Place(number + 1)
        yield place, RowProblem(place, "", "", NOT_UTF8)
    except (ValueError, RecursionError):  # also a number of thousands of digits, and brackets without end
        place = Place(number + 1)
        yield place, RowProblem(place, "", "", BROKEN)


def _values(file: IO[bytes]) -> Iterator[Any]:
    """Each value of the array as soon as it is complete; raises ``JSONDecodeError`` where there is none."""
    text = _Text(file)
    if text.next_sign() != "[":
        raise JSONDecodeError("an array was expected", "", 0)
    text.skip()
    if text.next_sign() == "]":
        text.skip()
    else:
        while True:
            yield text.value()
            sign = text.next_sign()
            text.skip()
            if sign == "]":
                break
            if sign != ",":
                raise JSONDecodeError("a comma was expected", "", 0)
    if text.next_sign():
        raise JSONDecodeError("the array is over", "", 0)


class _Text:
    """The characters of a file, a piece at a time."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._held = ""
        self._at = 0
        self._utf8 = getincrementaldecoder("utf-8-sig")()
        self._decoder = JSONDecoder(parse_constant=_no_constant, object_pairs_hook=_each_once)

    def next_sign(self) -> str:
        """The next character that is not blank, or nothing at the end; it stays where it is."""
        while True:
            while self._at < len(self._held) and self._held[self._at] in _BLANK:
                self._at += 1
            if self._at < len(self._held):
                return self._held[self._at]
            if not self._more():
                return ""

    def skip(self) -> None:
        """Past the character that ``next_sign`` gave."""
        self._at += 1

    def value(self) -> Any:
        """The next value, whole."""
        self.next_sign()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._held, self._at)
            except JSONDecodeError:
                if len(self._held) - self._at > LARGEST_ENTRY or not self._more():
                    raise
                continue
            # A number at the end of what is held may go on in the next piece.
            if end < len(self._held) or not self._more():
                self._at = end
                return value

    def _more(self) -> bool:
        piece = self._file.read(CHUNK)
        self._held = self._held[self._at :] + self._utf8.decode(piece, final=not piece)
        self._at = 0
        return bool(piece)


def _no_constant(name: str) -> Any:
    raise JSONDecodeError(f"{name} is no JSON", "", 0)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    known = dict(pairs)
    if len(known) != len(pairs):
        raise JSONDecodeError("a key stands twice", "", 0)
    return known


class JsonWriter:
    """Writes rows as an array, one object per line; the same rows make the same bytes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BufferedWriter
        self._before = b"\n"

    def __enter__(self) -> Self:
        self._file = self._path.open("wb")
        self._file.write(b"[")
        return self

    def write(self, _item: ServiceItem, row: Row) -> None:
        """One edition."""
        self._file.write(self._before + orjson.dumps(row))
        self._before = b",\n"

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        if failed is None:
            self._file.write(b"\n]\n")
        self._file.close()
