"""WeChat's own face check (人脸核身 2.0): announced and asked about from the server, ``wx.requestFacialVerify`` between.

The first version (``getuseridkey``, ``getinfo``) was switched off by WeChat on 2026-06-30.
"""

import asyncio
import time
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256

import orjson
import structlog
from pydantic import BaseModel, Field

from backend.errors import Invalid, ProblemCode, Refusal, Text, TooMany
from backend.ports import PlatformFaceTicket
from integrations.transport import Shape, Transport, no_answer

PASSED = 10000
_CERT_TYPE = "IDENTITY_CARD"
_BUSY, _RATE_LIMITED = -1, 45009
_STALE_TOKEN = {40001, 40014, 42001}
"""The access token is not (or no longer) good: it is fetched anew and the call made once more."""
_EARLY = 300.0
"""Seconds before its end in which an access token is not used any more."""

REFUSED = Text(
    zh="微信暂不能为该证件提供人脸核身，请选择其他方式。",
    en="WeChat does not check this document; please choose another way.",
)
_REFUSED_CODES = {85045, 86200}

_log = structlog.get_logger()


class _Token(BaseModel):
    access_token: str = Field(default="", max_length=600)
    expires_in: int = 0
    errcode: int = 0


class _Begun(BaseModel):
    errcode: int = 0
    verify_id: str = Field(default="", max_length=256)


class _Result(BaseModel):
    errcode: int = 0
    verify_ret: int = 0


class WeChatFaceCheck:
    """``PlatformFaceCheck`` of one mini-program."""

    def __init__(self, transport: Transport, *, base_url: str, app_id: str, app_secret: str) -> None:
        self._transport = transport
        self._base_url = base_url
        self._app_id = app_id
        self._app_secret = app_secret
        self._token = ""
        self._token_until = 0.0
        self._renewing = asyncio.Lock()

    async def begin(self, *, order: str, open_id: str, name: str, number: str) -> PlatformFaceTicket:
        """Announce a check; see ``backend.ports.PlatformFaceCheck``."""
        begun = await self._call(
            "getverifyid",
            {
                "out_seq_no": order,
                "cert_info": {"cert_type": _CERT_TYPE, "cert_name": name, "cert_no": number},
                "openid": open_id,
            },
            _Begun,
        )
        if begun.errcode or not begun.verify_id:
            raise _refusal(begun.errcode)
        return PlatformFaceTicket(begun.verify_id, None)

    async def passed(self, *, order: str, token: str, open_id: str, name: str, number: str) -> bool:
        """Ask WeChat itself; see ``backend.ports.PlatformFaceCheck``.

        WeChat compares account and document with what the check was announced for, and answers an error
        instead of a result where they differ.
        """
        result = await self._call(
            "queryverifyinfo",
            {
                "verify_id": token,
                "out_seq_no": order,
                "cert_hash": cert_hash(name, number),
                "openid": open_id,
            },
            _Result,
        )
        if result.errcode in {_BUSY, _RATE_LIMITED}:
            raise _refusal(result.errcode)
        return result.errcode == 0 and result.verify_ret == PASSED

    async def _call(self, path: str, told: Mapping[str, object], shape: type[Shape]) -> Shape:
        for last in (False, True):
            token = await self._access_token(renew=last)
            answer = await self._transport.send(
                "wechat",
                "POST",
                f"{self._base_url}/cityservice/face/identify/{path}",
                params={"access_token": token},
                headers={"content-type": "application/json"},
                content=orjson.dumps(told),
                repeatable=path == "queryverifyinfo",  # which only reads
            )
            found = answer.read(shape)
            if getattr(found, "errcode", 0) not in _STALE_TOKEN:
                break
        return found

    async def _access_token(self, *, renew: bool) -> str:
        """``getStableAccessToken``: the same for all processes until it ends."""
        async with self._renewing:
            if renew or time.monotonic() >= self._token_until:
                answer = await self._transport.send(
                    "wechat",
                    "POST",
                    f"{self._base_url}/cgi-bin/stable_token",
                    headers={"content-type": "application/json"},
                    content=orjson.dumps(
                        {
                            "grant_type": "client_credential",
                            "appid": self._app_id,
                            "secret": self._app_secret,
                            "force_refresh": renew,
                        }
                    ),
                    repeatable=True,
                )
                told = answer.read(_Token)
                if told.errcode or not told.access_token:
                    raise _refusal(told.errcode)
                self._token = told.access_token
                self._token_until = time.monotonic() + max(0.0, told.expires_in - _EARLY)
            return self._token


def cert_hash(name: str, number: str) -> str:
    """What WeChat knows the person of a check by afterwards: SHA-256 over the base64 of each part."""
    parts = (("cert_type", _CERT_TYPE), ("cert_name", name), ("cert_no", number))
    told = "&".join(f"{key}={b64encode(value.encode()).decode()}" for key, value in parts)
    return sha256(told.encode()).hexdigest()


def _refusal(errcode: int) -> Refusal:
    if errcode in _REFUSED_CODES:
        return Invalid(REFUSED, code=ProblemCode.PROOF_REFUSED)
    if errcode == _RATE_LIMITED:
        return TooMany(
            Text(zh="操作过于频繁，请一分钟后再试。", en="Too many attempts; try again in a minute."),
            retry_after=60,
        )
    if errcode != _BUSY:
        _log.error("wechat_refuses_us", errcode=errcode)
    return no_answer()
