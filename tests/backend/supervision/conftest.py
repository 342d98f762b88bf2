"""A case that was received, and whose it is."""

from uuid import UUID

import pytest

from backend.casework.machine import Casework
from backend.database.record import fetch
from backend.viewer import Citizen
from tests.support import cases
from tests.support.sandbox import OutsideSandbox


@pytest.fixture
async def citizen(work: Casework, outside_world: OutsideSandbox) -> Citizen:
    return await cases.proven(work.resources, outside_world)


@pytest.fixture
async def case(work: Casework, citizen: Citizen) -> UUID:
    """A case that was received, and passed on to its province at once: the hand-over has a clock of its own."""
    application_id = await cases.submitted(citizen, work)
    await fetch("UPDATE case_clock SET state = 'ENDED', next_at = NULL WHERE kind = 'FORWARD'")
    return application_id
