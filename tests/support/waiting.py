"""Waiting for what happens in another task or process."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 60.0
"""Seconds for whole processes: what takes one or two when nobody else wants the processor."""


async def eventually(holds: Callable[[], Awaitable[bool]], seconds: float = 10.0) -> None:
    """Return as soon as ``holds`` says so. Raises ``TimeoutError``."""
    async with asyncio.timeout(seconds):
        while not await holds():  # noqa: ASYNC110 - it happens elsewhere, and tells nobody here
            await asyncio.sleep(0.02)


async def read_until(read: Callable[[], Awaitable[T]], wanted: Callable[[T], bool]) -> T:
    """What is read as soon as it is what is wanted; fails with what was read last."""
    until = asyncio.get_running_loop().time() + PATIENCE
    while not wanted(found := await read()):
        assert asyncio.get_running_loop().time() < until, found
        await asyncio.sleep(0.03)
    return found
