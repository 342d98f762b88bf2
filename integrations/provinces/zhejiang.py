"""Zhejiang (33): its own application, reached by API. Its field names and codes are the tables below.

Codes after the exchange practice of provincial platforms (FACTS: 办件 status and link codes); a
platform's lists are data of its connector, never of the house.
"""

from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import orjson
import structlog
from pydantic import AwareDatetime, BaseModel, Field, StringConstraints, ValidationError

from backend.errors import Forbidden, Invalid, Text
from backend.keys import Keys, ProvinceKeys
from backend.kit.signatures import sm3_hex
from backend.ports import CaseToLodge, ProvinceEvent, ProvinceEventKind, Receipt
from backend.settings import Settings
from integrations.provinces.desk import SignedDesk
from integrations.provinces.province import ConnectionMode, Province
from integrations.provinces.signed_http import NotTheirsError, SignedHttp
from integrations.transport import Answer, Transport, no_answer

REGION = "33"

_CASE_FIELDS = {
    "deliveryId": "delivery_id",
    "caseNo": "case_number",
    "taskCode": "task_code",
    "itemCode": "item_code",
    "itemName": "item_name",
    "areaCode": "division",
    "assurance": "assurance",
    "applyTime": "submitted_at",
    "promiseDate": "promised_due",
    "answers": "answers",
}
_APPLICANT_FIELDS = {"name": "applicant_name", "certNo": "applicant_resident_id"}
_RESIDENT_ID_CARD = "10"
"""certType of a resident identity card."""
_MATERIAL_FIELDS = {
    "code": "code",
    "name": "name",
    "fileName": "file_name",
    "mediaType": "media_type",
    "sha256": "sha256",
}
_EVENT_KINDS = {
    # (linkCode 环节: 2 受理, 4 办结; resultCode of that link)
    ("2", "1"): ProvinceEventKind.ACCEPTED,  # 受理
    ("2", "2"): ProvinceEventKind.NOT_ACCEPTED,  # 不受理
    ("4", "0"): ProvinceEventKind.APPROVED,  # 出证
    ("4", "6"): ProvinceEventKind.APPROVED,  # 办结
    ("4", "1"): ProvinceEventKind.REFUSED,  # 退回
}
_OUR_FAULT = {"SIGNATURE_INVALID", "STAMP_STALE", "NONCE_REPLAYED", "APP_UNKNOWN"}
"""Refusals of the envelope, not of the case: mended by keys and clocks, then the case goes through."""

_log = structlog.get_logger()


_Number = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x20]{1,64}$")]
"""Theirs or ours: no sign in it that a database or a log could stumble over."""


class _ReceiptBody(BaseModel):
    external_case_number: _Number = Field(alias="externalCaseNo")
    delivery_id: UUID = Field(alias="deliveryId")
    case_number: str = Field(alias="caseNo")
    received_at: AwareDatetime = Field(alias="receivedAt")
    body_sm3: str = Field(alias="bodySm3")


class _Lodged(BaseModel):
    receipt: _ReceiptBody


class _Refused(BaseModel):
    code: str = Field(pattern="^[A-Z_]{1,40}$")


class _Callback(BaseModel):
    event_id: _Number = Field(alias="eventId")
    case_number: _Number = Field(alias="caseNo")
    external_case_number: _Number = Field(alias="externalCaseNo")
    sequence: int = Field(ge=1, lt=2**31)
    link: Literal["2", "4"] = Field(alias="linkCode")
    outcome: str = Field(alias="resultCode")
    happened_at: AwareDatetime = Field(alias="happenedAt")
    reason: str | None = Field(default=None, max_length=2000)
    result_number: str | None = Field(default=None, alias="resultNo", max_length=100)
    result: dict[str, str | int | bool | None] = Field(default_factory=dict)


class ZhejiangConnector:
    """``ProvinceConnector`` of the Zhejiang platform."""

    def __init__(self, transport: Transport, *, base_url: str, keys: ProvinceKeys) -> None:
        self._transport = transport
        self._url = f"{base_url}/cases"
        self._wire = SignedHttp(keys)

    async def lodge(self, case: CaseToLodge) -> Receipt:
        """Hand the case over; see ``backend.ports.ProvinceConnector``."""
        body = _message(case)
        try:
            answer = await self._wire.post(self._transport, "zhejiang", self._url, body)
        except NotTheirsError as error:
            _log.error("province_answer_not_theirs", region=REGION, status=error.status, wrong=str(error))
            raise no_answer() from None
        if answer.status != 200:
            raise _refusal(answer)
        return _receipt(case, body, answer)

    def read_callback(
        self, *, method: str, path: str, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> tuple[ProvinceEvent, str]:
        """Check and read a callback; see ``backend.ports.ProvinceConnector``."""
        try:
            nonce = self._wire.check_request(method=method, target=path, headers=headers, body=body, now=now)
        except NotTheirsError as error:
            _log.warning("province_callback_not_theirs", region=REGION, wrong=str(error))
            raise Forbidden(
                Text(zh="签名或时间戳无效。", en="The signature or the time stamp is not valid.")
            ) from None
        try:
            told = _Callback.model_validate_json(body)
            kind = _EVENT_KINDS[told.link, told.outcome]
        except (ValidationError, KeyError):
            raise Invalid(Text(zh="回调内容无法识别。", en="The callback cannot be read.")) from None
        event = ProvinceEvent(
            region=REGION,
            event_id=told.event_id,
            case_number=told.case_number,
            external_case_number=told.external_case_number,
            sequence=told.sequence,
            kind=kind,
            happened_at=told.happened_at,
            reason=told.reason,
            result_number=told.result_number,
            result=told.result,
        )
        return event, nonce


def _message(case: CaseToLodge) -> bytes:
    """The case in Zhejiang's words: the same case is the same bytes, so that a repeat is one."""
    told = _renamed(case, _CASE_FIELDS)
    told["applicant"] = {"certType": _RESIDENT_ID_CARD, **_renamed(case, _APPLICANT_FIELDS)}
    told["materials"] = [
        {**_renamed(material, _MATERIAL_FIELDS), "content": b64encode(material.content).decode()}
        for material in case.materials
    ]
    return orjson.dumps(told, default=_plain, option=orjson.OPT_SORT_KEYS)


def _plain(value: object) -> object:
    """What orjson does not know by itself: mappings, and the UUIDs that come from the database."""
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(type(value).__name__)


def _renamed(source: object, fields: Mapping[str, str]) -> dict[str, object]:
    return {theirs: getattr(source, ours) for theirs, ours in fields.items()}


def _refusal(answer: Answer) -> Exception:
    """What a signed 4xx means for us. Its sentence may quote the case, so only its code is passed on."""
    code = answer.read(_Refused).code
    _log.error("province_refuses_case", region=REGION, status=answer.status, code=code)
    if code in _OUR_FAULT:
        return no_answer()
    return Invalid(
        Text(
            zh=f"浙江省平台不接收该办件（{code}）。",
            en=f"Zhejiang's platform does not take this case ({code}).",
        )
    )


def _receipt(case: CaseToLodge, body: bytes, answer: Answer) -> Receipt:
    told = answer.read(_Lodged).receipt
    if (told.delivery_id, told.case_number, told.body_sm3) != (
        case.delivery_id,
        case.case_number,
        sm3_hex(body),
    ):
        _log.error("province_receipt_differs", region=REGION, delivery_id=str(case.delivery_id))
        raise no_answer()
    kept = ("x-app-id", "x-timestamp", "x-nonce", "x-signature-suite", "x-signature")
    evidence = {
        "status": answer.status,
        "headers": {name: answer.headers[name] for name in kept},
        "body": answer.body.decode(),
    }
    return Receipt(
        external_case_number=told.external_case_number,
        received_at=told.received_at,
        evidence=orjson.dumps(evidence).decode(),
    )


def _connect(transport: Transport, settings: Settings, keys: Keys) -> ZhejiangConnector:
    return ZhejiangConnector(transport, base_url=settings.zhejiang_url, keys=keys.zhejiang)


def _desk(transport: Transport, settings: Settings, keys: Keys) -> SignedDesk:
    return SignedDesk(
        transport,
        system="zhejiang",
        base_url=settings.zhejiang_url,
        wire=SignedHttp(keys.zhejiang),
        kinds=_EVENT_KINDS,
    )


ZHEJIANG = Province(
    region=REGION,
    name=Text(zh="浙江省", en="Zhejiang"),
    mode=ConnectionMode.OWN_APPLICATION,
    connect=_connect,
    desk=_desk,
)
