"""Zhejiang (33): its own application, reached by API. Its field names and codes are the tables below.

Codes after the exchange practice of provincial platforms (FACTS: 办件 status and link codes); a
platform's lists are data of its dialect, never of the house.
"""

from backend.casework.catalogue.pilots import ConnectionMode
from backend.casework.definitions import Standing
from backend.errors import Text
from backend.keys import Keys
from backend.province_ports import ProvinceEventKind as K
from backend.province_ports import ProvinceStage as P
from backend.settings import Settings
from integrations.provinces.desk import SignedDesk
from integrations.provinces.dialect import Dialect
from integrations.provinces.own_application import speaking
from integrations.provinces.province import Province
from integrations.provinces.signed_http import SignedHttp
from integrations.transport import Transport

NAME = Text(zh="浙江省", en="Zhejiang")

DIALECT = Dialect(
    system="zhejiang",
    name=NAME,
    paths={
        "lodge": "/cases",
        "supplement": "/cases/supplement",
        "withdraw": "/cases/withdraw",
        "query": "/cases/query",
        "result": "/cases/result",
    },
    case={
        "delivery_id": "deliveryId",
        "case_number": "caseNo",
        "task_code": "taskCode",
        "item_code": "itemCode",
        "item_name": "itemName",
        "division": "areaCode",
        "assurance": "assurance",
        "submitted_at": "applyTime",
        "promised_due": "promiseDate",
        "answers": "answers",
    },
    applicant_in="applicant",
    applicant={"applicant_name": "name", "applicant_resident_id": "certNo"},
    certificate=("certType", "10"),
    materials_in="materials",
    material={
        "code": "code",
        "name": "name",
        "file_name": "fileName",
        "media_type": "mediaType",
        "sha256": "sha256",
        "content": "content",
    },
    receipt_in="receipt",
    receipt={
        "external_case_number": "externalCaseNo",
        "delivery_id": "deliveryId",
        "case_number": "caseNo",
        "received_at": "receivedAt",
        "body_sm3": "bodySm3",
    },
    callback={
        "event_id": "eventId",
        "case_number": "caseNo",
        "external_case_number": "externalCaseNo",
        "sequence": "sequence",
        "link": "linkCode",
        "outcome": "resultCode",
        "happened_at": "happenedAt",
        "reason": "reason",
        "result_number": "resultNo",
        "result": "result",
    },
    events={
        # link 环节: 2 受理, 4 办结
        ("2", "1"): K.ACCEPTED,  # 受理
        ("2", "2"): K.NOT_ACCEPTED,  # 不受理
        ("4", "0"): K.APPROVED,  # 出证
        ("4", "6"): K.APPROVED,  # 办结
        ("4", "1"): K.REFUSED,  # 退回
    },
    about={
        "delivery_id": "deliveryId",
        "case_number": "caseNo",
        "external_case_number": "externalCaseNo",
        "reason": "reason",
    },
    progress=("linkCode", "since"),
    stages={
        "1": P.RECEIVED,
        "2": P.ACCEPTED,
        "3": P.REVIEW,
        "4": P.APPROVED,
        "41": P.REFUSED,
        "11": P.CORRECTION,
        "12": P.SUSPENDED,
        "99": P.WITHDRAWN,
    },
    document={
        "number": "resultNo",
        "media_type": "mediaType",
        "content": "content",
        "sha256": "sha256",
    },
    lists=("externalCaseNos", "cases", "steps"),
    asks_by_both=False,
    our_fault=frozenset({"SIGNATURE_INVALID", "STAMP_STALE", "NONCE_REPLAYED", "APP_UNKNOWN"}),
)


def _desk(transport: Transport, settings: Settings, keys: Keys) -> SignedDesk:
    return SignedDesk(
        transport,
        system=DIALECT.system,
        base_url=settings.zhejiang_url,
        wire=SignedHttp(keys.zhejiang),
        kinds=DIALECT.events,
    )


ZHEJIANG = Province(
    region="33",
    name=NAME,
    mode=ConnectionMode.OWN_INTERFACE,
    connect=speaking(DIALECT, "33"),
    desk=_desk,
    standing=Standing.PUBLISHED,
)
