"""Plays the e-licence sharing service: licences of made-up people, and a note of who asked what for which purpose."""

from base64 import b64encode
from datetime import date
from hmac import compare_digest
from typing import Literal

import asyncpg
from pydantic import Base64Bytes, BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from backend.casework.definitions import LicenceKind
from backend.kit import clock
from integrations.sandbox.faults import Fault, Faults

TABLES = """
CREATE TABLE IF NOT EXISTS licences (
    kind text NOT NULL,
    holder_number text NOT NULL,
    holder_name text NOT NULL,
    licence_number text NOT NULL,
    issuer text NOT NULL,
    issued_on date NOT NULL,
    valid_until date,
    media_type text NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (kind, holder_number)
);
CREATE TABLE IF NOT EXISTS licence_uses (
    id bigserial PRIMARY KEY,
    kind text NOT NULL,
    holder_number text NOT NULL,
    purpose text NOT NULL
)
"""


class _Question(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: LicenceKind
    name: str = Field(min_length=1, max_length=60)
    number: str = Field(min_length=5, max_length=30)
    purpose: str = Field(pattern="^[0-9]{12}$")


class _NewLicence(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: LicenceKind
    name: str = Field(min_length=1, max_length=60)
    number: str = Field(min_length=5, max_length=30)
    licence_number: str = Field(alias="licenceNumber", min_length=1)
    issuer: str = "金民沙箱发证机关"
    issued_on: date = Field(alias="issuedOn", default=date(2020, 1, 1))
    valid_until: date | None = Field(alias="validUntil", default=None)
    media_type: Literal["image/jpeg", "image/png", "application/pdf"] = Field(alias="mediaType")
    content: Base64Bytes


class _End(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: LicenceKind
    number: str = Field(min_length=5, max_length=30)
    licence_number: str = Field(alias="licenceNumber", min_length=1)


class Licences:
    """Licences are kept in this server's own database."""

    def __init__(self, pool: asyncpg.Pool, key: str) -> None:
        self._pool = pool
        self._key = key
        self._faults = Faults()

    def routes(self) -> list[BaseRoute]:
        """The protocol under ``/licences``, the switches under ``/admin/licences``."""
        return [
            Route("/licences/find", self.find, methods=["POST"]),
            Route("/licences/register", self.register, methods=["POST"]),
            Route("/licences/withdraw", self.withdraw, methods=["POST"]),
            Route("/admin/licences/issue", self.issue, methods=["POST"]),
            Route("/admin/licences/uses", self.uses, methods=["GET"]),
            Route("/admin/licences/scenario", self._faults.set_scenario, methods=["POST"]),
        ]

    async def find(self, request: Request) -> Response:
        """``POST {kind, name, number, purpose} -> {licence}``: null where there is no valid one of this person."""
        if (refused := await self._gate(request)) is not None:
            return refused
        question = _Question.model_validate_json(await request.body())
        await self._pool.execute(
            "INSERT INTO licence_uses (kind, holder_number, purpose) VALUES ($1, $2, $3)",
            question.kind,
            question.number,
            question.purpose,
        )
        row = await self._pool.fetchrow(
            "SELECT * FROM licences WHERE kind = $1 AND holder_number = $2 AND holder_name = $3"
            " AND (valid_until IS NULL OR valid_until >= $4)",
            question.kind,
            question.number,
            question.name,
            clock.today(),
        )
        if row is None:
            return JSONResponse({"licence": None})
        return JSONResponse(
            {
                "licence": {
                    "number": row["licence_number"],
                    "issuer": row["issuer"],
                    "issuedOn": row["issued_on"].isoformat(),
                    "validUntil": row["valid_until"].isoformat() if row["valid_until"] else None,
                    "mediaType": row["media_type"],
                    "content": b64encode(row["content"]).decode(),
                }
            }
        )

    async def register(self, request: Request) -> Response:
        """``POST`` like ``issue``, by a member of the sharing service; 204."""
        return await self._gate(request) or await self.issue(request)

    async def withdraw(self, request: Request) -> Response:
        """``POST {kind, number, licenceNumber}``: that licence no longer counts; 204 also where there is none."""
        if (refused := await self._gate(request)) is not None:
            return refused
        end = _End.model_validate_json(await request.body())
        await self._pool.execute(
            "DELETE FROM licences WHERE kind = $1 AND holder_number = $2 AND licence_number = $3",
            end.kind,
            end.number,
            end.licence_number,
        )
        return Response(status_code=204)

    async def issue(self, request: Request) -> Response:
        """``POST {kind, name, number, licenceNumber, mediaType, content, …}``: issue, or issue anew."""
        new = _NewLicence.model_validate_json(await request.body())
        await self._pool.execute(
            """
            INSERT INTO licences VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            ON CONFLICT (kind, holder_number) DO UPDATE
            SET holder_name = excluded.holder_name, licence_number = excluded.licence_number,
                issuer = excluded.issuer, issued_on = excluded.issued_on, valid_until = excluded.valid_until,
                media_type = excluded.media_type, content = excluded.content
            """,
            new.kind,
            new.number,
            new.name,
            new.licence_number,
            new.issuer,
            new.issued_on,
            new.valid_until,
            new.media_type,
            new.content,
        )
        return Response(status_code=204)

    async def uses(self, request: Request) -> Response:
        """``GET ?number=… -> {uses: [[kind, purpose], …]}``: who asked for this person's licences, in order."""
        rows = await self._pool.fetch(
            "SELECT kind, purpose FROM licence_uses WHERE holder_number = $1 ORDER BY id",
            request.query_params["number"],
        )
        return JSONResponse({"uses": [[row["kind"], row["purpose"]] for row in rows]})

    async def _gate(self, request: Request) -> Response | None:
        given = request.headers.get("authorization", "")
        if not compare_digest(given.encode(), f"Bearer {self._key}".encode()):
            return Response(status_code=401)
        if self._faults.scenario.mode in {Fault.BUSY, Fault.TOO_FREQUENT}:
            return Response(status_code=429)
        return await self._faults.play()
