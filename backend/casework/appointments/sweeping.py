"""How the clocks of appointments work through what they found: a bounded part, each in a transaction of its own."""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from backend.database.record import Row, Transaction, transaction

MOST = 500
"""Of what a clock does at one time."""


async def one_by_one(rows: Sequence[Row], act: Callable[[Transaction, UUID], Awaitable[int]]) -> int:
    """Do ``act`` with the ``id`` of each row; how much was done.

    The rows were read before: ``act`` looks again whether they are still as they were found.
    """
    done = 0
    for row in rows:
        async with transaction() as tx:
            done += await act(tx, row["id"])
    return done
