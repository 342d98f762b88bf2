"""Rights of officers change by four eyes, and whoever is transferred is out at once."""

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest

from backend.database.record import fetch
from backend.errors import Conflict, Forbidden, Invalid, NotFound, NotSignedIn
from backend.kit.ids import new_id
from backend.people.officers.actions import ensure_officer, ensure_organ
from backend.people.officers.changes import Wish, decide_change, request_change
from backend.people.officers.models import ChangeKind, ChangeState
from backend.people.officers.queries import change, changes, officers
from backend.people.officers.second_factor import enrol
from backend.resources import Resources
from backend.viewer import Officer, OfficerRole
from tests.support.people import at_the_desk, new_key, nobody, viewer_of
from tests.support.rows import count, told

TOWN = "12330521MB0000001X"


@pytest.fixture
async def first(resources: Resources) -> Officer:
    return (await at_the_desk(resources, OfficerRole.OPERATIONS, login="first"))[0]


@pytest.fixture
async def second(resources: Resources) -> Officer:
    return (await at_the_desk(resources, OfficerRole.OPERATIONS, login="second"))[0]


async def asked(first: Officer, wish: Wish) -> UUID:
    return await request_change(first, wish, idempotency_key=new_key())


async def test_roles_change_once_a_second_officer_has_approved(
    resources: Resources, first: Officer, second: Officer
) -> None:
    clerk, tokens = await at_the_desk(resources, OfficerRole.INTAKE)
    change_id = await asked(first, Wish(clerk.officer_id, ChangeKind.ROLES, (OfficerRole.APPROVAL,)))
    with pytest.raises(Forbidden):
        await decide_change(first, resources, change_id=change_id, approved=True)
    assert (await viewer_of(resources, tokens)) is not None  # nothing has happened yet
    assert [(one.mine, one.state) for one in await changes(second, before=None, limit=5)] == [
        (False, ChangeState.OPEN)
    ]

    await decide_change(second, resources, change_id=change_id, approved=True)
    with pytest.raises(NotSignedIn):
        await viewer_of(resources, tokens)
    again, _ = await at_the_desk(resources)
    assert again.roles == {OfficerRole.APPROVAL}
    assert (await told(f"officer:{clerk.officer_id}"))[2:5] == [
        "change_requested",
        "sessions_ended",
        "change_approved",
    ]
    with pytest.raises(Conflict):
        await decide_change(second, resources, change_id=change_id, approved=False)


async def test_who_is_transferred_is_out_at_once_and_sees_the_new_place_only(
    resources: Resources, first: Officer, second: Officer
) -> None:
    clerk, tokens = await at_the_desk(resources, OfficerRole.INTAKE)
    await ensure_organ(credit_code=TOWN, name="武康街道办事处", division="330521001")
    change_id = await asked(first, Wish(clerk.officer_id, ChangeKind.TRANSFER, organ_code=TOWN))
    await decide_change(second, resources, change_id=change_id, approved=True)
    with pytest.raises(NotSignedIn):
        await viewer_of(resources, tokens)
    (entry,) = [one for one in await officers(first, after=None, limit=9) if one.id == clerk.officer_id]
    assert (entry.organ_name, entry.division, entry.roles) == (
        "武康街道办事处",
        "330521001",
        [OfficerRole.INTAKE],
    )


async def test_a_lost_second_factor_is_replaced_by_four_eyes(
    resources: Resources, first: Officer, second: Officer
) -> None:
    clerk, tokens = await at_the_desk(resources, OfficerRole.INTAKE)
    change_id = await asked(first, Wish(clerk.officer_id, ChangeKind.RESET))
    code = await decide_change(second, resources, change_id=change_id, approved=True)
    assert code is not None
    with pytest.raises(NotSignedIn):
        await viewer_of(resources, tokens)
    await enrol(nobody(), resources, login="wang", code=code, password="a new password for wang")


async def test_a_disabled_officer_is_out_and_a_refused_change_changes_nothing(
    resources: Resources, first: Officer, second: Officer
) -> None:
    clerk, tokens = await at_the_desk(resources, OfficerRole.INTAKE)
    refused = await asked(first, Wish(clerk.officer_id, ChangeKind.DISABLE))
    await decide_change(second, resources, change_id=refused, approved=False)
    assert (await change(first, refused)).state is ChangeState.REFUSED
    assert await viewer_of(resources, tokens) == clerk
    approved = await asked(first, Wish(clerk.officer_id, ChangeKind.DISABLE))
    await decide_change(second, resources, change_id=approved, approved=True)
    with pytest.raises(NotSignedIn):
        await viewer_of(resources, tokens)


async def test_nobody_changes_their_own_rights_or_those_of_another_place(
    resources: Resources, first: Officer, second: Officer
) -> None:
    clerk, _ = await at_the_desk(resources, OfficerRole.INTAKE)
    organ_id = await ensure_organ(credit_code="11440106MB0000001X", name="天河区民政局", division="440106")
    far = await ensure_officer(organ_id=organ_id, login="far", name="李文远", password="x" * 12, roles=[])
    elsewhere = replace(second, officer_id=far, organ_id=organ_id, division="440106")
    for viewer, wish, refusal in (
        (first, Wish(first.officer_id, ChangeKind.ROLES, tuple(OfficerRole)), Forbidden),
        (clerk, Wish(second.officer_id, ChangeKind.DISABLE), Forbidden),
        (first, Wish(far, ChangeKind.DISABLE), NotFound),
        (first, Wish(new_id(), ChangeKind.DISABLE), NotFound),
        (first, Wish(clerk.officer_id, ChangeKind.ROLES), Invalid),
        (first, Wish(clerk.officer_id, ChangeKind.TRANSFER, organ_code="11440106MB0000001X"), NotFound),
    ):
        with pytest.raises(refusal):
            await asked(viewer, wish)
    assert await count("officer_change") == 0

    own = await asked(first, Wish(second.officer_id, ChangeKind.ROLES, tuple(OfficerRole)))
    with pytest.raises(Forbidden):
        await decide_change(second, resources, change_id=own, approved=True)
    with pytest.raises(NotFound):
        await decide_change(elsewhere, resources, change_id=own, approved=True)
    assert await changes(elsewhere, before=None, limit=5) == []
    assert [one.login for one in await officers(elsewhere, after=None, limit=5)] == ["far"]


async def test_two_who_decide_at_once_decide_it_once(
    resources: Resources, first: Officer, second: Officer
) -> None:
    third = (await at_the_desk(resources, OfficerRole.OPERATIONS, login="third"))[0]
    clerk, _ = await at_the_desk(resources, OfficerRole.INTAKE)
    change_id = await asked(first, Wish(clerk.officer_id, ChangeKind.DISABLE))
    answers = await asyncio.gather(
        *(decide_change(one, resources, change_id=change_id, approved=True) for one in (second, third)),
        return_exceptions=True,
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["Conflict", "NoneType"]
    (row,) = await fetch("SELECT requested_by, decided_by FROM officer_change")
    assert row["requested_by"] != row["decided_by"]
