"""数据回流: the home region hears of each case handled elsewhere once, however often a night is interrupted."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast
from uuid import UUID

import pytest

from backend.casework.machine import Casework
from backend.database.record import fetch
from backend.errors import Text, Unavailable
from backend.exchange import flow_back as flowing
from backend.exchange.breaker import FIRST_PAUSE, THRESHOLD, admit, failed
from backend.exchange.flow_back import flow_back, tell_home_when_ended
from backend.exchange_ports import ProvinceDesk
from backend.kit import clock
from tests.backend.conftest import Zhejiang
from tests.support import cases
from tests.support.sandbox import OutsideSandbox

Records = list[tuple[UUID, Sequence[Mapping[str, Any]]]]


class Home:
    """A region's desk that keeps what it is told; ``silent`` it takes it and says nothing."""

    def __init__(self) -> None:
        self.told: Records = []
        self.silent = False

    async def take_records(self, batch_id: UUID, records: Sequence[Mapping[str, Any]]) -> str:
        self.told.append((batch_id, records))
        if self.silent:
            raise Unavailable(Text("", ""))
        return "{}"


def with_desks(work: Casework, desks: Mapping[str, object]) -> Casework:
    told = cast("Mapping[str, ProvinceDesk]", desks)
    ports = replace(work.resources.ports, desks=told)
    return replace(
        work,
        resources=replace(work.resources, ports=ports),
        reactors=(*work.reactors, tell_home_when_ended(told)),
    )


@pytest.fixture
def home() -> Home:
    return Home()


@pytest.fixture
async def house(work: Casework, home: Home, outside_world: OutsideSandbox) -> Casework:
    """Two cases decided in Zhejiang, of somebody whose household is in Guangdong."""
    house = with_desks(work, {"44": home, "33": Home()})
    citizen = await cases.proven(house.resources, outside_world)
    made = [await cases.submitted(citizen, house) for _ in range(2)]
    await fetch("UPDATE person SET household_division = '440106' WHERE id = $1", citizen.person_id)
    for one in made:
        await cases.decide(house, one)
    return house


async def test_each_record_is_sent_once_with_what_the_home_region_needs(house: Casework, home: Home) -> None:
    assert await flow_back(house) == 2
    assert await flow_back(house) == 0

    ((_, records),) = home.told
    rows = await fetch("SELECT case_number FROM application ORDER BY id")
    assert [one["caseNo"] for one in records] == [row["case_number"] for row in rows]
    assert {(one["areaCode"], one["state"]) for one in records} == {(cases.HOME, "APPROVED")}
    assert {one["applicant"]["name"] for one in records} == {"沈阿福"}
    kept = repr([dict(row) for row in await fetch("SELECT * FROM flow_back_batch")])
    assert "沈阿福" not in kept


async def test_a_region_that_is_down_is_not_asked_and_an_answer_ends_its_failures(
    house: Casework, home: Home
) -> None:
    for _ in range(THRESHOLD):
        await failed("44", "UPSTREAM_UNAVAILABLE")
    assert (await flow_back(house), home.told) == (0, [])
    with clock.shifted(2 * FIRST_PAUSE):
        assert await flow_back(house) == 2
    assert not (await admit("44")).troubled


async def test_an_interrupted_night_goes_on_with_the_same_batch_to_the_letter(
    house: Casework, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flowing, "BATCH", 1)
    home.silent = True
    assert await flow_back(house) == 0
    await fetch("UPDATE application SET state = 'COMPLETED'")
    home.silent = False
    assert await flow_back(house) == 2

    first, again, second = home.told
    assert first == again
    assert second[0] != first[0]
    assert [len(records) for _, records in home.told] == [1, 1, 1]


async def test_two_nights_beside_each_other_put_each_record_into_one_batch(
    house: Casework, home: Home
) -> None:
    received = await asyncio.gather(*(flow_back(house) for _ in range(4)))
    assert sum(received) == 2
    assert len({batch for batch, _ in home.told}) == 1


async def test_who_is_at_home_where_the_case_is_handled_is_no_news(
    work: Casework, outside_world: OutsideSandbox
) -> None:
    there = Home()
    house = with_desks(work, {"33": there})
    citizen = await cases.proven(house.resources, outside_world)
    await cases.decide(house, await cases.submitted(citizen, house), cases.GRANTED)
    assert await flow_back(house) == 0
    assert (there.told, await fetch("SELECT id FROM flow_back")) == ([], [])


async def test_a_province_with_its_own_application_takes_them_over_its_own_wire(
    connected_work: Casework, outside_world: OutsideSandbox, zhejiang: Zhejiang
) -> None:
    zhejiang.sandbox.reset()
    desk = connected_work.resources.ports.desks["33"]
    records = [{"caseNo": "1", "state": "APPROVED"}]
    batch = UUID(int=7)
    receipts = [await desk.take_records(batch, records) for _ in range(2)]
    assert receipts[0] == receipts[1]
    with pytest.raises(Unavailable):
        await desk.take_records(batch, [{"caseNo": "2"}])
    assert outside_world.url
