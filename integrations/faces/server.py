"""The face service over plain HTTP: authenticated, bounded, silent about pictures."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hmac import compare_digest

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from integrations.faces.challenge import MODEL
from integrations.faces.messages import LARGEST_BODY, AgainstReference, Verdict
from integrations.faces.supervisor import BusyError, Supervisor, WorkerLostError


def create_face_app(supervisor: Supervisor, key: str) -> Starlette:
    """``POST /v1/verify`` for whoever has the key; ``/healthz``, ``/readyz``, ``/metrics`` for operators."""
    registry = CollectorRegistry()
    outcomes = Counter("jinmin_face_outcomes", "Verifications.", ("outcome",), registry=registry)
    warm = Gauge("jinmin_face_workers_warm", "Loaded workers.", registry=registry)
    warm.set_function(lambda: supervisor.warm)
    replaced = Gauge("jinmin_face_workers_replaced", "Workers lost and replaced.", registry=registry)
    replaced.set_function(lambda: supervisor.replaced)

    async def verify(request: Request) -> Response:
        given = request.headers.get("authorization", "")
        if not compare_digest(given.encode(), f"Bearer {key}".encode()):
            outcomes.labels("UNAUTHORISED").inc()
            return Response(status_code=401)
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST_BODY:
                return Response(status_code=413)
        try:
            question = AgainstReference.model_validate_json(bytes(body))
        except ValidationError:
            return JSONResponse({"code": "BAD_REQUEST"}, status_code=400)
        try:
            outcome = await supervisor.ask(question.frames, question.reference, question.motions)
        except BusyError as busy:
            outcomes.labels("BUSY").inc()
            return Response(status_code=429, headers={"Retry-After": str(round(busy.retry_after))})
        except WorkerLostError:
            outcomes.labels("LOST").inc()
            return Response(status_code=503)
        outcomes.labels(outcome.value).inc()
        return JSONResponse(Verdict(outcome=outcome, model=MODEL).model_dump(mode="json"))

    async def healthy(_request: Request) -> Response:
        return JSONResponse({"alive": True})

    async def ready(_request: Request) -> Response:
        state = {"warm": supervisor.warm, "wanted": supervisor.size}
        return JSONResponse(state, status_code=200 if supervisor.warm else 503)

    async def figures(_request: Request) -> Response:
        return Response(generate_latest(registry), media_type="text/plain; version=0.0.4")

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        supervisor.start()
        try:
            yield
        finally:
            await supervisor.stop()

    return Starlette(
        routes=[
            Route("/v1/verify", verify, methods=["POST"]),
            Route("/healthz", healthy),
            Route("/readyz", ready),
            Route("/metrics", figures),
        ],
        lifespan=lifespan,
    )
