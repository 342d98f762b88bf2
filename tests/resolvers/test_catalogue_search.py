"""Search and topics over the whole schema, on a catalogue with demo editions."""

from typing import Any

import pytest

from backend.casework.catalogue.actions import publish_editions
from backend.casework.catalogue.demo import demo_editions
from backend.casework.catalogue.reports import Incoming, Place
from backend.casework.catalogue.standards import Standards
from backend.casework.machine import Casework
from backend.kit.working_days import Calendar
from backend.resources import Resources
from backend.viewer import Anonymous
from tests.support.catalogue import BATHS, MEALS
from tests.support.front import Front, only_value, trusted


@pytest.fixture
async def work(resources: Resources) -> Casework:
    machine = Casework(
        resources=resources, standards=Standards.of((MEALS, BATHS)), calendar=Calendar(), reactors=()
    )
    drafts = [draft for draft in demo_editions(machine.standards) if draft.item_code == MEALS.base_code]
    rows = [Incoming(Place(number), draft) for number, draft in enumerate(drafts, 1)]
    await publish_editions(machine, rows, actor="machine:test", digest="0" * 64)
    return machine


async def send(work: Casework, operation: str, **variables: object) -> Any:
    result = await Front(work, Anonymous()).execute(trusted(operation), **variables)
    return str(result.errors[0].original_error) if result.errors else only_value(result)


async def test_a_question_is_answered_with_the_item_as_it_is_offered(work: Casework) -> None:
    found = await send(work, "SearchServiceItems", text="zhucan", division="330521")
    (edge,) = found["edges"]
    assert edge["node"] == {
        "code": MEALS.base_code,
        "name": "助餐服务预约",
        "domain": "ELDERLY_CARE",
        "lifeEvents": ["RETIREMENT"],
        "audience": ["NATURAL_PERSON"],
        "onlineDepth": "FULL",
        "who": "说明",
        "match": "PINYIN",
        "matched": "助餐服务预约",
        "offered": {
            "taskCode": edge["node"]["offered"]["taskCode"],
            "promisedDays": 12,
            "organ": {"name": "德清县民政局"},
        },
    }
    assert edge["node"]["offered"]["taskCode"].endswith(f"4{MEALS.base_code}")


async def test_without_a_division_all_items_are_found_in_pages(work: Casework) -> None:
    first = await send(work, "SearchServiceItems", text="服务预约", first=1)
    second = await send(
        work, "SearchServiceItems", text="服务预约", first=1, after=first["pageInfo"]["endCursor"]
    )
    codes = [page["edges"][0]["node"]["code"] for page in (first, second)]
    assert sorted(codes) == [MEALS.base_code, BATHS.base_code]
    assert (first["pageInfo"]["hasNextPage"], second["pageInfo"]["hasNextPage"]) == (True, False)
    assert first["edges"][0]["node"]["offered"] is None


async def test_browsing_by_life_event_and_topics(work: Casework) -> None:
    listed = await send(work, "SearchServiceItems", lifeEvent="RETIREMENT", division="330521")
    assert [edge["node"]["match"] for edge in listed["edges"]] == ["LISTED"]
    assert (await send(work, "SearchServiceItems", lifeEvent="BIRTH"))["edges"] == []
    topics = await send(work, "ServiceTopics", division="330521")
    assert {"code": "RETIREMENT", "name": "退休", "items": 1} in topics["lifeEvents"]
    everywhere = await send(work, "ServiceTopics")
    assert {"code": "ELDERLY_CARE", "name": "养老服务", "items": 2} in everywhere["domains"]


async def test_a_question_has_an_end_and_a_division_exists(work: Casework) -> None:
    assert "too long" in await send(work, "SearchServiceItems", text="低" * 61)
    assert "no such division" in await send(work, "SearchServiceItems", text="低保", division="999999")


async def test_an_item_tells_where_and_when_and_by_whom(work: Casework) -> None:
    item = await send(work, "ServiceItem", code=MEALS.base_code, division="330521")
    assert item["organ"]["level"] == "4"
    assert (item["hall"], item["enquiries"], item["baseCodeSource"]) == (
        "德清县政务服务中心民政窗口",
        "12345",
        "assigned-here",
    )


async def test_a_figure_says_what_it_is_and_where_it_comes_from(work: Casework) -> None:
    item = await send(work, "ServiceItem", code=MEALS.base_code, division="330521")
    basis = {"title": "各地办法", "article": "", "standing": "unverified"}
    assert item["parameters"] == [
        {
            "name": "minimum_age",
            "label": "minimum_age",
            "value": 60,
            "unit": "YEARS",
            "unitName": "岁",
            "minimum": 50,
            "maximum": 100,
            "basis": basis,
            "setBy": "000000",
        },
        {
            "name": "monthly_fen",
            "label": "monthly_fen",
            "value": 10_000,
            "unit": "FEN",
            "unitName": "分",
            "minimum": 0,
            "maximum": 1_000_000,
            "basis": basis,
            "setBy": "000000",
        },
        {
            "name": "list_code",
            "label": "list_code",
            "value": "A",
            "unit": "CODE",
            "unitName": "",
            "minimum": None,
            "maximum": None,
            "basis": basis,
            "setBy": "000000",
        },
    ]
