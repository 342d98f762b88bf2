"""Divisions as a front end asks for them, with our own trusted documents."""

from typing import Any, cast

from backend.casework.machine import Casework
from backend.viewer import Anonymous
from tests.support.front import Front, only_value, trusted


async def send(operation: str, **variables: object) -> Any:
    front = Front(cast("Casework", None), Anonymous())  # no division needs the machine
    result = await front.execute(trusted(operation), **variables)
    return result.errors[0].original_error if result.errors else only_value(result)


async def test_a_division_of_today_and_one_of_the_past() -> None:
    assert await send("Division", code="330521") == {
        "code": "330521",
        "name": "德清县",
        "fullName": "浙江省湖州市德清县",
        "level": 3,
        "parent": "330500",
        "since": "1983-12",
        "until": None,
        "current": True,
        "statistical": False,
    }
    past = await send("Division", code="330103")
    assert (past["until"], past["current"]) == ("2021", False)
    assert await send("Division", code="999999") is None


async def test_divisions_come_in_pages_by_parent() -> None:
    first = await send("Divisions", first=2)
    assert [edge["node"]["name"] for edge in first["edges"]] == ["北京市", "天津市"]
    assert first["pageInfo"]["hasNextPage"] is True
    second = await send("Divisions", first=2, after=first["pageInfo"]["endCursor"])
    assert [edge["node"]["name"] for edge in second["edges"]] == ["河北省", "山西省"]
    last = await send("Divisions", parent="330521", first=50)
    assert {edge["node"]["level"] for edge in last["edges"]} == {4}
    assert last["pageInfo"]["hasNextPage"] is False
    assert (await send("Divisions", parent="nonsense"))["edges"] == []


async def test_divisions_are_found_by_name_within_a_parent() -> None:
    everywhere = await send("Divisions", search="德清")
    assert everywhere["edges"][0]["node"]["code"] == "330521"
    beijing = await send("Divisions", parent="110000", search="朝阳")
    assert [edge["node"]["fullName"] for edge in beijing["edges"]] == ["北京市朝阳区"]
    assert "too long" in str(await send("Divisions", search="县" * 41))


async def test_the_ten_pilot_regions_with_batch_mode_and_dates() -> None:
    regions = await send("PilotRegions")
    assert [(region["division"]["code"], region["mode"]) for region in regions] == [
        ("310000", "OWN_INTERFACE"),
        ("320000", "UNIFIED_PLATFORM"),
        ("330000", "OWN_INTERFACE"),
        ("350000", "UNIFIED_PLATFORM"),
        ("360000", "OWN_INTERFACE"),
        ("370200", "UNIFIED_PLATFORM"),
        ("440000", "OWN_INTERFACE"),
        ("540000", "UNIFIED_INTERNAL"),
        ("610000", "UNIFIED_INTERNAL"),
        ("650000", "UNIFIED_INTERNAL"),
    ]
    assert {(region["batch"], region["trialFrom"], region["standing"]) for region in regions} == {
        (1, "2019-08-01", "published")
    }
