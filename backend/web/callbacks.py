"""Where provinces call back: signature, stamp and nonce first, then the message is kept."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Protocol, TypeVar

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from backend.casework.machine import Casework
from backend.casework.means_check.actions import record_answer
from backend.errors import Forbidden, Invalid, NotFound, Refusal
from backend.exchange.inbound import receive
from backend.exchange.refused import note_refused
from backend.exchange_ports import WireHop, listening
from backend.kit import clock

log = structlog.get_logger()

MAX_BODY = 1024 * 1024
NONCE_SECONDS = 15 * 60
"""Longer than a stamp is good for, so that a replay meets either a known nonce or a stale stamp."""

STATUSES: Mapping[type[Refusal], int] = {Forbidden: 401, Invalid: 400, NotFound: 404}
OURS_TO_MEND = 503
"""The status of every other refusal: the province keeps the message and sends it again."""

Told = TypeVar("Told")
Told_co = TypeVar("Told_co", covariant=True)
Keep = Callable[[Casework, Told], Awaitable[bool]]
"""Puts a message on record; False for one that was there."""


class ReadCallback(Protocol[Told_co]):
    """Checks and reads a message; gives it and its nonce. Raises ``Forbidden`` and ``Invalid``."""

    def __call__(
        self, *, method: str, path: str, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> tuple[Told_co, str]:
        """The message and its nonce."""
        ...


Counted = Callable[[str, str], None]
"""Counts one callback by region and outcome."""


def callback_routes(work: Casework, counted: Counted) -> list[Route]:
    """``POST /callbacks/provinces/{region}`` and ``/callbacks/means-check``."""

    async def province_callback(request: Request) -> Response:
        region = request.path_params["region"]
        if region not in work.resources.ports.provinces:
            region, status, outcome = "unknown", 404, "NOT_FOUND"
        else:
            read = work.resources.ports.provinces[region].read_callback
            hops: list[WireHop] = []
            with listening(hops):
                status, outcome = await _take(work, region, request, read, partial(receive, hops=hops))
        counted(region, outcome)
        if status >= 400:
            log.warning("province_callback_refused", region=region, outcome=outcome)
            await note_refused(work, region, outcome)
        return JSONResponse({"outcome": outcome}, status_code=status)

    async def means_callback(request: Request) -> Response:
        port, status, outcome = work.resources.ports.means, 404, "NOT_FOUND"
        if port is not None:
            status, outcome = await _take(work, "means-check", request, port.read_callback, record_answer)
        counted("means-check", outcome)
        if status >= 400:
            log.warning("means_check_callback_refused", outcome=outcome)
        return JSONResponse({"outcome": outcome}, status_code=status)

    return [
        Route("/callbacks/provinces/{region}", province_callback, methods=["POST"]),
        Route("/callbacks/means-check", means_callback, methods=["POST"]),
    ]


async def _take(
    work: Casework, system: str, request: Request, read: ReadCallback[Told], keep: Keep[Told]
) -> tuple[int, str]:
    """What became of a callback: a status and a word."""
    body = await _body(request)
    if body is None:
        return 413, "TOO_LARGE"
    try:
        told, nonce = read(
            method=request.method,
            path=_target(request),
            headers=request.headers,
            body=body,
            now=clock.now(),
        )
        if not await work.resources.shared.first_use(f"callback:{system}", nonce, NONCE_SECONDS):
            return 409, "REPLAYED"
        fresh = await keep(work, told)
    except Refusal as refusal:
        return STATUSES.get(type(refusal), OURS_TO_MEND), refusal.code.value
    return 200, "RECEIVED" if fresh else "KNOWN"


def _target(request: Request) -> str:
    """Path and query as they were sent: what the signature covers."""
    path = request.scope.get("raw_path", b"").decode("ascii", "replace") or request.url.path
    return f"{path}?{request.url.query}" if request.url.query else path


async def _body(request: Request) -> bytes | None:
    """The body, or None as soon as it grows too large."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            return None
    return bytes(body)
