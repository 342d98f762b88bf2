"""Whole catalogues in and out: files are read, checked and published in one piece, or written row by row."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import orjson

from backend.casework.catalogue.actions import Progress, publish_editions
from backend.casework.catalogue.comparing import LONG
from backend.casework.catalogue.current import CodeBook
from backend.casework.catalogue.drafts import SAID, EditionDraft
from backend.casework.catalogue.files.json_files import JsonWriter, read_json
from backend.casework.catalogue.files.rows import FindItem, drafts, row_of
from backend.casework.catalogue.files.sheets import WorkbookWriter
from backend.casework.catalogue.files.workbooks import LARGEST, LARGEST_UPLOAD, read_workbook
from backend.casework.catalogue.reports import Incoming, PublishReport, RowProblem
from backend.casework.machine import Casework
from backend.database.record import Row as DatabaseRow
from backend.database.record import transaction
from backend.errors import FieldProblem, Invalid, ProblemCode, Text
from backend.kit import clock, regions

PIECE = 2000

NOT_A_FORMAT = Text("文件应为 .json 或 .xlsx。", "The file must be .json or .xlsx.")


class FileFormat(StrEnum):
    """What a file of editions may be."""

    JSON = "JSON"
    XLSX = "XLSX"


@dataclass(frozen=True, slots=True)
class Selection:
    """Which editions: those within ``division``, and of the items with these keys, all where there are none."""

    division: str = regions.NATION
    items: tuple[str, ...] = ()


def format_of(name: str) -> FileFormat:
    """The format that a file's name promises. Raises ``Invalid(FILE_REFUSED)``."""
    try:
        return FileFormat(Path(name).suffix.removeprefix(".").upper())
    except ValueError:
        raise Invalid(
            NOT_A_FORMAT, code=ProblemCode.FILE_REFUSED, fields=(FieldProblem(("file",), NOT_A_FORMAT),)
        ) from None


# --- in ---------------------------------------------------------------------------------------------


def read_file(path: Path, find: FindItem) -> Iterator[Incoming | RowProblem]:
    """The editions of a file on disk, row by row, or what is wrong with each row."""
    with path.open("rb") as file:
        if format_of(path.name) is FileFormat.JSON:
            yield from drafts(read_json(file), find)
        else:
            yield from drafts(read_workbook(path, find, largest=LARGEST), find)


def read_upload(content: bytes, form: FileFormat, find: FindItem) -> Iterator[Incoming | RowProblem]:
    """The same of an uploaded file, which may not unpack into as much."""
    file = BytesIO(content)
    read = read_json(file) if form is FileFormat.JSON else read_workbook(file, find, largest=LARGEST_UPLOAD)
    return drafts(read, find)


async def import_file(
    work: Casework, path: Path, *, actor: str, dry_run: bool = False, progress: Progress | None = None
) -> PublishReport:
    """Publish a file's editions, all or none. Raises ``RefusedRows`` and, for other kinds of file, ``Invalid``."""
    format_of(path.name)
    codes = await work.catalogue.codes()
    return await publish_editions(
        work,
        read_file(path, codes.item),
        actor=actor,
        digest=digest_of(path),
        dry_run=dry_run,
        progress=progress,
    )


def digest_of(path: Path) -> str:
    """SHA-256 of a file, hex."""
    digest = sha256()
    with path.open("rb") as file:
        while piece := file.read(1024 * 1024):
            digest.update(piece)
    return digest.hexdigest()


# --- out --------------------------------------------------------------------------------------------

_EXPORT = (
    f"SELECT e.division, e.item_code, {', '.join(f'e.{name}' for name in SAID)}"  # noqa: S608 - our own columns
    " FROM (SELECT DISTINCT ON (item_code, division, in_force_from) * FROM edition"
    " WHERE ($1::text[] IS NULL OR division = ANY($1)) AND ($2::text[] IS NULL OR item_code = ANY($2))"
    " ORDER BY item_code, division, in_force_from DESC, version DESC) AS e"
    " WHERE coalesce(e.in_force_until, 'infinity'::date) >= $3"
    " AND (e.in_force_from > $3 OR NOT EXISTS (SELECT 1 FROM edition n WHERE n.division = e.division"
    " AND n.item_code = e.item_code AND n.in_force_from > e.in_force_from AND n.in_force_from <= $3"
    " AND coalesce(n.in_force_until, 'infinity'::date) >= coalesce(e.in_force_until, 'infinity'::date)"
    " AND n.version = (SELECT max(version) FROM edition s WHERE s.division = n.division"
    " AND s.item_code = n.item_code AND s.in_force_from = n.in_force_from)))"
    " ORDER BY e.item_code, e.division, e.in_force_from"
)
"""Editions that count today or may count on a later day, of each first day the newest: what an import needs."""


async def editions(selection: Selection) -> AsyncGenerator[EditionDraft]:
    """The editions that count today or later, by item, division and first day: one consistent look, streamed.

    To be closed by the reader (``contextlib.aclosing``): it holds a connection.
    """
    everywhere = selection.division == regions.NATION
    async with transaction() as tx:
        await tx.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        async for row in tx.connection.cursor(
            _EXPORT,
            None if everywhere else list(regions.codes_within(selection.division)),
            list(selection.items) or None,
            clock.today(),
            prefetch=PIECE,
            timeout=LONG,
        ):
            yield _draft_of(row)


async def export_file(
    work: Casework, path: Path, selection: Selection, *, progress: Progress | None = None
) -> int:
    """Write the selected editions to ``path``, whole or not at all; how many there were.

    The same editions make the same JSON file, and importing a file back changes nothing.
    """
    form = format_of(path.name)
    codes = await work.catalogue.codes()
    partial = path.with_name(f".{path.name}.partial")
    count = 0
    try:
        with (JsonWriter if form is FileFormat.JSON else WorkbookWriter)(partial) as writer:
            async with aclosing(editions(selection)) as drafts_:
                async for piece in _pieces(drafts_):
                    # Writing is work for the processor: in a thread, so that a server keeps answering.
                    count += await asyncio.to_thread(_write, writer, piece, codes)
                    if progress is not None:
                        progress(count)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return count


async def _pieces(drafts_: AsyncIterator[EditionDraft]) -> AsyncIterator[Sequence[EditionDraft]]:
    piece: list[EditionDraft] = []
    async for draft in drafts_:
        piece.append(draft)
        if len(piece) == PIECE:
            yield piece
            piece = []
    yield piece


def _write(writer: JsonWriter | WorkbookWriter, piece: Sequence[EditionDraft], codes: CodeBook) -> int:
    written = 0
    for draft in piece:
        item = codes.standards.by_code.get(draft.item_code)
        if item is not None:  # what is no longer declared is no longer offered, either
            writer.write(item, row_of(draft, item, codes.of(item).code))
            written += 1
    return written


def _draft_of(row: DatabaseRow) -> EditionDraft:
    said: dict[str, Any] = {name: row[name] for name in SAID}
    said["parameters"] = dict(sorted(orjson.loads(row["parameters"]).items()))
    return EditionDraft(item_code=row["item_code"], division=row["division"], **said)
