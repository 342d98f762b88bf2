"""What processes tell each other through Redis, heard over one connection however many listen.

Nothing depends on an announcement: whoever listens reads again when told to, and may also poll. A
listener is told an empty message when announcements may have been missed, because Redis was away or
the listener was slow: it reads again then, as after any other.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

log = structlog.get_logger()

PREFIX = "jinmin:"
MOST_UNHEARD = 64
"""Announcements kept for a slow listener; of more the oldest are dropped, and it is told to read again."""
CONFIRMED_WITHIN = 3.0
"""Seconds in which Redis must confirm that a channel is heard."""

_KEEP = f"{PREFIX}keep-open"
"""Nobody speaks here: a connection without any channel could not be read from."""


@dataclass(slots=True, eq=False)
class _Listener:
    unheard: deque[str] = field(default_factory=deque)
    told: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, message: str) -> None:
        if len(self.unheard) >= MOST_UNHEARD:
            self.unheard.clear()
            message = ""
        self.unheard.append(message)
        self.told.set()

    async def messages(self) -> AsyncIterator[str]:
        while True:
            await self.told.wait()
            while self.unheard:
                yield self.unheard.popleft()
            self.told.clear()


@dataclass(slots=True)
class _Channel:
    listeners: set[_Listener] = field(default_factory=set)
    asked_for: bool = False
    confirmed: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, message: str) -> None:
        for listener in self.listeners:
            listener.tell(message)


class Announcements:
    """Everything that this process listens to."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._channels: dict[str, _Channel] = {}
        self._changing = asyncio.Lock()
        self._pubsub: PubSub | None = None
        self._reader: asyncio.Task[None] | None = None

    async def announce(self, channel: str, message: str) -> None:
        """Tell whoever is listening now. Raises ``RedisError``."""
        await self._redis.publish(PREFIX + channel, message)

    @asynccontextmanager
    async def listening(self, channel: str) -> AsyncIterator[AsyncIterator[str]]:
        """Messages announced on ``channel`` from the moment this is entered.

        Raises ``RedisError`` or ``TimeoutError`` where Redis does not confirm in time.
        """
        name, listener = PREFIX + channel, _Listener()
        heard = self._channels.setdefault(name, _Channel())
        heard.listeners.add(listener)
        try:
            async with asyncio.timeout(CONFIRMED_WITHIN):
                await self._subscribe(name, heard)
                await heard.confirmed.wait()
            yield listener.messages()
        finally:
            heard.listeners.discard(listener)
            await asyncio.shield(self._forget_silent(name))

    async def aclose(self) -> None:
        """Stop listening."""
        if self._reader is not None:
            self._reader.cancel()
            with suppress(asyncio.CancelledError):
                await self._reader
        if self._pubsub is not None:
            await self._pubsub.aclose()  # type: ignore[no-untyped-call]
        self._reader = self._pubsub = None

    async def _subscribe(self, name: str, channel: _Channel) -> None:
        async with self._changing:
            if self._pubsub is None:
                pubsub: PubSub = self._redis.pubsub()
                await pubsub.subscribe(_KEEP)
                self._pubsub, self._reader = pubsub, asyncio.create_task(self._read(pubsub))
            if not channel.asked_for:
                await self._pubsub.subscribe(name)
                channel.asked_for = True

    async def _forget_silent(self, name: str) -> None:
        """Unsubscribe where nobody listens any more."""
        async with self._changing:
            channel = self._channels.get(name)
            if channel is None or channel.listeners:
                return
            del self._channels[name]
            if self._pubsub is not None and channel.asked_for:
                with suppress(RedisError):
                    await self._pubsub.unsubscribe(name)

    async def _read(self, pubsub: PubSub) -> None:
        pause = 0.1
        while True:
            try:
                # The client connects and subscribes again by itself after an error.
                message = await pubsub.get_message(timeout=20)
                pause = 0.1
            except (RedisError, OSError) as error:
                log.warning("announcements_interrupted", exception=type(error).__name__)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5.0)
                continue
            if message is not None:
                self._deliver(message)

    def _deliver(self, message: dict[str, Any]) -> None:
        channel = self._channels.get(message["channel"].decode())
        if channel is None:
            return
        if message["type"] == "message":
            channel.tell(message["data"].decode())
        elif message["type"] == "subscribe":
            if channel.confirmed.is_set():
                channel.tell("")  # subscribed again: something may have been said in between
            channel.confirmed.set()
