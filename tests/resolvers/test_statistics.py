"""Statistics over the API, by the documents that front ends send: from a decided case to a published figure."""

import pytest

from backend.casework.machine import Casework
from backend.resources import Resources
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


async def test_a_granted_case_becomes_a_published_figure_level_by_level(
    work: Casework, citizen: Citizen
) -> None:
    await told.approved(work, citizen)
    period = told.this_month().code
    with told.later():
        report = await told.signed(work, told.COUNTY, period)
        assert (report["state"], told.lines(report)["JM-EC-101"]["value"]) == ("SIGNED", "1")
        assert told.lines(report)["JM-EC-102"]["value"] == "100.00"
        report = await told.accepted(work, told.CITY, report)
        assert report["state"] == "ACCEPTED"
        for division, above in ((told.CITY, told.PROVINCE), (told.PROVINCE, told.NATION)):
            upward = await told.signed(work, division, period)
            assert told.lines(upward)["JM-EC-101"]["value"] == "1"
            await told.accepted(work, above, upward)
        nation = await told.signed(work, told.NATION, period)
        head = Outspoken(work, told.officer(told.NATION, told.HEAD))
        published = await head.do("PublishStatisticsReport", reportId=nation["id"], version=nation["version"])
    assert published["state"] == "PUBLISHED"
    line = told.lines(published)["JM-EC-101"]
    assert (line["value"], line["typed"], line["imported"]) == ("1", False, "0")
