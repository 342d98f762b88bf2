"""Gathering: whatever is asked of one thing at once becomes one statement, and everybody gets an answer of their own.

Whoever comes first is served at once; those who come while a statement runs go into the next one together, in
the order in which they came. Nothing waits for a timer, and nothing is kept here that matters: a process that
dies forgets questions, and whoever asks again under the same idempotency key is told what became of the first.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from contextvars import Context
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
A = TypeVar("A")
R = TypeVar("R")

Run = Callable[[K, Sequence[A]], Awaitable[Sequence[R | None]]]
"""Answers questions about one thing in one go, in their order; None for one that has to be asked again."""

MOST = 400
"""Questions in one statement."""
AT_ONCE = 3
"""Statements of one process that run beside one another: the other connections are for everybody else."""
TRIES = 5
"""How often one question is put."""


class Gathering(Generic[K, A, R]):
    """One per process and kind of question."""

    def __init__(self, run: Run[K, A, R], *, most: int = MOST, at_once: int = AT_ONCE) -> None:
        self._run = run
        self._most = most
        self._turn = asyncio.Semaphore(at_once)
        self._queues: dict[K, deque[tuple[A, asyncio.Future[R]]]] = {}
        self._draining: set[asyncio.Task[None]] = set()

    async def ask(self, key: K, question: A) -> R:
        """The answer to one question about ``key``. Raises what answering it alone would have raised.

        Whoever is cancelled meanwhile is not waited for; what they asked may have happened.
        """
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        queue = self._queues.get(key)
        if queue is not None:
            queue.append((question, future))
        else:
            self._queues[key] = deque([(question, future)])
            # It works for many: nobody's request, and nobody's transaction.
            task = asyncio.create_task(self._drain(key), context=Context())
            self._draining.add(task)
            task.add_done_callback(self._draining.discard)
        return await future

    async def _drain(self, key: K) -> None:
        queue = self._queues[key]
        while queue:
            async with self._turn:
                batch = [queue.popleft() for _ in range(min(len(queue), self._most))]
                await self._answer(key, batch)
        del self._queues[key]

    async def _answer(self, key: K, batch: list[tuple[A, asyncio.Future[R]]], tries: int = 1) -> None:
        try:
            answers = await self._run(key, [question for question, _ in batch])
        except Exception as error:  # noqa: BLE001 - it is raised again where the question came from
            # One of them may be at fault: halves are tried until it stands alone.
            if len(batch) > 1:
                middle = len(batch) // 2
                await self._answer(key, batch[:middle])
                await self._answer(key, batch[middle:])
            elif not batch[0][1].done():
                batch[0][1].set_exception(error)
            return
        again = []
        for (question, future), answer in zip(batch, answers, strict=True):
            if answer is None:
                again.append((question, future))
            elif not future.done():
                future.set_result(answer)
        if again and tries < TRIES:
            await self._answer(key, again, tries + 1)
            return
        for _, future in again:
            if not future.done():
                future.set_exception(RuntimeError("a question was never answered"))
