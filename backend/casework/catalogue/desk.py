"""The catalogue as an officer works on it: within the organ's division, safe to ask twice, never a nation at once."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import orjson

from backend.casework.catalogue.actions import Claim, publish_editions
from backend.casework.catalogue.auditing import AuditReport, audited
from backend.casework.catalogue.codes import OfficialCode, code_of, give_codes
from backend.casework.catalogue.differences import Differences, upload_with_catalogue
from backend.casework.catalogue.drafts import LOCAL_FIELDS
from backend.casework.catalogue.files.rows import drafts
from backend.casework.catalogue.reports import Place, PublishReport, RowProblem
from backend.casework.catalogue.scope import NOT_YOUR_DIVISION, Scope, scope_of
from backend.casework.catalogue.transfer import FileFormat, Selection, export_file, format_of, read_upload
from backend.casework.machine import Casework
from backend.database.idempotency import once
from backend.database.record import Row, Transaction, fetch, fetch_one
from backend.errors import FieldProblem, Forbidden, Invalid, NotFound, ProblemCode, Refusal, Text
from backend.kit import regions
from backend.viewer import Officer

LARGEST_UPLOAD = 8 * 1024 * 1024
MOST_EXPORTED = 20_000
MOST_CODES = 500

PROGRESS = "import-progress"
TOLD_EVERY = 1.0
"""Seconds between two notes of how far an import is."""
KEPT_FOR = 600
"""Seconds for which such a note is kept."""

UPLOAD_TOO_LARGE = Text("文件过大，请分批导入。", "The file is too large; import it in parts.")
TOO_MANY_TO_EXPORT = Text(
    "数据过多，请缩小范围，或由运维人员用命令行导出。",
    "Too many editions; choose fewer, or ask the operators for an export.",
)
TOO_MANY_CODES = Text("一次最多500条。", "At most 500 at a time.")
MINISTRY_ONLY = Text("基本编码由部级统一维护。", "Base codes are kept by the ministry.")

VERSIONS = (
    "SELECT e.id, e.created_at, e.division, e.item_code, e.version, e.parameters,"  # noqa: S608 - our own columns
    f" {', '.join(f'e.{local.name}' for local in LOCAL_FIELDS)}, b.actor AS published_by"
    " FROM edition e LEFT JOIN catalogue_batch b ON b.id = e.batch_id WHERE e.division = $1"
    " AND ($2::text IS NULL OR e.item_code = $2) AND ($3::text IS NULL OR (e.item_code, e.version) < ($3, $4))"
    " ORDER BY e.item_code DESC, e.version DESC LIMIT $5"
)
"""A page of a division's editions, all versions: by the unique index, from its end."""


@dataclass(frozen=True, slots=True)
class EditionView:
    """One version of an edition, as its officers see it."""

    id: UUID
    published_at: datetime
    published_by: str
    """A typed id such as ``officer:0190…``; empty for what is older than the record of it."""
    item_code: str
    item_name: Text
    division: regions.Division
    version: int
    in_force_from: date
    in_force_until: date | None
    parameters: Mapping[str, int | str]
    promised_days: int | None
    said: Mapping[str, str]
    """The other local fields that say something, by name."""


async def editions_of(
    officer: Officer,
    work: Casework,
    *,
    division: str,
    item_code: str | None,
    before: tuple[str, int] | None,
    limit: int,
) -> Sequence[EditionView]:
    """A division's editions with all their versions, by descending item and version. Raises ``NotFound``."""
    scope = await scope_of(officer)
    place = regions.get(division)
    if place is None or not regions.within(place.code, scope.division):
        raise NotFound(NOT_YOUR_DIVISION, code=ProblemCode.UNKNOWN_DIVISION)
    key = None if item_code is None else (await work.catalogue.find(item_code)).base_code
    rows = await fetch(VERSIONS, place.code, key, *(before or (None, None)), limit)
    return [_view(work, place, row) for row in rows]


def _view(work: Casework, place: regions.Division, row: Row) -> EditionView:
    item = work.standards.by_code.get(row["item_code"])
    return EditionView(
        id=row["id"],
        published_at=row["created_at"],
        published_by=row["published_by"] or "",
        item_code=row["item_code"],
        item_name=item.name if item else Text(row["item_code"], row["item_code"]),
        division=place,
        version=row["version"],
        in_force_from=row["in_force_from"],
        in_force_until=row["in_force_until"],
        parameters=orjson.loads(row["parameters"]),
        promised_days=row["promised_days"],
        said={local.name: row[local.name] for local in LOCAL_FIELDS if local.longest and row[local.name]},
    )


async def publish_for(
    officer: Officer, work: Casework, row: Mapping[str, Any], *, dry_run: bool, idempotency_key: str
) -> PublishReport:
    """Publish one edition, given as a row of a file would be. Raises ``RefusedRows`` and ``Forbidden``."""
    scope, codes = await scope_of(officer), await work.catalogue.codes()
    digest = sha256(orjson.dumps(row, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return await publish_editions(
        work,
        drafts([(Place(1), row)], codes.item),
        actor=_name(officer),
        digest=digest,
        scope=scope,
        dry_run=dry_run,
        claim=_claim(officer, "publishEdition", digest, idempotency_key, dry_run=dry_run),
    )


async def import_for(
    officer: Officer, work: Casework, *, name: str, content: bytes, dry_run: bool, idempotency_key: str
) -> PublishReport:
    """Publish the editions of an uploaded file, all or none. Raises ``RefusedRows``, ``Forbidden``, ``Invalid``."""
    form = _format_of_upload(name, content)
    scope, codes = await scope_of(officer), await work.catalogue.codes()
    digest = sha256(content).hexdigest()
    note = _ProgressNote(work, _progress_key(officer, idempotency_key))
    try:
        return await publish_editions(
            work,
            read_upload(content, form, codes.item),
            actor=_name(officer),
            digest=digest,
            scope=scope,
            dry_run=dry_run,
            claim=_claim(officer, "importEditions", digest, idempotency_key, dry_run=dry_run),
            progress=note,
        )
    finally:
        await note.settled()


def _format_of_upload(name: str, content: bytes) -> FileFormat:
    if len(content) > LARGEST_UPLOAD:
        raise Invalid(
            UPLOAD_TOO_LARGE,
            code=ProblemCode.FILE_REFUSED,
            fields=(FieldProblem(("input", "file"), UPLOAD_TOO_LARGE),),
        )
    return format_of(name)


class _ProgressNote:
    """Tells every process how far an import is, once a second; nothing depends on its being heard."""

    def __init__(self, work: Casework, key: str) -> None:
        self._work, self._key = work, key
        self._told_at = 0.0
        self._telling: asyncio.Task[None] | None = None

    def __call__(self, rows: int) -> None:
        now = time.monotonic()
        if now - self._told_at >= TOLD_EVERY and (self._telling is None or self._telling.done()):
            self._told_at = now
            self._telling = asyncio.create_task(self._tell(rows))

    async def settled(self) -> None:
        """Wait for the last note."""
        if self._telling is not None:
            await self._telling

    async def _tell(self, rows: int) -> None:
        with suppress(Refusal):
            await self._work.resources.shared.put_once(PROGRESS, self._key, {"rows": rows}, KEPT_FOR)


async def progress_for(officer: Officer, work: Casework, idempotency_key: str) -> int | None:
    """How many rows of the officer's own import or preview with this key were read; None where none is known."""
    await scope_of(officer)
    told = await work.resources.shared.peek(PROGRESS, _progress_key(officer, idempotency_key))
    return None if told is None else int(str(told["rows"]))


def _progress_key(officer: Officer, idempotency_key: str) -> str:
    return sha256(f"{officer.officer_id}:{idempotency_key}".encode()).hexdigest()


async def diff_for(officer: Officer, work: Casework, *, name: str, content: bytes) -> Differences:
    """An uploaded file against the catalogue, within the officer's division; nothing is changed.

    Raises ``RefusedRows``, ``Forbidden`` and ``Invalid``.
    """
    form = _format_of_upload(name, content)
    return await upload_with_catalogue(work, content, form, await scope_of(officer))


async def give_codes_for(
    officer: Officer,
    work: Casework,
    rows: Sequence[Mapping[str, str]],
    *,
    dry_run: bool,
    idempotency_key: str,
) -> PublishReport:
    """Give items their official base codes; for officers of the ministry. Raises ``RefusedRows``, ``Forbidden``."""
    scope = await scope_of(officer)
    if scope.division != regions.NATION:
        raise Forbidden(MINISTRY_ONLY)
    if len(rows) > MOST_CODES:
        raise Invalid(TOO_MANY_CODES, fields=(FieldProblem(("input", "codes"), TOO_MANY_CODES),))
    book = await work.catalogue.codes()
    given: list[OfficialCode | RowProblem] = [
        code_of(Place(number), row, book.item) for number, row in enumerate(rows, 1)
    ]
    digest = sha256(orjson.dumps(list(rows), option=orjson.OPT_SORT_KEYS)).hexdigest()
    return await give_codes(
        work,
        given,
        actor=_name(officer),
        digest=digest,
        dry_run=dry_run,
        claim=_claim(officer, "giveBaseCodes", digest, idempotency_key, dry_run=dry_run),
    )


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A file of editions."""

    name: str
    media_type: str
    content: bytes
    editions: int


_MEDIA_TYPES: Mapping[FileFormat, str] = {
    FileFormat.JSON: "application/json",
    FileFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


async def export_for(
    officer: Officer, work: Casework, *, division: str, items: Sequence[str], form: FileFormat
) -> ExportedFile:
    """The editions of a division that count today or later, as a file. Raises ``NotFound``, ``Invalid``."""
    scope = await scope_of(officer)
    place = regions.get(division)
    if place is None or not regions.within(place.code, scope.division):
        raise NotFound(NOT_YOUR_DIVISION, code=ProblemCode.UNKNOWN_DIVISION)
    keys = [(await work.catalogue.find(code)).base_code for code in items]
    row = await fetch_one(
        "SELECT count(*) AS held FROM (SELECT 1 FROM edition WHERE division = ANY($1)"
        " AND ($2::text[] IS NULL OR item_code = ANY($2)) LIMIT $3) AS chosen",
        list(regions.codes_within(place.code)),
        keys or None,
        MOST_EXPORTED + 1,
    )
    if row is not None and row["held"] > MOST_EXPORTED:
        raise Invalid(TOO_MANY_TO_EXPORT, fields=(FieldProblem(("input", "division"), TOO_MANY_TO_EXPORT),))
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"editions-{place.code}.{form.value.lower()}"
        count = await export_file(work, path, Selection(place.code, tuple(keys)))
        content = await asyncio.to_thread(path.read_bytes)
    return ExportedFile(path.name, _MEDIA_TYPES[form], content, count)


async def audit_for(officer: Officer, work: Casework) -> AuditReport:
    """What needs an eye: of the standards, and of the editions within the officer's division."""
    scope: Scope = await scope_of(officer)
    return await audited(work, Selection(scope.division))


def _name(officer: Officer) -> str:
    return f"officer:{officer.officer_id}"


def _claim(officer: Officer, operation: str, digest: str, key: str, *, dry_run: bool) -> Claim | None:
    """Claims the key for the batch; a preview keeps nothing, so it has nothing to claim."""
    if dry_run:
        return None

    async def claim(tx: Transaction, batch: UUID) -> UUID | None:
        return await once(
            tx, actor=_name(officer), operation=operation, key=key, given=[digest], subject=batch
        )

    return claim
