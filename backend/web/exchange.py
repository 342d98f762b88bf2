"""The public keys that evidence of the exchange is checked with."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from backend.casework.machine import Casework
from backend.exchange.evidence_file import KEYS_AT, published_keys, seal_keys


def exchange_key_routes(work: Casework) -> list[Route]:
    """Every key that ever signed a hop, and those that seal files of evidence."""

    async def keys(_request: Request) -> Response:
        published = await published_keys(seal_keys(work))
        return Response(
            published.model_dump_json(),
            media_type="application/json",
            headers={"Cache-Control": "public, max-age=600"},
        )

    return [Route(KEYS_AT, keys)]
