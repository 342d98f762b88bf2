"""An officer who opens what is masked leaves a trace that its person reads, and cannot browse."""

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest

from backend.casework.machine import Casework
from backend.database import audit
from backend.database.record import fetch, transaction
from backend.errors import TooMany
from backend.kit.documents import DocumentKind
from backend.kit.ids import new_id
from backend.people.privacy.looks import ANYTHING, LookedBy, LookReason, data_looks
from backend.people.privacy.reveal import REVEALS, Revealed, note_refused_look, reveal_person
from backend.resources import Resources
from backend.viewer import Citizen, Officer, OfficerRole
from resolvers.pagination import global_id
from tests.support import cases
from tests.support.front import Front
from tests.support.people import at_the_desk, bound, new_human
from tests.support.rows import told
from tests.support.sandbox import OutsideSandbox


@pytest.fixture
async def officer(resources: Resources) -> Officer:
    return (await at_the_desk(resources, OfficerRole.REVIEW))[0]


def person_of(citizen: Citizen) -> UUID:
    assert citizen.person_id is not None
    return citizen.person_id


async def test_a_look_opens_the_person_and_its_person_reads_who_and_why(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    human = new_human(outside_world)
    citizen, neighbour = await bound(resources, outside_world, human), await bound(resources, outside_world)
    case = new_id()
    seen = await reveal_person(
        officer, resources, person_id=person_of(citizen), case_id=case, reason=LookReason.DECIDE_CASE
    )
    assert seen == Revealed(human.name, human.resident_id, DocumentKind.RESIDENT_ID)

    (look,) = await data_looks(citizen, before=None, limit=10)
    assert (look.by, look.organ_name, look.kind, look.reason) == (
        LookedBy.OFFICER,
        "德清县民政局",
        "applicant_revealed",
        LookReason.DECIDE_CASE,
    )
    assert look.what.zh == "查看了您的姓名和证件号码"
    assert await data_looks(neighbour, before=None, limit=10) == []
    assert await data_looks(replace(citizen, person_id=None), before=None, limit=10) == ()
    assert (await told(f"person:{citizen.person_id}"))[-1] == "applicant_revealed"
    (entry,) = await fetch("SELECT detail FROM audit_entry WHERE kind = 'applicant_revealed'")
    assert human.name not in entry["detail"]
    assert human.resident_id not in entry["detail"]


async def test_what_a_person_did_themselves_is_not_told_and_the_rest_comes_in_pages(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    citizen = await bound(resources, outside_world)
    assert await data_looks(citizen, before=None, limit=10) == []
    async with transaction() as tx:
        for actor in ("machine:registry", f"person:{new_id()}", f"account:{new_id()}"):
            await audit.append(tx, subject=f"account:{citizen.account_id}", kind="touched", actor=actor)
    newest = await data_looks(citizen, before=None, limit=2)
    assert [look.by for look in newest] == [LookedBy.PERSON, LookedBy.PERSON]
    (oldest,) = await data_looks(citizen, before=newest[-1].id, limit=2)
    assert (oldest.by, oldest.what, oldest.reason) == (LookedBy.SYSTEM, ANYTHING, None)


async def test_who_goes_through_the_neighbours_is_stopped_and_counted(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    citizen = await bound(resources, outside_world)
    most = int(REVEALS.partition("/")[0])

    async def look() -> object:
        try:
            return await reveal_person(
                officer,
                resources,
                person_id=person_of(citizen),
                case_id=new_id(),
                reason=LookReason.CONTACT_APPLICANT,
            )
        except TooMany as refusal:
            return refusal

    answers = await asyncio.gather(*(look() for _ in range(most + 3)))
    assert sum(isinstance(answer, Revealed) for answer in answers) == most
    assert resources.tally.of("mass_look_up") == 3
    assert (await told(f"person:{citizen.person_id}")).count("applicant_revealed") == most
    assert (await told(f"officer:{officer.officer_id}")).count("look_refused") == 3
    for _ in range(30):
        await note_refused_look(officer, resources, why="not_theirs")
    assert (await told(f"officer:{officer.officer_id}")).count("look_refused") == 20


async def test_an_officer_who_looks_up_a_neighbour_elsewhere_is_refused_as_if_there_were_none_and_it_is_told(
    work: Casework, outside_world: OutsideSandbox, officer: Officer
) -> None:
    citizen = await cases.proven(work.resources, outside_world)
    case = await cases.submitted(citizen, work)
    elsewhere = Front(work, replace(officer, division="330522"))
    answers = [
        await elsewhere.do("RevealApplicant", applicationId=global_id("Application", one), reason="SUPERVISE")
        for one in (case, new_id())
    ]
    assert answers[0] == answers[1]
    assert answers[0]["code"] == "NOT_FOUND"
    assert (await told(f"officer:{officer.officer_id}"))[-2:] == ["look_refused"] * 2
    assert work.resources.tally.of("look_beyond") == 2
    assert "applicant_revealed" not in await told(f"person:{citizen.person_id}")
