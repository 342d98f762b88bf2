"""办件和服务: how much is handled, how quickly, how well; and the lines of the official form that are no cases."""

from backend.casework.definitions import Standing
from backend.casework.lifecycle import CaseEventKind
from backend.errors import Text
from backend.statistics.declared.making import CASES, PERCENT, PLACES, TEN_THOUSAND_YUAN, typed
from backend.statistics.indicators import (
    ACCEPTED,
    CROSS,
    FINISHED,
    ON_TIME,
    ONLINE,
    RECEIVED,
    WINDOW,
    Amount,
    Indicator,
    Kind,
    Measure,
    Source,
    Split,
)

_ONLINE = frozenset({ONLINE, f"{ONLINE}{CROSS}"})
_CROSS = frozenset({f"{ONLINE}{CROSS}", f"{WINDOW}{CROSS}"})


def _flow(code: str, name: Text, measure: Measure, definition: Text, *, public: bool = False) -> Indicator:
    return Indicator(
        code=code,
        name=name,
        unit=CASES,
        kind=Kind.FLOW,
        measure=measure,
        splits=(Split.AREA, Split.DOMAIN),
        definition=definition,
        public=public,
    )


def _share(code: str, name: Text, part: Measure, whole: Measure, definition: Text) -> Indicator:
    return Indicator(
        code=code,
        name=name,
        unit=PERCENT,
        kind=Kind.RATIO,
        measure=part,
        over=whole,
        decimals=2,
        definition=definition,
        public=True,
    )


_ALL_RECEIVED = Measure(Amount.CASES, RECEIVED)
_ALL_FINISHED = Measure(Amount.CASES, FINISHED)
_EVALUATED = (CaseEventKind.EVALUATED,)

SERVICE = (
    _flow(
        "JM-SV-101",
        Text("收件数", "Cases received"),
        _ALL_RECEIVED,
        Text("本期收到的申请件数。", "Applications received."),
        public=True,
    ),
    _flow(
        "JM-SV-102",
        Text("受理数", "Cases accepted"),
        Measure(Amount.CASES, ACCEPTED),
        Text("本期受理（含视为受理）的件数。", "Accepted, or deemed to be."),
    ),
    _flow(
        "JM-SV-103",
        Text("办结数", "Cases finished"),
        _ALL_FINISHED,
        Text(
            "本期办结的件数，含出具结果、不予受理、退回、撤回、转报、终止。",
            "Finished in the period, whatever the end.",
        ),
        public=True,
    ),
    _flow(
        "JM-SV-104",
        Text("跨省收件数", "Cases from other provinces"),
        Measure(Amount.CASES, RECEIVED, marks=_CROSS),
        Text(
            "申请人户籍所在省与受理地不同的收件数；户籍不详的不计。",
            "Received of people whose household is in another province, where that is known.",
        ),
        public=True,
    ),
    _share(
        "JM-SV-110",
        Text("按时办结率", "Finished on time"),
        Measure(Amount.CASES, FINISHED, marks=frozenset({ON_TIME})),
        _ALL_FINISHED,
        Text(
            "在承诺时限内办结的件数占办结数的比例。", "Finished within the promised limit, of all finished."
        ),
    ),
    _share(
        "JM-SV-111",
        Text("网办率", "Handed in online"),
        Measure(Amount.CASES, RECEIVED, marks=_ONLINE),
        _ALL_RECEIVED,
        Text("网上提交的件数占收件数的比例。", "Handed in online, of all received."),
    ),
    _share(
        "JM-SV-112",
        Text("好评率", "Good evaluations"),
        Measure(Amount.CASES, _EVALUATED, marks=frozenset({"3", "4", "5"})),
        Measure(Amount.CASES, _EVALUATED),
        Text(
            "非常满意、满意、基本满意占评价数的比例（国办发〔2019〕51号）。",
            "Three stars and more, of all evaluations.",
        ),
    ),
)


def _money(code: str, zh: str, en: str) -> Indicator:
    return typed(
        code,
        Text(zh, en),
        TEN_THOUSAND_YUAN,
        None,
        Text("年初至期末累计支出，由财务台账填报。", "Spent since the year began, typed from the accounts."),
        kind=Kind.STOCK,
        decimals=1,
        standing=Standing.PUBLISHED,
    )


MONEY = (
    _money("JZH011310000", "民政事业费累计支出", "Expenditure on civil affairs"),
    _money("JZH011211000", "社会福利支出", "Social welfare"),
    _money("JZH011211100", "儿童福利支出", "Children"),
    _money("JZH011211101", "孤儿支出", "Orphans"),
    _money("JZH011211102", "事实无人抚养儿童支出", "Children without de facto care"),
    _money("JZH011211200", "老年福利支出", "Older people"),
    _money("JZH011211300", "残疾人福利支出", "Disabled people"),
    _money("JZH011212000", "社会救助支出", "Social assistance"),
    _money("JZH011212100", "最低生活保障支出", "Minimum living allowance"),
    _money("JZH011212110", "城市最低生活保障支出", "… in towns"),
    _money("JZH011212111", "城市低保金", "Allowances in towns"),
    _money("JZH011212112", "城市临时补贴", "Temporary subsidies in towns"),
    _money("JZH011212120", "农村最低生活保障支出", "… in the country"),
    _money("JZH011212121", "农村低保金", "Allowances in the country"),
    _money("JZH011212122", "农村临时补贴", "Temporary subsidies in the country"),
)
"""Codes as seen in a published quarterly form (表号 JZH01, 国统制[2023]83号)."""


def _townships(code: str, zh: str, en: str) -> Indicator:
    return typed(
        code,
        Text(zh, en),
        PLACES,
        None,
        Text(
            "期末乡级行政区划数，取自本平台区划库。", "Townships at the end, from the register of divisions."
        ),
        standing=Standing.PUBLISHED,
        source=Source.REGISTER,
    )


DIVISIONS = (
    _townships("JZH011110000", "乡级区划", "Townships"),
    _townships("JZH011111000", "镇", "Towns"),
    _townships("JZH011112000", "乡", "Rural townships"),
    _townships("JZH011112100", "民族乡", "Ethnic townships"),
    _townships("JZH011113000", "街道", "Subdistricts"),
)
"""What the register of divisions knows; townships are known of a part of the counties only."""
