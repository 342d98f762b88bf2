"""The catalogue at the counter: what is offered where."""

from typing import Annotated

import strawberry

from backend.casework.catalogue import queries
from backend.casework.catalogue.compose import OfferedItem
from resolvers.access import PUBLIC
from resolvers.context import Info
from resolvers.divisions import DivisionCode
from resolvers.fields import query
from resolvers.items import ServiceItem
from resolvers.pagination import After, Connection, First, keyset_page, page_size, read_cursor

Code = Annotated[str, strawberry.argument(description="基本编码, 12 digits.")]


@query(
    access=PUBLIC,
    description="An item as it applies in a division: national standard plus regional editions.",
    returns=ServiceItem,
    shared_for=60,
)
async def service_item(info: Info, code: Code, division: DivisionCode) -> OfferedItem:
    """One item."""
    context = info.context
    return await queries.offered_item(context.viewer, context.work.catalogue, code=code, division=division)


@query(
    access=PUBLIC,
    description="Items offered in a division, by ascending code.",
    returns=Connection[ServiceItem],
    shared_for=60,
)
async def service_items(
    info: Info, division: DivisionCode, first: First = 20, after: After = None
) -> Connection[OfferedItem]:
    """A page of items."""
    place = read_cursor(after, str)
    context = info.context
    rows = await queries.offered_items(
        context.viewer,
        context.work.catalogue,
        division=division,
        after=place[0] if place else None,
        limit=page_size(first) + 1,
    )
    return keyset_page(rows, first=first, after=after, key=lambda row: (row.base_code,))


QUERIES = (service_item, service_items)
