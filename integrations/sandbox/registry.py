"""Plays the population registry: made-up people, their household division and reference portrait."""

from base64 import b64encode
from hmac import compare_digest

import asyncpg
from pydantic import Base64Bytes, BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from integrations.sandbox.faults import Fault, Faults
from integrations.sandbox.people import Person

TABLES = """
CREATE TABLE IF NOT EXISTS people (
    resident_id text PRIMARY KEY,
    name text NOT NULL,
    household_division text NOT NULL,
    portrait bytea
)
"""


class _Question(BaseModel):
    name: str = Field(min_length=1, max_length=60)
    resident_id: str = Field(alias="residentId", pattern="^[0-9]{17}[0-9X]$")


class _NewPerson(_Question):
    model_config = ConfigDict(extra="forbid")

    household_division: str = Field(alias="householdDivision", pattern="^[0-9]{6,12}$")
    portrait: Base64Bytes | None = None


class Registry:
    """People are kept in this server's own database."""

    def __init__(self, pool: asyncpg.Pool, key: str) -> None:
        self._pool = pool
        self._key = key
        self._faults = Faults()

    def routes(self) -> list[BaseRoute]:
        """The protocol under ``/registry``, the switches under ``/admin/registry``."""
        return [
            Route("/registry/check", self.check, methods=["POST"]),
            Route("/registry/portrait", self.portrait, methods=["POST"]),
            Route("/admin/registry/people", self.load_person, methods=["POST"]),
            Route("/admin/registry/scenario", self._faults.set_scenario, methods=["POST"]),
        ]

    async def seed(self, people: tuple[Person, ...]) -> None:
        """Make sure that these are known; whoever was loaded since stays as loaded."""
        await self._pool.executemany(
            "INSERT INTO people (resident_id, name, household_division) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            [(person.resident_id, person.name, person.household_division) for person in people],
        )

    async def check(self, request: Request) -> Response:
        """``POST {name, residentId} -> {answer, householdDivision}``."""
        if (refused := await self._gate(request)) is not None:
            return refused
        question = _Question.model_validate_json(await request.body())
        row = await self._find(question.resident_id)
        if row is None:
            return JSONResponse({"answer": "UNKNOWN"})
        if row["name"] != question.name:
            return JSONResponse({"answer": "MISMATCH"})
        return JSONResponse({"answer": "MATCH", "householdDivision": row["household_division"]})

    async def portrait(self, request: Request) -> Response:
        """``POST {name, residentId} -> {portrait}``: base64 or null."""
        if (refused := await self._gate(request)) is not None:
            return refused
        question = _Question.model_validate_json(await request.body())
        row = await self._find(question.resident_id)
        held = row["portrait"] if row is not None and row["name"] == question.name else None
        return JSONResponse({"portrait": None if held is None else b64encode(held).decode()})

    async def load_person(self, request: Request) -> Response:
        """``POST {name, residentId, householdDivision, portrait?}``: make the registry know somebody."""
        person = _NewPerson.model_validate_json(await request.body())
        await self._pool.execute(
            """
            INSERT INTO people (resident_id, name, household_division, portrait) VALUES ($1, $2, $3, $4)
            ON CONFLICT (resident_id) DO UPDATE
            SET name = excluded.name, household_division = excluded.household_division, portrait = excluded.portrait
            """,
            person.resident_id,
            person.name,
            person.household_division,
            person.portrait,
        )
        return Response(status_code=204)

    async def _gate(self, request: Request) -> Response | None:
        given = request.headers.get("authorization", "")
        if not compare_digest(given.encode(), f"Bearer {self._key}".encode()):
            return Response(status_code=401)
        if self._faults.scenario.mode in {Fault.BUSY, Fault.TOO_FREQUENT}:
            return Response(status_code=429)
        return await self._faults.play()

    async def _find(self, resident_id: str) -> asyncpg.Record | None:
        return await self._pool.fetchrow(
            "SELECT name, household_division, portrait FROM people WHERE resident_id = $1", resident_id
        )
