"""Bringing old cases in: all of a file or nothing, reconciled against what the old system says it holds."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from backend.casework.applications.events import actor_name
from backend.casework.machine import Casework
from backend.database import audit
from backend.database.idempotency import once
from backend.database.record import Row, Transaction, fetch, fetch_one, transaction
from backend.errors import Conflict, FieldProblem, NotFound, ProblemCode, Text
from backend.kit import clock
from backend.kit.ids import new_id
from backend.kit.suites import named_digest
from backend.statistics.legacy.rows import OldCase, read_old_cases
from backend.statistics.values import bounds
from backend.viewer import Officer

NOT_THE_SAME = Text(
    "与原系统的核对数不符：原系统{told}，文件{found}。",
    "This does not agree with the old system: it says {told}, the file has {found}.",
)
KNOWN_ALREADY = Text(
    "文件中有已导入的办件（原编号{number}），未导入任何办件。",
    "Cases of this file were imported before (old number {number}): nothing was imported.",
)
NO_SUCH_BATCH = Text("没有这批导入。", "There is no such batch.")
SAME_FILE = Text("该文件已导入过。", "This file was imported before.")


@dataclass(frozen=True, slots=True)
class Control:
    """What the old system says that it holds: the sums that an import is reconciled with."""

    rows: int
    granted: int
    in_force: int
    """Granted and not ended."""


@dataclass(frozen=True, slots=True)
class ImportView:
    """A batch."""

    id: UUID
    division: str
    file_name: str
    rows: int
    totals: Mapping[str, int]
    at: datetime

    @property
    def granted(self) -> int:
        """Granted."""
        return self.totals["granted"]

    @property
    def in_force(self) -> int:
        """Granted and not ended."""
        return self.totals["inForce"]


async def import_cases(
    officer: Officer, work: Casework, *, name: str, content: bytes, control: Control, idempotency_key: str
) -> UUID:
    """Bring a file of old cases in. All rows or none; the same file twice is refused.

    Raises ``Invalid(FILE_REFUSED)`` that names each wrong row and ``Conflict`` where the control sums disagree or a
    case is there already.
    """
    digest = named_digest(work.resources.keys.digests, content)
    batch_id = new_id()
    # Reading is work for the processor: in a thread, so that a server keeps answering.
    cases = await asyncio.to_thread(read_old_cases, content, work.standards, within=officer.division)
    _reconcile(cases, control)
    async with transaction() as tx:
        known = await once(
            tx,
            actor=actor_name(officer),
            operation="importOldCases",
            key=idempotency_key,
            given=[digest, control.rows, control.granted, control.in_force],
            subject=batch_id,
        )
        if known is not None:
            return known
        made = await tx.fetch_one(
            "INSERT INTO statistics_import (id, created_at, division, digest, file_name, rows, totals, actor)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb, $8) ON CONFLICT (division, digest) DO NOTHING RETURNING id",
            batch_id,
            clock.now(),
            officer.division[:6],
            digest,
            name[:200],
            len(cases),
            orjson.dumps({"granted": control.granted, "inForce": control.in_force}).decode(),
            actor_name(officer),
        )
        if made is None:
            raise Conflict(SAME_FILE, code=ProblemCode.ALREADY_DONE)
        await _keep(tx, batch_id, cases)
        await tx.execute(_FACTS + " AND c.batch_id = $1", batch_id)
        await audit.append(
            tx,
            subject=f"statistics_import:{batch_id}",
            kind="old_cases_imported",
            actor=actor_name(officer),
            detail={"rows": len(cases), "digest": digest},
        )
    return batch_id


def _reconcile(cases: Sequence[OldCase], control: Control) -> None:
    granted = sum(case.granted_on is not None for case in cases)
    ended = sum(case.ended_on is not None for case in cases)
    problems = [
        FieldProblem(("input", name), NOT_THE_SAME.filled(told=told, found=found))
        for name, told, found in (
            ("rows", control.rows, len(cases)),
            ("granted", control.granted, granted),
            ("inForce", control.in_force, granted - ended),
        )
        if told != found
    ]
    if problems:
        raise Conflict(problems[0].message, fields=tuple(problems))


_PARTS = (
    ("id", "uuid"),
    ("division", "text"),
    ("item_code", "text"),
    ("old_number", "text"),
    ("received_on", "date"),
    ("granted_on", "date"),
    ("refused_on", "date"),
    ("ended_on", "date"),
    ("sex", "text"),
    ("age_band", "int"),
    ("area", "text"),
    ("mark", "text"),
    ("people", "int"),
    ("standard_fen", "bigint"),
)


async def _keep(tx: Transaction, batch_id: UUID, cases: Sequence[OldCase]) -> None:
    names = ", ".join(name for name, _ in _PARTS)
    arrays = ", ".join(f"${at}::{kind}[]" for at, (_, kind) in enumerate(_PARTS, 3))
    kept = await tx.fetch(
        f"INSERT INTO imported_case (created_at, batch_id, {names}) SELECT $1, $2, {names} FROM unnest({arrays})"
        f" AS n({names}) ON CONFLICT (division, item_code, old_number) DO NOTHING RETURNING old_number",
        clock.now(),
        batch_id,
        [new_id() for _ in cases],
        *([getattr(case, name) for case in cases] for name, _ in _PARTS[1:]),
    )
    if len(kept) < len(cases):
        new = Counter(row["old_number"] for row in kept)
        number = next(case.old_number for case in cases if not new[case.old_number])
        raise Conflict(KNOWN_ALREADY.filled(number=number), code=ProblemCode.ALREADY_DONE)


_FACTS = (
    "INSERT INTO statistics_fact (id, created_at, imported_id, sequence, kind, item_code, division, month, area, sex,"
    " age_band, mark, cases, people, stock, stock_people, standard_fen, folded)"
    " SELECT gen_random_uuid(), c.created_at, c.id, e.sequence, e.kind, c.item_code, c.division,"
    " (extract(year FROM e.day) * 100 + extract(month FROM e.day))::int, c.area, c.sex, c.age_band,"
    " CASE WHEN e.kind = 'SUBMITTED' THEN 'WINDOW' ELSE c.mark END, 1, c.people, e.stock, e.stock * c.people,"
    " e.stock * c.standard_fen, false FROM imported_case c CROSS JOIN LATERAL (VALUES (1, 'SUBMITTED', c.received_on, 0),"
    " (2, 'APPROVED', c.granted_on, 1), (3, 'REFUSED', c.refused_on, 0), (4, 'BENEFIT_ENDED', c.ended_on, -1))"
    " AS e(sequence, kind, day, stock) WHERE e.day IS NOT NULL"
)


async def rebuild_imported_facts() -> int:
    """Make the facts of imported cases anew; returns how many."""
    async with transaction() as tx:
        await tx.execute("LOCK TABLE statistics_fact IN SHARE ROW EXCLUSIVE MODE")
        await tx.execute("DELETE FROM statistics_fact WHERE imported_id IS NOT NULL")
        await tx.execute(_FACTS)
        (row,) = await tx.fetch(
            "SELECT count(*)::int AS facts FROM statistics_fact WHERE imported_id IS NOT NULL"
        )
    facts: int = row["facts"]
    return facts


_IMPORTS = (
    "SELECT id, division, file_name, rows, totals, created_at FROM statistics_import"
    " WHERE division BETWEEN $1 AND $2"
)


async def imports(viewer: Officer, *, limit: int) -> Sequence[ImportView]:
    """Batches of the viewer's division and below, newest first."""
    rows = await fetch(f"{_IMPORTS} ORDER BY id DESC LIMIT $3", *bounds(viewer.division), limit)
    return [_batch(row) for row in rows]


async def imported(viewer: Officer, batch_id: UUID) -> ImportView:
    """One of them. Raises ``NotFound``."""
    row = await fetch_one(f"{_IMPORTS} AND id = $3", *bounds(viewer.division), batch_id)
    if row is None:
        raise NotFound(NO_SUCH_BATCH)
    return _batch(row)


def _batch(row: Row) -> ImportView:
    return ImportView(
        row["id"],
        row["division"],
        row["file_name"],
        row["rows"],
        orjson.loads(row["totals"]),
        row["created_at"],
    )
