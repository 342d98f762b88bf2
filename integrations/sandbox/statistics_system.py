"""Plays the ministry's statistics system: takes signed reports once each and answers with a receipt."""

import asyncio
from collections.abc import Mapping

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from backend.keys import SandboxKeys
from backend.kit import clock
from integrations.sandbox.province.played import Access
from integrations.sandbox.province.scenario import Mode
from integrations.sandbox.province.wire import Wire, WireError


class _Scenario(BaseModel):
    model_config = ConfigDict(extra="forbid")

    mode: str = Field(default="normal", pattern="^(normal|down|slow|bad_signature|refuses)$")
    slow_seconds: float = Field(default=5.0, alias="slowSeconds", ge=0, le=60)


class _Report(BaseModel):
    model_config = ConfigDict(extra="forbid")

    report_id: str = Field(alias="reportId")
    version: int
    area_code: str = Field(alias="areaCode", pattern=r"^\d{6}$")
    period: str
    snapshot: str = Field(min_length=2)
    signature: dict[str, str]


class StatisticsSystem:
    """Reports live in memory; the same one and version twice has one receipt."""

    def __init__(self, keys: SandboxKeys) -> None:
        own = keys.statistics
        self._wire = Wire(Access(own.app_id, own.private_pem, own.app_public_pem))
        self._scenario = _Scenario()
        self._held: dict[tuple[str, int], Mapping[str, str]] = {}
        self._times: dict[tuple[str, int], int] = {}
        self._nonces: set[str] = set()

    def routes(self) -> list[BaseRoute]:
        """The protocol under ``/statistics``, the switches under ``/admin/statistics``."""
        return [
            Route("/statistics/reports", self.take, methods=["POST"]),
            Route("/admin/statistics/scenario", self.set_scenario, methods=["POST"]),
            Route("/admin/statistics/held", self.held, methods=["POST"]),
        ]

    async def set_scenario(self, request: Request) -> Response:
        """``POST {mode, slowSeconds}``."""
        self._scenario = _Scenario.model_validate_json(await request.body())
        return Response(status_code=204)

    async def held(self, request: Request) -> Response:
        """``POST {reportId, version} -> {times}``: how often a report came."""
        told = orjson.loads(await request.body())
        return JSONResponse({"times": self._times.get((told["reportId"], told["version"]), 0)})

    async def take(self, request: Request) -> Response:
        """``POST /reports``."""
        if self._scenario.mode == "down":
            return Response(status_code=503)
        if self._scenario.mode == "slow":
            await asyncio.sleep(self._scenario.slow_seconds)
        body = await request.body()
        try:
            nonce = self._wire.verify(
                method="POST", target=request.url.path, headers=request.headers, body=body
            )
        except WireError as error:
            return JSONResponse({"code": error.code}, status_code=error.status)
        status, told = 409, dict[str, object](code="NONCE_REPLAYED")
        if nonce not in self._nonces:
            self._nonces.add(nonce)
            status, told = self._take(body)
        content = orjson.dumps(told)
        mode = Mode.BAD_SIGNATURE if self._scenario.mode == "bad_signature" else Mode.NORMAL
        headers = self._wire.sign_answer(status=status, nonce=nonce, body=content, mode=mode)
        return Response(content, status, {**headers, "Content-Type": "application/json"})

    def _take(self, body: bytes) -> tuple[int, dict[str, object]]:
        try:
            report = _Report.model_validate_json(body)
        except ValidationError:
            return 422, {"code": "MESSAGE_INVALID"}
        if self._scenario.mode == "refuses":
            return 422, {"code": "REPORT_REJECTED"}
        key = (report.report_id, report.version)
        self._times[key] = self._times.get(key, 0) + 1
        receipt = self._held.setdefault(
            key,
            {
                "receiptNo": f"TJ-{report.period}-{len(self._held) + 1:06d}",
                "receivedAt": clock.now().isoformat(),
                "digest": report.signature.get("digest", ""),
            },
        )
        return 200, dict(receipt)
