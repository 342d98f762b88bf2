"""Orders at the counter: place one, carry it out, follow it, rate it, complain; and what a subsidy pays of it."""

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from backend.errors import NotFound
from backend.kit import clock
from backend.providers.orders import actions, afterwards, queries, subsidies
from backend.providers.orders.actions import Wish
from backend.providers.orders.life import OrderAct, OrderState
from backend.providers.orders.queries import OrderView
from backend.providers.orders.subsidies import Entitlement
from backend.providers.organisations.kinds import PlaceKind
from backend.viewer import Citizen, Provider, ProviderScope
from resolvers.access import CITIZEN, PARENT, provider
from resolvers.context import Info
from resolvers.events import Event, Since
from resolvers.fields import (
    MutationInput,
    field,
    input_field,
    input_type,
    mutation,
    object_type,
    query,
    subscription,
)
from resolvers.order_views import ServiceOrder
from resolvers.organisation_views import provider_of
from resolvers.pagination import (
    After,
    Connection,
    First,
    cursor,
    global_id,
    keyset_page,
    page_size,
    read_cursor,
    read_global_id,
)
from resolvers.scalars import Fen
from resolvers.sessions import citizen_of

CARRIERS = provider(ProviderScope.ORDERS)
OrderId = Annotated[strawberry.ID, strawberry.argument(description="Id of the order.")]
InState = Annotated[OrderState | None, strawberry.argument(description="Only those in this state.")]


async def _seen(info: Info, order_id: UUID) -> OrderView:
    found = await queries.order(info.context.viewer, info.context.resources, order_id)
    if found is None:
        raise NotFound(actions.NO_SUCH_ORDER)
    return found


@query(
    access=CITIZEN | CARRIERS,
    description="One order; null where there is none that this viewer may see.",
    returns=ServiceOrder | None,
)
async def service_order(info: Info, id: OrderId) -> OrderView | None:  # noqa: A002 - Relay's name
    """One order."""
    return await queries.order(
        info.context.viewer, info.context.resources, read_global_id(id, "ServiceOrder")
    )


@query(
    access=CITIZEN | CARRIERS,
    description="The citizen's own orders, or those of the provider's organisation; the newest first.",
    returns=Connection[ServiceOrder],
)
async def service_orders(
    info: Info, state: InState = None, first: First = 20, after: After = None
) -> Connection[OrderView]:
    """A page of orders."""
    viewer = info.context.viewer
    if not isinstance(viewer, Citizen | Provider):
        raise TypeError("reached by somebody whom the access does not name")
    place = read_cursor(after, UUID)
    rows = await queries.orders(
        viewer,
        info.context.resources,
        state=state,
        before=place[0] if place else None,
        limit=page_size(first) + 1,
    )
    return keyset_page(rows, first=first, after=after, key=lambda row: (row.id,))


@subscription(
    access=CITIZEN | CARRIERS,
    description="An order, at once and again whenever something happened to it. Polling `serviceOrder` tells the same.",
    returns=ServiceOrder,
)
async def service_order_changed(
    info: Info,
    id: OrderId,  # noqa: A002 - as above
    since: Since = None,
) -> AsyncGenerator[Event[OrderView], None]:
    """Follow an order."""
    order_id, seen = read_global_id(id, "ServiceOrder"), read_cursor(since, int)
    # Listen first, read then: what happens in between is announced and not missed.
    async with info.context.resources.shared.listening(f"order:{order_id}") as messages:
        row = await _seen(info, order_id)
        if seen is None or row.version > seen[0]:
            yield Event(row, cursor(row.version))
        async for _ in messages:
            row = await _seen(info, order_id)
            yield Event(row, cursor(row.version))


def _application_id(root: strawberry.Parent[Entitlement]) -> strawberry.ID:
    return global_id("Application", root.application_id)


@object_type(reads=Entitlement, description="What a case grants towards services in a month.")
class SubsidyEntitlement:
    """One grant."""

    application_id: strawberry.ID = field(access=PARENT, description="The case.", resolver=_application_id)
    item_code: str = field(access=PARENT, description="Its item.")
    month: str = field(access=PARENT, description="YYYY-MM.")
    granted_fen: Fen = field(access=PARENT, description="What it grants.")
    used_fen: Fen = field(access=PARENT, description="What orders have used or set aside of it.")
    left_fen: Fen = field(access=PARENT, description="What is left.")


@query(
    access=CITIZEN,
    description="What the citizen's cases grant towards services this month, at most 20.",
    returns=list[SubsidyEntitlement],
)
async def subsidy_entitlements(
    info: Info,
    kind: Annotated[
        PlaceKind | None, strawberry.argument(description="Only what can be spent on this.")
    ] = None,
) -> Sequence[Entitlement]:
    """Grants of the viewer's cases."""
    person_id = citizen_of(info).person_id
    if person_id is None:
        return ()
    month = subsidies.month_of(clock.now())
    return await subsidies.entitlements(info.context.work, person_id, month, kind=kind)


# --- the citizen -----------------------------------------------------------------------------------


@input_type(description="What is ordered.")
class PlaceOrderInput(MutationInput):
    """Input of ``placeOrder``."""

    place_id: strawberry.ID = input_field(description="The place.")
    offering_code: str = input_field(description="What of its offerings.")
    quantity: int = input_field(description="1 to 200.", default=1)
    wanted_at: datetime = input_field(description="When, within 90 days.")
    phone: str = input_field(description="Whom to call.")
    address: str = input_field(description="Where to come to, at most 200 characters.", default="")
    note: str = input_field(
        description="What else the provider should know, at most 500 characters.", default=""
    )
    subsidy_application_id: strawberry.ID | None = input_field(
        description="The case whose subsidy is to pay its part.", default=None
    )


@mutation(
    access=CITIZEN,
    description="Order or book what a place offers, at the price that it shows. A subsidy is checked against the case"
    " and set aside.",
    returns=ServiceOrder,
)
async def place_order(info: Info, input: PlaceOrderInput) -> OrderView:  # noqa: A002 - GraphQL's name
    """Place an order."""
    subsidy = input.subsidy_application_id
    order_id = await actions.place_order(
        citizen_of(info),
        info.context.work,
        Wish(
            place_id=read_global_id(input.place_id, "SocialPlace"),
            offering=input.offering_code,
            quantity=input.quantity,
            wanted_at=input.wanted_at,
            address=input.address.strip(),
            phone=input.phone.strip(),
            note=input.note.strip(),
            subsidy=None if subsidy is None else read_global_id(subsidy, "Application"),
        ),
        idempotency_key=input.idempotency_key,
    )
    return await _seen(info, order_id)


@input_type(description="An order.")
class OrderInput(MutationInput):
    """Input of what is done with an order and needs nothing else."""

    order_id: strawberry.ID = input_field(description="The order.")


async def _act(
    info: Info, given: OrderInput, act: OrderAct, staff_id: UUID | None = None, code: str = ""
) -> OrderView:
    viewer = info.context.viewer
    if not isinstance(viewer, Citizen | Provider):
        raise TypeError("reached by somebody whom the access does not name")
    order_id = await actions.act(
        viewer,
        info.context.work,
        order_id=read_global_id(given.order_id, "ServiceOrder"),
        act=act,
        idempotency_key=given.idempotency_key,
        staff_id=staff_id,
        code=code,
    )
    return await _seen(info, order_id)


@mutation(
    access=CITIZEN | CARRIERS,
    description="Cancel an order before somebody arrived: what was set aside for it is free again.",
    returns=ServiceOrder,
)
async def cancel_order(info: Info, input: OrderInput) -> OrderView:  # noqa: A002 - as above
    """Cancel an order."""
    return await _act(info, input, OrderAct.CANCEL)


@mutation(
    access=CITIZEN,
    description="Confirm that it was done: the subsidy's part counts as used. After 72 hours it counts as confirmed.",
    returns=ServiceOrder,
)
async def confirm_order(info: Info, input: OrderInput) -> OrderView:  # noqa: A002 - as above
    """Confirm an order."""
    return await _act(info, input, OrderAct.CONFIRM)


@input_type(description="A rating.")
class RateOrderInput(OrderInput):
    """Input of ``rateOrder``."""

    level: int = input_field(description="1 very dissatisfied to 5 very satisfied.")
    comment: str = input_field(description="For the organisation, at most 1000 characters.", default="")


@mutation(access=CITIZEN, description="Rate a confirmed order, once.", returns=ServiceOrder)
async def rate_order(info: Info, input: RateOrderInput) -> OrderView:  # noqa: A002 - as above
    """Rate an order."""
    order_id = await afterwards.rate(
        citizen_of(info),
        info.context.work,
        order_id=read_global_id(input.order_id, "ServiceOrder"),
        level=input.level,
        comment=input.comment.strip(),
        idempotency_key=input.idempotency_key,
    )
    return await _seen(info, order_id)


@input_type(description="A complaint, or the answer to one.")
class OrderWordsInput(OrderInput):
    """Input of ``complainAboutOrder`` and ``answerOrderComplaint``."""

    text: str = input_field(description="At most 1000 characters.")


@mutation(
    access=CITIZEN,
    description="Complain about an order, once. The provider answers within five days; then officers see that it did not.",
    returns=ServiceOrder,
)
async def complain_about_order(info: Info, input: OrderWordsInput) -> OrderView:  # noqa: A002 - as above
    """Complain."""
    order_id = await afterwards.complain(
        citizen_of(info),
        info.context.work,
        order_id=read_global_id(input.order_id, "ServiceOrder"),
        text=input.text,
        idempotency_key=input.idempotency_key,
    )
    return await _seen(info, order_id)


# --- the provider ----------------------------------------------------------------------------------


@mutation(access=CARRIERS, description="Accept an order (接单).", returns=ServiceOrder)
async def accept_order(info: Info, input: OrderInput) -> OrderView:  # noqa: A002 - as above
    """Accept an order."""
    return await _act(info, input, OrderAct.ACCEPT)


@mutation(access=CARRIERS, description="Decline an order that nobody accepted yet.", returns=ServiceOrder)
async def decline_order(info: Info, input: OrderInput) -> OrderView:  # noqa: A002 - as above
    """Decline an order."""
    return await _act(info, input, OrderAct.DECLINE)


@input_type(description="Who carries an order out.")
class AssignOrderInput(OrderInput):
    """Input of ``assignOrder``."""

    staff_id: strawberry.ID = input_field(description="A member of the organisation's staff.")


@mutation(
    access=CARRIERS, description="Assign an order to a member of the staff (派单).", returns=ServiceOrder
)
async def assign_order(info: Info, input: AssignOrderInput) -> OrderView:  # noqa: A002 - as above
    """Assign an order."""
    return await _act(
        info, input, OrderAct.ASSIGN, staff_id=read_global_id(input.staff_id, "OrganisationStaff")
    )


@input_type(description="Arrival.")
class CheckInOrderInput(OrderInput):
    """Input of ``checkInOrder``."""

    code: str = input_field(description="The six digits that the citizen shows.")


@mutation(
    access=CARRIERS,
    description="Note the arrival with the code that the citizen shows (签到); five tries an hour.",
    returns=ServiceOrder,
)
async def check_in_order(info: Info, input: CheckInOrderInput) -> OrderView:  # noqa: A002 - as above
    """Check in."""
    return await _act(info, input, OrderAct.ARRIVE, code=input.code.strip())


@mutation(access=CARRIERS, description="Note that the service is done.", returns=ServiceOrder)
async def finish_order(info: Info, input: OrderInput) -> OrderView:  # noqa: A002 - as above
    """Finish an order."""
    return await _act(info, input, OrderAct.FINISH)


@mutation(access=CARRIERS, description="Answer the complaint about an order.", returns=ServiceOrder)
async def answer_order_complaint(info: Info, input: OrderWordsInput) -> OrderView:  # noqa: A002 - as above
    """Answer a complaint."""
    order_id = await afterwards.answer(
        provider_of(info),
        info.context.work,
        order_id=read_global_id(input.order_id, "ServiceOrder"),
        text=input.text,
        idempotency_key=input.idempotency_key,
    )
    return await _seen(info, order_id)


QUERIES = (service_order, service_orders, subsidy_entitlements)
MUTATIONS = (
    place_order,
    cancel_order,
    confirm_order,
    rate_order,
    complain_about_order,
    accept_order,
    decline_order,
    assign_order,
    check_in_order,
    finish_order,
    answer_order_complaint,
)
SUBSCRIPTIONS = (service_order_changed,)
