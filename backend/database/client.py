"""Tortoise's client for asyncpg, with connections of its own for reading.

A read is one statement: it needs no transaction, no reset afterwards and no proxy that guards a session. Taking a
connection from asyncpg's pool and giving it back costs more of the processor than a small statement itself.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient

CLOSING_SECONDS = 10.0


class Readers:
    """Up to ``most`` connections that each run one statement at a time; the one used last is used next."""

    def __init__(self, connect: Callable[[], Awaitable[asyncpg.Connection]], most: int) -> None:
        self._connect = connect
        self._most = most
        self._open = 0
        self._idle: list[asyncpg.Connection] = []
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._ending: set[asyncio.Task[None]] = set()

    async def fetch(self, statement: str, values: Sequence[object]) -> Sequence[asyncpg.Record]:
        """Rows of one statement. Raises what asyncpg raises; whoever is cancelled takes the statement along."""
        connection = self._idle.pop() if self._idle else await self._another()
        while connection.is_closed():  # while nobody used it: after a restart of the database all of them are
            self._end(connection)
            connection = await self._another()
        try:
            rows: Sequence[asyncpg.Record] = await connection.fetch(statement, *values)
        except asyncpg.PostgresError:
            self._give_back(connection)
            raise
        except BaseException:
            self._end(connection)
            raise
        self._give_back(connection)
        return rows

    async def close(self) -> None:
        """Close what is idle, and wait for what is being ended."""
        while self._idle:
            self._end(self._idle.pop())
        await asyncio.gather(*self._ending)

    async def _another(self) -> asyncpg.Connection:
        """One that is idle by now, or a new one where there may be more."""
        while not self._idle:
            if self._open < self._most:
                self._open += 1
                try:
                    return await self._connect()
                except BaseException:
                    self._left()
                    raise
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._call_next()
                raise
        return self._idle.pop()

    def _give_back(self, connection: asyncpg.Connection) -> None:
        self._idle.append(connection)
        if self._waiting:
            self._call_next()

    def _end(self, connection: asyncpg.Connection) -> None:
        """Close it beside everything else: a statement that was given up is cancelled in the database first."""
        task = asyncio.get_running_loop().create_task(_closed(connection))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        self._left()

    def _left(self) -> None:
        self._open -= 1
        self._call_next()

    def _call_next(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return


async def _closed(connection: asyncpg.Connection) -> None:
    try:
        await connection.close(timeout=CLOSING_SECONDS)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        connection.terminate()


class Client(AsyncpgDBClient):
    """What Tortoise writes with, and we read with: half of the connections are for either."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        reading = self.pool_maxsize // 2
        self.pool_maxsize -= reading
        self._readers = Readers(self._connect_reader, reading)

    async def read(self, statement: str, values: Sequence[object]) -> Sequence[asyncpg.Record]:
        """Rows of one statement outside of any transaction."""
        return await self._readers.fetch(statement, values)

    async def _connect_reader(self) -> asyncpg.Connection:
        return await asyncpg.connect(
            host=self.host,
            port=self.port,
            user=self.user,
            password=self.password,
            database=self.database,
            command_timeout=self.extra.get("command_timeout"),
            server_settings=self.server_settings,
        )

    async def _close(self) -> None:
        await self._readers.close()
        await super()._close()


client_class = Client
