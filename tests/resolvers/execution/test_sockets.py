import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest
import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from backend.database.shared import Shared
from backend.kit.drain import Drain
from resolvers.execution import sockets
from resolvers.execution.documents import document_id
from tests.resolvers import toy
from tests.resolvers.conftest import TRUSTED, served, toy_app
from tests.support.waiting import eventually

PROTOCOL = Subprotocol("graphql-transport-ws")
COUNT = "subscription($to: Int!) { counted(to: $to) { number loaded } }"


@pytest.fixture(scope="module")
async def address() -> AsyncIterator[str]:
    async with served(toy_app(development=True)) as found:
        yield found


def dial(address: str, **given: Any) -> connect:
    return connect(f"ws://{address}/graphql", subprotocols=[PROTOCOL], **given)


@asynccontextmanager
async def opened(
    address: str, token: str | None = "citizen", **given: Any
) -> AsyncIterator[ClientConnection]:
    async with asyncio.timeout(10), dial(address, **given) as connection:
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
        ({"documentId": "unknown"}, "PERSISTED_QUERY_NOT_FOUND"),
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
    async with dial(address) as connection:
        await tell(connection, type="connection_init", payload={"authorization": "Bearer stolen"})
        assert await code_of_closing(connection) == 4403


async def test_nothing_is_answered_before_the_init(address: str) -> None:
    async with dial(address) as connection:
        await tell(connection, type="subscribe", id="1", payload={"query": "{ hello }"})
        assert await code_of_closing(connection) == 4401


async def test_a_client_that_never_introduces_itself_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "INIT_SECONDS", 0.05)
    async with (
        served(toy_app(development=True)) as address,
        dial(address) as connection,
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
    async with connect(f"ws://{address}/graphql", subprotocols=[Subprotocol("graphql-ws")]) as connection:
        assert await code_of_closing(connection) == 4406


async def test_a_connection_has_a_limited_number_of_operations(address: str) -> None:
    async with opened(address) as connection:
        for number in range(sockets.MOST_OPERATIONS + 1):
            await tell(connection, type="subscribe", id=str(number), payload={"query": "{ sleepy }"})
        refusal = await hear(connection)
    assert (refusal["id"], refusal["type"]) == (str(sockets.MOST_OPERATIONS), "error")


# --- who may connect, and how often --------------------------------------------------------------


@pytest.mark.parametrize(
    ("origins", "origin", "admitted"),
    [
        ((), None, True),
        ((), "http://{host}", True),
        ((), "https://evil.example", False),
        ((), "null", False),
        (("https://h5.example",), "https://h5.example", True),
        (("https://h5.example",), "https://h5.example.evil", False),
        (("*",), "https://evil.example", True),
    ],
)
async def test_a_page_of_a_foreign_origin_may_not_connect(
    origins: tuple[str, ...], origin: str | None, admitted: bool
) -> None:
    async with served(toy_app(development=False, origins=origins)) as address:
        headers = {} if origin is None else {"Origin": origin.format(host=address)}
        if admitted:
            async with opened(address, additional_headers=headers):
                return
        with pytest.raises(InvalidStatus) as refusal:
            async with dial(address, additional_headers=headers):
                pass
        assert refusal.value.response.status_code == 403


async def test_a_viewer_has_a_limited_number_of_sockets_over_all_processes(
    shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "MOST_SOCKETS", 2)
    async with (
        served(toy_app(development=True, seats=shared.seats)) as one,
        served(toy_app(development=True, seats=shared.seats)) as two,
    ):
        async with opened(one), opened(two), dial(two) as third:
            await tell(third, type="connection_init", payload={"authorization": "Bearer citizen"})
            assert await code_of_closing(third) == 4429
            async with opened(two, "officer"):
                pass

        async def given_back() -> bool:
            return await shared.seats.count("socket", f"account:{toy.ACCOUNT}") == 0

        await eventually(given_back)
        async with opened(two):
            pass


async def test_a_viewer_has_a_limited_number_of_subscriptions_over_all_sockets(
    shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "MOST_SUBSCRIPTIONS", 1)
    waiting = {"query": "subscription { waited { id } }"}
    async with (
        served(toy_app(development=True, seats=shared.seats)) as address,
        opened(address) as one,
        opened(address) as two,
    ):
        await tell(one, type="subscribe", id="1", payload=waiting)
        toy.gate.set()
        assert (await hear(one))["type"] == "next"
        (refusal,) = await all_of(two, waiting)
        assert refusal["payload"][0]["extensions"]["code"] == "TOO_MANY_REQUESTS"
        assert (await all_of(two, {"query": "{ hello }"}))[-1]["type"] == "complete"
        await tell(one, type="complete", id="1")
        answers: list[Any] = []
        while not answers or answers[0]["type"] == "error":
            toy.gate.set()
            await tell(two, type="subscribe", id="2", payload=waiting)
            answers = [await hear(two)]
        assert answers[0]["type"] == "next"


async def test_a_flood_of_messages_closes_the_socket(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "MOST_MESSAGES", 50)
    async with opened(address) as connection:

        async def flood() -> None:
            for _ in range(200):
                await tell(connection, type="ping")
                await hear(connection)

        with pytest.raises(ConnectionClosed):
            await flood()
        assert connection.close_code == 1008


async def test_a_ping_is_answered_before_and_after_the_init(address: str) -> None:
    async with dial(address) as connection:
        await tell(connection, type="ping", payload={"a": 1})
        assert await hear(connection) == {"type": "pong"}
        await tell(connection, type="connection_init")
        assert await hear(connection) == {"type": "connection_ack"}
        await tell(connection, type="pong")
        await tell(connection, type="ping")
        assert await hear(connection) == {"type": "pong"}
        await tell(connection, type="connection_init")
        assert await code_of_closing(connection) == 4429


async def test_an_id_is_used_by_one_operation_at_a_time(address: str) -> None:
    async with opened(address) as connection:
        for _ in range(2):
            await tell(connection, type="subscribe", id="1", payload={"query": "{ sleepy }"})
        assert await code_of_closing(connection) == 4409


async def test_the_language_comes_with_the_init(address: str) -> None:
    async with dial(address) as connection:
        await tell(connection, type="connection_init", payload={"acceptLanguage": "en"})
        await hear(connection)
        (message, _) = await all_of(connection, {"query": "{ hello }"})
    assert message["payload"] == {"data": {"hello": "hello world en"}}


# --- going on after the connection was lost --------------------------------------------------------


async def test_a_subscription_goes_on_where_it_was_left(address: str) -> None:
    document = "subscription($since: String) { numbers(since: $since) }"
    async with opened(address, None) as connection:
        await tell(connection, type="subscribe", id="1", payload={"query": document})
        seen = [await hear(connection) for _ in range(2)]
    assert [message["payload"]["data"]["numbers"] for message in seen] == [1, 2]
    since = seen[-1]["payload"]["extensions"]["cursor"]
    async with opened(address, None) as connection:
        *rest, end = await all_of(connection, {"query": document, "variables": {"since": since}})
    assert [message["payload"]["data"]["numbers"] for message in rest] == [3, 4, 5]
    assert end["type"] == "complete"


async def test_a_mutation_is_finished_even_if_its_client_has_gone(address: str) -> None:
    toy.finished.clear()
    rename = 'mutation { renameSlowly(input: {number: "n", idempotencyKey: "key-0001"}) { __typename } }'
    async with opened(address) as connection:
        await tell(connection, type="subscribe", id="1", payload={"query": rename})
        await tell(connection, type="complete", id="1")
        await tell(connection, type="ping")
        assert await hear(connection) == {"type": "pong"}
    toy.slow.set()

    async def finished() -> bool:
        return bool(toy.finished)

    await eventually(finished)
    toy.slow.clear()
    assert toy.finished == ["n"]


async def test_when_the_process_ends_sockets_are_told_to_connect_again() -> None:
    drain = Drain()
    async with (
        served(toy_app(development=True, drain=drain)) as address,
        opened(address) as one,
        opened(address) as two,
    ):
        await tell(one, type="subscribe", id="1", payload={"query": "subscription { waited { id } }"})
        drain.begin()
        assert [await code_of_closing(one), await code_of_closing(two)] == [1012, 1012]
        with pytest.raises(InvalidStatus):
            async with dial(address):
                pass
