"""Short-lived shared state: things that happen once, limits, and a Redis that is away."""

import asyncio
from datetime import timedelta

import pytest
from redis.asyncio import Redis

from backend.database.jobs import Job, enqueue, forget_old_log
from backend.database.record import fetch, transaction
from backend.database.shared import NOT_NOW, TOO_MANY, Shared, shared_state
from backend.errors import ProblemCode, TooMany, Unavailable
from tests.support.rows import count


async def test_a_value_is_taken_once(shared: Shared) -> None:
    await shared.put_once("challenge", "a", {"n": 1}, 20)
    assert await shared.peek("challenge", "a") == {"n": 1}
    taken = await asyncio.gather(*(shared.take("challenge", "a") for _ in range(5)))
    assert sorted(taken, key=str) == [None] * 4 + [{"n": 1}]
    assert await shared.peek("challenge", "a") is None
    assert await shared.take("other", "a") is None


async def test_a_taken_value_can_be_put_back_unless_there_is_a_newer_one(shared: Shared) -> None:
    await shared.put_once("challenge", "a", {"n": 2}, 20)
    await shared.put_back("challenge", "a", {"n": 1}, 20)
    assert await shared.take("challenge", "a") == {"n": 2}
    await shared.put_back("challenge", "a", {"n": 1}, 20)
    assert await shared.take("challenge", "a") == {"n": 1}


async def test_values_and_nonces_run_out(shared: Shared, redis_url: str) -> None:
    await shared.put_once("challenge", "a", {}, 20)
    await shared.first_use("callback:33", "n", 900)
    async with Redis.from_url(redis_url) as redis:
        assert 18 <= await redis.ttl("jinmin:challenge:a") <= 20
        assert 898 <= await redis.ttl("jinmin:callback:33:n") <= 900


async def test_a_nonce_is_new_once_for_each_kind(shared: Shared) -> None:
    seen = await asyncio.gather(*(shared.first_use("callback:33", "n", 60) for _ in range(5)))
    assert sorted(seen) == [False, False, False, False, True]
    assert await shared.first_use("callback:37", "n", 60)


async def test_a_limit_counts_for_each_alone_and_says_when_to_come_back(shared: Shared) -> None:
    for _ in range(3):
        await shared.limit("3/minute", "verify", "10.0.0.1")
    with pytest.raises(TooMany) as refusal:
        await shared.limit("3/minute", "verify", "10.0.0.1")
    assert (refusal.value.code, refusal.value.message) == (ProblemCode.TOO_MANY_REQUESTS, TOO_MANY)
    assert refusal.value.retry_after is not None
    assert 1 <= refusal.value.retry_after <= 60
    await shared.limit("3/minute", "verify", "10.0.0.2")
    await shared.limit("3/minute", "sms", "10.0.0.1")


async def test_beside_itself_a_limit_lets_no_more_through(shared: Shared) -> None:
    answers = await asyncio.gather(
        *(shared.limit("5/minute", "verify", "10.0.0.3") for _ in range(12)), return_exceptions=True
    )
    assert sum(answer is None for answer in answers) == 5
    assert sum(isinstance(answer, TooMany) for answer in answers) == 7


async def test_a_redis_that_is_away_is_a_refusal_with_a_sentence() -> None:
    async with shared_state("redis://127.0.0.1:1/0") as gone:
        for asked in (
            gone.put_once("a", "b", {}, 1),
            gone.take("a", "b"),
            gone.peek("a", "b"),
            gone.put_back("a", "b", {}, 1),
            gone.first_use("a", "b", 1),
            gone.limit("1/minute", "a"),
            gone.announce("a", "b"),
            gone.ping(),
            gone.listening("a").__aenter__(),
        ):
            with pytest.raises(Unavailable) as refusal:
                await asked
            assert refusal.value.message == NOT_NOW


async def test_the_queues_own_log_is_forgotten_after_a_month(database: str) -> None:
    async with transaction() as tx:
        await enqueue(tx, Job.DELIVER_CASE, {"application": "x"})
    for age, aggregated in ((31, True), (31, False), (1, True)):
        await fetch(
            "INSERT INTO pgqueuer_log (created, job_id, status, priority, entrypoint, aggregated)"
            " VALUES (now() - $1::interval, 1, 'successful', 0, 'x', $2)",
            timedelta(days=age),
            aggregated,
        )
        await fetch(
            "INSERT INTO pgqueuer_statistics (created, count, priority, status, entrypoint)"
            " VALUES (now() - $1::interval - $2::interval, 1, 0, 'successful', 'x')",
            timedelta(days=age),
            timedelta(seconds=aggregated),
        )
    await forget_old_log()
    rows = await fetch(
        "SELECT created > now() - interval '2 days' AS young, aggregated FROM pgqueuer_log"
        " WHERE entrypoint = 'x' ORDER BY created"
    )
    assert [(row["young"], row["aggregated"]) for row in rows] == [(False, False), (True, True)]
    assert await count("pgqueuer_statistics") == 1
    assert await count("pgqueuer") == 1
