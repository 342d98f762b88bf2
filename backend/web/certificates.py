"""Download of a document by its applicant, with the same access token as the API; and the keys to check it by."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from backend.casework.certificates.published import PUBLISHED_AT, PublishedKeys
from backend.casework.certificates.queries import certificate_file
from backend.casework.machine import Casework
from backend.errors import NotFound, NotSignedIn
from backend.viewer import Viewer

Authenticated = Callable[[Request], Awaitable[Viewer]]


def certificate_routes(work: Casework, authenticated: Authenticated) -> list[Route]:
    """``GET /certificates/{id}.pdf``."""

    async def download(request: Request) -> Response:
        try:
            viewer = await authenticated(request)
            pdf = await certificate_file(viewer, work, UUID(request.path_params["id"]))
        except NotSignedIn:
            return Response(status_code=401, headers={"WWW-Authenticate": "Bearer"})
        except (NotFound, ValueError):
            return Response(status_code=404)
        return Response(
            pdf,
            media_type="application/pdf",
            headers={
                "Content-Disposition": "attachment; filename=result.pdf",
                "Cache-Control": "private, no-store",
            },
        )

    return [Route("/certificates/{id}.pdf", download)]


def document_key_routes(published: PublishedKeys) -> list[Route]:
    """The public half of every document key, for checking documents without us."""
    body = published.model_dump_json()

    async def keys(_request: Request) -> Response:
        return Response(
            body, media_type="application/json", headers={"Cache-Control": "public, max-age=3600"}
        )

    return [Route(PUBLISHED_AT, keys)]
