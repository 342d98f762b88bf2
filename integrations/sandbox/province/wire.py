r"""The platform's side of the signed wire, written from the protocol and not from the adapter.

We sign requests over ``METHOD\npath?query\napp id\ntimestamp\nnonce\nSM3hex(body)`` and answers over
``RESPONSE\nstatus\napp id\ntimestamp\nnonce of the request\nSM3hex(body)``.
"""

import base64
import binascii
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta

from starlette.datastructures import Headers

from backend.kit import clock
from backend.kit.signatures import generate_sm2, sign_sm2, sm3_hex, verify_sm2
from integrations.sandbox.province.played import Access
from integrations.sandbox.province.scenario import Mode

FRESH = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class WireError(Exception):
    """The envelope is refused: an HTTP status and the platform's code."""

    status: int
    code: str


class Wire:
    """The platform's keys and what it does with them."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._wrong_private_pem, _ = generate_sm2()

    def verify(self, *, method: str, target: str, headers: Headers, body: bytes) -> str:
        """The nonce of a sound request. Raises ``WireError``."""
        if headers.get("X-App-Id") != self._access.app_id:
            raise WireError(401, "APP_UNKNOWN")
        stamp, nonce = headers.get("X-Timestamp", ""), headers.get("X-Nonce", "")
        if (
            headers.get("X-Signature-Suite") != "SM2-SM3"
            or not nonce
            or not re.fullmatch("[0-9]{1,15}", stamp)
        ):
            raise WireError(401, "SIGNATURE_INVALID")
        if abs(int(stamp) - _now_ms()) > FRESH.total_seconds() * 1000:
            raise WireError(401, "STAMP_STALE")
        canonical = f"{method}\n{target}\n{self._access.app_id}\n{stamp}\n{nonce}\n{sm3_hex(body)}"
        try:
            signature = base64.b64decode(headers.get("X-Signature", ""), validate=True)
        except binascii.Error:
            raise WireError(401, "SIGNATURE_INVALID") from None
        if not verify_sm2(self._access.jinmin_public_pem, canonical.encode(), signature):
            raise WireError(401, "SIGNATURE_INVALID")
        return nonce

    def sign_answer(self, *, status: int, nonce: str, body: bytes, mode: Mode) -> dict[str, str]:
        """Headers that bind an answer to the request with ``nonce``."""
        stamp = _stamp(mode)
        canonical = f"RESPONSE\n{status}\n{self._access.app_id}\n{stamp}\n{nonce}\n{sm3_hex(body)}"
        return self._headers(canonical, stamp, nonce, mode)

    def sign_request(self, *, method: str, target: str, body: bytes, mode: Mode) -> dict[str, str]:
        """Headers of a callback."""
        stamp, nonce = _stamp(mode), secrets.token_hex(16)
        canonical = f"{method}\n{target}\n{self._access.app_id}\n{stamp}\n{nonce}\n{sm3_hex(body)}"
        return self._headers(canonical, stamp, nonce, mode)

    def _headers(self, canonical: str, stamp: str, nonce: str, mode: Mode) -> dict[str, str]:
        key = self._wrong_private_pem if mode is Mode.BAD_SIGNATURE else self._access.private_pem
        return {
            "X-App-Id": self._access.app_id,
            "X-Timestamp": stamp,
            "X-Nonce": nonce,
            "X-Signature-Suite": "SM2-SM3",
            "X-Signature": base64.b64encode(sign_sm2(key, canonical.encode())).decode(),
        }


def _now_ms() -> int:
    return int(clock.now().timestamp() * 1000)


def _stamp(mode: Mode) -> str:
    late = timedelta(minutes=10) if mode is Mode.STALE_STAMP else timedelta()
    return str(_now_ms() - int(late.total_seconds() * 1000))
