"""A citizen with everything that a case wants."""

import pytest

from backend.casework.machine import Casework
from backend.viewer import Citizen
from tests.support import cases
from tests.support.sandbox import OutsideSandbox


@pytest.fixture
async def citizen(work: Casework, outside_world: OutsideSandbox) -> Citizen:
    return await cases.proven(work.resources, outside_world)
