"""A toy API in development and in production mode, spoken to over ASGI, and a town for the real one."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp

from backend.resources import Resources
from resolvers.execution.documents import document_id
from resolvers.execution.http import graphql_routes
from tests.resolvers import toy
from tests.support.sandbox import OutsideSandbox
from tests.support.town import Town, founded

TRUSTED = "query Greet($name: String!) { hello(name: $name) }"


def toy_app(*, development: bool, **given: Any) -> Starlette:
    documents = given.pop("documents", {document_id(TRUSTED): TRUSTED})
    return Starlette(
        routes=graphql_routes(
            toy.toy_schema(), documents, toy.make_context(), development=development, **given
        )
    )


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
    """``app`` on a port of this machine; gives ``host:port``."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", ws="websockets-sansio"))
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await running


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


@pytest.fixture
async def town(resources: Resources, outside_world: OutsideSandbox) -> Town:
    return await founded(resources, outside_world)
