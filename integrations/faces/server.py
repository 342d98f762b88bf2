"""The face service over plain HTTP: authenticated, bounded, silent about pictures."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hmac import compare_digest

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from backend.kit.ids import new_nonce
from backend.kit.tally import Tally
from integrations.faces.messages import LARGEST_BODY, UNREADABLE, GateRefusal, Question, Refusals, Verdict
from integrations.faces.supervisor import BusyError, Supervisor, WorkerLostError

log = structlog.get_logger()

READ_LIMIT = 10.0
"""Seconds in which a question must have arrived: a slow sender must not hold a place."""


class _Refused(Exception):
    """A request that never came to a verdict: why, as counted and logged, and how it is answered."""

    def __init__(self, why: str, status: int, retry_after: int | None = None) -> None:
        self.why = why
        self.status = status
        self.headers = None if retry_after is None else {"Retry-After": str(retry_after)}
        super().__init__(why)


def create_face_app(supervisor: Supervisor, key: str, *, read_limit: float = READ_LIMIT) -> Starlette:
    """``POST /v1/{verify,enrol,compare}`` for whoever has the key; health and figures for operators."""
    desk = Desk(supervisor, key, read_limit)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        supervisor.start()
        try:
            yield
        finally:
            await supervisor.stop()

    return Starlette(
        routes=[
            Route("/v1/refusals", desk.refusals, methods=["GET"]),
            *(Route(f"/v1/{question}", desk.answers(question), methods=["POST"]) for question in Question),
            Route("/healthz", desk.healthy),
            Route("/readyz", desk.ready),
            Route("/metrics", desk.metrics),
        ],
        lifespan=lifespan,
    )


@dataclass(slots=True)
class Desk:
    """Takes questions in, hands them to a worker unread, and counts what becomes of them."""

    supervisor: Supervisor
    key: str = field(repr=False)
    read_limit: float
    _registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    _outcomes: Counter = field(init=False)
    _process: str = field(default_factory=new_nonce)
    _refused: Tally = field(default_factory=Tally)

    def __post_init__(self) -> None:
        """Figures of its own: several desks may live in one process."""
        self._outcomes = Counter(
            "jinmin_face_outcomes",
            "Questions by what became of them.",
            ("question", "outcome"),
            registry=self._registry,
        )
        warm = Gauge("jinmin_face_workers_warm", "Loaded workers.", registry=self._registry)
        warm.set_function(lambda: self.supervisor.warm)
        replaced = Gauge(
            "jinmin_face_workers_replaced", "Workers lost and replaced.", registry=self._registry
        )
        replaced.set_function(lambda: self.supervisor.replaced)

    def answers(self, question: Question) -> Callable[[Request], Awaitable[Response]]:
        """The endpoint of one question."""

        async def endpoint(request: Request) -> Response:
            given = request.headers.get("x-request-id")
            with structlog.contextvars.bound_contextvars(**{"request_id": given} if given else {}):
                try:
                    verdict = await self._verdict(request, question)
                except _Refused as refused:
                    return self._refuse(request, question, refused)
            self._outcomes.labels(question, verdict.outcome).inc()
            return Response(verdict.model_dump_json(exclude_none=True), media_type="application/json")

        return endpoint

    async def healthy(self, _request: Request) -> Response:
        """Alive."""
        return JSONResponse({"alive": True})

    async def ready(self, _request: Request) -> Response:
        """Whether at least one worker is warm."""
        state = {"warm": self.supervisor.warm, "wanted": self.supervisor.size}
        return JSONResponse(state, status_code=200 if self.supervisor.warm else 503)

    async def metrics(self, _request: Request) -> Response:
        """Figures in Prometheus' text format."""
        return Response(generate_latest(self._registry), media_type="text/plain; version=0.0.4")

    async def refusals(self, request: Request) -> Response:
        """What was refused, as sums, for the house to put on record: this service has no database."""
        if not self._admits(request):
            return self._refuse(request, "refusals", _Refused(GateRefusal.UNAUTHORISED, 401))
        sums = {kind: self._refused.of(kind) for kind in GateRefusal}
        told = Refusals(process=self._process, sums=sums)
        return Response(told.model_dump_json(), media_type="application/json")

    def _refuse(self, request: Request, question: str, refused: _Refused) -> Response:
        """Count and log it; the answer."""
        self._outcomes.labels(question, refused.why).inc()
        self._refused.add(refused.why)
        caller = request.client.host if request.client else None
        log.warning("face_request_refused", question=question, why=refused.why, caller=caller)
        return Response(status_code=refused.status, headers=refused.headers)

    def _admits(self, request: Request) -> bool:
        given = request.headers.get("authorization", "")
        return compare_digest(given.encode(), f"Bearer {self.key}".encode())

    async def _verdict(self, request: Request, question: Question) -> Verdict:
        """Raises ``_Refused``. Nothing is read from whoever lacks the key or a place."""
        if not self._admits(request):
            raise _Refused(GateRefusal.UNAUTHORISED, 401)
        try:
            with self.supervisor.place():
                answer = await self.supervisor.ask(question, await _body(request, self.read_limit))
        except BusyError as busy:
            raise _Refused("BUSY", 429, busy.retry_after) from None
        except WorkerLostError:
            raise _Refused("LOST", 503) from None
        if answer == UNREADABLE:
            raise _Refused(GateRefusal.UNREADABLE, 400)
        try:
            # What a worker says is checked: it handles what strangers sent.
            return Verdict.model_validate_json(answer)
        except ValidationError:
            raise _Refused("LOST", 503) from None


async def _body(request: Request, limit: float) -> bytes:
    """The whole body, in memory, within ``limit`` seconds. Raises ``_Refused``."""
    announced = request.headers.get("content-length", "0")
    if not announced.isdecimal() or int(announced) > LARGEST_BODY:
        raise _Refused(GateRefusal.TOO_LARGE, 413)
    body = bytearray()
    try:
        async with asyncio.timeout(limit):
            async for chunk in request.stream():
                body += chunk
                if len(body) > LARGEST_BODY:
                    raise _Refused(GateRefusal.TOO_LARGE, 413)
    except TimeoutError:
        raise _Refused(GateRefusal.TOO_SLOW, 408) from None
    except ClientDisconnect:
        raise _Refused("GONE", 400) from None
    return bytes(body)
