"""How many connections somebody holds at once, counted over all processes.

A seat that is not given back, because its process died, becomes free by itself. While Redis is away
seats are not counted: each process has caps of its own as well.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from backend.errors import Text, TooMany
from backend.kit import clock
from backend.kit.ids import new_nonce

log = structlog.get_logger()

LIFETIME = 90.0
"""Seconds after which a seat is free that its process no longer renews."""
RENEWED_EVERY = 30.0

_TAKE = """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[4])
redis.call('EXPIRE', KEYS[1], ARGV[5])
return 1
"""
"""Arguments: now, most, expiry, seat, seconds to keep the key. One step, so that no two take the last seat."""

ALL_TAKEN = Text(
    "同时打开的连接过多，请先关闭一些。", "Too many connections are open. Please close some first."
)


class Seats:
    """The seats of this installation; those taken by this process are renewed until given back."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._taken: dict[str, str] = {}
        self._renewing: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def taken(self, kind: str, who: str, *, most: int) -> AsyncIterator[None]:
        """Hold one of ``most`` seats of ``who``. Raises ``TooMany`` when all are taken."""
        seat, key = new_nonce(), f"jinmin:seats:{kind}:{who}"
        now = clock.now().timestamp()
        try:
            free = await self._redis.eval(_TAKE, 1, key, now, most, now + LIFETIME, seat, int(LIFETIME))
        except RedisError as error:
            log.warning("seats_not_counted", exception=type(error).__name__)
            free = 1
        if not free:
            raise TooMany(ALL_TAKEN)
        self._taken[seat] = key
        if self._renewing is None:
            self._renewing = asyncio.create_task(self._renew())
        try:
            yield
        finally:
            del self._taken[seat]
            with suppress(RedisError):
                await asyncio.shield(self._redis.zrem(key, seat))

    async def count(self, kind: str, who: str) -> int:
        """How many seats of ``who`` are taken now."""
        held: int = await self._redis.zcount(f"jinmin:seats:{kind}:{who}", clock.now().timestamp(), "+inf")
        return held

    async def aclose(self) -> None:
        """Stop renewing."""
        if self._renewing is not None:
            self._renewing.cancel()
            with suppress(asyncio.CancelledError):
                await self._renewing
            self._renewing = None

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEWED_EVERY)
            if not self._taken:
                continue
            expiry = clock.now().timestamp() + LIFETIME
            try:
                async with self._redis.pipeline(transaction=False) as pipe:
                    for seat, key in self._taken.items():
                        pipe.zadd(key, {seat: expiry}, xx=True)
                        pipe.expire(key, int(LIFETIME))
                    await pipe.execute()
            except RedisError as error:
                log.warning("seats_not_renewed", exception=type(error).__name__)
