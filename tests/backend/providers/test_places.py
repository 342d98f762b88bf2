"""Finding places: by part of a name in every spelling, by distance, price, need and rating, page by page."""

from dataclasses import replace
from math import cos, radians
from uuid import UUID

import pytest

from backend.database.record import fetch
from backend.errors import Invalid
from backend.providers.organisations.kinds import LicenceKind, PlaceKind
from backend.providers.places.geo import Spot
from backend.providers.places.keeping import Offering
from backend.providers.places.models import Access
from backend.providers.places.queries import PlaceOrder, Search, search
from backend.providers.places.spelling import spelling
from backend.resources import Resources
from backend.viewer import Anonymous, Provider
from tests.support.cases import proven
from tests.support.people import ScriptedFaces
from tests.support.providers import LISTING, listed, working
from tests.support.sandbox import OutsideSandbox

HERE = Spot(119.9677, 30.5426)


def north(metres: float) -> float:
    return HERE.latitude + metres / 111_195


def east(metres: float) -> float:
    return HERE.longitude + metres / (111_195 * cos(radians(HERE.latitude)))


@pytest.fixture
async def provider(resources: Resources, outside_world: OutsideSandbox) -> Provider:
    scripted = replace(resources, ports=replace(resources.ports, faces=ScriptedFaces()))
    return await working(
        scripted, await proven(scripted, outside_world), LicenceKind.ELDERLY_CARE, LicenceKind.CEMETERY
    )


@pytest.fixture
async def street(provider: Provider) -> dict[str, UUID]:
    """Four places: their names, how far they are from here, and what they cost."""
    cheap = [Offering("A", "服务", 1_000, "次")]
    home = replace(LISTING, kind=PlaceKind.HOME_CARE, capacity=0, offerings=cheap, access=[])
    return {
        "幸福颐养院": await listed(provider, latitude=north(300)),
        "夕阳红上门照护": await listed(provider, home, name="夕阳红上门照护", longitude=east(900)),
        "长寿陵园": await listed(
            provider, kind=PlaceKind.CEMETERY, name="长寿陵园", latitude=north(20_000), capacity=0
        ),
        "西湖Sunny养老院": await listed(provider, name="西湖Sunny养老院", longitude=east(60_000)),
    }


async def names(asked: Search, **page: object) -> list[str]:
    found = await search(Anonymous(), asked, after=page.get("after"), limit=10)  # type: ignore[arg-type]  # a place in the list
    return [one.listing.name for one in found]


async def test_the_nearest_come_first_with_their_true_distance(street: dict[str, UUID]) -> None:
    found = await search(Anonymous(), Search(near=HERE), after=None, limit=10)
    assert [one.listing.name for one in found] == ["幸福颐养院", "夕阳红上门照护", "长寿陵园"]
    assert [one.metres for one in found] == pytest.approx([300, 900, 20_000], rel=0.006)
    assert await names(Search(near=HERE, within=500)) == ["幸福颐养院"]
    assert len(street) == 4


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("颐养", "幸福颐养院"),
        ("院", "幸福颐养院"),
        ("xingfu", "幸福颐养院"),
        ("xinfu", "幸福颐养院"),
        ("ＸＦＹＹＹ", "幸福颐养院"),
        ("zhaofu", ""),
        ("zhaohu", "夕阳红上门照护"),
        ("changshou", "长寿陵园"),
        ("cangsou", "长寿陵园"),
        ("sunny 西湖", "西湖Sunny养老院"),
        ("养颐", ""),
        ("'; DROP TABLE place; --", ""),
    ],
)
async def test_a_name_is_found_by_any_part_of_any_spelling(
    text: str, expected: str, street: dict[str, UUID]
) -> None:
    found = await names(Search(near=HERE, text=text))
    assert found[:1] == ([expected] if expected else [])
    assert len(await fetch("SELECT 1 FROM place")) == len(street)


async def test_needs_narrow_the_search_and_order_it(street: dict[str, UUID]) -> None:
    await fetch("UPDATE place SET rating_sum = 50, rating_count = 10 WHERE id = $1", street["长寿陵园"])
    await fetch("UPDATE place SET rating_sum = 5, rating_count = 1 WHERE id = $1", street["幸福颐养院"])
    await fetch("UPDATE place SET free = 0 WHERE id = $1", street["西湖Sunny养老院"])
    near = Search(near=HERE)
    assert await names(replace(near, kinds=(PlaceKind.CEMETERY,))) == ["长寿陵园"]
    assert await names(replace(near, highest_price=5_000)) == ["夕阳红上门照护"]
    assert await names(replace(near, free_only=True)) == ["幸福颐养院"]
    assert await names(replace(near, access=(Access.LIFT,), kinds=(PlaceKind.CARE_HOME,))) == ["幸福颐养院"]
    assert await names(replace(near, lowest_rating=5)) == ["幸福颐养院", "长寿陵园"]
    best = replace(near, order=PlaceOrder.BEST_RATED)
    assert (await names(best))[:2] == ["长寿陵园", "幸福颐养院"]  # ten fives weigh more than one
    cheap = Search(division="330500", order=PlaceOrder.CHEAPEST)
    assert (await names(cheap))[0] == "夕阳红上门照护"
    assert await names(Search(division="440000", order=PlaceOrder.CHEAPEST)) == []


@pytest.mark.parametrize("text", ["", " ", "！？", "---"])
async def test_a_text_without_a_word_bounds_nothing_so_that_the_circle_does(
    text: str, street: dict[str, UUID]
) -> None:
    found = await names(Search(near=HERE, text=text, order=PlaceOrder.CHEAPEST))
    assert found == ["夕阳红上门照护", "幸福颐养院", "长寿陵园"]
    assert len(street) == 4  # one lies 60 km away


async def test_pages_follow_one_another_without_gap_or_repeat(street: dict[str, UUID]) -> None:
    seen: list[UUID] = []
    after = None
    while page := await search(Anonymous(), Search(text="养", near=HERE), after=after, limit=1):
        seen.append(page[-1].id)
        after = (page[-1].rank, page[-1].id)
    assert seen == [street["幸福颐养院"], street["西湖Sunny养老院"]]


@pytest.mark.parametrize(
    "asked",
    [
        Search(),
        Search(order=PlaceOrder.CHEAPEST, text="养老院"),
        Search(division="000000"),
        Search(near=Spot(0.0, 0.0)),
        Search(near=HERE, within=60_000),
        Search(near=HERE, lowest_rating=6),
    ],
    ids=["nowhere", "only a name, by price", "the nation", "the sea", "too wide", "no such rating"],
)
async def test_a_search_that_nothing_bounds_is_refused(asked: Search) -> None:
    with pytest.raises(Invalid):
        await search(Anonymous(), asked, after=None, limit=10)


def test_a_name_is_taken_apart_once_for_every_way_of_asking() -> None:
    found = spelling("德清 Ａ养老院")
    assert (found.plain, found.spelt, found.initials) == (
        "德清a养老院",
        "deqinayanlaoyuan",
        "dqayly",
    )
    assert {"德清", "养老", "~deq", "^dq", "院"} <= set(found.grams)
