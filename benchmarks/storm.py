"""A fault storm over the exchange, and what it carries when nothing fails.

5,000 handovers while the province drops connections, loses replies after the effect, is down for moments and repeats
and reorders what it says; workers are killed with SIGKILL and the database restarts. In the end each took effect
exactly once on both sides and the accounts agree. ``JINMIN_STORM`` sets another number of handovers.
"""

import asyncio
import logging
import multiprocessing
import os
import random
import signal
import socket
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import asyncpg
import httpx2
import structlog
from fakeredis import TcpFakeServer

from backend.database.jobs import Job
from backend.exchange.models import ReconciliationState
from backend.exchange.reconciling import reconcile
from backend.house import open_house
from backend.keys import Keys, read_keys, read_sandbox_keys
from backend.kit import clock, ids
from backend.launcher.postgres import embedded_url
from backend.settings import Settings
from benchmarks import bare
from benchmarks.figures import Figure
from integrations.demo.client import Client
from integrations.demo.walk import made_up_applicant
from tests.support.cluster import create_database, running_cluster
from tests.support.mortal import Parts, parts
from tests.support.sandbox import outside_sandbox, zhejiang_sandbox
from tests.support.storm import left, multiplied, told_once
from tests.support.traveller import Traveller

HANDOVERS = int(os.environ.get("JINMIN_STORM", "5000"))
CALM = 600
"""Handovers without faults, for the throughput."""
SEED = 20261125
KILL_EVERY = 15.0
RESTARTS = (0.25, 0.6)
"""At which share of what is left the database restarts."""
LONGEST = 3600.0
ONLY = (Job.DELIVER_CASE, Job.APPLY_PROVINCE_EVENTS)
"""The exchange; documents that come of it are another bench's."""
SMALLEST_RATIO = 0.30


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that runs, and where its database lies."""

    parts: Parts
    keys: Keys
    place: Path
    sandbox_url: str
    """The province's own database."""
    restart: "Restart"


class Restart:
    """The installation's PostgreSQL, stopped and started in its place."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._running = ExitStack()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._running.enter_context(running_cluster(self._place, options=("-c", "synchronous_commit=on")))

    def stop(self) -> None:
        """Stop it: connections are closed, what is committed is kept."""
        self._running.close()


def storm() -> Iterable[Figure]:
    """Two clusters, an API, workers that are killed, a province that misbehaves."""
    # The sandboxes live in this process and would tell of every call.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    with _scene() as scene:
        yield from asyncio.run(_measured(scene))


@contextmanager
def _scene() -> Iterator[Scene]:
    with TemporaryDirectory(prefix="jinmin-storm-") as name, ExitStack() as running:
        folder = Path(name)
        folder.chmod(0o755)
        restart = Restart(folder / "pg")
        restart.start()
        running.callback(restart.stop)
        others = running.enter_context(running_cluster()).folder
        redis = TcpFakeServer(("127.0.0.1", 0))
        Thread(target=redis.serve_forever, daemon=True).start()
        running.callback(redis.server_close)
        running.callback(redis.shutdown)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        base = Settings(data=folder)
        keys, theirs = read_keys(base), read_sandbox_keys(base)
        outside = running.enter_context(outside_sandbox(theirs, database_url=embedded_url(others, "outside")))
        sandbox_url = embedded_url(others, "zhejiang")
        zhejiang = running.enter_context(
            zhejiang_sandbox(
                theirs,
                database_url=sandbox_url,
                callback_url=f"http://127.0.0.1:{port}/callbacks/provinces/33",
            )
        )
        settings = Settings(
            data=folder,
            port=port,
            database_url=embedded_url(folder / "pg", "jinmin"),
            redis_url=f"redis://127.0.0.1:{redis.server_address[1]}/0",
            wechat_url=outside.wechat_url,
            registry_url=outside.registry_url,
            zhejiang_url=zhejiang.url,
        )
        made = running.enter_context(parts(settings, outside, zhejiang))
        yield Scene(made, keys, folder, sandbox_url, restart)


async def _measured(scene: Scene) -> Sequence[Figure]:
    async with (
        asyncpg.create_pool(scene.parts.settings.database_url, min_size=1, max_size=2) as pool,
        httpx2.AsyncClient(timeout=30, trust_env=False) as http,
    ):
        scene.parts.zhejiang.scenario(delay=3600)
        client = Client(http, scene.parts.url)
        citizen = await Traveller(scene.parts, client, made_up_applicant()).confirmed_at_window()
        case = await citizen.draft()
        await citizen.submit(case)
        pattern = UUID(ids.parse_node_id(case)[1])
        before = await _bare(scene)
        calm = await _calm(scene, pool, pattern)
        after = await _bare(scene)
        plain = (before + after) / 2
        figures = [
            Figure("bare signed calls, both sides store", plain, "/s"),
            Figure("handovers without faults, receipt and timeline on record", calm, "/s"),
            Figure("of bare calls", calm / plain, "", must=SMALLEST_RATIO),
        ]
        # Another pattern, of which nothing was told yet.
        fresh = await citizen.draft()
        await citizen.submit(fresh)
        return [*figures, *await _stormy(scene, pool, UUID(ids.parse_node_id(fresh)[1]))]


async def _bare(scene: Scene) -> float:
    """Before and after ours, so that a machine that is busy with other things is busy for both."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    url = embedded_url(Path(_folder_of(scene.sandbox_url)), "bare")
    theirs = read_sandbox_keys(Settings(data=scene.place))
    async with asyncpg.create_pool(scene.sandbox_url, min_size=1, max_size=1) as server:
        if not await server.fetchval("SELECT true FROM pg_database WHERE datname = 'bare'"):
            await create_database(url)
    process = multiprocessing.get_context("spawn").Process(
        target=bare.main,
        args=(url, port, theirs.zhejiang_app_id, theirs.zhejiang_private_pem, theirs.jinmin_public_pem),
    )
    process.start()
    try:
        await _listening(port)
        ours = scene.parts.settings.database_url
        target = f"http://127.0.0.1:{port}/cases"
        return await bare.calls_per_second(scene.keys.zhejiang, ours, target, CALM, b"x" * 1500)
    finally:
        process.terminate()
        process.join()


def _folder_of(url: str) -> str:
    return parse_qs(urlsplit(url).query)["host"][0]


async def _listening(port: int) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    raise TimeoutError("the bare server does not listen")


async def _calm(scene: Scene, pool: asyncpg.Pool, pattern: UUID) -> float:
    worker = scene.parts.worker(only=ONLY)
    await _until(pool, [pattern], messages=0)
    async with pool.acquire() as connection:
        begun = time.perf_counter()
        made = await multiplied(connection, scene.keys, pattern, CALM)
    await _until(pool, made, messages=0)
    took = time.perf_counter() - begun
    worker.terminate()
    worker.join()
    return CALM / took


async def _stormy(scene: Scene, pool: asyncpg.Pool, pattern: UUID) -> Sequence[Figure]:
    chance, begun = random.Random(SEED), time.monotonic()  # noqa: S311 - repeatable on purpose
    day = clock.today()
    scene.parts.zhejiang.scenario("storm", delay=0.2, seed=SEED)
    async with pool.acquire() as connection:
        made = await multiplied(connection, scene.keys, pattern, HANDOVERS, series=8)
    workers = [scene.parts.worker(only=ONLY) for _ in range(2)]
    killed, restarts = 0, [HANDOVERS * (1 - share) for share in RESTARTS]
    while (still := await _still(pool, made)) and time.monotonic() - begun < LONGEST:
        if restarts and still <= restarts[0]:
            restarts.pop(0)
            await asyncio.to_thread(scene.restart.stop)
            await asyncio.to_thread(scene.restart.start)
        await asyncio.sleep(KILL_EVERY)
        place = chance.randrange(len(workers))
        victim = workers[place].pid
        if victim is not None and workers[place].is_alive():
            os.kill(victim, signal.SIGKILL)
            killed += 1
        workers[place] = scene.parts.worker(only=ONLY)
    drained = time.monotonic() - begun
    scene.parts.zhejiang.scenario()
    days = sorted({day, clock.today()})
    matched = await _reconciled(scene, days)
    once = await told_once(pool, made)
    theirs = await _theirs(scene)
    return [
        Figure("handovers in the storm", HANDOVERS, ""),
        Figure("workers killed with SIGKILL", killed, "", must=3),
        Figure("restarts of the database", len(RESTARTS) - len(restarts), "", must=len(RESTARTS)),
        Figure("calls that the province took", theirs["lodged"], ""),
        Figure("not drained", still, "", must=0, at_most=True),
        Figure("cases of which the timeline tells each thing once", once, "", must=HANDOVERS),
        Figure("cases that took effect at the province", theirs["effects"], ""),
        Figure("effects more than cases", theirs["effects"] - theirs["cases"], "", must=0, at_most=True),
        Figure("days that do not reconcile", len(days) - matched, "", must=0, at_most=True),
        Figure("time to drain", drained, "s"),
    ]


async def _still(pool: asyncpg.Pool, made: Sequence[UUID]) -> int:
    """How many are left; while the database is away, all of them may be."""
    try:
        return await left(pool, made)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return len(made)


async def _until(pool: asyncpg.Pool, made: Sequence[UUID], *, messages: int) -> None:
    until = time.monotonic() + 300
    while await left(pool, made, messages):
        if time.monotonic() > until:
            raise TimeoutError("the exchange does not drain")
        await asyncio.sleep(0.1)


async def _reconciled(scene: Scene, days: Sequence[date]) -> int:
    """How many of these days agree; what was under way may need a second look."""
    settings = scene.parts.settings
    async with open_house(settings) as work:
        found = 0
        for day in days:
            for _ in range(10):
                if (await reconcile(work, "33", day)).state is ReconciliationState.MATCHED:
                    found += 1
                    break
                await asyncio.sleep(1)
        return found


async def _theirs(scene: Scene) -> asyncpg.Record:
    async with asyncpg.create_pool(scene.sandbox_url, min_size=1, max_size=1) as pool:
        return await pool.fetchrow(
            "SELECT count(*) AS effects, count(DISTINCT case_no) AS cases, sum(lodged) AS lodged FROM cases"
        )
