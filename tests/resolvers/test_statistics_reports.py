"""Reports over the API: what is refused, what is frozen, and what corrections do."""

import asyncio

import orjson
import pytest

from backend.casework.machine import Casework
from backend.database.record import fetch
from backend.resources import Resources
from backend.statistics.reports.signing import verify_snapshot
from backend.viewer import Citizen
from tests.support import cases
from tests.support import statistics as told
from tests.support.front import Outspoken
from tests.support.sandbox import OutsideSandbox


@pytest.fixture
async def work(resources: Resources) -> Casework:
    return await told.counting_house(resources)


@pytest.fixture
async def citizen(work: Casework, outside_world: OutsideSandbox) -> Citizen:
    return await cases.proven(work.resources, outside_world)


def clerk(work: Casework, division: str = told.COUNTY) -> Outspoken:
    return Outspoken(work, told.officer(division), "en")


def head(work: Casework, division: str = told.COUNTY) -> Outspoken:
    return Outspoken(work, told.officer(division, told.HEAD), "en")


async def test_what_cannot_be_is_refused_and_nothing_is_done(work: Casework, citizen: Citizen) -> None:
    await told.approved(work, citizen)
    month, desk = told.this_month(), clerk(work)
    assert (await desk.do("PrepareStatisticsReport", period=month.code))["code"] == "PERIOD_NOT_CLOSED"
    assert (await desk.do("PrepareStatisticsReport", period="2026-13"))["code"] == "INVALID_INPUT"
    assert await fetch("SELECT FROM statistics_report") == []
    with told.later():
        report = await desk.do("PrepareStatisticsReport", period=month.code)
        known = {"reportId": report["id"], "version": report["version"]}
        for code, value, wrong in (
            ("JM-EC-130", "12", "INDICATOR_NOT_IN_FORCE"),  # due every quarter, not every month
            ("JM-NONE", "12", "INDICATOR_NOT_IN_FORCE"),
            ("JM-EC-101", "12", "INVALID_INPUT"),  # comes from cases
            ("JM-MA-101", "=1+1", "INVALID_INPUT"),
            ("JM-MA-101", "-1", "INVALID_INPUT"),
            ("JM-MA-101", "1.5", "INVALID_INPUT"),
        ):
            assert (await desk.do("TypeStatisticsCell", **known, code=code, value=value))["code"] == wrong
        assert (await desk.do("SignStatisticsReport", **known))["code"] == "FORBIDDEN"
        alone = Outspoken(work, told.officer(told.COUNTY, told.HEAD))
        own = await told.explained(alone, await alone.do("PrepareStatisticsReport", period=month.code))
        refused = await alone.do("SignStatisticsReport", reportId=own["id"], version=own["version"])
        assert refused["code"] == "FORBIDDEN"  # whoever prepared it
        for division in (told.CITY, "330522"):
            elsewhere = await head(work, division).do(
                "SignStatisticsReport", reportId=own["id"], version=own["version"]
            )
            assert elsewhere["code"] == "NOT_FOUND"
    assert [dict(row) for row in await fetch("SELECT state, signed_at FROM statistics_report")] == [
        {"state": "PREPARED", "signed_at": None}
    ]


async def test_open_findings_keep_it_from_being_signed_and_of_two_signers_one_signs(
    work: Casework, citizen: Citizen
) -> None:
    await told.approved(work, citizen)
    with told.later():
        desk = clerk(work)
        report = await desk.do("PrepareStatisticsReport", period=told.this_month().before.code)
        report = await desk.do(
            "TypeStatisticsCell",
            reportId=report["id"],
            version=report["version"],
            code="JM-MA-101",
            value="7",
        )
        line = told.lines(report)["JM-MA-101"]
        assert (line["value"], line["typed"], report["typedCells"]) == ("7", True, 1)
        assert ("split_area", "JM-MA-101") in {(one["rule"], one["code"]) for one in report["findings"]}
        early = await head(work).do("SignStatisticsReport", reportId=report["id"], version=report["version"])
        assert early["code"] == "CHECKS_OPEN"
        report = await told.explained(desk, report)
        both = await asyncio.gather(
            *(
                head(work).do("SignStatisticsReport", reportId=report["id"], version=report["version"])
                for _ in range(2)
            )
        )
        assert sorted(one.get("code", one.get("state")) for one in both) == ["SIGNED", "STALE_VERSION"]
    (row,) = await fetch("SELECT snapshot, signature FROM statistics_report")
    keys, signature = work.resources.keys.documents, orjson.loads(row["signature"])
    assert verify_snapshot(keys, row["snapshot"], signature)
    assert not verify_snapshot(keys, row["snapshot"] + " ", signature)
    assert orjson.loads(row["snapshot"])["typedCells"] == 1


async def test_late_cases_change_no_signed_report_and_are_adjusted_in_the_next(
    work: Casework, citizen: Citizen, outside_world: OutsideSandbox
) -> None:
    await told.approved(work, citizen)
    month = told.this_month()
    with told.later():
        first = await told.signed(work, told.COUNTY, month.code)
    # A case of this month that is counted after the month was signed.
    await told.approved(work, await cases.proven(work.resources, outside_world))
    with told.later(2):
        desk = clerk(work)
        frozen = await desk.send("StatisticsReport", id=first["id"])
        assert told.lines(frozen)["JM-SV-101"]["value"] == "1"
        assert (await desk.do("PrepareStatisticsReport", period=month.code))["code"] == "ILLEGAL_STATE"
        after = told.month_after(month)
        report = await desk.do("PrepareStatisticsReport", period=after.code)
        late = [one["code"] for one in report["findings"] if one["rule"] == f"late_{month.code}"]
        assert {"JM-SV-101", "JM-SV-102", "JM-EC-101"} <= set(late)
        known = {"reportId": report["id"], "about": month.code, "delta": "1", "reason": "补录"}
        stock = await desk.do("AdjustStatistics", version=report["version"], code="JM-EC-101", **known)
        assert stock["code"] == "INVALID_INPUT"
        report = await desk.do("AdjustStatistics", version=report["version"], code="JM-SV-101", **known)
        line = told.lines(report)["JM-SV-101"]
        assert (line["value"], line["adjusted"]) == ("1", "1")
        rest = [one["code"] for one in report["findings"] if one["rule"] == f"late_{month.code}"]
        assert "JM-SV-101" not in rest
        assert "JM-EC-101" in rest


async def test_the_level_above_gives_back_until_it_has_signed(work: Casework, citizen: Citizen) -> None:
    await told.approved(work, citizen)
    month = told.this_month().code
    with told.later():
        report = await told.signed(work, told.COUNTY, month)
        city = clerk(work, told.CITY)
        known = {"reportId": report["id"], "version": report["version"]}
        assert (await clerk(work, told.PROVINCE).do("ReviewStatisticsReport", **known, accept=True))[
            "code"
        ] == "NOT_FOUND"
        wordless = await city.do("ReviewStatisticsReport", **known, accept=False, remarks=" ")
        assert wordless["code"] == "INVALID_INPUT"
        returned = await city.do("ReviewStatisticsReport", **known, accept=False, remarks="请核对人数")
        assert returned["state"] == "RETURNED"
        again = await told.accepted(work, told.CITY, await told.signed(work, told.COUNTY, month))
        await told.signed(work, told.CITY, month)
        late = await city.do(
            "ReviewStatisticsReport",
            reportId=again["id"],
            version=again["version"],
            accept=False,
            remarks="再改",
        )
        assert late["code"] == "ILLEGAL_STATE"
        seen = await clerk(work).send("StatisticsReport", id=again["id"])
        acts = [one["act"] for one in seen["history"] if one["act"] != "PREPARE"]
        assert acts == ["ACCEPT", "SIGN", "RETURN", "SIGN"]
        assert await clerk(work, "330522").send("StatisticsReport", id=again["id"]) is None
