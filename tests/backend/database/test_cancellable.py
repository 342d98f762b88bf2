import asyncio

import pytest

from backend.database.shared import shared_state


@pytest.mark.parametrize("steps", range(40))
async def test_a_cancellation_counts_whenever_it_comes(redis_url: str, steps: int) -> None:
    async with shared_state(redis_url) as shared:
        went_on = []

        async def ask() -> None:
            await shared.first_use("test", "nonce", 5)
            went_on.append(True)
            await asyncio.Event().wait()

        asking = asyncio.create_task(ask())
        for _ in range(steps):
            await asyncio.sleep(0)
        asking.cancel()
        _, pending = await asyncio.wait({asking}, timeout=5)
        assert pending == set()
        assert asking.cancelled()
