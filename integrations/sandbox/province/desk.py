"""The platform's desk beside lodging: progress, results, a day's account, what is said again, records that flow back, halls."""

import hashlib
from base64 import b64encode
from collections.abc import Mapping
from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from starlette.routing import Route

from backend.kit import clock
from backend.kit.signatures import sm3_hex
from integrations.sandbox.province.messenger import Messenger
from integrations.sandbox.province.scenario import Mode, Scenario
from integrations.sandbox.province.signed import Signed
from integrations.sandbox.province.store import Store
from integrations.sandbox.province.wire import WireError


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Numbers(_Model):
    numbers: list[str] = Field(alias="externalCaseNos", min_length=1, max_length=200)


class _Number(_Model):
    number: str = Field(alias="externalCaseNo")


class _Day(_Model):
    day: date
    after: int = Field(default=0, ge=0)


class _Records(_Model):
    batch: UUID = Field(alias="batchNo")
    records: list[dict[str, object]] = Field(min_length=1, max_length=500)


class _Halls(_Model):
    area_code: str = Field(alias="areaCode", pattern="^[0-9]{6,12}$")
    item_code: str = Field(alias="itemCode")
    first: date = Field(alias="from")
    days: int = Field(ge=1, le=14)


PAGE = 1000
"""Entries of a day in one answer."""


class Desk:
    """What a platform answers beside lodging."""

    def __init__(self, store: Store, signed: Signed, messenger: Messenger) -> None:
        self._store = store
        self._signed = signed
        self._messenger = messenger

    def routes(self) -> list[Route]:
        """Every endpoint; all signed both ways."""
        return [
            self._signed.route("/cases/query", _Numbers, self._progress),
            self._signed.route("/cases/result", _Number, self._result),
            self._signed.route("/cases/resend", _Number, self._resend),
            self._signed.route("/days/account", _Day, self._account),
            self._signed.route("/days/entries", _Day, self._entries),
            self._signed.route("/records", _Records, self._records),
            self._signed.route("/halls/slots", _Halls, self._slots),
        ]

    async def _progress(self, asked: _Numbers, _body: bytes, _scenario: Scenario) -> Mapping[str, object]:
        return {"cases": await self._store.progress(asked.numbers)}

    async def _result(self, asked: _Number, _body: bytes, scenario: Scenario) -> Mapping[str, object]:
        """The decision as a file; half of it in the scenario of that name, under the digest of the whole."""
        decision = await self._store.decision(asked.number)
        if decision is None:
            raise WireError(404, "RESULT_NOT_THERE")
        content = f"{decision['resultNo']}\n{asked.number}\n".encode() * 40
        digest = hashlib.sha256(content).hexdigest()
        sent = content[: len(content) // 2] if scenario.mode is Mode.HALF_FILE else content
        return {
            "resultNo": decision["resultNo"],
            "mediaType": "text/plain",
            "sha256": digest,
            "content": b64encode(sent).decode(),
        }

    async def _resend(self, asked: _Number, _body: bytes, _scenario: Scenario) -> Mapping[str, object]:
        again = await self._store.say_again(asked.number, clock.now())
        self._messenger.wake()
        return {"again": again}

    async def _account(self, asked: _Day, _body: bytes, _scenario: Scenario) -> Mapping[str, object]:
        entries = await self._store.entries(asked.day, after=0, limit=None)
        return {"day": asked.day.isoformat(), "count": len(entries), "digest": _digest_of(entries)}

    async def _entries(self, asked: _Day, _body: bytes, _scenario: Scenario) -> Mapping[str, object]:
        entries = await self._store.entries(asked.day, after=asked.after, limit=PAGE)
        return {"entries": entries, "next": entries[-1]["serial"] if len(entries) == PAGE else None}

    async def _records(self, asked: _Records, body: bytes, _scenario: Scenario) -> Mapping[str, object]:
        taken = await self._store.take_records(asked.batch, asked.records, sm3_hex(body), clock.now())
        return {"receipt": {"batchNo": str(asked.batch), "count": taken, "bodySm3": sm3_hex(body)}}

    async def _slots(self, asked: _Halls, _body: bytes, _scenario: Scenario) -> Mapping[str, object]:
        return {"slots": self._store.slots(asked.area_code, asked.first, asked.days)}


def _digest_of(entries: list[dict[str, object]]) -> str:
    lines = sorted(
        f"{one['deliveryId']}|{one['externalCaseNo']}|{one['caseNo']}|{one['said']}" for one in entries
    )
    return sm3_hex("\n".join(lines).encode())
