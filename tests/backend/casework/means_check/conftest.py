"""The machine with a centre for household means behind its real adapter, and a family that applies."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

import pytest

from backend.casework.machine import Casework
from backend.casework.means_check.actions import check_means_when_accepted
from backend.resources import Resources
from backend.viewer import Citizen
from integrations.means_check import SignedMeansCheck
from integrations.transport import Transport
from tests.support import cases, means
from tests.support.people import Human, ScriptedFaces, new_human
from tests.support.sandbox import OutsideSandbox

BORN, CHILD = date(1943, 5, 12), date(2015, 6, 1)


@pytest.fixture
async def work(
    resources: Resources,
    faces: ScriptedFaces,
    outside_world: OutsideSandbox,
) -> AsyncIterator[Casework]:
    async with Transport(timeout=1.0) as transport:
        assert resources.keys.means_check is not None
        port = SignedMeansCheck(
            transport,
            base_url=f"{outside_world.url}/means-check",
            keys=resources.keys.means_check,
            callback_url="http://jinmin.test/callbacks/means-check",
        )
        house = replace(resources, ports=replace(resources.ports, faces=faces, means=port))
        plain = cases.machine(house, declared=means.BOTH)
        made = replace(plain, reactors=(*plain.reactors, check_means_when_accepted(plain.standards)))
        await means.publish_both(made)
        yield made


@pytest.fixture(autouse=True)
def as_usual(outside_world: OutsideSandbox) -> Iterator[None]:
    yield
    outside_world.means()


@dataclass(frozen=True, slots=True)
class Family:
    """An old applicant with a grown-up son and a grandchild."""

    applicant: Citizen
    himself: Human
    son: Citizen
    son_himself: Human
    child: Human
    case: UUID

    @property
    def trail(self) -> str:
        return f"person:{self.applicant.person_id}"


@pytest.fixture
async def family(work: Casework, outside_world: OutsideSandbox) -> Family:
    himself, son, child = (new_human(outside_world, born=born) for born in (BORN, date(1970, 1, 1), CHILD))
    applicant = await cases.proven(work.resources, outside_world, himself)
    grown = await cases.proven(work.resources, outside_world, son)
    case = await means.applied(applicant, work, [son, child])
    return Family(applicant, himself, grown, son, child, case)
