"""Redis for many requests at once: commands of the same moment share one round trip.

Each keeps its own result and its own failure; nothing is a transaction.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from backend.kit.gathering import Gathering


@dataclass(frozen=True, slots=True)
class _Command:
    name: str
    arguments: tuple[Any, ...]
    named: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Result:
    value: Any


class Pipelined:
    """The few commands that requests need, as ``Redis`` has them."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._gathering: Gathering[None, _Command, _Result] = Gathering(self._run)

    async def get(self, key: str) -> Any:
        """GET."""
        return await self._ask("get", key)

    async def set(self, key: str, value: bytes, **named: Any) -> Any:
        """SET."""
        return await self._ask("set", key, value, **named)

    async def eval(self, script: str, keys: int, *arguments: Any) -> Any:
        """EVAL."""
        return await self._ask("eval", script, keys, *arguments)

    async def _ask(self, command: str, /, *arguments: Any, **named: Any) -> Any:
        result = await self._gathering.ask(None, _Command(command, arguments, named))
        if isinstance(result.value, RedisError):
            raise result.value
        return result.value

    async def _run(self, _key: None, commands: Sequence[_Command]) -> Sequence[_Result]:
        if len(commands) == 1:
            [one] = commands
            do: Callable[..., Awaitable[Any]] = getattr(self._redis, one.name)
            return [_Result(await do(*one.arguments, **one.named))]
        async with self._redis.pipeline(transaction=False) as pipeline:
            for one in commands:
                getattr(pipeline, one.name)(*one.arguments, **one.named)
            return [_Result(value) for value in await pipeline.execute(raise_on_error=False)]
