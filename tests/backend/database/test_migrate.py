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
        assert rows
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
