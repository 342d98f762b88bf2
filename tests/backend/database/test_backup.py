"""Backup and restore, with the programs that come with the database: what was dumped is all there, and goes on."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import asyncpg

from backend.casework.machine import Casework
from backend.database.config import DatabaseUrl
from backend.kit.ids import new_id
from backend.launcher.postgres import programs
from backend.resources import Resources
from tests.support import cases
from tests.support import statistics as told
from tests.support.cluster import create_database
from tests.support.sandbox import OutsideSandbox

TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"


def _run(program: str, url: str, *more: str) -> None:
    at = DatabaseUrl.parse(url)
    subprocess.run(  # noqa: S603 - our own words
        [programs() / program, "-h", at.host, "-p", str(at.port), "-U", at.user, *more],
        check=True,
        capture_output=True,
    )


async def _contents(url: str) -> dict[str, str]:
    opened = await asyncpg.connect(**DatabaseUrl.parse(url).connect_arguments())
    try:
        tables = [row["tablename"] for row in await opened.fetch(TABLES)]
        digests = ", ".join(
            f"(SELECT md5(coalesce(string_agg(h::text, ',' ORDER BY h::text), '')) FROM {table} h)"  # noqa: S608 - names from the database's own catalogue
            for table in tables
        )
        return dict(zip(tables, await opened.fetchrow(f"SELECT {digests}"), strict=True))
    finally:
        await opened.close()


async def test_a_dump_restores_to_the_same_and_the_restored_database_goes_on(
    resources: Resources,
    outside_world: OutsideSandbox,
    database: str,
    new_database: Callable[[], str],
    tmp_path: Path,
) -> None:
    work: Casework = await told.counting_house(resources)
    await told.approved(work, await cases.proven(work.resources, outside_world))
    dump, restored = str(tmp_path / "jinmin.dump"), new_database()
    _run("pg_dump", database, "-Fc", "-f", dump, "-d", DatabaseUrl.parse(database).name)
    await create_database(restored)
    _run("pg_restore", restored, "--exit-on-error", "-d", DatabaseUrl.parse(restored).name, dump)
    before = await _contents(database)
    assert await _contents(restored) == before
    assert len(before) > 80
    opened = await asyncpg.connect(**DatabaseUrl.parse(restored).connect_arguments())
    try:
        await opened.execute(
            "INSERT INTO audit_batch (id, created_at, number, leaves, root, previous_seal, sealed_at, seal)"
            " VALUES ($1, now(), 900000, '', '', '', now(), '')",
            new_id(),
        )
        queued = await opened.fetchval("SELECT nextval(pg_get_serial_sequence('pgqueuer', 'id'))")
        assert queued > (await opened.fetchval("SELECT coalesce(max(id), 0) FROM pgqueuer"))
    finally:
        await opened.close()
