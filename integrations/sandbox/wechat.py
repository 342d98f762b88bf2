"""Plays WeChat: gives out login codes for made-up people and answers ``code2Session``."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from backend.keys import SandboxKeys
from backend.kit import clock
from integrations.sandbox.faults import Fault, Faults

LIFETIME = timedelta(minutes=5)

_ERRORS = {
    -1: "system error",
    40013: "invalid appid",
    40029: "invalid code",
    40125: "invalid appsecret",
    40163: "code been used",
    45011: "api minute-quota reach limit, must slower, retry next minute",
}


@dataclass(slots=True)
class _Login:
    open_id: str
    expires_at: datetime
    used: bool = False


class _Asked(BaseModel):
    open_id: str | None = Field(default=None, alias="openId", pattern="^[A-Za-z0-9_-]{6,64}$")


class WeChat:
    """Codes live in memory for five minutes: a restart only means signing in again."""

    def __init__(self, keys: SandboxKeys) -> None:
        self._keys = keys
        self._logins: dict[str, _Login] = {}
        self._faults = Faults()

    def routes(self) -> list[BaseRoute]:
        """The protocol under ``/wechat``, the switches under ``/admin/wechat``."""
        return [
            Route("/wechat/sns/jscode2session", self.code_to_session, methods=["GET"]),
            Route("/admin/wechat/login", self.issue_code, methods=["POST"]),
            Route("/admin/wechat/scenario", self._faults.set_scenario, methods=["POST"]),
        ]

    async def issue_code(self, request: Request) -> Response:
        """``POST {openId?} -> {code, openId}``: what ``wx.login`` would do on a phone."""
        asked = _Asked.model_validate_json(await request.body() or b"{}")
        # Somebody new each time, also after a restart: Jinmin remembers whom it has seen.
        open_id = asked.open_id or f"o{secrets.token_hex(14)[:27]}"
        now = clock.now()
        self._logins = {code: login for code, login in self._logins.items() if login.expires_at > now}
        code = secrets.token_hex(16)
        self._logins[code] = _Login(open_id, now + LIFETIME)
        return JSONResponse({"code": code, "openId": open_id})

    async def code_to_session(self, request: Request) -> Response:
        """``GET /sns/jscode2session``; errors are status 200 with an ``errcode``, as in reality."""
        if (faulty := await self._faults.play()) is not None:
            return faulty
        query = request.query_params
        errcode = self._errcode(query.get("appid", ""), query.get("secret", ""), query.get("grant_type", ""))
        if errcode is not None:
            return _error(errcode)
        login = self._logins.get(query.get("js_code", ""))
        if login is None or login.expires_at <= clock.now():
            return _error(40029)
        if login.used:
            return _error(40163)
        login.used = True
        return JSONResponse(
            {
                "openid": login.open_id,
                "session_key": secrets.token_urlsafe(18),
                "unionid": f"u{login.open_id}",
            },
            media_type="text/plain",
        )

    def _errcode(self, app_id: str, secret: str, grant_type: str) -> int | None:
        """What is wrong before the code is looked at."""
        match self._faults.scenario.mode:
            case Fault.BUSY:
                return -1
            case Fault.TOO_FREQUENT:
                return 45011
        if app_id != self._keys.wechat_app_id:
            return 40013
        if not compare_digest(secret.encode(), self._keys.wechat_app_secret.encode()):
            return 40125
        return None if grant_type == "authorization_code" else 40029


def _error(errcode: int) -> Response:
    return JSONResponse({"errcode": errcode, "errmsg": _ERRORS[errcode]}, media_type="text/plain")
