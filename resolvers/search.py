"""Finding an item at the counter: in the words people use, and by the moment in life in which they ask."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from backend.casework.catalogue import queries
from backend.casework.catalogue.compose import OfferedItem
from backend.casework.catalogue.queries import FoundItem, Topic, Topics
from backend.casework.catalogue.search.index import LONGEST_QUESTION, Filters, MatchKind
from backend.casework.definitions import (
    Audience,
    Domain,
    LifeEvent,
    OnlineDepth,
)
from backend.errors import FieldProblem, Invalid, Text
from resolvers.access import PARENT, PUBLIC
from resolvers.context import Info
from resolvers.fields import field, object_type, query
from resolvers.items import ServiceItem as OfferedServiceItem
from resolvers.pagination import After, Connection, First, keyset_page, page_size, read_cursor

strawberry.enum(MatchKind, description="In which way a question met an item.")

_TOO_LONG = Text("查询内容过长。", "This is too long to search for.")


def _found_code(root: strawberry.Parent[FoundItem]) -> str:
    return root.base_code


def _found_name(root: strawberry.Parent[FoundItem], info: Info) -> str:
    return root.item.name.of(info.context.language)


def _found_domain(root: strawberry.Parent[FoundItem]) -> Domain:
    return root.item.domain


def _found_events(root: strawberry.Parent[FoundItem]) -> Sequence[LifeEvent]:
    return root.item.life_events


def _found_audience(root: strawberry.Parent[FoundItem]) -> Sequence[Audience]:
    return root.item.audience


def _found_depth(root: strawberry.Parent[FoundItem]) -> OnlineDepth:
    return root.item.online_depth


def _found_who(root: strawberry.Parent[FoundItem], info: Info) -> str:
    return root.item.guide.who.of(info.context.language)


def _found_kind(root: strawberry.Parent[FoundItem]) -> MatchKind:
    return root.hit.kind


def _found_matched(root: strawberry.Parent[FoundItem]) -> str:
    return root.hit.matched


def _offered(root: strawberry.Parent[FoundItem]) -> OfferedItem | None:
    return root.offered


@object_type(reads=FoundItem, name="FoundServiceItem", description="An item that may be meant.")
class Found:
    """One hit."""

    code: str = field(access=PARENT, description="基本编码 of today, 12 digits.", resolver=_found_code)
    name: str = field(access=PARENT, description="Its name.", resolver=_found_name)
    domain: Domain = field(access=PARENT, description="Its domain.", resolver=_found_domain)
    life_events: list[LifeEvent] = field(
        access=PARENT, description="When in life it is looked for.", resolver=_found_events
    )
    audience: list[Audience] = field(access=PARENT, description="服务对象.", resolver=_found_audience)
    online_depth: OnlineDepth = field(access=PARENT, description="网办深度.", resolver=_found_depth)
    who: str = field(access=PARENT, description="Who may apply, in a sentence.", resolver=_found_who)
    match: MatchKind = field(access=PARENT, description="How it was found.", resolver=_found_kind)
    matched: str = field(
        access=PARENT,
        description="The phrase that was met: a name, or what people call it.",
        resolver=_found_matched,
    )
    offered: OfferedServiceItem | None = field(
        access=PARENT, description="As it is offered in the division, where one was named.", resolver=_offered
    )


@query(
    access=PUBLIC,
    description="Items that may be meant, best first: by name, synonym, plain words, pinyin, initials, base code,"
    " and with typing errors. Without `text`, all items that fit, to browse by life event or domain.",
    returns=Connection[Found],
)
async def search_service_items(  # noqa: PLR0917 - the arguments of a field come by name
    info: Info,
    text: Annotated[str, strawberry.argument(description="What is asked, at most 60 signs.")] = "",
    division: Annotated[
        str | None, strawberry.argument(description="Only items offered in this division.")
    ] = None,
    domain: Annotated[Domain | None, strawberry.argument(description="Only this domain.")] = None,
    life_event: Annotated[
        LifeEvent | None, strawberry.argument(description="Only this moment in life.")
    ] = None,
    audience: Annotated[Audience | None, strawberry.argument(description="Only for them.")] = None,
    first: First = 20,
    after: After = None,
) -> Connection[FoundItem]:
    """A page of hits."""
    if len(text) > LONGEST_QUESTION:
        raise Invalid(_TOO_LONG, fields=(FieldProblem(("text",), _TOO_LONG),))
    place = read_cursor(after, str)
    context = info.context
    found = await queries.search_items(
        context.viewer,
        context.work.catalogue,
        question=text,
        filters=Filters(domain, life_event, audience),
        division=division,
    )
    begin = next((at for at, one in enumerate(found, 1) if place and one.hit.key == place[0]), 0)
    return keyset_page(
        found[begin : begin + page_size(first) + 1], first=first, after=after, key=lambda one: (one.hit.key,)
    )


def _topic_name(root: strawberry.Parent[Topic], info: Info) -> str:
    return root.name.of(info.context.language)


@object_type(reads=Topic, description="A way into the catalogue: a life event or a domain.")
class ServiceTopic:
    """One topic."""

    code: str = field(access=PARENT, description="Its name in the enum.")
    name: str = field(access=PARENT, description="Its name for people.", resolver=_topic_name)
    items: int = field(access=PARENT, description="How many items it has.")


@object_type(reads=Topics, description="The ways into the catalogue, for a home page.")
class ServiceTopics:
    """Life events and domains."""

    life_events: list[ServiceTopic] = field(access=PARENT, description="By moment in life.")
    domains: list[ServiceTopic] = field(access=PARENT, description="By domain.")


@query(
    access=PUBLIC,
    description="Life events and domains with the number of their items: in a division, or of the nation.",
    returns=ServiceTopics,
)
async def service_topics(
    info: Info,
    division: Annotated[
        str | None, strawberry.argument(description="Only items offered in this division.")
    ] = None,
) -> Topics:
    """Counts from memory."""
    return await queries.topics(info.context.viewer, info.context.work.catalogue, division=division)


QUERIES = (search_service_items, service_topics)
