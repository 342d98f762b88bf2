"""The house as provinces see it: their callbacks come in, their cases are there."""

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

import httpx2
import pytest
from starlette.applications import Starlette

from backend.casework.machine import Casework
from backend.database.record import fetch
from backend.exchange.delivery import Handing, record
from backend.keys import Keys, SandboxKeys
from backend.kit import clock
from backend.province_ports import Receipt
from backend.settings import Settings
from backend.web.callbacks import callback_routes
from integrations.provinces import PROVINCES
from integrations.provinces.province import connected
from integrations.transport import Transport
from tests.support import cases
from tests.support.province import Platform
from tests.support.sandbox import OutsideSandbox

Counted = list[tuple[str, str]]


@pytest.fixture
def counted() -> Counted:
    return []


@pytest.fixture
async def house(work: Casework, installation: Settings, keys: Keys) -> AsyncIterator[Casework]:
    """The machine with the real adapter; nobody listens at the province's address."""
    async with Transport(timeout=1.0) as transport:
        provinces = connected(PROVINCES, transport, installation, keys)
        ports = replace(work.resources.ports, provinces=provinces)
        yield replace(work, resources=replace(work.resources, ports=ports))


def client_of(house: Casework, counted: Counted) -> httpx2.AsyncClient:
    app = Starlette(routes=callback_routes(house, lambda region, outcome: counted.append((region, outcome))))
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://jinmin")


@pytest.fixture
async def platform(house: Casework, counted: Counted, sandbox_keys: SandboxKeys) -> AsyncIterator[Platform]:
    async with client_of(house, counted) as client:
        yield Platform(client, sandbox_keys)


@pytest.fixture
async def waiting(house: Casework, outside_world: OutsideSandbox) -> UUID:
    """A case that was sent and whose receipt is not on record yet."""
    return await cases.submitted(await cases.proven(house.resources, outside_world), house)


async def lodged(house: Casework, application_id: UUID) -> None:
    (row,) = await fetch("SELECT id FROM delivery WHERE application_id = $1", application_id)
    handing = Handing(row["id"], application_id, "33", receipt=Receipt("ZJ1", clock.now(), "{}"))
    await record(house, handing)


@pytest.fixture
async def case(house: Casework, waiting: UUID) -> UUID:
    """A case that the province has."""
    await lodged(house, waiting)
    await fetch("DELETE FROM pgqueuer")
    return waiting


async def number_of(application_id: UUID) -> str:
    number: str = (await cases.row_of(application_id))["case_number"]
    return number
