"""Every indicator: the only list, in the order of the form; and the sums that hold between them."""

from collections.abc import Mapping, Sequence

from backend.casework.definitions import UnsoundDefinition
from backend.statistics.declared.assistance import ASSISTANCE
from backend.statistics.declared.people import CHILDREN, COMMUNITY, ELDERLY, FUNERAL, MARRIAGE
from backend.statistics.declared.service import DIVISIONS, MONEY, SERVICE
from backend.statistics.indicators import Cadence, Indicator
from backend.statistics.periods import Period

FORM = "JZH01"
"""表号 of the quarterly form; ours follows its layout (指标, 单位, 代码, 数量, 上期, 环比)."""
FORM_TITLE = "民政统计报表"
FORM_AUTHORITY = "表号：JZH01　制表机关：民政部　国统制[2023]83号"

INDICATORS = (
    *DIVISIONS,
    *MONEY,
    *ELDERLY,
    *CHILDREN,
    *COMMUNITY,
    *ASSISTANCE,
    *MARRIAGE,
    *FUNERAL,
    *SERVICE,
)
BY_CODE: Mapping[str, Indicator] = {indicator.code: indicator for indicator in INDICATORS}

SUMS: Mapping[str, tuple[str, ...]] = {
    "JZH011110000": ("JZH011111000", "JZH011112000", "JZH011113000"),
    "JZH011211000": ("JZH011211100", "JZH011211200", "JZH011211300"),
    "JZH011212100": ("JZH011212110", "JZH011212120"),
    "JZH011212110": ("JZH011212111", "JZH011212112"),
    "JZH011212120": ("JZH011212121", "JZH011212122"),
    "JM-EC-110": tuple(f"JM-EC-11{place}" for place in range(1, 6)),
    "JM-SA-120": ("JM-SA-121", "JM-SA-122"),
    "JM-SA-130": ("JM-SA-131", "JM-SA-132"),
    "JM-CH-101": ("JM-CH-102", "JM-CH-103"),
}
"""A total and its parts: they balance where all of them are in the report (表内平衡)."""
AT_LEAST: Sequence[tuple[str, str]] = (
    ("JZH011310000", "JZH011211000"),
    ("JZH011310000", "JZH011212000"),
    ("JZH011212000", "JZH011212100"),
    ("JZH011112000", "JZH011112100"),
    ("JM-SA-101", "JM-SA-104"),
    ("JM-SA-102", "JM-SA-105"),
    ("JM-SA-103", "JM-SA-106"),
    ("JM-SA-101", "JM-SA-102"),
    ("JM-SA-101", "JM-SA-103"),
    ("JM-EC-131", "JM-EC-130"),
)
"""The first is never less than the second."""
MORE_THAN: Sequence[tuple[str, str]] = (("JM-SV-102", "JM-SV-101"), ("JM-SV-103", "JM-SV-102"))
"""Where the first is more than the second there has to be an explanation: earlier periods are being worked off."""
TOGETHER: Sequence[tuple[str, str]] = (
    ("JM-SA-102", "JZH011212110"),
    ("JM-SA-103", "JZH011212120"),
    ("JM-CH-101", "JZH011211101"),
    ("JM-CH-104", "JZH011211102"),
)
"""Across forms (表间平衡): people without money, or money without people, have to be explained."""

_CADENCES = {
    Cadence.MONTH: frozenset({Cadence.MONTH}),
    Cadence.QUARTER: frozenset({Cadence.MONTH, Cadence.QUARTER}),
    Cadence.YEAR: frozenset(Cadence),
}


def asked_in(period: Period) -> Sequence[Indicator]:
    """The indicators of a period's report: those in force on all of its days and due as often as it comes."""
    return [
        indicator
        for indicator in INDICATORS
        if indicator.cadence in _CADENCES[period.cadence] and indicator.valid_in(period.first, period.last)
    ]


def check() -> None:
    """Raise ``UnsoundDefinition`` where codes meet, sums name what is not there, or all of a sum is public."""
    if len(BY_CODE) != len(INDICATORS):
        raise UnsoundDefinition("two indicators have one code")
    named = {code for total, parts in SUMS.items() for code in (total, *parts)}
    named |= {code for pair in (*AT_LEAST, *MORE_THAN, *TOGETHER) for code in pair}
    if named - BY_CODE.keys():
        raise UnsoundDefinition(f"no such indicators: {sorted(named - BY_CODE.keys())}")
    for total, parts in SUMS.items():
        if all(BY_CODE[code].public for code in (total, *parts)):
            raise UnsoundDefinition(f"{total} is public with all of its parts: suppressed counts would show")
