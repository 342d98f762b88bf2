"""跨省通办 by our own trusted documents: an office receives, another province decides, and the applicant sees one timeline."""

from collections.abc import Mapping
from random import Random

import pytest

from backend.casework.certificates.actions import issue_certificate
from backend.casework.machine import Casework
from backend.database.record import fetch
from backend.exchange.handovers.lifecycle import MOVES, TURNS, HandoverStep, replay
from backend.exchange.handovers.queries import entries_of
from backend.exchange.handovers.receipts import broken_at
from backend.resources import Resources
from resolvers.pagination import global_id, read_global_id
from tests.support.crossing import (
    BAOJI,
    LHASA,
    URUMQI,
    XIAN,
    Stage,
    decide,
    none_waits,
    staged,
    waiting,
)
from tests.support.front import Front
from tests.support.sandbox import OutsideSandbox


@pytest.fixture
async def stage(resources: Resources, outside_world: OutsideSandbox) -> Stage:
    return await staged(resources, outside_world)


T = HandoverStep


async def sees(front: Front, case: str) -> bool:
    return (await front.send("Application", id=case)) is not None


async def receipts_hold(work: Casework) -> int:
    """How many receipts there are; every chain of them is whole."""
    ids = [row["id"] for row in await fetch("SELECT id FROM handover ORDER BY number")]
    total = 0
    for entries in (await entries_of(ids)).values():
        receipts = [entry.receipt for entry in entries if entry.receipt is not None]
        assert broken_at(work.resources.keys.documents, receipts) is None
        total += len(receipts)
    return total


async def test_a_receiving_office_collects_and_forwards_and_the_home_place_decides(stage: Stage) -> None:
    case = await stage.handed_in("COLLECT_AND_FORWARD")

    # Responsibility, visibility and clock are the receiving office's.
    assert (await sees(stage.lhasa, case), await sees(stage.xian, case)) == (True, False)
    assert (await stage.xian.send("WorkList"))["edges"] == []
    assert await stage.running(case) == [("FORWARD", "1")]
    early = await stage.lhasa.do("ForwardHandover", **await waiting(stage.lhasa))
    unchecked = await stage.lhasa.do(
        "CheckHandover", **await waiting(stage.lhasa), formComplete=True, identityChecked=False
    )
    assert (early["code"], unchecked["code"]) == ("ILLEGAL_STATE", "INVALID_INPUT")
    checked = await stage.lhasa.do(
        "CheckHandover", **await waiting(stage.lhasa), formComplete=True, identityChecked=True
    )
    assert (checked["state"], checked["turn"]) == ("CHECKED", "RECEIVING")
    opened = await stage.lhasa.do("OpenCaseFile", applicationId=case, reason="DECIDE_CASE")
    assert opened["__typename"] == "CaseFile"

    forwarded = await stage.lhasa.do("ForwardHandover", **await waiting(stage.lhasa))
    assert (forwarded["state"], forwarded["turn"]) == ("FORWARDED", "DECIDING")
    # And now the home place's.
    assert (await sees(stage.lhasa, case), await sees(stage.xian, case)) == (False, True)
    assert await stage.running(case) == [("HANDLE", "1")]
    assert await none_waits(stage.lhasa, stage.baoji)
    taken = await stage.xian.do("TakeHandover", **await waiting(stage.xian))
    passed = await stage.xian.do("PassHandover", **await waiting(stage.xian))
    assert (taken["hand"], passed["hand"]) == (1, 2)
    once_more = await stage.xian.do("PassHandover", **await waiting(stage.xian))
    assert once_more["message"] == "已在最后一个办理环节。"
    await decide(stage.xian)
    assert await stage.running(case) == [("INFORM", "1")]
    await issue_certificate(stage.work, read_global_id(case, "Application"))
    informed = await stage.lhasa.do("InformApplicant", **await waiting(stage.lhasa))
    assert (informed["state"], informed["caseState"]) == ("INFORMED", "COMPLETED")
    assert await stage.running(case) == []
    assert await stage.steps(case) == [
        "STARTED", "SUBMITTED", "NUMBERED", "FORWARDED", "TAKEN", "PASSED", "ACCEPTED", "APPROVED",
        "RESULT_ISSUED", "INFORMED",
    ]  # fmt: skip
    told = await stage.me.send("CaseAcrossProvinces", id=case)
    limits = [
        (clock["kind"], clock["mark"])
        for clock in told["clocks"]
        if clock["kind"] in {"FORWARD", "HANDLE", "INFORM"}
    ]
    assert limits == [("FORWARD", "NONE"), ("HANDLE", "NONE"), ("HANDLE", "NONE"), ("INFORM", "NONE")]
    assert await receipts_hold(stage.work) == 6  # received, forwarded, taken, passed, decided, informed


async def test_a_place_that_is_not_competent_sends_it_back_and_another_one_gets_it(stage: Stage) -> None:
    case = await stage.handed_in("COLLECT_AND_FORWARD")
    await stage.lhasa.do(
        "CheckHandover", **await waiting(stage.lhasa), formComplete=True, identityChecked=True
    )
    await stage.lhasa.do("ForwardHandover", **await waiting(stage.lhasa))
    seen = await waiting(stage.xian)
    for nobody in (stage.urumqi, stage.baoji):
        assert (await nobody.do("RefuseHandover", **seen, reason="x"))["code"] == "NOT_FOUND"
    assert (await stage.lhasa.do("RefuseHandover", **seen, reason="x"))["code"] == "FORBIDDEN"
    refused = await stage.xian.do("RefuseHandover", **seen, reason="申请人户籍在宝鸡市渭滨区。")
    assert (refused["state"], refused["turn"]) == ("REFUSED", "RECEIVING")
    assert (await stage.xian.send("WorkList"))["edges"] == [], "what was laid out is cleared away"
    assert (await sees(stage.lhasa, case), await sees(stage.xian, case)) == (True, False)
    assert await stage.running(case) == [("FORWARD", "1")]
    nowhere = await stage.lhasa.do(
        "RerouteHandover", **await waiting(stage.lhasa), division="440106", reason="x"
    )
    assert nowhere["fields"][0]["path"] == ["input", "division"]

    routed = await stage.lhasa.do(
        "RerouteHandover", **await waiting(stage.lhasa), division=BAOJI, reason="户籍地"
    )
    assert (routed["state"], routed["deciding"]["code"], routed["bound"]) == ("FORWARDED", BAOJI, False)
    assert (await sees(stage.baoji, case), await sees(stage.xian, case)) == (True, False)
    assert await stage.xian.send("Handover", id=seen["handoverId"]) is None
    [row] = await fetch("SELECT division, organ_name, state FROM application")
    assert dict(row) == {"division": BAOJI, "organ_name": f"{BAOJI}民政局", "state": "SUBMITTED"}
    await decide(stage.baoji)
    told = await stage.me.send("CaseAcrossProvinces", id=case)
    [handover] = told["handovers"]
    reasons = {entry["step"]: entry["reason"] for entry in handover["entries"] if entry["reason"]}
    assert reasons == {"REFUSED": "申请人户籍在宝鸡市渭滨区。", "REROUTED": "户籍地"}
    assert await stage.steps(case) == [
        "STARTED", "SUBMITTED", "NUMBERED", "FORWARDED", "REFUSED", "REROUTED", "FORWARDED", "ACCEPTED", "APPROVED",
    ]  # fmt: skip


async def test_a_common_superior_settles_who_is_competent_for_good(stage: Stage) -> None:
    case = await stage.handed_in("COLLECT_AND_FORWARD")
    await stage.lhasa.do(
        "CheckHandover", **await waiting(stage.lhasa), formComplete=True, identityChecked=True
    )
    await stage.lhasa.do("ForwardHandover", **await waiting(stage.lhasa))
    await stage.xian.do("RefuseHandover", **await waiting(stage.xian), reason="户籍已迁出")
    await stage.lhasa.do(
        "RerouteHandover", **await waiting(stage.lhasa), division=URUMQI, reason="经常居住地"
    )
    await stage.urumqi.do("RefuseHandover", **await waiting(stage.urumqi), reason="未登记居住")
    disputed = await stage.lhasa.do("DisputeHandover", **await waiting(stage.lhasa), reason="两地均不接收")
    assert (disputed["state"], disputed["turn"]) == ("DISPUTED", "SUPERIOR")
    assert await stage.running(case) == [("SETTLE", "1")]
    # Shaanxi is above one of the two places only.
    assert await none_waits(stage.shaanxi, stage.lhasa, stage.xian, stage.urumqi)
    seen = await waiting(stage.ministry)
    for other, code in ((stage.shaanxi, "NOT_FOUND"), (stage.lhasa, "FORBIDDEN")):
        answer = await other.do("SettleHandover", **seen, division=XIAN, reason="x")
        assert answer["code"] == code

    settled = await stage.ministry.do("SettleHandover", **seen, division=XIAN, reason="以户籍登记为准")
    assert (settled["state"], settled["bound"], settled["deciding"]["code"]) == ("FORWARDED", True, XIAN)
    again = await stage.xian.do("RefuseHandover", **await waiting(stage.xian), reason="仍不接收")
    assert again["message"] == "共同上级已裁定由本地办理，不能再退回。"
    await decide(stage.xian, approved=False)
    told = await stage.me.send("Application", id=case)
    assert told["state"] == "REFUSED"
    assert await receipts_hold(stage.work) == 11


async def test_a_joint_case_is_worked_on_in_several_places_and_has_one_outcome(stage: Stage) -> None:
    case = await stage.handed_in("JOINT", parts=[BAOJI, URUMQI])
    parted = await stage.lhasa.do(
        "CheckHandover", **await waiting(stage.lhasa), formComplete=True, identityChecked=True
    )
    assert (parted["state"], parted["turn"]) == ("PARTED", "NOBODY")
    assert await stage.running(case) == [("HANDLE", "2"), ("HANDLE", "3")]
    assert await none_waits(stage.lhasa, stage.xian)
    # Whoever works on a part reads the case meanwhile; whoever is to decide does not have it yet.
    assert [await sees(one, case) for one in (stage.baoji, stage.urumqi, stage.xian)] == [True, True, False]
    opened = await stage.baoji.do("OpenCaseFile", applicationId=case, reason="DECIDE_CASE")
    assert opened["__typename"] == "CaseFile"
    await stage.baoji.do("TakeHandover", **await waiting(stage.baoji))
    await stage.urumqi.do("TakeHandover", **await waiting(stage.urumqi))
    first = await stage.baoji.do("GiveHandoverPart", **await waiting(stage.baoji), reason="同意迁出")
    assert (first["state"], first["part"]) == ("GIVEN", True)
    assert await none_waits(stage.xian), "the lead waits for the last part"
    assert [await sees(one, case) for one in (stage.baoji, stage.urumqi)] == [False, True]
    await stage.urumqi.do("GiveHandoverPart", **await waiting(stage.urumqi), reason="墓位已查实")
    seen = await waiting(stage.xian)
    own = await stage.xian.do("GiveHandoverPart", **seen, reason="x")
    assert own["code"] == "ILLEGAL_STATE", "the lead is decided, not given"
    await decide(stage.xian)

    told = await stage.me.send("CaseAcrossProvinces", id=case)
    assert [(one["number"], one["part"], one["state"]) for one in told["handovers"]] == [
        (1, False, "DECIDED"),
        (2, True, "GIVEN"),
        (3, True, "GIVEN"),
    ]
    assert [entry["handover"] for entry in told["timeline"] if entry["handover"]] == [
        "PARTED", "TAKEN", "TAKEN", "GIVEN", "GIVEN", "JOINED", "FORWARDED",
    ]  # fmt: skip
    assert told["state"] == "APPROVED"
    assert await stage.running(case) == [("INFORM", "1")]


async def test_online_a_place_that_is_not_competent_leaves_it_to_a_superior(stage: Stage) -> None:
    case = await stage.handed_in("FULLY_ONLINE", "440106")
    refused = await stage.xian.do("RefuseHandover", **await waiting(stage.xian), reason="户籍在宝鸡")
    assert (refused["state"], refused["turn"]) == ("DISPUTED", "SUPERIOR")
    assert (await stage.xian.send("WorkList"))["edges"] == []
    assert await stage.running(case) == [("SETTLE", "1")]
    settled = await stage.shaanxi.do(
        "SettleHandover", **await waiting(stage.shaanxi), division=BAOJI, reason="户籍登记"
    )
    assert (settled["state"], settled["deciding"]["code"]) == ("FORWARDED", BAOJI)
    await decide(stage.baoji)
    assert (await stage.me.send("Application", id=case))["state"] == "APPROVED"


async def test_online_nobody_stands_between_and_the_machine_informs(stage: Stage) -> None:
    case = await stage.handed_in("FULLY_ONLINE")
    assert await none_waits(stage.lhasa)
    assert await sees(stage.xian, case)
    await decide(stage.xian)
    await issue_certificate(stage.work, read_global_id(case, "Application"))
    told = await stage.me.send("CaseAcrossProvinces", id=case)
    [handover] = told["handovers"]
    assert [entry["step"] for entry in handover["entries"]] == [
        "RECEIVED", "CHECKED", "FORWARDED", "TAKEN", "DECIDED", "INFORMED",
    ]  # fmt: skip
    assert await stage.running(case) == []


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"model": "COLLECT_AND_FORWARD", "receivingDivision": "610102"}, "receivingDivision"),
        ({"model": "COLLECT_AND_FORWARD", "receivingDivision": "440106"}, "receivingDivision"),
        ({"model": "FULLY_ONLINE", "receivingDivision": "810000"}, "receivingDivision"),
        ({"model": "FULLY_ONLINE", "receivingDivision": "999999"}, "receivingDivision"),
        ({"model": "JOINT", "receivingDivision": LHASA}, "parts"),
        ({"model": "JOINT", "receivingDivision": LHASA, "parts": ["330521"]}, "parts"),
        ({"model": "FULLY_ONLINE", "receivingDivision": LHASA, "parts": [BAOJI]}, "parts"),
    ],
)
async def test_a_way_that_cannot_be_is_refused_and_leaves_nothing(
    stage: Stage, given: dict[str, object], path: str
) -> None:
    case = await stage.draft()
    answer = await stage.me.do("ChooseHandover", applicationId=case, **given)
    assert (answer["__typename"], answer["fields"][0]["path"]) == ("Problem", ["input", path])
    assert await fetch("SELECT id FROM handover") == []


async def test_a_second_choice_replaces_the_first_and_a_withdrawal_ends_it(stage: Stage) -> None:
    case = await stage.draft()
    for model in ("FULLY_ONLINE", "COLLECT_AND_FORWARD"):
        await stage.me.do("ChooseHandover", applicationId=case, model=model, receivingDivision=LHASA)
    await stage.me.do("SubmitApplication", applicationId=case)
    withdrawn = await stage.me.do("WithdrawApplication", applicationId=case)
    assert withdrawn["state"] == "WITHDRAWN", withdrawn
    told = await stage.me.send("CaseAcrossProvinces", id=case)
    assert [(one["model"], one["state"]) for one in told["handovers"]] == [("COLLECT_AND_FORWARD", "ENDED")]
    assert await none_waits(stage.lhasa)
    late = await stage.me.do(
        "ChooseHandover", applicationId=case, model="JOINT", receivingDivision=LHASA, parts=[BAOJI]
    )
    assert late["code"] == "ILLEGAL_STATE"
    assert global_id("Application", (await fetch("SELECT id FROM application"))[0]["id"]) == case


ACTS: Mapping[str, Mapping[str, object]] = {
    "ForwardHandover": {},
    "TakeHandover": {},
    "PassHandover": {},
    "InformApplicant": {},
    "CheckHandover": {"formComplete": True, "identityChecked": True},
    "RefuseHandover": {"reason": "不属本地"},
    "CompleteHandover": {"reason": "已补齐"},
    "RerouteHandover": {"reason": "改转", "division": BAOJI},
    "DisputeHandover": {"reason": "争议"},
    "SettleHandover": {"reason": "裁定", "division": URUMQI},
    "GiveHandoverPart": {"reason": "已协办"},
}


BY_NAME = dict(
    zip(
        ACTS,
        (
            T.FORWARDED,
            T.TAKEN,
            T.PASSED,
            T.INFORMED,
            T.CHECKED,
            T.REFUSED,
            T.COMPLETED,
            T.REROUTED,
            T.DISPUTED,
            T.SETTLED,
            T.GIVEN,
        ),
        strict=True,
    )
)


@pytest.mark.parametrize("seed", [1, 2])
async def test_whatever_officers_try_one_side_has_the_case_and_its_clock_runs(
    stage: Stage, seed: int
) -> None:
    chance = Random(seed)
    model, parts = chance.choice([("COLLECT_AND_FORWARD", []), ("JOINT", [BAOJI, URUMQI])])
    case = await stage.handed_in(model, parts=parts)
    deciders = {XIAN: stage.xian, BAOJI: stage.baoji, URUMQI: stage.urumqi}
    everybody = (stage.lhasa, stage.shaanxi, stage.ministry, *deciders.values())
    done = 0
    for _ in range(30):
        told = await stage.me.send("CaseAcrossProvinces", id=case)
        handover = chance.choice(told["handovers"])
        whose = {
            "RECEIVING": stage.lhasa,
            "SUPERIOR": stage.ministry,
            "DECIDING": deciders[handover["deciding"]["code"]],
        }
        can = [name for name in ACTS if (handover["state"], BY_NAME[name]) in MOVES]
        if can and chance.random() < 0.7:  # somebody who may, and otherwise anybody and anything
            name, who = chance.choice(can), whose.get(handover["turn"], stage.lhasa)
        else:
            name, who = chance.choice(list(ACTS)), chance.choice(everybody)
        seen = {"handoverId": handover["id"], "version": handover["version"]}
        answer = await who.do(name, **seen, **ACTS[name])
        done += answer["__typename"] == "CaseHandover"
        told = await stage.me.send("CaseAcrossProvinces", id=case)
        for one in told["handovers"]:
            steps = [HandoverStep(entry["step"]) for entry in one["entries"]]
            standing = replay(steps, part=one["part"])
            assert (standing.state, standing.bound, TURNS[standing.state]) == (
                one["state"],
                one["bound"],
                one["turn"],
            )
            running = [
                clock
                for clock in told["clocks"]
                if clock["step"] == str(one["number"]) and clock["state"] == "RUNNING"
            ]
            assert len(running) == (one["turn"] in {"RECEIVING", "DECIDING", "SUPERIOR"})
        lead = told["handovers"][0]
        [row] = await fetch("SELECT division, collecting, assisting FROM application")
        assert (row["collecting"] == "") == (lead["state"] in {"FORWARDED", "TAKEN"})
        assert row["division"] == lead["deciding"]["code"]
        at_work = [one["deciding"]["code"] for one in told["handovers"][1:] if one["turn"] == "DECIDING"]
        assert [place for place in row["assisting"].split(",") if place] == at_work
    await receipts_hold(stage.work)
    assert done >= 5, "something happened"
