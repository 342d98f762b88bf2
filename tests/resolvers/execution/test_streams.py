from collections.abc import AsyncIterator
from typing import Any

import httpx2
import orjson
import pytest
import structlog

from backend.database.shared import Shared
from backend.kit.drain import Drain
from resolvers.execution import sockets, streams
from tests.resolvers import toy
from tests.resolvers.conftest import served, toy_app
from tests.support.waiting import eventually

SIGNED_IN = {"accept": "text/event-stream", "authorization": "Bearer citizen"}
NUMBERS = "subscription($since: String) { numbers(since: $since) }"
WAITED = {"query": "subscription { waited { id } }"}


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    async with served(toy_app(development=True)) as address, talking_to(address) as opened:
        yield opened


def talking_to(address: str) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=f"http://{address}", timeout=10)


def events(text: str) -> list[tuple[str, Any, str | None]]:
    found = []
    for block in text.removesuffix("\n\n").split("\n\n"):
        lines = dict(line.split(":", 1) for line in block.split("\n"))
        if "event" not in lines:
            assert block == ":"
            continue
        data = lines["data"].strip()
        found.append(
            (
                lines["event"].strip(),
                orjson.loads(data) if data else None,
                lines.get("id", "").strip() or None,
            )
        )
    return found


async def stream(http: httpx2.AsyncClient, body: object, **headers: str) -> list[tuple[str, Any, str | None]]:
    answer = await http.post("/graphql", json=body, headers={**SIGNED_IN, **headers})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert answer.headers["cache-control"] == "no-store"
    return events(answer.text)


async def test_every_answer_is_an_event_and_the_end_is_told(http: httpx2.AsyncClient) -> None:
    found = await stream(http, {"query": "subscription { counted(to: 2) { number } }"})
    assert found == [
        ("next", {"data": {"counted": {"number": "case-0"}}}, None),
        ("next", {"data": {"counted": {"number": "case-1"}}}, None),
        ("complete", None, None),
    ]


async def test_queries_and_mutations_are_answered_too(http: httpx2.AsyncClient) -> None:
    found = await stream(http, {"query": "{ hello }"})
    assert found == [("next", {"data": {"hello": "hello world zh-CN"}}, None), ("complete", None, None)]


async def test_a_stream_is_resumed_by_the_id_of_its_last_event(http: httpx2.AsyncClient) -> None:
    first = await stream(http, {"query": NUMBERS})
    assert [data["data"]["numbers"] for kind, data, _ in first if kind == "next"] == [1, 2, 3, 4, 5]
    third = first[2]
    assert third[2] == third[1]["extensions"]["cursor"]
    rest = await stream(http, {"query": NUMBERS}, **{"last-event-id": str(third[2])})
    assert [data["data"]["numbers"] for kind, data, _ in rest if kind == "next"] == [4, 5]
    whole = await stream(http, {"query": "subscription { numbers }"}, **{"last-event-id": str(third[2])})
    assert len(whole) == 6


async def test_a_stream_can_be_asked_for_by_get(http: httpx2.AsyncClient) -> None:
    answer = await http.get("/graphql", params={"query": NUMBERS}, headers={"accept": "text/event-stream"})
    assert len(events(answer.text)) == 6


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (
            {"query": "subscription { counted(to: 1) { id } }"},
            {"authorization": "Bearer stolen"},
            401,
            "UNAUTHENTICATED",
        ),
        ({"query": "subscription { nothing }"}, {}, 400, "DOCUMENT_INVALID"),
        ({}, {}, 400, "BAD_REQUEST"),
    ],
)
async def test_what_cannot_begin_is_an_ordinary_refusal(
    http: httpx2.AsyncClient, body: object, headers: dict[str, str], status: int, code: str
) -> None:
    answer = await http.post("/graphql", json=body, headers={"accept": "text/event-stream", **headers})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json; charset=utf-8")
    assert answer.json()["errors"][0]["extensions"]["code"] == code


async def test_a_bug_in_the_stream_is_masked(http: httpx2.AsyncClient) -> None:
    with structlog.testing.capture_logs() as logs:
        found = await stream(http, {"query": "subscription { counted(to: 99) { id } }"})
    assert found[-2][1]["errors"][0]["extensions"]["reference"] == logs[0]["reference"]
    assert found[-1][0] == "complete"


async def test_silence_is_filled_with_comments(
    http: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "HEARTBEAT_SECONDS", 0.01)
    async with http.stream("POST", "/graphql", json=WAITED, headers=SIGNED_IN) as answer:
        assert await anext(answer.aiter_text()) == ":\n\n"


async def test_when_the_process_ends_a_stream_ends_without_its_complete() -> None:
    drain = Drain()
    async with (
        served(toy_app(development=True, drain=drain)) as address,
        talking_to(address) as http,
        http.stream("POST", "/graphql", json=WAITED, headers=SIGNED_IN) as answer,
    ):
        drain.begin()
        assert [chunk async for chunk in answer.aiter_text()] == []


async def test_a_client_that_goes_ends_its_subscription(
    shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "MOST_SUBSCRIPTIONS", 1)
    async with (
        served(toy_app(development=True, seats=shared.seats)) as address,
        talking_to(address) as http,
    ):
        async with http.stream("POST", "/graphql", json=WAITED, headers=SIGNED_IN) as answer:
            assert answer.status_code == 200
            second = await http.post("/graphql", json=WAITED, headers=SIGNED_IN)
            assert second.status_code == 429
            assert second.json()["errors"][0]["extensions"] == {"code": "TOO_MANY_REQUESTS"}

        async def free() -> bool:
            return await shared.seats.count("subscription", f"account:{toy.ACCOUNT}") == 0

        await eventually(free)
