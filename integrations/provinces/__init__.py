"""The provinces: this tuple is the only list. The longest region that a division begins with is its province."""

from backend.kit import regions
from integrations.provinces.elsewhere import CITIES, INTERNAL, NOT_TOLD, PLATFORM, SERVED_ONLY
from integrations.provinces.guangdong import GUANGDONG
from integrations.provinces.jiangxi import JIANGXI
from integrations.provinces.province import Province
from integrations.provinces.shanghai import SHANGHAI
from integrations.provinces.zhejiang import ZHEJIANG

PROVINCES: tuple[Province, ...] = (
    ZHEJIANG,
    SHANGHAI,
    GUANGDONG,
    JIANGXI,
    *PLATFORM,
    *INTERNAL,
    *NOT_TOLD,
    *CITIES,
    *SERVED_ONLY,
)


def province_of(division: str) -> Province | None:
    """The province of a division; None for a code that begins like none."""
    by_region = {province.region: province for province in PROVINCES}
    region = regions.nearest(division, by_region)
    return None if region is None else by_region[region]
