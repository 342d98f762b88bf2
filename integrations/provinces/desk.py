"""The desk of a province with its own application: progress, accounts of days, records that flow back, free slots.

Signed like everything on that wire. Codes of links and results are the connector's own, given by its table.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, TypeVar
from uuid import UUID

import structlog
from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from backend.exchange_ports import DayAccount, DayEntry, HallSlot, Progress, ProgressStep
from backend.kit.signatures import canonical, sm3_hex
from backend.province_ports import ProvinceEventKind
from integrations.provinces.signed_http import SignedHttp
from integrations.transport import Transport, no_answer

Shape = TypeVar("Shape", bound=BaseModel)
Kinds = Mapping[tuple[str, str], ProvinceEventKind]

_log = structlog.get_logger()

_Number = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x20]{1,80}$")]
MOST_PAGES = 500
"""Pages of one day: half a million cases."""


class _Step(BaseModel):
    link: str = Field(alias="linkCode", max_length=10)
    outcome: str = Field(alias="resultCode", max_length=10)
    happened_at: AwareDatetime = Field(alias="happenedAt")


class _Case(BaseModel):
    number: _Number = Field(alias="externalCaseNo")
    received_at: AwareDatetime = Field(alias="receivedAt")
    steps: list[_Step] = Field(max_length=100)


class _Cases(BaseModel):
    cases: list[_Case] = Field(max_length=200)


class _Account(BaseModel):
    day: date
    count: int = Field(ge=0)
    digest: str = Field(pattern="^[0-9a-f]{64}$")


class _Entry(BaseModel):
    delivery_id: UUID = Field(alias="deliveryId")
    number: _Number = Field(alias="externalCaseNo")
    case_number: _Number = Field(alias="caseNo")
    said: int = Field(ge=0)


class _Entries(BaseModel):
    entries: list[_Entry] = Field(max_length=5000)
    next: int | None = None


class _Again(BaseModel):
    again: int


class _BatchReceipt(BaseModel):
    batch: UUID = Field(alias="batchNo")
    count: int
    body_sm3: str = Field(alias="bodySm3")


class _Taken(BaseModel):
    receipt: _BatchReceipt


class _Slot(BaseModel):
    day: date = Field(alias="date")
    starts: str = Field(alias="from", pattern="^[0-9]{2}:[0-9]{2}$")
    free: int = Field(ge=0)


class _Slots(BaseModel):
    slots: list[_Slot] = Field(max_length=500)


class SignedDesk:
    """``ProvinceDesk`` over signed HTTP."""

    def __init__(
        self, transport: Transport, *, system: str, base_url: str, wire: SignedHttp, kinds: Kinds
    ) -> None:
        self._transport = transport
        self._system = system
        self._base_url = base_url
        self._wire = wire
        self._kinds = kinds

    async def progress(self, numbers: Sequence[str]) -> Mapping[str, Progress]:
        """See ``backend.exchange_ports.ProvinceDesk``; codes that are not in the agreement are passed over."""
        told = await self._ask("cases/query", {"externalCaseNos": list(numbers)}, _Cases)
        return {
            one.number: Progress(
                one.number,
                one.received_at,
                [
                    ProgressStep(self._kinds[step.link, step.outcome].value, step.happened_at)
                    for step in one.steps
                    if (step.link, step.outcome) in self._kinds
                ],
            )
            for one in told.cases
            if one.number in numbers
        }

    async def account(self, day: date) -> DayAccount:
        """See ``backend.exchange_ports.ProvinceDesk``."""
        told = await self._ask("days/account", {"day": day.isoformat()}, _Account)
        if told.day != day:
            _log.error("province_answers_another_day", system=self._system)
            raise no_answer()
        return DayAccount(told.count, told.digest)

    async def entries(self, day: date) -> Sequence[DayEntry]:
        """See ``backend.exchange_ports.ProvinceDesk``."""
        found, after = list[DayEntry](), 0
        for _ in range(MOST_PAGES):
            page = await self._ask("days/entries", {"day": day.isoformat(), "after": after}, _Entries)
            found += [
                DayEntry(one.delivery_id, one.number, one.case_number, one.said) for one in page.entries
            ]
            if page.next is None or page.next <= after:
                break
            after = page.next
        return found

    async def resend(self, external_case_number: str) -> None:
        """See ``backend.exchange_ports.ProvinceDesk``."""
        await self._ask("cases/resend", {"externalCaseNo": external_case_number}, _Again)

    async def take_records(self, batch_id: UUID, records: Sequence[Mapping[str, object]]) -> str:
        """See ``backend.exchange_ports.ProvinceDesk``."""
        body = {"batchNo": str(batch_id), "records": [dict(one) for one in records]}
        told = (await self._ask("records", body, _Taken)).receipt
        if (told.batch, told.count, told.body_sm3) != (batch_id, len(records), sm3_hex(canonical(body))):
            _log.error("province_receipt_differs", system=self._system, batch=str(batch_id))
            raise no_answer()
        return told.model_dump_json()

    async def slots(self, *, division: str, item_code: str, first: date, days: int) -> Sequence[HallSlot]:
        """See ``backend.exchange_ports.ProvinceDesk``."""
        asked = {"areaCode": division, "itemCode": item_code, "from": first.isoformat(), "days": days}
        told = await self._ask("halls/slots", asked, _Slots)
        return [HallSlot(one.day, one.starts, one.free) for one in told.slots]

    async def _ask(self, path: str, told: Mapping[str, object], shape: type[Shape]) -> Shape:
        url = f"{self._base_url}/{path}"
        answer = await self._wire.post(self._transport, self._system, url, canonical(told))
        if answer.status != 200:
            _log.error("province_refuses_question", system=self._system, status=answer.status, path=path)
            raise no_answer()
        return answer.read(shape)
