import asyncio
from typing import Any

import pytest
import structlog
from redis.asyncio import Redis

from backend.database import budgets
from backend.database.budgets import Budget, Budgets, Left, OverBudget, rate_limit_headers
from backend.database.shared import Shared, shared_state

SMALL = Budget("viewer", "somebody", quota=100, window=60)
LARGE = Budget("address", "192.0.2.1", quota=10_000, window=60)


async def test_what_is_spent_is_gone_and_comes_back_steadily(shared: Shared) -> None:
    (left,) = await shared.budgets.spend([SMALL], 40)
    assert left.remaining == 60
    (left,) = await shared.budgets.spend([SMALL], 60)
    assert left.remaining == 0
    with pytest.raises(OverBudget) as refusal:
        await shared.budgets.spend([SMALL], 5)
    assert 2.5 < (refusal.value.retry_after or 0) <= 3
    quick = Budget("viewer", "quick", quota=100, window=1)
    await shared.budgets.spend([quick], 100)
    await asyncio.sleep(0.2)
    (left,) = await shared.budgets.spend([quick], 10)
    assert 5 <= left.remaining < 60


async def test_a_refused_request_costs_nothing(shared: Shared) -> None:
    await shared.budgets.spend([SMALL], 90)
    for _ in range(3):
        with pytest.raises(OverBudget):
            await shared.budgets.spend([SMALL, LARGE], 20)
    left = await shared.budgets.spend([SMALL, LARGE], 10)
    assert [one.remaining for one in left] == [0, 9_990]


async def test_the_tightest_of_several_budgets_decides(shared: Shared) -> None:
    with pytest.raises(OverBudget) as refusal:
        await shared.budgets.spend([LARGE, SMALL], 101)
    assert [one.budget.name for one in refusal.value.left] == ["address", "viewer"]


async def test_processes_spend_from_the_same_budget(shared: Shared, redis_url: str) -> None:
    async with shared_state(redis_url) as elsewhere:
        for _ in range(5):
            await shared.budgets.spend([SMALL], 10)
            await elsewhere.budgets.spend([SMALL], 10)
        for process in (shared, elsewhere):
            with pytest.raises(OverBudget):
                await process.budgets.spend([SMALL], 1)


async def test_far_from_the_limit_redis_is_hardly_asked(
    shared: Shared, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budgets, "FRESH_SECONDS", 60.0)
    daily = Budget("address", "192.0.2.1", quota=10_000, window=86_400)
    asked = []

    class Counting(Redis):
        async def eval(self, *given: Any) -> Any:
            asked.append(given)
            return await super().eval(*given)

    async with Counting.from_url(redis_url) as redis, shared_state(redis_url) as elsewhere:
        here = Budgets(redis)
        for _ in range(1000):
            await here.spend([daily], 1)
        # Once to begin with, then for every 200 units.
        assert len(asked) <= 6
        # What was not reported is within the allowance, and near the limit everything is.
        (left,) = await elsewhere.budgets.spend([daily], 1)
        assert 9_000 - 1 <= left.remaining <= 9_000 + 200
        for _ in range(45):
            await here.spend([daily], 100)
        before = len(asked)
        for _ in range(10):
            await here.spend([daily], 1)
        assert len(asked) == before + 10


async def test_what_was_used_already_counts_with_the_next_request(shared: Shared) -> None:
    shared.budgets.note(SMALL, 70)
    (left,) = await shared.budgets.spend([SMALL], 10)
    assert left.remaining == 20
    shared.budgets.note(SMALL, 1000)
    with pytest.raises(OverBudget):
        shared.budgets.check(SMALL)
    shared.budgets.check(LARGE)


async def test_without_redis_each_process_keeps_the_limits_by_itself() -> None:
    async with shared_state("redis://127.0.0.1:1/0") as nobody:
        with structlog.testing.capture_logs() as logs:
            for _ in range(10):
                await nobody.budgets.spend([SMALL], 10)
            with pytest.raises(OverBudget):
                await nobody.budgets.spend([SMALL], 10)
    assert {entry["event"] for entry in logs} == {"budgets_kept_here_only"}


async def test_a_process_remembers_a_limited_number_of_budgets(
    shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budgets, "REMEMBERED", 3)
    for number in range(10):
        await shared.budgets.spend([Budget("viewer", str(number), quota=100)], 1)
    assert len(shared.budgets._accounts) == 3  # noqa: SLF001 - memory is the point


def test_headers_tell_the_policies_and_the_tightest_budget() -> None:
    left = [Left(SMALL, 30.0), Left(LARGE, 6.0)]
    assert rate_limit_headers(left) == {
        "RateLimit-Policy": '"viewer";q=100;w=60, "address";q=10000;w=60',
        "RateLimit": '"viewer";r=50;t=30',
    }
    assert rate_limit_headers([], retry_after=1.2) == {"Retry-After": "2"}
