"""The HTTP server around the application: bounded in what clients can hold, and drained before it ends.

uvicorn has no deadline for a request's head or body and lets a client that reads nothing stay for ever.
Here a sweep over all connections, once a second, ends those that are overdue. SIGTERM drains: the
readiness probe fails, answers close their connections, sockets are told to connect elsewhere, and only
then does the process stop listening; requests under way are answered first.
"""

import asyncio
import contextlib
import resource
import signal
import socket
from dataclasses import dataclass, field
from functools import partial
from types import FrameType
from typing import Any, cast

import structlog
import uvicorn
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from backend.kit.drain import Drain
from backend.kit.memory import trim

log = structlog.get_logger()

FOREVER = float("inf")
TRIM_TICKS = 600
"""A minute."""
LONGEST_REQUEST = 40
"""Seconds that requests under way are waited for: longer than any operation may take."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a client may hold, and for how many seconds."""

    connections: int = 10_000
    """Open at once in one process; more are closed unheard."""
    requests: int = 2_000
    """Not answered yet at once in one process; more are answered 503."""
    head_bytes: int = 32 * 1024
    head_seconds: float = 10.0
    """From the connection, or the first byte of a further request, to the end of its headers."""
    body_seconds: float = 120.0
    """For the whole body: what a large photograph takes on a slow line."""
    stalled_seconds: float = 30.0
    """For which a client may take nothing of what is sent to it, or not end what was closed."""
    linger_seconds: float = 5.0
    """For which the rest of a body is still taken after the request was answered without it."""
    unacknowledged_seconds: float = 45.0
    """For which what was sent may stay unconfirmed: whoever lost their network says no goodbye."""
    ping_seconds: float = 20.0
    """A socket is asked this often whether somebody is there, who has as long to answer."""
    idle_seconds: int = 65
    """Between two requests; longer than proxies keep their connections idle, so that they are the ones to close."""
    sweep_seconds: float = 1.0


@dataclass(slots=True)
class _Watch:
    """The present phase of a connection: since when, and for how long at most."""

    loop: asyncio.AbstractEventLoop
    since: float = 0.0
    allowed: float = FOREVER
    stalled_since: float = field(default=FOREVER)

    def begin(self, allowed: float) -> None:
        self.since, self.allowed = self.loop.time(), allowed

    def overdue(self, bounds: Bounds, *, closing: bool) -> bool:
        now = self.loop.time()
        if closing and self.stalled_since == FOREVER:
            self.stalled_since = now
        return now - self.since > self.allowed or now - self.stalled_since > bounds.stalled_seconds


class BoundedHttp(HttpToolsProtocol):
    """uvicorn's protocol with deadlines and a limit for heads; says goodbye while draining."""

    def __init__(self, *given: Any, bounds: Bounds, drain: Drain, **named: Any) -> None:
        super().__init__(*given, **named)
        self._bounds = bounds
        self._drain = drain
        self._watch = _Watch(self.loop)
        self._head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection, unless there are too many."""
        if len(self.connections) >= self._bounds.connections:
            transport.abort()
            return
        # The kernel gives up after a quarter of an hour by itself.
        patience = round(self._bounds.unacknowledged_seconds * 1000)
        with contextlib.suppress(OSError):  # a Unix socket has no such thing
            transport.get_extra_info("socket").setsockopt(
                socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, patience
            )
        super().connection_made(transport)
        self._watch.begin(self._bounds.head_seconds)

    def data_received(self, data: bytes) -> None:
        """Count the head."""
        if self.transport is None:  # it was not taken
            return
        if self._head_bytes >= 0:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._head_bytes > self._bounds.head_bytes:
            self._say_and_close(b"431 Request Header Fields Too Large")

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        if self.transport is not None:
            super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """A head begins, perhaps behind a request that is not answered yet."""
        self._watch.begin(self._bounds.head_seconds)
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is there: now for the body."""
        self._head_bytes = -1
        self._watch.begin(self._bounds.body_seconds)
        super().on_headers_complete()
        if self._drain.begun and self.cycle is not None:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        """The request is there: now it is on us."""
        self._watch.begin(FOREVER)
        self._head_bytes = 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Answered, perhaps before all of the body was there."""
        super().on_response_complete()
        if self._head_bytes < 0:
            self._watch.begin(self._bounds.linger_seconds)

    def pause_writing(self) -> None:
        """The client takes less than it is sent."""
        self._watch.stalled_since = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        """The client reads again."""
        self._watch.stalled_since = FOREVER
        super().resume_writing()

    def end_if_overdue(self) -> None:
        """Called by the sweep."""
        if self._watch.overdue(self._bounds, closing=self.transport.is_closing()):
            if self.transport.is_closing() or self._watch.stalled_since < FOREVER:
                self.transport.abort()
            elif not self._answering():
                self._say_and_close(b"408 Request Timeout")

    def _answering(self) -> bool:
        """Whether a whole request waits for its answer: it is not cut off for what comes behind it."""
        return self.cycle is not None and not self.cycle.more_body and not self.cycle.response_complete

    def _say_and_close(self, status: bytes) -> None:
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            self.transport.write(b"HTTP/1.1 %b\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % status)
        self.transport.close()


class BoundedSocket(WebSocketsSansIOProtocol):
    """uvicorn's protocol, which notices a client that takes nothing."""

    def __init__(self, *given: Any, bounds: Bounds, **named: Any) -> None:
        super().__init__(*given, **named)
        self._bounds = bounds
        self._watch = _Watch(self.loop)

    def pause_writing(self) -> None:
        """The client takes less than it is sent."""
        self._watch.stalled_since = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        """The client reads again."""
        self._watch.stalled_since = FOREVER
        super().resume_writing()

    def end_if_overdue(self) -> None:
        """Called by the sweep."""
        if self._watch.overdue(self._bounds, closing=self.transport.is_closing()):
            self.transport.abort()


class _Room:
    """Middleware that answers 503 at once where too many requests wait for their answer."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app = app
        self._most = most
        self._waiting = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._waiting >= self._most:
            await _FULL(scope, receive, send)
            return
        waits = True
        self._waiting += 1

        async def noticed(message: Message) -> None:
            nonlocal waits
            if waits and message["type"] == "http.response.start":
                waits = False
                self._waiting -= 1
            await send(message)

        try:
            await self._app(scope, receive, noticed)
        finally:
            self._waiting -= waits


_FULL = JSONResponse(
    {"errors": [{"message": "This server is busy.", "extensions": {"code": "BUSY"}}]},
    status_code=503,
    headers={"Retry-After": "1", "Cache-Control": "no-store"},
)


class Server(uvicorn.Server):
    """A uvicorn server that sweeps and drains."""

    def __init__(
        self, app: ASGIApp, *, drain: Drain, drain_seconds: float, bounds: Bounds | None = None, **config: Any
    ) -> None:
        bounds = bounds or Bounds()
        super().__init__(
            uvicorn.Config(
                _Room(app, bounds.requests),
                http=cast("Any", partial(BoundedHttp, bounds=bounds, drain=drain)),
                ws=cast("Any", partial(BoundedSocket, bounds=bounds)),
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_keep_alive=bounds.idle_seconds,
                timeout_graceful_shutdown=LONGEST_REQUEST,
                ws_max_size=512 * 1024,
                ws_ping_interval=bounds.ping_seconds,
                ws_ping_timeout=bounds.ping_seconds,
                **config,
            )
        )
        self._bounds = bounds
        self._drain = drain
        self._drain_seconds = drain_seconds
        self._told: str | None = None
        self._draining_since: float | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, with as many file descriptors as the machine allows."""
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        await super().startup(sockets=sockets)

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: sweep, give memory back, and notice that the end was asked for."""
        if counter % max(1, round(self._bounds.sweep_seconds * 10)) == 0:
            for connection in list(self.server_state.connections):
                cast("BoundedHttp | BoundedSocket", connection).end_if_overdue()
        if counter % TRIM_TICKS == 0:
            trim()
        now = asyncio.get_running_loop().time()
        if self._told is not None and self._draining_since is None:
            log.info("draining", signal=self._told, seconds=self._drain_seconds)
            self._draining_since = now
            self._drain.begin()
        if self._draining_since is not None and now - self._draining_since >= self._drain_seconds:
            self.should_exit = True
        return await super().on_tick(counter)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - a signal handler's shape
        """Drain on the first signal, stop at once on the second."""
        if self._told is not None:
            self.should_exit = self.force_exit = True
        self._told = signal.Signals(sig).name
