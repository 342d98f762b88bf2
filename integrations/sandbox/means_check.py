"""Plays a centre for checking household means: takes signed questions, answers by question or by callback."""

import asyncio
from collections.abc import Mapping
from enum import StrEnum
from urllib.parse import urlsplit

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from backend.errors import Unavailable
from backend.keys import SandboxKeys
from backend.kit import clock
from integrations.sandbox.province.played import Access
from integrations.sandbox.province.scenario import Mode
from integrations.sandbox.province.wire import Wire, WireError
from integrations.transport import Transport


class Finding(StrEnum):
    """What the centre finds out."""

    BELOW = "BELOW"
    ABOVE = "ABOVE"
    PARTLY_UNKNOWN = "PARTLY_UNKNOWN"
    PENDING = "PENDING"
    """Nothing yet."""
    REFUSED = "REFUSED"


class _Scenario(BaseModel):
    model_config = ConfigDict(extra="forbid")

    finding: Finding = Finding.BELOW
    mode: str = Field(default="normal", pattern="^(normal|down|slow|bad_signature)$")
    slow_seconds: float = Field(default=5.0, alias="slowSeconds", ge=0, le=60)


class _Member(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1)
    number: str = Field(alias="certNo", min_length=18, max_length=18)
    authorisation: str


class _Question(BaseModel):
    model_config = ConfigDict(extra="forbid")

    check_id: str = Field(alias="checkId")
    item_code: str = Field(alias="itemCode")
    division: str = Field(alias="areaCode")
    limit_fen: int | None = Field(alias="limitFen")
    scopes: list[str] = Field(min_length=1)
    members: list[_Member] = Field(min_length=1)
    callback_url: str = Field(alias="callbackUrl")


class MeansCheck:
    """Questions live in memory; the same one asked twice is one."""

    def __init__(self, keys: SandboxKeys) -> None:
        own = keys.means_check
        # The same wire as a province's, under another access.
        self._wire = Wire(Access(own.app_id, own.private_pem, own.app_public_pem))
        self._scenario = _Scenario()
        self._asked: dict[str, _Question] = {}
        self._times: dict[str, int] = {}
        self._nonces: set[str] = set()

    def routes(self) -> list[BaseRoute]:
        """The protocol under ``/means-check``, the switches under ``/admin/means-check``."""
        return [
            Route("/means-check/checks", self.take, methods=["POST"]),
            Route("/means-check/answers", self.answer, methods=["POST"]),
            Route("/admin/means-check/scenario", self.set_scenario, methods=["POST"]),
            Route("/admin/means-check/held", self.held, methods=["POST"]),
            Route("/admin/means-check/call-back", self.call_back, methods=["POST"]),
        ]

    async def set_scenario(self, request: Request) -> Response:
        """``POST {finding, mode, slowSeconds}``."""
        self._scenario = _Scenario.model_validate_json(await request.body())
        return Response(status_code=204)

    async def held(self, request: Request) -> Response:
        """``POST {checkId} -> {times, question}``: what was asked."""
        check_id = orjson.loads(await request.body())["checkId"]
        question = self._asked.get(check_id)
        told = None if question is None else question.model_dump(mode="json", by_alias=True)
        return JSONResponse({"times": self._times.get(check_id, 0), "question": told})

    async def take(self, request: Request) -> Response:
        """``POST /checks``."""
        return await self._serve(request, self._take)

    async def answer(self, request: Request) -> Response:
        """``POST /answers {checkId} -> {answer}``."""
        return await self._serve(request, self._answer)

    async def call_back(self, request: Request) -> Response:
        """``POST {checkId, times} -> {statuses}``: tell Jinmin now, in the same words ``times`` times."""
        told = orjson.loads(await request.body())
        question = self._asked[told["checkId"]]
        url = told.get("url") or question.callback_url
        body = orjson.dumps(self._found(question))
        mode = Mode.BAD_SIGNATURE if self._scenario.mode == "bad_signature" else Mode.NORMAL
        headers = self._wire.sign_request(method="POST", target=urlsplit(url).path, body=body, mode=mode)
        statuses = []
        async with Transport() as transport:
            for _ in range(told.get("times", 1)):
                try:
                    heard = await transport.send("jinmin", "POST", url, headers=headers, content=body)
                    statuses.append(heard.status)
                except Unavailable:
                    statuses.append(503)
        return JSONResponse({"statuses": statuses})

    async def _serve(self, request: Request, what: object) -> Response:
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
            status, told = what(body) if callable(what) else (500, {})
        content = orjson.dumps(told)
        mode = Mode.BAD_SIGNATURE if self._scenario.mode == "bad_signature" else Mode.NORMAL
        headers = self._wire.sign_answer(status=status, nonce=nonce, body=content, mode=mode)
        return Response(content, status, {**headers, "Content-Type": "application/json"})

    def _take(self, body: bytes) -> tuple[int, Mapping[str, object]]:
        try:
            question = _Question.model_validate_json(body)
        except ValidationError:
            return 422, {"code": "MESSAGE_INVALID"}
        if self._scenario.finding is Finding.REFUSED:
            return 422, {"code": "CHECK_REJECTED"}
        self._asked.setdefault(question.check_id, question)
        self._times[question.check_id] = self._times.get(question.check_id, 0) + 1
        return 200, {"checkId": question.check_id}

    def _answer(self, body: bytes) -> tuple[int, Mapping[str, object]]:
        question = self._asked.get(orjson.loads(body)["checkId"])
        if question is None or self._scenario.finding is Finding.PENDING:
            return 200, {"answer": None}
        return 200, {"answer": self._found(question)}

    def _found(self, question: _Question) -> Mapping[str, object]:
        unknown = question.scopes[-1:] if self._scenario.finding is Finding.PARTLY_UNKNOWN else []
        return {
            "checkId": question.check_id,
            "verdict": self._scenario.finding.value,
            "unknown": unknown,
            "reportNo": f"HD-{question.check_id[:8]}",
            "checkedOn": clock.today().isoformat(),
            # Centres tell more than a decision needs; our side must not keep it.
            "details": [{"certNo": member.number, "depositsFen": 123456} for member in question.members],
        }
