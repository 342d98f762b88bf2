"""Orders through the real API: the whole way, the subsidy that pays its part, clocks, complaints, and strangers."""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest

from backend.casework.applications.actions import start_application, submit_application
from backend.casework.applications.queries import Decision
from backend.casework.declaring.codes import DISABLED_ELDERLY_VOUCHER
from backend.casework.machine import Casework
from backend.database.record import fetch
from backend.kit import clock
from backend.providers.orders.actions import run_clocks
from backend.providers.orders.afterwards import mark_unanswered
from backend.providers.orders.subsidies import reconcile
from backend.providers.organisations.kinds import PlaceKind
from backend.providers.places.keeping import Offering
from backend.resources import Resources
from backend.viewer import Citizen, OfficerRole, Provider
from resolvers.context import Context
from resolvers.execution.core import CoreExecutor
from resolvers.pagination import global_id, read_global_id
from resolvers.schema import schema
from tests.support.cases import GRANTED, HOME, ITEM, machine, proven, publish
from tests.support.front import Front, trusted
from tests.support.people import ScriptedFaces, bound, new_key
from tests.support.providers import LISTING, listed, reviewer, working
from tests.support.sandbox import OutsideSandbox
from tests.support.town import document

VOUCHER = replace(ITEM, base_code=DISABLED_ELDERLY_VOUCHER)
HOME_CARE = replace(LISTING, kind=PlaceKind.HOME_CARE, name="安心上门照护", capacity=0)


@dataclass(slots=True)
class Counter:
    """A citizen, and a provider with a place."""

    work: Casework
    citizen: Front
    provider: Front
    place: str

    async def ordered(self, **changes: object) -> Mapping[str, Any]:
        """An order that was just placed."""
        told = await self.citizen.do("PlaceOrder", **self.wish(**changes))
        assert told["__typename"] == "ServiceOrder", told
        found: Mapping[str, Any] = told
        return found

    def wish(self, **changes: object) -> Mapping[str, object]:
        return {
            "placeId": self.place,
            "offeringCode": "DAY",
            "quantity": 2,
            "wantedAt": (clock.now() + timedelta(hours=3)).isoformat(),
            "phone": "13800000000",
            "address": "云岫南路8号3幢",
            "note": "请带血压计",
            **changes,
        }

    async def carried(self, order: str, *acts: str) -> Mapping[str, Any]:
        """What the provider does one after the other; the answer to the last."""
        told: Mapping[str, Any] = {}
        for act in acts:
            more: dict[str, object] = {}
            if act == "AssignOrder":
                more["staffId"] = await staff_of(self.provider)
            if act == "CheckInOrder":
                more["code"] = (await self.citizen.send("ServiceOrder", id=order))["checkInCode"]
            told = await self.provider.do(act, orderId=order, **more)
            assert told["__typename"] == "ServiceOrder", (act, told)
        return told

    async def free(self) -> int:
        [row] = await fetch("SELECT free FROM place")
        free: int = row["free"]
        return free


async def staff_of(provider: Front) -> str:
    viewer = provider.viewer
    assert isinstance(viewer, Provider)
    return str(global_id("OrganisationStaff", UUID(viewer.agent.removeprefix("staff:"))))


@pytest.fixture
def work(resources: Resources) -> Casework:
    scripted = replace(resources, ports=replace(resources.ports, faces=ScriptedFaces()))
    return machine(scripted, declared=(VOUCHER,))


@pytest.fixture
async def counter(work: Casework, outside_world: OutsideSandbox) -> Counter:
    provider = await working(work.resources, await proven(work.resources, outside_world))
    citizen = await proven(work.resources, outside_world)
    place = global_id("SocialPlace", await listed(provider))
    return Counter(work, Front(work, citizen), Front(work, provider), str(place))


ALL_THE_WAY = ("AcceptOrder", "AssignOrder", "CheckInOrder", "FinishOrder")


async def test_an_order_goes_all_the_way_and_each_sees_what_is_theirs(counter: Counter) -> None:
    order = await counter.ordered()
    assert (order["state"], order["totalFen"], order["toPayFen"], order["customer"]) == (
        "PLACED",
        16_000,
        16_000,
        None,
    )
    assert await counter.free() == 119
    seen = await counter.provider.send("ServiceOrder", id=order["id"])
    assert (seen["contact"], seen["checkInCode"], seen["customer"]) == (None, None, "沈**")
    await counter.carried(order["id"], "AcceptOrder", "AssignOrder")
    seen = await counter.provider.send("ServiceOrder", id=order["id"])
    assert (seen["contact"]["address"], seen["checkInCode"]) == ("云岫南路8号3幢", None)
    wrong = await counter.provider.do("CheckInOrder", orderId=order["id"], code="no")
    assert (wrong["code"], wrong["fields"][0]["path"]) == ("CODE_REFUSED", ["input", "code"])
    await counter.carried(order["id"], "CheckInOrder", "FinishOrder")
    confirmed = await counter.citizen.do("ConfirmOrder", orderId=order["id"])
    assert confirmed["state"] == "CONFIRMED"
    assert await counter.free() == 119  # a bed in a care home: whoever came stays
    assert (await counter.provider.send("ServiceOrder", id=order["id"]))["contact"] is None
    rated = await counter.citizen.do("RateOrder", orderId=order["id"], level=5, comment="很好")
    assert rated["rating"] == 5
    twice = await counter.citizen.do("RateOrder", orderId=order["id"], level=1)
    assert twice["code"] == "ALREADY_DONE"
    place = await counter.citizen.send("Place", id=counter.place)
    assert (place["rating"], place["ratingCount"]) == (5.0, 1)
    assert [(one["act"], one["by"]) for one in rated["timeline"]] == [
        ("PLACE", "CITIZEN"),
        ("ACCEPT", "PROVIDER"),
        ("ASSIGN", "PROVIDER"),
        ("ARRIVE", "PROVIDER"),
        ("FINISH", "PROVIDER"),
        ("CONFIRM", "CITIZEN"),
        ("RATE", "CITIZEN"),
    ]


async def test_a_provider_that_asks_for_anothers_order_is_told_that_there_is_none(
    counter: Counter, outside_world: OutsideSandbox
) -> None:
    order = (await counter.ordered())["id"]
    resources = counter.work.resources
    another = Front(counter.work, await working(resources, await proven(resources, outside_world)))
    assert await another.send("ServiceOrder", id=order) is None
    assert (await another.send("ServiceOrders"))["edges"] == []
    assert (await another.do("AcceptOrder", orderId=order))["code"] == "NOT_FOUND"
    stranger = Front(counter.work, await bound(resources, outside_world))
    assert await stranger.send("ServiceOrder", id=order) is None
    assert (await stranger.do("CancelOrder", orderId=order))["code"] == "NOT_FOUND"
    assert (await counter.citizen.send("ServiceOrder", id=order))["state"] == "PLACED"


async def test_what_the_state_does_not_allow_is_refused_and_nothing_moves(counter: Counter) -> None:
    order = (await counter.ordered())["id"]
    for act in ("FinishOrder", "CheckInOrder"):
        told = await counter.provider.do(act, orderId=order, **({"code": "1"} if "Check" in act else {}))
        assert told["code"] == "ILLEGAL_STATE"
    assert (await counter.citizen.do("ConfirmOrder", orderId=order))["code"] == "ILLEGAL_STATE"
    assert (await counter.citizen.do("CancelOrder", orderId=order))["state"] == "CANCELLED"
    assert await counter.free() == 120
    assert (await counter.provider.do("AcceptOrder", orderId=order))["code"] == "ILLEGAL_STATE"


async def test_the_last_bed_is_given_once(counter: Counter) -> None:
    await counter.provider.do("SetFreePlaces", placeId=counter.place, free=1)
    told = await asyncio.gather(
        *(counter.citizen.do("PlaceOrder", **counter.wish(note=str(number))) for number in range(3))
    )
    assert sorted(one.get("code") or one["state"] for one in told) == ["PLACED", "SLOT_TAKEN", "SLOT_TAKEN"]
    assert await counter.free() == 0


async def test_a_sum_that_no_column_holds_is_refused_and_takes_no_place(counter: Counter) -> None:
    viewer = counter.provider.viewer
    assert isinstance(viewer, Provider)
    dear = [Offering("GRAVE", "合葬墓", 100_000_000, "座")]
    place = global_id("SocialPlace", await listed(viewer, name="长寿园", offerings=dear))
    wish = counter.wish(placeId=place, offeringCode="GRAVE", quantity=22)
    told = await counter.citizen.do("PlaceOrder", **wish)
    assert (told["code"], told["fields"][0]["path"]) == ("INVALID_INPUT", ["input", "quantity"])
    assert await fetch("SELECT 1 FROM service_order") == []
    assert (await counter.ordered(**{**wish, "quantity": 20}))["quantity"] == 20


async def test_a_subsidy_is_checked_set_aside_used_and_reconciled(counter: Counter) -> None:
    citizen = counter.citizen.viewer
    assert isinstance(citizen, Citizen)
    await publish(counter.work, item=VOUCHER)
    month = f"{clock.local(clock.now() + timedelta(hours=3)):%Y-%m}"
    case = await _granted(counter, citizen, replace(GRANTED, paid_from=month))
    [grant] = await counter.citizen.send("SubsidyEntitlements", kind="CARE_HOME")
    assert (grant["grantedFen"], grant["usedFen"], grant["leftFen"]) == (10_000, 0, 10_000)
    assert await counter.citizen.send("SubsidyEntitlements", kind="CEMETERY") == []
    # Two at once: the month's hundred yuan are not spent twice.
    wishes = [
        counter.wish(subsidyApplicationId=global_id("Application", case), quantity=1, note=note)
        for note in "ab"
    ]
    orders = await asyncio.gather(*(counter.citizen.do("PlaceOrder", **wish) for wish in wishes))
    assert sorted(one["subsidyFen"] for one in orders) == [2_000, 8_000]
    third = await counter.citizen.do("PlaceOrder", **{**wishes[0], "note": "c"})
    assert (third["code"], third["fields"][0]["path"]) == ("NOT_ELIGIBLE", ["input", "subsidyApplicationId"])
    kept, given_back = sorted(orders, key=lambda one: -one["subsidyFen"])
    await counter.citizen.do("CancelOrder", orderId=given_back["id"])
    await counter.carried(kept["id"], *ALL_THE_WAY)
    await counter.citizen.do("ConfirmOrder", orderId=kept["id"])
    assert await reconcile(counter.work) == 1
    assert await reconcile(counter.work) == 0
    desk = Front(counter.work, replace(reviewer(), roles=frozenset({OfficerRole.SUPERVISION})))
    uses = [one["node"] for one in (await desk.send("SubsidyUses"))["edges"]]
    assert sorted((one["amountFen"], one["state"], one["finding"]) for one in uses) == [
        (2_000, "RELEASED", None),
        (8_000, "USED", "SOUND"),
    ]
    assert uses[0]["applicationId"] == global_id("Application", case)


async def _granted(counter: Counter, citizen: Citizen, decision: Decision) -> UUID:
    from tests.support.cases import complete_draft, decide  # noqa: PLC0415

    case = await start_application(
        citizen, counter.work, item_code=VOUCHER.base_code, division=HOME, idempotency_key=new_key()
    )
    await complete_draft(citizen, counter.work, case)
    await submit_application(citizen, counter.work, application_id=case, idempotency_key=new_key())
    await decide(counter.work, case, decision)
    return case


async def test_what_was_used_of_a_case_that_no_longer_grants_it_is_marked(counter: Counter) -> None:
    citizen = counter.citizen.viewer
    assert isinstance(citizen, Citizen)
    await publish(counter.work, item=VOUCHER)
    month = f"{clock.local(clock.now() + timedelta(hours=3)):%Y-%m}"
    case = await _granted(counter, citizen, replace(GRANTED, paid_from=month))
    order = await counter.ordered(subsidyApplicationId=global_id("Application", case))
    await counter.carried(order["id"], *ALL_THE_WAY)
    await counter.citizen.do("ConfirmOrder", orderId=order["id"])
    await fetch("UPDATE application SET state = 'TERMINATED' WHERE id = $1", case)
    await reconcile(counter.work)
    [row] = await fetch("SELECT finding, amount_fen FROM subsidy_use")
    assert (row["finding"], row["amount_fen"]) == ("CASE_ENDED", 10_000)


async def test_a_strangers_case_pays_nothing(counter: Counter, outside_world: OutsideSandbox) -> None:
    other = await proven(counter.work.resources, outside_world)
    await publish(counter.work, item=VOUCHER)
    month = f"{clock.local(clock.now()):%Y-%m}"
    case = await _granted(counter, other, replace(GRANTED, paid_from=month))
    told = await counter.citizen.do(
        "PlaceOrder", **counter.wish(subsidyApplicationId=global_id("Application", case))
    )
    assert told["code"] == "NOT_ELIGIBLE"
    assert await fetch("SELECT 1 FROM service_order") == []
    assert await counter.free() == 120


async def test_clocks_let_an_order_lapse_mark_it_late_and_confirm_it(counter: Counter) -> None:
    lapsed, late, done = [(await counter.ordered(note=note))["id"] for note in "abc"]
    await counter.carried(late, "AcceptOrder")
    await counter.carried(done, *ALL_THE_WAY)
    assert await run_clocks(counter.work) == 0
    with clock.shifted(timedelta(hours=25)):
        assert await run_clocks(counter.work) == 2
        assert await run_clocks(counter.work) == 0
    with clock.shifted(timedelta(hours=73)):
        assert await run_clocks(counter.work) == 1
    found = {one["node"]["id"]: one["node"] for one in (await counter.citizen.send("ServiceOrders"))["edges"]}
    assert [(found[one]["state"], found[one]["late"]) for one in (lapsed, late, done)] == [
        ("LAPSED", False),
        ("ACCEPTED", True),
        ("CONFIRMED", False),
    ]


async def test_a_complaint_that_nobody_answers_is_seen_by_officers_without_its_words(
    counter: Counter,
) -> None:
    order = (await counter.ordered())["id"]
    early = await counter.citizen.do("ComplainAboutOrder", orderId=order, text="没有来")
    assert early["code"] == "ILLEGAL_STATE"
    await counter.carried(order, "AcceptOrder", "AssignOrder", "CheckInOrder")
    told = await counter.citizen.do("ComplainAboutOrder", orderId=order, text="态度不好")
    assert told["complaint"]["state"] == "OPEN"
    assert await mark_unanswered() == 0
    with clock.shifted(timedelta(days=6)):
        assert await mark_unanswered() == 1
    desk = Front(counter.work, replace(reviewer(), roles=frozenset({OfficerRole.SUPERVISION})))
    answer = await desk.execute(trusted("ComplaintsAboutProviders"), state="OVERDUE")
    assert answer.data is not None
    [seen] = answer.data["complaintsAboutProviders"]["edges"]
    assert seen["node"]["placeName"] == "幸福颐养院"
    assert "态度不好" not in orjson.dumps(answer.data).decode()
    told = await counter.provider.do("AnswerOrderComplaint", orderId=order, text="已整改，向您致歉")
    assert told["complaint"]["answer"] == "已整改，向您致歉"


async def test_an_order_is_followed_as_it_moves(counter: Counter) -> None:
    order = (await counter.ordered())["id"]
    asked = document(trusted("ServiceOrderChanged")).operation(None)

    async def context() -> Context:
        return Context(viewer=counter.citizen.viewer, request_id="t", language="zh-CN", work=counter.work)

    async with aclosing(CoreExecutor(schema).events(asked, {"id": order}, context)) as events:
        assert orjson.loads((await anext(events)).body)["data"]["serviceOrderChanged"]["state"] == "PLACED"
        await counter.carried(order, "AcceptOrder")
        assert orjson.loads((await anext(events)).body)["data"]["serviceOrderChanged"]["state"] == "ACCEPTED"


async def test_everything_wrong_with_a_wish_is_told_at_once(counter: Counter) -> None:
    told = await counter.citizen.do(
        "PlaceOrder",
        **counter.wish(quantity=0, phone="x", wantedAt=(clock.now() + timedelta(days=91)).isoformat()),
    )
    assert {one["path"][1] for one in told["fields"]} == {"quantity", "phone", "wantedAt"}
    assert (await counter.citizen.do("PlaceOrder", **counter.wish(offeringCode="X")))["code"] == "NOT_FOUND"
    assert read_global_id(counter.place, "SocialPlace")
