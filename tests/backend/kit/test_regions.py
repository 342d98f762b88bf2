from collections import Counter
from datetime import date

import pytest

from backend.kit import regions
from backend.kit.regions import Division


def test_the_county_level_of_today_is_complete() -> None:
    provinces = regions.children(regions.NATION)
    cities = [below for province in provinces for below in regions.children(province.code)]
    counties = [below for city in cities for below in regions.children(city.code) if below.level == 3]
    counties += [below for below in cities if below.level == 3]
    official = Counter(division.statistical for division in counties)
    assert len(provinces) == 34
    assert len([city for city in cities if city.level == 2]) == 333
    assert (official[False], official[True]) == (2846, 142)


def test_a_division_knows_its_name_its_level_and_what_is_above_it() -> None:
    assert regions.get("330521") == Division("330521", "德清县", 3, "330500", "1983-12")
    assert regions.full_name("330521") == "浙江省湖州市德清县"
    assert [division.code for division in regions.path("330521")] == ["330000", "330500", "330521"]
    assert regions.get(regions.NATION) == Division("000000", "全国", 0, None)


def test_a_county_that_the_province_governs_itself_has_no_city_above_it() -> None:
    assert regions.full_name("419001") == "河南省济源市"


@pytest.mark.parametrize(
    "code", ["", "33052", "3305210", "33052x", "９９００００", "999999", "330521001002003"]
)
def test_what_is_no_code_is_not_there(code: str) -> None:
    assert regions.get(code) is None
    assert regions.find(code) is None


def test_townships_of_pilot_regions_are_found_by_code_and_below_their_county() -> None:
    township = regions.find("330521001")
    assert township is not None
    assert (township.level, township.parent) == (4, "330521")
    assert regions.find("330521001000") == township
    assert regions.full_name("330521001") == f"浙江省湖州市德清县{township.name}"
    assert township in regions.children("330521")
    assert regions.children("110101") == ()  # no pilot region


def test_a_longer_code_is_read_as_its_county_where_only_the_county_counts() -> None:
    assert regions.get("330521001002") == regions.get("330521")
    assert regions.find("330521000000") == regions.get("330521")


def test_an_abolished_code_is_known_with_the_time_in_which_it_held() -> None:
    xiacheng = regions.get("330103")
    assert xiacheng == Division("330103", "下城区", 3, "330100", None, "2021")
    assert xiacheng.in_force_on(date(2021, 12, 31))
    assert not xiacheng.in_force_on(date(2022, 1, 1))
    assert xiacheng not in regions.children("330100")


def test_a_code_that_changed_its_name_is_read_as_of_the_day() -> None:
    assert [(spell.name, spell.since, spell.until) for spell in regions.history("130502")] == [
        ("桥东区", "1983-12", "2020"),
        ("襄都区", "2020", None),
    ]
    before = regions.find("130502", date(2019, 6, 1))
    today = regions.find("130502", date(2026, 11, 25))
    assert before is not None
    assert today is not None
    assert (before.name, today.name) == ("桥东区", "襄都区")
    assert regions.find("130502", date(1980, 1, 1)) is None


def test_a_month_counts_whole() -> None:
    division = Division("110103", "崇文区", 3, "110000", "2001-02", "2004-02")
    assert [division.in_force_on(date(2001, 1, 31)), division.in_force_on(date(2001, 2, 1))] == [False, True]
    assert [division.in_force_on(date(2004, 2, 29)), division.in_force_on(date(2004, 3, 1))] == [True, False]


def test_search_puts_whole_names_first_and_stays_within() -> None:
    assert [found.code for found in regions.search("德清")][:1] == ["330521"]
    assert {found.code for found in regions.search("朝阳", within="110000")} == {"110105"}
    assert regions.search("朝阳区")[0].name == "朝阳区"
    assert [regions.search(" "), regions.search("没有这里")] == [(), []]


def test_prefix_and_within_follow_the_levels() -> None:
    assert [regions.prefix(code) for code in ("000000", "330000", "330500", "330521")] == [
        "",
        "33",
        "3305",
        "330521",
    ]
    assert regions.within("330521", "330500")
    assert regions.within("330521", regions.NATION)
    assert not regions.within("320100", "330000")


def test_a_resident_id_may_begin_with_a_province_only() -> None:
    assert regions.is_province("33")
    assert not regions.is_province("00")
    assert not regions.is_province("99")


@pytest.mark.parametrize(
    ("code", "begins"),
    [
        ("000000", ""),
        ("330000", "33"),
        ("330500", "3305"),
        ("330521", "330521"),
        ("330521000000", "330521"),
        ("330521100", "330521100"),
        ("330521100000", "330521100"),
        ("330521100200", "330521100200"),
    ],
)
def test_what_lies_in_a_division_begins_like_it(code: str, begins: str) -> None:
    assert regions.prefix(code) == begins
    assert regions.within(code, code)


def test_nobody_lies_beside_or_above() -> None:
    assert regions.within("330521100200", "330521")
    assert not regions.within("330521", "330521100")
    assert not regions.within("330522", "330521")
    assert not regions.within("330000", "330500")
