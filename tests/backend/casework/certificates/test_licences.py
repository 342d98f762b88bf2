"""A result that is a licence: told to the e-licence store, found there by others, and taken out when it is revoked."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from backend.casework.catalogue.standards import Standards
from backend.casework.certificates.actions import issue_certificate
from backend.casework.certificates.licences import tell_licences, wake_untold
from backend.casework.certificates.queries import DocumentStatus, documents_of
from backend.casework.definitions import LicenceKind, Limit, LimitUnit, Result
from backend.casework.machine import Casework
from backend.database.record import fetch
from backend.errors import Unavailable
from backend.kit import clock
from backend.people.identity.queries import facts_of
from backend.ports import ELicence
from backend.viewer import Citizen
from tests.backend.casework.certificates.test_revocation import approver, ask, decide
from tests.support import cases
from tests.support.sandbox import OutsideSandbox

KIND = LicenceKind.LOW_INCOME_CERTIFICATE
ITEM = replace(
    cases.ITEM,
    result=Result(
        cases.ITEM.result.kind,
        cases.ITEM.result.name,
        licence=KIND,
        validity=Limit(365, LimitUnit.CALENDAR_DAYS, cases.ITEM.basis[0]),
    ),
)


@pytest.fixture(autouse=True)
def normal_again(outside_world: OutsideSandbox) -> Iterator[None]:
    yield
    outside_world.scenario("licences")


@pytest.fixture
def licensing(work: Casework) -> Casework:
    return replace(work, standards=Standards.of([ITEM]))


@pytest.fixture
async def citizen(work: Casework, outside_world: OutsideSandbox) -> Citizen:
    return await cases.proven(work.resources, outside_world)


async def found(work: Casework, citizen: Citizen) -> ELicence | None:
    """What another item finds of this citizen in the store."""
    assert citizen.person_id is not None
    person = await facts_of(citizen.person_id, work.resources)
    assert work.resources.ports.licences is not None
    return await work.resources.ports.licences.find(
        kind=KIND.value, name=person.name, number=person.resident_id, purpose=ITEM.base_code
    )


async def due() -> list[bool | None]:
    rows = await fetch("SELECT licence_due FROM certificate WHERE kind = 'RESULT' ORDER BY issue")
    return [row["licence_due"] for row in rows]


async def test_a_grant_is_found_by_others_and_a_revoked_one_no_more(
    licensing: Casework, citizen: Citizen
) -> None:
    case = await cases.completed(citizen, licensing)
    assert (await cases.queued())[-1] == ("tell_licences", str(case))
    assert await found(licensing, citizen) is None
    assert await tell_licences(licensing, case) == 1
    assert await tell_licences(licensing, case) == 0
    held = await found(licensing, citizen)
    (document,) = (await documents_of([case]))[case]
    assert held is not None
    assert (held.number, held.valid_until) == (document.code, clock.today() + timedelta(days=365))
    assert held.content.startswith(b"%PDF-")

    await decide(approver(), await ask(licensing, approver(), document.id, reissue=True))
    await issue_certificate(licensing, case)
    assert await tell_licences(licensing, case) == 2
    _, new = (await documents_of([case]))[case]
    held = await found(licensing, citizen)
    assert held is not None
    assert held.number == new.code
    assert await due() == [False, False]


async def test_it_expires_after_its_last_day(licensing: Casework, citizen: Citizen) -> None:
    case = await cases.completed(citizen, licensing)
    for days, status in ((365, DocumentStatus.VALID), (366, DocumentStatus.EXPIRED)):
        with clock.shifted(timedelta(days=days)):
            (document,) = (await documents_of([case]))[case]
            assert document.status is status


async def test_a_refusal_and_what_is_no_licence_are_not_told(
    work: Casework, licensing: Casework, citizen: Citizen
) -> None:
    await cases.completed(citizen, licensing, cases.DENIED)
    await cases.completed(citizen, work)
    assert await due() == [None, None]
    assert "tell_licences" not in dict(await cases.queued())


async def test_while_the_store_is_away_it_stays_due(
    licensing: Casework, citizen: Citizen, outside_world: OutsideSandbox
) -> None:
    case: UUID = await cases.completed(citizen, licensing)
    outside_world.scenario("licences", mode="down")
    with pytest.raises(Unavailable):
        await tell_licences(licensing, case)
    assert await due() == [True]
    await fetch("DELETE FROM pgqueuer")
    assert await wake_untold() == 0  # made a moment ago
    with clock.shifted(timedelta(minutes=2)):
        assert await wake_untold() == 1
        assert await wake_untold() == 0
    outside_world.scenario("licences")
    assert await tell_licences(licensing, case) == 1
    assert await due() == [False]
