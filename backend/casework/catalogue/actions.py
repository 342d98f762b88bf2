"""Publishing editions: all of them or none, only what the standard leaves to the regions, in one transaction."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from itertools import islice
from uuid import UUID

import orjson

from backend.casework.catalogue import comparing
from backend.casework.catalogue.conformity import deviations
from backend.casework.catalogue.current import CHANNEL
from backend.casework.catalogue.drafts import SAID, EditionDraft
from backend.casework.catalogue.reports import Incoming, Place, Problems, PublishReport, RowProblem
from backend.casework.catalogue.scope import Scope
from backend.casework.catalogue.standards import Standards
from backend.casework.machine import Casework
from backend.database import audit
from backend.database.record import Transaction, fetch_one, transaction
from backend.errors import Refusal
from backend.kit import clock
from backend.kit.ids import new_id

CHUNK = 2000
INCOMING = ("id", "place", "division", "item_code", *SAID)

Claim = Callable[[Transaction, UUID], Awaitable[UUID | None]]
"""Claims an idempotency key for the batch inside the transaction; gives the first batch's id on a repeat."""

Progress = Callable[[int], None]


class _OnlyLooking(Exception):
    """Undoes a preview: what it found out is all that is wanted."""


@dataclass(frozen=True, slots=True)
class _Checks:
    """What a row is held against, and where what is wrong is gathered."""

    standards: Standards
    scope: Scope | None
    problems: Problems


async def publish_edition(work: Casework, draft: EditionDraft, *, actor: str) -> bool:
    """Add the next version of a division's edition; False when nothing would change.

    Raises ``RefusedRows`` with one problem per departure from the standard (四级四同).
    """
    digest = sha256(orjson.dumps(draft)).hexdigest()
    report = await publish_editions(work, [Incoming(Place(1), draft)], actor=actor, digest=digest)
    return report.added + report.changed > 0


async def publish_editions(
    work: Casework,
    incoming: Iterable[Incoming | RowProblem],
    *,
    actor: str,
    digest: str,
    scope: Scope | None = None,
    dry_run: bool = False,
    claim: Claim | None = None,
    progress: Progress | None = None,
) -> PublishReport:
    """Publish every edition of ``incoming`` or none. Memory does not grow with their number.

    An edition that says what the newest one of the same first day says already is left alone. Raises
    ``RefusedRows``, which names every wrong row; with ``dry_run`` nothing is kept and the report is all.
    """
    batch = new_id()
    checks = _Checks(work.standards, scope, Problems())
    with suppress(_OnlyLooking):
        async with transaction() as tx:
            await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('catalogue', 0))")
            known = await claim(tx, batch) if claim is not None else None
            if known is not None:
                return await comparing.report_of(tx, known)
            report = await _compared(tx, incoming, checks, progress)
            if dry_run:
                raise _OnlyLooking
            if report.added or report.changed or claim is not None:
                await comparing.keep_batch(tx, batch, report, kind="editions", actor=actor, digest=digest)
            if report.added or report.changed:
                await comparing.insert(tx, batch, report)
                await _audit(tx, batch, report, actor=actor, digest=digest)
                await raise_version(tx, work)
    return report


async def was_published(digest: str) -> bool:
    """Whether a batch of this digest was published before."""
    return await fetch_one("SELECT 1 FROM catalogue_batch WHERE digest = $1 LIMIT 1", digest) is not None


async def _compared(
    tx: Transaction, incoming: Iterable[Incoming | RowProblem], checks: _Checks, progress: Progress | None
) -> PublishReport:
    """Take everything in, check it, and find out what is new. Raises ``RefusedRows``."""
    await comparing.make_room(tx)
    rows = await _taken_in(tx, incoming, checks, progress)
    checks.problems.refuse()
    await comparing.check_together(tx, checks.scope, checks.problems)
    checks.problems.refuse()
    return await comparing.compare(tx, rows)


async def _audit(tx: Transaction, batch: UUID, report: PublishReport, *, actor: str, digest: str) -> None:
    await audit.append(
        tx,
        subject=f"catalogue:{batch}",
        kind="editions_published",
        actor=actor,
        detail={"digest": digest, "rows": report.rows, "added": report.added, "changed": report.changed},
    )


async def _taken_in(
    tx: Transaction, incoming: Iterable[Incoming | RowProblem], checks: _Checks, progress: Progress | None
) -> int:
    """Check each row by itself and copy the sound ones into the room; how many rows there were."""
    take, rows = partial(_next_records, iter(incoming), checks), 0
    # Reading and checking are work for the processor: in a thread, so that a server keeps answering.
    while (taken := await asyncio.to_thread(take)).rows:
        rows += taken.rows
        if taken.records and not checks.problems.count:
            await tx.connection.copy_records_to_table(
                "incoming", records=taken.records, columns=INCOMING, timeout=comparing.LONG
            )
        if progress is not None:
            progress(rows)
    return rows


@dataclass(frozen=True, slots=True)
class _Taken:
    rows: int
    records: Sequence[tuple[object, ...]]


def _next_records(source: Iterator[Incoming | RowProblem], checks: _Checks) -> _Taken:
    records: list[tuple[object, ...]] = []
    rows = 0
    for row in islice(source, CHUNK):
        rows += 1
        if isinstance(row, RowProblem):
            checks.problems.add(row)
            continue
        item = checks.standards.by_code[row.draft.item_code]
        outside = checks.scope.refuses(row.draft) if checks.scope else ()
        wrong = (*row.deviations, *deviations(item, row.draft), *outside)
        if wrong:
            checks.problems.deviate(row.place, wrong)
        else:
            records.append(_record(row))
    return _Taken(rows, records)


def _record(row: Incoming) -> tuple[object, ...]:
    draft = row.draft
    return (
        new_id(),
        row.place.packed,
        draft.division,
        draft.item_code,
        orjson.dumps(draft.parameters).decode(),
        *(getattr(draft, name) for name in SAID[1:]),
    )


async def raise_version(tx: Transaction, work: Casework) -> int:
    """Count one change of the catalogue; processes hear of it once it is committed."""
    row = await tx.fetch_one(
        "INSERT INTO catalogue_version (id, created_at, name, version) VALUES ($1, $2, 'catalogue', 1)"
        " ON CONFLICT (name) DO UPDATE SET version = catalogue_version.version + 1 RETURNING version",
        new_id(),
        clock.now(),
    )
    version: int = row["version"] if row else 0

    async def announce() -> None:
        work.catalogue.forget()
        with suppress(Refusal):  # without Redis the others find out within a second
            await work.resources.shared.announce(CHANNEL, str(version))

    tx.after_commit(announce)
    return version
