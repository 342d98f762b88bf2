"""Alipay mini-program sign-in: ``alipay.system.oauth.token`` through the open gateway, signed RSA2 both ways."""

import json
from base64 import b64decode, b64encode
from binascii import Error as BadBase64
from collections.abc import Mapping
from functools import lru_cache
from typing import TypeVar
from urllib.parse import urlencode

import structlog
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from pydantic import BaseModel, Field, ValidationError

from backend.errors import BadSettings, Invalid, ProblemCode, Refusal, Text, TooMany
from backend.keys.files import AlipayEntry
from backend.kit import clock
from backend.ports import PlatformAccount
from integrations.transport import Answer, Transport, no_answer

NAME = "ALIPAY"

_CODE_INVALID = Text(
    zh="支付宝登录凭证无效或已被使用，请重新打开小程序。",
    en="The Alipay login code is not valid or was already used; reopen the app.",
)
_CODE_REFUSED = {"isv.code-invalid", "isv.grant-type-invalid"}
"""Sub-codes that are about the citizen's login code; every other one is about our set-up."""
_TOO_FREQUENT = "isv.app-call-limited"
_TEMPORARY = {"isp.unknow-error", "aop.unknow-error", "isp.unknown-error", "ACQ.SYSTEM_ERROR"}

Shape = TypeVar("Shape", bound=BaseModel)

_log = structlog.get_logger()


class AlipayRefusedError(Exception):
    """The gateway's signed no. Holds its codes only."""

    def __init__(self, code: str, sub_code: str) -> None:
        self.code = code
        self.sub_code = sub_code
        super().__init__(f"{code} {sub_code}")


class _No(BaseModel):
    code: str = ""
    sub_code: str = Field(default="", max_length=80)


@lru_cache(maxsize=4)
def _key_pair(ours: str, theirs: str) -> tuple[RSAPrivateKey, RSAPublicKey]:
    """Our key and theirs, read once: that a key of RSA is sound takes long to check."""
    try:
        private = load_pem_private_key(ours.encode(), password=None)
        public = load_pem_public_key(theirs.encode())
    except (ValueError, UnsupportedAlgorithm):
        private = public = None  # type: ignore[assignment]  # told below
    if not isinstance(private, RSAPrivateKey) or not isinstance(public, RSAPublicKey):
        raise BadSettings("The keys for Alipay must be RSA keys in PEM.")
    return private, public


class Gateway:
    """One application at the open gateway: every call is signed, every answer's signature is checked."""

    def __init__(self, transport: Transport, *, url: str, keys: AlipayEntry) -> None:
        """Raises ``BadSettings`` for keys that are not RSA."""
        self._transport = transport
        self._url = url
        self._app_id = keys.app_id
        self._private, self._public = _key_pair(keys.our_private_pem, keys.their_public_pem)

    async def call(
        self, method: str, parameters: Mapping[str, str], shape: type[Shape], *, repeatable: bool = False
    ) -> Shape:
        """The content of the answer. Raises ``AlipayRefusedError`` and ``Unavailable``."""
        told = self._signed(method, parameters)
        answer = await self._transport.send(
            "alipay",
            "POST",
            self._url,
            params={"charset": "utf-8"},
            headers={"content-type": "application/x-www-form-urlencoded;charset=utf-8"},
            content=urlencode(told).encode(),
            repeatable=repeatable,
        )
        name = method.replace(".", "_") + "_response"
        content, key = _signed_content(answer, (name, "error_response"), self._public)
        if key == "error_response" or _read(answer, content, _No).code not in {"", "10000"}:
            told_no = _read(answer, content, _No)
            raise AlipayRefusedError(told_no.code, told_no.sub_code)
        return _read(answer, content, shape)

    def address(self, method: str, parameters: Mapping[str, str]) -> str:
        """A signed address of the gateway for the phone to open."""
        return f"{self._url}?{urlencode(self._signed(method, parameters))}"

    def _signed(self, method: str, parameters: Mapping[str, str]) -> dict[str, str]:
        told = {
            "app_id": self._app_id,
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": f"{clock.local(clock.now()):%Y-%m-%d %H:%M:%S}",
            "version": "1.0",
            **parameters,
        }
        signature = self._private.sign(to_sign(told), PKCS1v15(), SHA256())
        return {**told, "sign": b64encode(signature).decode()}


def to_sign(parameters: Mapping[str, str]) -> bytes:
    """What is signed: all parameters but empty ones and ``sign``, ``name=value``, in the order of their names."""
    pairs = sorted((name, value) for name, value in parameters.items() if value and name != "sign")
    return "&".join(f"{name}={value}" for name, value in pairs).encode()


def _signed_content(answer: Answer, names: tuple[str, ...], public: RSAPublicKey) -> tuple[str, str]:
    """The very text of the answer's object, which is what Alipay signs, and the name it stands under."""
    try:
        text = answer.body.decode()
        whole = json.loads(text)
        name = next(name for name in names if name in whole)
        begins = text.index("{", text.index(f'"{name}"'))
        _, ends = json.JSONDecoder().raw_decode(text, begins)
        content = text[begins:ends]
        public.verify(b64decode(whole["sign"], validate=True), content.encode(), PKCS1v15(), SHA256())
    except (ValueError, TypeError, KeyError, StopIteration, BadBase64, RecursionError):
        _log.error("alipay_answer_malformed", status=answer.status)
        raise no_answer() from None
    except InvalidSignature:
        _log.error("alipay_answer_not_signed_by_alipay")
        raise no_answer() from None
    return content, name


def _read(answer: Answer, content: str, shape: type[Shape]) -> Shape:
    try:
        return shape.model_validate_json(content)
    except ValidationError:
        _log.error("alipay_answer_malformed", status=answer.status)
        raise no_answer() from None


class _Token(BaseModel):
    """The answer. Alipay's own tokens are left out on purpose: what is not read cannot leak."""

    open_id: str = Field(default="", max_length=128)
    user_id: str = Field(default="", max_length=64)


class AlipayPlatform:
    """``MiniProgramPlatform`` of one Alipay mini-program."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def exchange_code(self, code: str) -> PlatformAccount:
        """The account behind a login code; see ``backend.ports.MiniProgramPlatform``.

        An application sees either ``open_id`` (new ones) or ``user_id`` (2088…) as Alipay has set it up.
        """
        try:
            found = await self._gateway.call(
                "alipay.system.oauth.token",
                {"grant_type": "authorization_code", "code": code},
                _Token,
                # Not repeatable: the first try may have used the code up, and the second would say so.
            )
        except AlipayRefusedError as error:
            raise refusal_of(error) from None
        if not (found.open_id or found.user_id):
            raise no_answer()
        return PlatformAccount(platform=NAME, open_id=found.open_id or found.user_id, union_id=None)


def refusal_of(error: AlipayRefusedError) -> Refusal:
    """What the gateway's no means for the one who asks."""
    if error.sub_code in _CODE_REFUSED:
        return Invalid(_CODE_INVALID, code=ProblemCode.SIGN_IN_FAILED)
    if error.sub_code == _TOO_FREQUENT:
        return TooMany(
            Text(zh="操作过于频繁，请一分钟后再试。", en="Too many attempts; try again in a minute."),
            retry_after=60,
        )
    if error.sub_code not in _TEMPORARY:
        _log.error("alipay_refuses_us", code=error.code, sub_code=error.sub_code)
    return no_answer()
