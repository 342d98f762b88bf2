"""Whoever is learning sees generated cases and nothing else, and nobody else sees theirs; nothing of it counts or leaves."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from backend.casework.applications.queries import application, applications
from backend.casework.legal_time.models import ClockKind, Mark
from backend.casework.legal_time.settling import ClockChange
from backend.casework.lifecycle import CaseEvent
from backend.casework.machine import Casework
from backend.casework.reviews.queries import work_list
from backend.casework.reviews.steps import accept
from backend.casework.window.queries import person_present
from backend.database.record import Transaction, fetch, transaction
from backend.domains import standards
from backend.errors import Forbidden, Invalid, NotSignedIn
from backend.house import real_clocks, real_only
from backend.kit import clock, regions, resident_id
from backend.kit.documents import DocumentKind
from backend.kit.ids import new_id
from backend.people.accounts.sessions import SignedIn
from backend.people.identity.claims import Told, read_claim
from backend.people.identity.window import WindowDocument, confirm_at_window
from backend.people.officers.changes import Wish, decide_change, request_change
from backend.people.officers.models import ChangeKind
from backend.people.officers.queries import officers
from backend.training import ITEM, make_cases
from backend.viewer import CASE_ROLES, Officer, OfficerRole
from tests.support import cases
from tests.support.people import at_the_desk, new_human, new_key, typed, viewer_of
from tests.support.rows import count
from tests.support.sandbox import OutsideSandbox


@pytest.fixture
def heard() -> list[str]:
    """Divisions of whose events a reactor was told that leaves the house, or counts."""
    return []


@pytest.fixture
async def work(work: Casework, heard: list[str]) -> Casework:
    async def outward(_tx: Transaction, event: CaseEvent) -> None:
        heard.append(event.division)

    made = cases.machine(work.resources, real_only(outward), declared=(cases.ITEM, standards().get(ITEM)))
    await cases.publish(made)
    return made


async def in_training(work: Casework) -> tuple[Officer, SignedIn]:
    """An officer whom two others have put into training, signed in again."""
    first, _ = await at_the_desk(work.resources, OfficerRole.OPERATIONS, login="first")
    second, _ = await at_the_desk(work.resources, OfficerRole.OPERATIONS, login="second")
    clerk, before = await at_the_desk(work.resources, OfficerRole.INTAKE, OfficerRole.REVIEW)
    await changed(work, first, second, clerk.officer_id, ChangeKind.TRAINING)
    with pytest.raises(NotSignedIn):
        await viewer_of(work.resources, before)
    return await at_the_desk(work.resources)


async def changed(work: Casework, first: Officer, second: Officer, whom: UUID, kind: ChangeKind) -> None:
    change_id = await request_change(first, Wish(whom, kind), idempotency_key=new_key())
    await decide_change(second, work.resources, change_id=change_id, approved=True)


async def seen_by(officer: Officer) -> set[str]:
    return {row.division for row in await applications(officer, before=None, limit=50)}


async def test_each_sees_their_own_world_and_nothing_of_the_other(
    work: Casework, outside_world: OutsideSandbox, heard: list[str]
) -> None:
    citizen = await cases.proven(work.resources, outside_world)
    real = await cases.submitted(citizen, work)
    assert await make_cases(work, 2) == 2
    assert set(heard) == {cases.HOME}
    generated = [
        row["id"] for row in await fetch("SELECT id FROM application WHERE division LIKE '99%' ORDER BY id")
    ]
    assert await fetch("SELECT 1 FROM notice") == []

    learning, _ = await in_training(work)
    assert (learning.division, await seen_by(learning)) == (
        regions.TRAINING_COUNTY,
        {regions.TRAINING_COUNTY},
    )
    assert await application(learning, real) is None
    assert {
        task.application_id for task in await work_list(learning, mine=False, after=None, limit=9)
    } == set(generated)
    clerk, _ = await at_the_desk(work.resources, *CASE_ROLES, login="clerk")
    everywhere = replace(clerk, division=regions.NATION)
    for officer in (clerk, replace(clerk, division="330000"), everywhere):
        assert await seen_by(officer) == {cases.HOME}
        assert await application(officer, generated[0]) is None


async def test_whoever_learns_acts_on_a_generated_case_and_touches_nobody_real(
    work: Casework, outside_world: OutsideSandbox
) -> None:
    await make_cases(work, 1)
    learning, _ = await in_training(work)
    (task,) = await work_list(learning, mine=False, after=None, limit=9)
    await accept(learning, work, task_id=task.id, version=task.version, key=new_key())
    (row,) = await fetch("SELECT state FROM application")
    assert row["state"] == "ACCEPTED"
    human, before = new_human(outside_world), await count("person")
    with pytest.raises(Forbidden):
        await confirm_at_window(
            learning,
            work.resources,
            typed(human.name, human.resident_id),
            document_seen=WindowDocument.ID_CARD,
            idempotency_key=new_key(),
        )
    with pytest.raises(Forbidden):
        await person_present(learning, new_id())
    assert await count("person") == before


async def test_on_duty_again_takes_two_as_well(work: Casework) -> None:
    learning, tokens = await in_training(work)
    first, _ = await at_the_desk(work.resources, login="first")
    second, _ = await at_the_desk(work.resources, login="second")
    (entry,) = [one for one in await officers(first, after=None, limit=9) if one.id == learning.officer_id]
    assert (entry.training, entry.division) == (True, cases.HOME)
    await changed(work, first, second, learning.officer_id, ChangeKind.DUTY)
    with pytest.raises(NotSignedIn):
        await viewer_of(work.resources, tokens)
    again, _ = await at_the_desk(work.resources)
    assert (again.division, again.organ_id == first.organ_id) == (cases.HOME, True)


async def test_clocks_of_generated_cases_are_told_to_nobody_who_counts(
    work: Casework, outside_world: OutsideSandbox
) -> None:
    await cases.submitted(await cases.proven(work.resources, outside_world), work)
    await make_cases(work, 1)
    rows = await fetch("SELECT id, division FROM application ORDER BY id")
    told_of: list[UUID] = []

    async def counts(_tx: Transaction, changes: Sequence[ClockChange]) -> None:
        told_of.extend(change.application_id for change in changes)

    changes = [
        ClockChange(row["id"], ClockKind.PROMISED, "", Mark.NONE, Mark.NEAR, ended=False, at=clock.now())
        for row in rows
    ]
    async with transaction() as tx:
        await real_clocks(counts)(tx, changes)
        await real_clocks(counts)(tx, changes[1:])
    assert told_of == [rows[0]["id"]]


def test_the_training_county_is_on_no_map_and_in_no_number() -> None:
    county = regions.TRAINING_COUNTY
    assert regions.full_name(county) == "练习省练习市练习县"
    assert list(regions.search("练习")) == []
    assert all(not regions.is_training(one.code) for one in regions.children(regions.NATION))
    number = resident_id.make(county, date(1940, 1, 1), 7)
    with pytest.raises(Invalid):
        read_claim(Told("赵练一", number, DocumentKind.RESIDENT_ID))
