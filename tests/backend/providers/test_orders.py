"""What others can do to an order, and what its clocks wait for."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from backend.casework.machine import Casework
from backend.database.record import fetch
from backend.errors import Invalid, NotFound, TooMany
from backend.kit import clock
from backend.providers.orders.actions import CHECK_INS, Wish, act, place_order, run_clocks
from backend.providers.orders.afterwards import answer, complain, mark_unanswered
from backend.providers.orders.life import OrderAct
from backend.providers.orders.queries import order as seen
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
    await act(actor, work, order_id=order, act=what, idempotency_key=new_key(), staff_id=staff_id, code=code)


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


async def finished(citizen: Citizen, provider: Provider, work: Casework) -> UUID:
    order = await ordered(citizen, provider, work)
    await done(provider, work, order, OrderAct.ACCEPT)
    await done(provider, work, order, OrderAct.ASSIGN)
    told = await seen(citizen, work.resources, order)
    assert told is not None
    await done(provider, work, order, OrderAct.ARRIVE, code=told.check_in_code or "")
    await done(provider, work, order, OrderAct.FINISH)
    return order


async def state_of(order: UUID) -> str:
    [row] = await fetch("SELECT state FROM service_order WHERE id = $1", order)
    state: str = row["state"]
    return state


async def test_silence_confirms_an_order_and_a_complaint_is_no_silence(
    work: Casework, provider: Provider, citizen: Citizen
) -> None:
    order, other = [await finished(citizen, provider, work) for _ in range(2)]
    await complain(citizen, work, order_id=order, text="没有来", idempotency_key=new_key())
    with clock.shifted(timedelta(hours=73)):
        assert await run_clocks(work, most=1) == 1
        assert [await state_of(one) for one in (order, other)] == ["DONE", "CONFIRMED"]
    with clock.shifted(timedelta(days=6)):
        assert await mark_unanswered() == 1
        assert await run_clocks(work) == 0
        await answer(provider, work, order_id=order, text="已致歉", idempotency_key=new_key())
        assert await run_clocks(work) == 1
        assert await state_of(order) == "CONFIRMED"
