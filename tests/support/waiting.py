"""Waiting for what happens in another task or process."""

import asyncio
from collections.abc import Awaitable, Callable


async def eventually(holds: Callable[[], Awaitable[bool]], seconds: float = 10.0) -> None:
    """Return as soon as ``holds`` says so. Raises ``TimeoutError``."""
    async with asyncio.timeout(seconds):
        while not await holds():  # noqa: ASYNC110 - it happens elsewhere, and tells nobody here
            await asyncio.sleep(0.02)
