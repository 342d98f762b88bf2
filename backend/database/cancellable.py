"""Connections to Redis that can be cancelled.

redis-py writes under ``asyncio.wait_for``, which in Python 3.11 swallows a cancellation that arrives in the
moment in which the write is done: whoever was told to end would go on. ``asyncio.timeout`` does not.
"""

import asyncio
from collections.abc import Iterable

from redis.asyncio import ConnectionPool
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import TimeoutError as RedisTimeoutError


class _Cancellable(AbstractConnection):
    limit: float

    async def send_packed_command(
        self, command: bytes | str | Iterable[bytes], check_health: bool = True
    ) -> None:
        """Write within ``limit`` seconds."""
        if not self.is_connected:
            await self.connect_check_health(check_health=False)
        if check_health:
            await self.check_health()  # type: ignore[no-untyped-call]  # redis-py leaves it so
        self.socket_timeout = None  # without one, redis-py does without `wait_for`
        try:
            async with asyncio.timeout(self.limit):
                await super().send_packed_command(command, check_health=False)
        except TimeoutError:
            await self.disconnect(nowait=True)
            raise RedisTimeoutError("Timeout writing to socket") from None
        finally:
            self.socket_timeout = self.limit


def cancellable(pool: ConnectionPool, *, seconds: float) -> ConnectionPool:
    """The same pool; each of its connections gives Redis ``seconds`` and heeds a cancellation."""
    pool.connection_class = type("Cancellable", (_Cancellable, pool.connection_class), {"limit": seconds})
    return pool
