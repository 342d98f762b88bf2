"""WeChat's own face check (人脸核身 2.0): announced and asked about from the server, ``wx.requestFacialVerify`` between.

The first version (``getuseridkey``, ``getinfo``) was switched off by WeChat on 2026-06-30.
"""

from base64 import b64encode
from hashlib import sha256

import structlog
from pydantic import BaseModel, Field

from backend.errors import Invalid, ProblemCode, Refusal, Text, TooMany
from backend.ports import PlatformFaceTicket
from integrations.transport import Shape, no_answer
from integrations.wechat_token import WeChatRefusedError, WeChatServer

PASSED = 10000
_CERT_TYPE = "IDENTITY_CARD"
_BUSY, _RATE_LIMITED = -1, 45009

REFUSED = Text(
    zh="微信暂不能为该证件提供人脸核身，请选择其他方式。",
    en="WeChat does not check this document; please choose another way.",
)
_REFUSED_CODES = {85045, 86200}

_log = structlog.get_logger()


class _Begun(BaseModel):
    errcode: int = 0
    verify_id: str = Field(default="", max_length=256)


class _Result(BaseModel):
    errcode: int = 0
    verify_ret: int = 0


class WeChatFaceCheck:
    """``PlatformFaceCheck`` of one mini-program."""

    def __init__(self, server: WeChatServer) -> None:
        self._server = server

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

    async def _call(self, path: str, told: dict[str, object], shape: type[Shape]) -> Shape:
        try:
            return await self._server.call(
                f"cityservice/face/identify/{path}",
                told,
                shape,
                repeatable=path == "queryverifyinfo",  # which only reads
            )
        except WeChatRefusedError as error:
            raise _refusal(error.errcode) from None


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
