"""Webhooks and how each telling went, as their organisation sees them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from backend.database.record import Row, fetch, fetch_one
from backend.kit.ids import node_id
from backend.provider_ports import HookProblem
from backend.providers.webhooks.models import DeliveryState, HookEvent
from backend.providers.webhooks.sending import message_id
from backend.viewer import Provider


@dataclass(frozen=True, slots=True)
class WebhookView:
    """A receiver."""

    id: UUID
    url: str
    events: Sequence[HookEvent]
    place_ids: Sequence[str]
    failing_since: datetime | None
    disabled_at: datetime | None
    disabled_because: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """One telling."""

    id: UUID
    message_id: str
    event: HookEvent
    subject: str
    subject_state: str
    state: DeliveryState
    attempts: int
    next_try_at: datetime
    last_problem: HookProblem | None
    last_status: int | None
    last_milliseconds: int | None
    delivered_at: datetime | None
    created_at: datetime


_COLUMNS = "id, url, events, places, failing_since, disabled_at, disabled_because, created_at"


async def webhooks(provider: Provider) -> Sequence[WebhookView]:
    """The receivers of the provider's organisation, the newest first; there are at most 20."""
    rows = await fetch(
        f"SELECT {_COLUMNS} FROM webhook WHERE organisation_id = $1 AND disabled_because <> 'REMOVED'"  # noqa: S608 - a constant of ours
        " ORDER BY id DESC LIMIT 50",
        provider.organisation_id,
    )
    return [_webhook(row) for row in rows]


async def webhook(provider: Provider, webhook_id: UUID) -> WebhookView | None:
    """One of them."""
    row = await fetch_one(
        f"SELECT {_COLUMNS} FROM webhook WHERE id = $1 AND organisation_id = $2",  # noqa: S608 - as above
        webhook_id,
        provider.organisation_id,
    )
    return _webhook(row) if row else None


async def deliveries(
    provider: Provider, webhook_id: UUID, *, state: DeliveryState | None, before: UUID | None, limit: int
) -> Sequence[DeliveryView]:
    """What was told to an own receiver, the newest first."""
    rows = await fetch(
        "SELECT delivery.id, delivery.event, delivery.subject, delivery.subject_state, delivery.state, delivery.attempts,"
        " delivery.next_try_at, delivery.last_problem, delivery.last_status, delivery.last_milliseconds,"
        " delivery.delivered_at, delivery.created_at FROM webhook_delivery delivery"
        " JOIN webhook ON webhook.id = delivery.webhook_id WHERE webhook.id = $1 AND webhook.organisation_id = $2"
        " AND ($3::text IS NULL OR delivery.state = $3) AND ($4::uuid IS NULL OR delivery.id < $4)"
        " ORDER BY delivery.id DESC LIMIT $5",
        webhook_id,
        provider.organisation_id,
        state,
        before,
        limit,
    )
    return [
        DeliveryView(
            **{
                **dict(row),
                "message_id": message_id(row["id"]),
                "event": HookEvent(row["event"]),
                "state": DeliveryState(row["state"]),
                "last_problem": HookProblem(row["last_problem"]) if row["last_problem"] else None,
            }
        )
        for row in rows
    ]


def _webhook(row: Row) -> WebhookView:
    return WebhookView(
        id=row["id"],
        url=row["url"],
        events=[HookEvent(one) for one in orjson.loads(row["events"])],
        place_ids=[node_id("SocialPlace", one) for one in orjson.loads(row["places"])],
        failing_since=row["failing_since"],
        disabled_at=row["disabled_at"],
        disabled_because=row["disabled_because"],
        created_at=row["created_at"],
    )
