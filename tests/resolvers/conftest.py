"""A toy API in development and in production mode, spoken to over ASGI."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from starlette.applications import Starlette

from resolvers.execution.documents import document_id
from resolvers.execution.http import graphql_routes
from tests.resolvers import toy

TRUSTED = "query Greet($name: String!) { hello(name: $name) }"


def toy_app(*, development: bool) -> Starlette:
    documents = {document_id(TRUSTED): TRUSTED}
    return Starlette(
        routes=graphql_routes(toy.toy_schema(), documents, toy.make_context(), development=development)
    )


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=toy_app(development=True))
    async with httpx2.AsyncClient(transport=transport, base_url="http://toy") as opened:
        yield opened


@pytest.fixture
async def production() -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=toy_app(development=False))
    async with httpx2.AsyncClient(transport=transport, base_url="http://toy") as opened:
        yield opened
