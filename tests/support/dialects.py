"""A province with its own application, in the words of its interface: a server that knows nothing of our tables.

What each province calls things is written out here once more, by hand, so that a mistake in a dialect is found.
"""

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from backend.keys import ProvinceKeys
from backend.kit import clock
from backend.kit.sealing import KeyRing, Suite
from backend.kit.signatures import SUITE, generate_sm2, sign_sm2, sm3_hex, verify_sm2

APP = "jinmin-contract"
RESULT = b"%PDF-1.7 decision %%EOF"


@dataclass(frozen=True, slots=True)
class Speech:
    """What one province calls what. ``{…}`` are places in its own words."""

    root: str
    names: Mapping[str, str]
    accepted: tuple[str, str]
    approved: tuple[str, str]
    denied: tuple[str, str]
    reviewing: str
    inside: str = ""
    sealed: str = ""
    zoned: bool = True
    listed: bool = False
    """Asked for many at once, and answered step by step."""
    unknown: tuple[str, str] = ("code", "CASE_UNKNOWN")
    rejected: tuple[str, str] = ("code", "CASE_REJECTED")


SPEECHES: Mapping[str, Speech] = {
    "33": Speech(
        "/cases /cases/supplement /cases/withdraw /cases/query /cases/result",
        {
            "delivery": "deliveryId", "case": "caseNo", "external": "externalCaseNo", "at": "receivedAt", "sm3": "bodySm3",
            "person": "applicant.name", "materials": "materials", "body": "content", "stage": "linkCode", "since": "since",
            "event": "eventId", "sequence": "sequence", "link": "linkCode", "outcome": "resultCode", "when": "happenedAt",
            "number": "resultNo", "data": "result", "type": "mediaType", "content": "content",
            "filesha256": "sha256", "reason": "reason",
        },
        ("2", "1"), ("4", "0"), ("4", "1"), "3", inside="receipt", listed=True,
    ),
    "31": Speech(
        "/api/kst/apply /api/kst/supply /api/kst/revoke /api/kst/status /api/kst/licence",
        {
            "delivery": "deliveryId", "case": "applyNo", "external": "shCaseNo", "at": "receivedAt", "sm3": "bodySm3",
            "person": "applicant.name", "materials": "materials", "body": "content", "stage": "stage", "since": "stageTime",
            "event": "eventId", "sequence": "sequence", "link": "stage", "outcome": "stageResult", "when": "happenedAt",
            "number": "resultNo", "data": "result", "file": "fileName", "type": "mediaType", "content": "content",
            "filesm3": "sm3", "reason": "reason",
        },
        ("ACCEPT", "PASS"), ("FINISH", "PASS"), ("FINISH", "DENY"), "AUDIT", inside="data", sealed="encData",
        unknown=("errCode", "CASE_UNKNOWN"), rejected=("errCode", "CASE_REJECTED"),
    ),
    "36": Speech(
        "/gft/cases /gft/cases/supplement /gft/cases/withdraw /gft/cases/progress /gft/cases/result",
        {
            "delivery": "deliveryId", "case": "sblsh", "external": "externalCaseNo", "at": "receivedAt", "sm3": "bodySm3",
            "person": "applicant.name", "materials": "materials", "body": "content", "stage": "linkCode", "since": "since",
            "event": "eventId", "sequence": "sequence", "link": "linkCode", "outcome": "bljg", "when": "happenedAt",
            "number": "resultNo", "data": "result", "file": "fileName", "type": "mediaType", "content": "content",
            "filesm3": "sm3", "reason": "chyy",
        },
        ("2", "SL"), ("3", "BJ"), ("3", "TH"), "3", inside="receipt",
    ),
    "44": Speech(
        "/exchange/accept /exchange/correct /exchange/cancel /exchange/process /exchange/result",
        {
            "delivery": "row_guid", "case": "project_no", "external": "gd_project_no", "at": "receive_date",
            "sm3": "body_sm3", "person": "applyer_name", "materials": "material_list", "body": "attach_body",
            "stage": "process_code", "since": "start_time", "event": "event_guid", "sequence": "order_no",
            "link": "process_code", "outcome": "result_type", "when": "end_time", "number": "cert_no",
            "data": "result_data", "file": "attach_name", "type": "attach_type", "content": "attach_body",
            "filesm3": "attach_sm3", "reason": "cancel_reason",
        },
        ("01", "1"), ("03", "6"), ("03", "1"), "02", zoned=False, unknown=("err_code", "E404"),
        rejected=("err_code", "E422"),
    ),
}  # fmt: skip


@dataclass(slots=True)
class InterfaceProvince:
    """The other side, and what it was told."""

    region: str
    private_pem: str
    jinmin_public_pem: str
    payload: KeyRing | None
    refuse: bool = False
    half: bool = False
    astray: bytes | None = None
    """What it answers instead, signed and in no form that was agreed."""
    effects: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By delivery."""
    said: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    nonces: set[str] = field(default_factory=set)

    @property
    def speech(self) -> Speech:
        """Its words."""
        return SPEECHES[self.region]

    def app(self) -> Starlette:
        """The server."""
        operations = dict(
            zip(("lodge", "supplement", "withdraw", "query", "result"), self.speech.root.split(), strict=True)
        )

        async def answer(request: Request) -> Response:
            operation = next(name for name, path in operations.items() if path == request.url.path)
            return self._answer(request, operation, await request.body())

        return Starlette(routes=[Route(path, answer, methods=["POST"]) for path in operations.values()])

    def callback(
        self, path: str, case: str, external: str, codes: tuple[str, str], **more: Any
    ) -> tuple[bytes, dict[str, str]]:
        """A signed callback: body and headers."""
        names = self.speech.names
        told = {
            names["event"]: uuid4().hex,
            names["case"]: case,
            names["external"]: external,
            names["sequence"]: more.get("sequence", 1),
            names["link"]: codes[0],
            names["outcome"]: codes[1],
            names["when"]: self._moment(),
            names["number"]: more.get("number"),
            names["data"]: more.get("data", {}),
        }
        body = self._seal(orjson.dumps(told))
        return body, self.signed(path, body)

    def signed(self, path: str, body: bytes) -> dict[str, str]:
        """Headers of a callback with this body."""
        stamp, nonce = str(int(clock.now().timestamp() * 1000)), uuid4().hex
        return self._headers(f"POST\n{path}\n{APP}\n{stamp}\n{nonce}\n{sm3_hex(body)}", stamp, nonce)

    def _answer(self, request: Request, operation: str, body: bytes) -> Response:
        heads = request.headers
        line = "\n".join(
            ("POST", request.url.path, APP, heads["x-timestamp"], heads["x-nonce"], sm3_hex(body))
        )
        assert verify_sm2(self.jinmin_public_pem, line.encode(), b64decode(heads["x-signature"]))
        assert heads["x-nonce"] not in self.nonces
        self.nonces.add(heads["x-nonce"])
        plain = self._open(body)
        status, told = self._do(operation, plain)
        content = self._seal(orjson.dumps(told)) if self.astray is None else self.astray
        stamp, nonce = str(int(clock.now().timestamp() * 1000)), heads["x-nonce"]
        line = f"RESPONSE\n{status}\n{APP}\n{stamp}\n{nonce}\n{sm3_hex(content)}"
        return Response(content, status, self._headers(line, stamp, nonce))

    def _do(self, operation: str, plain: bytes) -> tuple[int, dict[str, Any]]:
        names, told = self.speech.names, orjson.loads(plain)
        self.said.append((operation, told))
        if self.refuse:
            return 422, {self.speech.rejected[0]: self.speech.rejected[1]}
        if operation in {"lodge", "supplement", "withdraw"}:
            return 200, self._receipt(operation, told, plain)
        known = {held["external"] for held in self.effects.values()}
        if operation == "query" and self.speech.listed:
            step = dict(zip(("linkCode", "resultCode"), self.speech.accepted, strict=True))
            return 200, {
                "cases": [
                    {
                        "externalCaseNo": number,
                        "receivedAt": self._moment(),
                        "steps": [{**step, "happenedAt": self._moment()}],
                    }
                    for number in told["externalCaseNos"]
                    if number in known
                ]
            }
        if told[names["external"]] not in known:
            return 404, {self.speech.unknown[0]: self.speech.unknown[1]}
        if operation == "query":
            return 200, {names["stage"]: self.speech.reviewing, names["since"]: self._moment()}
        digests = {"filesm3": sm3_hex(RESULT), "filesha256": hashlib.sha256(RESULT).hexdigest()}
        return 200, {
            names["number"]: "决字1号",
            **({names["file"]: "决定书.pdf"} if "file" in names else {}),
            names["type"]: "application/pdf",
            names["content"]: b64encode(RESULT[:5] if self.half else RESULT).decode(),
            **{names[name]: digest for name, digest in digests.items() if name in names},
        }

    def _receipt(self, operation: str, told: dict[str, Any], plain: bytes) -> dict[str, Any]:
        names = self.speech.names
        delivery = told[names["delivery"]]
        if operation == "lodge":
            person: Any = told
            for step in names["person"].split("."):
                person = person[step]
            assert person
            for material in told[names["materials"]]:
                content = b64decode(material[names["body"]])
                digest = material.get("sha256") or material["attach_sm3"]
                assert digest in {hashlib.sha256(content).hexdigest(), sm3_hex(content)}
        external = told.get(names["external"]) or f"{self.region}-{len(self.effects) + 1:06d}"
        held = self.effects.setdefault(delivery, {"external": external, "operation": operation})
        receipt = {
            names["delivery"]: delivery,
            names["case"]: told[names["case"]],
            names["external"]: held["external"],
            names["at"]: self._moment(),
            names["sm3"]: sm3_hex(plain),
        }
        return {self.speech.inside: receipt} if self.speech.inside else receipt

    def _moment(self) -> str:
        now = clock.now()
        return now.isoformat() if self.speech.zoned else f"{clock.local(now):%Y-%m-%d %H:%M:%S}"

    def _seal(self, content: bytes) -> bytes:
        if self.payload is None:
            return content
        return orjson.dumps({self.speech.sealed: self.payload.seal(content, context=APP)})

    def _open(self, body: bytes) -> bytes:
        if self.payload is None:
            return body
        return self.payload.open(orjson.loads(body)[self.speech.sealed], context=APP)

    def _headers(self, line: str, stamp: str, nonce: str) -> dict[str, str]:
        return {
            "x-app-id": APP,
            "x-timestamp": stamp,
            "x-nonce": nonce,
            "x-signature-suite": SUITE,
            "x-signature": b64encode(sign_sm2(self.private_pem, line.encode())).decode(),
        }


def province_pair(region: str) -> tuple[InterfaceProvince, ProvinceKeys]:
    """A province and what we know it by."""
    (ours, our_public), (theirs, their_public) = generate_sm2(), generate_sm2()
    payload = KeyRing({"p1": b"p" * 32}, "p1", Suite.SM4_GCM) if SPEECHES[region].sealed else None
    return (
        InterfaceProvince(region, theirs, our_public, payload),
        ProvinceKeys(APP, ours, their_public, payload),
    )
