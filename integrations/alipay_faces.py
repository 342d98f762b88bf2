"""Alipay's own face check (身份认证): initialised and asked about from the server, ``my.startAPVerify`` between."""

import orjson
from pydantic import BaseModel, Field

from backend.errors import Invalid, ProblemCode, Text
from backend.ports import PlatformFaceTicket
from integrations.alipay import AlipayRefusedError, Gateway, refusal_of

REFUSED = Text(
    zh="支付宝暂不能为该证件提供身份认证，请选择其他方式。",
    en="Alipay does not check this document; please choose another way.",
)
_BUSINESS_NO = "40004"
"""Business failed: the person cannot be checked, or the check is not finished."""


class _Begun(BaseModel):
    certify_id: str = Field(max_length=64)


class _Result(BaseModel):
    passed: str = Field(default="", max_length=8)


class AlipayFaceCheck:
    """``PlatformFaceCheck`` of one mini-program."""

    def __init__(self, gateway: Gateway, *, return_url: str) -> None:
        self._gateway = gateway
        self._return_url = return_url

    async def begin(self, *, order: str, open_id: str, name: str, number: str) -> PlatformFaceTicket:  # noqa: ARG002 - Alipay checks whoever stands before the phone
        """Initialise a check; see ``backend.ports.PlatformFaceCheck``. Alipay ties it to the person, not to an account."""
        content = {
            "outer_order_no": order,
            "biz_code": "FACE",
            "identity_param": {
                "identity_type": "CERT_INFO",
                "cert_type": "IDENTITY_CARD",
                "cert_name": name,
                "cert_no": number,
            },
            "merchant_config": {"return_url": self._return_url},
        }
        try:
            begun = await self._gateway.call(
                "alipay.user.certify.open.initialize",
                {"biz_content": orjson.dumps(content).decode()},
                _Begun,
                repeatable=True,  # the same order is the same check
            )
        except AlipayRefusedError as error:
            if error.code == _BUSINESS_NO:
                raise Invalid(REFUSED, code=ProblemCode.PROOF_REFUSED) from None
            raise refusal_of(error) from None
        address = self._gateway.address(
            "alipay.user.certify.open.certify",
            {"biz_content": orjson.dumps({"certify_id": begun.certify_id}).decode()},
        )
        return PlatformFaceTicket(begun.certify_id, address)

    async def passed(self, *, order: str, token: str, open_id: str, name: str, number: str) -> bool:  # noqa: ARG002 - the certify_id was made for this person
        """Ask Alipay itself; see ``backend.ports.PlatformFaceCheck``."""
        try:
            result = await self._gateway.call(
                "alipay.user.certify.open.query",
                {"biz_content": orjson.dumps({"certify_id": token}).decode()},
                _Result,
                repeatable=True,
            )
        except AlipayRefusedError as error:
            if error.code == _BUSINESS_NO:
                return False
            raise refusal_of(error) from None
        return result.passed == "T"
