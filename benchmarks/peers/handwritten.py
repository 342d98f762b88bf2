"""The peer without GraphQL: Starlette, asyncpg and orjson by hand, with the same checks, headers and log line."""

import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta, timezone
from pathlib import Path
from uuid import UUID

import asyncpg
import jwt
import orjson
import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from backend.database.config import DatabaseUrl
from backend.keys import read_keys
from backend.kit.ids import new_nonce
from backend.logs import configure_logging
from backend.settings import Settings
from backend.web.observe import SECURITY_HEADERS

log = structlog.get_logger()
BEIJING = timezone(timedelta(hours=8))
ITEM_NAMES = {"000511001000": "高龄津贴发放"}

SESSION = """SELECT account.person_id FROM session JOIN account ON account.id = session.account_id
    WHERE session.id = $1 AND session.revoked_at IS NULL AND session.expires_at > now()"""
CASES = """SELECT id, case_number, item_code, organ_name, state, created_at, submitted_at, due_on FROM application
    WHERE person_id = $1 ORDER BY id DESC LIMIT 21"""
EVENTS = """SELECT a.id AS case_id, e.sequence, e.kind, e.at FROM unnest($1::uuid[]) AS a(id)
    CROSS JOIN LATERAL (SELECT sequence, kind, at FROM case_event WHERE application_id = a.id
    ORDER BY sequence DESC LIMIT 5) AS e ORDER BY a.id, e.sequence"""


def main() -> None:
    """Serve on ``PEER_PORT``."""
    settings = Settings(data=Path(os.environ["JINMIN_DATA"]), database_url=os.environ["JINMIN_DATABASE_URL"])
    configure_logging("handwritten", "INFO")
    keys = read_keys(settings).tokens.keys
    pool: asyncpg.Pool | None = None

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        nonlocal pool
        async with asyncpg.create_pool(
            **DatabaseUrl.parse(settings.database_url).connect_arguments(), min_size=1, max_size=10
        ) as pool:
            yield

    async def applications(request: Request) -> Response:
        began, request_id = time.perf_counter(), new_nonce()
        assert pool is not None
        await request.body()
        token = request.headers["authorization"].removeprefix("Bearer ")
        key = keys[jwt.get_unverified_header(token)["kid"]]
        claims = jwt.decode(token, key.public, algorithms=[key.algorithm], audience="access", issuer="jinmin")
        async with pool.acquire() as connection:
            person = await connection.fetchval(SESSION, UUID(claims["sid"]))
            cases = await connection.fetch(CASES, person)
            events: dict[UUID, list[dict[str, object]]] = {case["id"]: [] for case in cases[:20]}
            for event in await connection.fetch(EVENTS, list(events)):
                events[event["case_id"]].append(
                    {
                        "sequence": event["sequence"],
                        "kind": event["kind"],
                        "at": event["at"].astimezone(BEIJING).isoformat(),
                    }
                )
        edges = [
            {
                "node": {
                    "id": str(case["id"]),
                    "caseNumber": case["case_number"],
                    "itemName": ITEM_NAMES[case["item_code"]],
                    "organName": case["organ_name"],
                    "state": case["state"],
                    "createdAt": case["created_at"].astimezone(BEIJING).isoformat(),
                    "submittedAt": case["submitted_at"].astimezone(BEIJING).isoformat(),
                    "dueDate": {"on": case["due_on"].isoformat()},
                    "timeline": events[case["id"]],
                }
            }
            for case in cases[:20]
        ]
        page = {
            "hasNextPage": len(cases) > 20,
            "endCursor": str(cases[19]["id"]) if len(cases) > 19 else None,
        }
        body = orjson.dumps({"data": {"applications": {"edges": edges, "pageInfo": page}}})
        log.info(
            "request",
            request_id=request_id,
            route="/graphql",
            status=200,
            milliseconds=round((time.perf_counter() - began) * 1000, 1),
        )
        return Response(
            body, media_type="application/json", headers={"X-Request-Id": request_id, **SECURITY_HEADERS}
        )

    async def empty(_request: Request) -> Response:
        return Response(b"{}", media_type="application/json")

    routes = [
        Route("/graphql", applications, methods=["POST"]),
        Route("/empty", empty, methods=["GET", "POST"]),
    ]
    uvicorn.run(
        Starlette(routes=routes, lifespan=lifespan),
        port=int(os.environ["PEER_PORT"]),
        log_config=None,
        access_log=False,
    )


if __name__ == "__main__":
    main()
