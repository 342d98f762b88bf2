"""A rush from outside: thousands of clients who each ask once, over real connections, all at the same moment.

Not wrk: every client has a token and a body of their own, and every answer is looked at.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

import orjson

PATIENCE = 120.0


@dataclass(slots=True)
class Asked:
    """One request, and what came of it."""

    content: bytes = field(repr=False)
    """The whole request as it goes over the wire."""
    sent: float = 0.0
    answered: float = 0.0
    status: int = 0
    body: bytes = field(default=b"", repr=False)

    @property
    def ms(self) -> float:
        """How long it took."""
        return (self.answered - self.sent) * 1000

    def json(self) -> dict[str, object]:
        """The answer."""
        told: dict[str, object] = orjson.loads(self.body)
        return told


class _Line(asyncio.Protocol):
    """One connection, on which clients ask one after the other."""

    def __init__(self, asked: Sequence[Asked], done: asyncio.Future[None]) -> None:
        self._asked = iter(asked)
        self._now: Asked | None = None
        self._done = done
        self._held = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def begin(self) -> None:
        """Ask the next question; the first one when everybody begins."""
        self._now = next(self._asked, None)
        assert self._transport is not None
        if self._now is None:
            self._transport.close()
            if not self._done.done():
                self._done.set_result(None)
            return
        self._now.sent = time.perf_counter()
        self._transport.write(self._now.content)

    def data_received(self, data: bytes) -> None:
        self._held += data
        head, end, body = self._held.partition(b"\r\n\r\n")
        if not end or self._now is None:
            return
        _, _, length = head.lower().partition(b"content-length: ")
        size = int(length.partition(b"\r\n")[0])
        if len(body) < size:
            return
        self._now.answered = time.perf_counter()
        self._now.status = int(head[9:12])
        self._now.body, self._held = body[:size], body[size:]
        self.begin()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(exc or ConnectionError("the server hung up"))


def request(path: str, body: object, token: str) -> bytes:
    """A POST of JSON as bytes."""
    content = orjson.dumps(body)
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: {len(content)}\r\n\r\n"
    ).encode() + content


async def rush(ports: Sequence[int], asked: Sequence[Asked], *, connections: int) -> float:
    """Let everybody ask over so many connections, spread over the ports; seconds from first question to last answer."""
    loop = asyncio.get_running_loop()
    lines, dones = [], []
    for number in range(connections):
        done: asyncio.Future[None] = loop.create_future()
        mine = asked[number::connections]
        _, line = await loop.create_connection(
            lambda mine=mine, done=done: _Line(mine, done),  # type: ignore[misc]  # mypy sees no defaults of a lambda
            "127.0.0.1",
            ports[number % len(ports)],
        )
        lines.append(line)
        dones.append(done)
    began = time.perf_counter()
    for line in lines:
        line.begin()
    await asyncio.wait_for(asyncio.gather(*dones), PATIENCE)
    return max(one.answered for one in asked) - began


async def others(port: int, contents: Sequence[bytes], *, every: float, until: asyncio.Event) -> list[Asked]:
    """Somebody else, who asks for other things every so many seconds meanwhile, on a line of their own each time."""
    told: list[Asked] = []
    loop = asyncio.get_running_loop()
    pending: set[asyncio.Task[None]] = set()

    async def ask(content: bytes) -> None:
        one = Asked(content)
        done: asyncio.Future[None] = loop.create_future()
        _, line = await loop.create_connection(lambda: _Line([one], done), "127.0.0.1", port)
        line.begin()
        await done
        told.append(one)

    number = 0
    while not until.is_set():
        task = asyncio.create_task(ask(contents[number % len(contents)]))
        pending.add(task)
        number += 1
        await asyncio.sleep(every)
    await asyncio.gather(*pending)
    return told


def percentile(values: Sequence[float], percent: float) -> float:
    """The value below which so many percent lie."""
    return sorted(values)[min(len(values) - 1, int(len(values) * percent / 100))]
