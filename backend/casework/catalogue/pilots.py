"""The pilot regions of the Golden Civil Affairs Project (金民工程), as the ministry's pilot plan names them."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from backend.casework.definitions import Basis, Standing
from backend.errors import Text


class ConnectionMode(StrEnum):
    """How a region's platform is connected (应用模式与数据交换模式)."""

    UNIFIED_INTERNAL = "UNIFIED_INTERNAL"
    """统一应用+内部交换"""
    UNIFIED_PLATFORM = "UNIFIED_PLATFORM"
    """统一应用+统一数据交换平台"""
    OWN_INTERFACE = "OWN_INTERFACE"
    """自建应用+接口调用"""


@dataclass(frozen=True, slots=True)
class PilotRegion:
    """One pilot region; dates are those of the plan, not of what was reached."""

    division: str
    batch: int
    mode: ConnectionMode
    trial_from: date
    trial_until: date
    basis: Basis


PILOT_PLAN = Basis(
    Text("民政部办公厅《金民工程一期项目试点工作方案》", "The ministry's plan of the pilots, 2 August 2019"),
    "三",
    Standing.PUBLISHED,
)
"""Read on the government's website; a second batch of eight to ten regions was announced without names."""


def _first_batch(division: str, mode: ConnectionMode) -> PilotRegion:
    return PilotRegion(division, 1, mode, date(2019, 8, 1), date(2019, 12, 31), PILOT_PLAN)


PILOT_REGIONS = (
    _first_batch("310000", ConnectionMode.OWN_INTERFACE),
    _first_batch("320000", ConnectionMode.UNIFIED_PLATFORM),
    _first_batch("330000", ConnectionMode.OWN_INTERFACE),
    _first_batch("350000", ConnectionMode.UNIFIED_PLATFORM),
    _first_batch("360000", ConnectionMode.OWN_INTERFACE),
    _first_batch("370200", ConnectionMode.UNIFIED_PLATFORM),
    _first_batch("440000", ConnectionMode.OWN_INTERFACE),
    _first_batch("540000", ConnectionMode.UNIFIED_INTERNAL),
    _first_batch("610000", ConnectionMode.UNIFIED_INTERNAL),
    _first_batch("650000", ConnectionMode.UNIFIED_INTERNAL),
)
