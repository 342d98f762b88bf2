"""``python -m backend run``: everything started in the right order, told line by line, stopped by Ctrl-C."""

import asyncio
import contextlib
import fcntl
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from io import TextIOWrapper
from typing import TypeVar

from backend.database.migrate import migrate
from backend.errors import BadSettings
from backend.house import open_house
from backend.keys import read_keys
from backend.launcher import servers
from backend.launcher.children import STOP_LIMIT, Children, Ended, answers
from backend.load import DEMO_OFFICER_LOGIN, DEMO_OFFICER_PASSWORD, load
from backend.settings import Settings, read_settings

T = TypeVar("T")

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run(settings: Settings) -> int:
    """Run until Ctrl-C; 0 after an orderly stop, 1 when a part failed, 2 when it could not be started."""
    if not settings.development:
        raise BadSettings("`run` is for development; docs/operations.md tells how to deploy.")
    settings.data.mkdir(parents=True, exist_ok=True)
    with _only_one(settings) as lock:
        return asyncio.run(_run(settings, lock))


async def _run(settings: Settings, lock: int) -> int:
    running = asyncio.create_task(_until_one_ends(settings, lock))

    def stop() -> None:
        if not running.cancelling():  # once is enough: stopping is not to be stopped
            running.cancel()
            _say("Stopping …")

    loop = asyncio.get_running_loop()
    for name in STOPPING:
        loop.add_signal_handler(name, stop)
    try:
        await running
    except asyncio.CancelledError:
        _say("Stopped.")
        return 0
    except Ended as problem:
        sys.stderr.write(f"{problem}\n")
    return 1


async def _until_one_ends(settings: Settings, lock: int) -> None:
    """Raises ``Ended`` for the first part that does."""
    began = time.monotonic()
    async with _everything(settings, lock) as children:
        _say(f"Jinmin is ready: {settings.public_url}/graphql")
        _say(_next_steps(settings, time.monotonic() - began))
        raise Ended(await children.first_to_end())


@asynccontextmanager
async def _everything(settings: Settings, lock: int) -> AsyncIterator[Children]:
    """Start all parts, as many at once as their order allows; end all of them on the way out."""
    read_keys(settings)  # made here once, before several processes want them
    environ = dict(os.environ)
    children = Children(settings.data / "logs", environ, held=(lock,))
    try:
        await children.start("faces", "integrations.faces")  # the slowest, so it begins first
        if settings.database_url:
            urls = await servers.ensure_databases(settings.database_url, servers.SANDBOX)
        else:
            server = await _told("PostgreSQL", servers.start_postgres(children, settings.data / "postgres"))
            urls = await servers.ensure_databases(server, (servers.MAIN, *servers.SANDBOX))
            environ["JINMIN_DATABASE_URL"] = urls[servers.MAIN]
        environ["OUTSIDE_DATABASE_URL"] = urls[servers.OUTSIDE]
        environ["PROVINCES_DATABASE_URL"] = servers.database_url(urls[servers.OUTSIDE], servers.PROVINCE)
        if not settings.redis_url:
            environ["JINMIN_REDIS_URL"] = await servers.start_redis(
                children, settings.redis_port, settings.data
            )
        await children.start("sandbox-outside", "integrations.sandbox", "outside")
        await children.start("sandbox-provinces", "integrations.sandbox", "provinces")
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
                "sandbox of provinces",
                children.until("sandbox-provinces", partial(answers, settings.port + 3, "/healthz")),
            ),
            _told("face service", children.until("faces", partial(answers, settings.port + 1, "/readyz"))),
        )
        yield children
    finally:
        await children.stop()


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
def _only_one(settings: Settings) -> Iterator[int]:
    """One installation per folder, on ports that nobody else uses; the lock's file descriptor.

    Every child holds the lock, too: a folder is free when the last process on it has ended.
    """
    with (settings.data / "lock").open("a+") as lock:
        _take(lock, settings)
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        for port in range(settings.port, settings.port + 5):
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((settings.host, port))
                except OSError:
                    raise BadSettings(
                        f"Port {port} is in use. Jinmin takes five ports from JINMIN_PORT on: choose another."
                    ) from None
        yield lock.fileno()


def _take(lock: TextIOWrapper, settings: Settings) -> None:
    """Take the lock, waiting for what a launcher that was killed has left behind. Raises ``BadSettings``."""
    until = time.monotonic() + STOP_LIMIT + 5
    told = False
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if _runs(lock):
                raise BadSettings(
                    f"Another Jinmin runs on {settings.data}."
                    " Give this one its own JINMIN_DATA and JINMIN_PORT."
                ) from None
        else:
            return
        if time.monotonic() > until:
            raise BadSettings(f"Processes of an earlier run still hold {settings.data}/lock: end them first.")
        if not told:
            _say("Waiting for the rest of an earlier run to end …")
            told = True
        time.sleep(0.1)


def _runs(lock: TextIOWrapper) -> bool:
    """Whether the launcher that wrote its number into the lock is alive."""
    lock.seek(0)
    number = lock.read().strip()
    if not number.isdecimal():
        return True  # it holds the lock and is about to write
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # alive, and somebody else's
    return True


def _say(line: str) -> None:
    with contextlib.suppress(OSError):  # a terminal that was closed is no reason to fall over
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def _next_steps(settings: Settings, seconds: float) -> str:
    return f"""\
  started in {seconds:.1f} s; state and logs are in {settings.data}/

  Try next:
    GraphiQL           {settings.public_url}/graphql in a browser
    a demo citizen     make demo       walks the whole journey: sign in, face, apply, result
    an officer         signInOfficer with login "{DEMO_OFFICER_LOGIN}", password "{DEMO_OFFICER_PASSWORD}"
    The provinces' side http://127.0.0.1:{settings.port + 3}/
  Ctrl-C stops everything."""
