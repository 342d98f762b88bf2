"""The national network identity service (国家网络身份认证公共服务) over HTTP, signed SM2-with-SM3 both ways.

The front end has the national app make a credential for our order (``organ``, ``app``, ``bizSeq``; type 1: with
password), and hands us ``idCardAuthData`` and ``certPwdData``. We verify in mode R02, credential and password,
which asks for no face. The names of these fields, the modes and the code of success are as integrating platforms
have published them; the service gives its whole specification to units that are granted access, so the address
below and the fields of the answer stand to be compared with it. All of that is in this file.
"""

from collections.abc import Mapping, Sequence

import orjson
import structlog
from pydantic import BaseModel, Field, ValidationError

from backend.keys.files import NetworkIdentityEntry
from backend.kit import clock
from backend.kit.documents import DocumentKind
from backend.kit.signatures import sign_sm2, sm3_hex, verify_sm2
from backend.ports import NetworkIdentityHolder, NetworkIdentityStart
from integrations.transport import Transport, no_answer

MODE = "R02"
SUCCESS = "C0000000"
_NOT_GOOD = {"C0101001", "C0101002", "C0101003"}
"""Codes about the credential: not ours, expired or used, wrong password. Every other one is about our set-up."""

_log = structlog.get_logger()


class _Released(BaseModel):
    name: str = Field(max_length=60)
    number: str = Field(alias="idNumber", max_length=18)
    kind: DocumentKind = Field(alias="idType")


class _Answer(BaseModel):
    result: str = Field(alias="resultCode", max_length=20)
    business_number: str = Field(alias="bizSeq", max_length=40)
    network_id: str = Field(default="", alias="pid", max_length=80)
    identity_digest: str = Field(default="", alias="identityDigest", max_length=64)
    released: _Released | None = Field(default=None, alias="userInfo")


class _Envelope(BaseModel):
    content: str = Field(max_length=10_000)
    sign: str = Field(max_length=400, pattern="^([0-9a-f]{2})+$")


class NationalNetworkIdentity:
    """``NetworkIdentity`` of one access."""

    def __init__(self, transport: Transport, *, base_url: str, keys: NetworkIdentityEntry) -> None:
        self._transport = transport
        self._base_url = base_url
        self._keys = keys

    def start(self, order: str) -> NetworkIdentityStart:
        """What the national app is called with; see ``backend.ports.NetworkIdentity``."""
        return NetworkIdentityStart(self._keys.organ, self._keys.app_id, order)

    async def verify(
        self, *, order: str, credential: str, password: str, expected: Sequence[tuple[str, str]]
    ) -> tuple[NetworkIdentityHolder, bool] | None:
        """Ask the national service; see ``backend.ports.NetworkIdentity``."""
        told = {
            "orgCode": self._keys.organ,
            "appId": self._keys.app_id,
            "appName": self._keys.app_name,
            "bizSeq": order,
            "authMode": MODE,
            "idCardAuthData": credential,
            "certPwdData": password,
            "timeStamp": f"{clock.local(clock.now()):%Y%m%d%H%M%S}",
        }
        found = await self._ask(told)
        if found.result in _NOT_GOOD:
            return None
        # An answer to another question, however well signed, is not one to ours.
        if found.result != SUCCESS or found.business_number != order or not found.network_id:
            _log.error("network_identity_refuses_us", result=found.result)
            raise no_answer()
        digests = {digest(name, number, order) for name, number in expected}
        released = found.released
        holder = NetworkIdentityHolder(
            network_id=found.network_id,
            name=released.name if released else None,
            number=released.number if released else None,
            kind=released.kind if released else None,
        )
        return holder, found.identity_digest in digests

    async def _ask(self, told: Mapping[str, str]) -> _Answer:
        content = orjson.dumps(told, option=orjson.OPT_SORT_KEYS).decode()
        sign = sign_sm2(self._keys.our_private_pem, content.encode()).hex()
        answer = await self._transport.send(
            "network_identity",
            "POST",
            f"{self._base_url}/nationalCertification/userInfoCheck",
            headers={"content-type": "application/json"},
            content=orjson.dumps({"content": content, "sign": sign}),
            # Not repeatable: a credential is good once.
        )
        envelope = answer.read(_Envelope)
        if not verify_sm2(
            self._keys.their_public_pem, envelope.content.encode(), bytes.fromhex(envelope.sign)
        ):
            _log.error("network_identity_answer_not_signed")
            raise no_answer()
        try:
            return _Answer.model_validate_json(envelope.content)
        except ValidationError:
            _log.error("network_identity_answer_malformed", status=answer.status)
            raise no_answer() from None


def digest(name: str, number: str, order: str) -> str:
    """What both sides compare a person by, different for every order: SM3 over name, number and order."""
    return sm3_hex(f"{name}|{number}|{order}".encode())
