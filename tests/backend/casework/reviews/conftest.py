"""A house that reviews, and somebody with a real name."""

import pytest

from backend.casework.machine import Casework
from backend.resources import Resources
from backend.viewer import Citizen
from tests.support.people import bound
from tests.support.reviews import house
from tests.support.sandbox import OutsideSandbox


@pytest.fixture
async def work(resources: Resources) -> Casework:
    return await house(resources)


@pytest.fixture
async def citizen(work: Casework, outside_world: OutsideSandbox) -> Citizen:
    return await bound(work.resources, outside_world)
