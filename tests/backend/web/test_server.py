import asyncio
import contextlib
import signal
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, Router, WebSocketRoute
from starlette.websockets import WebSocket

from backend.kit.drain import Drain
from backend.web.server import Bounds, Server
from tests.support.waiting import eventually

QUICK = Bounds(
    connections=20,
    requests=3,
    head_bytes=4096,
    head_seconds=0.4,
    body_seconds=0.4,
    stalled_seconds=0.4,
    linger_seconds=0.4,
    unacknowledged_seconds=7,
    ping_seconds=0.3,
    sweep_seconds=0.1,
)


HANDSHAKE = (
    b"GET /socket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
)


class Application:
    """Answers with the length of the body; ``/slow`` when the door opens, ``/endless`` for ever."""

    def __init__(self) -> None:
        self.door = asyncio.Event()
        self.under_way = 0
        self.routes = Router(
            routes=[
                Route("/", self.length, methods=["GET", "POST"]),
                Route("/early", self.early, methods=["POST"]),
                Route("/slow", self.slow),
                Route("/endless", self.endless),
                WebSocketRoute("/socket", self.socket),
                WebSocketRoute("/quiet", self.quiet),
            ]
        )

    async def length(self, request: Request) -> Response:
        return PlainTextResponse(str(len(await request.body())))

    async def early(self, _request: Request) -> Response:
        return PlainTextResponse("early", 413)

    async def slow(self, _request: Request) -> Response:
        self.under_way += 1
        await self.door.wait()
        self.under_way -= 1
        return PlainTextResponse("done")

    async def endless(self, _request: Request) -> Response:
        async def chunks() -> AsyncIterator[bytes]:
            self.under_way += 1
            try:
                while True:
                    yield b"x" * 65536
                    await asyncio.sleep(0)  # as whoever streams waits for something
            finally:
                self.under_way -= 1

        return StreamingResponse(chunks())

    async def socket(self, websocket: WebSocket) -> None:
        await websocket.accept()
        self.under_way += 1
        try:
            while True:
                await websocket.send_bytes(b"x" * 65536)
        finally:
            self.under_way -= 1

    async def quiet(self, websocket: WebSocket) -> None:
        await websocket.accept()
        self.under_way += 1
        try:
            await websocket.receive_text()
        finally:
            self.under_way -= 1


class Running:
    """A server on a port, as a test sees it."""

    def __init__(self, server: Server, port: int, application: Application) -> None:
        self.server = server
        self.port = port
        self.application = application

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def say(self, request: bytes) -> tuple[bytes, float]:
        """Everything that is answered until the connection ends, and after how many seconds."""
        reader, writer = await self.connect()
        begun = asyncio.get_running_loop().time()
        writer.write(request)
        with contextlib.suppress(ConnectionError):
            await writer.drain()
        answer = b""
        async with asyncio.timeout(10):
            with contextlib.suppress(ConnectionError):
                answer = await reader.read()
        writer.close()
        return answer, asyncio.get_running_loop().time() - begun

    async def none_left(self) -> None:
        async def gone() -> bool:
            return not self.server.server_state.connections

        await eventually(gone)


@asynccontextmanager
async def serving(bounds: Bounds = QUICK, drain_seconds: float = 0.0) -> AsyncIterator[Running]:
    listener = socket.create_server(("127.0.0.1", 0))
    application = Application()
    server = Server(
        application.routes, drain=Drain(), drain_seconds=drain_seconds, bounds=bounds, lifespan="off"
    )
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield Running(server, listener.getsockname()[1], application)
    finally:
        application.door.set()
        server.should_exit = server.force_exit = True
        await running


async def test_an_ordinary_request_is_answered() -> None:
    async with serving() as http:
        answer, _ = await http.say(
            b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"
        )
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert answer.endswith(b"\r\n\r\n5")


@pytest.mark.parametrize(
    "beginning",
    [
        b"",
        b"GET / HT",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhel",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n",
    ],
)
async def test_who_does_not_finish_what_they_say_is_let_go(beginning: bytes) -> None:
    async with serving() as http:
        answer, seconds = await http.say(beginning)
        assert b"408 Request Timeout" in answer
        assert seconds < 5
        await http.none_left()


async def test_one_byte_at_a_time_is_no_way_around() -> None:
    async with serving() as http:
        reader, writer = await http.connect()
        with contextlib.suppress(ConnectionError):
            for byte in b"GET / HTTP/1.1\r\nX: " + b"x" * 200:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0.02)
        with contextlib.suppress(ConnectionError):
            assert b" 200 " not in await reader.read()
        writer.close()
        await http.none_left()


async def test_a_head_that_is_too_large_is_refused() -> None:
    async with serving() as http:
        answer, _ = await http.say(b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 8192)
        assert answer.startswith(b"HTTP/1.1 431 ")
        await http.none_left()


async def test_the_rest_of_a_body_that_nobody_wants_is_not_taken_for_long() -> None:
    async with serving() as http:
        answer, seconds = await http.say(b"POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\nx")
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert seconds < 5
        await http.none_left()


def _reads_nothing(port: int) -> socket.socket:
    taken = socket.socket()
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    taken.connect(("127.0.0.1", port))
    taken.setblocking(False)
    return taken


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n",
        HANDSHAKE,
    ],
    ids=["http", "socket"],
)
async def test_who_takes_nothing_of_the_answer_is_let_go(request_line: bytes) -> None:
    async with serving() as http:
        taken = await asyncio.to_thread(_reads_nothing, http.port)
        with taken:
            await asyncio.get_running_loop().sock_sendall(taken, request_line)

            async def began() -> bool:
                return http.application.under_way == 1

            await eventually(began)
            await http.none_left()

            async def ended() -> bool:
                return http.application.under_way == 0

            await eventually(ended)


async def test_a_client_that_vanished_leaves_nothing_behind() -> None:
    async with serving() as http:
        taken = await asyncio.to_thread(_reads_nothing, http.port)
        await asyncio.get_running_loop().sock_sendall(taken, b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
        # Reset instead of an orderly end.
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        taken.close()
        await http.none_left()


async def test_a_socket_whose_client_answers_no_ping_is_let_go() -> None:
    async with serving() as http:
        reader, writer = await http.connect()
        writer.write(HANDSHAKE.replace(b"/socket", b"/quiet"))
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 ")
        begun = asyncio.get_running_loop().time()
        said = await asyncio.wait_for(reader.read(), 10)
        assert asyncio.get_running_loop().time() - begun < 5
        assert said[0] == 0x89  # a ping was all there was to answer
        writer.close()
        await http.none_left()

        async def ended() -> bool:
            return http.application.under_way == 0

        await eventually(ended)


async def test_the_kernel_gives_a_client_up_that_confirms_nothing() -> None:
    async with serving() as http:
        _, writer = await http.connect()

        async def connected() -> bool:
            return len(http.server.server_state.connections) == 1

        await eventually(connected)
        (connection,) = http.server.server_state.connections
        taken = connection.transport.get_extra_info("socket")
        assert taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 7000
        writer.close()


async def test_more_connections_than_allowed_are_closed_unheard() -> None:
    async with serving() as http:
        held = [await http.connect() for _ in range(QUICK.connections)]

        async def taken() -> bool:
            return len(http.server.server_state.connections) == QUICK.connections

        await eventually(taken)
        answer, _ = await http.say(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert answer == b""
        for _, writer in held:
            writer.close()
        await http.none_left()
        answer, _ = await http.say(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200 ")


async def test_more_requests_at_once_than_allowed_are_told_to_come_back() -> None:
    async with serving() as http:
        slow = b"GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        waiting = [asyncio.create_task(http.say(slow)) for _ in range(QUICK.requests)]

        async def all_wait() -> bool:
            return http.application.under_way == QUICK.requests

        await eventually(all_wait)
        answer, _ = await http.say(slow)
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 1\r\n" in answer
        assert b'"code":"BUSY"' in answer
        http.application.door.set()
        assert [(await one)[0].split(b"\r\n")[0] for one in waiting] == [b"HTTP/1.1 200 OK"] * QUICK.requests


async def test_when_told_to_end_what_is_under_way_is_answered_first() -> None:
    async with serving(drain_seconds=0.5) as http:
        waiting = asyncio.create_task(http.say(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"))

        async def under_way() -> bool:
            return http.application.under_way == 1

        await eventually(under_way)
        http.server.handle_exit(signal.SIGTERM, None)
        await asyncio.sleep(0.3)
        # Still listening, so that nobody is cut off whom a proxy sends here; but every answer is the last one.
        answer, _ = await http.say(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert b"connection: close\r\n" in answer
        await asyncio.sleep(0.6)
        with pytest.raises(OSError, match="Connect"):
            await http.connect()
        http.application.door.set()
        answer, _ = await waiting
        assert answer.endswith(b"done")


async def test_told_twice_the_server_stops_at_once() -> None:
    async with serving(drain_seconds=60) as http:
        for _ in range(2):
            http.server.handle_exit(signal.SIGTERM, None)
        assert (http.server.should_exit, http.server.force_exit) == (True, True)
