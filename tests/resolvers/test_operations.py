"""运行管理 over the API: status, switches that bind, announcements, feedback with its answer, the pilot and its report."""

from dataclasses import replace
from datetime import timedelta

import pypdfium2
import pytest

from backend.casework.applications.actions import start_application
from backend.casework.machine import Casework
from backend.casework.switches.models import Feature
from backend.database.record import fetch
from backend.errors import Conflict
from backend.kit import clock, regions
from backend.operations import desk
from backend.operations.desk import switch_feature
from backend.operations.queries import switches
from backend.operations.status import Health, as_text, status, worst
from backend.resources import Resources
from backend.viewer import Anonymous, Citizen, OfficerRole
from backend.web.pilots import region_report
from tests.support import cases
from tests.support import statistics as told
from tests.support.front import Outspoken
from tests.support.people import new_key
from tests.support.sandbox import OutsideSandbox

RUNS = frozenset({OfficerRole.OPERATIONS})
ITEM = told.ALLOWANCE.base_code


@pytest.fixture
async def work(resources: Resources) -> Casework:
    return await told.counting_house(resources)


@pytest.fixture
async def citizen(work: Casework, outside_world: OutsideSandbox) -> Citizen:
    return await cases.proven(work.resources, outside_world)


async def test_an_operator_sees_how_every_part_is(work: Casework) -> None:
    parts = {part.name: part for part in await status(work)}
    assert (parts["database"].health, parts["redis"].health, parts["deliveries"].health) == (
        Health.OK,
        Health.OK,
        Health.OK,
    )
    assert parts["clocks"].health is Health.DOWN  # no worker runs here
    assert worst(list(parts.values())) is Health.DOWN
    assert "DOWN  clocks" in as_text(list(parts.values()))
    front = Outspoken(work, told.officer(told.PROVINCE, RUNS), "en")
    seen = await front.send("OperationsStatus")
    assert {one["name"]: one["health"] for one in seen}["redis"] == "OK"
    assert await Outspoken(work, told.officer(told.PROVINCE)).send("OperationsStatus") == "Forbidden"


async def test_what_is_turned_off_is_off_there_and_on_again(work: Casework, citizen: Citizen) -> None:
    province = Outspoken(work, told.officer(told.PROVINCE, RUNS), "en")

    async def begun() -> object:
        return await start_application(
            citizen, work, item_code=ITEM, division=told.COUNTY, idempotency_key=new_key()
        )

    switched = {"feature": "APPLY", "division": told.CITY, "itemCode": ITEM, "reason": "系统升级"}
    done = await province.do("SwitchFeature", **switched, on=False)
    assert (done["on"], done["reason"]) == (False, "系统升级")
    with pytest.raises(Conflict) as refused:
        await begun()
    assert (refused.value.code, "系统升级" in refused.value.message.zh) == ("TURNED_OFF", True)
    await province.do("SwitchFeature", **switched, on=True)
    assert await begun() is not None
    elsewhere = Outspoken(work, told.officer("440000", RUNS), "en")
    assert (await elsewhere.do("SwitchFeature", **switched, on=False))["code"] == "NOT_FOUND"
    assert await elsewhere.send("FeatureSwitches") == []


async def test_a_switch_is_answered_to_whoever_threw_it_however_many_were_thrown_since(
    work: Casework,
) -> None:
    viewer = told.officer(told.PROVINCE, RUNS)
    key, front = new_key(), Outspoken(work, viewer, "en")
    thrown = {"feature": "APPLY", "division": told.CITY, "itemCode": ITEM, "reason": "升级", "on": False}
    first = await front.do("SwitchFeature", **thrown, idempotencyKey=key)
    codes = [code for code in regions.codes_within(told.PROVINCE) if code != told.CITY]
    for item_code in ("", ITEM):
        for division in codes[:110]:
            await switch_feature(
                viewer,
                work,
                feature=Feature.APPLY,
                division=division,
                item_code=item_code,
                on=True,
                reason="开",
                idempotency_key=new_key(),
            )
    assert len(await switches(viewer)) == 200
    assert await front.do("SwitchFeature", **thrown, idempotencyKey=key) == first


async def test_announcements_hold_in_their_division_for_their_time(work: Casework) -> None:
    province = Outspoken(work, told.officer(told.PROVINCE, RUNS), "en")
    now = clock.now()
    given = {
        "division": told.PROVINCE,
        "titleZh": "停机公告",
        "titleEn": "Maintenance",
        "bodyZh": "今晚升级。",
        "bodyEn": "Tonight.",
        "since": (now - timedelta(minutes=1)).isoformat(),
    }
    wrong = await province.do("Announce", **given, until=(now - timedelta(hours=1)).isoformat())
    assert wrong["code"] == "INVALID_INPUT"
    made = await province.do("Announce", **given, until=(now + timedelta(hours=1)).isoformat())
    guest = Outspoken(work, Anonymous(), "en")
    assert [one["title"] for one in await guest.send("Announcements", division=told.COUNTY)] == [
        "Maintenance"
    ]
    assert await guest.send("Announcements", division="440106") == []
    with told.hours(2):
        assert await guest.send("Announcements", division=told.COUNTY) == []
    await province.do("WithdrawAnnouncement", announcementId=made["id"])
    assert await guest.send("Announcements", division=told.COUNTY) == []


async def test_feedback_is_answered_to_who_gave_it_and_to_nobody_else(
    work: Casework, citizen: Citizen
) -> None:
    own = Outspoken(work, citizen)
    given = await own.do("GiveFeedback", division=told.COUNTY, kind="PROBLEM", text="上传照片失败")
    operator = Outspoken(work, told.officer(told.CITY, RUNS))
    waiting = [edge["node"] for edge in (await operator.send("Feedback", state="OPEN"))["edges"]]
    assert [(one["text"], one["fromRegion"]) for one in waiting] == [("上传照片失败", False)]
    await operator.do("AnswerFeedback", feedbackId=given["id"], answer="已修复。", state="CLOSED")
    (edge,) = (await own.send("Feedback"))["edges"]
    assert (edge["node"]["state"], edge["node"]["answer"]) == ("CLOSED", "已修复。")
    again = await operator.do("AnswerFeedback", feedbackId=given["id"], answer="再答", state="ANSWERED")
    assert again["code"] == "ALREADY_DONE"
    stranger = Outspoken(work, told.officer("440000", RUNS))
    assert (await stranger.send("Feedback"))["edges"] == []
    refused = await stranger.do("AnswerFeedback", feedbackId=given["id"], answer="x", state="CLOSED")
    assert refused["code"] == "NOT_FOUND"
    region = Outspoken(work, told.officer(told.COUNTY))
    said = await region.do("GiveFeedback", division=told.PROVINCE, kind="SUGGESTION", text="增加导出")
    assert said["fromRegion"] is True


async def test_nobody_floods_the_operators_with_feedback(
    work: Casework, citizen: Citizen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "FEEDBACK", "2/day")
    own = Outspoken(work, citizen)
    said = {"division": told.COUNTY, "kind": "PROBLEM", "text": "上传照片失败"}
    answers = [await own.do("GiveFeedback", **said) for _ in range(3)]
    assert [one.get("code") for one in answers] == [None, None, "TOO_MANY_REQUESTS"]
    assert len((await own.send("Feedback"))["edges"]) == 2


async def test_the_pilot_goes_through_its_phases_and_is_told_as_a_pdf(
    work: Casework, citizen: Citizen, outside_world: OutsideSandbox
) -> None:
    await told.approved(work, citizen)
    viewer = told.officer(told.PROVINCE, RUNS)
    front = Outspoken(work, viewer)
    moved = {"division": told.PROVINCE, "remarks": "启动"}
    assert (await front.do("MovePilot", **moved, phase="LIVE"))["code"] == "ILLEGAL_STATE"
    await front.do("MovePilot", **moved, phase="PREPARING")
    await front.do("MovePilot", **moved, phase="PRACTICE")
    counted = await fetch("SELECT FROM statistics_fact")
    await told.approved(work, await cases.proven(work.resources, outside_world))
    assert len(await fetch("SELECT FROM statistics_fact")) == len(counted) == 3
    pilot = await front.do("MovePilot", **moved, phase="TRIAL")
    assert (pilot["phase"], len(pilot["steps"]), pilot["batch"], pilot["mode"]) == (
        "TRIAL",
        3,
        1,
        "OWN_INTERFACE",
    )
    assert (pilot["editions"], pilot["items"], pilot["connected"]) == (1, 1, True)
    assert [one["division"]["code"] for one in await front.send("PilotProgress")] == [told.PROVINCE]
    other = Outspoken(work, replace(viewer, division="440000"))
    assert (await other.do("MovePilot", **moved, phase="LIVE"))["code"] == "NOT_FOUND"
    pdf = pypdfium2.PdfDocument(await region_report(viewer, work, told.PROVINCE))
    text = pdf[0].get_textpage().get_text_range()
    assert "浙江省试点工作小结" in text
    assert "试运行" in text
