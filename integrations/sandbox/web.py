"""What every sandbox server has in common on the web: loopback names only, plain words for bad input."""

from collections.abc import Sequence

import uvicorn
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

LOOPBACK = ("127.0.0.1", "localhost")


def application(routes: Sequence[BaseRoute]) -> Starlette:
    """A server with ``/healthz`` whose switches a web page elsewhere cannot reach by another host name."""
    return Starlette(
        routes=[Route("/healthz", _healthy, methods=["GET"]), *routes],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=list(LOOPBACK))],
        exception_handlers={ValidationError: _bad_input},
    )


def server(app: Starlette, *, port: int) -> uvicorn.Server:
    """A server on loopback; no access log, because WeChat's protocol has a secret in its query."""
    config = uvicorn.Config(
        app,
        host=LOOPBACK[0],
        port=port,
        lifespan="off",
        ws="none",
        access_log=False,
        log_config=None,
        log_level="warning",
    )
    return uvicorn.Server(config)


async def _healthy(_request: Request) -> Response:
    return PlainTextResponse("ok")


async def _bad_input(_request: Request, error: Exception) -> Response:
    problems = (
        error.errors(include_input=False, include_url=False) if isinstance(error, ValidationError) else []
    )
    fields = [".".join(map(str, problem["loc"])) for problem in problems]
    return JSONResponse({"code": "MESSAGE_INVALID", "fields": fields}, status_code=422)
