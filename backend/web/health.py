"""What operators and other machines ask: alive, ready, figures, public keys."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from backend.web.metrics import Metrics

log = structlog.get_logger()

Check = Callable[[], Awaitable[None]]
"""Returns when all is well and raises otherwise."""

PATIENCE = 2.0
"""Seconds a check may take."""


def health_routes(
    checks: Mapping[str, Check], metrics: Metrics, jwks: Callable[[], Mapping[str, Any]]
) -> list[Route]:
    """``/healthz``, ``/readyz``, ``/metrics``, ``/.well-known/jwks.json``."""

    async def healthy(_request: Request) -> Response:
        return JSONResponse({"alive": True})

    async def ready(_request: Request) -> Response:
        results = await asyncio.gather(*(_holds(name, check) for name, check in checks.items()))
        found = dict(zip(checks, results, strict=True))
        return JSONResponse(
            {name: "ok" if well else "failing" for name, well in found.items()},
            status_code=200 if all(results) else 503,
        )

    async def figures(_request: Request) -> Response:
        return Response(await metrics.text(), media_type="text/plain; version=0.0.4")

    async def keys(_request: Request) -> Response:
        return JSONResponse(jwks(), headers={"Cache-Control": "public, max-age=300"})

    return [
        Route("/healthz", healthy),
        Route("/readyz", ready),
        Route("/metrics", figures),
        Route("/.well-known/jwks.json", keys),
    ]


async def _holds(name: str, check: Check) -> bool:
    try:
        await asyncio.wait_for(check(), PATIENCE)
    except Exception as error:  # noqa: BLE001 - whatever it is, the part is not ready
        log.warning("not_ready", part=name, exception=type(error).__name__)
        return False
    return True
