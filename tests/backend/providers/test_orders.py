"""What others can do to an order, and what its clocks wait for."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import orjson
import pytest

from backend.casework.machine import Casework
from backend.database.record import fetch
from backend.errors import Invalid, NotFound, TooMany
from backend.holdings import HOLDINGS, RETENTIONS
from backend.kit import clock
from backend.kit.ids import new_id
from backend.people.privacy.own_data import close_accounts, export_data
from backend.people.privacy.retention import apply_retentions
from backend.providers.orders.actions import CHECK_INS, Wish, act, place_order, run_clocks
from backend.providers.orders.afterwards import answer, complain, mark_unanswered, rate
from backend.providers.orders.life import OrderAct
from backend.providers.orders.queries import order as seen
from backend.providers.orders.retention import ACCOUNTS_DAYS
from backend.resealing import reseal
from backend.resources import Resources
from backend.viewer import Citizen, Provider
from tests.support.cases import machine, proven, publish, submitted
from tests.support.people import ScriptedFaces, new_key
from tests.support.providers import listed, working
from tests.support.rows import count
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


@pytest.fixture
async def over(work: Casework, provider: Provider, citizen: Citizen) -> UUID:
    """An order that has ended, with words of both sides."""
    order = await finished(citizen, provider, work)
    await done(citizen, work, order, OrderAct.CONFIRM)
    await rate(citizen, work, order_id=order, level=2, comment="一般", idempotency_key=new_key())
    await complain(citizen, work, order_id=order, text="没有来", idempotency_key=new_key())
    await answer(provider, work, order_id=order, text="已致歉", idempotency_key=new_key())
    return order


EMPTY = {
    "told_sealed": "",
    "check_in_sealed": "",
    "comment_sealed": None,
    "text_sealed": "",
    "answer_sealed": None,
}


async def words() -> list[dict[str, str | None]]:
    rows = await fetch(
        "SELECT told_sealed, check_in_sealed, comment_sealed, text_sealed, answer_sealed FROM service_order o"
        " LEFT JOIN order_complaint complaint ON complaint.order_id = o.id ORDER BY o.id"
    )
    return [dict(row) for row in rows]


async def test_closing_takes_where_somebody_lives_and_what_they_said_and_keeps_the_sums(
    work: Casework, provider: Provider, citizen: Citizen, over: UUID
) -> None:
    closed = await close_accounts(citizen, work.resources, HOLDINGS)
    assert [part.what.zh for part in closed.kept if "订单" in part.what.zh] == [
        "订单的项目、时间、金额和补贴使用记录（不含地址、电话和文字）"
    ]
    assert await words() == [EMPTY]
    assert (await reseal(work.resources.keys.ring, work.resources.ports.files)).unopened == []
    [row] = await fetch(
        "SELECT offering_name, price_fen, quantity, subsidy_fen, state, rating FROM service_order"
    )
    assert tuple(row) == ("日托", 8_000, 1, 0, "CONFIRMED", 2)
    told = await seen(provider, work.resources, over)
    assert told is not None
    assert told.complaint is not None
    assert (told.where, told.complaint.text, told.complaint.answer) == (None, "", None)


async def test_the_clock_takes_addresses_after_half_a_year_and_orders_after_three_but_not_accounts_of_subsidies(
    work: Casework, provider: Provider, citizen: Citizen, over: UUID, outside_world: OutsideSandbox
) -> None:
    await apply(work, timedelta(days=179))
    assert all(one["told_sealed"] for one in await words())
    await apply(work, timedelta(days=181))
    [held] = await words()
    assert [name for name, value in held.items() if value] == [
        "comment_sealed",
        "text_sealed",
        "answer_sealed",
    ]
    told = await seen(citizen, work.resources, over)
    assert told is not None
    assert (told.where, told.complaint is not None and told.complaint.text) == (None, "没有来")
    part = orjson.loads((await export_data(citizen, work.resources, HOLDINGS)).content)["orders"][0]
    assert (part["told"], part["comment"], part["complaint"]) == (None, "一般", "没有来")
    await subsidised(over, citizen, work)
    other = await finished(citizen, provider, work)
    await done(citizen, work, other, OrderAct.CONFIRM)
    await apply(work, timedelta(days=3 * 365 + 1))
    assert [row["id"] for row in await fetch("SELECT id FROM service_order")] == [over]
    assert await words() == [{**EMPTY, "text_sealed": None}]
    await apply(work, timedelta(days=ACCOUNTS_DAYS - 1))
    assert [await count(table) for table in ("service_order", "subsidy_use")] == [1, 1]
    await apply(work, timedelta(days=ACCOUNTS_DAYS + 1))
    gone = ("service_order", "service_order_event", "order_complaint", "subsidy_use")
    assert [await count(table) for table in gone] == [0, 0, 0, 0]


async def test_an_order_that_is_still_open_keeps_what_it_needs(
    work: Casework, provider: Provider, citizen: Citizen
) -> None:
    await ordered(citizen, provider, work)
    await apply(work, timedelta(days=ACCOUNTS_DAYS + 1))
    [held] = await words()
    assert held["told_sealed"]
    assert held["check_in_sealed"]


async def subsidised(order: UUID, citizen: Citizen, work: Casework) -> None:
    await publish(work)
    case = await submitted(citizen, work)
    await fetch(
        "INSERT INTO subsidy_use (id, created_at, order_id, application_id, month, amount_fen, state)"
        " VALUES ($1, now(), $2, $3, '2026-12', 100, 'USED')",
        new_id(),
        order,
        case,
    )


async def apply(work: Casework, after: timedelta) -> None:
    with clock.shifted(after):
        await apply_retentions(work.resources, RETENTIONS)
