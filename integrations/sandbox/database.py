"""A sandbox server's own PostgreSQL database: what it was told survives its restart."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import asyncpg
import orjson


@asynccontextmanager
async def open_pool(url: str, tables: str) -> AsyncIterator[asyncpg.Pool]:
    """A pool on the database of ``url``, which is created with its ``tables`` where missing."""
    try:
        connection = await asyncpg.connect(url)
    except asyncpg.InvalidCatalogNameError:
        await _create_database(url)
        connection = await asyncpg.connect(url)
    try:
        await connection.execute(tables)
    finally:
        await connection.close()
    async with asyncpg.create_pool(url, min_size=1, max_size=4, init=_speak_json) as pool:
        yield pool


async def _create_database(url: str) -> None:
    name = urlsplit(url).path.lstrip("/").replace('"', '""')
    connection = await asyncpg.connect(url, database="postgres")
    try:
        await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()


async def _speak_json(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: orjson.dumps(value).decode(),
        decoder=orjson.loads,
    )
