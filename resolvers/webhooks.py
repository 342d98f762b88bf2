"""Webhooks at the counter: who hears what, how each telling went, and sending again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from backend.errors import NotFound
from backend.provider_ports import HookProblem
from backend.providers.webhooks import actions, queries
from backend.providers.webhooks.actions import Signing
from backend.providers.webhooks.models import DeliveryState, HookEvent
from backend.providers.webhooks.queries import DeliveryView, WebhookView
from resolvers.access import PARENT
from resolvers.api_clients import DEVELOPERS
from resolvers.context import Info
from resolvers.fields import MutationInput, field, input_field, input_type, mutation, object_type, query
from resolvers.organisation_views import provider_of
from resolvers.pagination import (
    After,
    Connection,
    First,
    Node,
    global_id,
    keyset_page,
    page_size,
    read_cursor,
    read_global_id,
)

strawberry.enum(HookEvent, description="What a receiver can hear of.", name="WebhookEvent")
strawberry.enum(DeliveryState, description="Where a telling is.", name="WebhookDeliveryState")
strawberry.enum(HookProblem, description="Why a webhook did not arrive.", name="WebhookProblem")


def _place_ids(root: strawberry.Parent[WebhookView]) -> list[strawberry.ID]:
    return [strawberry.ID(one) for one in root.place_ids]


@object_type(reads=WebhookView, description="A receiver of an organisation's.")
class Webhook(Node):
    """One receiver."""

    url: str = field(access=PARENT, description="Where it listens.")
    events: list[HookEvent] = field(access=PARENT, description="What it hears of.")
    place_ids: list[strawberry.ID] = field(
        access=PARENT,
        description="Only what is about these places; all, if empty.",
        resolver=_place_ids,
        most=100,
    )
    failing_since: datetime | None = field(access=PARENT, description="Since when nothing arrives.")
    disabled_at: datetime | None = field(access=PARENT, description="Since when nothing is sent.")
    disabled_because: str = field(
        access=PARENT,
        description="SWITCHED_OFF by you; GONE, PRIVATE_ADDRESS or FAILING_FOR_DAYS by us; else empty.",
    )
    created_at: datetime = field(access=PARENT, description="When it was made.")


def _webhook_id(root: strawberry.Parent[Signing]) -> strawberry.ID:
    return global_id("Webhook", root.webhook_id)


@object_type(reads=Signing, description="A webhook's new secret, shown this once.")
class WebhookSecret:
    """A secret."""

    webhook_id: strawberry.ID = field(access=PARENT, description="The webhook.", resolver=_webhook_id)
    secret: str = field(access=PARENT, description="`whsec_…`, as libraries of Standard Webhooks take it.")


@object_type(reads=DeliveryView, description="One telling to one receiver.")
class WebhookDelivery(Node):
    """How it went."""

    message_id: str = field(access=PARENT, description="`webhook-id`: the same at every try.")
    event: HookEvent = field(access=PARENT, description="What it is about.")
    subject: str = field(access=PARENT, description="Id of the thing.")
    subject_state: str = field(access=PARENT, description="How the thing stood.")
    state: DeliveryState = field(access=PARENT, description="Where it is.")
    attempts: int = field(access=PARENT, description="Tries so far.")
    next_try_at: datetime = field(access=PARENT, description="When it is tried again, while it is pending.")
    last_problem: HookProblem | None = field(access=PARENT, description="Why the last try failed.")
    last_status: int | None = field(access=PARENT, description="Status of the last answer.")
    last_milliseconds: int | None = field(access=PARENT, description="How long the last try took.")
    delivered_at: datetime | None = field(access=PARENT, description="When it arrived.")
    created_at: datetime = field(access=PARENT, description="When it happened.")


@object_type(description="How many messages were put back.")
class WebhookRedelivery:
    """A count."""

    count: int = field(access=PARENT, description="At most 1,000 at a time.")


@query(access=DEVELOPERS, description="The organisation's own webhooks, at most 20.", returns=list[Webhook])
async def webhooks(info: Info) -> Sequence[WebhookView]:
    """All receivers."""
    return await queries.webhooks(provider_of(info))


@query(
    access=DEVELOPERS,
    description="What was told to an own webhook, the newest first.",
    returns=Connection[WebhookDelivery],
)
async def webhook_deliveries(
    info: Info,
    webhook_id: Annotated[strawberry.ID, strawberry.argument(description="The webhook.")],
    state: Annotated[
        DeliveryState | None, strawberry.argument(description="Only those in this state.")
    ] = None,
    first: First = 20,
    after: After = None,
) -> Connection[DeliveryView]:
    """A page of the log."""
    place = read_cursor(after, UUID)
    rows = await queries.deliveries(
        provider_of(info),
        read_global_id(webhook_id, "Webhook"),
        state=state,
        before=place[0] if place else None,
        limit=page_size(first) + 1,
    )
    return keyset_page(rows, first=first, after=after, key=lambda row: (row.id,))


@input_type(description="A new receiver.")
class MakeWebhookInput(MutationInput):
    """Input of ``makeWebhook``."""

    url: str = input_field(description="https, reachable in public.")
    events: list[HookEvent] = input_field(description="What to hear of.")
    place_ids: list[strawberry.ID] | None = input_field(
        description="Only what is about these places, at most 100.", default=None
    )


@mutation(
    access=DEVELOPERS, description="Make a webhook; its secret is shown this once.", returns=WebhookSecret
)
async def make_webhook(info: Info, input: MakeWebhookInput) -> Signing:  # noqa: A002 - GraphQL's name
    """Make a webhook."""
    return await actions.make(
        provider_of(info),
        info.context.resources,
        url=input.url,
        events=frozenset(input.events),
        places=[read_global_id(one, "SocialPlace") for one in input.place_ids or ()],
        idempotency_key=input.idempotency_key,
    )


@input_type(description="A webhook.")
class WebhookInput(MutationInput):
    """Input of what is done with a webhook and needs nothing else."""

    webhook_id: strawberry.ID = input_field(description="The webhook.")


@mutation(
    access=DEVELOPERS,
    description="A new secret; for 24 hours everything is signed with the one before, too.",
    returns=WebhookSecret,
)
async def rotate_webhook_secret(info: Info, input: WebhookInput) -> Signing:  # noqa: A002 - as above
    """Rotate a secret."""
    return await actions.rotate(
        provider_of(info),
        info.context.resources,
        webhook_id=read_global_id(input.webhook_id, "Webhook"),
        idempotency_key=input.idempotency_key,
    )


@input_type(description="A webhook to switch.")
class SwitchWebhookInput(WebhookInput):
    """Input of ``switchWebhook``."""

    on: bool = input_field(description="Whether it hears anything from now on.")


@mutation(
    access=DEVELOPERS,
    description="Switch a webhook off, or on again after it was disabled.",
    returns=Webhook,
)
async def switch_webhook(info: Info, input: SwitchWebhookInput) -> WebhookView:  # noqa: A002 - as above
    """Switch a webhook."""
    return await _switched(info, input, on=input.on)


@mutation(access=DEVELOPERS, description="Remove a webhook; its log stays.", returns=Webhook)
async def remove_webhook(info: Info, input: WebhookInput) -> WebhookView:  # noqa: A002 - as above
    """Remove a webhook."""
    return await _switched(info, input, on=False, remove=True)


async def _switched(info: Info, given: WebhookInput, *, on: bool, remove: bool = False) -> WebhookView:
    webhook_id = await actions.switch(
        provider_of(info),
        webhook_id=read_global_id(given.webhook_id, "Webhook"),
        on=on,
        remove=remove,
        idempotency_key=given.idempotency_key,
    )
    found = await queries.webhook(provider_of(info), webhook_id)
    if found is None:
        raise NotFound(actions.NO_SUCH_WEBHOOK)
    return found


@mutation(
    access=DEVELOPERS,
    description="Send a webhook a message that means nothing; one that failed has its pause first.",
    returns=WebhookRedelivery,
)
async def ping_webhook(info: Info, input: WebhookInput) -> WebhookRedelivery:  # noqa: A002 - as above
    """Ping a webhook."""
    await actions.ping(
        provider_of(info),
        info.context.resources,
        webhook_id=read_global_id(input.webhook_id, "Webhook"),
        idempotency_key=input.idempotency_key,
    )
    return WebhookRedelivery(count=1)


@input_type(description="What to send again: one message, or those of a period.")
class RedeliverWebhookInput(WebhookInput):
    """Input of ``redeliverWebhook``."""

    delivery_id: strawberry.ID | None = input_field(description="This message only.", default=None)
    since: datetime | None = input_field(description="From here …", default=None)
    until: datetime | None = input_field(description="… to before here, at most 31 days.", default=None)
    failed_only: bool = input_field(description="Only those that were given up.", default=False)


@mutation(
    access=DEVELOPERS,
    description="Send messages again, with the ids that they had: a receiver knows those that it has seen.",
    returns=WebhookRedelivery,
)
async def redeliver_webhook(info: Info, input: RedeliverWebhookInput) -> WebhookRedelivery:  # noqa: A002 - as above
    """Redeliver."""
    one = input.delivery_id
    count = await actions.send_again(
        provider_of(info),
        info.context.resources,
        webhook_id=read_global_id(input.webhook_id, "Webhook"),
        delivery_id=None if one is None else read_global_id(one, "WebhookDelivery"),
        since=input.since,
        until=input.until,
        failed_only=input.failed_only,
        idempotency_key=input.idempotency_key,
    )
    return WebhookRedelivery(count=count)


QUERIES = (webhooks, webhook_deliveries)
MUTATIONS = (
    make_webhook,
    rotate_webhook_secret,
    switch_webhook,
    remove_webhook,
    ping_webhook,
    redeliver_webhook,
)
