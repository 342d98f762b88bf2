"""The embedded PostgreSQL and Redis of a development installation, as children of the launcher."""

import asyncio
import shutil
import signal
from collections.abc import Sequence
from pathlib import Path

import asyncpg

from backend.database.config import DatabaseUrl
from backend.errors import BadSettings
from backend.launcher.children import Children
from backend.launcher.postgres import embedded_url, prepare
from backend.settings import Settings

MAIN, OUTSIDE, PROVINCE = "jinmin", "sandbox_outside", "sandbox_province"
SANDBOX = (OUTSIDE,)


def beside_run(settings: Settings) -> Settings:
    """Settings for a command beside a running ``run``: where its PostgreSQL and Redis are.

    Raises ``BadSettings`` when it does not run and nothing else was named.
    """
    found: dict[str, str] = {}
    if settings.development and not settings.database_url:
        folder = settings.data / "postgres"
        if not (folder / "postmaster.pid").exists():
            raise BadSettings(
                "No database: start the embedded one with `make run`, or set JINMIN_DATABASE_URL."
            )
        found["database_url"] = embedded_url(folder, MAIN)
    if settings.development and not settings.redis_url:
        found["redis_url"] = redis_url(settings.redis_port)
    return settings.model_copy(update=found)


def redis_url(port: int) -> str:
    """How the embedded Redis is reached."""
    return f"redis://127.0.0.1:{port}/0"


async def start_postgres(children: Children, folder: Path) -> str:
    """Start the PostgreSQL of this folder; its URL once it answers. Raises ``BadSettings`` and ``Ended``."""
    cluster = await asyncio.to_thread(prepare, folder)
    await children.start(
        "postgres",
        *cluster.command,
        module=False,
        stop=signal.SIGINT,  # "fast": connections that are left are closed, nothing is lost
        owner=None if cluster.owner is None else (cluster.owner.uid, cluster.owner.gid),
        foundation=True,
    )
    url = cluster.url("postgres")

    async def answers_questions() -> bool:
        try:
            connection = await asyncpg.connect(**DatabaseUrl.parse(url).connect_arguments(), timeout=3)
        except (OSError, TimeoutError, asyncpg.PostgresError):
            return False
        await connection.close()
        return True

    await children.until("postgres", answers_questions)
    return url


async def ensure_databases(url: str, names: Sequence[str]) -> dict[str, str]:
    """Make the databases that are missing on the server of ``url``; their URLs by name."""
    connection = await asyncpg.connect(**DatabaseUrl.parse(url).connect_arguments())
    try:
        rows = await connection.fetch("SELECT datname FROM pg_database")
        for name in set(names) - {row["datname"] for row in rows}:
            await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()
    return {name: database_url(url, name) for name in names}


def database_url(url: str, name: str) -> str:
    """The same server's URL with another database."""
    before, _, query = url.partition("?")
    return f"{before.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")


async def start_redis(children: Children, port: int, folder: Path) -> str:
    """Start a Redis on loopback: the real server where it is installed, else fakeredis' TCP server."""
    server = shutil.which("redis-server")
    if server is None:
        await children.start("redis", "backend.launcher.redis_server", str(port), foundation=True)
    else:
        await children.start(
            "redis",
            server,
            *("--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)),
            module=False,
            foundation=True,
        )
    return redis_url(port)


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
