"""Editions for a development installation: made-up organs of every province and of one county per pilot region.

Credit codes are sound and belong to nobody; figures that differ from the standard stand for regional values.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from hashlib import sha256

import orjson

from backend.casework.catalogue.drafts import EditionDraft
from backend.casework.catalogue.standards import Standards
from backend.casework.definitions import ServiceItem
from backend.kit import regions
from backend.kit.item_codes import credit_code

IN_FORCE_FROM = date(2026, 1, 1)

NOT_HANDLING = frozenset({"710000", "810000", "820000"})
"""People of Taiwan, Hong Kong and Macao are served; their regions handle nothing here."""

COUNTIES = (
    "310101",  # 黄浦区
    "320102",  # 玄武区
    "330114",  # 钱塘区
    "330521",  # 德清县
    "350102",  # 鼓楼区
    "360102",  # 东湖区
    "370202",  # 市南区
    "440104",  # 越秀区
    "540102",  # 城关区
    "610102",  # 新城区
    "650102",  # 天山区
)
"""One or two counties of each pilot region."""


def demo_organ(division: str) -> str:
    """The made-up credit code of a division's civil-affairs organ."""
    return credit_code(f"11{division}MB1234567")


def demo_organ_name(place: regions.Division) -> str:
    """浙江省民政厅, 上海市民政局, 德清县民政局, 杭州市钱塘区民政局."""
    if place.level == 1:
        return f"{place.name}民政{'局' if place.name.endswith('市') else '厅'}"
    above = regions.get(place.parent) if place.parent and place.name.endswith("区") else None
    return f"{above.name if above else ''}{place.name}民政局"


def demo_editions(standards: Standards, own: Sequence[EditionDraft] = ()) -> Sequence[EditionDraft]:
    """An edition of every item for the ministry, every province and ``COUNTIES``; ``own`` ones take precedence."""
    said = {(draft.item_code, draft.division): draft for draft in own}
    made = {
        (draft.item_code, draft.division): draft
        for item in standards.by_code.values()
        for draft in _of_item(item)
    }
    return tuple({**made, **said}.values())


def digest_of(drafts: Sequence[EditionDraft]) -> str:
    """SHA-256 over all of them, hex: whether an installation holds them already."""
    return sha256(orjson.dumps(drafts)).hexdigest()


def _of_item(item: ServiceItem) -> Iterator[EditionDraft]:
    yield EditionDraft(item.base_code, regions.NATION, IN_FORCE_FROM, enquiries="12345", complaints="12345")
    for province in regions.children(regions.NATION):
        if province.code not in NOT_HANDLING:
            yield _edition(item, province, f"{province.name}政务服务中心民政窗口", item.limits.promised_days)
    for code in COUNTIES:
        county = regions.get(code)
        if county is not None:
            shorter = max(1, item.limits.promised_days * 4 // 5)
            yield _edition(item, county, f"{county.name}政务服务中心民政窗口", shorter)


def _edition(item: ServiceItem, place: regions.Division, hall: str, promised_days: int) -> EditionDraft:
    return EditionDraft(
        item.base_code,
        place.code,
        IN_FORCE_FROM,
        promised_days=promised_days,
        organ_credit_code=demo_organ(place.code),
        organ_name=demo_organ_name(place),
        organ_level=str(place.level + 1),
        organ_nature="1",
        power_source="1",
        hall_zh=hall,
        hours_zh="工作日9:00—12:00、13:30—17:00",
        hours_en="Working days 9:00–12:00 and 13:30–17:00",
    )
