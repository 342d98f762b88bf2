"""Redis commands of the same moment share a round trip, and each keeps its own result."""

import asyncio

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from backend.database.answers import Asked, Standing, StoredAnswers
from backend.database.pipelined import Pipelined
from backend.database.shared import Shared
from backend.keys import Keys

INCREASE = "return redis.call('INCRBY', KEYS[1], ARGV[1])"


async def test_each_gets_its_own_result(shared: Shared, redis_url: str) -> None:
    redis = Redis.from_url(redis_url)
    pipelined = Pipelined(redis)
    await redis.set("text", "there")
    answers: list[object] = await asyncio.gather(
        pipelined.set("one", b"1", nx=True, px=60_000),
        pipelined.eval(INCREASE, 1, "count", 5),
        pipelined.set("text", b"2", nx=True, px=60_000),
        pipelined.get("text"),
        pipelined.get("nothing"),
    )
    assert answers == [True, 5, None, b"there", None]
    assert await pipelined.eval(INCREASE, 1, "count", 1) == 6  # one alone goes alone
    await redis.aclose()


async def test_a_server_that_is_away_fails_every_command() -> None:
    redis = Redis.from_url("redis://127.0.0.1:1/0")
    pipelined = Pipelined(redis)
    for _ in range(2):
        answers: list[object] = await asyncio.gather(
            *(pipelined.get("x") for _ in range(3)), return_exceptions=True
        )
        assert all(isinstance(one, RedisError) for one in answers)
    with pytest.raises(RedisError):
        await pipelined.get("x")
    await redis.aclose()


class Forgetful(Pipelined):
    """Loses the server's answer to each first SET and asks again, as a connection that breaks then does."""

    async def set(self, key: str, value: bytes, **named: object) -> object:
        await super().set(key, value, **named)
        return await super().set(key, value, **named)


async def test_a_claim_whose_answer_was_lost_is_known_again(
    shared: Shared, keys: Keys, redis_url: str
) -> None:
    redis = Redis.from_url(redis_url)
    answers = StoredAnswers(Forgetful(redis), keys.ring, keys.blind_index)
    claim = await answers.begin(Asked(place="p", given="g", document="d"), seconds=5)
    assert claim.standing is Standing.NEW
    await redis.aclose()
