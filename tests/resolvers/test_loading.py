"""Loading what siblings ask for in one go."""

import asyncio
from collections.abc import Sequence

import pytest

from resolvers.loading import Loader


class Source:
    """Answers ten times the key, and notes how it was asked."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []

    async def __call__(self, keys: list[int]) -> Sequence[int]:
        self.asked.append(keys)
        await asyncio.sleep(0)
        return [10 * key for key in keys]


async def test_siblings_are_asked_for_together_and_each_once() -> None:
    source = Source()
    loader = Loader(source)
    assert await asyncio.gather(*map(loader.load, [1, 2, 1])) == [10, 20, 10]
    assert await loader.load(2) == 20
    assert source.asked == [[1, 2]]


async def test_a_sibling_in_a_task_of_its_own_comes_along() -> None:
    source = Source()
    loader = Loader(source)

    async def late() -> int:
        return await loader.load(2)

    assert list(await asyncio.gather(loader.load(1), late())) == [10, 20]
    assert source.asked == [[1, 2]]


async def test_what_the_function_raises_is_raised_to_each_who_waits() -> None:
    async def broken(_keys: list[int]) -> Sequence[int]:
        raise LookupError

    loader = Loader(broken)
    both = await asyncio.gather(loader.load(1), loader.load(2), return_exceptions=True)
    assert [type(one) for one in both] == [LookupError, LookupError]


async def test_a_function_that_answers_another_number_of_values_is_a_bug() -> None:
    async def short(_keys: list[int]) -> Sequence[int]:
        return [1]

    loader = Loader(short)
    first, second = await asyncio.gather(loader.load(1), loader.load(2), return_exceptions=True)
    assert first == 1
    assert isinstance(second, ValueError)


async def test_closing_cancels_what_is_under_way() -> None:
    cancelled = asyncio.Event()

    async def endless(_keys: list[int]) -> Sequence[int]:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return []

    loader = Loader(endless)
    waiting = loader.load(1)
    await asyncio.sleep(0.01)
    loader.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert cancelled.is_set()
