"""Minutes of hostile requests against a running installation: nothing breaks, and none takes much CPU.

One request at a time, so that the CPU of the API process is that of the request.
"""

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import httpx2
import orjson
import psutil
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from backend.places import DOCUMENTS
from benchmarks.figures import Figure
from integrations.demo.client import Client
from integrations.demo.walk import made_up_applicant
from resolvers.execution.documents import read_operations
from resolvers.schema import schema
from tests.support.hostile import Attacker, Hostile, anything
from tests.support.installation import Installation, free_ports
from tests.support.traveller import OFFICER, Traveller

SECONDS = float(os.environ.get("FUZZ_SECONDS", "180"))
SEED = int(os.environ.get("FUZZ_SEED", str(time.time_ns())))
CPU_SECONDS = 0.3
PATIENCE = 8.0
"""Seconds for an answer; a request whose head never ends is given up by either side."""
SHOWN = 5
AGAIN = 100
"""The dearest are asked again, each time as another document: what a busy machine added is not theirs."""


def fuzz() -> Iterable[Figure]:
    """The bars of the edge: CPU, 5xx, bugs, and whether it still answers afterwards."""
    print(f"FUZZ_SEED={SEED} FUZZ_SECONDS={SECONDS:g}", flush=True)
    with TemporaryDirectory(prefix="jinmin-bench-", ignore_cleanup_errors=True) as folder:
        # Nobody is turned away for having asked too much: that would spare the server the work.
        more = {f"JINMIN_COST_PER_{who}": "2000000000" for who in ("VIEWER", "CLIENT", "ADDRESS")}
        installation = Installation(Path(folder) / "var", free_ports(), more)
        installation.start()
        try:
            return asyncio.run(_Fuzz(installation).figures())
        finally:
            installation.end()


class _Fuzz:
    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._process = psutil.Process(installation.child("backend serve"))
        self._random = Random(SEED)  # noqa: S311 - made up, not secret
        self._blanks = 0
        self._took: list[tuple[float, str, bytes]] = []
        self._answers: Counter[str] = Counter()
        self._wrong: Counter[str] = Counter()

    async def figures(self) -> Sequence[Figure]:
        tokens = await self._tokens()
        attacker = Attacker(schema._schema, read_operations(DOCUMENTS))  # noqa: SLF001 - Strawberry has no public way to it
        requests = attacker.requests(self._random)
        before = self._process.memory_info().rss / 2**20
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            await self._one(next(requests), self._random.choice(tokens))
        alive = await self._alive()
        dearest = [await self._again(one) for one in sorted(self._took, reverse=True)[:AGAIN]]
        for seconds, what, _ in sorted(dearest, reverse=True)[:SHOWN]:
            print(f"{seconds:.2f} s: {what[:300]}")
        for what, count in self._wrong.most_common(SHOWN):
            print(f"WRONG {count}×: {what[:1500]}")
        print(dict(sorted(self._answers.items())))
        grown = self._process.memory_info().rss / 2**20 - before
        return [
            Figure("requests", len(self._took), ""),
            Figure("CPU of the dearest", max(dearest)[0], "s", must=CPU_SECONDS, at_most=True),
            Figure("5xx, bugs, and answers of no shape", self._wrong.total(), "", must=0, at_most=True),
            Figure("answers an honest request afterwards", alive, "", must=1),
            Figure("memory of the process", before + grown, "MiB"),
            Figure("of which the requests left", grown, "MiB"),
        ]

    async def _tokens(self) -> list[str | None]:
        async with httpx2.AsyncClient(timeout=30, trust_env=False) as http:
            world = self._installation
            citizen = Traveller(world, Client(http, world.url), made_up_applicant())
            await citizen.named()
            officer = Client(http, world.url)
            signed_in = await officer.do("SignInOfficer", **OFFICER)
        return [None, f"Bearer {citizen.tokens['accessToken']}", f"Bearer {signed_in['accessToken']}"]

    async def _alive(self) -> bool:
        async with httpx2.AsyncClient(timeout=5, trust_env=False) as http:
            answer = await http.post(f"{self._installation.url}/graphql", json={"query": "{ __typename }"})
        return answer.content == b'{"data":{"__typename":"Query"}}'

    async def _one(self, request: Hostile, token: str | None) -> None:
        begun, raw = _cpu(self._process), b""
        if self._random.random() < 0.1:
            what = await self._on_socket(token)
        else:
            raw, kind = _bytes(request, token), request.kind
            if self._random.random() < 0.1:
                raw, kind = _mutated(raw, self._random), "mutated"
            self._judge(await self._said(raw), kind, raw)
            asked = request.body or request.query.encode()
            what = f"{kind}, {len(raw)} bytes: {asked[:250]!r}"
        self._took.append((_cpu(self._process) - begun, what, raw))

    async def _again(self, dear: tuple[float, str, bytes]) -> tuple[float, str, bytes]:
        seconds, what, raw = dear
        for _ in range(3 if raw else 0):
            self._blanks += 1
            text = b'"query":"' + b" " * self._blanks
            begun = _cpu(self._process)
            await self._said(_lengthened(raw, raw.replace(b'"query":"', text, 1)))
            seconds = min(seconds, _cpu(self._process) - begun)
        return seconds, what, raw

    async def _said(self, raw: bytes) -> bytes:
        """All that is answered, also before the request was taken whole."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._installation.port)
        answer = bytearray()
        with suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(PATIENCE):
                writer.write(raw)
                while more := await reader.read(65_536):
                    answer += more
        writer.close()
        return bytes(answer)

    def _judge(self, answer: bytes, kind: str, raw: bytes) -> None:
        head, _, body = answer.partition(b"\r\n\r\n")
        status = head[9:12].decode(errors="replace")
        self._answers[f"{kind} {status or 'none'}"] += 1
        wrong = status.startswith("5")
        if b"content-type: application/json" in head.lower():
            try:
                told = orjson.loads(body)
                wrong = wrong or any(
                    error.get("extensions", {}).get("code", "INTERNAL") == "INTERNAL"
                    for error in told.get("errors", ())
                )
            except ValueError:
                # Of two requests behind one another there are two answers.
                wrong = kind != "mutated"
        if wrong:
            self._wrong[f"{raw[:600]!r} … -> {answer[:600]!r}"] += 1

    async def _on_socket(self, token: str | None) -> str:
        said = _message(self._random)
        async with self._socket() as socket:
            if socket is not None:
                with suppress(ConnectionClosed, TimeoutError):
                    async with asyncio.timeout(0.5):
                        payload = {"authorization": token} if token else {}
                        await socket.send(
                            orjson.dumps({"type": "connection_init", "payload": payload}).decode()
                        )
                        await socket.recv()
                        await socket.send(said)
                        while True:
                            await socket.recv()
                self._answers[f"socket {socket.close_code}"] += 1
                if socket.close_code == 1011:
                    self._wrong[f"socket {said[:600]!r} -> 1011"] += 1
        return f"socket {said!r}"

    @asynccontextmanager
    async def _socket(self) -> AsyncIterator[ClientConnection | None]:
        url = f"ws://127.0.0.1:{self._installation.port}/graphql"
        try:
            async with connect(
                url, subprotocols=[Subprotocol("graphql-transport-ws")], close_timeout=1
            ) as opened:
                yield opened
        except (InvalidHandshake, OSError):
            yield None


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _bytes(request: Hostile, token: str | None) -> bytes:
    given = {"Host": "127.0.0.1", "Connection": "close", "Content-Length": str(len(request.body))}
    if token is not None:
        given["Authorization"] = token
    # What the request says about itself goes before what is true.
    for name, value in request.headers.items():
        given = {**{k: v for k, v in given.items() if k.lower() != name}, name: value}
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    line = f"{request.method} /graphql{'?' if request.query else ''}{request.query} HTTP/1.1\r\n"
    return (line + head + "\r\n").encode("utf-8", "surrogatepass") + request.body


def _lengthened(before: bytes, after: bytes) -> bytes:
    """``after`` with the length of its own body where ``before`` told that of its."""
    sizes = [len(one.partition(b"\r\n\r\n")[2]) for one in (before, after)]
    told, tells = (b"Content-Length: %d\r\n" % size for size in sizes)
    return after.replace(told, tells, 1)


def _mutated(raw: bytes, random: Random) -> bytes:
    changed = bytearray(raw[:20_000])
    for _ in range(random.randint(1, 12)):
        changed[random.randrange(len(changed))] = random.randrange(256)
    return bytes(changed)


def _message(random: Random) -> str:
    query = random.choice(
        ("{ __typename }", "subscription { applicationChanged(id: 1) { id } }", "{", "x" * 200_000)
    )
    message = {
        "type": random.choice(("subscribe", "subscribe", "complete", "ping", "x", anything(random, 0))),
        "id": random.choice(("1", "", "x" * 9000, anything(random, 0))),
        "payload": random.choice(
            ({"query": query, "variables": anything(random, 0)}, {"query": query}, anything(random, 0))
        ),
    }
    try:
        return orjson.dumps(message).decode()
    except orjson.JSONEncodeError:
        return "[" * 5000
