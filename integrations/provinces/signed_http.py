r"""The wire of a province with its own application (自建应用+接口调用): HTTP signed SM2-with-SM3, both ways.

A request is signed over these lines, joined by ``\n``::

    METHOD / path?query / app id / timestamp / nonce / SM3 of the body in hex

and an answer over these, so that it answers one request only::

    RESPONSE / status / app id / timestamp / nonce of the request / SM3 of the body in hex

The parts travel in ``X-App-Id``, ``X-Timestamp`` (milliseconds since 1970), ``X-Nonce``,
``X-Signature-Suite`` and ``X-Signature`` (base64 of the DER signature).
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import structlog

from backend.errors import Unavailable
from backend.exchange_ports import SignedSide, WireHop, signed_side, tell
from backend.keys import ProvinceKeys
from backend.kit import clock, ids
from backend.kit.signatures import SUITE, public_of, sign_sm2, sm3_hex, verify_sm2_text
from integrations.transport import Answer, Transport, no_answer

_log = structlog.get_logger()

TOLERANCE = timedelta(minutes=5)
"""How far a stamp may be from our clock, either way. Nonces need to be remembered for twice as long."""


class NotTheirsError(Exception):
    """A message does not carry the other side's valid, fresh signature. The text says what is wrong."""


@dataclass(frozen=True, slots=True)
class Signed:
    """Headers to send, the nonce that the answer has to come back with, and what was signed."""

    headers: Mapping[str, str]
    nonce: str
    lines: tuple[str, ...]


class SignedHttp:
    """Signs what we send to a province and checks what it says."""

    def __init__(self, keys: ProvinceKeys) -> None:
        self._keys = keys
        self._our_key = public_of(keys.our_private_pem)

    def sign(self, *, method: str, target: str, body: bytes, now: datetime) -> Signed:
        """Sign a request. ``target`` is path and query as they stand in the request line."""
        stamp, nonce = str(_milliseconds(now)), ids.new_nonce()
        lines = (method, target, self._keys.app_id, stamp, nonce, sm3_hex(body))
        headers = {
            "x-app-id": self._keys.app_id,
            "x-timestamp": stamp,
            "x-nonce": nonce,
            "x-signature-suite": SUITE,
            "x-signature": b64encode(sign_sm2(self._keys.our_private_pem, _message(lines))).decode(),
        }
        return Signed(headers, nonce, lines)

    async def post(self, transport: Transport, system: str, url: str, body: bytes) -> Answer:
        """A signed call and its answer, which is theirs and answers this call. Raises ``Unavailable``.

        It is never repeated here: a second try needs a nonce of its own. Whatever job calls tries again.
        """
        at = clock.now()
        signed = self.sign(method="POST", target=urlsplit(url).path, body=body, now=at)
        ours = signed_side(signed.lines, signed.headers, "ours", self._our_key)
        try:
            answer = await transport.send(
                system,
                "POST",
                url,
                headers={**signed.headers, "content-type": "application/json"},
                content=body,
            )
        except Unavailable:
            tell(WireHop(at, "NO_ANSWER", ours, sent=body))
            raise
        stamp = answer.headers.get("x-timestamp", "")
        digest = sm3_hex(answer.body)
        lines = ("RESPONSE", str(answer.status), self._keys.app_id, stamp, signed.nonce, digest)

        def heard(outcome: str) -> None:
            theirs = self._theirs(lines, answer.headers)
            tell(WireHop(at, outcome, ours, theirs, answer.status, body, answer.body))

        try:
            self._check(lines, answer.headers, clock.now())
        except NotTheirsError as error:
            heard("NOT_THEIRS")
            _log.error("answer_not_theirs", system=system, status=answer.status, wrong=str(error))
            raise no_answer() from None
        heard("ANSWERED" if answer.status < 400 else "REFUSED")
        return answer

    def check_request(
        self, *, method: str, target: str, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> str:
        """The nonce of the province's request, to be remembered. Raises ``NotTheirsError``."""
        given = {name.lower(): value for name, value in headers.items()}
        nonce = given.get("x-nonce", "")
        if not 16 <= len(nonce) <= 128:
            raise NotTheirsError("nonce")
        lines = (method, target, self._keys.app_id, given.get("x-timestamp", ""), nonce, sm3_hex(body))
        self._check(lines, given, now)
        tell(WireHop(now, "HEARD", self._theirs(lines, given), sent=body))
        return nonce

    def _theirs(self, lines: tuple[str, ...], headers: Mapping[str, str]) -> SignedSide:
        return signed_side(lines, headers, "theirs", self._keys.their_public_pem)

    def _check(self, lines: tuple[str, ...], headers: Mapping[str, str], now: datetime) -> None:
        if headers.get("x-app-id") != self._keys.app_id:
            raise NotTheirsError("app id")
        if headers.get("x-signature-suite") != SUITE:
            raise NotTheirsError("suite")
        stamp = headers.get("x-timestamp", "")
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 16):
            raise NotTheirsError("timestamp")
        if abs(_milliseconds(now) - int(stamp)) > TOLERANCE / timedelta(milliseconds=1):
            raise NotTheirsError("stale")
        signature = headers.get("x-signature", "")
        if not verify_sm2_text(self._keys.their_public_pem, _message(lines), signature):
            raise NotTheirsError("signature")


def _message(lines: tuple[str, ...]) -> bytes:
    return "\n".join(lines).encode()


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
