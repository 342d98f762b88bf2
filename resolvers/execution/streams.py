"""GraphQL over server-sent events, "distinct connections": where sockets do not get through.

A request that accepts ``text/event-stream`` is answered with one ``next`` per answer and ``complete``.
An event of a resumable subscription has its cursor as id; a client that comes back with
``Last-Event-ID`` resumes, if its document has a variable ``$since``. When the process is told to end,
the stream ends without ``complete``, after which clients connect again elsewhere.
"""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack, aclosing, suppress

from graphql import OperationDefinitionNode, OperationType
from starlette.types import ASGIApp, Receive, Scope, Send

from backend.errors import TooMany
from resolvers.context import Caller
from resolvers.execution.edge import Edge, Opened
from resolvers.execution.port import Happened, Operation
from resolvers.execution.sockets import SEND_SECONDS, subscription_seat

EVENT_STREAM = "text/event-stream"
HEARTBEAT_SECONDS = 12.0
"""Proxies and mobile networks close a connection on which nothing is said."""
SINCE = "since"

_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


class EventStream:
    """A response that goes on for as long as the operation does."""

    def __init__(
        self, edge: Edge, opened: Opened, caller: Caller, refuse: Callable[[TooMany], ASGIApp]
    ) -> None:
        self._edge = edge
        self._opened = opened
        self._caller = caller
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the stream, or with ``refuse`` when the viewer has too many of them."""
        subscribed = self._opened.operation.kind is OperationType.SUBSCRIPTION
        async with AsyncExitStack() as seat:
            if subscribed:
                try:
                    await seat.enter_async_context(subscription_seat(self._edge, self._opened.context.viewer))
                except TooMany as refusal:
                    await self._refuse(refusal)(scope, receive, send)
                    return
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            telling = asyncio.create_task(self._tell_all(send))
            ends = [telling, asyncio.create_task(_beat(send))]
            if subscribed:  # queries and mutations come to their end by themselves
                ends += [
                    asyncio.create_task(_gone(receive)),
                    asyncio.create_task(self._edge.drain.announced()),
                ]
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            for task in ends:
                task.cancel()
            await asyncio.gather(*ends, return_exceptions=True)
            with suppress(TimeoutError):
                await _send(send, b"", more=False)

    async def _tell_all(self, send: Send) -> None:
        answers = self._edge.answers(self._opened, self._caller)
        async with aclosing(answers):
            async for happened in answers:
                await _send(send, _event(happened))
        await _send(send, b"event: complete\ndata:\n\n")


def _event(happened: Happened) -> bytes:
    # JSON has no line breaks outside of its texts, and inside they are escaped.
    place = b"" if happened.cursor is None else b"id: %b\n" % happened.cursor.encode()
    return b"event: next\n%bdata: %b\n\n" % (place, happened.body)


async def _beat(send: Send) -> None:
    while True:
        await asyncio.sleep(HEARTBEAT_SECONDS)
        await _send(send, b":\n\n")


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send(send: Send, body: bytes, *, more: bool = True) -> None:
    async with asyncio.timeout(SEND_SECONDS):
        await send({"type": "http.response.body", "body": body, "more_body": more})


def declares_since(operation: Operation) -> bool:
    """Whether the operation has a variable ``$since``."""
    return any(
        variable.variable.name.value == SINCE
        for node in operation.document.ast.definitions
        if isinstance(node, OperationDefinitionNode)
        and (node.name.value if node.name else "") == operation.name
        for variable in node.variable_definitions or ()
    )
