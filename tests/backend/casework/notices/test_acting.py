"""A grandmother without a phone: her son prefills, applies, reads her notices and books her visit, and she is told who did."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from backend.casework.machine import Casework
from backend.casework.notices.sending import send_notices
from backend.database.record import fetch
from backend.people.delegation.actions import end_delegation
from backend.viewer import Citizen, OfficerRole
from resolvers.pagination import global_id
from tests.backend.casework.notices.conftest import Reached, deliveries_of
from tests.support import cases
from tests.support.appointments import CREMATION, HALL, WEDDING, offered, slot_ids
from tests.support.delegations import accepted_by_organ, proposal
from tests.support.front import Front, Outspoken
from tests.support.people import Human, at_the_desk, bound, new_human, proven
from tests.support.rows import told
from tests.support.sandbox import OutsideSandbox

VISIT = replace(HALL, item_codes=(cases.ITEM.base_code,))


@dataclass(slots=True)
class Family:
    """The son, proven, and a grant for one item by his mother, who has no account."""

    mother: Human
    mother_id: UUID
    son: Citizen
    grant_id: UUID
    grant: str


@pytest.fixture
async def family(work: Casework, outside_world: OutsideSandbox) -> Family:
    son = await bound(work.resources, outside_world, new_human(outside_world, born=date(1970, 1, 1)))
    await proven(son)
    return await with_mother(work, son, outside_world)


async def with_mother(work: Casework, son: Citizen, world: OutsideSandbox) -> Family:
    mother = new_human(world, born=date(1940, 1, 1))
    officer, _ = await at_the_desk(work.resources, OfficerRole.INTAKE)
    wanted = proposal(mother, items=(cases.ITEM.base_code,))
    grant_id = await accepted_by_organ(son, officer, work.resources, wanted)
    (row,) = await fetch("SELECT principal_id FROM delegation WHERE id = $1", grant_id)
    return Family(mother, row["principal_id"], son, grant_id, global_id("Delegation", grant_id))


async def slots_of(draft: Any) -> list[str]:
    return [global_id("AppointmentSlot", one) for one in await slot_ids(await offered(draft))]


async def test_a_case_from_its_form_to_its_notices(work: Casework, family: Family) -> None:
    son = Front(work, family.son)
    start = await son.send("FormPrefill", code=cases.ITEM.base_code, onBehalfOf=family.grant)
    shown = {fact["kind"]: fact["value"] for fact in start["verified"]}
    assert shown["BIRTH_DATE"] == "1940-01-01"
    assert (await son.send("Notices", actingBy=family.grant))["edges"] == []
    begun = await son.do(
        "StartApplication", itemCode=cases.ITEM.base_code, division=cases.HOME, onBehalfOf=family.grant
    )
    (row,) = await fetch("SELECT id, person_id FROM application")
    assert (global_id("Application", row["id"]), row["person_id"]) == (begun["id"], family.mother_id)
    await cases.complete_draft(family.son, work, row["id"])
    await son.do("SubmitApplication", applicationId=begun["id"])
    (notice,) = (await son.send("Notices", actingBy=family.grant))["edges"]
    assert notice["node"]["applicationId"] == begun["id"]
    assert (await son.send("Notices"))["edges"] == []
    again = await son.send("FormPrefill", code=cases.ITEM.base_code, onBehalfOf=family.grant)
    assert (start["answers"], again["answers"]) == ({}, {})  # nothing of her own form is remembered here
    case = await son.send("Application", id=begun["id"])
    assert {entry["by"] for entry in case["timeline"]} == {"AGENT"}
    assert {entry["agent"]["name"] for entry in case["timeline"]} == {"沈**"}


async def test_a_visit_is_booked_moved_and_cancelled_for_her_and_both_trails_say_so(
    work: Casework, family: Family
) -> None:
    son, (first, later) = Front(work, family.son), await slots_of(VISIT)
    booked = (await son.do("BookAppointment", slotId=first, onBehalfOf=family.grant))["appointment"]
    (row,) = await fetch("SELECT person_id, account_id FROM appointment")
    assert (row["person_id"], row["account_id"]) == (family.mother_id, family.son.account_id)
    assert (await son.send("MyAppointments"))["edges"] == []
    (mine,) = (await son.send("MyAppointments", actingBy=family.grant))["edges"]
    assert mine["node"]["id"] == booked["id"]
    given = {"appointmentId": booked["id"], "onBehalfOf": family.grant}
    assert (await son.do("ConfirmAppointment", **given))["state"] == "CONFIRMED"
    assert (await son.do("RescheduleAppointment", slotId=later, **given))["slotId"] == later
    assert (await son.do("CancelAppointment", **given))["state"] == "CANCELLED"
    for person in (family.mother_id, family.son.person_id):
        assert (await told(f"person:{person}"))[-4:] == [
            "appointment_booked_for",
            *["appointment_handled_for"] * 3,
        ]


async def test_beyond_its_scope_or_after_its_end_it_gives_nothing_and_both_trails_say_so(
    work: Casework, family: Family, outside_world: OutsideSandbox
) -> None:
    son = Front(work, family.son)
    (other, _), (wedding, _), (visit, _) = [await slots_of(draft) for draft in (CREMATION, WEDDING, VISIT)]
    for slot in (other, wedding):
        refused = await son.do("BookAppointment", slotId=slot, onBehalfOf=family.grant)
        assert refused["code"] == "OUTSIDE_MANDATE"
    stranger = await bound(work.resources, outside_world)
    unknown = await Front(work, stranger).do("BookAppointment", slotId=visit, onBehalfOf=family.grant)
    assert unknown["code"] == "NOT_FOUND"
    assert (await Front(work, stranger).send("MyAppointments", actingBy=family.grant))["edges"] == []
    await end_delegation(family.son, grant_id=family.grant_id)
    ended = await son.do("BookAppointment", slotId=visit, onBehalfOf=family.grant)
    assert ended["code"] == "OUTSIDE_MANDATE"
    for operation in ("MyAppointments", "Notices"):
        assert (await son.send(operation, actingBy=family.grant))["edges"] == []
    prefilled = await Outspoken(work, family.son).send(
        "FormPrefill", code=cases.ITEM.base_code, onBehalfOf=family.grant
    )
    assert prefilled == "Forbidden"
    assert await fetch("SELECT 1 FROM appointment") == []
    assert (await told(f"person:{family.mother_id}")).count("delegation_overstepped") == 4
    assert (await told(f"person:{family.son.person_id}")).count("delegation_overstepped") == 4


async def test_of_somebody_without_an_account_who_acts_for_them_is_told_and_nobody_after_the_end(
    work: Casework, reached: Reached, outside_world: OutsideSandbox
) -> None:
    family = await with_mother(work, reached.citizen, outside_world)
    son = Front(work, family.son)
    for ended in (False, True):
        begun = await son.do(
            "StartApplication", itemCode=cases.ITEM.base_code, division=cases.HOME, onBehalfOf=family.grant
        )
        (row,) = await fetch("SELECT id FROM application WHERE state = 'DRAFT'")
        await cases.complete_draft(family.son, work, row["id"])
        await son.do("SubmitApplication", applicationId=begun["id"])
        await fetch("UPDATE notice_box SET quiet_from = 0, quiet_until = 0 RETURNING id")
        if ended:
            await end_delegation(family.son, grant_id=family.grant_id)
        await send_notices(work, row["id"])
        # Once nobody follows, the number in her answers is what is left.
        assert [made[:2] for made in await deliveries_of(row["id"])] == [
            ("SMS" if ended else "WECHAT", "SENT")
        ]
    assert len(reached.shown()) == 1
