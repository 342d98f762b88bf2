"""Where provinces call back: signature, stamp and nonce first, then the message is kept."""

from collections.abc import Callable

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from backend.casework.machine import Casework
from backend.errors import Forbidden, Invalid, NotFound, Refusal
from backend.exchange.inbound import receive
from backend.kit import clock

log = structlog.get_logger()

MAX_BODY = 1024 * 1024
NONCE_SECONDS = 15 * 60
"""Longer than a stamp is good for, so that a replay meets either a known nonce or a stale stamp."""

Counted = Callable[[str, str], None]
"""Counts one callback by region and outcome."""


def callback_routes(work: Casework, counted: Counted) -> list[Route]:
    """``POST /callbacks/provinces/{region}``."""

    async def province_callback(request: Request) -> Response:
        region = request.path_params["region"]
        connector = work.resources.ports.provinces.get(region)
        if connector is None:
            return _answer(counted, "unknown", 404, "NOT_FOUND")
        body = await _body(request)
        if body is None:
            return _answer(counted, region, 413, "TOO_LARGE")
        try:
            event, nonce = connector.read_callback(
                method="POST",
                path=request.url.path,
                headers=request.headers,
                body=body,
                now=clock.now(),
            )
            if not await work.resources.shared.first_use(f"callback:{region}", nonce, NONCE_SECONDS):
                return _answer(counted, region, 409, "REPLAYED")
            fresh = await receive(work, event)
        except Forbidden as refusal:
            return _answer(counted, region, 401, refusal.code.value)
        except Invalid as refusal:
            return _answer(counted, region, 400, refusal.code.value)
        except NotFound as refusal:
            return _answer(counted, region, 404, refusal.code.value)
        except Refusal as refusal:
            # Ours to mend: the province keeps the message and sends it again.
            return _answer(counted, region, 503, refusal.code.value)
        return _answer(counted, region, 200, "RECEIVED" if fresh else "KNOWN")

    return [Route("/callbacks/provinces/{region}", province_callback, methods=["POST"])]


async def _body(request: Request) -> bytes | None:
    """The body, or None as soon as it grows too large."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            return None
    return bytes(body)


def _answer(counted: Counted, region: str, status: int, outcome: str) -> Response:
    counted(region, outcome)
    if status >= 400:
        log.warning("province_callback_refused", region=region, outcome=outcome)
    return JSONResponse({"outcome": outcome}, status_code=status)
