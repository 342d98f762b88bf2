"""Asking a region at this moment: one question for many, an answer with its age, and trouble that stays where it is."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, cast
from uuid import UUID

import orjson
import pytest

from backend.casework.machine import Casework
from backend.database.record import fetch
from backend.errors import Invalid, NotFound, Refusal, TooMany, Unavailable
from backend.exchange import asking, breaker
from backend.exchange.asking import RegionProgress, halls_of, progress_of
from backend.exchange.delivery import deliver
from backend.exchange_ports import HallSlot, Progress, ProvinceDesk
from backend.kit import clock
from backend.kit.ids import new_id
from backend.viewer import Anonymous, Citizen, Viewer
from resolvers.context import Context
from tests.backend.conftest import Zhejiang
from tests.support import cases
from tests.support.sandbox import OutsideSandbox
from tests.support.town import EXECUTOR, document

NOBODY = Anonymous()
TEXT = """query Mine { applications(first: 10) { edges { node { state progressThere { __typename
  ... on RegionProgress { region externalCaseNumber ageSeconds steps { kind } } ... on Problem { code retryAfter } } } } } }"""


class Scripted:
    """A desk that counts its questions and answers as a test says."""

    def __init__(self, told: Mapping[str, Progress], *, seconds: float = 0.0) -> None:
        self.told, self.seconds, self.asked = told, seconds, list[list[str]]()

    async def progress(self, numbers: Sequence[str]) -> Mapping[str, Progress]:
        self.asked.append(sorted(numbers))
        await asyncio.sleep(self.seconds)
        return self.told


@pytest.fixture
async def owner(connected_work: Casework, outside_world: OutsideSandbox) -> Citizen:
    return await cases.proven(connected_work.resources, outside_world)


@pytest.fixture
async def lodged(connected_work: Casework, owner: Citizen) -> list[UUID]:
    """Three cases that Zhejiang has accepted and approved, without our having heard of it."""
    made = [await cases.submitted(owner, connected_work) for _ in range(3)]
    for one in made:
        await deliver(connected_work, one)
    return made


def asking_house(work: Casework, **desks: Any) -> Casework:
    ports = replace(work.resources.ports, desks=cast("Mapping[str, ProvinceDesk]", desks["desks"]))
    return replace(work, resources=replace(work.resources, ports=ports))


async def numbers_of(lodged: Sequence[UUID]) -> list[str]:
    rows = await fetch(
        "SELECT external_case_number AS n FROM delivery WHERE application_id = ANY($1)", lodged
    )
    return sorted(row["n"] for row in rows)


async def answered(work: Casework, viewer: Viewer) -> Any:
    context = Context(viewer=viewer, request_id="r", language="en", work=work)
    body = await EXECUTOR(document(TEXT).operation(None), {}, context)
    told = orjson.loads(body)
    assert "errors" not in told, told
    return [edge["node"] for edge in told["data"]["applications"]["edges"]]


async def test_the_api_shows_what_the_province_says_now(
    connected_work: Casework, owner: Citizen, lodged: list[UUID]
) -> None:
    nodes = await answered(connected_work, owner)
    assert [node["state"] for node in nodes] == ["SUBMITTED"] * 3
    shown = [node["progressThere"] for node in nodes]
    assert [one["steps"] for one in shown] == [[{"kind": "ACCEPTED"}, {"kind": "APPROVED"}]] * 3
    assert {(one["region"], one["ageSeconds"] <= 1) for one in shown} == {("33", True)}
    assert sorted(one["externalCaseNumber"] for one in shown) == await numbers_of(lodged)


async def test_all_cases_of_an_operation_are_one_question_and_the_next_minute_asks_nothing(
    connected_work: Casework, owner: Citizen, lodged: list[UUID]
) -> None:
    numbers = await numbers_of(lodged)
    desk = Scripted({number: Progress(number, clock.now(), []) for number in numbers})
    house = asking_house(connected_work, desks={"33": desk})
    for _ in range(2):
        assert len(await answered(house, owner)) == 3
    assert desk.asked == [numbers]
    with clock.shifted(timedelta(seconds=61)):
        (one, *_) = await progress_of(house, lodged)
        assert isinstance(one, RegionProgress)
        assert one.as_of == clock.now() or clock.now() - one.as_of < timedelta(seconds=5)
    assert desk.asked == [numbers, numbers]


@pytest.mark.parametrize("mode", ["down", "bad_signature", "garbage"])
async def test_a_province_that_fails_gives_a_problem_to_its_field_and_leaves_the_rest_whole(
    connected_work: Casework, owner: Citizen, lodged: list[UUID], zhejiang: Zhejiang, mode: str
) -> None:
    zhejiang.sandbox.scenario(mode)
    nodes = await answered(connected_work, owner)
    assert [node["state"] for node in nodes] == ["SUBMITTED"] * len(lodged)
    assert {node["progressThere"]["code"] for node in nodes} == {"UPSTREAM_UNAVAILABLE"}


async def test_a_slow_province_is_not_waited_for_and_then_not_asked(
    connected_work: Casework, lodged: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "PATIENCE", 0.05)
    desk = Scripted({}, seconds=30)
    house = asking_house(connected_work, desks={"33": desk})
    begun = time.monotonic()
    for _ in range(breaker.THRESHOLD + 2):
        found = await progress_of(house, lodged)
        assert [type(one) for one in found] == [Unavailable] * 3
    assert time.monotonic() - begun < 5
    assert len(desk.asked) == breaker.THRESHOLD, "the breaker is open"
    last = found[0]
    assert isinstance(last, Refusal)
    assert last.retry_after is not None


async def test_what_was_said_before_is_shown_with_its_age_while_the_province_is_silent(
    connected_work: Casework, lodged: list[UUID], zhejiang: Zhejiang
) -> None:
    first = await progress_of(connected_work, lodged)
    zhejiang.sandbox.scenario("down")
    with clock.shifted(timedelta(minutes=10)):
        later = await progress_of(connected_work, lodged)
    assert later == first
    await connected_work.resources.shared.take("progress", f"33:{(await numbers_of(lodged))[0]}")
    kinds = sorted(type(one).__name__ for one in await progress_of(connected_work, lodged))
    assert kinds == ["RegionProgress", "RegionProgress", "Unavailable"]


async def test_what_no_region_has_is_no_question(
    connected_work: Casework, owner: Citizen, lodged: list[UUID]
) -> None:
    desk = Scripted({})
    house = asking_house(connected_work, desks={"33": desk})
    waiting = await cases.submitted(owner, connected_work)
    assert await progress_of(house, [waiting, new_id()]) == [None, None]
    assert await progress_of(asking_house(connected_work, desks={}), lodged) == [None] * 3
    assert desk.asked == []
    found = await progress_of(house, lodged[:1])
    assert [type(one) for one in found] == [NotFound]


async def test_free_places_of_another_provinces_halls(connected_work: Casework, zhejiang: Zhejiang) -> None:
    monday = clock.today() + timedelta(days=7 - clock.today().weekday())
    asked = {"division": cases.HOME, "item_code": cases.ITEM.base_code, "first": monday}
    halls = await halls_of(NOBODY, connected_work, **asked, days=2)  # type: ignore[arg-type]  # as they are named
    assert [(slot.day, slot.starts) for slot in halls.slots] == [
        (monday + timedelta(days=day), hour) for day in range(2) for hour in ("09:00", "14:00")
    ]
    zhejiang.sandbox.scenario("down")
    assert await halls_of(NOBODY, connected_work, **asked, days=2) == halls, "kept for a minute"  # type: ignore[arg-type]
    with pytest.raises(Unavailable):
        await halls_of(NOBODY, connected_work, **asked, days=3)  # type: ignore[arg-type]
    with pytest.raises(Invalid):
        await halls_of(NOBODY, connected_work, **asked, days=15)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        await halls_of(NOBODY, connected_work, division="440106", item_code="x", first=monday, days=1)


async def test_a_question_that_makes_no_sense_is_not_put_to_the_region_whose_breaker_guards_its_cases(
    connected_work: Casework,
) -> None:
    class Halls:
        asked = 0

        async def slots(self, **_asked: object) -> Sequence[HallSlot]:
            self.asked += 1
            raise Unavailable(breaker.CLOSED_NOW)

    desk, today = Halls(), clock.today()
    house = asking_house(connected_work, desks={"33": desk})
    asked: dict[str, Any] = {"division": cases.HOME, "item_code": cases.ITEM.base_code, "first": today}
    for wrong in (
        {"division": "33zzzz"},
        {"division": "339999"},
        {"item_code": "x"},
        {"first": today - timedelta(days=1)},
        {"first": date.max},
    ):
        with pytest.raises((NotFound, Invalid)):
            await halls_of(NOBODY, house, **{**asked, **wrong}, days=1)
    assert desk.asked == 0
    assert (await breaker.admit("33")).troubled is False
    with pytest.raises(Unavailable):
        await halls_of(NOBODY, house, **asked, days=1)
    assert desk.asked == 1


async def test_one_address_asks_a_region_so_often_and_no_more(
    connected_work: Casework, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Halls:
        async def slots(self, **_asked: object) -> Sequence[HallSlot]:
            return ()

    monkeypatch.setattr(asking, "QUESTIONS", "2/minute")
    house = asking_house(connected_work, desks={"33": Halls()})
    asked: dict[str, Any] = {
        "division": cases.HOME,
        "item_code": cases.ITEM.base_code,
        "first": clock.today(),
    }
    for days in (1, 2, 1, 2):
        await halls_of(NOBODY, house, **asked, days=days)
    with pytest.raises(TooMany):
        await halls_of(NOBODY, house, **asked, days=3)
    await halls_of(replace(NOBODY, address="203.0.113.9"), house, **asked, days=3)
