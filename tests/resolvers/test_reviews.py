"""A local case from the township to its result, by our own trusted documents."""

from datetime import timedelta
from typing import Any

from backend.casework.certificates.actions import issue_certificate
from backend.database.record import fetch
from backend.kit import clock
from backend.resources import Resources
from backend.viewer import OfficerRole
from resolvers.pagination import global_id
from resolvers.scalars import Upload
from tests.support.cases import picture, queued, timeline
from tests.support.front import Front
from tests.support.people import bound
from tests.support.reviews import LOCAL, TOWNSHIP, handed_in, house, officer, town_officer
from tests.support.sandbox import OutsideSandbox

R = OfficerRole


async def task(front: Front, step: str) -> dict[str, Any]:
    """Id and version of the open task of this step, as the work list shows it."""
    page = await front.send("WorkList")
    (found,) = (edge["node"] for edge in page["edges"] if edge["node"]["stepCode"] == step)
    return {"taskId": found["id"], "version": found["version"]}


async def corrected(clerk: Front, me: Front, case: str) -> None:
    """Everything is asked for at once; only that is open, and all of it is wanted."""
    asked = await clerk.do(
        "AskForCorrection",
        **await task(clerk, "home-visit"),
        answers=[{"what": "address", "why": "门牌号不完整"}],
        materials=[{"what": "card", "why": "卡号看不清"}],
    )
    assert asked["caseState"] == "REVIEW_CORRECTION"
    [notice] = await me.send("CorrectionNotices", applicationId=case)
    assert (notice["answers"], notice["materials"], notice["told"]) == (
        ["address"],
        ["card"],
        {"address": "门牌号不完整", "card": "卡号看不清"},
    )
    seen = await me.send("Application", id=case)
    too_much = await me.do(
        "AnswerCorrection", applicationId=case, version=seen["version"], answers={"phone": "13900000000"}
    )
    assert (too_much["code"], [one["path"] for one in too_much["fields"]]) == (
        "INVALID_ANSWERS",
        [["input", "answers", "phone"], ["input", "answers", "address"]],
    )
    brought = await me.do(
        "UploadMaterial",
        applicationId=case,
        materialCode="card",
        file=Upload("card.png", "image/png", picture(90)),
    )
    other = await me.do(
        "UploadMaterial",
        applicationId=case,
        materialCode="note",
        file=Upload("n.png", "image/png", picture(9)),
    )
    assert (brought["__typename"], other["code"]) == ("Application", "ILLEGAL_STATE")
    seen = await me.send("Application", id=case)
    answered = await me.do(
        "AnswerCorrection",
        applicationId=case,
        version=seen["version"],
        answers={"address": "上海市黄浦区人民大道2号301室"},
    )
    assert (answered["__typename"], answered["state"]) == ("Application", "ACCEPTED")


async def looked_at(clerk: Front, second: Front, reviewer: Front, case: str) -> None:
    """Two visit, the county assesses beside them, then it reviews."""
    opened = await reviewer.do("OpenCaseFile", applicationId=case, reason="DECIDE_CASE")
    assert opened["answers"]["address"] == "上海市黄浦区人民大道2号301室"
    no_visit = await clerk.do("PassStep", **await task(clerk, "home-visit"), finding="属实")
    assert no_visit["code"] == "ILLEGAL_STATE"
    await clerk.do(
        "RecordHomeVisit",
        **await task(clerk, "home-visit"),
        visitedAt=clock.now().isoformat(),
        latitude=31.23,
        longitude=121.47,
        words="独居，生活困难。",
        photos=[Upload("a.png", "image/png", picture(7))],
    )
    first = await clerk.do("PassStep", **await task(clerk, "home-visit"), finding="属实")
    both = await second.do("PassStep", **await task(second, "home-visit"), finding="属实")
    assert (first["state"], both["state"]) == ("OPEN", "DONE"), "two officers visit"
    assert [edge["node"]["stepCode"] for edge in (await reviewer.send("WorkList"))["edges"]] == ["assessment"]
    await reviewer.do("PassStep", **await task(reviewer, "assessment"))
    await reviewer.do("PassStep", **await task(reviewer, "review"), finding="同意")


async def published_and_decided(second: Front, head: Front) -> None:
    """An objection holds the publicity until it is settled; then the head decides."""
    published = await second.do("PublishCase", **await task(second, "publicity"))
    assert (published["caseState"], published["notBefore"]) == (
        "PUBLICITY",
        (clock.today() + timedelta(days=8)).isoformat(),
    )
    objected = await second.do("RecordObjection", **await task(second, "publicity"), words="家中有汽车。")
    early = await second.do("PassStep", **await task(second, "publicity"))
    assert early["code"] == "ILLEGAL_STATE"
    with clock.shifted(timedelta(days=9)):
        contested = await second.do("PassStep", **await task(second, "publicity"))
        assert contested["message"] == "还有未处理的异议。"
        await second.do(
            "SettleObjection",
            **await task(second, "publicity"),
            objectionId=objected["id"],
            upheld=False,
            finding="经查无车。",
        )
        over = await second.do("PassStep", **await task(second, "publicity"))
        assert (over["state"], over["caseState"]) == ("DONE", "ACCEPTED")
        decided = await head.do(
            "DecideCase",
            **await task(head, "decision"),
            approved=True,
            resultNumber="黄民字1号",
            monthlyAmount=10000,
        )
        assert (decided["state"], decided["caseState"]) == ("DONE", "APPROVED")


async def test_a_case_goes_from_the_township_through_correction_review_and_publicity_to_its_result(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    work = await house(resources)
    clerk = Front(work, await town_officer("clerk", R.INTAKE, R.REVIEW))
    second = Front(work, await town_officer("second", R.REVIEW))
    reviewer = Front(work, await officer("reviewer", R.REVIEW))
    head = Front(work, await officer("head", R.APPROVAL))
    citizen = await bound(resources, outside_world)
    me = Front(work, citizen)
    application_id = await handed_in(citizen, work, LOCAL, TOWNSHIP)
    case = global_id("Application", application_id)

    assert (await reviewer.send("WorkList"))["edges"] == [], "the township begins"
    accepted = await clerk.do("AcceptCase", **await task(clerk, "intake"))
    assert (accepted["state"], accepted["caseState"], accepted["caseStateName"]) == (
        "DONE",
        "ACCEPTED",
        "审核中",
    )

    await corrected(clerk, me, case)
    await looked_at(clerk, second, reviewer, case)
    await published_and_decided(second, head)
    # A worker that dies here leaves the job: whoever takes it up makes one document.
    assert ("issue_certificate", str(application_id)) in await queued()
    await issue_certificate(work, application_id)
    await issue_certificate(work, application_id)
    done = await me.send("Application", id=case)
    assert (done["state"], done["decision"]["approved"], done["decision"]["monthlyAmount"]) == (
        "COMPLETED",
        True,
        10000,
    )
    assert done["certificate"]["id"]
    liked = await me.do("EvaluateApplication", applicationId=case, level=5)
    assert liked["evaluation"] == 5
    assert (await timeline(application_id)) == [
        "STARTED",
        "SUBMITTED",
        "NUMBERED",
        "ACCEPTED",
        "CORRECTION_ASKED",
        "CORRECTION_ANSWERED",
        "STEP_PASSED",
        "STEP_PASSED",
        "STEP_PASSED",
        "PUBLICITY_BEGUN",
        "OBJECTION_RAISED",
        "OBJECTION_SETTLED",
        "PUBLICITY_ENDED",
        "APPROVED",
        "RESULT_ISSUED",
        "EVALUATED",
    ]
    looks = await fetch("SELECT kind FROM audit_entry WHERE subject = $1", f"person:{citizen.person_id}")
    assert [row["kind"] for row in looks].count("case_file_opened") == 1
