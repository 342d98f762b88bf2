"""Plays the national network identity service, and the national app in which people make credentials."""

import secrets
from dataclasses import dataclass

import orjson
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from backend.keys import SandboxKeys
from backend.kit.signatures import sign_sm2, sm3_hex, verify_sm2
from integrations.sandbox.faults import Fault, Faults

_SUCCESS = "C0000000"


class _Holder(BaseModel):
    order: str = Field(alias="bizSeq", pattern="^[0-9a-f]{32}$")
    name: str = Field(min_length=1, max_length=60)
    number: str = Field(alias="idNumber", min_length=15, max_length=18)
    kind: str = Field(default="RESIDENT_ID", alias="idType")
    release: bool = False


@dataclass(slots=True)
class _Credential:
    holder: _Holder
    password: str
    used: bool = False


class NetworkIdentity:
    """Credentials live in memory: each is for one order and good once."""

    def __init__(self, keys: SandboxKeys) -> None:
        self._keys = keys.network_identity
        self._made: dict[str, _Credential] = {}
        self._faults = Faults()

    def routes(self) -> list[BaseRoute]:
        """The protocol under ``/network-identity``, the app and the switches under ``/admin/network-identity``."""
        return [
            Route("/network-identity/nationalCertification/userInfoCheck", self.check, methods=["POST"]),
            Route("/admin/network-identity/credential", self.make, methods=["POST"]),
            Route("/admin/network-identity/scenario", self._faults.set_scenario, methods=["POST"]),
        ]

    async def make(self, request: Request) -> Response:
        """``POST {bizSeq, name, idNumber, release?} -> {idCardAuthData, certPwdData}``: in the national app."""
        holder = _Holder.model_validate_json(await request.body())
        credential, password = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
        self._made[credential] = _Credential(holder, password)
        return JSONResponse({"idCardAuthData": credential, "certPwdData": password})

    async def check(self, request: Request) -> Response:
        """``userInfoCheck``: signed question, signed answer."""
        if (faulty := await self._faults.play()) is not None:
            return faulty
        envelope = orjson.loads(await request.body())
        content = str(envelope["content"])
        asked = orjson.loads(content)
        signed = verify_sm2(self._keys.app_public_pem, content.encode(), bytes.fromhex(str(envelope["sign"])))
        ours = (asked.get("orgCode"), asked.get("appId")) == (self._keys.organ, self._keys.app_id)
        result = self._result(asked, known=signed and ours)
        if result != _SUCCESS:
            return self._answer(asked, result)
        made = self._made[asked["idCardAuthData"]]
        made.used = True
        return self._answer(asked, result, **self._told(made.holder))

    def _result(self, asked: dict[str, str], *, known: bool) -> str:
        """The code of the answer."""
        made = self._made.get(asked.get("idCardAuthData", ""))
        checks = (
            (self._faults.scenario.mode in {Fault.BUSY, Fault.TOO_FREQUENT}, "C0900001"),
            (not known or asked.get("authMode") != "R02", "C0200001"),
            (made is None or made.holder.order != asked.get("bizSeq"), "C0101001"),
            (made is not None and made.used, "C0101002"),
            (made is not None and made.password != asked.get("certPwdData"), "C0101003"),
        )
        return next((code for fails, code in checks if fails), _SUCCESS)

    def _told(self, holder: _Holder) -> dict[str, object]:
        told: dict[str, object] = {
            "pid": sm3_hex(f"{self._keys.app_id}|{holder.number}".encode()),
            "identityDigest": sm3_hex(f"{holder.name}|{holder.number}|{holder.order}".encode()),
        }
        if holder.release:
            told["userInfo"] = {"name": holder.name, "idNumber": holder.number, "idType": holder.kind}
        return told

    def _answer(self, asked: dict[str, str], result: str, **told: object) -> Response:
        content = orjson.dumps(
            {"resultCode": result, "resultDesc": result, "bizSeq": asked.get("bizSeq", ""), **told}
        ).decode()
        sign = sign_sm2(self._keys.private_pem, content.encode()).hex()
        return JSONResponse({"content": content, "sign": sign})
