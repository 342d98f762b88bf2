"""What differs between a file of editions and the catalogue, or between two files; nothing is changed."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

import orjson

from backend.casework.catalogue.drafts import SAID, EditionDraft
from backend.casework.catalogue.reports import MOST_TOLD, FieldChange, Incoming, Problems, RowProblem
from backend.casework.catalogue.scope import Scope
from backend.casework.catalogue.transfer import FileFormat, Selection, editions, read_file, read_upload
from backend.casework.machine import Casework
from backend.kit import regions

Key = tuple[str, str, date]
"""Item, division and first day: what makes two editions the same one."""


class DifferenceKind(StrEnum):
    """What a file says of an edition, compared with what was there."""

    ADDED = "ADDED"
    CHANGED = "CHANGED"
    MISSING = "MISSING"


@dataclass(frozen=True, slots=True)
class Difference:
    """One edition that differs."""

    kind: DifferenceKind
    item_code: str
    division: str
    in_force_from: date
    fields: tuple[FieldChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Differences:
    """How many differ, and the first of them."""

    counts: Mapping[DifferenceKind, int]
    told: tuple[Difference, ...]

    @property
    def none(self) -> bool:
        """Whether both sides say the same."""
        return not any(self.counts.values())


async def with_catalogue(work: Casework, path: Path) -> Differences:
    """``path`` against the catalogue of today and later, in the divisions and items of which the file speaks.

    Raises ``RefusedRows`` where the file cannot be read.
    """
    codes = await work.catalogue.codes()
    return await _with_catalogue(_packed(read_file(path, codes.item)))


async def upload_with_catalogue(
    work: Casework, content: bytes, form: FileFormat, scope: Scope
) -> Differences:
    """The same of an uploaded file, every row of which lies within ``scope``. Raises ``RefusedRows``."""
    codes = await work.catalogue.codes()
    # Reading is work for the processor: in a thread, so that a server keeps answering.
    after = await asyncio.to_thread(lambda: _packed(read_upload(content, form, codes.item), scope))
    return await _with_catalogue(after)


async def _with_catalogue(after: Mapping[Key, bytes]) -> Differences:
    items = tuple(sorted({item for item, _, _ in after}))
    divisions = {division for _, division, _ in after}
    before: dict[Key, bytes] = {}
    async with aclosing(editions(Selection(items=items))) as drafts:
        async for draft in drafts:
            if draft.division in divisions:
                before[_key(draft)] = _said(draft)
    return _compared(before, after)


async def between(work: Casework, old: Path, new: Path) -> Differences:
    """``new`` against ``old``. Raises ``RefusedRows`` where either cannot be read."""
    codes = await work.catalogue.codes()
    return _compared(_packed(read_file(old, codes.item)), _packed(read_file(new, codes.item)))


def _packed(rows: Iterable[Incoming | RowProblem], scope: Scope | None = None) -> dict[Key, bytes]:
    """What each edition says, as bytes: a whole nation's fit into memory."""
    problems, packed = Problems(), dict[Key, bytes]()
    for row in rows:
        if isinstance(row, RowProblem):
            problems.add(row)
        elif scope is not None and not regions.within(row.draft.division, scope.division):
            problems.deviate(row.place, scope.refuses(row.draft))
        else:
            packed[_key(row.draft)] = _said(row.draft)
    problems.refuse()
    return packed


def _key(draft: EditionDraft) -> Key:
    return draft.item_code, draft.division, draft.in_force_from


def _said(draft: EditionDraft) -> bytes:
    said = {name: getattr(draft, name) for name in SAID}
    return orjson.dumps(
        {k: v for k, v in said.items() if v not in ("", None, {})}, option=orjson.OPT_SORT_KEYS
    )


def _compared(before: Mapping[Key, bytes], after: Mapping[Key, bytes]) -> Differences:
    counts = dict.fromkeys(DifferenceKind, 0)
    told: list[Difference] = []
    for found in _differences(before, after):
        counts[found.kind] += 1
        if len(told) < MOST_TOLD:
            told.append(found)
    return Differences(counts, tuple(told))


def _differences(before: Mapping[Key, bytes], after: Mapping[Key, bytes]) -> Iterator[Difference]:
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        if old is None:
            yield Difference(DifferenceKind.ADDED, *key)
        elif new is None:
            yield Difference(DifferenceKind.MISSING, *key)
        elif old != new:
            was, said = orjson.loads(old), orjson.loads(new)
            fields = tuple(
                FieldChange(name, was.get(name), said.get(name))
                for name in SAID
                if was.get(name) != said.get(name)
            )
            yield Difference(DifferenceKind.CHANGED, *key, fields)
