"""Around every request: an id, one log line, one measurement, and headers that protect browsers."""

import re
import time
from collections.abc import Mapping

import structlog
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.kit.ids import new_nonce
from backend.web.metrics import Metrics

log = structlog.get_logger()

_REQUEST_ID = re.compile(r"[A-Za-z0-9_.-]{8,64}")

SECURITY_HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-site",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Strict-Transport-Security": "max-age=31536000",
}
_SECURITY = [(name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]
_SECURITY_NAMES = frozenset(name for name, _ in _SECURITY)
_ID = b"x-request-id"


class Observe:
    """Pure ASGI middleware. Logs the route's template, never the path, the query or the body."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; a bug in it becomes a plain answer with the id under which the log tells of it."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        request_id = _given_id(scope) or new_nonce()
        scope.setdefault("state", {})["request_id"] = request_id
        began, status, answering = time.perf_counter(), 500, False

        async def observed(message: Message) -> None:
            nonlocal status, answering
            answering = True
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = list(message.get("headers", ()))
                given_names = {name for name, _ in headers}
                if given_names.isdisjoint(_SECURITY_NAMES):
                    headers += _SECURITY
                else:
                    headers += [pair for pair in _SECURITY if pair[0] not in given_names]
                if _ID not in given_names:
                    headers.append((_ID, request_id.encode()))
                message["headers"] = headers
            elif message["type"] == "websocket.accept":
                status = 101
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, observed)
            except Exception:
                log.exception("request_failed", route=_route(scope))
                if answering or scope["type"] == "websocket":
                    raise
                await PlainTextResponse(f"Something went wrong. Reference: {request_id}", 500)(
                    scope, receive, observed
                )
            finally:
                seconds = time.perf_counter() - began
                route, method = _route(scope), scope.get("method", "WS")
                self._metrics.observe_request(route, method, status, seconds)
                log.info(
                    "request",
                    route=route,
                    method=method,
                    status=status,
                    milliseconds=round(seconds * 1000, 1),
                )


def _given_id(scope: Scope) -> str | None:
    """The id that the sender chose, if it is one."""
    for name, value in scope["headers"]:
        if name == _ID:
            given = value.decode("latin-1")
            return given if _REQUEST_ID.fullmatch(given) else None
    return None


def _route(scope: Scope) -> str:
    """The template of the route that was found, such as ``/verify/{code}``."""
    return str(getattr(scope.get("route"), "path", "unmatched"))
