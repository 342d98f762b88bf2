"""Casework with an item whose papers may come in every way."""

from collections.abc import Iterator

import pytest

from backend.casework.machine import Casework
from backend.viewer import Citizen
from tests.support import cases
from tests.support.papers import ITEM
from tests.support.people import Human, new_human
from tests.support.sandbox import OutsideSandbox


@pytest.fixture(autouse=True)
def normal_again(outside_world: OutsideSandbox) -> Iterator[None]:
    yield
    outside_world.scenario("licences")


@pytest.fixture
async def house(work: Casework) -> Casework:
    machine = cases.machine(work.resources, declared=(ITEM,))
    await cases.publish(machine, item=ITEM)
    return machine


@pytest.fixture
def human(outside_world: OutsideSandbox) -> Human:
    return new_human(outside_world)


@pytest.fixture
async def citizen(house: Casework, outside_world: OutsideSandbox, human: Human) -> Citizen:
    return await cases.proven(house.resources, outside_world, human)
