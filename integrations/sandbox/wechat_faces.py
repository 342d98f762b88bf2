"""Plays WeChat's face check: announced by the server, done on a made-up phone, asked about by the server."""

import secrets
from base64 import b64encode
from dataclasses import dataclass, field
from hashlib import sha256

import orjson
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from backend.keys import SandboxKeys
from integrations.sandbox.faults import Fault, Faults

_NOT_DONE = 90002


@dataclass(slots=True)
class _Check:
    open_id: str
    order: str
    cert_hash: str
    result: int = _NOT_DONE


class _Person(BaseModel):
    cert_type: str
    cert_name: str = Field(min_length=1)
    cert_no: str = Field(min_length=1)


class _Announced(BaseModel):
    out_seq_no: str = Field(min_length=1, max_length=32)
    cert_info: _Person
    openid: str = Field(min_length=1)


class _Asked(BaseModel):
    verify_id: str
    out_seq_no: str
    cert_hash: str
    openid: str


class _Look(BaseModel):
    token: str
    passed: bool = True


@dataclass(slots=True)
class WeChatFaces:
    """Checks and access tokens live in memory."""

    keys: SandboxKeys
    _checks: dict[str, _Check] = field(default_factory=dict)
    _token: str = field(default_factory=lambda: secrets.token_urlsafe(96))
    _faults: Faults = field(default_factory=Faults)

    def routes(self) -> list[BaseRoute]:
        """The protocol under ``/wechat``, the phone and the switches under ``/admin/wechat``."""
        path = "/wechat/cityservice/face/identify"
        return [
            Route("/wechat/cgi-bin/stable_token", self.stable_token, methods=["POST"]),
            Route(f"{path}/getverifyid", self.announce, methods=["POST"]),
            Route(f"{path}/queryverifyinfo", self.result, methods=["POST"]),
            Route("/admin/wechat/face", self.look, methods=["POST"]),
            Route("/admin/wechat/expire-token", self.expire_token, methods=["POST"]),
            Route("/admin/wechat/face-scenario", self._faults.set_scenario, methods=["POST"]),
        ]

    def holds(self, token: str | None) -> bool:
        """Whether this is the access token in use."""
        return token == self._token

    async def stable_token(self, request: Request) -> Response:
        """``POST {appid, secret, …} -> {access_token, expires_in}``."""
        if (faulty := await self._faults.play()) is not None:
            return faulty
        told = orjson.loads(await request.body())
        if (told.get("appid"), told.get("secret")) != (self.keys.wechat_app_id, self.keys.wechat_app_secret):
            return JSONResponse({"errcode": 40125, "errmsg": "invalid appsecret"})
        return JSONResponse({"access_token": self._token, "expires_in": 7200})

    async def expire_token(self, _request: Request) -> Response:
        """The token in use ends before its time."""
        self._token = secrets.token_urlsafe(96)
        return Response(status_code=204)

    async def announce(self, request: Request) -> Response:
        """``getverifyid``."""
        if (refused := await self._gate(request)) is not None:
            return refused
        told = _Announced.model_validate_json(await request.body())
        person = told.cert_info
        if person.cert_type != "IDENTITY_CARD" or len(person.cert_no) != 18:
            return JSONResponse({"errcode": 86200, "errmsg": "cert not supported"})
        parts = (
            ("cert_type", person.cert_type),
            ("cert_name", person.cert_name),
            ("cert_no", person.cert_no),
        )
        text = "&".join(f"{name}={b64encode(value.encode()).decode()}" for name, value in parts)
        verify_id = secrets.token_urlsafe(48)
        self._checks[verify_id] = _Check(told.openid, told.out_seq_no, sha256(text.encode()).hexdigest())
        return JSONResponse({"errcode": 0, "errmsg": "ok", "verify_id": verify_id, "expires_in": 3600})

    async def look(self, request: Request) -> Response:
        """``POST {token, passed}``: somebody looks into the phone (``wx.requestFacialVerify``)."""
        looked = _Look.model_validate_json(await request.body())
        check = self._checks.get(looked.token)
        if check is None:
            return JSONResponse({"errcode": 10001}, status_code=404)
        check.result = 10000 if looked.passed else 10004
        return Response(status_code=204)

    async def result(self, request: Request) -> Response:
        """``queryverifyinfo``: an error instead of a result where anything differs from the announcement."""
        if (refused := await self._gate(request)) is not None:
            return refused
        told = _Asked.model_validate_json(await request.body())
        check = self._checks.get(told.verify_id)
        announced = (told.openid, told.out_seq_no, told.cert_hash)
        if check is None or (check.open_id, check.order, check.cert_hash) != announced:
            return JSONResponse({"errcode": 87009, "errmsg": "invalid signature"})
        return JSONResponse({"errcode": 0, "errmsg": "ok", "verify_ret": check.result})

    async def _gate(self, request: Request) -> Response | None:
        match self._faults.scenario.mode:
            case Fault.BUSY:
                return JSONResponse({"errcode": -1, "errmsg": "system error"})
            case Fault.TOO_FREQUENT:
                return JSONResponse({"errcode": 45009, "errmsg": "reach max api daily quota limit"})
        if (faulty := await self._faults.play()) is not None:
            return faulty
        if request.query_params.get("access_token") != self._token:
            return JSONResponse({"errcode": 40001, "errmsg": "invalid credential"})
        return None
