"""What a province is: the divisions it covers, how it is connected, and how to build its connector."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from backend.casework.catalogue.pilots import ConnectionMode
from backend.casework.definitions import Standing
from backend.errors import Text
from backend.exchange_ports import ProvinceDesk
from backend.keys import Keys
from backend.province_ports import ProvinceConnector
from backend.settings import Settings
from integrations.transport import Transport

Connect = Callable[[Transport, Settings, Keys], ProvinceConnector]
"""Builds the connector of a region; called only where the installation has an address for it."""


@dataclass(frozen=True, slots=True)
class Province:
    """One line of ``PROVINCES``."""

    region: str
    """What its division codes begin with (GB/T 2260): ``33``; a city that connects by itself: ``3702``."""
    name: Text
    mode: ConnectionMode
    connect: Connect | None = None
    """None where its organs work in this installation (统一应用+内部交换), or its platform's words are not known yet."""
    desk: Callable[[Transport, Settings, Keys], ProvinceDesk] | None = None
    """What it answers beside taking cases, where it does."""
    through: str = ""
    """The region over whose connection it is reached, where it has none of its own."""
    standing: Standing = Standing.UNVERIFIED
    """Whether its mode was read somewhere: that of the pilot regions was, the others work here until told otherwise."""
    handles: bool = True
    """False where people are served and nothing is handled (港澳台)."""


def connected(
    provinces: Sequence[Province], transport: Transport, settings: Settings, keys: Keys
) -> Mapping[str, ProvinceConnector]:
    """The connectors of all regions that have an address in this installation."""
    return {
        province.region: province.connect(transport, settings, keys)
        for province in provinces
        if province.connect is not None and province.region in settings.province_addresses
    }


def desks(
    provinces: Sequence[Province], transport: Transport, settings: Settings, keys: Keys
) -> Mapping[str, ProvinceDesk]:
    """What those of them answer beside taking cases."""
    return {
        province.region: province.desk(transport, settings, keys)
        for province in provinces
        if province.desk is not None and province.region in settings.province_addresses
    }
