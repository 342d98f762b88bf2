"""What others can do to an order, and what its clocks wait for."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from backend.casework.machine import Casework
from backend.database.record import fetch
from backend.errors import Invalid, NotFound, TooMany
from backend.kit import clock
from backend.providers.orders.actions import CHECK_INS, Wish, act, place_order
from backend.providers.orders.life import OrderAct
from backend.resources import Resources
from backend.viewer import Citizen, Provider
from tests.support.cases import machine, proven
from tests.support.people import ScriptedFaces, new_key
from tests.support.providers import listed, working
from tests.support.sandbox import OutsideSandbox


@pytest.fixture
def work(resources: Resources) -> Casework:
    return machine(replace(resources, ports=replace(resources.ports, faces=ScriptedFaces())))


@pytest.fixture
async def provider(work: Casework, outside_world: OutsideSandbox) -> Provider:
    return await working(work.resources, await proven(work.resources, outside_world))


@pytest.fixture
async def citizen(work: Casework, outside_world: OutsideSandbox) -> Citizen:
    return await proven(work.resources, outside_world)


async def ordered(citizen: Citizen, provider: Provider, work: Casework) -> UUID:
    soon = clock.now() + timedelta(hours=3)
    wish = Wish(await listed(provider), "DAY", 1, soon, "云岫南路8号", "13900000000", "请按铃", None)
    return await place_order(citizen, work, wish, idempotency_key=new_key())


async def done(
    actor: Citizen | Provider, work: Casework, order: UUID, what: OrderAct, *, code: str = ""
) -> None:
    staff_id = UUID(actor.agent.removeprefix("staff:")) if isinstance(actor, Provider) else None
    await act(
        actor, work, order_id=order, act=what, idempotency_key=new_key(), staff_id=staff_id, code=code
    )


async def test_whoever_knows_an_orders_id_uses_up_none_of_its_providers_check_ins(
    work: Casework, provider: Provider, citizen: Citizen, outside_world: OutsideSandbox
) -> None:
    order = await ordered(citizen, provider, work)
    await done(provider, work, order, OrderAct.ACCEPT)
    await done(provider, work, order, OrderAct.ASSIGN)
    stranger = await working(work.resources, await proven(work.resources, outside_world))
    most = int(CHECK_INS.partition("/")[0])
    for _ in range(most + 1):
        with pytest.raises(NotFound):
            await done(stranger, work, order, OrderAct.ARRIVE, code="000000")
    for _ in range(most):
        with pytest.raises(Invalid):
            await done(provider, work, order, OrderAct.ARRIVE, code="wrong")
    with pytest.raises(TooMany):
        await done(provider, work, order, OrderAct.ARRIVE, code="wrong")
    [row] = await fetch("SELECT state FROM service_order")
    assert row["state"] == "ASSIGNED"
