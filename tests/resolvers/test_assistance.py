"""Assistance over the API, with the trusted documents: means are checked, and urgent help comes first."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from backend.casework.definitions import UrgentPath
from backend.casework.machine import Casework
from backend.casework.means_check.actions import check_means
from backend.database.record import fetch
from backend.errors import Text
from backend.kit import clock
from backend.resources import Resources
from backend.viewer import OfficerRole, Viewer
from resolvers.pagination import global_id
from tests.support import cases, means
from tests.support.front import Front
from tests.support.people import ScriptedFaces, at_the_desk, new_human
from tests.support.sandbox import OutsideSandbox

PATH = UrgentPath(48, 5, "monthly_fen", cases.ITEM.basis[0], Text("急难", "Urgent"))
ITEMS = (replace(means.ALLOWANCE, urgent=PATH), means.AUTHORISATION)


@pytest.fixture
async def work(resources: Resources) -> Casework:
    house = replace(resources, ports=replace(resources.ports, faces=ScriptedFaces()))
    made = cases.machine(house, declared=ITEMS)
    await means.publish_both(made)
    return made


@pytest.fixture(autouse=True)
def as_usual(outside_world: OutsideSandbox) -> Iterator[None]:
    yield
    outside_world.means()


async def ask(work: Casework, viewer: Viewer, name: str, **variables: object) -> Any:
    """What a trusted document is answered."""
    return await Front(work, viewer, "en").send(name, **variables)


async def do(work: Casework, viewer: Viewer, name: str, **given: object) -> Any:
    """What a mutation says."""
    return await Front(work, viewer, "en").do(name, **given)


async def test_an_officer_has_means_checked_and_opens_the_answer_with_a_reason(
    work: Casework, outside_world: OutsideSandbox
) -> None:
    himself, son = (new_human(outside_world, born=born) for born in (date(1943, 5, 12), date(1970, 1, 1)))
    citizen = await cases.proven(work.resources, outside_world, himself)
    grown = await cases.proven(work.resources, outside_world, son)
    case = await means.applied(citizen, work, [son])
    officer, _ = await at_the_desk(work.resources, OfficerRole.REVIEW)
    node = global_id("Application", case)
    begun = await do(work, officer, "RequestMeansCheck", applicationId=node)
    assert [(check["number"], check["state"]) for check in begun["checks"]] == [(1, "AUTHORISING")]
    given = await means.authorised(grown, work, himself)
    for _ in range(2):
        await check_means(work, case)
        await fetch("UPDATE means_check SET next_at = now() - interval '1 second'")
    (check,) = (await ask(work, officer, "MeansChecks", applicationId=node))["checks"]
    assert (check["state"], check["missing"]) == ("ANSWERED", 0)
    found = await do(work, officer, "OpenMeansCheck", meansCheckId=check["id"], reason="DECIDE_CASE")
    assert found == {
        "__typename": "MeansFinding",
        "verdict": "BELOW",
        "unknown": [],
        "reportNumber": found["reportNumber"],
        "checkedOn": clock.today().isoformat(),
    }
    back = await do(work, grown, "WithdrawMeansAuthorisation", applicationId=global_id("Application", given))
    assert back["__typename"] == "MeansAuthorisationWithdrawn"
    wrong = await do(work, citizen, "WithdrawMeansAuthorisation", applicationId=node)
    assert (wrong["__typename"], wrong["code"]) == ("Problem", "NOT_FOUND")


async def test_urgent_help_is_decided_paid_and_settled(work: Casework, outside_world: OutsideSandbox) -> None:
    citizen = await cases.proven(work.resources, outside_world)
    node = global_id("Application", await means.applied(citizen, work))
    officer, _ = await at_the_desk(work.resources, OfficerRole.APPROVAL)
    assert await ask(work, citizen, "UrgentHelp", applicationId=node) is None
    refused = await do(work, officer, "GrantUrgentHelp", applicationId=node, amount=10_001, reason="火灾")
    assert (refused["code"], refused["fields"][0]["path"]) == ("INVALID_INPUT", ["input", "amount"])
    decided = await do(work, officer, "GrantUrgentHelp", applicationId=node, amount=10_000, reason="火灾")
    assert (decided["state"], decided["amount"], decided["late"]) == ("DECIDED", 10_000, False)
    paid = await do(work, officer, "RecordUrgentPayment", applicationId=node, reference="ZF-1")
    due = work.calendar.add_working_days(clock.today(), 5)
    assert (paid["state"], paid["papersDueOn"]) == ("PAID", due.isoformat())
    early = await do(work, officer, "EndUrgentClawback", applicationId=node, recovered=True, reason="无")
    assert (early["__typename"], early["code"]) == ("Problem", "ILLEGAL_STATE")
    assert (await do(work, officer, "CompleteUrgentPapers", applicationId=node))["state"] == "SETTLED"
    assert (await ask(work, citizen, "UrgentHelp", applicationId=node))["state"] == "SETTLED"
    mine = await do(work, citizen, "CompleteUrgentPapers", applicationId=node)
    assert (mine["__typename"], mine["code"]) == ("Problem", "FORBIDDEN")
