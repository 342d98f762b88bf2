"""What every sandbox server has in common on the web: loopback names only, plain words for bad input."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute

LOOPBACK = ("127.0.0.1", "localhost")


def application(
    routes: Sequence[BaseRoute], *, lifespan: Callable[[Starlette], AbstractAsyncContextManager[None]]
) -> Starlette:
    """A server whose switches a web page elsewhere cannot reach by another host name."""
    return Starlette(
        routes=routes,
        lifespan=lifespan,
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=list(LOOPBACK))],
        exception_handlers={ValidationError: _bad_input},
    )


async def healthy(_request: Request) -> Response:
    """``GET /healthz``."""
    return PlainTextResponse("ok")


async def _bad_input(_request: Request, error: Exception) -> Response:
    problems = error.errors(include_input=False, include_url=False) if isinstance(error, ValidationError) else []
    fields = [".".join(map(str, problem["loc"])) for problem in problems]
    return JSONResponse({"code": "MESSAGE_INVALID", "fields": fields}, status_code=422)
