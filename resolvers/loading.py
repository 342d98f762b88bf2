"""Children of many parents in one go: what one operation asks of a function is gathered until the event loop turns."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")
W = TypeVar("W")


def then(loaded: Awaitable[V], make: Callable[[V], W]) -> "asyncio.Future[W]":
    """What ``make`` makes of a loader's future, as a future again: several fields read one loaded thing."""
    source = asyncio.ensure_future(loaded)
    made: asyncio.Future[W] = source.get_loop().create_future()

    def pass_on(done: "asyncio.Future[V]") -> None:
        if made.done():
            return
        if done.cancelled():
            made.cancel()
            return
        try:
            made.set_result(make(done.result()))
        except Exception as error:  # noqa: BLE001 - whoever awaits it gets it
            made.set_exception(error)

    source.add_done_callback(pass_on)
    return made


class Loader(Generic[K, V]):
    """One function during one operation: it is asked for each key once, together with the key's siblings."""

    def __init__(self, function: Callable[[list[K]], Awaitable[Sequence[V]]]) -> None:
        self._function = function
        self._known: dict[K, asyncio.Future[V]] = {}
        self._waiting: list[K] = []
        self._asking: set[asyncio.Task[None]] = set()

    def load(self, key: K) -> asyncio.Future[V]:
        """The value of ``key``, to be awaited; whatever the function raises is raised there."""
        known = self._known.get(key)
        if known is None:
            loop = asyncio.get_running_loop()
            known = self._known[key] = loop.create_future()
            if not self._waiting:
                loop.call_soon(self._begin)
            self._waiting.append(key)
        return known

    def close(self) -> None:
        """Give up what is still being asked for."""
        for task in self._asking:
            task.cancel()

    def _begin(self) -> None:
        # A task begins one turn later: siblings whose parents were awaited are among the waiting by then.
        task = asyncio.get_running_loop().create_task(self._ask())
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _ask(self) -> None:
        keys, self._waiting = self._waiting, []
        futures = [self._known[key] for key in keys]
        try:
            values = await self._function(keys)
            for future, value in zip(futures, values, strict=True):
                if not future.done():
                    future.set_result(value)
        except asyncio.CancelledError:
            for future in futures:
                future.cancel()
            raise
        except Exception as error:  # noqa: BLE001 - whoever awaits a value gets it
            for future in futures:
                if not future.done():
                    future.set_exception(error)
