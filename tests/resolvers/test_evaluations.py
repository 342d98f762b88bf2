"""好差评 through the whole API: from a tag that is ticked to the score that everybody reads."""

from dataclasses import replace
from datetime import timedelta

from backend.casework.evaluations.scores import publish_scores
from backend.kit import clock
from backend.resources import Resources
from backend.viewer import Anonymous, OfficerRole
from resolvers.pagination import global_id
from tests.support import cases
from tests.support.evaluations import clerk, ended
from tests.support.front import Front
from tests.support.people import ScriptedFaces
from tests.support.sandbox import OutsideSandbox


async def test_a_bad_evaluation_goes_all_the_way(resources: Resources, outside_world: OutsideSandbox) -> None:
    work = cases.machine(replace(resources, ports=replace(resources.ports, faces=ScriptedFaces())))
    await cases.publish(work)
    citizen = await cases.proven(work.resources, outside_world)
    me, everybody = Front(work, citizen), Front(work, Anonymous(address="192.0.2.9"))
    chief = Front(work, await clerk(OfficerRole.APPROVAL, OfficerRole.INTAKE))
    case = global_id("Application", await ended(citizen, work))
    slow = next(tag for tag in await everybody.send("EvaluationTags") if tag["name"] == "办得慢")
    assert (slow["index"], slow["side"], slow["praises"]) == ("办事效率", "ONLINE", False)
    assert sum(one["days"] for one in (await everybody.send("EvaluationSpans"))[:3]) == 15

    (waiting,) = [one["node"] for one in (await me.send("ServiceEvents", waitingOnly=True))["edges"]]
    assert (waiting["kind"], waiting["applicationId"], waiting["evaluation"]) == ("CASE", case, None)
    told = await me.do(
        "EvaluateService",
        eventId=waiting["id"],
        evaluation={"level": 2, "tags": [slow["code"]], "comment": "等了一个月"},
    )
    assert (told["evaluation"]["level"], told["loop"]["state"]) == (2, "TO_VERIFY")
    again = await me.do("EvaluateApplication", applicationId=case, level=5)
    assert (again["__typename"], again["code"]) == ("Problem", "ALREADY_DONE")

    (found,) = [one["node"] for one in (await chief.send("EvaluationLoops"))["edges"]]
    assert [tag["name"] for tag in found["evaluation"]["tags"]] == ["办得慢"]
    assert found["evaluation"]["comment"] == "等了一个月"
    assert "person" not in str(found).lower()
    for step in ("VERIFY", "MEND", "CALL_BACK"):
        found = await chief.do(
            "HandleEvaluationLoop", loopId=found["id"], version=found["version"], step=step, note="已办理"
        )
    assert found["state"] == "TO_CONFIRM"
    done = await me.do("AnswerEvaluationLoop", loopId=found["id"], version=found["version"], step="CONFIRM")
    assert (done["state"], done["open"], [one["step"] for one in done["acts"]]) == (
        "CLOSED",
        False,
        ["OPEN", "VERIFY", "MEND", "CALL_BACK", "CONFIRM"],
    )

    for number in range(9):
        served = await chief.do("OfferEvaluation", itemCode=cases.ITEM.base_code)
        visitor = replace(everybody, viewer=Anonymous(address=f"192.0.2.{number}"))
        arrived = await visitor.do(
            "EvaluateByCode", code=served["oneTimeCode"], evaluation={"level": 5, "tags": ["SITE_SKILL_GOOD"]}
        )
        assert arrived == {"__typename": "EvaluationReceived", "received": True}
    with clock.shifted(timedelta(days=32)):
        assert await publish_scores() == 1
    (month,) = await everybody.send("EvaluationPeriods")
    (score,) = await everybody.send("EvaluationScores", period=month, axis="ITEM")
    assert (score["name"], score["evaluated"], score["average"], score["goodRate"]) == (
        "高龄津贴发放",
        10,
        4.7,
        0.9,
    )
    (region,) = await everybody.send("EvaluationScores", period=month, axis="REGION", division="330500")
    assert (region["name"], region["evaluated"]) == ("浙江省湖州市德清县", 10)
    assert await everybody.send("EvaluationScores", period=month, axis="ORGAN", division=cases.HOME) == []
