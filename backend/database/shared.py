"""Short-lived state that all processes of an installation share, in Redis.

Nothing here is the only copy of anything that matters: challenges and nonces expire by design,
announcements can be polled instead, limits start again.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import orjson
from limits import RateLimitItem, parse
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from backend.database.announcements import Announcements
from backend.database.answers import StoredAnswers
from backend.database.budgets import Budgets
from backend.database.cancellable import cancellable
from backend.database.pipelined import Pipelined
from backend.database.seats import Seats
from backend.errors import Text, TooMany, Unavailable
from backend.kit import clock
from backend.kit.sealing import BlindIndex, KeyRing

PATIENCE = 3.0
"""Seconds that Redis has to answer."""

TOO_MANY = Text("操作过于频繁，请稍后再试。", "Too many attempts. Please try again later.")
NOT_NOW = Text("服务暂时繁忙，请稍后再试。", "The service is busy for the moment. Please try again.")


@asynccontextmanager
async def _answered() -> AsyncIterator[None]:
    """Redis being away is a refusal with a sentence, not a crash."""
    try:
        yield
    except RedisError:
        raise Unavailable(NOT_NOW) from None


class Shared:
    """One-time values, nonces, limits and announcements."""

    def __init__(self, pool: ConnectionPool, url: str) -> None:
        self._redis = Redis(connection_pool=pool)
        self._announcements = Announcements(self._redis)
        self.seats = Seats(self._redis)
        self._pipelined = Pipelined(self._redis)
        self.budgets = Budgets(self._pipelined)
        self._limiter = MovingWindowRateLimiter(
            RedisStorage(
                f"async+{url}",
                implementation="redispy",
                key_prefix="jinmin:limit",
                connection_pool=pool,  # type: ignore[arg-type]  # its documentation allows it, its annotation forgot
            )
        )

    async def put_once(self, kind: str, key: str, value: dict[str, object], seconds: int) -> None:
        """Keep a value that can be taken exactly once within ``seconds``."""
        async with _answered():
            await self._redis.set(f"jinmin:{kind}:{key}", orjson.dumps(value), ex=seconds)

    async def take(self, kind: str, key: str) -> dict[str, object] | None:
        """Take a value away; only one of several who ask at once gets it."""
        async with _answered():
            stored = await self._redis.getdel(f"jinmin:{kind}:{key}")
        return None if stored is None else orjson.loads(stored)

    async def peek(self, kind: str, key: str) -> dict[str, object] | None:
        """A value that stays where it is."""
        async with _answered():
            stored = await self._redis.get(f"jinmin:{kind}:{key}")
        return None if stored is None else orjson.loads(stored)

    async def put_back(self, kind: str, key: str, value: dict[str, object], seconds: int) -> None:
        """Keep a taken value again, unless another one was put there since."""
        async with _answered():
            await self._redis.set(f"jinmin:{kind}:{key}", orjson.dumps(value), ex=seconds, nx=True)

    async def first_use(self, kind: str, nonce: str, seconds: int) -> bool:
        """True for the first who shows this nonce within ``seconds``, False for a replay."""
        async with _answered():
            return bool(await self._redis.set(f"jinmin:{kind}:{nonce}", b"1", nx=True, ex=seconds))

    async def limit(self, rate: str, *who: str) -> None:
        """Count one attempt against ``rate`` (``"5/minute"``). Raises ``TooMany`` when it is used up."""
        item: RateLimitItem = parse(rate)
        async with _answered():
            if await self._limiter.hit(item, *who):
                return
            window = await self._limiter.get_window_stats(item, *who)
        wait = max(1.0, window.reset_time - clock.now().timestamp())
        raise TooMany(TOO_MANY, retry_after=wait)

    async def forgive(self, rate: str, *who: str) -> None:
        """Forget the attempts counted against ``rate``: whoever succeeded was not guessing."""
        async with _answered():
            await self._limiter.clear(parse(rate), *who)

    def answers(self, ring: KeyRing, index: BlindIndex) -> StoredAnswers:
        """First answers to mutations, sealed with ``ring``."""
        return StoredAnswers(self._pipelined, ring, index)

    async def announce(self, channel: str, message: str) -> None:
        """Tell whoever is listening now. Listeners may also poll, so nothing depends on it."""
        async with _answered():
            await self._announcements.announce(channel, message)

    @asynccontextmanager
    async def listening(self, channel: str) -> AsyncIterator[AsyncIterator[str]]:
        """Messages announced on ``channel`` from the moment this is entered; see ``announcements``."""
        async with AsyncExitStack() as stack:
            try:
                messages = await stack.enter_async_context(self._announcements.listening(channel))
            except (RedisError, OSError):
                raise Unavailable(NOT_NOW) from None
            yield messages

    async def ping(self) -> None:
        """Raise ``Unavailable`` when Redis does not answer."""
        async with _answered():
            await self._redis.ping()

    async def aclose(self) -> None:
        """Stop listening; the pool is closed by whoever opened it."""
        await self._announcements.aclose()
        await self.seats.aclose()


@asynccontextmanager
async def shared_state(url: str) -> AsyncIterator[Shared]:
    """Connect for the life of a process."""
    pool = ConnectionPool.from_url(
        url,
        socket_timeout=PATIENCE,
        socket_connect_timeout=PATIENCE,
        health_check_interval=30,
        # A second try on a new connection. The embedded server hangs up after every error it answers, and
        # limits are counted by a script that is loaded only when the server says that it lacks it.
        retry=Retry(NoBackoff(), retries=1),
    )
    shared = Shared(cancellable(pool, seconds=PATIENCE), url)
    try:
        yield shared
    finally:
        await shared.aclose()
        await pool.aclose()
