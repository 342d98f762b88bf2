"""A PostgreSQL for a test run: what `make run` embeds, without the care for a power cut."""

import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from backend.database.migrate import migrate
from backend.launcher.child import child_command
from backend.launcher.postgres import Cluster, prepare
from tests.support.waiting import PATIENCE

CARELESS = ("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off")
"""What a crash would lose is thrown away anyway."""


@contextmanager
def short_folder() -> Iterator[Path]:
    """A fresh folder of ours. Not pytest's: another run of the same user shuts the folder above those."""
    folder = Path(tempfile.mkdtemp(prefix="jinmin-test-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def running_cluster(place: Path | None = None, *, options: Sequence[str] = CARELESS) -> Iterator[Cluster]:
    """Started now, stopped afterwards and also when this process is killed; thrown away unless it has a ``place``."""
    with short_folder() as folder:
        cluster = prepare(place or folder / "pg", options=options, durable=False)
        owner = None if cluster.owner is None else (cluster.owner.uid, cluster.owner.gid)
        log = folder / "log"
        with log.open("w") as written:
            server = subprocess.Popen(  # noqa: S603 - our own words
                child_command(cluster.command, module=False, stop=signal.SIGINT, owner=owner),
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=written,
            )
        try:
            _wait_for(cluster, server, log)
            yield cluster
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(PATIENCE)


def _wait_for(cluster: Cluster, server: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + PATIENCE
    told = cluster.folder / "postmaster.pid"
    while time.monotonic() < until and server.poll() is None:
        if told.exists() and told.read_text().split()[-1:] == ["ready"]:
            return
        time.sleep(0.02)
    raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}")


async def create_database(url: str, how: str = "") -> None:
    """Make the database of a URL that ``new_database`` made up: empty, unless it says how."""
    server = await asyncpg.connect(urlsplit(url)._replace(path="/postgres").geturl())
    await server.execute(f'CREATE DATABASE "{urlsplit(url).path.strip("/")}" {how}')
    await server.close()


async def create_migrated_database(url: str) -> None:
    """Make the database of a URL that ``new_database`` made up, as a copy of one that is migrated once per cluster."""
    server = await asyncpg.connect(urlsplit(url)._replace(path="/postgres").geturl())
    try:
        # Whoever comes first migrates, and the others wait: it takes seconds, a copy takes none.
        await server.execute("SELECT pg_advisory_lock(1)")
        if not await server.fetchval("SELECT true FROM pg_database WHERE datname = 'migrated'"):
            fresh = urlsplit(url)._replace(path="/being_migrated").geturl()
            await create_database(fresh)
            await migrate(fresh)
            await server.execute("ALTER DATABASE being_migrated RENAME TO migrated")
        await create_database(url, "TEMPLATE migrated")
    finally:
        await server.close()
