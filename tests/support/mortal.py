"""Jinmin's processes for tests that kill them: real ones, forked from a server that has imported everything.

A worker is told at which moment to send itself SIGKILL: nothing of it gets to run after that, as if
somebody had pulled the plug.
"""

import asyncio
import ctypes
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from uuid import UUID

import httpx2
import uvloop

from backend.app import serve
from backend.casework.lifecycle import CaseEvent
from backend.casework.machine import Casework
from backend.database.jobs import Job
from backend.database.migrate import migrate
from backend.database.record import Transaction
from backend.exchange.delivery import STEPS, Handing, Step
from backend.house import open_house
from backend.launcher.child import PR_SET_PDEATHSIG
from backend.load import load
from backend.logs import configure_logging
from backend.ports import FileStore
from backend.settings import Settings
from backend.worker import Handler, Pace, handlers, work_through
from tests.support.cluster import create_database
from tests.support.sandbox import OutsideSandbox, ZhejiangSandbox, plain_client
from tests.support.waiting import PATIENCE

HASTE = Pace(silence=timedelta(seconds=0.4), look=timedelta(seconds=0.2))

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__])


@dataclass(frozen=True, slots=True)
class Moment:
    """When a worker dies: before the step of this number, or at an event of the case."""

    step: int | None = None
    """0 before the first step, ``len(STEPS)`` after the last one."""
    event: str | None = None
    """The kind of an event …"""
    committed: bool = False
    """… right after its transaction, or else inside of it, with everything written and nothing committed."""
    file: str | None = None
    """After a file under this name was put, with nothing written about it."""
    job: Job | None = None
    """When a job of this kind has been taken up and nothing of it was done."""

    def __str__(self) -> str:
        if self.file is not None or self.job is not None:
            return f"after-{self.file}" if self.job is None else f"in-{self.job.value}"
        if self.step is None:
            return f"{self.event}-{'after' if self.committed else 'before'}-its-commit"
        names = [step.__name__ for step in STEPS]
        return f"before-{names[self.step]}" if self.step < len(names) else f"after-{names[-1]}"

    def steps(self) -> tuple[Step, ...]:
        """The steps of a delivery with death among them."""
        return STEPS if self.step is None else (*STEPS[: self.step], _die_there, *STEPS[self.step :])

    def files(self, store: FileStore) -> FileStore:
        """The store with death right behind a file."""
        return store if self.file is None else _LastFile(store, self.file)

    def jobs(self, alive: Mapping[Job, Handler]) -> Mapping[Job, Handler]:
        """What jobs do, with death in the place of one."""
        return alive if self.job is None else {**alive, self.job: _die_at_work}

    async def react(self, tx: Transaction, event: CaseEvent) -> None:
        """Death as a reactor of the case."""
        if event.kind == self.event and self.committed:
            tx.after_commit(_die)
        elif event.kind == self.event:
            await _die()


async def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def _die_at_work(_subject: UUID) -> None:
    await _die()


@dataclass(frozen=True, slots=True)
class _LastFile:
    """A store whose process dies after one file."""

    store: FileStore
    name: str

    async def put(self, key: str, content: bytes) -> None:
        await self.store.put(key, content)
        if key.startswith(self.name):
            await _die()

    async def get(self, key: str) -> bytes:
        return await self.store.get(key)

    async def delete(self, key: str) -> None:
        await self.store.delete(key)


async def _die_there(_work: Casework, handing: Handing) -> Handing:
    await _die()
    return handing


def _become(name: str, log: Path, run: Callable[[], object]) -> None:
    """The rest of a forked process: logs of its own, and an end when the test run ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    with log.open("ab") as out:
        os.dup2(out.fileno(), sys.stdout.fileno())
        os.dup2(out.fileno(), sys.stderr.fileno())
    configure_logging(name, "INFO")
    run()


def _prepare(settings: Settings) -> None:
    async def prepared() -> None:
        await create_database(settings.database_url)
        await migrate(settings.database_url)
        async with open_house(settings) as work:
            await load(work)

    asyncio.run(prepared())


def _work(settings: Settings, moment: Moment, only: tuple[Job, ...] | None) -> None:
    async def worked() -> None:
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        async with open_house(settings) as house:
            ports = replace(house.resources.ports, files=moment.files(house.resources.ports.files))
            mortal = replace(
                house,
                resources=replace(house.resources, ports=ports),
                reactors=(*house.reactors, moment.react),
            )
            lanes = sorted(house.resources.ports.provinces)
            jobs = moment.jobs(handlers(mortal, moment.steps()))
            wanted = {job: run for job, run in jobs.items() if only is None or job in only}
            await work_through(settings, wanted, stop, HASTE, lanes=lanes)

    uvloop.run(worked())


def _serve(settings: Settings) -> None:
    uvloop.run(serve(settings))


@dataclass(slots=True)
class Parts:
    """An API and as many workers as a test wants, on a database and a folder of their own."""

    settings: Settings
    outside: OutsideSandbox
    zhejiang: ZhejiangSandbox
    _running: list[BaseProcess] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The API."""
        return self.settings.public_url

    def worker(self, moment: Moment | None = None, *, only: tuple[Job, ...] | None = None) -> BaseProcess:
        """A worker, which dies at ``moment`` or lives; for all jobs or for ``only`` some."""
        return self._begin("work", _work, self.settings, moment or Moment(), only)

    def prepare(self) -> None:
        """Tables, catalogue and demo data."""
        preparing = self._begin("prepare", _prepare, self.settings)
        preparing.join(PATIENCE)
        assert preparing.exitcode == 0, self.log.read_text()

    def serve(self) -> None:
        """Start the API and wait for it."""
        api = self._begin("serve", _serve, self.settings)
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and api.is_alive():
            try:
                plain_client().get(f"{self.url}/healthz").raise_for_status()
            except httpx2.HTTPError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError(self.log.read_text())

    @property
    def log(self) -> Path:
        """What all of them wrote."""
        return self.settings.data / "parts.log"

    def end(self) -> None:
        """End whatever still runs."""
        for process in self._running:
            if process.is_alive():
                process.terminate()
        for process in self._running:
            process.join(PATIENCE)
            process.close()
        self._running.clear()

    def _begin(self, name: str, what: Callable[..., None], *given: object) -> BaseProcess:
        process = _FORKS.Process(target=_run, args=(name, self.log, what, given))
        process.start()
        self._running.append(process)
        return process


def _run(name: str, log: Path, what: Callable[..., None], given: tuple[object, ...]) -> None:
    _become(name, log, lambda: what(*given))


def begun(name: str, log: Path, what: Callable[..., None], *given: object) -> BaseProcess:
    """A process of one's own, which runs ``what`` and may die in it."""
    process = _FORKS.Process(target=_run, args=(name, log, what, given))
    process.start()
    return process


@contextmanager
def parts(settings: Settings, outside: OutsideSandbox, zhejiang: ZhejiangSandbox) -> Iterator[Parts]:
    """Prepared, with an API and no worker yet."""
    opened = Parts(settings, outside, zhejiang)
    try:
        opened.prepare()
        opened.serve()
        yield opened
    finally:
        opened.end()
