"""The shape every row shares, the one kind of transaction, and the one way to read."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast

import asyncpg
import structlog
from structlog.contextvars import get_contextvars
from tortoise import fields
from tortoise.backends.asyncpg.client import TransactionWrapper
from tortoise.connection import get_connection
from tortoise.models import Model
from tortoise.transactions import in_transaction

from backend.database.client import Client
from backend.kit import clock
from backend.kit.ids import new_id

log = structlog.get_logger()

Row: TypeAlias = asyncpg.Record


class Record(Model):
    """A row: a time-ordered id made by us, and when it was made."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    created_at = fields.DatetimeField(default=clock.now)

    class Meta:
        abstract = True


AfterCommit = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Transaction:
    """An open transaction. Models saved inside it join it; statements go through it."""

    connection: asyncpg.Connection
    _after_commit: list[AfterCommit] = field(default_factory=list)

    async def fetch(self, statement: str, *values: object) -> Sequence[Row]:
        """Rows of one statement inside this transaction."""
        rows: Sequence[Row] = await self.connection.fetch(statement, *values)
        return rows

    async def fetch_one(self, statement: str, *values: object) -> Row | None:
        """The only row, or None."""
        return await self.connection.fetchrow(statement, *values)

    async def execute(self, statement: str, *values: object) -> None:
        """Run one statement for its effect."""
        await self.connection.execute(statement, *values)

    def after_commit(self, action: AfterCommit) -> None:
        """Do this once the transaction is safely committed: announcements only, never a duty.

        A process may die between commit and announcement, so whatever must happen is a job.
        """
        self._after_commit.append(action)


@asynccontextmanager
async def transaction() -> AsyncIterator[Transaction]:
    """One short transaction; rolled back on any exception. Nothing leaves the house inside it."""
    async with in_transaction() as wrapper:
        opened = Transaction(wrapper._connection)  # noqa: SLF001 - the raw connection is what PgQueuer enqueues on
        yield opened
    for action in opened._after_commit:  # noqa: SLF001 - own class
        try:
            await action()
        except Exception as error:  # noqa: BLE001 - what is committed has happened, whoever fails to hear of it
            log.warning("announcement_failed", exception=type(error).__name__)


_heard: ContextVar[list[str] | None] = ContextVar("heard", default=None)


@contextmanager
def heard_statements() -> Iterator[list[str]]:
    """A list to which the text of every statement is added that is read with meanwhile; never a value."""
    heard: list[str] = []
    before = _heard.set(heard)
    try:
        yield heard
    finally:
        _heard.reset(before)


async def fetch(statement: str, *values: object) -> Sequence[Row]:
    """Rows of one explicit-column SELECT: the way every query function reads. Writes go through a transaction."""
    heard = _heard.get()
    if heard is not None:
        heard.append(statement)
    connection = get_connection("default")
    if isinstance(connection, Client):
        return await connection.read(statement, values)
    # Within a transaction, which sees what it has written.
    rows: Sequence[Row] = await cast("TransactionWrapper", connection)._connection.fetch(statement, *values)  # noqa: SLF001 - as above
    return rows


async def fetch_one(statement: str, *values: object) -> Row | None:
    """The first row of one statement, or None."""
    rows = await fetch(statement, *values)
    return rows[0] if rows else None


def current_request_id() -> str:
    """The id of the request or job being served, or an empty string outside of one."""
    value: Any = get_contextvars().get("request_id", "")
    return str(value)
