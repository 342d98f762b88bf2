"""The bytes cache behind the port: answers that are the same for everybody are made once.

Kept by document, operation, variables, language and the version of what the answers are made of, for as long
as HTTP may keep them; POST and GET share them. Of many who ask for the same thing at once one has it made
and all get its bytes. Such an answer is made for a visitor, whoever asks, so that nobody's own can be in it.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import structlog
from graphql import OperationDefinitionNode

from backend.viewer import Anonymous
from resolvers.context import Context
from resolvers.execution.port import BEGINS_WITH_DATA, ERRORS, Document, Executor, Operation

log = structlog.get_logger()

MOST_BYTES = 8 * 1024 * 1024
"""Kept in one process; of more the answers that were asked for least recently go."""
LARGEST_ANSWER = 512 * 1024
LARGEST_VARIABLES = 2048
"""Whoever asks with more asks for something that nobody else will ask for."""
_ENTRY = 300
"""What an entry takes beside its key and its answer."""

Version = Callable[[], Awaitable[Hashable]]
"""What answers are made of right now: another version has other answers. May raise."""
_Key = tuple[Document, str, bytes, str, Hashable]


@dataclass(frozen=True, slots=True)
class _Kept:
    body: bytes
    until: float
    size: int


class CachedExecutor:
    """An executor that answers from memory what ``shared_for`` says is everybody's.

    ``shared_for`` gives seconds, or None for an operation whose answer is the viewer's own.
    """

    def __init__(
        self,
        executor: Executor,
        shared_for: Callable[[Operation], int | None],
        version: Version,
        *,
        counted: Callable[[str], None],
        most_bytes: int = MOST_BYTES,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._executor = executor
        self._shared_for = shared_for
        self._version = version
        self._counted = counted
        self._most_bytes = most_bytes
        self._now = now
        self._kept: OrderedDict[_Key, _Kept] = OrderedDict()
        self._bytes = 0
        self._current: Hashable = None
        self._making: dict[_Key, asyncio.Task[bytes]] = {}

    async def __call__(self, operation: Operation, variables: Mapping[str, Any], context: Context) -> bytes:
        """See ``port.Executor``."""
        seconds = self._shared_for(operation)
        key = None if seconds is None else await self._key(operation, variables, context.language)
        if seconds is None or key is None:
            return await self._executor(operation, variables, context)
        kept = self._kept.get(key)
        if kept is not None and self._now() < kept.until:
            self._kept.move_to_end(key)
            self._counted("cached")
            return kept.body
        making = self._making.get(key)
        if making is None:
            making = self._making[key] = asyncio.create_task(
                self._make(key, seconds, operation, variables, context)
            )
            making.add_done_callback(lambda _: self._making.pop(key, None))
        else:
            self._counted("cached")
        # Whoever goes away takes the answer from nobody else who waits for it.
        return await asyncio.shield(making)

    async def _make(
        self, key: _Key, seconds: int, operation: Operation, variables: Mapping[str, Any], context: Context
    ) -> bytes:
        visitor = Context(
            viewer=Anonymous(context.language, context.viewer.address),
            request_id=context.request_id,
            language=context.language,
            work=context.work,
        )
        body = await self._executor(operation, variables, visitor)
        good = body.startswith(BEGINS_WITH_DATA) and ERRORS not in body and len(body) <= LARGEST_ANSWER
        if good and key[-1] == self._current:
            self._keep(key, _Kept(body, self._now() + seconds, _size(key, body)))
        return body

    def _keep(self, key: _Key, answer: _Kept) -> None:
        before = self._kept.pop(key, None)
        self._bytes += answer.size - (before.size if before else 0)
        self._kept[key] = answer
        while self._bytes > self._most_bytes:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= oldest.size

    async def _key(self, operation: Operation, variables: Mapping[str, Any], language: str) -> _Key | None:
        """What an answer is kept by; None where it is not kept."""
        try:
            version = await self._version()
        except Exception as error:  # noqa: BLE001 - the operation itself will tell what is wrong
            log.warning("cache_without_version", exception=type(error).__name__)
            return None
        if version != self._current:
            self._current, self._bytes = version, 0
            self._kept.clear()
        given = {name: variables[name] for name in _declared(operation) if name in variables}
        try:
            text = orjson.dumps(given, option=orjson.OPT_SORT_KEYS)
        except orjson.JSONEncodeError:  # a file, or nested too deeply
            return None
        if len(text) > LARGEST_VARIABLES:
            return None
        return operation.document, operation.name, text, language, version


def _size(key: _Key, body: bytes) -> int:
    return len(body) + len(key[2]) + _ENTRY


def _declared(operation: Operation) -> tuple[str, ...]:
    """The variables of an operation: what else is sent changes no answer, and must not fill the cache."""
    for node in operation.document.ast.definitions:
        if (
            isinstance(node, OperationDefinitionNode)
            and (node.name.value if node.name else "") == operation.name
        ):
            return tuple(one.variable.name.value for one in node.variable_definitions or ())
    return ()
