import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from backend.database.announcements import MOST_UNHEARD, Announcements
from backend.database.shared import Shared, shared_state
from backend.errors import Unavailable


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """With room for two connections: one that listens, one that speaks."""
    async with Redis.from_url(redis_url, max_connections=2) as opened:
        yield opened


async def heard(messages: AsyncIterator[str]) -> str:
    return await asyncio.wait_for(anext(messages), 5)


async def test_every_listener_of_a_channel_hears_what_is_announced_there(shared: Shared) -> None:
    async with (
        shared.listening("a") as one,
        shared.listening("a") as two,
        shared.listening("b") as other,
    ):
        await shared.announce("a", "1")
        await shared.announce("b", "2")
        assert [await heard(one), await heard(two), await heard(other)] == ["1", "1", "2"]


async def test_another_process_is_heard_too(shared: Shared, redis_url: str) -> None:
    async with shared_state(redis_url) as elsewhere, shared.listening("a") as messages:
        await elsewhere.announce("a", "from afar")
        assert await heard(messages) == "from afar"


async def test_a_channel_can_be_left_and_entered_again(shared: Shared) -> None:
    for turn in range(3):
        async with shared.listening("a") as messages:
            await shared.announce("a", str(turn))
            assert await heard(messages) == str(turn)


async def test_one_who_leaves_takes_nothing_from_those_who_stay(shared: Shared) -> None:
    async with shared.listening("a") as stays:
        async with shared.listening("a"):
            pass
        await shared.announce("a", "still here")
        assert await heard(stays) == "still here"


async def test_a_slow_listener_loses_the_oldest_and_is_told_so(shared: Shared) -> None:
    async with shared.listening("a") as slow, shared.listening("a") as quick:
        for number in range(MOST_UNHEARD + 1):
            await shared.announce("a", str(number))
            assert await heard(quick) == str(number)
        assert await heard(slow) == ""
        await shared.announce("a", "last")
        assert await heard(slow) == "last"


async def test_a_broken_connection_is_mended_and_listeners_read_again(redis: Redis) -> None:
    announcements = Announcements(redis)
    async with announcements.listening("a") as messages:
        await redis.connection_pool.disconnect(inuse_connections=True)
        assert await heard(messages) == ""
        await announcements.announce("a", "mended")
        assert await heard(messages) == "mended"
    await announcements.aclose()


async def test_a_thousand_listeners_share_one_connection(redis: Redis) -> None:
    announcements = Announcements(redis)
    ready, enough = asyncio.Semaphore(0), asyncio.Event()

    async def listen(number: int) -> str:
        async with announcements.listening(f"case:{number % 100}") as messages:
            ready.release()
            message = await heard(messages)
            await enough.wait()
            return message

    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        listeners = [group.create_task(listen(number)) for number in range(1000)]
        for _ in listeners:
            await ready.acquire()
        for number in range(100):
            await announcements.announce(f"case:{number}", str(number))
        enough.set()
    assert [task.result() for task in listeners] == [str(number % 100) for number in range(1000)]
    await announcements.aclose()


async def test_without_redis_listening_is_refused_with_a_sentence() -> None:
    async with shared_state("redis://127.0.0.1:1/0") as nobody:
        with pytest.raises(Unavailable):
            async with nobody.listening("a"):
                pass
