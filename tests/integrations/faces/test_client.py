"""The API's side: what it sends, and what it makes of a service that is busy, slow, broken or away."""

import asyncio
import socket
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import orjson
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from structlog.testing import capture_logs

from backend.errors import ProblemCode, TooMany, Unavailable
from backend.ports import (
    FaceEnrolment,
    FaceMotion,
    FaceOutcome,
    FaceService,
    FaceTemplate,
    FaceVerdict,
)
from integrations.faces.client import FaceServiceClient
from integrations.transport import Transport
from tests.support.sandbox import just, served

FRAMES = [b"\xff\xd8\xff a frame", b"\xff\xd8\xff another"]
REFERENCE = b"\x89PNG the reference"
TEMPLATE = FaceTemplate("dlib-resnet-v1", bytes(range(256)) * 2, bytes(range(32)))
MATCH = b'{"outcome":"MATCH","model":"m@1"}'


@dataclass(slots=True)
class Service:
    """Answers what a test put into ``says``, and remembers what it was asked."""

    url: str = ""
    says: Response = field(default_factory=lambda: PlainTextResponse(MATCH))
    delay: float = 0.0
    asked: list[tuple[str, str | None, dict[str, object]]] = field(default_factory=list)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v1/{question}", self.answer, methods=["POST"]),
                Route("/readyz", self.ready),
            ]
        )

    async def answer(self, request: Request) -> Response:
        question = request.path_params["question"]
        body = orjson.loads(await request.body())
        self.asked.append((question, request.headers.get("authorization"), body))
        await asyncio.sleep(self.delay)
        return self.says

    async def ready(self, _request: Request) -> Response:
        await asyncio.sleep(self.delay)
        return self.says


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()
    with served(just(made.app())) as url:
        made.url = url
        yield made


@pytest.fixture
async def transport() -> AsyncIterator[Transport]:
    async with Transport() as made:
        yield made


@pytest.fixture
def faces(transport: Transport, service: Service) -> FaceService:
    return FaceServiceClient(transport, base_url=service.url, key="secret", timeout=0.5)


async def test_a_verification_sends_frames_reference_and_motions_with_the_key(
    faces: FaceService, service: Service
) -> None:
    motions = (FaceMotion.FRONT, FaceMotion.TURN_LEFT)
    assert await faces.verify(frames=FRAMES, reference=REFERENCE, motions=motions) == FaceVerdict(
        FaceOutcome.MATCH, "m@1"
    )
    assert service.asked == [
        (
            "verify",
            "Bearer secret",
            {
                "frames": ["_9j_IGEgZnJhbWU=", "_9j_IGFub3RoZXI="],
                "reference": "iVBORyB0aGUgcmVmZXJlbmNl",
                "motions": ["FRONT", "TURN_LEFT"],
            },
        )
    ]


async def test_an_enrolment_gives_the_template_of_a_match(faces: FaceService, service: Service) -> None:
    service.says = PlainTextResponse(
        orjson.dumps(
            {
                "outcome": "MATCH",
                "model": "dlib-resnet-v1@0.060",
                "template": {
                    "model": "dlib-resnet-v1",
                    "rotated": urlsafe_b64encode(TEMPLATE.rotated).decode(),
                    "secret": urlsafe_b64encode(TEMPLATE.secret).decode(),
                },
            }
        )
    )
    made = await faces.enrol(frames=FRAMES, reference=REFERENCE, motions=())
    assert made == FaceEnrolment(FaceOutcome.MATCH, "dlib-resnet-v1@0.060", TEMPLATE)
    assert [question for question, _, _ in service.asked] == ["enrol"]


async def test_an_enrolment_that_does_not_match_has_no_template(faces: FaceService, service: Service) -> None:
    service.says = PlainTextResponse('{"outcome":"MISMATCH","model":"m@1"}')
    made = await faces.enrol(frames=FRAMES, reference=REFERENCE, motions=())
    assert made == FaceEnrolment(FaceOutcome.MISMATCH, "m@1", None)


async def test_a_comparison_sends_both_halves_of_the_template_and_no_reference(
    faces: FaceService, service: Service
) -> None:
    service.says = PlainTextResponse('{"outcome":"TEMPLATE_OUTDATED","model":"m@2"}')
    verdict = await faces.compare(frames=FRAMES, template=TEMPLATE, motions=())
    assert verdict == FaceVerdict(FaceOutcome.TEMPLATE_OUTDATED, "m@2")
    [(question, _, body)] = service.asked
    assert (question, sorted(body)) == ("compare", ["frames", "motions", "template"])


async def ask(faces: FaceService) -> FaceVerdict:
    return await faces.verify(frames=FRAMES, reference=REFERENCE, motions=())


@pytest.mark.parametrize(("told", "wait"), [("7", 7.0), (None, 5.0), ("Wed, 25 Nov 2026 07:28:00 GMT", 5.0)])
async def test_a_busy_service_is_too_many_with_the_time_to_come_back(
    faces: FaceService, service: Service, told: str | None, wait: float
) -> None:
    service.says = Response(status_code=429, headers={} if told is None else {"retry-after": told})
    with pytest.raises(TooMany) as refusal:
        await ask(faces)
    assert (refusal.value.code, refusal.value.retry_after) == (ProblemCode.BUSY, wait)
    assert len(service.asked) == 1


@pytest.mark.parametrize("status", [400, 401, 404, 408, 413, 500, 503, 302])
async def test_everything_but_a_verdict_is_unavailable_and_not_sent_again(
    faces: FaceService, service: Service, status: int
) -> None:
    service.says = Response(status_code=status, headers={"location": "/v1/verify"})
    with pytest.raises(Unavailable) as refusal:
        await ask(faces)
    assert refusal.value.code is ProblemCode.UPSTREAM_UNAVAILABLE
    assert len(service.asked) == 1


@pytest.mark.parametrize(
    "said",
    [b"", b"{}", b"<html>", b'{"outcome":"SURE","model":"m"}', MATCH[:-1] + b',"distance":0.01}'],
)
async def test_nonsense_is_unavailable_and_is_not_quoted(
    faces: FaceService, service: Service, said: bytes
) -> None:
    service.says = PlainTextResponse(said)
    with capture_logs() as logs, pytest.raises(Unavailable) as refusal:
        await ask(faces)
    assert "SURE" not in f"{refusal.value} {logs}"


async def test_a_service_that_takes_too_long_is_unavailable(faces: FaceService, service: Service) -> None:
    service.delay = 1.5
    with pytest.raises(Unavailable):
        await ask(faces)
    assert len(service.asked) == 1


async def test_a_service_that_is_down_is_unavailable_and_not_ready(transport: Transport) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    faces = FaceServiceClient(transport, base_url=f"http://127.0.0.1:{port}", key="secret")
    with pytest.raises(Unavailable):
        await ask(faces)
    assert await faces.ready() is False


async def test_readiness_is_what_the_service_says_in_time(faces: FaceService, service: Service) -> None:
    assert await faces.ready() is True
    service.says = Response(status_code=503)
    assert await faces.ready() is False
    service.says = PlainTextResponse("{}")
    service.delay = 2.0
    assert await faces.ready() is False


async def test_no_picture_and_no_key_reach_the_log(faces: FaceService) -> None:
    with capture_logs() as logs:
        await ask(faces)
    assert [entry["event"] for entry in logs] == ["outbound_call"]
    assert not any(secret in repr(logs) for secret in ("a frame", "_9j_", "iVBOR", "secret"))


def test_a_template_does_not_show_its_halves() -> None:
    assert repr(TEMPLATE) == "FaceTemplate(model='dlib-resnet-v1')"
