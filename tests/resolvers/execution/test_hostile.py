"""Whatever a request says: it is answered 2xx or 4xx, is no bug of ours, and costs little. ``make bench ONLY=fuzz`` goes on."""

import gc
import time
from collections.abc import AsyncIterator
from random import Random
from typing import Any
from uuid import UUID

import httpx2
import orjson
import pytest
from starlette.applications import Starlette

from backend.casework.catalogue.actions import publish_editions
from backend.casework.catalogue.demo import demo_editions
from backend.casework.catalogue.reports import Incoming, Place
from backend.casework.machine import Casework
from backend.domains import standards
from backend.errors import NotSignedIn, Text
from backend.kit.working_days import Calendar
from backend.places import DOCUMENTS
from backend.resources import Resources
from backend.viewer import Anonymous, Citizen, Officer, OfficerRole, Viewer
from resolvers.context import context_factory
from resolvers.execution.documents import read_operations
from resolvers.execution.http import graphql_routes
from resolvers.schema import schema
from tests.support.hostile import Attacker, Hostile

CPU_SECONDS = 0.3
REQUESTS = 30
WHO = UUID(int=7)
VIEWERS: dict[str | None, Any] = {
    None: Anonymous,
    "Bearer citizen": lambda language, address: Citizen(WHO, WHO, WHO, language, address),
    "Bearer officer": lambda language, address: Officer(
        WHO, WHO, WHO, "330521", frozenset(OfficerRole), language, address
    ),
}


async def _authenticate(authorization: str | None, language: str, address: str) -> Viewer:
    if authorization not in VIEWERS:
        raise NotSignedIn(Text("登录已失效。", "Your sign-in has expired."))
    viewer: Viewer = VIEWERS[authorization](language, address)
    return viewer


@pytest.fixture
async def work(resources: Resources) -> Casework:
    machine = Casework(resources=resources, standards=standards(), calendar=Calendar(), reactors=())
    drafts = [
        draft for draft in demo_editions(machine.standards) if "330521".startswith(draft.division.rstrip("0"))
    ]
    rows = [Incoming(Place(number), draft) for number, draft in enumerate(drafts, 1)]
    await publish_editions(machine, rows, actor="machine:test", digest="0" * 64)
    return machine


@pytest.fixture
async def http(work: Casework) -> AsyncIterator[httpx2.AsyncClient]:
    """The whole schema, where everybody speaks freely."""
    app = Starlette(
        routes=graphql_routes(
            schema, read_operations(DOCUMENTS), context_factory(_authenticate, work), development=True
        )
    )
    gc.collect()
    gc.freeze()  # as the API does: other tests' objects are not what a request costs
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=True)
    async with httpx2.AsyncClient(transport=transport, base_url="http://jinmin") as opened:
        await opened.post("/graphql", json={"query": "{ __typename }"})
        yield opened
    gc.unfreeze()


async def answered(http: httpx2.AsyncClient, request: Hostile, token: str | None) -> float:
    """CPU seconds that the request took; fails where the answer is not what it may be."""
    headers = {name: value for name, value in request.headers.items() if name != "host"}
    if token is not None:
        headers = {"authorization": token, **headers}
    begun = time.thread_time()
    answer = await http.request(
        request.method, f"/graphql?{request.query}", content=request.body, headers=headers
    )
    took = time.thread_time() - begun
    told = f"{request} -> {answer.status_code} {answer.text[:500]}"[:4000]
    assert answer.status_code < 500, told
    if answer.headers["content-type"].startswith("text/event-stream"):
        return took
    body = orjson.loads(answer.content)
    assert set(body) <= {"data", "errors"}, told
    for error in body.get("errors", ()):
        assert error["extensions"]["code"] not in {"INTERNAL", "TIMED_OUT"}, told
    if answer.status_code >= 400:
        assert body["errors"], told
    return took


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("token", VIEWERS, ids=["visitor", "citizen", "officer"])
async def test_no_request_breaks_or_occupies_the_server(
    http: httpx2.AsyncClient, token: str | None, seed: int
) -> None:
    attacker = Attacker(schema._schema, read_operations(DOCUMENTS))  # noqa: SLF001 - Strawberry has no public way to it
    requests = attacker.requests(Random(seed))
    for _ in range(REQUESTS):
        request = next(requests)
        took = await answered(http, request, token)
        assert took < CPU_SECONDS, f"{took:.2f} s: {request}"[:2000]
