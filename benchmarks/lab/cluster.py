"""A PostgreSQL with half a million cases under ``var/bench``, filled once and kept between runs."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import asyncpg

from backend.database.config import DatabaseUrl
from backend.database.migrate import migrate
from backend.keys import Keys, read_keys
from backend.launcher.postgres import Cluster
from backend.settings import Settings
from benchmarks.figures import SMALL
from benchmarks.lab.filling import CASES_EACH, SESSION, SESSIONS, fill, row_id
from tests.support.cluster import running_cluster

FOLDER = Path("var/bench")
PEOPLE = 1_000 if SMALL else 25_000
MADE_BY = (Path(__file__).parent / "filling.py", *sorted(Path("backend/database/migrations").glob("*.py")))
MARK = sha256(b"".join(path.read_bytes() for path in MADE_BY)).hexdigest()
"""On a database that was filled to the end, in this very shape."""


@dataclass(frozen=True, slots=True)
class Lab:
    """A filled database and how to come to it."""

    settings: Settings
    keys: Keys
    tokens: tuple[str, ...]
    """Access tokens, one for each person who is signed in."""


@contextmanager
def lab(people: int = PEOPLE, *, port: int = 8700) -> Iterator[Lab]:
    """A database of so many people's cases, on a cluster that is stopped afterwards; filled once and kept."""
    with running_cluster(FOLDER / "postgres", options=()) as cluster:
        yield _lab(cluster, people, port)


@contextmanager
def labs(*people: int, port: int = 8700) -> Iterator[Sequence[Lab]]:
    """Several of them side by side."""
    with running_cluster(FOLDER / "postgres", options=()) as cluster:
        yield [_lab(cluster, one, port) for one in people]


@contextmanager
def copied_lab(people: int = PEOPLE, *, port: int = 8700) -> Iterator[Lab]:
    """A copy that may be written to and is thrown away afterwards."""
    with running_cluster(FOLDER / "postgres", options=()) as cluster:
        kept = _lab(cluster, people, port)
        name = DatabaseUrl.parse(kept.settings.database_url).name
        server = cluster.url("postgres")
        asyncio.run(
            _do(
                server,
                f'DROP DATABASE IF EXISTS "{name}_copy"',
                f'CREATE DATABASE "{name}_copy" TEMPLATE "{name}"',
            )
        )
        try:
            url = cluster.url(f"{name}_copy")
            yield replace(kept, settings=kept.settings.model_copy(update={"database_url": url}))
        finally:
            asyncio.run(_do(server, f'DROP DATABASE "{name}_copy" WITH (FORCE)'))


def _lab(cluster: Cluster, people: int, port: int) -> Lab:
    name = f"cases_{people * CASES_EACH}"
    url = cluster.url(name)
    settings = Settings(data=FOLDER, database_url=url, port=port, log_level="INFO")
    keys = read_keys(settings)
    asyncio.run(_filled(cluster.url("postgres"), url, name, keys, people))
    tokens = tuple(
        keys.tokens.issue(
            {"sub": f"account:{n}", "sid": str(row_id(SESSION, n))}, use="access", lifetime=timedelta(days=1)
        )
        for n in range(1, SESSIONS + 1)
    )
    return Lab(settings, keys, tokens)


async def _do(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(**DatabaseUrl.parse(url).connect_arguments())
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def _filled(server_url: str, url: str, name: str, keys: Keys, people: int) -> None:
    server = await asyncpg.connect(**DatabaseUrl.parse(server_url).connect_arguments())
    try:
        marked = await server.fetchval(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = $1", name
        )
        if marked == MARK:
            return
        # Of another version of this program, or never finished.
        await server.execute(f'DROP DATABASE IF EXISTS "{name}"')
        await server.execute(f'CREATE DATABASE "{name}"')
        print(f"filling {name} (once) …", flush=True)
        await migrate(url)
        connection = await asyncpg.connect(**DatabaseUrl.parse(url).connect_arguments())
        try:
            await fill(connection, url, keys, people)
        finally:
            await connection.close()
        await server.execute(f"COMMENT ON DATABASE \"{name}\" IS '{MARK}'")
    finally:
        await server.close()
