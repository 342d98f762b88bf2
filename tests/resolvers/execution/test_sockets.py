import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest
import structlog
import uvicorn
from starlette.types import ASGIApp
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from resolvers.execution import sockets
from resolvers.execution.documents import document_id
from tests.resolvers import toy
from tests.resolvers.conftest import TRUSTED, toy_app

PROTOCOL = Subprotocol("graphql-transport-ws")
COUNT = "subscription($to: Int!) { counted(to: $to) { number loaded } }"


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", ws="websockets-sansio"))
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"ws://127.0.0.1:{listener.getsockname()[1]}/graphql"
    finally:
        server.should_exit = True
        await running


@pytest.fixture(scope="module")
async def address() -> AsyncIterator[str]:
    async with served(toy_app(development=True)) as found:
        yield found


@asynccontextmanager
async def opened(address: str, token: str | None = "citizen") -> AsyncIterator[ClientConnection]:
    async with asyncio.timeout(10), connect(address, subprotocols=[PROTOCOL]) as connection:
        payload = {} if token is None else {"authorization": f"Bearer {token}"}
        await tell(connection, type="connection_init", payload=payload)
        assert await hear(connection) == {"type": "connection_ack"}
        yield connection


async def tell(connection: ClientConnection, **message: object) -> None:
    await connection.send(orjson.dumps(message).decode())


async def hear(connection: ClientConnection) -> Any:
    return orjson.loads(await connection.recv())


async def all_of(connection: ClientConnection, payload: object) -> list[Any]:
    await tell(connection, type="subscribe", id="1", payload=payload)
    messages = [await hear(connection)]
    while messages[-1]["type"] == "next":
        messages.append(await hear(connection))
    return messages


async def code_of_closing(connection: ClientConnection) -> int | None:
    await connection.wait_closed()
    return connection.close_code


async def test_every_event_arrives_and_loads_anew(address: str) -> None:
    toy.loads.clear()
    async with opened(address) as connection:
        messages = await all_of(connection, {"query": COUNT, "variables": {"to": 2}})
    assert messages == [
        {"id": "1", "type": "next", "payload": {"data": {"counted": {"number": "case-0", "loaded": 100}}}},
        {"id": "1", "type": "next", "payload": {"data": {"counted": {"number": "case-1", "loaded": 101}}}},
        {"id": "1", "type": "complete"},
    ]
    assert toy.loads == [[toy.CASES[0].id], [toy.CASES[1].id]]


async def test_queries_and_mutations_are_answered_too(address: str) -> None:
    async with opened(address, None) as connection:
        messages = await all_of(connection, {"query": "{ hello }"})
    assert messages[0]["payload"] == {"data": {"hello": "hello world zh-CN"}}


async def test_a_trusted_document_is_asked_for_by_id() -> None:
    async with served(toy_app(development=False)) as address, opened(address) as connection:
        payload = {"documentId": document_id(TRUSTED), "variables": {"name": "you"}}
        assert (await all_of(connection, payload))[0]["payload"] == {"data": {"hello": "hello you zh-CN"}}
        (refusal,) = await all_of(connection, {"query": "{ hello }"})
    assert refusal["type"] == "error"
    assert refusal["payload"][0]["extensions"] == {"code": "DOCUMENT_NOT_TRUSTED"}


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"query": "{ hell }"}, "DOCUMENT_INVALID"),
        ({"query": "{ hello"}, "DOCUMENT_INVALID"),
        ({"query": "query A { hello } query B { hello }"}, "BAD_REQUEST"),
        ({"query": COUNT, "variables": {"to": "x"}}, "BAD_VARIABLES"),
        ({"documentId": "unknown"}, "DOCUMENT_UNKNOWN"),
    ],
)
async def test_an_operation_that_cannot_start_ends_with_an_error(
    address: str, payload: dict[str, object], code: str
) -> None:
    async with opened(address) as connection:
        (message,) = await all_of(connection, payload)
        assert message["type"] == "error"
        assert [error["extensions"]["code"] for error in message["payload"]] == [code]
        assert (await all_of(connection, {"query": "{ hello }"}))[-1]["type"] == "complete"


async def test_a_visitor_may_not_subscribe_where_sign_in_is_asked(address: str) -> None:
    async with opened(address, None) as connection:
        (message,) = await all_of(connection, {"query": COUNT, "variables": {"to": 2}})
    assert (message["type"], message["payload"][0]["extensions"]) == ("error", {"code": "UNAUTHENTICATED"})


async def test_a_refusal_of_the_generator_is_shown_and_its_bug_is_masked(address: str) -> None:
    with structlog.testing.capture_logs() as logs:
        async with opened(address) as connection:
            (refusal,) = await all_of(connection, {"query": COUNT, "variables": {"to": 0}})
            *_, bug, end = await all_of(connection, {"query": COUNT, "variables": {"to": 99}})
    assert refusal["payload"][0] == {"message": "不可以。", "extensions": {"code": "FORBIDDEN"}}
    assert bug["payload"]["errors"][0]["extensions"]["code"] == "INTERNAL"
    assert end == {"id": "1", "type": "complete"}
    assert [entry["event"] for entry in logs if entry["event"] == "graphql_bug"] == ["graphql_bug"]
    assert "secret" not in str(bug) + str(logs)


async def test_a_subscription_ends_when_its_token_does(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(toy.TOKENS, "Bearer short", toy.TOKENS["Bearer citizen"])
    async with opened(address, "short") as connection:
        await tell(
            connection, type="subscribe", id="1", payload={"query": "subscription { waited { number } }"}
        )
        toy.gate.set()
        assert (await hear(connection))["type"] == "next"
        monkeypatch.delitem(toy.TOKENS, "Bearer short")
        toy.gate.set()
        last = await hear(connection)
    assert last["payload"]["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}


async def test_a_bad_token_closes_the_socket(address: str) -> None:
    async with connect(address, subprotocols=[PROTOCOL]) as connection:
        await tell(connection, type="connection_init", payload={"authorization": "Bearer stolen"})
        assert await code_of_closing(connection) == 4403


async def test_nothing_is_answered_before_the_init(address: str) -> None:
    async with connect(address, subprotocols=[PROTOCOL]) as connection:
        await tell(connection, type="subscribe", id="1", payload={"query": "{ hello }"})
        assert await code_of_closing(connection) == 4401


async def test_a_client_that_never_introduces_itself_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "INIT_SECONDS", 0.05)
    async with (
        served(toy_app(development=True)) as address,
        connect(address, subprotocols=[PROTOCOL]) as connection,
    ):
        assert await code_of_closing(connection) == 4408


@pytest.mark.parametrize(
    "message",
    [
        "",
        "null",
        "5",
        "[]",
        '"text"',
        "{}",
        '{"type": 5}',
        '{"type": ["subscribe"]}',
        '{"type": "unknown"}',
        '{"type": "subscribe"}',
        '{"type": "subscribe", "id": 5, "payload": {"query": "{ hello }"}}',
        '{"type": "subscribe", "id": ["1"], "payload": {"query": "{ hello }"}}',
        '{"type": "subscribe", "id": "1", "payload": null}',
        '{"type": "subscribe", "id": "1", "payload": []}',
        '{"type": "subscribe", "id": "1", "payload": {}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": 5}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ hello }", "variables": []}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ hello }", "variables": {"a": "\\u0000"}}}',
        '{"type": "complete", "id": ["1"]}',
        '{"type": "complete"}',
        '{"a":' * 5000,
        "[" * 5000 + "]" * 5000,
        '{"type": "ping", "payload": "' + "x" * 300_000 + '"}',
        b"\x00\x01",
    ],
    ids=lambda message: str(message)[:40],
)
async def test_a_malformed_message_closes_the_socket_with_4400(address: str, message: str | bytes) -> None:
    with structlog.testing.capture_logs() as logs:
        async with opened(address) as connection:
            await connection.send(message)
            assert await code_of_closing(connection) == 4400
    assert logs == []


async def test_another_protocol_is_not_spoken(address: str) -> None:
    async with connect(address, subprotocols=[Subprotocol("graphql-ws")]) as connection:
        assert await code_of_closing(connection) == 4406


async def test_a_connection_has_a_limited_number_of_operations(address: str) -> None:
    async with opened(address) as connection:
        for number in range(sockets.MOST_OPERATIONS + 1):
            await tell(connection, type="subscribe", id=str(number), payload={"query": "{ sleepy }"})
        refusal = await hear(connection)
    assert (refusal["id"], refusal["type"]) == (str(sockets.MOST_OPERATIONS), "error")
