"""Finding places: near a point, by name, kind, price, free places, rating and accessibility.

One statement per page. Nearest first walks the GiST index outwards and stops when the page is full; a name is looked
up in the GIN index of its parts. By price and by rating a circle or a division bounds what is sorted. The same
columns serve lists and single places, so that comparing is a list of ids.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from backend.database.record import Row, fetch
from backend.errors import FieldProblem, Invalid, Text
from backend.kit import regions
from backend.providers.organisations.kinds import PlaceKind
from backend.providers.places.geo import Spot
from backend.providers.places.keeping import Listing
from backend.providers.places.models import Access, VersionState
from backend.providers.places.spelling import wanted
from backend.viewer import Provider, Viewer

_PART = re.compile(r"[~^]?[0-9a-z\u3400-\u9fff]+")

FARTHEST = 50_000
"""Metres around a point that are looked at where nothing else bounds the search."""
MOST_COMPARED = 6

NEEDS_PLACE = Text("请提供位置或行政区划。", "Say where: a point, a division, or a name to look for.")
BAD_RADIUS = Text("范围应为100至50000米。", "A radius is 100 to 50,000 metres.")
BAD_RATING = Text("评分应为1至5。", "A rating is 1 to 5.")


class PlaceOrder(StrEnum):
    """What comes first."""

    NEAREST = "NEAREST"
    CHEAPEST = "CHEAPEST"
    BEST_RATED = "BEST_RATED"


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for."""

    near: Spot | None = None
    within: int | None = None
    """Metres around ``near``."""
    division: str | None = None
    kinds: Sequence[PlaceKind] = ()
    text: str = ""
    highest_price: int | None = None
    """Fen."""
    free_only: bool = False
    lowest_rating: int | None = None
    access: Sequence[Access] = ()
    order: PlaceOrder = PlaceOrder.NEAREST


@dataclass(frozen=True, slots=True)
class PlaceView:
    """A place as it is shown."""

    id: UUID
    listing: Listing
    organisation_id: UUID | None
    organisation_name: str
    platform: str | None
    capacity: int
    free: int
    price_fen: int
    rating_sum: int
    rating_count: int
    version: int
    listed: bool
    changed_at: datetime
    metres: int | None
    """From the point that was asked about."""
    rank: float = 0.0
    """By which it was ordered."""


@dataclass(frozen=True, slots=True)
class VersionView:
    """A version as its organisation sees it."""

    id: UUID
    number: int
    state: VersionState
    reason: str
    listing: Listing
    created_at: datetime
    settled_at: datetime | None


_COLUMNS = (
    "place.id, place.organisation_id, place.platform, place.content, place.capacity, place.free, place.price_fen,"
    " place.rating_sum, place.rating_count, place.version, place.listed, place.changed_at, place.x, place.y,"
    " organisation.name AS organisation_name"
)
_RATING = "(place.rating_sum + 15)::float8 / (place.rating_count + 5)"
"""A mean pulled towards 3 until there are some ratings: one friend's five stars are no first place."""


Value = Callable[[object], str]
"""Keeps a value of a statement; its placeholder."""


async def search(
    _viewer: Viewer, asked: Search, *, after: tuple[float, UUID] | None, limit: int
) -> Sequence[PlaceView]:
    """Listed places that fit, in the asked order, those after ``after``; everybody sees the same.

    Raises ``Invalid`` where nothing bounds the search.
    """
    statement, values = statement_of(asked, after=after, limit=limit)
    return [_view(row, asked.near) for row in await fetch(statement, *values)]


def statement_of(
    asked: Search, *, after: tuple[float, UUID] | None, limit: int
) -> tuple[str, Sequence[object]]:
    """The statement of a search and its values; the benchmark looks at its plan."""
    _check(asked)
    values: list[object] = []

    def value(given: object) -> str:
        values.append(given)
        return f"${len(values)}"

    rank = _rank(asked, value)
    holds = ["place.listed", *_conditions(asked, value)]
    if after is not None:
        holds.append(f"({rank}, place.id) > ({value(after[0])}::float8, {value(after[1])}::uuid)")
    statement = (
        f"WITH found AS MATERIALIZED (SELECT place.id, {rank} AS rank FROM place WHERE {' AND '.join(holds)}"  # noqa: S608 - parts of this module, values apart
        f" ORDER BY {rank}, place.id LIMIT {value(limit)})"
        f" SELECT {_COLUMNS}, found.rank FROM found JOIN place ON place.id = found.id"
        " LEFT JOIN organisation ON organisation.id = place.organisation_id ORDER BY found.rank, place.id"
    )
    return statement, values


def _check(asked: Search) -> None:
    if asked.near is not None:
        asked.near.checked("near")
    if asked.within is not None and not 100 <= asked.within <= FARTHEST:
        raise Invalid(BAD_RADIUS, fields=(FieldProblem(("within",), BAD_RADIUS),))
    if asked.lowest_rating is not None and not 1 <= asked.lowest_rating <= 5:
        raise Invalid(BAD_RATING, fields=(FieldProblem(("lowestRating",), BAD_RATING),))
    somewhere = asked.near is not None or (asked.division is not None and regions.prefix(asked.division))
    named = bool(wanted(asked.text)) and asked.order is PlaceOrder.NEAREST
    if not (somewhere or named):
        raise Invalid(NEEDS_PLACE, fields=(FieldProblem(("near",), NEEDS_PLACE),))


def _rank(asked: Search, value: Value) -> str:
    match asked.order:
        case PlaceOrder.CHEAPEST:
            return "place.price_fen::float8"
        case PlaceOrder.BEST_RATED:
            return f"(-{_RATING})"
        case PlaceOrder.NEAREST if asked.near is not None:
            return f"(point(place.x, place.y) <-> {_point(asked.near, value)})"
        case PlaceOrder.NEAREST:
            return "0::float8"


def _conditions(asked: Search, value: Value) -> Iterator[str]:
    words = wanted(asked.text)
    if asked.near is not None and (asked.within is not None or not words):
        metres = (asked.within or FARTHEST) * asked.near.stretch
        yield f"point(place.x, place.y) <@ circle({_point(asked.near, value)}, {value(metres)}::float8)"
    if asked.division is not None:
        within = regions.prefix(asked.division)
        yield f"place.division BETWEEN {value(within)} AND {value(within.ljust(12, '9'))}"
    if asked.kinds:
        yield f"place.kind = ANY({value(list(asked.kinds))}::text[])"
    if asked.highest_price is not None:
        yield f"place.price_fen <= {value(asked.highest_price)}"
    if asked.free_only:
        yield "place.free > 0"
    if asked.lowest_rating is not None:
        yield f"place.rating_count > 0 AND place.rating_sum >= place.rating_count * {value(asked.lowest_rating)}::int"
    if asked.access:
        yield f"place.access ?& {value(list(asked.access))}::text[]"
    for word in words:
        ways = (
            f"(string_to_array(place.grams, ' ') @> {_spelt_out(parts)}"
            f" AND strpos(place.{column}, {value(text)}) > 0)"
            for parts, column, text in word.ways
        )
        yield f"({' OR '.join(ways)})"


def _spelt_out(parts: Sequence[str]) -> str:
    """Parts of a name as a literal: only so does PostgreSQL know how frequent they are, also when it plans once for many.

    A frequent part is then met on the way outwards, a rare one looked up. Letters, digits and Chinese signs are all there is.
    """
    if not all(map(_PART.fullmatch, parts)):
        raise ValueError("not parts of a normalised word")
    return f"'{{{','.join(parts)}}}'::text[]"


def _point(spot: Spot, value: Value) -> str:
    return f"point({value(spot.x)}::float8, {value(spot.y)}::float8)"


async def places(viewer: Viewer, ids: Sequence[UUID], *, near: Spot | None = None) -> Sequence[PlaceView]:
    """These places as far as the viewer may see them, in the order of ``ids``: what is listed, and a provider's own."""
    own = viewer.organisation_id if isinstance(viewer, Provider) else None
    rows = await fetch(
        f"SELECT {_COLUMNS}, 0::float8 AS rank FROM place"  # noqa: S608 - a constant of ours
        " LEFT JOIN organisation ON organisation.id = place.organisation_id"
        " WHERE place.id = ANY($1) AND (place.listed OR place.organisation_id = $2)",
        list(ids),
        own,
    )
    found = {row["id"]: _view(row, near) for row in rows}
    return [found[one] for one in dict.fromkeys(ids) if one in found]


async def own_places(provider: Provider, *, before: UUID | None, limit: int) -> Sequence[PlaceView]:
    """All listings of the provider's organisation, the newest first."""
    rows = await fetch(
        f"SELECT {_COLUMNS}, 0::float8 AS rank FROM place"  # noqa: S608 - as above
        " LEFT JOIN organisation ON organisation.id = place.organisation_id"
        " WHERE place.organisation_id = $1 AND ($2::uuid IS NULL OR place.id < $2) ORDER BY place.id DESC LIMIT $3",
        provider.organisation_id,
        before,
        limit,
    )
    return [_view(row, None) for row in rows]


async def versions(
    provider: Provider, place_id: UUID, *, before: int | None, limit: int
) -> Sequence[VersionView]:
    """Every version of an own listing, the newest first."""
    rows = await fetch(
        "SELECT version.id, version.number, version.state, version.reason, version.content, version.created_at,"
        " version.settled_at FROM place_version version JOIN place ON place.id = version.place_id"
        " WHERE place.id = $1 AND place.organisation_id = $2 AND ($3::int IS NULL OR version.number < $3)"
        " ORDER BY version.number DESC LIMIT $4",
        place_id,
        provider.organisation_id,
        before,
        limit,
    )
    return [
        VersionView(
            id=row["id"],
            number=row["number"],
            state=VersionState(row["state"]),
            reason=row["reason"],
            listing=Listing.read(row["content"]),
            created_at=row["created_at"],
            settled_at=row["settled_at"],
        )
        for row in rows
    ]


def _view(row: Row, near: Spot | None) -> PlaceView:
    return PlaceView(
        id=row["id"],
        listing=Listing.read(row["content"]),
        organisation_id=row["organisation_id"],
        organisation_name=row["organisation_name"] or "",
        platform=row["platform"],
        capacity=row["capacity"],
        free=row["free"],
        price_fen=row["price_fen"],
        rating_sum=row["rating_sum"],
        rating_count=row["rating_count"],
        version=row["version"],
        listed=row["listed"],
        changed_at=row["changed_at"],
        metres=None if near is None else near.metres_to(row["x"], row["y"]),
        rank=row["rank"],
    )
