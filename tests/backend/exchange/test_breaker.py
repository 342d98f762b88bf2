"""A system that is down is not asked again and again, and its trouble is its own."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from backend.database.record import fetch
from backend.exchange.breaker import FIRST_PAUSE, LONGEST_PAUSE, THRESHOLD, admit, failed, succeeded
from backend.kit import clock

pytestmark = pytest.mark.usefixtures("database")


@contextmanager
def later(seconds: float) -> Iterator[None]:
    with clock.shifted(timedelta(seconds=seconds)):
        yield


async def opened(upstream: str = "33") -> None:
    for _ in range(THRESHOLD):
        await failed(upstream, "UPSTREAM_UNAVAILABLE")


async def pause_of(upstream: str = "33") -> float:
    (row,) = await fetch("SELECT open_until FROM breaker WHERE upstream = $1", upstream)
    seconds: float = (row["open_until"] - clock.now()).total_seconds()
    return seconds


async def test_failures_in_a_row_open_it_and_a_success_before_starts_the_count_again() -> None:
    for _ in range(THRESHOLD - 1):
        await failed("33", "UPSTREAM_UNAVAILABLE")
    assert (await admit("33")).admitted
    assert (await admit("33")).troubled
    assert not await succeeded("33")
    assert not (await admit("33")).troubled
    await opened()

    refused = await admit("33")
    assert not refused.admitted
    assert 0.85 <= refused.wait / FIRST_PAUSE <= 1.15
    assert (await admit("44")).admitted


async def test_after_the_pause_one_of_many_asks_and_its_failure_doubles_the_pause() -> None:
    await opened()
    expected = FIRST_PAUSE.total_seconds()
    for _ in range(8):
        wait = await pause_of()
        assert 0.85 * expected <= wait <= 1.15 * expected
        with later(wait + 0.1):
            asked = await asyncio.gather(*(admit("33") for _ in range(5)))
            assert sorted(one.admitted for one in asked) == [False] * 4 + [True]
            await failed("33", "UPSTREAM_UNAVAILABLE")
            expected = min(2 * expected, LONGEST_PAUSE.total_seconds())
            wait = await pause_of()
            assert 0.85 * expected <= wait <= 1.15 * expected
            await fetch("UPDATE breaker SET open_until = open_until - make_interval(secs => $1)", wait)
        await fetch("UPDATE breaker SET open_until = $1", clock.now() + timedelta(seconds=expected))


async def test_the_one_who_asked_and_died_is_followed_by_another() -> None:
    await opened()
    with later(await pause_of() + 0.1):
        assert (await admit("33")).admitted
        assert not (await admit("33")).admitted
    with later(await pause_of() + 21):
        assert (await admit("33")).admitted


async def test_the_success_of_a_probe_closes_it_for_everybody_and_is_told_once() -> None:
    await opened()
    with later(await pause_of() + 0.1):
        assert (await admit("33")).admitted
        closed = await asyncio.gather(*(succeeded("33") for _ in range(4)))
    assert sorted(closed) == [False, False, False, True]
    assert (await admit("33")).admitted


async def test_failures_of_calls_that_were_under_way_lengthen_nothing() -> None:
    await opened()
    before = await fetch("SELECT failures, open_until FROM breaker")
    await asyncio.gather(*(failed("33", "UPSTREAM_UNAVAILABLE") for _ in range(5)))
    assert await fetch("SELECT failures, open_until FROM breaker") == before
