"""Official base codes (基本编码) in place of those assigned here: imported once they are known.

An item keeps the key under which it is declared. Editions and cases refer to the key, and a case's task code keeps
the base code that it began with; what is new carries the official code, and every code an item has ever had finds it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from backend.casework.catalogue.actions import Claim, raise_version
from backend.casework.catalogue.comparing import keep_batch, report_of
from backend.casework.catalogue.current import CodeBook
from backend.casework.catalogue.files.json_files import read_json
from backend.casework.catalogue.files.rows import FindItem
from backend.casework.catalogue.files.workbooks import read_table
from backend.casework.catalogue.reports import Change, FieldChange, Place, Problems, PublishReport, RowProblem
from backend.casework.catalogue.transfer import FileFormat, digest_of, format_of
from backend.casework.definitions import ServiceItem
from backend.casework.machine import Casework
from backend.database import audit
from backend.database.record import Transaction, transaction
from backend.errors import Text
from backend.kit import clock, regions
from backend.kit.ids import new_id

LONGEST_SOURCE = 200
TITLES: Mapping[str, str] = {"基本编码": "item", "官方基本编码": "official", "来源": "source"}
"""Columns of a sheet by their titles; JSON objects have the keys."""

UNKNOWN_ITEM = Text("没有这个服务事项。", "There is no such service item.")
NOT_A_BASE_CODE = Text("基本编码应为12位数字文本。", "A base code is a text of twelve digits.")
TAKEN = Text("该编码已属于另一事项。", "This code belongs to another item.")
NO_SOURCE = Text("请注明编码来源（200字以内）。", "Say which list gives the code, in at most 200 characters.")
TWICE = Text("同一事项出现多次。", "The same item stands here more than once.")


@dataclass(frozen=True, slots=True)
class OfficialCode:
    """A row of the import: an item, its official base code, and the list that gives it."""

    place: Place
    item: ServiceItem
    code: str
    source: str


def read_codes(path: Path, book: CodeBook) -> Iterator[OfficialCode | RowProblem]:
    """The official codes of a file, or what is wrong with each row."""
    with path.open("rb") as file:
        rows = read_json(file) if format_of(path.name) is FileFormat.JSON else read_table(path, TITLES)
        for place, row in rows:
            yield row if isinstance(row, RowProblem) else code_of(place, row, book.item)


def code_of(place: Place, row: Mapping[str, Any], find: FindItem) -> OfficialCode | RowProblem:
    """A row of the keys ``item``, ``official`` and ``source``, or what is wrong with it."""
    given, code, source = (row.get(name) for name in ("item", "official", "source"))
    item = find(given) if isinstance(given, str) else None
    if item is None:
        return RowProblem(place, "item", str(given)[:80], UNKNOWN_ITEM)
    if not (isinstance(code, str) and len(code) == 12 and code.isascii() and code.isdigit()):
        return RowProblem(place, "official", str(code)[:80], NOT_A_BASE_CODE)
    if not (isinstance(source, str) and 0 < len(source.strip()) <= LONGEST_SOURCE and source.isprintable()):
        return RowProblem(place, "source", str(source)[:80], NO_SOURCE)
    return OfficialCode(place, item, code, source.strip())


async def import_codes(work: Casework, path: Path, *, actor: str, dry_run: bool = False) -> PublishReport:
    """Give items the official codes of a file, all or none. Raises ``RefusedRows``."""
    book = await work.catalogue.codes()
    return await give_codes(
        work, read_codes(path, book), actor=actor, digest=digest_of(path), dry_run=dry_run
    )


async def give_codes(
    work: Casework,
    given: Iterable[OfficialCode | RowProblem],
    *,
    actor: str,
    digest: str,
    dry_run: bool = False,
    claim: Claim | None = None,
) -> PublishReport:
    """Give items their official codes. A code that an item has already is left alone. Raises ``RefusedRows``."""
    rows = list(given)  # an item at most once: never more than there are items
    batch = new_id()
    async with transaction() as tx:
        await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('catalogue', 0))")
        known = await claim(tx, batch) if claim is not None else None
        if known is not None:
            return await report_of(tx, known)
        held = await tx.fetch("SELECT item_code, code FROM base_code ORDER BY id")
        now = {row["item_code"]: row["code"] for row in held}
        owners = {
            **{code: code for code in work.standards.by_code},
            **{row["code"]: row["item_code"] for row in held},
        }
        new = _new(rows, now, owners)
        report = PublishReport(len(rows), 0, len(new), tuple(_change(one, now) for one in new))
        if dry_run:
            return report
        if new or claim is not None:
            await keep_batch(tx, batch, report, kind="base_codes", actor=actor, digest=digest)
        if new:
            await _give(tx, batch, new)
            await audit.append(
                tx,
                subject=f"catalogue:{batch}",
                kind="base_codes_given",
                actor=actor,
                detail={"digest": digest, "codes": {one.item.base_code: one.code for one in new}},
            )
            await raise_version(tx, work)
    return report


async def _give(tx: Transaction, batch: UUID, new: Iterable[OfficialCode]) -> None:
    for one in new:
        # The newest one counts: a code that comes back is given anew.
        await tx.execute("DELETE FROM base_code WHERE code = $1", one.code)
        await tx.execute(
            "INSERT INTO base_code (id, created_at, batch_id, item_code, code, source)"
            " VALUES ($1, $2, $3, $4, $5, $6)",
            new_id(),
            clock.now(),
            batch,
            one.item.base_code,
            one.code,
            one.source,
        )


def _new(
    rows: Iterable[OfficialCode | RowProblem], now: Mapping[str, str], owners: Mapping[str, str]
) -> list[OfficialCode]:
    problems, seen, taken, new = Problems(), set[str](), set[str](), list[OfficialCode]()
    for row in rows:
        if isinstance(row, RowProblem):
            problems.add(row)
            continue
        key = row.item.base_code
        if key in seen:
            problems.add(RowProblem(row.place, "item", key, TWICE))
        elif row.code in taken or owners.get(row.code, key) != key:
            problems.add(RowProblem(row.place, "official", row.code, TAKEN))
        elif row.code != now.get(key, key):
            new.append(row)
        seen.add(key)
        taken.add(row.code)
    problems.refuse()
    return new


def _change(one: OfficialCode, now: Mapping[str, str]) -> Change:
    key = one.item.base_code
    return Change(one.place, key, regions.NATION, (FieldChange("base_code", now.get(key, key), one.code),))
