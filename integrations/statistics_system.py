"""The civil-affairs statistics system over HTTP, signed SM2-with-SM3 both ways like a province's platform."""

from typing import Annotated

import orjson
import structlog
from pydantic import BaseModel, Field, StringConstraints

from backend.errors import Invalid, Text
from backend.keys import ProvinceKeys
from backend.statistics_ports import LodgedReceipt, SignedReport
from integrations.provinces.signed_http import SignedHttp
from integrations.transport import Transport, no_answer

_OUR_FAULT = {"SIGNATURE_INVALID", "STAMP_STALE", "NONCE_REPLAYED", "APP_UNKNOWN"}
_REFUSED = Text("统计系统不接收该报表。", "The statistics system does not take this report.")

_log = structlog.get_logger()


class _Receipt(BaseModel):
    number: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{1,64}$")] = Field(alias="receiptNo")
    received_at: Annotated[str, StringConstraints(max_length=40)] = Field(alias="receivedAt")
    digest: Annotated[str, StringConstraints(max_length=80)]


class _No(BaseModel):
    code: str = Field(pattern="^[A-Z_]{1,40}$")


class SignedStatisticsSystem:
    """``StatisticsSystem`` of the ministry."""

    def __init__(self, transport: Transport, *, base_url: str, keys: ProvinceKeys) -> None:
        self._transport = transport
        self._base_url = base_url
        self._wire = SignedHttp(keys)

    async def lodge(self, report: SignedReport) -> LodgedReceipt:
        """Hand a report over; see ``backend.statistics_ports.StatisticsSystem``."""
        told = {
            "reportId": str(report.report_id),
            "version": report.version,
            "areaCode": report.division,
            "period": report.period,
            "snapshot": report.snapshot,
            "signature": dict(report.signature),
        }
        url = f"{self._base_url}/reports"
        answer = await self._wire.post(self._transport, "statistics", url, orjson.dumps(told))
        if answer.status != 200:
            code = answer.read(_No).code
            _log.error("statistics_system_refuses_us", status=answer.status, code=code)
            raise no_answer() if code in _OUR_FAULT else Invalid(_REFUSED)
        receipt = answer.read(_Receipt)
        if receipt.digest != report.signature["digest"]:
            _log.error("statistics_receipt_of_another", report=str(report.report_id))
            raise no_answer()
        return LodgedReceipt(receipt.number, receipt.received_at, answer.body.decode())
