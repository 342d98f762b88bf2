"""Plays the data-sharing platform: answers the fields asked for, and writes every call down with purpose, basis and consent."""

import zlib
from collections.abc import Mapping, Sequence
from uuid import UUID

import asyncpg
import orjson
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from backend.keys import SandboxKeys
from backend.kit import clock
from integrations.sandbox.faults import Faults
from integrations.sandbox.province.played import Access
from integrations.sandbox.province.scenario import Mode
from integrations.sandbox.province.wire import Wire, WireError

TABLES = """
CREATE TABLE IF NOT EXISTS shared_records (
    number text NOT NULL,
    fact text NOT NULL,
    value text NOT NULL,
    PRIMARY KEY (number, fact)
);
CREATE TABLE IF NOT EXISTS shared_calls (
    call_id uuid PRIMARY KEY,
    serial bigint GENERATED ALWAYS AS IDENTITY,
    matter text NOT NULL,
    fields text[] NOT NULL,
    purpose text NOT NULL,
    legal_basis text NOT NULL,
    consent text NOT NULL,
    on_behalf_of text NOT NULL,
    called_at timestamptz NOT NULL
)
"""
_MATTERS: Mapping[str, Sequence[str]] = {
    "MARRIAGE": ("marital_status",),
    "HOUSEHOLD": ("household_division",),
    "DEATH": ("deceased",),
    "DISABILITY": ("disability_grade", "disability_kind"),
    "ASSISTANCE": ("assistance_category",),
}
_MADE_UP: Mapping[str, Sequence[str]] = {
    "marital_status": ("married", "married", "widowed", "unmarried", "divorced"),
    "deceased": ("false",),
    "disability_grade": ("none",),
    "disability_kind": ("none",),
    "assistance_category": ("none",),
}
"""Of people of whom nobody has said anything else: the same number is always told the same."""


class _Question(BaseModel):
    model_config = ConfigDict(extra="forbid")

    call_id: UUID = Field(alias="callId")
    matter: str
    fields: list[str] = Field(min_length=1, max_length=10)
    name: str = Field(min_length=1)
    number: str = Field(alias="certNo", pattern="^[0-9A-Z]{6,18}$")
    purpose: str = Field(pattern="^[0-9]{12}$")
    legal_basis: str = Field(alias="legalBasis", min_length=4)
    consent: UUID
    on_behalf_of: str = Field(alias="onBehalfOf", min_length=3)


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid")

    number: str
    fact: str
    value: str


class Sharing:
    """Every department behind one platform."""

    def __init__(self, pool: asyncpg.Pool, keys: SandboxKeys) -> None:
        own = keys.sharing
        self._wire = Wire(Access(own.app_id, own.private_pem, own.app_public_pem))
        self._pool = pool
        self._faults = Faults()

    def routes(self) -> list[BaseRoute]:
        """The protocol at ``/sharing/ask``, switches and the log of calls under ``/admin/sharing``."""
        return [
            Route("/sharing/ask", self.ask, methods=["POST"]),
            Route("/admin/sharing/scenario", self._faults.set_scenario, methods=["POST"]),
            Route("/admin/sharing/records", self.put, methods=["POST"]),
            Route("/admin/sharing/calls", self.calls, methods=["GET"]),
        ]

    async def put(self, request: Request) -> Response:
        """``POST {number, fact, value}``: what a department holds of somebody."""
        told = _Record.model_validate_json(await request.body())
        await self._pool.execute(
            "INSERT INTO shared_records (number, fact, value) VALUES ($1, $2, $3)"
            " ON CONFLICT (number, fact) DO UPDATE SET value = excluded.value",
            told.number,
            told.fact,
            told.value,
        )
        return Response(status_code=204)

    async def calls(self, request: Request) -> Response:
        """``GET ?purpose=``: every call, without the person."""
        rows = await self._pool.fetch(
            "SELECT call_id::text, matter, fields, purpose, legal_basis, consent, on_behalf_of FROM shared_calls"
            " WHERE purpose = $1 ORDER BY serial",
            request.query_params.get("purpose", ""),
        )
        return JSONResponse([dict(row) for row in rows])

    async def ask(self, request: Request) -> Response:
        """Answer what was asked for, once it is written down why."""
        faulty = await self._faults.play()
        if faulty is not None:
            return faulty
        body = await request.body()
        try:
            nonce = self._wire.verify(
                method="POST", target=request.url.path, headers=request.headers, body=body
            )
        except WireError as error:
            return JSONResponse({"code": error.code}, status_code=error.status)
        asked = _Question.model_validate_json(body)
        if not set(asked.fields) <= set(_MATTERS.get(asked.matter, ())):
            return self._signed(nonce, 422, {"code": "NOT_YOUR_FIELDS"})
        serial = await self._written_down(asked)
        told = {
            "callId": str(asked.call_id),
            "facts": await self._facts(asked),
            "asOf": clock.now().isoformat(),
            "reference": f"GX-{serial:08d}",
        }
        return self._signed(nonce, 200, told)

    async def _written_down(self, asked: _Question) -> int:
        serial: int = await self._pool.fetchval(
            "INSERT INTO shared_calls (call_id, matter, fields, purpose, legal_basis, consent, on_behalf_of, called_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
            " ON CONFLICT (call_id) DO UPDATE SET call_id = excluded.call_id RETURNING serial",
            asked.call_id,
            asked.matter,
            asked.fields,
            asked.purpose,
            asked.legal_basis,
            str(asked.consent),
            asked.on_behalf_of,
            clock.now(),
        )
        return serial

    async def _facts(self, asked: _Question) -> dict[str, str]:
        rows = await self._pool.fetch(
            "SELECT fact, value FROM shared_records WHERE number = $1 AND fact = ANY($2)",
            asked.number,
            asked.fields,
        )
        held = {row["fact"]: row["value"] for row in rows}
        for fact in asked.fields:
            choices = _MADE_UP.get(fact)
            if fact not in held and choices:
                held[fact] = choices[zlib.crc32(asked.number.encode()) % len(choices)]
        return held

    def _signed(self, nonce: str, status: int, told: Mapping[str, object]) -> Response:
        content = orjson.dumps(told)
        headers = self._wire.sign_answer(status=status, nonce=nonce, body=content, mode=Mode.NORMAL)
        return Response(content, status_code=status, headers=headers, media_type="application/json")
