"""The platform's web side: ``POST /cases`` for Jinmin, switches and a status page for people."""

import asyncio
import binascii
import hashlib
from base64 import b64decode
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import UUID

import structlog
from pydantic import BaseModel, ConfigDict, Field
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route

from backend.keys import SandboxKeys
from backend.kit import clock
from backend.kit.signatures import sm3_hex
from integrations.sandbox import web
from integrations.sandbox.database import open_pool
from integrations.sandbox.province.decisions import decide
from integrations.sandbox.province.desk import Desk
from integrations.sandbox.province.messenger import Messenger
from integrations.sandbox.province.page import status_page
from integrations.sandbox.province.played import Played, zhejiang_played
from integrations.sandbox.province.scenario import Scenario
from integrations.sandbox.province.signed import Signed
from integrations.sandbox.province.store import TABLES, Store
from integrations.sandbox.province.wire import Wire, WireError
from integrations.transport import Transport

_log = structlog.get_logger()


class _Applicant(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1)
    cert_type: str = Field(alias="certType", pattern="^10$")
    cert_no: str = Field(alias="certNo", pattern="^[0-9]{17}[0-9X]$")


class _Material(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: str
    name: str
    file_name: str = Field(alias="fileName")
    media_type: str = Field(alias="mediaType")
    sha256: str
    content: str


class _Case(BaseModel):
    model_config = ConfigDict(extra="forbid")

    delivery_id: UUID = Field(alias="deliveryId")
    case_no: str = Field(alias="caseNo", min_length=1, max_length=50)
    task_code: str = Field(alias="taskCode", min_length=31, max_length=36)
    item_code: str = Field(alias="itemCode")
    item_name: str = Field(alias="itemName")
    area_code: str = Field(alias="areaCode", pattern="^[0-9]{6,12}$")
    assurance: str
    apply_time: str = Field(alias="applyTime")
    promise_date: str = Field(alias="promiseDate")
    answers: dict[str, object]
    applicant: _Applicant
    materials: list[_Material]


class Platform:
    """Lodging, switches and the page."""

    def __init__(self, played: Played, store: Store, signed: Signed, messenger: Messenger) -> None:
        self._played = played
        self._store = store
        self._signed = signed
        self._messenger = messenger

    def routes(self) -> list[Route]:
        """The protocol at ``/cases``, the switches under ``/admin``, the page at ``/``."""
        return [
            Route("/", self.page, methods=["GET"]),
            self._signed.route("/cases", _Case, self.lodge),
            Route("/admin/scenario", self.set_scenario, methods=["POST"]),
            Route("/admin/reset", self.reset, methods=["POST"]),
            Route("/admin/cases", self.list_cases, methods=["GET"]),
        ]

    async def page(self, _request: Request) -> Response:
        """What the platform holds, for people."""
        scenario, held = await self._store.scenario(), await self._store.cases(None)
        return HTMLResponse(status_page(self._played.name, scenario, held, await self._store.totals()))

    async def set_scenario(self, request: Request) -> Response:
        """``POST {mode, delaySeconds, slowSeconds, seed}``."""
        scenario = Scenario.model_validate_json(await request.body())
        await self._store.set_scenario(scenario, clock.now())
        self._messenger.wake()
        return JSONResponse(scenario.model_dump(mode="json", by_alias=True))

    async def reset(self, _request: Request) -> Response:
        """Empty, as on the first day: what is then lodged gets the same numbers again."""
        await self._store.reset()
        return Response(status_code=204)

    async def list_cases(self, request: Request) -> Response:
        """``GET ?caseNo=``: how many effects, how often lodged, and what was said."""
        held = await self._store.cases(request.query_params.get("caseNo"))
        return JSONResponse(
            {"effects": len(held), "lodged": sum(entry["lodged"] for entry in held), "cases": held}
        )

    async def lodge(self, case: _Case, body: bytes, scenario: Scenario) -> dict[str, object]:
        """Take a case once, with everything that will be said about it; the receipt. Raises ``WireError``."""
        if not case.area_code.startswith(self._played.region):
            raise WireError(422, "NOT_OUR_DIVISION")
        received_at = clock.now()
        receipt = await self._store.take(
            delivery_id=case.delivery_id,
            case_no=case.case_no,
            body_sm3=sm3_hex(body),
            materials=[{"code": held.code, "sha256": _checked_sha256(held)} for held in case.materials],
            received_at=received_at,
            statements=decide(
                item_name=case.item_name,
                resident_id=case.applicant.cert_no,
                received_at=received_at,
                scenario=scenario,
            ),
        )
        self._messenger.wake()
        _log.info("sandbox_case_taken", region=self._played.region, delivery_id=str(case.delivery_id))
        return {"receipt": receipt}


@asynccontextmanager
async def province(played: Played, *, database_url: str, callback_url: str) -> AsyncIterator[list[Route]]:
    """One province's endpoints and its messenger, as long as its database is open."""
    wire = Wire(played.access)
    async with (
        open_pool(database_url, TABLES) as pool,
        Transport(timeout=5.0) as transport,
        # A messenger that fails takes the server along: silence would look like a slow province.
        asyncio.TaskGroup() as tasks,
    ):
        store = Store(pool, region=played.region, short=played.short)
        messenger = Messenger(store, wire, transport, callback_url)
        signed = Signed(store, wire)
        saying = tasks.create_task(messenger.run())
        yield [
            *Platform(played, store, signed, messenger).routes(),
            *Desk(store, signed, messenger).routes(),
        ]
        saying.cancel()


@asynccontextmanager
async def zhejiang(keys: SandboxKeys, *, database_url: str, callback_url: str) -> AsyncIterator[Starlette]:
    """Zhejiang alone, at the root."""
    played = zhejiang_played(keys)
    async with province(played, database_url=database_url, callback_url=callback_url) as routes:
        yield web.application(routes)


@asynccontextmanager
async def provinces(
    played: Sequence[Played], *, database_url: Callable[[str], str], callback_url: Callable[[str], str]
) -> AsyncIterator[Starlette]:
    """Several provinces in one process, each under ``/REGION`` with a database of its own; a list of them at ``/``."""
    async with AsyncExitStack() as running:
        mounts = [
            Mount(
                f"/{one.region}",
                routes=await running.enter_async_context(
                    province(
                        one, database_url=database_url(one.region), callback_url=callback_url(one.region)
                    )
                ),
            )
            for one in played
        ]
        listed = "".join(f'<li><a href="/{one.region}/">{one.region} {one.name}</a>' for one in played)

        async def index(_request: Request) -> Response:
            return HTMLResponse(f'<!doctype html><meta charset="utf-8"><ul>{listed}</ul>')

        yield web.application([Route("/", index, methods=["GET"]), *mounts])


def _checked_sha256(material: _Material) -> str:
    """The digest of what really came. Raises ``WireError`` when it is not what was announced."""
    try:
        content = b64decode(material.content, validate=True)
    except binascii.Error:
        raise WireError(422, "MATERIAL_DAMAGED") from None
    digest = hashlib.sha256(content).hexdigest()
    if digest != material.sha256:
        raise WireError(422, "MATERIAL_DAMAGED")
    return digest
