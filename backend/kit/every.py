"""Doing something again and again beside what a process does."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress


@asynccontextmanager
async def every(seconds: float, action: Callable[[], Awaitable[object]]) -> AsyncIterator[None]:
    """Do ``action`` every so many ``seconds`` while this is entered, and once more when it is left.

    It sees to its own failures: one that it raises ends the repeating.
    """

    async def again_and_again() -> None:
        while True:
            await asyncio.sleep(seconds)
            await action()

    repeating = asyncio.create_task(again_and_again())
    try:
        yield
    finally:
        repeating.cancel()
        with suppress(asyncio.CancelledError):
            await repeating
        await action()
