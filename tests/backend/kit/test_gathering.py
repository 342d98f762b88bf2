"""Gathering: one statement for all who ask at once, an answer or a failure of their own for each."""

import asyncio
from collections.abc import Sequence

import pytest

from backend.kit.gathering import TRIES, Gathering


class Desk:
    """Answers numbers with their doubles; notes what it was asked together."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, list[int]]] = []
        self.bad: set[int] = set()
        self.again: dict[int, int] = {}
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, key: str, questions: Sequence[int]) -> Sequence[int | None]:
        self.asked.append((key, list(questions)))
        await self.gate.wait()
        if self.bad.intersection(questions):
            raise ValueError(sorted(self.bad.intersection(questions)))
        answers: list[int | None] = []
        for one in questions:
            self.again[one] = self.again.get(one, 0) - 1
            answers.append(None if self.again[one] >= 0 else one * 2)
        return answers


@pytest.fixture
async def desk() -> Desk:
    return Desk()


async def test_the_first_is_served_at_once_and_the_next_ones_together(desk: Desk) -> None:
    gathering: Gathering[str, int, int] = Gathering(desk)
    desk.gate.clear()
    first = asyncio.create_task(gathering.ask("a", 1))
    await asyncio.sleep(0.01)
    later = [asyncio.create_task(gathering.ask("a", number)) for number in (2, 3, 4)]
    other = asyncio.create_task(gathering.ask("b", 9))
    await asyncio.sleep(0.01)
    desk.gate.set()
    assert await asyncio.gather(first, *later, other) == [2, 4, 6, 8, 18]
    assert desk.asked == [("a", [1]), ("b", [9]), ("a", [2, 3, 4])]


async def test_no_more_go_together_than_may(desk: Desk) -> None:
    gathering: Gathering[str, int, int] = Gathering(desk, most=2)
    assert await asyncio.gather(*(gathering.ask("a", number) for number in range(5))) == [0, 2, 4, 6, 8]
    assert desk.asked == [("a", [0, 1]), ("a", [2, 3]), ("a", [4])]


async def test_so_many_things_are_asked_about_at_the_same_time(desk: Desk) -> None:
    gathering: Gathering[str, int, int] = Gathering(desk, at_once=2)
    desk.gate.clear()
    asking = [asyncio.create_task(gathering.ask(key, 1)) for key in "abc"]
    await asyncio.sleep(0.01)
    assert [key for key, _ in desk.asked] == ["a", "b"]
    desk.gate.set()
    assert await asyncio.gather(*asking) == [2, 2, 2]


async def test_one_that_breaks_fails_alone(desk: Desk) -> None:
    desk.bad = {3}
    gathering: Gathering[str, int, int] = Gathering(desk)
    answers = await asyncio.gather(*(gathering.ask("a", one) for one in range(6)), return_exceptions=True)
    assert [one if isinstance(one, int) else type(one) for one in answers] == [0, 2, 4, ValueError, 8, 10]


async def test_one_that_has_to_be_asked_again_is(desk: Desk) -> None:
    desk.again = {1: 2}
    gathering: Gathering[str, int, int] = Gathering(desk)
    assert await asyncio.gather(*(gathering.ask("a", number) for number in (1, 2))) == [2, 4]
    assert desk.asked == [("a", [1, 2]), ("a", [1]), ("a", [1])]


async def test_one_that_is_never_answered_is_told_so(desk: Desk) -> None:
    desk.again = {1: TRIES}
    gathering: Gathering[str, int, int] = Gathering(desk)
    with pytest.raises(RuntimeError):
        await gathering.ask("a", 1)
    assert len(desk.asked) == TRIES
    assert await gathering.ask("a", 1) == 2  # and nothing of it stays


async def test_whoever_is_cancelled_takes_nobody_along(desk: Desk) -> None:
    gathering: Gathering[str, int, int] = Gathering(desk)
    desk.gate.clear()
    gone, there = (asyncio.create_task(gathering.ask("a", number)) for number in (1, 2))
    await asyncio.sleep(0.01)
    gone.cancel()
    desk.gate.set()
    assert await there == 4
    with pytest.raises(asyncio.CancelledError):
        await gone
