"""Bare signed calls between two servers that both store the request: what an exchange is measured against.

The client stores the request, signs it, posts it, checks the signed answer and stores that; the server checks,
stores and signs. No case, no queue, no timeline. ``python -m benchmarks.bare DATABASE_URL PORT`` is the server.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from uuid import uuid4

import asyncpg
import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from backend.keys import ProvinceKeys
from backend.kit.signatures import sm3_hex
from integrations.provinces.signed_http import SignedHttp
from integrations.sandbox.province.played import Access
from integrations.sandbox.province.scenario import Mode
from integrations.sandbox.province.wire import Wire
from integrations.transport import Transport

AT_ONCE = 8
TABLE = """
CREATE TABLE IF NOT EXISTS bare (id uuid PRIMARY KEY, digest text NOT NULL, body bytea NOT NULL, receipt bytea)
"""


def server(access: Access, database_url: str) -> Starlette:
    """Takes ``POST /cases``."""
    wire = Wire(access)
    pools: list[asyncpg.Pool] = []

    @asynccontextmanager
    async def life(_app: Starlette) -> AsyncIterator[None]:
        async with asyncpg.create_pool(database_url, min_size=2, max_size=8) as pool:
            await pool.execute(TABLE)
            pools.append(pool)
            yield

    async def take(request: Request) -> Response:
        body = await request.body()
        nonce = wire.verify(method="POST", target=request.url.path, headers=request.headers, body=body)
        digest = sm3_hex(body)
        await pools[0].execute(
            "INSERT INTO bare (id, digest, body) VALUES ($1, $2, $3)", uuid4(), digest, body
        )
        told = orjson.dumps({"receipt": {"bodySm3": digest}})
        headers = wire.sign_answer(status=200, nonce=nonce, body=told, mode=Mode.NORMAL)
        return Response(told, headers=headers, media_type="application/json")

    return Starlette(routes=[Route("/cases", take, methods=["POST"])], lifespan=life)


async def calls_per_second(keys: ProvinceKeys, database_url: str, url: str, calls: int, body: bytes) -> float:
    """``calls`` of them, ``AT_ONCE`` beside each other."""
    wire, numbers = SignedHttp(keys), count()
    async with (
        asyncpg.create_pool(database_url, min_size=AT_ONCE, max_size=AT_ONCE) as pool,
        Transport(timeout=60.0) as transport,
    ):
        await pool.execute(TABLE)

        async def lane() -> None:
            while next(numbers) < calls:
                key = uuid4()
                await pool.execute(
                    "INSERT INTO bare (id, digest, body) VALUES ($1, $2, $3)", key, sm3_hex(body), body
                )
                answer = await wire.post(transport, "bare", url, body)
                await pool.execute("UPDATE bare SET receipt = $2 WHERE id = $1", key, answer.body)

        begun = time.perf_counter()
        await asyncio.gather(*(lane() for _ in range(AT_ONCE)))
        return calls / (time.perf_counter() - begun)


def main(database_url: str, port: int, app_id: str, private_pem: str, public_pem: str) -> None:
    """Serve until killed."""
    app = server(Access(app_id, private_pem, public_pem), database_url)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", access_log=False, timeout_keep_alive=120)
