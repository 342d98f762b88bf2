"""A window officer and a phone work on one case, by our own trusted documents; nobody else reaches it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from backend.casework.machine import Casework
from backend.database.record import fetch
from backend.kit import clock
from backend.people.identity.window import WindowDocument, confirm_at_window
from backend.people.privacy.looks import data_looks
from backend.resources import Resources
from backend.viewer import Citizen, Officer, OfficerRole
from resolvers.scalars import Upload
from tests.support.cases import ANSWERS, picture, timeline
from tests.support.front import Front
from tests.support.people import Human, bound, new_human, new_key, typed
from tests.support.reviews import COUNTY, SHORT, house, officer
from tests.support.sandbox import OutsideSandbox

FIRST = {"phone": ANSWERS["phone"], "elsewhere": False}
HERE = {"itemCode": SHORT.base_code, "division": COUNTY}


@pytest.fixture
async def work(resources: Resources) -> Casework:
    return await house(resources)


@pytest.fixture
def human(outside_world: OutsideSandbox) -> Human:
    return new_human(outside_world)


@pytest.fixture
async def citizen(work: Casework, outside_world: OutsideSandbox, human: Human) -> Citizen:
    return await bound(work.resources, outside_world, human)


async def confirmed(work: Casework, clerk: Officer, human: Human) -> str | None:
    """The officer holds the card of who stands there; the code of the slip that they take home."""
    told = await confirm_at_window(
        clerk,
        work.resources,
        typed(human.name, human.resident_id),
        document_seen=WindowDocument.ID_CARD,
        idempotency_key=new_key(),
    )
    return told.slip


async def scanned(clerk: Front, human: Human, case: str) -> None:
    done = await clerk.do(
        "ScanMaterial",
        applicationId=case,
        number=human.resident_id,
        materialCode="card",
        pages=[Upload(f"{page}.png", "image/png", picture(page)) for page in (5, 6)],
    )
    assert done["__typename"] == "ScannedMaterial", done


async def test_what_was_begun_on_the_phone_is_completed_and_handed_in_at_the_window(
    work: Casework, citizen: Citizen, human: Human
) -> None:
    seen_by = await officer("clerk", OfficerRole.INTAKE)
    clerk, phone = Front(work, seen_by), Front(work, citizen)
    begun = await phone.do("StartApplication", **HERE)
    saved = await phone.do("SaveAnswers", applicationId=begun["id"], version=1, answers=FIRST)

    assert await clerk.send("WindowVisitors") == []
    unseen = await clerk.do("OpenWindowCase", applicationId=begun["id"])
    assert unseen["code"] == "NOT_FOUND", "without the citizen there is no case"

    await confirmed(work, seen_by, human)
    [visitor] = await clerk.send("WindowVisitors")
    assert (visitor["name"], [case["applicationId"] for case in visitor["cases"]]) == (
        human.name[0] + "*" * (len(human.name) - 1),
        [begun["id"]],
    )
    opened = await clerk.do("OpenWindowCase", applicationId=begun["id"])
    assert (opened["answers"], opened["version"], opened["missing"], opened["materials"]) == (
        FIRST,
        saved["version"],
        ["card"],
        [],
    )
    filled = await clerk.do(
        "FillInAtWindow", applicationId=begun["id"], version=opened["version"], answers=dict(ANSWERS)
    )
    late = await phone.do("SaveAnswers", applicationId=begun["id"], version=saved["version"], answers=FIRST)
    assert (filled["answers"], late["code"]) == (ANSWERS, "STALE_VERSION")
    await scanned(clerk, human, begun["id"])

    key = new_key()
    for _ in range(2):
        sent = await clerk.send("SubmitAtWindow", input={"idempotencyKey": key, "applicationId": begun["id"]})
        assert (sent["state"], sent["missing"]) == ("SUBMITTED", [])
    on_the_phone = await phone.send("Draft", id=begun["id"])
    assert (on_the_phone["state"], on_the_phone["answers"]) == ("SUBMITTED", ANSWERS)
    assert (await phone.do("OpenMaterial", applicationId=begun["id"], materialCode="card"))["address"]
    [row] = await fetch("SELECT assurance FROM application")
    assert row["assurance"] == "AUTHORITATIVE/WINDOW"
    told = [look.kind for look in await data_looks(citizen, before=None, limit=20)]
    assert told == [
        "application_submitted",
        "material_scanned",
        "answers_filled_at_window",
        "window_case_opened",
        "confirmed_at_window",
    ]


async def test_what_was_begun_at_the_window_goes_on_and_is_handed_in_on_the_phone(
    work: Casework, citizen: Citizen, human: Human
) -> None:
    seen_by = await officer("clerk", OfficerRole.INTAKE)
    clerk, phone = Front(work, seen_by), Front(work, citizen)
    slip = await confirmed(work, seen_by, human)
    [visitor] = await clerk.send("WindowVisitors")
    begun = await clerk.do("StartAtWindow", visitorId=visitor["id"], **HERE)
    case = begun["applicationId"]
    await clerk.do("FillInAtWindow", applicationId=case, version=begun["version"], answers=FIRST)
    await scanned(clerk, human, case)
    early = await clerk.do("SubmitAtWindow", applicationId=case)
    assert early["code"] == "INVALID_ANSWERS"

    draft = await phone.send("Draft", id=case)
    assert draft["answers"] == FIRST
    await phone.do("SaveAnswers", applicationId=case, version=draft["version"], answers=dict(ANSWERS))
    unproven = await phone.do("SubmitApplication", applicationId=case)
    assert unproven["code"] == "STEP_UP_NEEDED", "the slip brings the proof to the phone"
    await phone.do("RedeemSlip", code=slip)
    done = await phone.do("SubmitApplication", applicationId=case)
    assert done["state"] == "SUBMITTED"
    again = await clerk.do("FillInAtWindow", applicationId=case, version=9, answers=FIRST)
    assert again["code"] == "ILLEGAL_STATE"


async def test_a_correction_is_answered_at_the_window(work: Casework, citizen: Citizen, human: Human) -> None:
    seen_by = await officer("clerk", OfficerRole.INTAKE)
    clerk, phone = Front(work, seen_by), Front(work, citizen)
    await confirmed(work, seen_by, human)
    [visitor] = await clerk.send("WindowVisitors")
    begun = await clerk.do("StartAtWindow", visitorId=visitor["id"], **HERE)
    case = begun["applicationId"]
    await clerk.do("FillInAtWindow", applicationId=case, version=begun["version"], answers=dict(ANSWERS))
    await scanned(clerk, human, case)
    await clerk.do("SubmitAtWindow", applicationId=case)
    [task] = [edge["node"] for edge in (await clerk.send("WorkList"))["edges"]]
    await clerk.do(
        "AskForCorrection",
        taskId=task["id"],
        version=task["version"],
        answers=[{"what": "phone", "why": "空号"}],
        materials=[{"what": "card", "why": "看不清"}],
    )
    assert await Front(work, replace(citizen, session_id=citizen.account_id)).send(
        "CorrectionNotices", applicationId=case
    )
    for stranger in await strangers(work):
        assert await Front(work, stranger).send("CorrectionNotices", applicationId=case) == [], stranger

    opened = await clerk.do("OpenWindowCase", applicationId=case)
    assert (opened["state"], sorted(opened["toCorrect"])) == ("CORRECTION", ["card", "phone"])
    fixed = {"phone": "13900000000"}
    missing = await clerk.do("FillInAtWindow", applicationId=case, version=opened["version"], answers=fixed)
    assert missing["code"] == "MATERIAL_MISSING"
    await scanned(clerk, human, case)
    opened = await clerk.do("OpenWindowCase", applicationId=case)
    done = await clerk.do("FillInAtWindow", applicationId=case, version=opened["version"], answers=fixed)
    assert (done["state"], done["toCorrect"]) == ("SUBMITTED", [])
    assert (await phone.send("Draft", id=case))["answers"] == {**ANSWERS, **fixed}
    [application] = await fetch("SELECT id FROM application")
    assert (await timeline(application["id"]))[-2:] == ["CORRECTION_ASKED", "CORRECTION_ANSWERED"]
    trail = await fetch("SELECT kind FROM audit_entry WHERE subject = $1", f"application:{application['id']}")
    assert [row["kind"] for row in trail].count("correction_answered") == 1


async def strangers(work: Casework) -> list[Any]:
    """An officer of a county beside it, one whose work is not on cases, and another citizen."""
    return [
        await officer("far", *OfficerRole, division="310104", organ="11310104MB4444444A"),
        await officer("counts", OfficerRole.STATISTICS),
    ]


async def test_nobody_else_and_not_for_longer(
    work: Casework, citizen: Citizen, human: Human, outside_world: OutsideSandbox
) -> None:
    seen_by, colleague = (
        await officer("clerk", OfficerRole.INTAKE),
        await officer("other", OfficerRole.INTAKE),
    )
    case = (await Front(work, citizen).do("StartApplication", **HERE))["id"]
    await confirmed(work, seen_by, human)
    [visitor] = await Front(work, seen_by).send("WindowVisitors")
    before = await fetch("SELECT version, answers_sealed FROM application")

    async def refused(front: Front) -> set[str]:
        asked: tuple[tuple[str, Mapping[str, object]], ...] = (
            ("OpenWindowCase", {"applicationId": case}),
            ("FillInAtWindow", {"applicationId": case, "version": 1, "answers": FIRST}),
            ("SubmitAtWindow", {"applicationId": case}),
            ("StartAtWindow", {"visitorId": visitor["id"], **HERE}),
        )
        return {(await front.do(name, **given))["code"] for name, given in asked}

    assert await refused(Front(work, colleague)) == {"NOT_FOUND"}
    assert await Front(work, colleague).send("WindowVisitors") == []
    with clock.shifted(timedelta(hours=2, seconds=1)):
        assert await refused(Front(work, seen_by)) == {"NOT_FOUND"}
        assert await Front(work, seen_by).send("WindowVisitors") == []
    await Front(work, seen_by).do("DeclareInterest", residentId=human.resident_id)
    relative = await Front(work, seen_by).do("OpenWindowCase", applicationId=case)
    assert relative["code"] == "CONFLICT_OF_INTEREST"
    assert await fetch("SELECT version, answers_sealed FROM application") == before
