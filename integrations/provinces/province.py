"""What a province is: the divisions it covers, how it is connected, and how to build its connector."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from backend.errors import Text
from backend.exchange_ports import ProvinceDesk
from backend.keys import Keys
from backend.ports import ProvinceConnector
from backend.settings import Settings
from integrations.transport import Transport


class ConnectionMode(StrEnum):
    """How a province and the national application work together (the pilot plan's three modes)."""

    UNIFIED_INTERNAL = "统一应用+内部交换"
    UNIFIED_PLATFORM = "统一应用+统一数据交换平台"
    OWN_APPLICATION = "自建应用+接口调用"


@dataclass(frozen=True, slots=True)
class Province:
    """One line of ``PROVINCES``."""

    region: str
    """What its division codes begin with (GB/T 2260): ``33``; a city that connects by itself: ``3702``."""
    name: Text
    mode: ConnectionMode
    connect: Callable[[Transport, Settings, Keys], ProvinceConnector]
    desk: Callable[[Transport, Settings, Keys], ProvinceDesk] | None = None
    """What it answers beside taking cases, where it does."""
