"""Around every request: its id, its line, its measure, and headers that protect browsers."""

import re
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.types import Message
from starlette.websockets import WebSocket
from structlog.testing import capture_logs

from backend.database.record import current_request_id
from backend.web.metrics import Metrics
from backend.web.observe import SECURITY_HEADERS, Observe

PERSON = "110105194912310025"


async def told(_request: Request) -> Response:
    return PlainTextResponse(current_request_id())


async def own_header(_request: Request) -> Response:
    return PlainTextResponse("", headers={"x-frame-options": "SAMEORIGIN"})


async def fails(_request: Request) -> Response:
    raise ValueError(PERSON)


async def fails_late(_request: Request) -> Response:
    async def body() -> AsyncIterator[bytes]:
        yield b"begun"
        raise ValueError(PERSON)

    return StreamingResponse(body())


async def socket(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text(current_request_id())
    await websocket.close()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def app(metrics: Metrics) -> Starlette:
    return Starlette(
        routes=[
            Route("/told/{secret}", told),
            Route("/own", own_header),
            Route("/fails/{secret}", fails),
            Route("/late", fails_late),
            WebSocketRoute("/socket", socket),
        ],
        middleware=[Middleware(Observe, metrics=metrics)],
    )


@pytest.fixture
async def client(app: Starlette) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app), base_url="http://jinmin"
    ) as opened:
        yield opened


async def test_a_request_gets_an_id_that_its_code_and_its_sender_see(client: httpx2.AsyncClient) -> None:
    first, second = await client.get("/told/x"), await client.get("/told/x")
    assert re.fullmatch(r"[\w-]{32}", first.text)
    assert first.headers["x-request-id"] == first.text != second.text
    assert current_request_id() == ""


async def test_an_id_that_the_sender_chose_is_kept(client: httpx2.AsyncClient) -> None:
    chosen = uuid4().hex
    assert (await client.get("/told/x", headers={"x-request-id": chosen})).text == chosen


@pytest.mark.parametrize("chosen", ["short", "x" * 65, "a b c d e f g h", "<script>alert", "12345678\t"])
async def test_an_id_that_is_none_is_replaced(client: httpx2.AsyncClient, chosen: str) -> None:
    answer = await client.get("/told/x", headers={"x-request-id": chosen})
    assert re.fullmatch(r"[\w-]{32}", answer.text)


async def test_browsers_are_protected_unless_an_answer_says_otherwise(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/told/x")
    assert {name: answer.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
    assert (await client.get("/own")).headers["x-frame-options"] == "SAMEORIGIN"


async def test_the_line_has_the_template_and_never_what_was_asked(
    client: httpx2.AsyncClient, metrics: Metrics
) -> None:
    with capture_logs() as logs:
        await client.get(f"/told/{PERSON}?q={PERSON}", headers={"user-agent": PERSON})
        await client.get(f"/{PERSON}")
        await client.post("/told/x", content=PERSON)
    assert [(log["event"], log["route"], log["method"], log["status"]) for log in logs] == [
        ("request", "/told/{secret}", "GET", 200),
        ("request", "unmatched", "GET", 404),
        ("request", "/told/{secret}", "POST", 405),
    ]
    assert PERSON not in repr(logs)
    figures = (await metrics.text()).decode()
    assert PERSON not in figures
    assert 'jinmin_http_seconds_count{method="GET",route="/told/{secret}",status="200"} 1.0' in figures


async def test_a_bug_becomes_a_plain_answer_with_a_reference(
    client: httpx2.AsyncClient, metrics: Metrics
) -> None:
    with capture_logs() as logs:
        answer = await client.get(f"/fails/{PERSON}")
    assert answer.status_code == 500
    assert answer.text == f"Something went wrong. Reference: {answer.headers['x-request-id']}"
    assert {name: answer.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
    assert [(log["event"], log.get("status"), log["log_level"]) for log in logs] == [
        ("request_failed", None, "error"),
        ("request", 500, "info"),
    ]
    assert 'route="/fails/{secret}",status="500"' in (await metrics.text()).decode()


async def test_an_answer_that_breaks_off_is_not_made_whole(client: httpx2.AsyncClient) -> None:
    with capture_logs() as logs, pytest.raises(ValueError, match=PERSON):
        await client.get("/late")
    assert [log["event"] for log in logs] == ["request_failed", "request"]


async def test_a_socket_has_an_id_and_a_line(app: Starlette) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "websocket",
        "path": "/socket",
        "raw_path": b"/socket",
        "query_string": b"",
        "root_path": "",
        "scheme": "ws",
        "headers": [(b"x-request-id", b"socket-0001")],
        "subprotocols": [],
    }
    with capture_logs() as logs:
        await app(scope, receive, send)
    assert [message["type"] for message in sent] == ["websocket.accept", "websocket.send", "websocket.close"]
    assert sent[1]["text"] == "socket-0001"
    assert [(log["event"], log["route"], log["method"], log["status"]) for log in logs] == [
        ("request", "/socket", "WS", 101)
    ]


async def test_what_is_neither_passes_through(metrics: Metrics) -> None:
    seen: list[str] = []

    async def inner(scope: object, _receive: object, _send: object) -> None:
        assert isinstance(scope, dict)
        seen.append(scope["type"])

    with capture_logs() as logs:
        await Observe(inner, metrics)({"type": "lifespan"}, None, None)  # type: ignore[arg-type]  # nothing is sent
    assert (seen, logs) == (["lifespan"], [])
