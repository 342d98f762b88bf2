"""Workers that may die: each is a process with one question at a time; a lost one is replaced.

A crash (segmentation fault, memory limit) or a hang costs its own question one retry on another worker
and nobody else anything. A process pool of the standard library breaks for good on a dead worker and
cannot stop a hanging one.
"""

import asyncio
import contextlib
import multiprocessing
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path

import structlog

from backend.ports import FaceMotion, FaceOutcome
from integrations.faces.worker import run

log = structlog.get_logger()

START_LIMIT = 60.0
JOB_LIMIT = 10.0
"""Seconds one question may take; twelve frames take about four."""

USUAL_JOB = 1.0
_SPAWN = multiprocessing.get_context("spawn")


class BusyError(Exception):
    """Every worker is occupied and enough questions wait already; ``retry_after`` in seconds."""

    def __init__(self, retry_after: float) -> None:
        self.retry_after = retry_after
        super().__init__("busy")


class WorkerLostError(Exception):
    """A worker died or hung over a question."""


@dataclass(slots=True, eq=False)
class Worker:
    """A process and our end of its pipe."""

    process: SpawnProcess
    pipe: Connection

    async def ask(self, question: object, limit: float) -> str:
        """Send and wait. Raises ``WorkerLostError``."""
        try:
            if question is not None:
                await asyncio.to_thread(self.pipe.send, question)
            async with asyncio.timeout(limit):
                await _readable(self.pipe)
            return str(self.pipe.recv())
        except (TimeoutError, EOFError, OSError):
            raise WorkerLostError from None

    async def stop(self) -> None:
        """Kill at once: a worker holds nothing that would need a farewell."""
        self.process.kill()
        await asyncio.to_thread(self.process.join)
        self.pipe.close()


async def _readable(pipe: Connection) -> None:
    """Wait until there is something to read, without a thread."""
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(pipe.fileno(), ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(pipe.fileno())
        # uvloop leaves what it watched non-blocking; a picture larger than the pipe could not be sent then.
        os.set_blocking(pipe.fileno(), True)


@dataclass(slots=True)
class Supervisor:
    """``size`` workers and a short line in front of them."""

    size: int
    folder: Path
    job_limit: float = JOB_LIMIT
    replaced: int = 0
    """How many workers were lost and replaced."""
    _idle: "asyncio.Queue[Worker]" = field(default_factory=asyncio.Queue)
    _workers: set[Worker] = field(default_factory=set)
    _waiting: int = 0
    _tasks: "set[asyncio.Task[None]]" = field(default_factory=set)

    @property
    def warm(self) -> int:
        """Workers that are loaded."""
        return len(self._workers)

    @property
    def pids(self) -> tuple[int, ...]:
        """Process ids of the loaded workers."""
        return tuple(worker.process.pid or 0 for worker in self._workers)

    def start(self) -> None:
        """Begin to start every worker; questions may already come and wait."""
        for _ in range(self.size):
            self._spawn_soon()

    async def stop(self) -> None:
        """End every worker."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for worker in list(self._workers):
            await worker.stop()
        self._workers.clear()

    async def ask(
        self, frames: Sequence[bytes], reference: bytes, motions: Sequence[FaceMotion]
    ) -> FaceOutcome:
        """The outcome. Raises ``BusyError`` when the line is full and ``WorkerLostError`` after two losses."""
        if self._waiting >= 2 * self.size:
            raise BusyError(max(1.0, self._waiting / self.size * USUAL_JOB))
        self._waiting += 1
        try:
            question = (list(frames), reference, list(motions))
            try:
                return await self._once(question)
            except WorkerLostError:
                return await self._once(question)
        finally:
            self._waiting -= 1

    async def _once(self, question: object) -> FaceOutcome:
        worker = await self._idle.get()
        try:
            answer = await worker.ask(question, self.job_limit)
        except BaseException:
            # Also when the client went away: the worker is still busy with a question nobody waits for.
            self._workers.discard(worker)
            self.replaced += 1
            await worker.stop()
            self._spawn_soon()
            log.warning("face_worker_replaced", replaced=self.replaced)
            raise
        self._idle.put_nowait(worker)
        return FaceOutcome(answer)

    def _spawn_soon(self) -> None:
        task = asyncio.create_task(self._spawn())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _spawn(self) -> None:
        while True:
            ours, theirs = _SPAWN.Pipe()
            process = _SPAWN.Process(target=run, args=(theirs, str(self.folder)), daemon=True)
            await asyncio.to_thread(process.start)
            theirs.close()
            worker = Worker(process, ours)
            try:
                await worker.ask(None, START_LIMIT)
            except WorkerLostError:
                log.error("face_worker_did_not_start")
                await worker.stop()
                await asyncio.sleep(1)
                continue
            except asyncio.CancelledError:
                with contextlib.suppress(OSError):
                    await asyncio.shield(worker.stop())
                raise
            self._workers.add(worker)
            self._idle.put_nowait(worker)
            return
