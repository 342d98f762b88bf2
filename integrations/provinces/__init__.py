"""The provinces that are connected: this tuple is the only list."""

from integrations.provinces.province import Province
from integrations.provinces.zhejiang import ZHEJIANG

PROVINCES: tuple[Province, ...] = (ZHEJIANG,)
