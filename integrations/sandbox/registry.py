"""Plays the registers: made-up people, their documents, household division and reference portrait."""

from base64 import b64encode
from datetime import date
from hmac import compare_digest

import asyncpg
from pydantic import AliasChoices, Base64Bytes, BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from backend.kit import clock
from integrations.sandbox.faults import Fault, Faults
from integrations.sandbox.people import Person

TABLES = """
CREATE TABLE IF NOT EXISTS known_people (
    kind text NOT NULL,
    country text NOT NULL,
    number text NOT NULL,
    name text NOT NULL,
    household_division text,
    birth_date date,
    sex text,
    expires_on date,
    former_numbers text[] NOT NULL DEFAULT '{}',
    portrait bytea,
    PRIMARY KEY (kind, country, number)
)
"""
_COLUMNS = "name, household_division, birth_date, sex, expires_on, former_numbers, portrait"


class _Question(BaseModel):
    name: str = Field(min_length=1, max_length=60)
    kind: str = Field(default="RESIDENT_ID", pattern="^[A-Z_]{4,40}$")
    number: str = Field(pattern="^[0-9A-Z]{6,18}$", validation_alias=AliasChoices("number", "residentId"))
    country: str | None = Field(default=None, pattern="^[A-Z]{1,3}$")
    birth_date: date | None = Field(default=None, alias="birthDate")

    @property
    def key(self) -> tuple[str, str, str]:
        """Only a passport's number says nothing without its country."""
        return self.kind, (self.country or "") if self.kind == "PASSPORT" else "", self.number


class _NewPerson(_Question):
    model_config = ConfigDict(extra="forbid")

    household_division: str | None = Field(default=None, alias="householdDivision", pattern="^[0-9]{6,12}$")
    portrait: Base64Bytes | None = None
    sex: str | None = Field(default=None, pattern="^[0129]$")
    expires_on: date | None = Field(default=None, alias="expiresOn")
    former_numbers: list[str] = Field(default_factory=list, alias="formerNumbers")


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
            Route("/admin/registry/people", self.forget_person, methods=["DELETE"]),
            Route("/admin/registry/scenario", self._faults.set_scenario, methods=["POST"]),
        ]

    async def seed(self, people: tuple[Person, ...]) -> None:
        """Make sure that these are known; whoever was loaded since stays as loaded."""
        await self._pool.executemany(
            "INSERT INTO known_people (kind, country, number, name, household_division)"
            " VALUES ('RESIDENT_ID', '', $1, $2, $3) ON CONFLICT DO NOTHING",
            [(person.resident_id, person.name, person.household_division) for person in people],
        )

    async def check(self, request: Request) -> Response:
        """``POST {name, kind, number, country?, birthDate?} -> {answer, …}``; details on MATCH only."""
        if (refused := await self._gate(request)) is not None:
            return refused
        question = _Question.model_validate_json(await request.body())
        row = await self._find(question)
        if row is None:
            return JSONResponse({"answer": "UNKNOWN"})
        if not _fits(question, row):
            return JSONResponse({"answer": "MISMATCH"})
        if row["expires_on"] is not None and row["expires_on"] < clock.today():
            return JSONResponse({"answer": "EXPIRED"})
        return JSONResponse(
            {
                "answer": "MATCH",
                "householdDivision": row["household_division"],
                "birthDate": None if row["birth_date"] is None else row["birth_date"].isoformat(),
                "sex": row["sex"],
                "expiresOn": None if row["expires_on"] is None else row["expires_on"].isoformat(),
                "formerNumbers": row["former_numbers"],
            }
        )

    async def portrait(self, request: Request) -> Response:
        """The same question ``-> {portrait}``: base64 or null."""
        if (refused := await self._gate(request)) is not None:
            return refused
        question = _Question.model_validate_json(await request.body())
        row = await self._find(question)
        held = row["portrait"] if row is not None and _fits(question, row) else None
        return JSONResponse({"portrait": None if held is None else b64encode(held).decode()})

    async def load_person(self, request: Request) -> Response:
        """``POST {name, number or residentId, …}``: make the registry know somebody, and forget their former numbers."""
        person = _NewPerson.model_validate_json(await request.body())
        await self._pool.execute(
            f"INSERT INTO known_people (kind, country, number, {_COLUMNS})"  # noqa: S608 - a constant of ours
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (kind, country, number) DO UPDATE"
            " SET name = excluded.name, household_division = excluded.household_division,"
            " birth_date = excluded.birth_date, sex = excluded.sex, expires_on = excluded.expires_on,"
            " former_numbers = excluded.former_numbers, portrait = excluded.portrait",
            *person.key,
            person.name,
            person.household_division,
            person.birth_date,
            person.sex,
            person.expires_on,
            person.former_numbers,
            person.portrait,
        )
        await self._pool.execute(
            "DELETE FROM known_people WHERE kind = $1 AND country = $2 AND number = ANY($3)",
            *person.key[:2],
            person.former_numbers,
        )
        return Response(status_code=204)

    async def forget_person(self, request: Request) -> Response:
        """``DELETE {name, number, …}``: let the registry not know a document (any more)."""
        question = _Question.model_validate_json(await request.body())
        await self._pool.execute(
            "DELETE FROM known_people WHERE kind = $1 AND country = $2 AND number = $3", *question.key
        )
        return Response(status_code=204)

    async def _gate(self, request: Request) -> Response | None:
        given = request.headers.get("authorization", "")
        if not compare_digest(given.encode(), f"Bearer {self._key}".encode()):
            return Response(status_code=401)
        if self._faults.scenario.mode in {Fault.BUSY, Fault.TOO_FREQUENT}:
            return Response(status_code=429)
        return await self._faults.play()

    async def _find(self, question: _Question) -> asyncpg.Record | None:
        return await self._pool.fetchrow(
            f"SELECT {_COLUMNS} FROM known_people"  # noqa: S608 - a constant of ours
            " WHERE kind = $1 AND country = $2 AND number = $3",
            *question.key,
        )


def _fits(question: _Question, row: asyncpg.Record) -> bool:
    """Names in letters are compared as passports write them, in capitals; a birth date counts if both know it."""
    if question.name.upper() != row["name"].upper():
        return False
    return question.birth_date is None or row["birth_date"] in {None, question.birth_date}
