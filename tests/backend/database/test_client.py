"""Connections for reading: one statement each, taken again, and made anew once the database has closed them."""

import asyncio

import asyncpg

from backend.database.client import Readers
from backend.database.config import DatabaseUrl


async def test_connections_that_the_database_has_closed_meanwhile_fail_no_read(database: str) -> None:
    connect = DatabaseUrl.parse(database).connect_arguments()
    readers = Readers(lambda: asyncpg.connect(**connect), 3)
    many = await asyncio.gather(
        *(readers.fetch("SELECT pg_backend_pid(), pg_sleep(0.05)", ()) for _ in range(3))
    )
    killer = await asyncpg.connect(**connect)
    for [row] in many:
        await killer.execute("SELECT pg_terminate_backend($1)", row["pg_backend_pid"])
    await asyncio.sleep(0.2)
    [row] = await readers.fetch("SELECT 2 AS two", ())
    assert row["two"] == 2
    await readers.close()
    await killer.close()
