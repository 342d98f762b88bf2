"""The platform's web side: ``POST /cases`` for Jinmin, switches and a status page for people."""

import asyncio
import binascii
import hashlib
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import orjson
import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from backend.keys import SandboxKeys
from backend.kit import clock
from backend.kit.signatures import sm3_hex
from integrations.sandbox import web
from integrations.sandbox.database import open_pool
from integrations.sandbox.zhejiang.decisions import decide
from integrations.sandbox.zhejiang.messenger import Messenger
from integrations.sandbox.zhejiang.page import status_page
from integrations.sandbox.zhejiang.scenario import Mode, Scenario
from integrations.sandbox.zhejiang.store import TABLES, DifferentBodyError, Store
from integrations.sandbox.zhejiang.wire import Wire, WireError
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
    area_code: str = Field(alias="areaCode", pattern="^33[0-9]{4,10}$")
    assurance: str
    apply_time: str = Field(alias="applyTime")
    promise_date: str = Field(alias="promiseDate")
    answers: dict[str, object]
    applicant: _Applicant
    materials: list[_Material]


class _Dropped(Response):
    """An answer that never arrives: it is announced, then the connection ends."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        _ = scope, receive
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})


class Platform:
    """The endpoints."""

    def __init__(self, store: Store, wire: Wire, messenger: Messenger) -> None:
        self._store = store
        self._wire = wire
        self._messenger = messenger
        self._last_answer: Response | None = None

    def routes(self) -> list[Route]:
        """The protocol at ``/cases``, the switches under ``/admin``, the page at ``/``."""
        return [
            Route("/", self.page, methods=["GET"]),
            Route("/cases", self.lodge, methods=["POST"]),
            Route("/admin/scenario", self.set_scenario, methods=["POST"]),
            Route("/admin/cases", self.list_cases, methods=["GET"]),
        ]

    async def page(self, _request: Request) -> Response:
        """What the platform holds, for people."""
        return HTMLResponse(status_page(await self._store.scenario(), await self._store.cases(None)))

    async def set_scenario(self, request: Request) -> Response:
        """``POST {mode, delaySeconds, slowSeconds}``."""
        scenario = Scenario.model_validate_json(await request.body())
        await self._store.set_scenario(scenario, clock.now())
        self._messenger.wake()
        return JSONResponse(scenario.model_dump(mode="json", by_alias=True))

    async def list_cases(self, request: Request) -> Response:
        """``GET ?caseNo=``: how many effects, how often lodged, and what was said."""
        held = await self._store.cases(request.query_params.get("caseNo"))
        return JSONResponse(
            {"effects": len(held), "lodged": sum(entry["lodged"] for entry in held), "cases": held}
        )

    async def lodge(self, request: Request) -> Response:
        """``POST /cases``: verify, take once, answer with a signed receipt."""
        scenario = await self._store.scenario()
        if scenario.mode is Mode.DOWN:
            return Response(status_code=503)
        if scenario.mode is Mode.OLD_ANSWER and self._last_answer is not None:
            return self._last_answer
        body = await request.body()
        status, told = await self._take(request, body, scenario)
        match scenario.mode:
            case Mode.LOSE_REPLY:
                return _Dropped()
            case Mode.SLOW:
                await asyncio.sleep(scenario.slow_seconds)
            case Mode.GARBAGE:
                told = {"receipt": {"externalCaseNo": 7}}
        answer = self._answer(request, status, told, scenario.mode)
        self._last_answer = answer
        return answer

    async def _take(self, request: Request, body: bytes, scenario: Scenario) -> tuple[int, dict[str, object]]:
        received_at = clock.now()
        try:
            await self._admit(request, body, scenario)
            case = _Case.model_validate_json(body)
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
        except WireError as error:
            return error.status, {"code": error.code, "message": "请求未通过校验。"}
        except ValidationError as error:
            wrong = [".".join(map(str, problem["loc"])) for problem in error.errors(include_input=False)]
            return 422, {"code": "MESSAGE_INVALID", "message": "报文不符合接口规范。", "fields": wrong}
        except DifferentBodyError:
            return 409, {"code": "DELIVERY_DIFFERS", "message": "同一投递编号的报文内容不一致。"}
        self._messenger.wake()
        _log.info(
            "sandbox_case_taken",
            delivery_id=str(case.delivery_id),
            request_id=request.headers.get("X-Request-Id"),
        )
        return 200, {"receipt": receipt}

    async def _admit(self, request: Request, body: bytes, scenario: Scenario) -> None:
        """Raises ``WireError`` for a request that is not sound, not fresh or not new."""
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        nonce = self._wire.verify(method=request.method, target=target, headers=request.headers, body=body)
        if not await self._store.first_seen(nonce, clock.now()):
            raise WireError(409, "NONCE_REPLAYED")
        if scenario.mode is Mode.REJECT:
            raise WireError(422, "CASE_REJECTED")

    def _answer(self, request: Request, status: int, told: dict[str, object], mode: Mode) -> Response:
        content = orjson.dumps(told)
        nonce = request.headers.get("X-Nonce", "")
        headers = self._wire.sign_answer(status=status, nonce=nonce, body=content, mode=mode)
        return Response(content, status_code=status, headers=headers, media_type="application/json")


@asynccontextmanager
async def zhejiang(keys: SandboxKeys, *, database_url: str, callback_url: str) -> AsyncIterator[Starlette]:
    """The application and its messenger, as long as the database is open."""
    wire = Wire(keys)
    async with (
        open_pool(database_url, TABLES) as pool,
        Transport(timeout=5.0) as transport,
        # A messenger that fails takes the server along: silence would look like a slow province.
        asyncio.TaskGroup() as tasks,
    ):
        store = Store(pool)
        messenger = Messenger(store, wire, transport, callback_url)
        saying = tasks.create_task(messenger.run())
        yield web.application(Platform(store, wire, messenger).routes())
        saying.cancel()


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
