"""Text messages through Tencent Cloud's SMS interface (``SendSms`` of 2021-01-11, signed TC3-HMAC-SHA256)."""

import hmac
from collections.abc import Sequence
from hashlib import sha256
from urllib.parse import urlsplit

import orjson
import structlog
from pydantic import BaseModel, Field

from backend.errors import FieldProblem, Invalid, ProblemCode, Refusal, Text, TooMany
from backend.keys.files import SmsEntry
from backend.kit import clock
from integrations.transport import Transport, no_answer

ACTION, VERSION, REGION = "SendSms", "2021-01-11", "ap-guangzhou"
CONTENT_TYPE = "application/json; charset=utf-8"

_NUMBER_REFUSED = Text(
    zh="该手机号码无法接收短信，请核对或更换号码。",
    en="This number cannot receive our message: check it or use another one.",
)
_TOO_MANY = Text(
    zh="该号码短信过于频繁，请稍后再试。", en="Too many messages to this number; try again later."
)
OK = "Ok"
REFUSED_NUMBERS = ("InvalidParameterValue.IncorrectPhoneNumber", "FailedOperation.PhoneNumberInBlacklist")
"""Codes about the number; ``LimitExceeded.PhoneNumber…`` are about its messages, all others about our set-up."""

_log = structlog.get_logger()


class _Status(BaseModel):
    code: str = Field(alias="Code", max_length=120)


class _Error(BaseModel):
    code: str = Field(alias="Code", max_length=120)


class _Response(BaseModel):
    statuses: list[_Status] = Field(alias="SendStatusSet", default_factory=list)
    error: _Error | None = Field(alias="Error", default=None)


class _Answer(BaseModel):
    response: _Response = Field(alias="Response")


class TencentSms:
    """``SmsGateway`` of one account at Tencent Cloud."""

    def __init__(self, transport: Transport, *, url: str, keys: SmsEntry) -> None:
        self._transport = transport
        self._url = url
        self._keys = keys

    async def send_code(self, *, phone: str, code: str, minutes: int) -> None:
        """Send a code; see ``backend.ports.SmsGateway``."""
        status = await self.send(
            phone=phone, template=self._keys.code_template, parameters=(code, str(minutes))
        )
        if status != OK:
            raise _refusal(status)

    async def send(self, *, phone: str, template: str, parameters: Sequence[str]) -> str:
        """Send a registered template once; the gateway's own word for what became of it. Raises ``Unavailable``."""
        body = orjson.dumps(
            {
                "PhoneNumberSet": [phone],
                "SmsSdkAppId": self._keys.app_id,
                "SignName": self._keys.sign_name,
                "TemplateId": template,
                "TemplateParamSet": list(parameters),
            }
        )
        stamp = int(clock.now().timestamp())
        answer = await self._transport.send(
            "sms",
            "POST",
            self._url,
            headers={
                "content-type": CONTENT_TYPE,
                "authorization": signed(self._keys, self._url, stamp, body),
                "x-tc-action": ACTION,
                "x-tc-version": VERSION,
                "x-tc-timestamp": str(stamp),
                "x-tc-region": REGION,
            },
            content=body,
            # Not repeatable: a message that was sent twice is a citizen who wonders which code counts.
        )
        told = answer.read(_Answer).response
        codes = [told.error.code] if told.error else [status.code for status in told.statuses]
        return codes[0] if len(codes) == 1 else ""


def signed(keys: SmsEntry, url: str, stamp: int, body: bytes) -> str:
    """The ``Authorization`` header over content type, host and body, for one day's derived key."""
    parts = urlsplit(url)
    day = f"{clock.now():%Y-%m-%d}"
    scope = f"{day}/sms/tc3_request"
    canonical = "\n".join(
        (
            "POST",
            parts.path or "/",
            "",
            f"content-type:{CONTENT_TYPE}",
            f"host:{parts.netloc}",
            "",
            "content-type;host",
            sha256(body).hexdigest(),
        )
    )
    text = "\n".join(("TC3-HMAC-SHA256", str(stamp), scope, sha256(canonical.encode()).hexdigest()))
    key = f"TC3{keys.secret_key}".encode()
    for part in (day, "sms", "tc3_request"):
        key = hmac.new(key, part.encode(), sha256).digest()
    signature = hmac.new(key, text.encode(), sha256).hexdigest()
    return (
        f"TC3-HMAC-SHA256 Credential={keys.secret_id}/{scope}, SignedHeaders=content-type;host,"
        f" Signature={signature}"
    )


def _refusal(code: str) -> Refusal:
    if code in REFUSED_NUMBERS:
        return Invalid(
            _NUMBER_REFUSED,
            code=ProblemCode.PHONE_REFUSED,
            fields=(FieldProblem(("input", "phone"), _NUMBER_REFUSED),),
        )
    if code.startswith("LimitExceeded.PhoneNumber"):
        return TooMany(_TOO_MANY, retry_after=60)
    if not code.startswith(("InternalError", "LimitExceeded.AppDailyLimit")):
        _log.error("sms_gateway_refuses_us", code=code)
    return no_answer()
