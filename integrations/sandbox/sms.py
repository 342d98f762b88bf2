"""Plays the SMS gateway: checks the signature, keeps messages in memory, and shows them on the made-up phone."""

import hmac
import re
from collections import deque
from hashlib import sha256

import orjson
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from backend.keys import SandboxKeys
from backend.kit import clock
from integrations.sandbox.faults import Fault, Faults

BLOCKED = "+8610000000000"
"""A number that every message to is refused."""
_CREDENTIAL = re.compile(
    r"TC3-HMAC-SHA256 Credential=(?P<id>[^/]+)/(?P<day>\d{4}-\d{2}-\d{2})/sms/tc3_request,"
    r" SignedHeaders=content-type;host, Signature=(?P<signature>[0-9a-f]{64})"
)
_KEPT = 200
_SKEW = 300


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid")

    phones: list[str] = Field(alias="PhoneNumberSet", min_length=1, max_length=200)
    app_id: str = Field(alias="SmsSdkAppId")
    sign_name: str = Field(alias="SignName")
    template: str = Field(alias="TemplateId")
    parameters: list[str] = Field(alias="TemplateParamSet")


class Sms:
    """The last messages, newest first."""

    def __init__(self, keys: SandboxKeys) -> None:
        self._keys = keys.sms
        self._faults = Faults()
        self._sent: deque[tuple[str, list[str]]] = deque(maxlen=_KEPT)

    def routes(self) -> list[BaseRoute]:
        """The protocol at ``/sms``, the phone and the switches under ``/admin/sms``."""
        return [
            Route("/sms", self.send, methods=["POST"]),
            Route("/admin/sms/messages", self.messages, methods=["POST"]),
            Route("/admin/sms/scenario", self._faults.set_scenario, methods=["POST"]),
        ]

    async def messages(self, request: Request) -> Response:
        """``POST {phone} -> {messages: [[code, minutes], …]}``: what is on the screen, newest first."""
        phone = orjson.loads(await request.body())["phone"]
        return JSONResponse({"messages": [told for number, told in self._sent if number == phone]})

    async def send(self, request: Request) -> Response:
        """``SendSms``; errors are status 200 with an ``Error``, as in reality."""
        if (faulty := await self._faults.play()) is not None:
            return faulty
        body = await request.body()
        if (code := self._error(request, body)) is not None:
            return JSONResponse({"Response": {"Error": {"Code": code, "Message": code}, "RequestId": "r"}})
        message = _Message.model_validate_json(body)
        statuses = [self._deliver(phone, message.parameters) for phone in message.phones]
        return JSONResponse({"Response": {"SendStatusSet": statuses, "RequestId": "r"}})

    def _deliver(self, phone: str, parameters: list[str]) -> dict[str, object]:
        code = "Ok"
        if self._faults.scenario.mode is Fault.TOO_FREQUENT:
            code = "LimitExceeded.PhoneNumberThirtySecondLimit"
        elif phone == BLOCKED:
            code = "FailedOperation.PhoneNumberInBlacklist"
        else:
            self._sent.appendleft((phone, parameters))
        return {
            "SerialNo": "1",
            "PhoneNumber": phone,
            "Fee": int(code == "Ok"),
            "Code": code,
            "Message": code,
        }

    def _error(self, request: Request, body: bytes) -> str | None:
        headers = request.headers
        if self._faults.scenario.mode is Fault.BUSY:
            return "InternalError.Timeout"
        told = _CREDENTIAL.fullmatch(headers.get("authorization", ""))
        if told is None or told["id"] != self._keys.secret_id:
            return "AuthFailure.SecretIdNotFound"
        stamp = headers.get("x-tc-timestamp", "0")
        if not stamp.isdecimal() or abs(int(stamp) - clock.now().timestamp()) > _SKEW:
            return "AuthFailure.SignatureExpire"
        if not hmac.compare_digest(told["signature"], self._signature(request, told["day"], stamp, body)):
            return "AuthFailure.SignatureFailure"
        if (headers.get("x-tc-action"), headers.get("x-tc-version")) != ("SendSms", "2021-01-11"):
            return "InvalidAction"
        return None

    def _signature(self, request: Request, day: str, stamp: str, body: bytes) -> str:
        headers = request.headers
        lines = ["POST", request.url.path, "", f"content-type:{headers.get('content-type', '')}"]
        lines += [f"host:{headers.get('host', '')}", "", "content-type;host", sha256(body).hexdigest()]
        digest = sha256("\n".join(lines).encode()).hexdigest()
        text = f"TC3-HMAC-SHA256\n{stamp}\n{day}/sms/tc3_request\n{digest}"
        key = ("TC3" + self._keys.secret_key).encode()
        for part in (day, "sms", "tc3_request"):
            key = hmac.new(key, part.encode(), sha256).digest()
        return hmac.new(key, text.encode(), sha256).hexdigest()
