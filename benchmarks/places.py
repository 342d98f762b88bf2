"""Finding a place: 200,000 services and places in 300 towns, asked over the real API in the ways that citizens ask."""

import asyncio
import random
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import uvloop

from backend.database.config import DatabaseUrl
from backend.database.migrate import migrate
from backend.kit import clock, regions
from backend.providers.organisations.kinds import PlaceKind
from backend.providers.places.geo import Spot
from backend.providers.places.keeping import Listing, Offering
from backend.providers.places.models import Access
from backend.providers.places.queries import PlaceOrder, Search, statement_of
from backend.providers.places.spelling import spelling
from benchmarks.figures import Figure
from benchmarks.lab.peers import redis_url
from benchmarks.lab.rush import Asked, percentile, rush
from benchmarks.lab.servers import running
from tests.support.cluster import running_cluster

FOLDER = Path("var/bench")
DOCUMENT = Path(__file__).parent.parent / "graphql" / "operations" / "providers" / "SearchPlaces.graphql"
PLACES, TOWNS, EACH = 200_000, 300, 60
BAR = 30.0
PORT = 8860
OWNER = UUID("66666666-0000-7000-8000-00000000000a")
WORDS = [
    "幸福",
    "康乐",
    "夕阳红",
    "阳光",
    "安心",
    "福寿",
    "颐养",
    "松鹤",
    "和谐",
    "爱心",
    "百草园",
    "长青",
    "金秋",
    "银龄",
    "仁爱",
    "瑞祥",
    "恒康",
    "乐龄",
    "福星",
    "永安",
]
KINDS = (
    (PlaceKind.CARE_HOME, "养老院", 60),
    (PlaceKind.MEAL_SERVICE, "社区食堂", 60),
    (PlaceKind.HOME_CARE, "上门照护中心", 40),
    (PlaceKind.DAY_CARE, "日间照料中心", 30),
    (PlaceKind.VOLUNTEERS, "志愿服务队", 20),
    (PlaceKind.BATHING_SERVICE, "助浴点", 10),
    (PlaceKind.COUNSELLING, "心理辅导站", 8),
    (PlaceKind.CEMETERY, "陵园", 4),
    (PlaceKind.FUNERAL_HOME, "殡仪馆", 3),
    (PlaceKind.CHILD_WELFARE_HOME, "儿童福利院", 1),
)
"""Kinds, what their names end with, and how frequent they are."""


@dataclass(frozen=True, slots=True)
class Town:
    """Where people live, and the county it counts to."""

    spot: Spot
    division: str


def places() -> Iterable[Figure]:
    """Every way of asking, one after the other over one connection; and each statement's plan."""
    with running_cluster(FOLDER / "places", options=()) as cluster, ExitStack() as stack:
        url = cluster.url("places")
        towns = asyncio.run(_filled(cluster.url("postgres"), url))
        environ = {
            "JINMIN_DATA": str(FOLDER),
            "JINMIN_DATABASE_URL": url,
            "JINMIN_REDIS_URL": redis_url(stack, PORT + 50),
            "JINMIN_PORT": str(PORT),
            "JINMIN_COST_PER_ADDRESS": "2000000000",
        }
        command = [sys.executable, "-m", "backend", "serve"]
        server = stack.enter_context(running("places", PORT, command, environ))
        everything: list[float] = []
        for name, searches in _ways(towns):
            uvloop.run(rush([PORT], [Asked(_request(one)) for one in searches[:10]], connections=1))
            cpu = server.cpu_seconds()
            asked = [Asked(_request(one)) for one in searches]
            uvloop.run(rush([PORT], asked, connections=1))
            used = (server.cpu_seconds() - cpu) / len(asked) * 1000
            _check(name, asked)
            took = [one.ms for one in asked]
            everything += took
            database = asyncio.run(_executed(url, searches))
            found = sum(len(_edges(one)) for one in asked) / len(asked)
            print(f"{name}: {found:.1f} found, API process {used:.1f} ms of CPU each", flush=True)
            yield Figure(f"{name}: in PostgreSQL, p95", percentile(database, 95), "ms", BAR, at_most=True)
            yield Figure(f"{name}: answer, p50", percentile(took, 50), "ms")
            yield Figure(f"{name}: answer, p95", percentile(took, 95), "ms", BAR, at_most=True)
        yield Figure("all ways: answer, p95", percentile(everything, 95), "ms", BAR, at_most=True)
        yield Figure("plans that read every place", asyncio.run(_scans(url, towns)), "", 0, at_most=True)


def _ways(towns: Sequence[Town]) -> Iterator[tuple[str, Sequence[Search]]]:
    chance = random.Random(7)  # noqa: S311 - the same questions every time

    def spread(**asked: Any) -> Sequence[Search]:
        found = []
        for town in chance.choices(towns, k=EACH):
            near = Spot(
                town.spot.longitude + chance.gauss(0, 0.05), town.spot.latitude + chance.gauss(0, 0.05)
            )
            found.append(Search(near=near, **asked))
        return found

    yield "nearest of all", spread()
    yield "nearest care homes with free beds", spread(kinds=(PlaceKind.CARE_HOME,), free_only=True)
    yield "nearest of the rarest kind", spread(kinds=(PlaceKind.CHILD_WELFARE_HOME,))
    yield "a frequent word of the name", spread(text="养老院")
    yield "two words of the name", spread(text="夕阳红 陵园")
    yield "pinyin", spread(text="xiyanghong")
    yield "initials", spread(text="xyh")
    yield (
        "cheapest within 10 km",
        spread(
            within=10_000,
            order=PlaceOrder.CHEAPEST,
            kinds=(PlaceKind.MEAL_SERVICE, PlaceKind.HOME_CARE),
        ),
    )
    yield (
        "best rated with three aids",
        spread(
            order=PlaceOrder.BEST_RATED,
            access=(Access.STEP_FREE, Access.LIFT, Access.ACCESSIBLE_TOILET),
            lowest_rating=4,
        ),
    )
    county = [
        Search(division=town.division, order=PlaceOrder.BEST_RATED) for town in chance.choices(towns, k=EACH)
    ]
    yield "best rated of a county", county
    yield "a name and nothing else", [Search(text=f"{word}殡仪馆") for word in chance.choices(WORDS, k=EACH)]


def _request(search: Search) -> bytes:
    near = search.near
    wanted: dict[str, object] = {
        "near": None if near is None else {"longitude": near.longitude, "latitude": near.latitude},
        "within": search.within,
        "division": search.division,
        "kinds": list(search.kinds),
        "text": search.text,
        "freeOnly": search.free_only,
        "lowestRating": search.lowest_rating,
        "access": list(search.access),
        "order": search.order,
    }
    content = orjson.dumps(
        {"query": DOCUMENT.read_text(encoding="utf-8"), "variables": {"wanted": wanted, "first": 20}}
    )
    head = f"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


def _edges(one: Asked) -> Sequence[object]:
    told: Any = one.json()
    edges: Sequence[object] = told["data"]["searchPlaces"]["edges"]
    return edges


def _check(name: str, asked: Sequence[Asked]) -> None:
    wrong = [one.body[:300] for one in asked if one.status != 200 or b'"errors"' in one.body]
    if wrong:
        raise AssertionError(f"{name}: {wrong[0]!r}")


async def _executed(url: str, searches: Sequence[Search]) -> Sequence[float]:
    """What PostgreSQL itself says that each statement took, in milliseconds."""
    database = await asyncpg.connect(**DatabaseUrl.parse(url).connect_arguments())
    took = []
    for search in searches:
        statement, values = statement_of(search, after=None, limit=21)
        told = orjson.loads(
            await database.fetchval(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}", *values)
        )
        took.append(told[0]["Execution Time"] + told[0]["Planning Time"])
    await database.close()
    return took


async def _scans(url: str, towns: Sequence[Town]) -> int:
    """How many ways of asking are planned as a scan of the whole table; printed."""
    database = await asyncpg.connect(**DatabaseUrl.parse(url).connect_arguments())
    wrong = 0
    for name, searches in _ways(towns):
        statement, values = statement_of(searches[0], after=None, limit=21)
        plan = await database.fetchval(f"EXPLAIN (FORMAT JSON) {statement}", *values)
        used = sorted(set(_indexes(orjson.loads(plan)[0]["Plan"])))
        print(f"{name}: {', '.join(used)}", flush=True)
        wrong += "(all of place)" in used
    await database.close()
    return wrong


def _indexes(plan: Mapping[str, Any]) -> Iterator[str]:
    if plan["Node Type"] == "Seq Scan" and plan.get("Relation Name") == "place":
        yield "(all of place)"
    if "Index Name" in plan:
        yield plan["Index Name"]
    for below in plan.get("Plans", ()):
        yield from _indexes(below)


# --- the lab -------------------------------------------------------------------------------------------


@contextmanager
def _timed(what: str) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    print(f"{what}: {time.perf_counter() - begun:.0f} s", flush=True)


def _towns(chance: random.Random) -> Sequence[Town]:
    counties = [
        division.code
        for province in regions.children(regions.NATION)
        for city in regions.children(province.code)
        for division in (regions.children(city.code) or (city,))
        if division.level == 3
    ]
    return [
        Town(Spot(chance.uniform(101, 122), chance.uniform(22, 42)), code)
        for code in chance.sample(counties, TOWNS)
    ]


def _rows(towns: Sequence[Town], chance: random.Random) -> Iterator[tuple[object, ...]]:
    now = clock.now()
    kinds, weights = KINDS, [weight for *_, weight in KINDS]
    crowds = [1 / (rank + 3) for rank in range(len(towns))]
    for n in range(PLACES):
        [town] = chance.choices(towns, crowds)
        [(kind, ending, _)] = chance.choices(kinds, weights)
        spot = Spot(town.spot.longitude + chance.gauss(0, 0.12), town.spot.latitude + chance.gauss(0, 0.12))
        name = f"{''.join(chance.choices(WORDS, k=2))}{ending}"
        spelt, price = spelling(name), chance.randrange(0, 500_000, 100)
        capacity = chance.randrange(0, 200)
        access = chance.sample(list(Access), chance.randrange(0, len(Access) + 1))
        ratings = chance.randrange(0, 50)
        listing = Listing(
            kind=kind,
            name=name,
            address="人民路1号",
            division=town.division,
            longitude=spot.longitude,
            latitude=spot.latitude,
            capacity=capacity,
            phone="0572-8000000",
            about="",
            offerings=[Offering("A", "基本服务", price, "次"), Offering("B", "全套服务", price + 5000, "次")],
            hours=[],
            access=access,
        )
        yield (
            UUID(int=(0x0190 << 112) + n),
            now,
            OWNER,
            kind,
            name,
            spelt.plain,
            spelt.spelt,
            spelt.initials,
            " ".join(spelt.grams),
            town.division,
            spot.x,
            spot.y,
            price,
            capacity,
            chance.randrange(0, capacity + 1),
            orjson.dumps(access).decode(),
            sum(chance.choices((3, 4, 5), k=ratings)),
            ratings,
            listing.as_json(),
            1,
            True,
            False,
            True,
            now,
        )


COLUMNS = [
    "id",
    "created_at",
    "organisation_id",
    "kind",
    "name",
    "plain",
    "spelt",
    "initials",
    "grams",
    "division",
    "x",
    "y",
    "price_fen",
    "capacity",
    "free",
    "access",
    "rating_sum",
    "rating_count",
    "content",
    "version",
    "approved",
    "withdrawn",
    "listed",
    "changed_at",
]


async def _filled(admin: str, url: str) -> Sequence[Town]:
    """A database of its own with every place in it, as autovacuum would leave it; made once and kept."""
    chance = random.Random(1)  # noqa: S311 - the same towns every time
    towns = _towns(chance)
    database = await asyncpg.connect(**DatabaseUrl.parse(admin).connect_arguments())
    there = await database.fetchval("SELECT 1 FROM pg_database WHERE datname = 'places'")
    if not there:
        await database.execute("CREATE DATABASE places")
    await database.close()
    if not there:
        await migrate(url)
        database = await asyncpg.connect(**DatabaseUrl.parse(url).connect_arguments())
        await database.execute(
            "INSERT INTO organisation (id, created_at, credit_code, name, division, address, licences, state, reason)"
            " VALUES ($1, now(), '52330521MJ00000017', '德清幸福养老服务有限公司', '330521', '', '[]', 'ACTIVE', '')",
            OWNER,
        )
        with _timed("places made"):
            await database.copy_records_to_table("place", records=list(_rows(towns, chance)), columns=COLUMNS)
        with _timed("vacuumed"):
            await database.execute("VACUUM ANALYZE place")
        await database.close()
    return towns
