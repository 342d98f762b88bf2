"""One API process with 300 trusted documents: how soon it is ready, and its memory under an hour's worth of mixed load."""

import asyncio
import os
import secrets
import signal
import statistics
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import httpx2
import orjson
import psutil
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from backend.database.config import connected
from backend.database.shared import shared_state
from backend.frontends.actions import add_team, register, review, team_named
from backend.kit import regions
from backend.places import DOCUMENTS
from backend.viewer import Machine, TeamRight
from benchmarks.figures import Figure
from integrations.demo.client import Client
from integrations.demo.walk import ITEM, drawn_card, made_up_applicant
from resolvers.execution.documents import Documents, document_id, examiner, read_operations
from resolvers.schema import schema
from tests.support.api import Api
from tests.support.hostile import Attacker, Hostile
from tests.support.installation import Installation, free_ports
from tests.support.traveller import OFFICER, Traveller

TRUSTED = 300
STARTS = 5
READY_SECONDS = 3.0
REQUESTS = int(os.environ.get("EDGE_REQUESTS", "36000"))
"""Ten a second for an hour, asked as fast as they are answered."""
AT_ONCE = 16
PEOPLE = 40
ITEMS = (*(5 * (ITEM,)), "000511002000", "000511005000", "000511008000")
SAMPLES = 24
MEMORY_MIB = 250
GROWTH = 5.0
"""Per cent by which the last quarter may be above the one before it."""


def edge() -> Iterable[Figure]:
    """The bars of the edge for one process."""
    with TemporaryDirectory(prefix="jinmin-bench-", ignore_cleanup_errors=True) as folder:
        # The load comes from one address.
        more = {f"JINMIN_COST_PER_{who}": "2000000000" for who in ("VIEWER", "CLIENT", "ADDRESS")}
        installation = Installation(Path(folder) / "var", free_ports(), more)
        installation.start()
        try:
            return asyncio.run(_figures(installation))
        finally:
            installation.end()


async def _figures(installation: Installation) -> Sequence[Figure]:
    house = read_operations(DOCUMENTS)
    registered = await _registered(installation, house)
    figures = [Figure("trusted documents", len(house) + len(registered), "")]
    began = time.process_time()
    Documents(schema, {**house, **registered}, development=False)
    figures.append(Figure("parsing and validating all of them", time.process_time() - began, "s of CPU"))
    port = free_ports()
    starts = [await asyncio.to_thread(_start, Api(installation, port)) for _ in range(STARTS)]
    figures += [
        Figure(
            f"start to ready, median of {STARTS}",
            statistics.median(seconds for seconds, _ in starts),
            "s",
            READY_SECONDS,
            at_most=True,
        ),
        Figure("of which its own CPU", statistics.median(cpu for _, cpu in starts), "s"),
    ]
    api = Api(installation, port, {"JINMIN_LOG_LEVEL": "WARNING"})
    api.begin()
    try:
        await asyncio.to_thread(api.wait)
        figures += await _Load(api, {**house, **registered}).figures()
    finally:
        api.end()
    return figures


def _start(api: Api) -> tuple[float, float]:
    """Seconds until the process answers that it is ready, and CPU it took for that."""
    began = time.perf_counter()
    api.begin()
    try:
        with httpx2.Client(trust_env=False, timeout=5) as http:
            while True:
                with suppress(httpx2.TransportError):
                    if http.get(f"{api.url}/readyz").status_code == 200:
                        break
                if time.perf_counter() - began > 60:
                    raise RuntimeError(f"it did not become ready: {api.log}")
                time.sleep(0.01)
        seconds = time.perf_counter() - began
        times = psutil.Process(api.pid).cpu_times()
    finally:
        api.signal(signal.SIGTERM)
        api.ended()
    return seconds, times.user + times.system


async def _registered(installation: Installation, house: Mapping[str, str]) -> Mapping[str, str]:
    """Documents of a front-end team, accepted: variants of our own queries until there are enough of both."""
    examine, texts = examiner(schema), dict[str, str]()
    queries = [text for text in house.values() if text.startswith("query ")]
    while len(house) + len(texts) < TRUSTED:
        text = queries[len(texts) % len(queries)].replace("query ", f"query V{len(texts)}", 1)
        texts[document_id(text)] = text
    async with connected(installation.database_url, pool=2), shared_state(installation.redis_url) as shared:
        await add_team("bench", [TeamRight.REGISTER], actor=Machine("bench"))
        ids = await register(await team_named("bench"), [examine(text) for text in texts.values()])
        for one in ids:
            await review(Machine("bench"), shared, one, accept=True)
    return texts


@dataclass(slots=True)
class _Load:
    """Everything that clients do, mixed."""

    api: Api
    trusted: Mapping[str, str]
    http: httpx2.AsyncClient = field(
        default_factory=lambda: httpx2.AsyncClient(
            timeout=60, trust_env=False, limits=httpx2.Limits(max_connections=AT_ONCE)
        )
    )
    random: Random = field(default_factory=lambda: Random(7))  # noqa: S311 - made up, not secret
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    citizens: list[Traveller] = field(default_factory=list)
    officer: str = ""
    left: int = REQUESTS
    hostile: Iterator[Hostile] = field(init=False)
    divisions: Sequence[str] = field(init=False)

    def __post_init__(self) -> None:
        """What is made up once."""
        attacker = Attacker(schema._schema, read_operations(DOCUMENTS))  # noqa: SLF001 - Strawberry has no public way to it
        self.hostile = attacker.requests(self.random)
        provinces = regions.children(regions.NATION)
        self.divisions = [one.code for province in provinces for one in regions.children(province.code)]

    async def figures(self) -> Sequence[Figure]:
        """Memory of the process from its first request to its last."""
        process = psutil.Process(self.api.pid)
        at_start = _mebibytes(process)
        await self._people()
        kinds = self._kinds()
        began, cpu = time.perf_counter(), process.cpu_times()
        samples = []
        for part in range(SAMPLES):
            self.left = REQUESTS // SAMPLES
            await asyncio.gather(*(self._worker(kinds) for _ in range(AT_ONCE)))
            samples.append(_mebibytes(process))
            print(f"{(part + 1) / SAMPLES:.0%}: {samples[-1]:.0f} MiB", flush=True)
        seconds, after = time.perf_counter() - began, process.cpu_times()
        print(dict(self.done), "not answered as asked:", dict(self.refused))
        await self.http.aclose()
        quarter = SAMPLES // 4
        before, last = statistics.mean(samples[-2 * quarter : -quarter]), statistics.mean(samples[-quarter:])
        return [
            Figure("requests of ten kinds", self.done.total(), ""),
            Figure("per second, client on the same cores", self.done.total() / seconds, "/s"),
            Figure(
                "CPU of the process for each",
                (after.user + after.system - cpu.user - cpu.system) / self.done.total() * 1000,
                "ms",
            ),
            Figure("bugs", self.refused["INTERNAL"] + self.refused["5xx"], "", must=0, at_most=True),
            Figure("memory when ready", at_start, "MiB"),
            Figure("memory at most", max(samples), "MiB", must=MEMORY_MIB, at_most=True),
            Figure(
                "last quarter above the one before", (last / before - 1) * 100, "%", must=GROWTH, at_most=True
            ),
        ]

    async def _people(self) -> None:
        for _ in range(PEOPLE):
            self.citizens.append(
                await Traveller(self.api, Client(self.http, self.api.url), made_up_applicant()).named()
            )
        officer = Client(self.http, self.api.url)
        self.officer = (await officer.do("SignInOfficer", **OFFICER))["accessToken"]

    def _kinds(self) -> Sequence[Callable[[], Awaitable[None]]]:
        rare = [
            self._free,
            self._write,
            self._upload,
            self._socket,
            self._stream,
            self._sign_in,
            self._attack,
        ]
        return [self._public] * 8 + [self._by_id] * 4 + [self._own] * 3 + rare

    async def _public(self) -> None:
        given = {"code": self.random.choice(ITEMS), "division": self.random.choice(self.divisions)}
        params = {"documentId": self._id("ServiceItem"), "variables": orjson.dumps(given).decode()}
        self._note("public", await self.http.get(f"{self.api.url}/graphql", params=params))

    async def _by_id(self) -> None:
        variables = {"division": "330521", "code": ITEM, "id": "x"}
        await self._post("by id", documentId=self.random.choice(list(self.trusted)), variables=variables)

    async def _own(self) -> None:
        name = self.random.choice(("Me", "Applications"))
        await self._post("own", self._token(), documentId=self._id(name), variables={"first": 20})

    async def _free(self) -> None:
        text = '{ serviceItems(division: "330521", first: 50) { edges { node { code name } } } }'
        await self._post("free", self.officer, query=f"# {secrets.token_hex(8)}\n{text}")

    async def _write(self) -> None:
        client = self.random.choice(self.citizens).client
        await self._expected("write", client.do("StartApplication", itemCode=ITEM, division="330521"))

    async def _upload(self) -> None:
        traveller = self.random.choice(self.citizens)
        listed = await traveller.client.ask("Applications", first=1)
        draft = listed["edges"][0]["node"]["id"] if listed["edges"] else "none yet"
        await self._expected("upload", traveller.attach(draft, drawn_card()))

    async def _stream(self) -> None:
        body = {"query": 'subscription { applicationChanged(id: "x") { id } }'}
        headers = {"accept": "text/event-stream", "authorization": f"Bearer {self._token()}"}
        self._note("stream", await self.http.post(f"{self.api.url}/graphql", json=body, headers=headers))

    async def _sign_in(self) -> None:
        traveller = Traveller(self.api, Client(self.http, self.api.url), made_up_applicant())
        await self._expected("sign in", traveller.signed_in())

    async def _attack(self) -> None:
        request = next(self.hostile)
        kept = {"content-type", "accept", "x-jinmin-preflight"}
        headers = {name: value for name, value in request.headers.items() if name in kept}
        url = f"{self.api.url}/graphql?{request.query}"
        answer = await self.http.request(request.method, url, content=request.body, headers=headers)
        self._note("attack", answer)

    async def _worker(self, kinds: Sequence[Callable[[], Awaitable[None]]]) -> None:
        while self.left > 0:
            self.left -= 1
            await self.random.choice(kinds)()

    def _id(self, name: str) -> str:
        return next(
            one for one, text in self.trusted.items() if text.startswith((f"query {name}(", f"query {name} "))
        )

    def _token(self) -> str:
        return self.random.choice(self.citizens).client.token

    async def _post(self, kind: str, token: str | None = None, **asked: object) -> None:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        self._note(kind, await self.http.post(f"{self.api.url}/graphql", json=asked, headers=headers))

    async def _expected(self, kind: str, doing: Awaitable[Any]) -> None:
        self.done[kind] += 1
        try:
            await doing
        except Exception as error:  # noqa: BLE001 - refusals are part of the mix; bugs are counted below
            self.refused["INTERNAL" if "INTERNAL" in str(error) else f"{kind}: {type(error).__name__}"] += 1

    async def _socket(self) -> None:
        self.done["socket"] += 1
        url = f"ws://127.0.0.1:{self.api.port}/graphql"
        try:
            async with (
                asyncio.timeout(20),
                connect(url, subprotocols=[Subprotocol("graphql-transport-ws")], close_timeout=1) as opened,
            ):
                await opened.send(
                    orjson.dumps(
                        {"type": "connection_init", "payload": {"authorization": f"Bearer {self._token()}"}}
                    ).decode()
                )
                await opened.recv()
                asked = {"documentId": self._id("Me")}
                await opened.send(orjson.dumps({"type": "subscribe", "id": "1", "payload": asked}).decode())
                await opened.recv()
        except (WebSocketException, OSError, TimeoutError) as error:
            self.refused[f"socket: {type(error).__name__}"] += 1

    def _note(self, kind: str, answer: httpx2.Response) -> None:
        self.done[kind] += 1
        if answer.status_code >= 500:
            self.refused["5xx"] += 1
        if b'"INTERNAL"' in answer.content:
            self.refused["INTERNAL"] += 1


def _mebibytes(process: psutil.Process) -> float:
    return float(process.memory_info().rss) / 2**20
