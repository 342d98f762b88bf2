"""Reading the catalogue: what applies where. The composed items come from the process's own ``Catalogue``."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from backend.casework.catalogue.compose import OfferedItem
from backend.casework.catalogue.current import Catalogue
from backend.casework.catalogue.search.index import Filters, Hit
from backend.casework.definitions import DOMAIN_NAMES, LIFE_EVENT_NAMES, Domain, LifeEvent, ServiceItem
from backend.errors import Text
from backend.viewer import Actor, Viewer


async def offered_item(
    _viewer: Viewer | Actor, catalogue: Catalogue, *, code: str, division: str
) -> OfferedItem:
    """The item ``code`` as it applies in ``division`` today.

    Raises ``NotFound`` with UNKNOWN_ITEM or UNKNOWN_DIVISION, or WRONG_DIVISION when no level names an organ.
    """
    return await catalogue.offered(code, division)


async def offered_items(
    _viewer: Viewer, catalogue: Catalogue, *, division: str, after: str | None, limit: int
) -> Sequence[OfferedItem]:
    """Items offered in ``division`` by ascending base code, after ``after``: ``limit`` at most."""
    offered = await catalogue.all_offered(division)
    following = (one for one in offered.values() if after is None or one.base_code > after)
    return sorted(following, key=lambda one: one.base_code)[:limit]


@dataclass(frozen=True, slots=True)
class FoundItem:
    """An item that may be meant, and as it is offered where a division was named."""

    hit: Hit
    item: ServiceItem
    base_code: str
    """The base code of today."""
    offered: OfferedItem | None


async def search_items(
    _viewer: Viewer, catalogue: Catalogue, *, question: str, filters: Filters, division: str | None
) -> Sequence[FoundItem]:
    """Items that may be meant, best first; with ``division`` only those offered there. Raises ``NotFound``."""
    offered = await catalogue.all_offered(division) if division is not None else {}
    asked = filters if division is None else replace(filters, keys=offered.keys())
    index, codes = await catalogue.search_index(), await catalogue.codes()
    by_code = catalogue.standards.by_code
    return [
        FoundItem(hit, by_code[hit.key], codes.of(by_code[hit.key]).code, offered.get(hit.key))
        for hit in index.search(question, asked)
    ]


@dataclass(frozen=True, slots=True)
class Topic:
    """A life event or a domain and how many items it has."""

    code: str
    name: Text
    items: int


@dataclass(frozen=True, slots=True)
class Topics:
    """Both ways into the catalogue."""

    life_events: Sequence[Topic]
    domains: Sequence[Topic]


async def topics(_viewer: Viewer, catalogue: Catalogue, *, division: str | None) -> Topics:
    """Life events and domains with their items: those offered in ``division``, or all. Raises ``NotFound``."""
    items = (
        tuple(catalogue.standards.by_code.values())
        if division is None
        else tuple(one.item for one in (await catalogue.all_offered(division)).values())
    )
    return Topics(
        [Topic(e.name, LIFE_EVENT_NAMES[e], sum(e in item.life_events for item in items)) for e in LifeEvent],
        [Topic(d.name, DOMAIN_NAMES[d], sum(item.domain is d for item in items)) for d in Domain],
    )
