import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field

import pytest
import structlog
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from structlog.testing import capture_logs

from backend.errors import Unavailable
from integrations.transport import ATTEMPTS, Transport
from tests.support.sandbox import just, served


@dataclass(slots=True)
class Elsewhere:
    """A server that misbehaves by path, and remembers its calls."""

    url: str = ""
    calls: list[str] = field(default_factory=list)
    request_ids: list[str | None] = field(default_factory=list)

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/{what}", self.answer, methods=["GET", "POST"])])

    async def answer(self, request: Request) -> Response:
        what = request.path_params["what"]
        self.calls.append(what)
        self.request_ids.append(request.headers.get("x-request-id"))
        if what == "recovers" and self.calls.count(what) < ATTEMPTS:
            return Response(status_code=502)
        return ANSWERS.get(what, lambda: PlainTextResponse('{"count": 3}'))()


ANSWERS: dict[str, Callable[[], Response]] = {
    "redirect": lambda: RedirectResponse("/ok"),
    "broken": lambda: PlainTextResponse("personal detail", status_code=500),
    "busy": lambda: Response(status_code=503, headers={"retry-after": "7"}),
    "late": lambda: StreamingResponse(_late()),
    "refused": lambda: PlainTextResponse("no", status_code=422),
    "large": lambda: PlainTextResponse("x" * 1001),
    "drips": lambda: StreamingResponse(_drip()),
}


async def _drip() -> AsyncIterator[bytes]:
    for _ in range(100):
        yield b"x"
        await asyncio.sleep(0.05)


async def _late() -> AsyncIterator[bytes]:
    await asyncio.sleep(0.5)
    yield b"at last"


class Count(BaseModel):
    count: int


@pytest.fixture(scope="module")
def running() -> Iterator[Elsewhere]:
    server = Elsewhere()
    with served(just(server.app())) as url:
        server.url = url
        yield server


@pytest.fixture
def elsewhere(running: Elsewhere) -> Elsewhere:
    running.calls.clear()
    running.request_ids.clear()
    return running


@pytest.fixture
async def transport() -> AsyncIterator[Transport]:
    async with Transport(timeout=0.4, largest_answer=1000) as made:
        yield made


async def test_an_answer_below_500_is_the_adapters_to_judge(
    transport: Transport, elsewhere: Elsewhere
) -> None:
    answer = await transport.send("elsewhere", "GET", f"{elsewhere.url}/refused")

    assert (answer.status, answer.body) == (422, b"no")


async def test_an_answer_is_read_as_its_shape(transport: Transport, elsewhere: Elsewhere) -> None:
    answer = await transport.send("elsewhere", "GET", f"{elsewhere.url}/ok")

    assert answer.read(Count) == Count(count=3)


async def test_nonsense_is_not_quoted(transport: Transport, elsewhere: Elsewhere) -> None:
    answer = await transport.send("elsewhere", "GET", f"{elsewhere.url}/refused")

    with capture_logs() as logs, pytest.raises(Unavailable):
        answer.read(Count)

    assert logs == [
        {
            "event": "outbound_answer_malformed",
            "system": "elsewhere",
            "status": 422,
            "fields": [""],
            "log_level": "error",
        }
    ]


@pytest.mark.parametrize("what", ["redirect", "broken", "large", "drips"])
async def test_what_is_no_proper_answer_is_unavailable(
    transport: Transport, elsewhere: Elsewhere, what: str
) -> None:
    with pytest.raises(Unavailable) as refusal:
        await transport.send("elsewhere", "POST", f"{elsewhere.url}/{what}")

    assert elsewhere.calls == [what]
    assert elsewhere.url not in str(refusal.value)
    assert refusal.value.__cause__ is None


async def test_a_call_may_be_given_more_time(transport: Transport, elsewhere: Elsewhere) -> None:
    with pytest.raises(Unavailable):
        await transport.send("elsewhere", "GET", f"{elsewhere.url}/late")

    answer = await transport.send("elsewhere", "GET", f"{elsewhere.url}/late", timeout=5.0)

    assert answer.body == b"at last"


async def test_nobody_there_is_unavailable(transport: Transport, unused_tcp_port: int) -> None:
    with pytest.raises(Unavailable):
        await transport.send("elsewhere", "GET", f"http://127.0.0.1:{unused_tcp_port}/")


async def test_only_what_may_be_repeated_is_tried_again(transport: Transport, elsewhere: Elsewhere) -> None:
    with pytest.raises(Unavailable):
        await transport.send("elsewhere", "POST", f"{elsewhere.url}/recovers")
    assert elsewhere.calls == ["recovers"]
    elsewhere.calls.clear()

    answer = await transport.send("elsewhere", "POST", f"{elsewhere.url}/recovers", repeatable=True)

    assert answer.status == 200
    assert elsewhere.calls == ["recovers"] * ATTEMPTS


async def test_it_gives_up_and_says_when_to_come_back(transport: Transport, elsewhere: Elsewhere) -> None:
    with pytest.raises(Unavailable) as refusal:
        await transport.send("elsewhere", "GET", f"{elsewhere.url}/busy", repeatable=True)

    assert refusal.value.retry_after == 7
    assert elsewhere.calls == ["busy"] * ATTEMPTS


async def test_the_request_id_travels_along(transport: Transport, elsewhere: Elsewhere) -> None:
    with structlog.contextvars.bound_contextvars(request_id="r-1"):
        await transport.send("elsewhere", "GET", f"{elsewhere.url}/ok")
    await transport.send("elsewhere", "GET", f"{elsewhere.url}/ok")

    assert elsewhere.request_ids == ["r-1", None]


async def test_one_event_a_call_without_address_query_or_body(
    transport: Transport, elsewhere: Elsewhere, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    with capture_logs() as logs:
        await transport.send(
            "elsewhere", "POST", f"{elsewhere.url}/ok", params={"secret": "s3cret"}, content=b"a name"
        )

    assert [sorted(log) for log in logs] == [
        ["attempt", "event", "log_level", "method", "milliseconds", "outcome", "system"]
    ]
    said = f"{logs} {caplog.text}"
    assert "s3cret" not in said
    assert "a name" not in said
    assert elsewhere.url not in said


async def test_a_cancelled_call_is_still_told(transport: Transport, elsewhere: Elsewhere) -> None:
    with capture_logs() as logs, pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await transport.send("elsewhere", "GET", f"{elsewhere.url}/drips")

    assert [log["outcome"] for log in logs] == ["cancelled"]
