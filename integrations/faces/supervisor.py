"""Workers that may die: each is a process with one question at a time; a lost one is replaced.

A crash (segmentation fault, memory limit) or a hang costs its own question one retry on another worker
and nobody else anything. A process pool of the standard library breaks for good on a dead worker and
cannot stop a hanging one.
"""

import asyncio
import contextlib
import math
import multiprocessing
import os
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path

import structlog

from integrations.faces import worker
from integrations.faces.messages import Question

log = structlog.get_logger()

START_LIMIT = 60.0
"""Seconds a worker may take to load its models."""
JOB_LIMIT = 8.0
"""Seconds one question may take; twelve frames take one or two."""
WAIT_LIMIT = 6.0
"""Seconds a question may wait for a worker."""
PLACES = 2
"""Questions per worker that may be here at once: one that is looked at and one that waits."""
LONGEST_ANSWER = 16 * 1024

_USUAL_JOB = 1.0
_SPAWN = multiprocessing.get_context("spawn")


class BusyError(Exception):
    """Every place is taken; ``retry_after`` in seconds."""

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__("busy")


class WorkerLostError(Exception):
    """A worker died or hung over a question."""


@dataclass(slots=True, eq=False)
class Worker:
    """A process and our end of its pipe."""

    process: SpawnProcess
    pipe: Connection

    async def started(self) -> None:
        """Wait until it is warm. Raises ``WorkerLostError``."""
        if await self._answer(None, START_LIMIT) != worker.READY:
            raise WorkerLostError

    async def ask(self, question: Question, body: bytes, limit: float) -> bytes:
        """Send and wait. Raises ``WorkerLostError``."""
        return await self._answer((question.encode(), body), limit)

    async def stop(self) -> None:
        """Kill at once: a worker holds nothing that would need a farewell."""
        self.process.kill()
        await asyncio.to_thread(self.process.join)
        self.pipe.close()

    async def _answer(self, message: tuple[bytes, ...] | None, limit: float) -> bytes:
        try:
            async with asyncio.timeout(limit):
                # A hanging worker does not read either: sending blocks as soon as the pipe is full.
                await asyncio.to_thread(self._send, message or ())
                await _readable(self.pipe.fileno())
            return self.pipe.recv_bytes(LONGEST_ANSWER)
        except (TimeoutError, EOFError, OSError):
            raise WorkerLostError from None

    def _send(self, message: tuple[bytes, ...]) -> None:
        for part in message:
            self.pipe.send_bytes(part)


async def _readable(descriptor: int) -> None:
    """Wait until there is something to read, without a thread."""
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(descriptor, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(descriptor)
        # uvloop leaves what it watched non-blocking; a picture larger than the pipe could not be sent then.
        os.set_blocking(descriptor, True)


@dataclass(slots=True)
class Supervisor:
    """``size`` workers and a short line in front of them."""

    size: int
    folder: Path
    """Where DeepFace finds its weights."""
    run: Callable[[Connection, str], None] = worker.run
    job_limit: float = JOB_LIMIT
    wait_limit: float = WAIT_LIMIT
    replaced: int = 0
    """How many workers were lost and replaced."""
    _workers: set[Worker] = field(default_factory=set)
    _idle: "asyncio.Queue[Worker]" = field(default_factory=asyncio.Queue)
    _taken: int = 0
    _usual: float = _USUAL_JOB
    """Seconds a question takes, as the last dozen did."""
    _tasks: "set[asyncio.Task[None]]" = field(default_factory=set)

    @property
    def warm(self) -> int:
        """Workers that are loaded."""
        return len(self._workers)

    @property
    def pids(self) -> frozenset[int]:
        """Process ids of the loaded workers."""
        return frozenset(each.process.pid or 0 for each in self._workers)

    def start(self) -> None:
        """Begin to start every worker; questions may already come and wait."""
        for _ in range(self.size):
            self._soon(self._spawn())

    async def stop(self) -> None:
        """End every worker."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for each in list(self._workers):
            self._forget(each)
            await each.stop()

    @contextlib.contextmanager
    def place(self) -> Iterator[None]:
        """A place in the line, to be taken before a question is even read. Raises ``BusyError``."""
        if self._taken >= PLACES * self.size:
            raise self._busy()
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1

    async def ask(self, question: Question, body: bytes) -> bytes:
        """A worker's answer. Raises ``BusyError`` and, after two losses, ``WorkerLostError``."""
        try:
            return await self._once(question, body)
        except WorkerLostError:
            return await self._once(question, body)

    async def _once(self, question: Question, body: bytes) -> bytes:
        asked = await self._next()
        began = time.monotonic()
        try:
            answer = await asked.ask(question, body, self.job_limit)
        except BaseException:
            # Also when nobody waits any more: the worker is still busy with the question.
            self._replace(asked)
            raise
        self._usual += (time.monotonic() - began - self._usual) / 12
        self._idle.put_nowait(asked)
        return answer

    async def _next(self) -> Worker:
        """The worker that is idle the longest; one that died meanwhile is passed over."""
        try:
            async with asyncio.timeout(self.wait_limit):
                while (idle := await self._idle.get()) not in self._workers:
                    pass
        except TimeoutError:
            raise self._busy() from None
        return idle

    def _busy(self) -> BusyError:
        """Come back when the line of now is worked off."""
        return BusyError(max(1, math.ceil(self._taken * self._usual / self.size)))

    def _replace(self, lost: Worker) -> None:
        """Once, whoever notices first that it is lost: its question or the watch over its process."""
        if self._forget(lost):
            self.replaced += 1
            log.warning("face_worker_lost", exit_code=lost.process.exitcode, replaced=self.replaced)
            self._soon(self._stop_and_spawn(lost))

    def _forget(self, known: Worker) -> bool:
        if known not in self._workers:
            return False
        self._workers.discard(known)
        asyncio.get_running_loop().remove_reader(known.process.sentinel)
        return True

    def _soon(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _stop_and_spawn(self, lost: Worker) -> None:
        await lost.stop()
        await self._spawn()

    async def _spawn(self) -> None:
        while (started := await self._started()) is None:
            log.error("face_worker_did_not_start")
            await asyncio.sleep(1)
        self._workers.add(started)
        asyncio.get_running_loop().add_reader(started.process.sentinel, self._replace, started)
        self._idle.put_nowait(started)

    async def _started(self) -> Worker | None:
        ours, theirs = _SPAWN.Pipe()
        process = _SPAWN.Process(target=self.run, args=(theirs, str(self.folder)), daemon=True)
        try:
            await asyncio.to_thread(process.start)
        except OSError:  # the machine has no process or memory to spare at the moment
            ours.close()
            return None
        finally:
            theirs.close()
        begun = Worker(process, ours)
        try:
            await begun.started()
        except WorkerLostError:
            await begun.stop()
            return None
        except asyncio.CancelledError:
            await asyncio.shield(begun.stop())
            raise
        return begun
