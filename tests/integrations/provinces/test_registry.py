"""The list of provinces: who is on it, how each is connected, and to whom a division belongs."""

import pytest

from backend.casework.catalogue.pilots import PILOT_REGIONS, ConnectionMode
from backend.casework.definitions import Standing
from backend.exchange.handovers.actions import SERVED_ONLY
from backend.kit import regions
from backend.settings import Settings
from integrations.provinces import PROVINCES, province_of

BY_REGION = {province.region: province for province in PROVINCES}
M = ConnectionMode


def test_every_province_of_the_country_the_corps_and_five_cities_are_configured() -> None:
    provinces = {division.code[:2] for division in regions.children(regions.NATION)}
    assert len(provinces) == 34
    assert {region for region in BY_REGION if len(region) == 2} == provinces
    assert {region for region in BY_REGION if len(region) == 4} == {
        "2102",
        "3302",
        "3502",
        "3702",
        "4403",
        "6590",
    }
    for province in PROVINCES:
        known = regions.get(province.region.ljust(6, "0"))
        assert province.region == "6590" or (known is not None and known.name == province.name.zh), province


def test_the_ten_pilot_regions_have_the_mode_of_their_plan_and_nobody_else_claims_to() -> None:
    plan = {regions.prefix(pilot.division): pilot.mode for pilot in PILOT_REGIONS}
    assert len(plan) == 10
    assert {region: BY_REGION[region].mode for region in plan} == plan
    told = {province.region for province in PROVINCES if province.standing is Standing.PUBLISHED}
    assert told == set(plan)


@pytest.mark.parametrize(
    ("division", "region"),
    [
        ("370202", "3702"),
        ("370102", "37"),
        ("440304", "4403"),
        ("440106001", "44"),
        ("659001", "6590"),
        ("650102", "65"),
        ("330203", "3302"),
        ("710000", "71"),
    ],
)
def test_the_longest_prefix_wins(division: str, region: str) -> None:
    found = province_of(division)
    assert found is not None
    assert found.region == region


def test_a_code_of_nowhere_belongs_to_nobody() -> None:
    assert province_of("990101") is None


def test_hong_kong_macao_and_taiwan_are_served_and_handle_nothing() -> None:
    assert {province.region for province in PROVINCES if not province.handles} == SERVED_ONLY
    assert all(province.connect is None for province in PROVINCES if not province.handles)


def test_a_province_has_a_connector_unless_its_organs_work_here_or_it_goes_through_another() -> None:
    for province in PROVINCES:
        wired = province.connect is not None
        assert wired == (province.mode is not M.UNIFIED_INTERNAL and not province.through), province
        if province.through:
            assert BY_REGION[province.through].mode is province.mode


def test_addresses_name_regions_and_speak_the_protocol_of_their_mode() -> None:
    told = Settings(province_urls="31=https://sh.example/kst/, 3702=postgresql://jinmin@qd.example/front")
    assert told.province_addresses == {
        "31": "https://sh.example/kst",
        "3702": "postgresql://jinmin@qd.example/front",
        "33": told.zhejiang_url,
    }
    for wrong in ("31", "31=ftp://x", "x=https://y", "31=https://a,31=https://b"):
        with pytest.raises(ValueError, match="province_urls"):
            Settings(province_urls=wrong)
