"""Plays Alipay's open gateway: gives out login codes for made-up people and answers signed calls."""

import json
import random
import secrets
from base64 import b64decode, b64encode
from binascii import Error as BadBase64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from backend.keys import SandboxKeys
from backend.kit import clock
from integrations.sandbox.faults import Fault, Faults
from integrations.sandbox.phones import Phones

LIFETIME = timedelta(minutes=5)

Made = dict[str, object]


class NoError(Exception):
    """The gateway's no: a code, its name, and the finer code with its sentence."""

    def __init__(self, code: str, msg: str, sub_code: str, sub_msg: str) -> None:
        self.told = {"code": code, "msg": msg, "sub_code": sub_code, "sub_msg": sub_msg}
        super().__init__(sub_code)


@dataclass(slots=True)
class _Login:
    open_id: str
    expires_at: datetime
    used: bool = False


class _Asked(BaseModel):
    open_id: str | None = Field(default=None, alias="openId", pattern="^[A-Za-z0-9_-]{6,64}$")


class _Look(BaseModel):
    token: str
    passed: bool = True


class _Person(BaseModel):
    identity_type: str
    cert_type: str
    cert_name: str = Field(min_length=1)
    cert_no: str


class _Certify(BaseModel):
    outer_order_no: str = Field(pattern="^[0-9A-Za-z]{32}$")
    biz_code: str
    identity_param: _Person


class _Message(BaseModel):
    to_user_id: str = ""
    to_open_id: str = ""
    user_template_id: str
    page: str
    data: str


class Alipay:
    """Codes live in memory for five minutes: a restart only means signing in again."""

    def __init__(self, keys: SandboxKeys) -> None:
        private = load_pem_private_key(keys.alipay.private_pem.encode(), password=None)
        app_public = load_pem_public_key(keys.alipay.app_public_pem.encode())
        assert isinstance(private, RSAPrivateKey)  # noqa: S101 - made by us as such
        assert isinstance(app_public, RSAPublicKey)  # noqa: S101 - same
        self._app_id = keys.alipay.app_id
        self._private = private
        self._app_public = app_public
        self._logins: dict[str, _Login] = {}
        self._faults = Faults()
        self._chance = random.Random(2088)
        registered = keys.notice_templates
        self._messages = Phones((registered.alipay_progress, registered.alipay_action))
        self._methods: dict[str, Callable[[Mapping[str, str]], Made]] = {
            "alipay.system.oauth.token": self._oauth_token,
            "alipay.user.certify.open.initialize": self._certify_initialize,
            "alipay.user.certify.open.query": self._certify_query,
            "alipay.open.app.mini.templatemessage.send": self._send_message,
        }
        self._checks: dict[str, bool] = {}
        self._orders: dict[str, str] = {}

    def routes(self) -> list[BaseRoute]:
        """The gateway at ``/alipay/gateway.do``, the switches under ``/admin/alipay``."""
        return [
            Route("/alipay/gateway.do", self.gateway, methods=["POST"]),
            Route("/admin/alipay/login", self.issue_code, methods=["POST"]),
            Route("/admin/alipay/face", self.look, methods=["POST"]),
            Route("/admin/alipay/scenario", self._faults.set_scenario, methods=["POST"]),
            *self._messages.routes("alipay"),
        ]

    async def issue_code(self, request: Request) -> Response:
        """``POST {openId?} -> {code, openId}``: what ``my.getAuthCode`` would do on a phone."""
        asked = _Asked.model_validate_json(await request.body() or b"{}")
        open_id = asked.open_id or f"074{self._chance.randrange(16**40):040x}"
        now = clock.now()
        self._logins = {code: login for code, login in self._logins.items() if login.expires_at > now}
        code = secrets.token_hex(16)
        self._logins[code] = _Login(open_id, now + LIFETIME)
        return JSONResponse({"code": code, "openId": open_id})

    async def look(self, request: Request) -> Response:
        """``POST {token, passed}``: somebody looks into the phone on which the check was opened."""
        looked = _Look.model_validate_json(await request.body())
        if looked.token not in self._checks:
            return JSONResponse({"code": "UNKNOWN"}, status_code=404)
        self._checks[looked.token] = looked.passed
        return Response(status_code=204)

    async def gateway(self, request: Request) -> Response:
        """One call; a no is status 200 with an ``error_response``, as in reality."""
        if (faulty := await self._faults.play()) is not None:
            return faulty
        told = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        try:
            self._check(told)
            name = told["method"].replace(".", "_") + "_response"
            return self._signed(name, self._methods[told["method"]](told))
        except NoError as no:
            return self._signed("error_response", no.told)

    def _check(self, told: Mapping[str, str]) -> None:
        """What is wrong before the call itself is looked at."""
        match self._faults.scenario.mode:
            case Fault.BUSY:
                raise NoError("20000", "Service Currently Unavailable", "isp.unknow-error", "系统繁忙")
            case Fault.TOO_FREQUENT:
                raise NoError("40005", "Call Limited", "isv.app-call-limited", "应用调用次数超限")
        if told.get("app_id") != self._app_id:
            raise NoError("40002", "Invalid Arguments", "isv.invalid-app-id", "无效的AppID参数")
        if told.get("method") not in self._methods:
            raise NoError("40002", "Invalid Arguments", "isv.invalid-method", "不存在的方法名")
        if told.get("sign_type") != "RSA2" or not self._is_ours(told):
            raise NoError("40002", "Invalid Arguments", "isv.invalid-signature", "验签出错")

    def _is_ours(self, told: Mapping[str, str]) -> bool:
        pairs = sorted((name, value) for name, value in told.items() if name != "sign" and value)
        text = "&".join("=".join(pair) for pair in pairs)
        try:
            signature = b64decode(told.get("sign", ""), validate=True)
            self._app_public.verify(signature, text.encode(), PKCS1v15(), SHA256())
        except (InvalidSignature, BadBase64):
            return False
        return True

    def _signed(self, name: str, content: Mapping[str, object]) -> Response:
        text = json.dumps(content, ensure_ascii=False)
        sign = self._private.sign(text.encode(), PKCS1v15(), SHA256())
        body = f'{{"{name}":{text},"sign":"{b64encode(sign).decode()}"}}'
        return Response(body, media_type="text/html;charset=utf-8")

    def _certify_initialize(self, told: Mapping[str, str]) -> Made:
        asked = _Certify.model_validate_json(told.get("biz_content", ""))
        if asked.identity_param.cert_type != "IDENTITY_CARD" or len(asked.identity_param.cert_no) != 18:
            raise NoError("40004", "Business Failed", "CERT_TYPE_NOT_SUPPORT", "证件类型不支持")
        token = self._orders.setdefault(asked.outer_order_no, f"OC{secrets.token_hex(15)}")
        self._checks.setdefault(token, False)
        return {"code": "10000", "msg": "Success", "certify_id": token}

    def _certify_query(self, told: Mapping[str, str]) -> Made:
        token = json.loads(told.get("biz_content", "{}")).get("certify_id", "")
        if token not in self._checks:
            raise NoError("40004", "Business Failed", "CERTIFY_ID_NOT_EXIST", "认证单据不存在")
        return {"code": "10000", "msg": "Success", "passed": "T" if self._checks[token] else "F"}

    def _send_message(self, told: Mapping[str, str]) -> Made:
        message = _Message.model_validate_json(told.get("biz_content", ""))
        receiver = message.to_user_id or message.to_open_id
        if message.user_template_id not in self._messages.templates:
            raise NoError("40004", "Business Failed", "USER_TEMPLATE_ILLEGAL", "模板不合法")
        if not self._messages.takes(receiver, message.user_template_id):
            raise NoError("40004", "Business Failed", "USER_NOT_SUBSCRIBE", "用户未订阅")
        values = {name: part["value"] for name, part in json.loads(message.data).items()}
        self._messages.show(receiver, message.user_template_id, {**values, "page": message.page})
        return {"code": "10000", "msg": "Success"}

    def _oauth_token(self, told: Mapping[str, str]) -> Made:
        login = self._logins.get(told.get("code", ""))
        if told.get("grant_type") != "authorization_code" or login is None:
            raise NoError("40002", "Invalid Arguments", "isv.code-invalid", "授权码code无效")
        if login.used or login.expires_at <= clock.now():
            raise NoError("40002", "Invalid Arguments", "isv.code-invalid", "授权码code无效")
        login.used = True
        return {
            "access_token": f"authusrB{secrets.token_hex(16)}",
            "auth_start": f"{clock.local(clock.now()):%Y-%m-%d %H:%M:%S}",
            "expires_in": 1296000,
            "re_expires_in": 2592000,
            "refresh_token": f"authusrB{secrets.token_hex(16)}",
            "open_id": login.open_id,
        }
