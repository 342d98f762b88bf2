"""How a server process treats its memory."""

import gc
from collections.abc import Iterator

import pytest

from backend.kit.memory import settle


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


def test_what_is_loaded_is_left_out_of_later_collections_and_what_comes_later_is_not() -> None:
    settle()
    assert gc.get_freeze_count() > 10_000
    ring: list[object] = []
    ring.append(ring)
    del ring
    assert gc.collect() >= 1


def test_the_collector_stays_on_and_waits_longer() -> None:
    before = gc.get_threshold()[0]
    settle()
    assert gc.isenabled()
    assert gc.get_threshold()[0] > before
