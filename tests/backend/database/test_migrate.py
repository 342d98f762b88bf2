"""Migrating: once, however many processes ask at the same time. In processes of their own, as in life."""

import asyncio
import os
import sys
from collections.abc import Callable
from urllib.parse import urlsplit

import asyncpg

from backend.database.migrate import LOCK


async def migrated(url: str) -> tuple[int | None, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("JINMIN_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "backend",
        "migrate",
        env={**kept, "JINMIN_DATABASE_URL": url},
        stderr=asyncio.subprocess.PIPE,
    )
    _, told = await process.communicate()
    return process.returncode, told.decode()


async def test_processes_that_migrate_at_once_do_it_once(new_database: Callable[[], str]) -> None:
    url = new_database()
    name = urlsplit(url).path.strip("/")
    server = await asyncpg.connect(urlsplit(url)._replace(path="/postgres").geturl())
    await server.execute(f'CREATE DATABASE "{name}"')
    await server.close()

    assert await asyncio.gather(*(migrated(url) for _ in range(3))) == 3 * [(0, "")]

    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch("SELECT name, count(*) AS times FROM tortoise_migrations GROUP BY name")
        assert len(rows) > 1
        assert {row["times"] for row in rows} == {1}
        assert await connection.fetchval("SELECT count(*) FROM pgqueuer") == 0
        assert await connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK)
        cascading = await connection.fetch(
            "SELECT conname FROM pg_constraint WHERE contype = 'f' AND confdeltype <> 'r'"
        )
        assert cascading == []
    finally:
        await connection.close()


async def test_a_database_that_is_not_there_is_told(new_database: Callable[[], str]) -> None:
    code, told = await migrated("mysql://db/jinmin")
    assert (code, told) == (2, "JINMIN_DATABASE_URL must look like postgresql://user@host:5432/name\n")


BEFORE_DOCUMENTS = """
import asyncio, sys
from tortoise.migrations.api import migrate
from backend.database.config import tortoise_config
asyncio.run(migrate(config=tortoise_config(sys.argv[1]), target="jinmin.0005_editions_in_full"))
"""
PEOPLE = """
INSERT INTO person (id, created_at, resident_id_index, resident_id_sealed, name_sealed, birth_date, sex,
    registry_checked_at) VALUES ('00000000-0000-7000-8000-000000000001', now(), 'H1.i', 'A1.k1.number', 'A1.k1.name',
    '1943-05-12', '1', '2026-01-01');
INSERT INTO account (id, created_at, platform, open_id_index, open_id_sealed, last_sign_in_at, person_id)
    VALUES ('00000000-0000-7000-8000-000000000002', now(), 'WECHAT', 'H1.o', 'A1.k1.o', now(),
    '00000000-0000-7000-8000-000000000001');
INSERT INTO session (id, created_at, account_id, refresh_digest, rotated_at, expires_at, device_name)
    VALUES ('00000000-0000-7000-8000-000000000003', now(), '00000000-0000-7000-8000-000000000002', 'abc', now(),
    now(), '');
INSERT INTO assurance_record (id, created_at, person_id, level, method, session_id, proven_at)
    VALUES ('00000000-0000-7000-8000-000000000004', now(), '00000000-0000-7000-8000-000000000001', 3, 'FACE_ACTIVE',
    '00000000-0000-7000-8000-000000000003', '2026-02-02');
"""


async def test_people_of_an_older_version_keep_their_number_their_proof_and_their_session(
    new_database: Callable[[], str],
) -> None:
    url = new_database()
    name = urlsplit(url).path.strip("/")
    server = await asyncpg.connect(urlsplit(url)._replace(path="/postgres").geturl())
    await server.execute(f'CREATE DATABASE "{name}"')
    await server.close()
    older = await asyncio.create_subprocess_exec(sys.executable, "-c", BEFORE_DOCUMENTS, url)
    assert await older.wait() == 0
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(PEOPLE)
        assert await migrated(url) == (0, "")
        [document] = await connection.fetch(
            "SELECT kind, country, number_index, number_sealed, name_sealed, main, confirmed_by FROM identity_document"
        )
        assert tuple(document.values()) == (
            "RESIDENT_ID",
            "CHN",
            "H1.i",
            "A1.k1.number",
            "A1.k1.name",
            True,
            "REGISTRY",
        )
        proved = await connection.fetchval("SELECT proved_at FROM account")
        assert proved == await connection.fetchval("SELECT proven_at FROM assurance_record")
        assert await connection.fetchval("SELECT refresh_digest FROM session") == "D1.abc"
    finally:
        await connection.close()
