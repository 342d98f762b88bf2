"""A deadline for every operation: when it is over, what is still under way is cancelled, down to the SQL."""

import asyncio
from collections.abc import Mapping
from typing import Any

import orjson
from graphql import OperationType

from resolvers.context import Context
from resolvers.execution.port import Executor, Operation
from resolvers.problems import ProtocolCode, protocol_error

QUERY_SECONDS = 15.0
MUTATION_SECONDS = 30.0
"""Longer than any outside system may take to answer, shorter than a mini-program waits."""

TOO_SLOW = protocol_error(ProtocolCode.TIMED_OUT, "The query took too long.")
_MUTATION_TOO_SLOW = protocol_error(
    ProtocolCode.TIMED_OUT,
    "The mutation took too long. Send it again with the same idempotencyKey: it will not happen twice.",
)


class Deadlines:
    """An executor that gives up what takes too long. A mutation given up is rolled back, or was finished."""

    def __init__(
        self,
        executor: Executor,
        *,
        query_seconds: float = QUERY_SECONDS,
        mutation_seconds: float = MUTATION_SECONDS,
    ) -> None:
        self._executor = executor
        self._query_seconds = query_seconds
        self._mutation_seconds = mutation_seconds

    async def __call__(self, operation: Operation, variables: Mapping[str, Any], context: Context) -> bytes:
        """See ``port.Executor``."""
        mutation = operation.kind is OperationType.MUTATION
        try:
            async with asyncio.timeout(self._mutation_seconds if mutation else self._query_seconds):
                return await self._executor(operation, variables, context)
        except TimeoutError:
            error = _MUTATION_TOO_SLOW if mutation else TOO_SLOW
            return orjson.dumps({"data": None, "errors": [error.formatted]})
        finally:
            context.close()
