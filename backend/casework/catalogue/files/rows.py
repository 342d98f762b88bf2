"""A row of a file and the edition it stands for, whatever the file's format.

A row is a mapping from keys to values. Keys are ``item`` (base code), ``division``, the local fields, ``parameters``
(a mapping of its own), and what offices like to see beside them: ``division_name`` and aspects of the standard
such as ``name``, which may be repeated but not changed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from backend.casework.catalogue.conformity import ASPECTS, Deviation, restated
from backend.casework.catalogue.drafts import LOCAL_FIELDS, EditionDraft, LocalKind
from backend.casework.catalogue.reports import LONGEST_SAID, Incoming, Place, RowProblem
from backend.casework.definitions import ServiceItem
from backend.errors import Text
from backend.kit import regions

ITEM, DIVISION, DIVISION_NAME, PARAMETERS = "item", "division", "division_name", "parameters"

Row = Mapping[str, Any]
FindItem = Callable[[str], ServiceItem | None]
"""The item of a base code, official or as declared."""

UNKNOWN_ITEM = Text("没有这个服务事项。", "There is no such service item.")
UNKNOWN_FIELD = Text("没有这一项。", "There is no such field.")
MISSING = Text("此项必填。", "This is required.")
NOT_TEXT = Text(
    "应为文本；数字请将单元格设为文本格式后重新填写。", "This must be text; format the cell as text first."
)
NOT_A_NUMBER = Text("应为整数；请勿填写文本。", "This must be a whole number, not text.")
NOT_A_DAY = Text("应为日期，如 2026-01-01。", "This must be a day, such as 2026-01-01.")
NOT_AN_OBJECT = Text("应为对象。", "This must be an object.")
OTHER_NAME = Text("行政区划名称与代码不符。", "The name is not that of the division's code.")

_BY_NAME = {local.name: local for local in LOCAL_FIELDS}
_KNOWN = {ITEM, DIVISION, DIVISION_NAME, PARAMETERS, *_BY_NAME, *ASPECTS}
_BLANKS = str.maketrans({"\u3000": " ", "\u00a0": " ", "\t": " ", "\r": None})


class WrongValue(Exception):
    """A value that cannot stand in its field."""

    def __init__(self, message: Text) -> None:
        self.message = message
        super().__init__(message.en)


def drafts(rows: Iterable[tuple[Place, Row | RowProblem]], find: FindItem) -> Iterator[Incoming | RowProblem]:
    """Each row as a draft, or what is wrong with it: every wrong field of a row is told."""
    for place, row in rows:
        if isinstance(row, RowProblem):
            yield row
        else:
            yield from _draft(place, row, find)


def _draft(place: Place, row: Row, find: FindItem) -> Iterator[Incoming | RowProblem]:
    code, division, parameters = row.get(ITEM), row.get(DIVISION), row.get(PARAMETERS) or {}
    item = find(code) if isinstance(code, str) else None
    said, wrong = _said(row)
    wrong += [(name, UNKNOWN_FIELD) for name in row.keys() - _KNOWN]
    if item is None:
        wrong.append((ITEM, UNKNOWN_ITEM if code else MISSING))
    if not isinstance(division, str) or not division:
        wrong.append((DIVISION, NOT_TEXT if division else MISSING))
    if not isinstance(parameters, Mapping):
        wrong.append((PARAMETERS, NOT_AN_OBJECT))
    if wrong or item is None:
        for name, message in wrong:
            value = row.get(name)
            yield RowProblem(place, name, "" if value is None else str(value)[:LONGEST_SAID], message)
        return
    yield Incoming(
        place,
        EditionDraft(item_code=item.base_code, division=str(division), parameters=dict(parameters), **said),
        (
            *restated(item, {name: row[name] for name in ASPECTS if name in row}),
            *_named(str(division), row),
        ),
    )


def _said(row: Row) -> tuple[dict[str, Any], list[tuple[str, Text]]]:
    """What the local fields say, and those that cannot be read."""
    said: dict[str, Any] = {}
    wrong: list[tuple[str, Text]] = []
    for name, local in _BY_NAME.items():
        value = row.get(name)
        if value is None or value == "":
            if name == "in_force_from":
                wrong.append((name, MISSING))
            continue
        try:
            said[name] = _READ[local.kind](value)
        except WrongValue as why:
            wrong.append((name, why.message))
    return said, wrong


def _named(division: str, row: Row) -> Iterator[Deviation]:
    """A division's name stands beside its code so that people see a slip; so it must be the right one."""
    name = row.get(DIVISION_NAME)
    place = regions.get(division)
    if name and place and name not in (place.name, regions.full_name(division)):
        yield Deviation(DIVISION_NAME, name, regions.full_name(division), OTHER_NAME)


def _read_text(value: object) -> str:
    if not isinstance(value, str):
        raise WrongValue(NOT_TEXT)
    return value.translate(_BLANKS).strip()


def _read_day(value: object) -> date:
    if type(value) is date:
        return value
    if not isinstance(value, str):
        raise WrongValue(NOT_A_DAY)
    try:
        return date.fromisoformat(value.strip())
    except ValueError:
        raise WrongValue(NOT_A_DAY) from None


def _read_days(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise WrongValue(NOT_A_NUMBER)
    return value


_READ: Mapping[LocalKind, Callable[[object], object]] = {
    LocalKind.TEXT: _read_text,
    LocalKind.CODE: _read_text,
    LocalKind.DAY: _read_day,
    LocalKind.DAYS: _read_days,
}


def row_of(draft: EditionDraft, item: ServiceItem, base_code: str) -> dict[str, Any]:
    """The row of an edition: only what it says, with the names that people want to see beside the codes."""
    said = {name: getattr(draft, name) for name in _BY_NAME}
    return {
        ITEM: base_code,
        "name": item.name.zh,
        DIVISION: draft.division,
        DIVISION_NAME: regions.full_name(draft.division),
        **{name: value for name, value in said.items() if value not in {None, ""}},
        **({PARAMETERS: dict(draft.parameters)} if draft.parameters else {}),
    }
