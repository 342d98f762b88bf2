"""Shanghai (31): its own application (随申办), whose payloads travel sealed with SM4-GCM.

Its interface document was not read: these names follow the habits of exchange and are unverified.
"""

from dataclasses import replace

from backend.casework.catalogue.pilots import ConnectionMode
from backend.casework.definitions import Standing
from backend.errors import Text
from backend.province_ports import ProvinceEventKind as K
from backend.province_ports import ProvinceStage as P
from integrations.provinces.own_application import speaking
from integrations.provinces.province import Province
from integrations.provinces.zhejiang import DIALECT as LIKE_ZHEJIANG

NAME = Text("上海市", "Shanghai")

DIALECT = replace(
    LIKE_ZHEJIANG,
    system="shanghai",
    name=NAME,
    paths={
        "lodge": "/api/kst/apply",
        "supplement": "/api/kst/supply",
        "withdraw": "/api/kst/revoke",
        "query": "/api/kst/status",
        "result": "/api/kst/licence",
    },
    case={**LIKE_ZHEJIANG.case, "case_number": "applyNo", "division": "targetArea"},
    certificate=("idType", "111"),
    receipt_in="data",
    receipt={**LIKE_ZHEJIANG.receipt, "external_case_number": "shCaseNo", "case_number": "applyNo"},
    callback={
        **LIKE_ZHEJIANG.callback,
        "case_number": "applyNo",
        "external_case_number": "shCaseNo",
        "link": "stage",
        "outcome": "stageResult",
    },
    events={
        ("ACCEPT", "PASS"): K.ACCEPTED,
        ("ACCEPT", "DENY"): K.NOT_ACCEPTED,
        ("FINISH", "PASS"): K.APPROVED,
        ("FINISH", "DENY"): K.REFUSED,
    },
    about={**LIKE_ZHEJIANG.about, "case_number": "applyNo", "external_case_number": "shCaseNo"},
    progress=("stage", "stageTime"),
    stages={
        "RECEIVE": P.RECEIVED,
        "ACCEPT": P.ACCEPTED,
        "SUPPLY": P.CORRECTION,
        "AUDIT": P.REVIEW,
        "HANG": P.SUSPENDED,
        "PASS": P.APPROVED,
        "DENY": P.REFUSED,
        "REVOKE": P.WITHDRAWN,
    },
    document={
        "number": "resultNo",
        "file_name": "fileName",
        "media_type": "mediaType",
        "content": "content",
        "sm3": "sm3",
    },
    lists=None,
    asks_by_both=True,
    refusal="errCode",
    sealed_in="encData",
)

SHANGHAI = Province(
    region="31",
    name=NAME,
    mode=ConnectionMode.OWN_INTERFACE,
    connect=speaking(DIALECT, "31"),
    standing=Standing.PUBLISHED,
)
