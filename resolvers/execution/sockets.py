"""GraphQL over WebSocket, protocol graphql-transport-ws.

The client says ``{"authorization": "Bearer …"}`` in ``connection_init``, within five seconds. A page of
a foreign origin is refused before that. Sockets, and operations on them, are counted per viewer over
all processes. When the process is told to end, sockets are closed with 1012, after which clients
connect again elsewhere and resume (see ``resolvers.events``).
"""

import asyncio
import time
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
from graphql import GraphQLError, OperationType
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
from structlog.contextvars import bound_contextvars

from backend.errors import NotSignedIn, Refusal, TooMany
from backend.viewer import Viewer
from resolvers.context import Caller, preferred_language
from resolvers.execution.edge import Edge, Opened, authorized, errors_of
from resolvers.execution.gate import has_nul, read_asked, read_caller
from resolvers.execution.port import Happened, RequestRefused
from resolvers.problems import ProtocolCode, protocol_error, public_exception

PROTOCOL = "graphql-transport-ws"
INIT_SECONDS = 5.0
SEND_SECONDS = 20.0
"""A client that takes nothing for so long is let go."""
MOST_OPERATIONS = 20
"""At once on one socket."""
MOST_MESSAGES = 100
"""Within one second on one socket; more is no conversation."""
MOST_SOCKETS = 10
MOST_SOCKETS_OF_VISITORS = 200
"""Per network address: many visitors share one."""
MOST_SUBSCRIPTIONS = 50
"""Per viewer, over all their sockets and event streams."""
MOST_SUBSCRIPTIONS_OF_VISITORS = 400
LARGEST_MESSAGE = 256 * 1024

_RESTART = (1012, "This server restarts: connect again.")


class Closed(Exception):
    """The conversation is over: the code and the reason for the client."""

    def __init__(self, code: int, reason: str) -> None:
        self.code = code
        self.reason = reason
        super().__init__(code, reason)


class Sockets:
    """The socket endpoint of the API."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self._open: set[WebSocket] = set()
        self._mutating: set[asyncio.Task[None]] = set()
        self._closer: asyncio.Task[None] | None = None

    async def serve(self, websocket: WebSocket) -> None:
        """Speak with one client until it goes."""
        headers = websocket.headers
        if self._edge.drain.begun or not self._edge.admits_origin(headers.get("origin"), headers.get("host")):
            await websocket.close()  # before it was accepted: the handshake is answered with 403
            return
        spoken = PROTOCOL in websocket.scope["subprotocols"]
        await websocket.accept(subprotocol=PROTOCOL if spoken else None)
        if not spoken:
            await websocket.close(4406, "Subprotocol not acceptable")
            return
        self._closer = self._closer or asyncio.create_task(self._close_when_draining())
        self._open.add(websocket)
        caller = read_caller(websocket, None)
        try:
            with bound_contextvars(request_id=caller.request_id):
                await self._converse(websocket, caller)
        finally:
            self._open.discard(websocket)
            if not self._open and self._closer is not None:
                # Nobody is left to be told; a task that waits for ever would outlive its loop.
                self._closer.cancel()
                self._closer = None

    async def _converse(self, websocket: WebSocket, caller: Caller) -> None:
        async with AsyncExitStack() as seat:
            conversation = _Conversation(self._edge, websocket, caller, self._mutating)
            try:
                async with asyncio.timeout(INIT_SECONDS) as limit:
                    viewer = await conversation.introduce()
                    limit.reschedule(None)
                    await seat.enter_async_context(
                        self._edge.seat(
                            "socket", viewer, most=MOST_SOCKETS, of_visitors=MOST_SOCKETS_OF_VISITORS
                        )
                    )
                    await conversation.send({"type": "connection_ack"})
                await conversation.listen(viewer)
            except TimeoutError:
                await _close(websocket, 4408, "Connection initialisation timeout")
            except TooMany as refusal:
                await _close(websocket, 4429, refusal.message.en)
            except Closed as end:
                await _close(websocket, end.code, end.reason)
            except WebSocketDisconnect:
                pass
            finally:
                await conversation.end()

    async def _close_when_draining(self) -> None:
        """Close all sockets, a few at a time: thousands should not come back in the same moment."""
        await self._edge.drain.announced()
        async with asyncio.TaskGroup() as closing:
            for websocket in list(self._open):
                closing.create_task(_close(websocket, *_RESTART))
                await asyncio.sleep(0.001)


async def _close(websocket: WebSocket, code: int, reason: str) -> None:
    if websocket.application_state is WebSocketState.CONNECTED:
        # The client may be gone, or have been told to go by the other of two who close.
        with suppress(RuntimeError, WebSocketDisconnect, TimeoutError):
            async with asyncio.timeout(SEND_SECONDS):
                await websocket.close(code, reason)


@dataclass(slots=True)
class _Conversation:
    """One socket: who it says it is, and the operations that run on it."""

    edge: Edge
    websocket: WebSocket
    caller: Caller
    mutating: set[asyncio.Task[None]]
    running: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    second: float = 0.0
    heard: int = 0

    async def introduce(self) -> Viewer:
        """Wait for ``connection_init``. No token at all is a visitor's right. Raises ``Closed``."""
        while True:
            message = await self._next()
            if message["type"] != "connection_init":
                await self._answer_ping(message, "Unauthorized")
                continue
            payload = {str(name).lower(): value for name, value in (message.get("payload") or {}).items()}
            language = payload.get("acceptlanguage")
            if isinstance(language, str):  # pages cannot set a socket's headers
                self.caller = replace(self.caller, language=preferred_language(language))
            self.caller = authorized(self.caller, payload.get("authorization"))
            try:
                return (await self.edge.authenticate(self.caller)).viewer
            except NotSignedIn:
                raise Closed(4403, "Forbidden") from None
            except Refusal as refusal:
                raise Closed(1013, refusal.message.en) from None

    async def listen(self, viewer: Viewer) -> None:
        """Serve messages until the client goes. Raises ``Closed`` or ``WebSocketDisconnect``."""
        while True:
            message = await self._next()
            kind, name = message["type"], message.get("id")
            if kind == "connection_init":
                raise Closed(4429, "Too many initialisation requests")
            if kind not in {"subscribe", "complete"}:
                await self._answer_ping(message, None)
            elif name is None:
                raise Closed(4400, "A message of this type has an id.")
            elif kind == "subscribe":
                await self._subscribe(name, message.get("payload"), viewer)
            else:
                task = self.running.pop(name, None)
                if task is not None and task not in self.mutating:
                    task.cancel()

    async def send(self, message: Mapping[str, object]) -> None:
        """Send a message; a client that does not take it is let go."""
        await self._send(orjson.dumps(message))

    async def end(self) -> None:
        """Stop what runs, but let mutations finish: their outcome is kept under their idempotency key."""
        tasks = [task for task in self.running.values() if task not in self.mutating]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _next(self) -> dict[str, Any]:
        received = await self.websocket.receive()
        if received["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(received.get("code", 1005))
        now = time.monotonic()
        if now - self.second >= 1:
            self.second, self.heard = now, 0
        self.heard += 1
        if self.heard > MOST_MESSAGES:
            raise Closed(1008, "Too many messages")
        return _read(received.get("text"))

    async def _answer_ping(self, message: Mapping[str, Any], otherwise: str | None) -> None:
        if message["type"] == "ping":
            await self.send({"type": "pong"})
        elif message["type"] != "pong":
            raise Closed(4401, otherwise) if otherwise else Closed(4400, "Unknown type of message.")

    async def _subscribe(self, name: str, payload: object, viewer: Viewer) -> None:
        if name in self.running:
            raise Closed(4409, f"Subscriber for {name[:80]} already exists")
        try:
            asked = read_asked(payload)
        except RequestRefused as refusal:
            raise Closed(4400, refusal.errors[0].message) from None
        if len(self.running) >= MOST_OPERATIONS:
            await self._refuse(name, _TOO_MANY_OPERATIONS)
            return
        try:
            opened = await self.edge.open(asked, await self.edge.authenticate(self.caller))
        except Exception as error:  # noqa: BLE001 - a refusal, or a bug that is logged and masked
            await self._refuse(name, *errors_of(error, self.caller.language))
            return
        task = asyncio.create_task(self._run(name, opened, viewer))
        self.running[name] = task
        if opened.operation.kind is OperationType.MUTATION:
            self.mutating.add(task)
            task.add_done_callback(self.mutating.discard)

    async def _run(self, name: str, opened: Opened, viewer: Viewer) -> None:
        try:
            async with AsyncExitStack() as seat:
                if opened.operation.kind is OperationType.SUBSCRIPTION:
                    await seat.enter_async_context(subscription_seat(self.edge, viewer))
                await self._tell_all(name, opened)
        except Closed as end:
            await _close(self.websocket, end.code, end.reason)
        except (WebSocketDisconnect, RuntimeError):
            pass  # the client is gone; whoever listens to it learns that too
        except TooMany as refusal:
            await self._refuse(name, public_exception(refusal, self.caller.language))
        finally:
            self._forget(name)

    async def _tell_all(self, name: str, opened: Opened) -> None:
        answers = self.edge.answers(opened, self.caller)
        async with aclosing(answers):
            async for happened in answers:
                if self.running.get(name) is not asyncio.current_task():
                    return  # the client does not want the mutation's answer any more
                if not _started(happened):
                    self._forget(name)
                    await self.send(
                        {"id": name, "type": "error", "payload": orjson.loads(happened.body)["errors"]}
                    )
                    return
                await self._send(
                    b'{"id":%b,"type":"next","payload":%b}' % (orjson.dumps(name), happened.body)
                )
        self._forget(name)
        await self.send({"id": name, "type": "complete"})

    def _forget(self, name: str) -> None:
        """An id is free again before its last message is sent."""
        if self.running.get(name) is asyncio.current_task():
            del self.running[name]

    async def _refuse(self, name: str, *errors: GraphQLError) -> None:
        await self.send({"id": name, "type": "error", "payload": [error.formatted for error in errors]})

    async def _send(self, message: bytes) -> None:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self.websocket.send_text(message.decode())
        except TimeoutError:
            raise Closed(1008, "Too slow") from None


_TOO_MANY_OPERATIONS = protocol_error(
    ProtocolCode.TOO_MANY_REQUESTS, f"A socket has at most {MOST_OPERATIONS} operations at once."
)


def subscription_seat(edge: Edge, viewer: Viewer) -> AbstractAsyncContextManager[None]:
    """The seat of one subscription of ``viewer``."""
    return edge.seat(
        "subscription", viewer, most=MOST_SUBSCRIPTIONS, of_visitors=MOST_SUBSCRIPTIONS_OF_VISITORS
    )


def _started(happened: Happened) -> bool:
    return happened.started and not happened.body.startswith(b'{"errors":')


def _read(text: str | None) -> dict[str, Any]:
    """A message of the protocol. Raises ``Closed``."""
    if text is None or len(text) > LARGEST_MESSAGE:
        raise Closed(4400, "A message is a text of at most 256 KiB.")
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise Closed(4400, "A message is valid JSON.") from None
    if (
        not isinstance(message, dict)
        or not isinstance(message.get("type"), str)
        or not isinstance(message.get("id"), str | None)
        or not isinstance(message.get("payload"), dict | None)
        or ("\\u0000" in text and has_nul(message))
    ):
        raise Closed(4400, "This is no message of the protocol.")
    return message
