"""Being confirmed by an officer: the way that is equal to a face."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest

from backend.database.record import fetch
from backend.errors import Conflict, Forbidden, Invalid, ProblemCode, Unavailable
from backend.kit import clock
from backend.people.identity.actions import MISMATCH, WindowDocument, confirm_at_window
from backend.people.identity.models import AssuranceMethod
from backend.people.identity.queries import assurance_of, me
from backend.resources import Resources
from backend.viewer import Assurance, AssuranceLevel, Officer, OfficerRole
from tests.support.people import Human, at_the_desk, bound, new_human, new_key
from tests.support.rows import count, told
from tests.support.sandbox import OutsideSandbox


@pytest.fixture
def registry_trouble(outside_world: OutsideSandbox) -> Iterator[OutsideSandbox]:
    yield outside_world
    outside_world.scenario("registry")


@pytest.fixture
async def officer(resources: Resources) -> Officer:
    return (await at_the_desk(resources, OfficerRole.INTAKE))[0]


async def confirm(
    officer: Officer, resources: Resources, human: Human, *, key: str | None = None
) -> Assurance:
    return await confirm_at_window(
        officer,
        resources,
        name=human.name,
        resident_id=human.resident_id,
        document_seen=WindowDocument.ID_CARD,
        idempotency_key=key or new_key(),
    )


async def only_person() -> UUID:
    (row,) = await fetch("SELECT id FROM person")
    person_id: UUID = row["id"]
    return person_id


async def test_a_window_counts_in_every_session_of_the_person_for_a_day(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    human = new_human(outside_world)
    citizen = await bound(resources, outside_world, human)
    assert citizen.person_id is not None
    proof = await confirm(officer, resources, human)
    assert (proof.level, proof.method) == (AssuranceLevel.AUTHORITATIVE, AssuranceMethod.WINDOW)
    assert (await me(citizen, resources)).assurance == proof
    assert (await told(f"person:{citizen.person_id}"))[-1:] == ["confirmed_at_window"]
    entries = await fetch(
        "SELECT actor, detail->>'organ' AS organ FROM audit_entry WHERE kind = 'confirmed_at_window'"
    )
    assert [(entry["actor"], entry["organ"]) for entry in entries] == [
        (f"officer:{officer.officer_id}", str(officer.organ_id))
    ]
    with clock.shifted(timedelta(hours=25)):
        later = await assurance_of(citizen.person_id)
    assert later is not None
    assert later.level is AssuranceLevel.REAL_NAME


async def test_somebody_without_an_account_can_be_confirmed(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    human = new_human(outside_world, portrait=None)
    proof = await confirm(officer, resources, human)
    person_id = await only_person()
    assert await assurance_of(person_id) == proof
    assert (await bound(resources, outside_world, human)).person_id == person_id


async def test_a_repeat_answers_the_same_and_proves_nothing_more(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    human, key = new_human(outside_world), new_key()
    first = await confirm(officer, resources, human, key=key)
    with clock.shifted(timedelta(hours=1)):
        assert await confirm(officer, resources, human, key=key) == first
    assert await count("assurance_record") == 1
    with pytest.raises(Conflict) as refusal:
        await confirm(officer, resources, new_human(outside_world), key=key)
    assert refusal.value.code is ProblemCode.IDEMPOTENCY_KEY_REUSED
    assert await count("person") == 1


async def test_only_intake_confirms(resources: Resources, outside_world: OutsideSandbox) -> None:
    reviewer, _ = await at_the_desk(resources, OfficerRole.REVIEW, OfficerRole.APPROVAL)
    with pytest.raises(Forbidden):
        await confirm(reviewer, resources, new_human(outside_world))
    assert await count("person") == 0


async def test_a_name_the_registry_does_not_confirm_is_refused(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    human = new_human(outside_world)
    with pytest.raises(Invalid) as refusal:
        await confirm(officer, resources, Human("王小明", human.resident_id))
    assert (refusal.value.code, refusal.value.message) == (ProblemCode.IDENTITY_MISMATCH, MISMATCH)
    assert await count("person") == 0
    assert (await told(f"officer:{officer.officer_id}"))[-1:] == ["window_refused"]


async def test_nobody_is_confirmed_while_the_registry_is_down(
    resources: Resources, registry_trouble: OutsideSandbox, officer: Officer
) -> None:
    human = new_human(registry_trouble)
    registry_trouble.scenario("registry", "down")
    with pytest.raises(Unavailable):
        await confirm(officer, resources, human)
    assert await count("assurance_record") == 0
