"""Who sees which case, in which order, and what of it."""

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest

from backend.casework.applications.events import actor_name, locked_state, record_event
from backend.casework.applications.queries import application, applications, timelines
from backend.casework.lifecycle import CaseEvent, CaseEventKind, CaseState
from backend.casework.machine import Casework
from backend.database.record import Transaction, transaction
from backend.errors import Conflict, ProblemCode
from backend.kit.ids import new_id
from backend.viewer import (
    Anonymous,
    Citizen,
    Machine,
    Officer,
    OfficerRole,
    Provider,
    ProviderScope,
    Viewer,
)
from tests.support import cases
from tests.support.people import bound
from tests.support.rows import count
from tests.support.sandbox import OutsideSandbox


@pytest.fixture
async def citizen(work: Casework, outside_world: OutsideSandbox) -> Citizen:
    return await cases.proven(work.resources, outside_world)


def officer(division: str) -> Officer:
    return Officer(new_id(), new_id(), new_id(), division, frozenset({OfficerRole.REVIEW}))


async def seen(viewer: Viewer, *, before: UUID | None = None, limit: int = 10) -> list[UUID]:
    return [row.id for row in await applications(viewer, before=before, limit=limit)]


async def test_a_citizen_sees_their_own_newest_first_page_by_page(
    citizen: Citizen, work: Casework, outside_world: OutsideSandbox
) -> None:
    stranger = await bound(work.resources, outside_world)
    own = [await cases.draft(citizen, work) for _ in range(3)]
    other = await cases.draft(stranger, work)

    assert await seen(citizen) == own[::-1]
    assert await seen(citizen, limit=2) == [own[2], own[1]]
    assert await seen(citizen, before=own[1], limit=2) == [own[0]]
    assert await seen(citizen, before=own[0]) == []
    assert await seen(stranger) == [other]
    assert await application(citizen, other) is None
    found = await application(citizen, own[0])
    assert found is not None
    assert (found.id, found.own, found.state, found.version) == (own[0], True, CaseState.DRAFT, 1)
    assert (found.item_code, found.division, found.organ_name) == (
        cases.ITEM.base_code,
        cases.HOME,
        cases.ORGAN_NAME,
    )


@pytest.mark.parametrize(
    ("division", "visible"),
    [
        ("000000", True),
        ("330000", True),
        ("330500", True),
        ("330521", True),
        ("330521000000", True),
        ("330521100", False),  # a township does not see its county
        ("330522", False),
        ("330100", False),
        ("310000", False),
    ],
)
async def test_an_officer_sees_what_was_handed_in_to_their_division_and_nothing_sideways(
    citizen: Citizen, work: Casework, division: str, visible: bool
) -> None:
    begun = await cases.draft(citizen, work)
    received = await cases.submitted(citizen, work)
    viewer = officer(division)

    assert await seen(viewer) == ([received] if visible else [])
    assert await seen(viewer, before=received) == []
    found = await application(viewer, received)
    assert (found is not None) is visible
    if found is not None:
        assert not found.own
    assert await application(viewer, begun) is None


@pytest.mark.parametrize("role", OfficerRole)
async def test_whose_work_is_not_on_single_cases_sees_none(
    citizen: Citizen, work: Casework, role: OfficerRole
) -> None:
    received = await cases.submitted(citizen, work)
    viewer = replace(officer(cases.HOME), roles=frozenset({role}))
    visible = role not in {OfficerRole.STATISTICS, OfficerRole.OPERATIONS}

    assert await seen(viewer) == ([received] if visible else [])
    assert (await application(viewer, received) is not None) is visible


async def test_who_has_no_name_sees_nothing(citizen: Citizen, work: Casework) -> None:
    received = await cases.submitted(citizen, work)
    third_party = Provider(new_id(), new_id(), "staff:x", frozenset(ProviderScope))
    for viewer in (Anonymous(), replace(citizen, person_id=None), third_party):
        assert await seen(viewer) == []
        assert await application(viewer, received) is None


async def test_timelines_tell_the_latest_entries_oldest_first(citizen: Citizen, work: Casework) -> None:
    received, begun = await cases.submitted(citizen, work), await cases.draft(citizen, work)
    found = await timelines([received, begun, new_id()], 2)
    assert [[entry.kind.value for entry in entries] for entries in found.values()] == [
        ["SUBMITTED", "NUMBERED"],
        ["STARTED"],
        [],
    ]
    assert [entry.sequence for entry in found[received]] == [2, 3]
    assert [entry.state for entry in found[received]] == [CaseState.SUBMITTED, CaseState.SUBMITTED]


async def test_timelines_that_come_with_their_cases_are_those_that_are_loaded(
    citizen: Citizen, work: Casework
) -> None:
    received, begun = await cases.submitted(citizen, work), await cases.draft(citizen, work)
    desk = officer(cases.HOME)
    for viewer, ids in ((citizen, [begun, received]), (desk, [received])):
        for latest in (1, 2, 50):
            rows = await applications(viewer, before=None, limit=10, latest=latest)
            loaded = await timelines(ids, latest)
            assert [(row.id, row.latest) for row in rows] == [(key, loaded[key]) for key in ids]
    assert [row.latest for row in await applications(citizen, before=None, limit=10)] == [None, None]


async def test_an_event_moves_the_case_tells_every_reactor_and_counts(
    citizen: Citizen, work: Casework
) -> None:
    told: list[CaseEvent] = []

    async def react(tx: Transaction, event: CaseEvent) -> None:
        assert await tx.fetch_one("SELECT 1 FROM case_event WHERE sequence = $1", event.sequence)
        told.append(event)

    house = replace(work, reactors=(react, react))
    received = await cases.submitted(citizen, work)
    before = await cases.row_of(received)
    async with transaction() as tx:
        event = await record_event(
            tx,
            house,
            received,
            CaseEventKind.ACCEPTED,
            before=CaseState.SUBMITTED,
            actor=Machine("province-33"),
            detail={"a": 1},
        )
    assert told == [event, event]
    assert (event.sequence, event.state, event.actor, event.detail) == (
        4,
        CaseState.ACCEPTED,
        "machine:province-33",
        {"a": 1},
    )
    assert (event.item_code, event.division, event.person_id) == (
        cases.ITEM.base_code,
        cases.HOME,
        citizen.person_id,
    )
    after = await cases.row_of(received)
    assert (after["state"], after["version"], after["last_sequence"]) == (
        "ACCEPTED",
        before["version"] + 1,
        4,
    )


async def test_a_reactor_that_fails_undoes_the_event(citizen: Citizen, work: Casework) -> None:
    async def fail(_tx: Transaction, _event: CaseEvent) -> None:
        raise LookupError

    received = await cases.submitted(citizen, work)
    before = await cases.row_of(received)
    with pytest.raises(LookupError):
        await cases.decide(replace(work, reactors=(fail,)), received)
    assert await cases.row_of(received) == before
    assert await count("case_event") == 3


async def test_a_case_that_moved_meanwhile_is_not_moved_from_where_it_was(
    citizen: Citizen, work: Casework
) -> None:
    received = await cases.submitted(citizen, work)

    async def accept() -> None:
        async with transaction() as tx:
            await record_event(
                tx,
                work,
                received,
                CaseEventKind.ACCEPTED,
                before=CaseState.SUBMITTED,
                actor=Machine("province-33"),
            )

    answers = await asyncio.gather(*(accept() for _ in range(4)), return_exceptions=True)
    refused = [answer.code for answer in answers if isinstance(answer, Conflict)]
    assert refused == 3 * [ProblemCode.STALE_VERSION]
    assert (await cases.timeline(received)).count("ACCEPTED") == 1


async def test_there_is_no_state_of_a_case_that_is_not_there(database: str) -> None:
    async with transaction() as tx:
        assert await locked_state(tx, new_id()) is None


async def test_listeners_hear_of_each_event_after_it_is_committed(citizen: Citizen, work: Casework) -> None:
    received = await cases.submitted(citizen, work)
    async with work.resources.shared.listening(f"case:{received}") as messages, asyncio.timeout(10):
        await cases.decide(work, received)
        heard = [await anext(messages), await anext(messages)]
    assert heard == ["4", "5"]


def test_actors_are_written_as_ids() -> None:
    person, account, session = new_id(), new_id(), new_id()
    assert actor_name(Citizen(account, session, person)) == f"person:{person}"
    assert actor_name(Citizen(account, session, None)) == f"account:{account}"
    one = officer("330521")
    assert actor_name(one) == f"officer:{one.officer_id}"
    assert actor_name(Machine("delivery")) == "machine:delivery"
