"""Incoming editions against those that are there: all of it in the database, however many there are."""

from collections.abc import Sequence
from uuid import UUID

import orjson

from backend.casework.catalogue.conformity import LONGER_THAN_ABOVE, Deviation
from backend.casework.catalogue.drafts import SAID
from backend.casework.catalogue.reports import (
    MOST_TOLD,
    Change,
    FieldChange,
    Place,
    Problems,
    PublishReport,
    RowProblem,
)
from backend.casework.catalogue.scope import NOT_YOUR_ORGAN, Scope
from backend.database.record import Row, Transaction
from backend.errors import Text
from backend.kit import clock

TWICE = Text(
    "同一事项、行政区划和生效日期出现多次。",
    "The same item, division and first day stand here more than once.",
)

LONG = 600.0
"""Seconds that one statement over a national import may take."""

MANY = 10_000
"""From so many rows on the planner is told about them before anybody reads."""

_SAID = ", ".join(SAID)
_INCOMING_SAID = ", ".join(f"i.{name}" for name in SAID)
_SAME = " AND ".join(f"i.{name} IS NOT DISTINCT FROM e.{name}" for name in SAID)


async def make_room(tx: Transaction) -> None:
    """The room for what comes in; it goes with the transaction."""
    await tx.execute(
        f"CREATE TEMP TABLE incoming ON COMMIT DROP AS SELECT id, ''::text AS place, division, item_code, {_SAID},"  # noqa: S608 - constants
        " 0 AS version, NULL::boolean AS is_change FROM edition WITH NO DATA"
    )


async def check_together(tx: Transaction, scope: Scope | None, problems: Problems) -> None:
    """What no row shows by itself: rows that stand twice, promises longer than above, others' organs."""
    await tx.connection.execute("ANALYZE incoming", timeout=LONG)
    for row in await _twice(tx):
        place = Place.unpacked(row["place"])
        problems.add(RowProblem(place, "in_force_from", str(row["in_force_from"]), TWICE))
    for row in await _longer_than_above(tx):
        place = Place.unpacked(row["place"])
        problems.deviate(
            place, [Deviation("promised_days", row["promised_days"], row["above"], LONGER_THAN_ABOVE)]
        )
    for row in await _others_organs(tx, scope) if scope else ():
        place = Place.unpacked(row["place"])
        problems.add(RowProblem(place, "organ_credit_code", row["organ_credit_code"], NOT_YOUR_ORGAN))


async def _twice(tx: Transaction) -> Sequence[Row]:
    rows: Sequence[Row] = await tx.connection.fetch(
        "SELECT place, in_force_from FROM (SELECT place, in_force_from, row_number() OVER"
        " (PARTITION BY division, item_code, in_force_from ORDER BY id) AS nth FROM incoming) AS numbered"
        " WHERE nth > 1 ORDER BY split_part(place, '!', 1)::int LIMIT $1",
        MOST_TOLD,
        timeout=LONG,
    )
    return rows


async def _longer_than_above(tx: Transaction) -> Sequence[Row]:
    """Promises that are longer than what a level above promises on their first day, here or already there."""
    await tx.connection.execute(
        "CREATE TEMP TABLE above ON COMMIT DROP AS"
        " SELECT division, item_code, in_force_from, in_force_until, promised_days, version FROM edition"
        " WHERE division LIKE '%00' AND item_code IN (SELECT DISTINCT item_code FROM incoming)"
        " UNION ALL SELECT division, item_code, in_force_from, in_force_until, promised_days, 2147483647"
        " FROM incoming WHERE division LIKE '%00'",
        timeout=LONG,
    )
    await tx.execute("CREATE INDEX ON above (division, item_code, in_force_from DESC, version DESC)")
    await tx.execute("ANALYZE above")
    rows: Sequence[Row] = await tx.connection.fetch(
        "SELECT i.place, i.promised_days, min(a.promised_days) AS above FROM incoming i"
        " CROSS JOIN LATERAL (VALUES ('000000'), (left(i.division, 2) || '0000'), (left(i.division, 4) || '00')) AS u(code)"
        " CROSS JOIN LATERAL (SELECT promised_days FROM above WHERE division = u.code AND item_code = i.item_code"
        " AND in_force_from <= i.in_force_from AND (in_force_until IS NULL OR in_force_until >= i.in_force_from)"
        " ORDER BY in_force_from DESC, version DESC LIMIT 1) AS a"
        " WHERE i.promised_days IS NOT NULL AND u.code <> i.division AND a.promised_days < i.promised_days"
        " GROUP BY i.place, i.promised_days ORDER BY split_part(i.place, '!', 1)::int LIMIT $1",
        MOST_TOLD,
        timeout=LONG,
    )
    return rows


async def _others_organs(tx: Transaction, scope: Scope) -> Sequence[Row]:
    """Editions of the officer's own division that another organ is in charge of."""
    return await tx.fetch(
        "SELECT i.place, e.organ_credit_code FROM incoming i CROSS JOIN LATERAL (SELECT organ_credit_code FROM edition"
        " WHERE division = i.division AND item_code = i.item_code AND organ_credit_code <> ''"
        " ORDER BY version DESC LIMIT 1) AS e WHERE i.division = $1 AND e.organ_credit_code <> $2 LIMIT $3",
        scope.division,
        scope.organ_credit_code,
        MOST_TOLD,
    )


async def compare(tx: Transaction, rows: int) -> PublishReport:
    """Mark what is new and what differs, and number the versions."""
    await tx.connection.execute(
        "UPDATE incoming AS i SET version = n.version, is_change = n.is_change FROM ("  # noqa: S608 - constants
        " SELECT i.id, e.id IS NOT NULL AS is_change, coalesce(m.version, 0)"
        " + row_number() OVER (PARTITION BY i.division, i.item_code ORDER BY i.in_force_from) AS version"
        " FROM incoming i"
        " LEFT JOIN LATERAL (SELECT * FROM edition WHERE division = i.division AND item_code = i.item_code"
        " AND in_force_from = i.in_force_from ORDER BY version DESC LIMIT 1) AS e ON true"
        " LEFT JOIN LATERAL (SELECT max(version) AS version FROM edition WHERE division = i.division"
        " AND item_code = i.item_code) AS m ON true"
        f" WHERE e.id IS NULL OR NOT ({_SAME})) AS n WHERE n.id = i.id",
        timeout=LONG,
    )
    counted = await tx.fetch_one(
        "SELECT count(*) FILTER (WHERE NOT is_change) AS added, count(*) FILTER (WHERE is_change) AS changed"
        " FROM incoming WHERE version > 0"
    )
    added, changed = (counted["added"], counted["changed"]) if counted else (0, 0)
    return PublishReport(rows, added, changed, await _changes(tx))


async def _changes(tx: Transaction) -> tuple[Change, ...]:
    rows = await tx.fetch(
        "SELECT i.place, i.division, i.item_code, i.is_change, to_jsonb(i) AS after, to_jsonb(e) AS before"
        " FROM incoming i LEFT JOIN LATERAL (SELECT * FROM edition WHERE division = i.division"
        " AND item_code = i.item_code AND in_force_from = i.in_force_from ORDER BY version DESC LIMIT 1) AS e ON true"
        " WHERE i.version > 0 ORDER BY i.id LIMIT $1",
        MOST_TOLD,
    )
    return tuple(_change(row) for row in rows)


def _change(row: Row) -> Change:
    before = orjson.loads(row["before"]) if row["before"] else {}
    after = orjson.loads(row["after"])
    fields = (
        tuple(FieldChange(name, before[name], after[name]) for name in SAID if before[name] != after[name])
        if row["is_change"]
        else ()
    )
    return Change(Place.unpacked(row["place"]), row["item_code"], row["division"], fields)


async def insert(tx: Transaction, batch: UUID, report: PublishReport) -> None:
    """Make editions of what is new or differs."""
    await tx.connection.execute(
        f"INSERT INTO edition (id, created_at, batch_id, division, item_code, version, {_SAID})"  # noqa: S608 - constants
        f" SELECT i.id, $1, $2, i.division, i.item_code, i.version, {_INCOMING_SAID} FROM incoming i WHERE i.version > 0",
        clock.now(),
        batch,
        timeout=LONG,
    )
    if report.added + report.changed >= MANY:
        await tx.connection.execute("ANALYZE edition", timeout=LONG)


async def keep_batch(
    tx: Transaction, batch: UUID, report: PublishReport, *, kind: str, actor: str, digest: str
) -> None:
    """Write down who brought what and what it came to."""
    await tx.execute(
        "INSERT INTO catalogue_batch (id, created_at, kind, actor, digest, rows, added, changed)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        batch,
        clock.now(),
        kind,
        actor,
        digest,
        report.rows,
        report.added,
        report.changed,
    )


async def report_of(tx: Transaction, batch: UUID) -> PublishReport:
    """What an earlier batch did, for a request that is made again."""
    row = await tx.fetch_one("SELECT rows, added, changed FROM catalogue_batch WHERE id = $1", batch)
    return PublishReport(row["rows"], row["added"], row["changed"]) if row else PublishReport(0, 0, 0)
