"""Materials and photographs in the open: one request, by the session that opened them, with its access token."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from backend.casework.machine import Casework
from backend.casework.materials.looking import fetch_opened
from backend.errors import NotFound, NotSignedIn, Unavailable
from backend.viewer import Viewer

Authenticated = Callable[[Request], Awaitable[Viewer]]


def file_routes(work: Casework, authenticated: Authenticated) -> list[Route]:
    """``GET /files/{code}``: the address that ``openMaterial`` and ``openHomeVisit`` gave, once."""

    async def download(request: Request) -> Response:
        try:
            served = await fetch_opened(await authenticated(request), work, request.path_params["code"])
        except NotSignedIn:
            return Response(status_code=401, headers={"WWW-Authenticate": "Bearer"})
        except NotFound:
            return Response(status_code=404)
        except Unavailable:
            return Response(status_code=503)
        return Response(
            served.content,
            media_type=served.media_type,
            headers={
                "Content-Disposition": "inline",
                "Cache-Control": "private, no-store",
                # Whatever somebody has uploaded: it is shown as what it is, and runs nothing.
                "X-Content-Type-Options": "nosniff",
                "Content-Security-Policy": "sandbox; default-src 'none'",
            },
        )

    return [Route("/files/{code}", download)]
