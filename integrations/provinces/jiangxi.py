"""Jiangxi (36): its own application (赣服通), close to Zhejiang's words, with codes of its own.

Its interface document was not read: these names follow the habits of exchange and are unverified.
"""

from dataclasses import replace

from backend.casework.catalogue.pilots import ConnectionMode
from backend.casework.definitions import Standing
from backend.errors import Text
from backend.province_ports import ProvinceEventKind as K
from integrations.provinces.own_application import speaking
from integrations.provinces.province import Province
from integrations.provinces.zhejiang import DIALECT as LIKE_ZHEJIANG

NAME = Text("江西省", "Jiangxi")

DIALECT = replace(
    LIKE_ZHEJIANG,
    system="jiangxi",
    name=NAME,
    paths={
        **{name: f"/gft{path}" for name, path in LIKE_ZHEJIANG.paths.items()},
        "query": "/gft/cases/progress",
    },
    case={**LIKE_ZHEJIANG.case, "case_number": "sblsh", "item_name": "sxmc"},
    receipt={**LIKE_ZHEJIANG.receipt, "case_number": "sblsh"},
    callback={**LIKE_ZHEJIANG.callback, "case_number": "sblsh", "outcome": "bljg"},
    events={
        ("2", "SL"): K.ACCEPTED,  # 受理
        ("2", "BYSL"): K.NOT_ACCEPTED,  # 不予受理
        ("3", "BJ"): K.APPROVED,  # 办结
        ("3", "TH"): K.REFUSED,  # 退回
    },
    about={**LIKE_ZHEJIANG.about, "case_number": "sblsh", "reason": "chyy"},
    document={
        "number": "resultNo",
        "file_name": "fileName",
        "media_type": "mediaType",
        "content": "content",
        "sm3": "sm3",
    },
    lists=None,
    asks_by_both=True,
)

JIANGXI = Province(
    region="36",
    name=NAME,
    mode=ConnectionMode.OWN_INTERFACE,
    connect=speaking(DIALECT, "36"),
    standing=Standing.PUBLISHED,
)
