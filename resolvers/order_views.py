"""Orders as they are shown, and what officers of the division see of them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from backend.providers.orders import queries
from backend.providers.orders.life import OrderAct, OrderState
from backend.providers.orders.models import ComplaintState, SubsidyFinding, SubsidyState
from backend.providers.orders.queries import (
    ComplaintEntry,
    ComplaintView,
    OrderEventView,
    OrderView,
    SubsidyUseView,
    Where,
)
from backend.viewer import OfficerRole
from resolvers.access import PARENT, officer
from resolvers.context import Info
from resolvers.fields import field, object_type, query
from resolvers.officers import officer_of
from resolvers.pagination import (
    After,
    Connection,
    First,
    Node,
    global_id,
    keyset_page,
    page_size,
    read_cursor,
)
from resolvers.scalars import Fen

strawberry.enum(OrderState, description="Where an order is.")
strawberry.enum(OrderAct, description="What was done with an order.")
strawberry.enum(ComplaintState, description="Where a complaint is.", name="OrderComplaintState")
strawberry.enum(SubsidyState, description="What became of a part of a subsidy.", name="SubsidyUseState")
strawberry.enum(SubsidyFinding, description="What reconciling with the case found.")

WATCHERS = officer(OfficerRole.SUPERVISION)


@object_type(reads=Where, description="Where to go and whom to call.")
class OrderContact:
    """A contact."""

    address: str = field(access=PARENT, description="Where to come to.")
    phone: str = field(access=PARENT, description="Whom to call.")
    note: str = field(access=PARENT, description="What else to know.")


@object_type(reads=OrderEventView, description="One entry of an order's timeline.")
class ServiceOrderEvent:
    """What happened."""

    sequence: int = field(access=PARENT, description="1, 2, 3 …")
    act: OrderAct = field(access=PARENT, description="What was done.")
    state: OrderState = field(access=PARENT, description="Where the order was then.")
    at: datetime = field(access=PARENT, description="When.")
    by: str = field(access=PARENT, description="CITIZEN, PROVIDER or SYSTEM.")


@object_type(reads=ComplaintView, description="A complaint about an order.")
class OrderComplaint:
    """A complaint and its answer."""

    state: ComplaintState = field(access=PARENT, description="Where it is.")
    text: str = field(access=PARENT, description="What is complained about.")
    answer: str | None = field(access=PARENT, description="What the provider says to it.")
    due_at: datetime = field(access=PARENT, description="Until when it has to be answered.")
    answered_at: datetime | None = field(access=PARENT, description="When it was.")


def _place_id(root: strawberry.Parent[OrderView]) -> strawberry.ID:
    return global_id("SocialPlace", root.place_id)


def _total(root: strawberry.Parent[OrderView]) -> int:
    return root.price_fen * root.quantity


def _to_pay(root: strawberry.Parent[OrderView]) -> int:
    return root.price_fen * root.quantity - root.subsidy_fen


def _contact(root: strawberry.Parent[OrderView]) -> Where | None:
    return root.where


@object_type(
    reads=OrderView, description="An order: of the citizen who placed it and the provider who carries it out."
)
class ServiceOrder(Node):
    """One order."""

    place_id: strawberry.ID = field(access=PARENT, description="The place.", resolver=_place_id)
    place_name: str = field(access=PARENT, description="Its name.")
    offering_code: str = field(access=PARENT, description="What was ordered.")
    offering_name: str = field(access=PARENT, description="Its name at that time.")
    unit: str = field(access=PARENT, description="What the price is for.")
    price_fen: Fen = field(access=PARENT, description="Price of one unit at that time.")
    quantity: int = field(access=PARENT, description="How many units.")
    total_fen: Fen = field(access=PARENT, description="Price of all of it.", resolver=_total)
    subsidy_fen: Fen = field(access=PARENT, description="What a subsidy pays.")
    to_pay_fen: Fen = field(access=PARENT, description="What is left for the citizen.", resolver=_to_pay)
    wanted_at: datetime = field(access=PARENT, description="When it is wanted.")
    state: OrderState = field(access=PARENT, description="Where it is.")
    version: int = field(access=PARENT, description="Grows with everything that happens to it.")
    due_at: datetime | None = field(access=PARENT, description="When the clock of this state runs out.")
    late: bool = field(access=PARENT, description="Whether it has run out.")
    customer: str | None = field(access=PARENT, description="The citizen's name, masked; for the provider.")
    contact: OrderContact | None = field(
        access=PARENT,
        description="Where to go; for the provider from accepting to the citizen's confirmation.",
        resolver=_contact,
    )
    check_in_code: str | None = field(
        access=PARENT, description="Six digits to show on arrival; for the citizen."
    )
    rating: int | None = field(access=PARENT, description="1 to 5, once it was rated.")
    complaint: OrderComplaint | None = field(access=PARENT, description="The complaint about it.")
    timeline: list[ServiceOrderEvent] = field(
        access=PARENT, description="What happened to it, in order.", most=20
    )
    created_at: datetime = field(access=PARENT, description="When it was placed.")


# --- what officers see -----------------------------------------------------------------------------


@object_type(
    reads=ComplaintEntry,
    description="That there is a complaint about a place of the division: who complained and about what is not told.",
    name="ComplaintAboutProvider",
)
class ComplaintAboutProvider(Node):
    """One complaint."""

    organisation_name: str = field(access=PARENT, description="About whom.")
    place_name: str = field(access=PARENT, description="About which of its places.")
    state: ComplaintState = field(access=PARENT, description="Where it is.")
    due_at: datetime = field(access=PARENT, description="Until when it has to be answered.")
    created_at: datetime = field(access=PARENT, description="When it came.")


def _application_id(root: strawberry.Parent[SubsidyUseView]) -> strawberry.ID:
    return global_id("Application", root.application_id)


@object_type(reads=SubsidyUseView, description="What an order used of a case's subsidy (核销).")
class SubsidyUse(Node):
    """One use."""

    application_id: strawberry.ID = field(access=PARENT, description="The case.", resolver=_application_id)
    month: str = field(access=PARENT, description="YYYY-MM.")
    amount_fen: Fen = field(access=PARENT, description="How much.")
    state: SubsidyState = field(access=PARENT, description="Whether it was used in the end.")
    finding: SubsidyFinding | None = field(
        access=PARENT, description="What reconciling with the case found; null before it was done."
    )
    organisation_name: str = field(access=PARENT, description="Who was paid.")
    created_at: datetime = field(access=PARENT, description="When it was set aside.")


@query(
    access=WATCHERS,
    description="Complaints about third parties in the officer's division; the newest first.",
    returns=Connection[ComplaintAboutProvider],
)
async def complaints_about_providers(
    info: Info,
    state: Annotated[
        ComplaintState | None, strawberry.argument(description="Only those in this state.")
    ] = None,
    first: First = 20,
    after: After = None,
) -> Connection[ComplaintEntry]:
    """A page of complaints."""
    place = read_cursor(after, UUID)
    rows = await queries.complaints(
        officer_of(info), state=state, before=place[0] if place else None, limit=page_size(first) + 1
    )
    return keyset_page(rows, first=first, after=after, key=lambda row: (row.id,))


@query(
    access=WATCHERS,
    description="What was used of subsidies of cases in the officer's division; the newest first.",
    returns=Connection[SubsidyUse],
)
async def subsidy_uses(
    info: Info,
    finding: Annotated[
        SubsidyFinding | None, strawberry.argument(description="Only those of which this was found.")
    ] = None,
    first: First = 20,
    after: After = None,
) -> Connection[SubsidyUseView]:
    """A page of uses."""
    place = read_cursor(after, UUID)
    rows = await queries.subsidy_uses(
        officer_of(info), finding=finding, before=place[0] if place else None, limit=page_size(first) + 1
    )
    return keyset_page(rows, first=first, after=after, key=lambda row: (row.id,))


QUERIES = (complaints_about_providers, subsidy_uses)
