"""Children under 14: a guardian consents for them, and only as long as they are guardian and child."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from backend.casework.machine import Casework
from backend.errors import Forbidden, NotFound, ProblemCode, StepUpNeeded
from backend.kit import clock
from backend.people.delegation.actions import end_delegation
from backend.people.identity.consents import give_consent, withdraw_consent
from backend.people.identity.faces import request_face_challenge, verify_face
from backend.people.identity.frames import FacePurpose
from backend.people.identity.models import ConsentKind
from backend.people.identity.queries import consents_of, consents_once, has_consented
from backend.people.identity.templates import shred_unwanted
from backend.people.identity.texts import current_text
from backend.viewer import Citizen, OfficerRole
from tests.support import cases
from tests.support.delegations import accepted, accepted_by_organ, for_child, proposal
from tests.support.people import Human, at_the_desk, bound, new_human, new_key, proven, seen_again
from tests.support.rows import count, told
from tests.support.sandbox import OutsideSandbox

FACE = ConsentKind.FACE_VERIFICATION
TEMPLATE = ConsentKind.FACE_TEMPLATE
CHILD = ConsentKind.CHILD_DATA


def aged(years: int) -> date:
    today = clock.today()
    return date(today.year - years, today.month, min(today.day, 28))


@dataclass(frozen=True, slots=True)
class Family:
    """A child of ten with an account, the proven mother, and her grant."""

    child: Citizen
    child_id: UUID
    mother: Citizen
    grant_id: UUID
    human: Human


@pytest.fixture
async def family(work: Casework, outside_world: OutsideSandbox) -> Family:
    human = new_human(outside_world, born=aged(10))
    child = await bound(work.resources, outside_world, human)
    mother = await bound(work.resources, outside_world, new_human(outside_world, born=aged(40)))
    await proven(mother)
    officer, _ = await at_the_desk(work.resources, OfficerRole.INTAKE)
    grant_id = await accepted_by_organ(mother, officer, work.resources, for_child(human))
    assert child.person_id is not None
    return Family(child, child.person_id, mother, grant_id, human)


async def give(family: Family, work: Casework, kind: ConsentKind, by: Citizen | None = None) -> None:
    await give_consent(
        by or family.mother,
        work.resources,
        kind=kind,
        version=current_text(kind).version,
        idempotency_key=new_key(),
        on_behalf_of=family.grant_id,
    )


async def shown(citizen: Citizen, work: Casework, purpose: FacePurpose = FacePurpose.VERIFY) -> None:
    challenge = await request_face_challenge(citizen, work.resources, purpose=purpose)
    await verify_face(
        citizen,
        work.resources,
        challenge_id=challenge.id,
        nonce=challenge.nonce,
        frames=[b"\xff\xd8\xff" + bytes([place]) for place in range(challenge.frames[0])],
    )


async def test_with_the_guardian_s_consents_a_child_uses_its_own_account(
    work: Casework, family: Family
) -> None:
    child, resources = family.child, work.resources
    with pytest.raises(Forbidden) as refusal:
        await cases.draft(child, work)
    assert (refusal.value.code, "监护人" in refusal.value.message.zh) == (ProblemCode.CONSENT_NEEDED, True)
    await give(family, work, CHILD)
    await cases.draft(child, work)
    with pytest.raises(Forbidden) as refusal:
        await request_face_challenge(child, resources)
    assert refusal.value.code is ProblemCode.CONSENT_NEEDED
    await give(family, work, FACE)
    await give(family, work, FACE)
    await shown(child, work)
    assert [(one.kind, one.by_guardian) for one in await consents_of(child, family.child_id)] == [
        (CHILD, True),
        (FACE, True),
    ]
    assert await consents_of(family.mother, family.child_id) != []  # the same standing, whoever asks for it
    assert (await told(f"person:{family.child_id}")).count("consent_given") == 2
    mine = await consents_once(family.mother, resources, before=None, limit=9)
    assert [(one.kind, one.child_name) for one in mine] == [(FACE, "沈**"), (CHILD, "沈**")]
    assert [one.child_name for one in await consents_once(child, resources, before=None, limit=9)] == [
        None
    ] * 2


async def test_a_guardian_s_consent_ends_with_the_guardianship_and_with_the_fourteenth_birthday(
    work: Casework, family: Family
) -> None:
    await give(family, work, FACE)
    with clock.shifted(aged(10).replace(year=aged(10).year + 14) - clock.today() - timedelta(days=1)):
        assert await has_consented(family.child, family.child_id, FACE)
    with clock.shifted(aged(10).replace(year=aged(10).year + 14) - clock.today()):
        assert not await has_consented(family.child, family.child_id, FACE)
        await proven(family.mother)
        with pytest.raises(Forbidden, match="14"):
            await give(family, work, CHILD)
    assert await has_consented(family.child, family.child_id, FACE)
    await end_delegation(family.mother, grant_id=family.grant_id)
    assert not await has_consented(family.child, family.child_id, FACE)
    with pytest.raises(Forbidden) as refusal:
        await give(family, work, CHILD)
    assert refusal.value.code is ProblemCode.OUTSIDE_MANDATE
    assert (await told(f"person:{family.child_id}"))[-1] == "delegation_overstepped"


async def test_either_of_them_takes_it_back_and_a_template_is_shredded(
    work: Casework, family: Family
) -> None:
    key = new_key()
    for kind in (FACE, TEMPLATE):
        await give(family, work, kind)
    child = await seen_again(family.child, family.child_id)
    await shown(child, work, FacePurpose.ENROL)
    assert (await count("face_template"), await shred_unwanted(work.resources)) == (1, 0)
    await withdraw_consent(
        family.mother, work.resources, kind=TEMPLATE, idempotency_key=key, on_behalf_of=family.grant_id
    )
    assert await count("face_template") == 0
    await withdraw_consent(child, work.resources, kind=FACE, idempotency_key=key)
    assert await consents_of(child, family.child_id) == []
    with pytest.raises(Forbidden):
        await request_face_challenge(child, work.resources)


async def test_a_template_of_a_child_whose_guardianship_ended_is_shredded_by_the_clock(
    work: Casework, family: Family
) -> None:
    for kind in (FACE, TEMPLATE):
        await give(family, work, kind)
    await shown(family.child, work, FacePurpose.ENROL)
    await end_delegation(family.mother, grant_id=family.grant_id)
    assert (await shred_unwanted(work.resources), await count("face_template")) == (1, 0)


async def test_nobody_else_consents_for_a_child(
    work: Casework, family: Family, outside_world: OutsideSandbox
) -> None:
    stranger = await bound(work.resources, outside_world, new_human(outside_world, born=aged(50)))
    await proven(stranger)
    with pytest.raises(NotFound):
        await give(family, work, FACE, by=stranger)
    with pytest.raises(StepUpNeeded):
        await give(family, work, FACE, by=replace(family.mother, session_id=stranger.session_id))
    parent = new_human(outside_world, born=aged(80))
    principal = await bound(work.resources, outside_world, parent)
    await proven(principal)
    of_parent = await accepted(family.mother, principal, work.resources, proposal(parent))
    with pytest.raises(Forbidden) as refusal:
        await give(replace(family, grant_id=of_parent), work, FACE)
    assert refusal.value.code is ProblemCode.OUTSIDE_MANDATE
    with pytest.raises(Forbidden):  # an adult has nobody's consent to give to that
        await give_consent(
            principal,
            work.resources,
            kind=CHILD,
            version=current_text(CHILD).version,
            idempotency_key=new_key(),
        )
    assert await count("consent") == 0
