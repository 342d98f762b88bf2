"""Acting for somebody in a case: everything they could do, nothing beyond the scope, and all of it told."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from backend.casework.applications.acting import acting_people, scope_of, ward_for
from backend.casework.applications.actions import save_answers, start_application, submit_application
from backend.casework.applications.queries import DoneBy, application, applications, timelines
from backend.casework.catalogue.standards import Standards
from backend.casework.certificates.actions import issue_certificate
from backend.casework.certificates.queries import certificate_file
from backend.casework.definitions import Domain, OnlineDepth
from backend.casework.evaluations.actions import evaluate_application
from backend.casework.machine import Casework
from backend.casework.materials.actions import upload_material
from backend.database.record import fetch
from backend.errors import Forbidden, NotFound, ProblemCode
from backend.kit import clock
from backend.kit.ids import new_id
from backend.people.delegation.actions import end_delegation
from backend.people.delegation.kinds import DelegatedAction
from backend.people.privacy.looks import LookedBy, data_looks
from backend.viewer import Citizen, Officer, OfficerRole
from tests.support import cases
from tests.support.delegations import accepted, accepted_by_organ, proposal
from tests.support.people import Human, at_the_desk, bound, new_human, new_key, proven
from tests.support.rows import count, told
from tests.support.sandbox import OutsideSandbox

IN_PERSON = replace(cases.ITEM, in_person=True, online_depth=OnlineDepth.GUIDE)


@pytest.fixture
def grandmother(outside_world: OutsideSandbox) -> Human:
    return new_human(outside_world)


@pytest.fixture
async def principal(work: Casework, outside_world: OutsideSandbox, grandmother: Human) -> Citizen:
    citizen = await bound(work.resources, outside_world, grandmother)
    await proven(citizen)
    return citizen


@pytest.fixture
async def agent(work: Casework, outside_world: OutsideSandbox) -> Citizen:
    citizen = await bound(work.resources, outside_world, new_human(outside_world, born=date(1970, 3, 1)))
    await proven(citizen)
    return citizen


@pytest.fixture
async def officer(work: Casework) -> Officer:
    return (await at_the_desk(work.resources, OfficerRole.INTAKE))[0]


async def begun(agent: Citizen, work: Casework, grant_id: UUID) -> UUID:
    return await start_application(
        agent,
        work,
        item_code=cases.ITEM.base_code,
        division=cases.HOME,
        idempotency_key=new_key(),
        on_behalf_of=grant_id,
    )


async def handed_in(agent: Citizen, work: Casework, application_id: UUID) -> None:
    await submit_application(agent, work, application_id=application_id, idempotency_key=new_key())


async def test_a_grandmother_without_a_phone_gets_her_allowance_through_someone_she_trusts(
    work: Casework, agent: Citizen, grandmother: Human, officer: Officer
) -> None:
    grant_id = await accepted_by_organ(agent, officer, work.resources, proposal(grandmother))
    application_id = await begun(agent, work, grant_id)
    await cases.complete_draft(agent, work, application_id)
    await handed_in(agent, work, application_id)  # judged by her age and household, not by the agent's
    await cases.decide(work, application_id)
    await issue_certificate(work, application_id)
    await evaluate_application(
        agent, work, application_id=application_id, level=5, comment=None, idempotency_key=new_key()
    )

    row = await cases.row_of(application_id)
    assert row["person_id"] not in {None, agent.person_id}
    assert row["assurance"] == "VERIFIED/FACE_ACTIVE"  # the agent's own proof, in the agent's session
    found = (await timelines([application_id], 20))[application_id]
    assert [(entry.kind.value, entry.by, entry.agent_id) for entry in found[:3]] == [
        ("STARTED", DoneBy.AGENT, agent.person_id),
        ("SUBMITTED", DoneBy.AGENT, agent.person_id),
        ("NUMBERED", DoneBy.AGENT, agent.person_id),
    ]
    assert found[3].by is DoneBy.SYSTEM
    (who, nobody) = await acting_people(agent, [UUID(int=agent.person_id.int), new_id()])  # type: ignore[union-attr]  # a bound citizen
    assert (who and who.masked(work), nobody) == ("沈**", None)

    seen = await application(agent, application_id)
    assert seen is not None
    assert [one.id for one in await applications(agent, before=None, limit=9, acting_by=grant_id)] == [
        application_id
    ]
    assert await applications(agent, before=None, limit=9) == []  # it is not the agent's own
    (document,) = await fetch("SELECT id FROM certificate WHERE kind = 'RESULT'")
    assert (await certificate_file(agent, work, document["id"])).startswith(b"%PDF")
    assert "application_submitted" in await told(f"person:{row['person_id']}")


async def test_the_principal_sees_what_was_done_for_them_and_by_whom(
    work: Casework, agent: Citizen, principal: Citizen, grandmother: Human
) -> None:
    grant_id = await accepted(agent, principal, work.resources, proposal(grandmother))
    application_id = await begun(agent, work, grant_id)
    await cases.complete_draft(agent, work, application_id)
    await handed_in(agent, work, application_id)

    assert [one.id for one in await applications(principal, before=None, limit=9)] == [application_id]
    looks = await data_looks(principal, before=None, limit=9)
    assert ("application_submitted", LookedBy.PERSON) in [(look.kind, look.by) for look in looks]


Step = Callable[[Citizen, Casework, UUID], Awaitable[object]]

STEPS: dict[str, Step] = {
    "save": lambda agent, work, case: save_answers(
        agent, work, application_id=case, answers={}, version=1, idempotency_key=new_key()
    ),
    "upload": lambda agent, work, case: upload_material(
        agent,
        work,
        application_id=case,
        code="card",
        file_name="a.png",
        content=cases.picture(),
        idempotency_key=new_key(),
    ),
    "submit": handed_in,
}


@pytest.mark.parametrize("step", STEPS)
async def test_after_its_end_a_grant_gives_nothing_and_the_attempt_is_told_to_both(
    work: Casework, agent: Citizen, principal: Citizen, grandmother: Human, step: str
) -> None:
    grant_id = await accepted(agent, principal, work.resources, proposal(grandmother))
    application_id = await begun(agent, work, grant_id)
    await end_delegation(principal, grant_id=grant_id)
    before = await cases.row_of(application_id)

    with pytest.raises(Forbidden) as refusal:
        await STEPS[step](agent, work, application_id)
    assert (refusal.value.code, refusal.value.message.zh) == (
        ProblemCode.OUTSIDE_MANDATE,
        "该代办授权已失效，请重新申请授权。",
    )
    with pytest.raises(Forbidden):
        await begun(agent, work, grant_id)
    assert await application(agent, application_id) is None
    assert await applications(agent, before=None, limit=9, acting_by=grant_id) == []
    assert await cases.row_of(application_id) == before
    assert await count("material") == 0
    for person_id in (agent.person_id, principal.person_id):
        assert (await told(f"person:{person_id}"))[-2:] == ["delegation_overstepped"] * 2


async def test_after_the_last_day_a_grant_gives_nothing(
    work: Casework, agent: Citizen, principal: Citizen, grandmother: Human
) -> None:
    grant_id = await accepted(agent, principal, work.resources, proposal(grandmother))
    application_id = await begun(agent, work, grant_id)
    with clock.shifted(timedelta(days=299)):
        assert await application(agent, application_id) is not None
    with clock.shifted(timedelta(days=300)):
        assert await application(agent, application_id) is None
        with pytest.raises(Forbidden):
            await begun(agent, work, grant_id)


async def test_outside_its_scope_a_grant_gives_nothing(
    work: Casework, agent: Citizen, principal: Citizen, grandmother: Human
) -> None:
    other_item = await accepted(
        agent, principal, work.resources, proposal(grandmother, items=("000599990002",))
    )
    own = await cases.filled(principal, work)
    with pytest.raises(Forbidden) as refusal:
        await begun(agent, work, other_item)
    assert refusal.value.message.zh == "该事项或操作不在代办授权范围内。"
    assert await application(agent, own) is None
    assert await applications(agent, before=None, limit=9, acting_by=other_item) == []
    with pytest.raises(Forbidden):
        await handed_in(agent, work, own)
    await end_delegation(agent, grant_id=other_item)

    only_follow = await accepted(
        agent, principal, work.resources, proposal(grandmother, actions=(DelegatedAction.FOLLOW,))
    )
    assert await application(agent, own) is not None
    with pytest.raises(Forbidden):
        await begun(agent, work, only_follow)
    for step in STEPS.values():
        with pytest.raises(Forbidden):
            await step(agent, work, own)
    assert (await cases.row_of(own))["state"] == "DRAFT"


async def test_a_stranger_learns_nothing_of_a_case_or_a_grant(
    work: Casework, agent: Citizen, principal: Citizen, grandmother: Human, outside_world: OutsideSandbox
) -> None:
    grant_id = await accepted(agent, principal, work.resources, proposal(grandmother))
    application_id = await begun(agent, work, grant_id)
    stranger = await cases.proven(work.resources, outside_world)
    with pytest.raises(NotFound):
        await begun(stranger, work, grant_id)
    with pytest.raises(NotFound):  # the principal is no agent of their own grant
        await begun(principal, work, grant_id)
    for step in STEPS.values():
        with pytest.raises(NotFound):
            await step(stranger, work, application_id)
    assert await application(stranger, application_id) is None
    assert await applications(stranger, before=None, limit=9, acting_by=grant_id) == []


async def test_what_has_to_be_done_in_person_is_not_done_by_another(
    work: Casework, agent: Citizen, principal: Citizen, grandmother: Human
) -> None:
    grant_id = await accepted(agent, principal, work.resources, proposal(grandmother))
    with pytest.raises(Forbidden) as refusal:
        await ward_for(agent, grant_id, IN_PERSON)
    assert refusal.value.message.zh == "该事项须本人亲自办理，不能代办。"


def test_a_scope_is_the_items_of_its_domains_as_they_are_today() -> None:
    other = replace(cases.ITEM, base_code="000599990002", domain=Domain.FUNERAL)
    wedding = replace(IN_PERSON, base_code="000599990003", domain=Domain.MARRIAGE)
    standards = Standards.of([cases.ITEM, other, wedding])
    assert scope_of(standards, items=(), domains=()) == []
    assert scope_of(standards, items=(), domains=(Domain.ELDERLY_CARE,)) == [cases.ITEM.base_code]
    assert scope_of(standards, items=(other.base_code,), domains=(Domain.ELDERLY_CARE, Domain.MARRIAGE)) == [
        cases.ITEM.base_code,
        other.base_code,
    ]
    with pytest.raises(Forbidden):
        scope_of(standards, items=(wedding.base_code,), domains=())
    with pytest.raises(NotFound):
        scope_of(standards, items=("000599990009",), domains=())
