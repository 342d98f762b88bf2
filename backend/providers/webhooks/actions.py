"""What an organisation does with its webhooks: make, change, ping, send again, rotate the secret."""

from base64 import b64encode
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_bytes
from uuid import UUID

import orjson

from backend.database.idempotency import once
from backend.database.jobs import Job, enqueue
from backend.database.record import Transaction, transaction
from backend.errors import Conflict, FieldProblem, Invalid, NotFound, ProblemCode, Text
from backend.kit import clock
from backend.kit.ids import new_id, node_id
from backend.providers.organisations.actions import active, first_time, tell
from backend.providers.webhooks.models import HookEvent
from backend.resources import Resources
from backend.viewer import Provider

MAKINGS = "60/hour"
TRIES = "60/hour"
"""Per organisation: pings, and sendings again."""
MOST = 20
MOST_PLACES = 100
MOST_SECRETS = 3
"""That count at the same time: everything is signed with each of them."""
OVERLAP = timedelta(hours=24)
LONGEST_PERIOD = timedelta(days=31)
MOST_AGAIN = 1_000

NO_SUCH_WEBHOOK = Text("没有这个 Webhook。", "There is no such webhook.")
BAD_ADDRESS = Text(
    "地址须为可从公网访问的https地址（{why}）。",
    "The address has to be https and reachable in public ({why}).",
)
NO_EVENTS = Text("请选择要接收的事件。", "Choose the events to hear of.")
TOO_MANY_PLACES = Text("一个 Webhook 最多选择100处。", "A webhook names 100 places at most.")
TOO_MANY = Text("Webhook 数量已达20个。", "There are 20 webhooks already.")
TOO_MANY_SECRETS = Text(
    "同时有效的密钥已达3个，请待旧密钥失效。", "3 secrets count already: wait until one ends."
)
SHOWN_ONCE = Text("密钥只显示一次，请轮换密钥。", "A secret is shown once: rotate it.")
BAD_PERIOD = Text("时间段不超过31天。", "A period has at most 31 days.")
NO_SUCH_DELIVERY = Text("没有这条投递记录。", "There is no such delivery.")


@dataclass(frozen=True, slots=True)
class Signing:
    """A webhook with a new secret: told this once."""

    webhook_id: UUID
    secret: str


async def make(
    provider: Provider,
    resources: Resources,
    *,
    url: str,
    events: Collection[HookEvent],
    places: Collection[UUID],
    idempotency_key: str,
) -> Signing:
    """A new receiver of an active organisation. Raises ``Invalid`` for an address that is not public.

    The name is looked up for nobody else: ``Forbidden``, ``TooMany`` and ``Conflict`` come first.
    """
    url = url.strip()
    if not events:
        raise Invalid(NO_EVENTS, fields=(FieldProblem(("input", "events"), NO_EVENTS),))
    if len(places) > MOST_PLACES:
        raise Invalid(TOO_MANY_PLACES).about("input", "placeIds")
    await resources.shared.limit(MAKINGS, "make-webhook", str(provider.organisation_id))
    async with transaction() as tx:
        await _room(tx, provider)
    problem = await resources.ports.webhooks.check(url) if len(url) <= 500 else "BAD_ADDRESS"
    if problem is not None:
        raise Invalid(BAD_ADDRESS.filled(why=problem)).about("input", "url")
    webhook_id = new_id()
    async with transaction() as tx:
        known = await once(
            tx,
            actor=provider.agent,
            operation="makeWebhook",
            key=idempotency_key,
            given=[url, sorted(events), sorted(map(str, places))],
            subject=webhook_id,
        )
        if known is not None:
            raise Conflict(SHOWN_ONCE, code=ProblemCode.ALREADY_DONE)
        await _room(tx, provider)
        await tx.execute(
            "INSERT INTO webhook (id, created_at, organisation_id, url, events, places, disabled_because)"
            " VALUES ($1, $2, $3, $4, $5::jsonb, $6::jsonb, '')",
            webhook_id,
            clock.now(),
            provider.organisation_id,
            url,
            orjson.dumps(sorted(events)).decode(),
            orjson.dumps(sorted(map(str, places))).decode(),
        )
        secret = await _new_secret(tx, resources, webhook_id)
        await tell(tx, provider.organisation_id, "webhook_made", provider.agent, {"webhook": str(webhook_id)})
    return Signing(webhook_id, secret)


async def rotate(
    provider: Provider, resources: Resources, *, webhook_id: UUID, idempotency_key: str
) -> Signing:
    """A new secret; for a day everything is signed with the one before, too. Raises ``Conflict`` with too many."""
    now = clock.now()
    async with transaction() as tx:
        if not await first_time(tx, provider, "rotateWebhookSecret", idempotency_key, str(webhook_id)):
            raise Conflict(SHOWN_ONCE, code=ProblemCode.ALREADY_DONE)
        await _own(tx, provider, webhook_id)
        rows = await tx.fetch(
            "UPDATE webhook_secret SET expires_at = least(coalesce(expires_at, $2), $2) WHERE webhook_id = $1"
            " RETURNING expires_at",
            webhook_id,
            now + OVERLAP,
        )
        if sum(row["expires_at"] > now for row in rows) >= MOST_SECRETS:
            raise Conflict(TOO_MANY_SECRETS)
        secret = await _new_secret(tx, resources, webhook_id)
        await tell(
            tx,
            provider.organisation_id,
            "webhook_secret_rotated",
            provider.agent,
            {"webhook": str(webhook_id)},
        )
    return Signing(webhook_id, secret)


async def switch(
    provider: Provider, *, webhook_id: UUID, on: bool, remove: bool = False, idempotency_key: str
) -> UUID:
    """Switch a receiver off, on again after it was disabled, or remove it. What failed meanwhile can be sent again."""
    async with transaction() as tx:
        if not await first_time(
            tx, provider, "switchWebhook", idempotency_key, [str(webhook_id), on, remove]
        ):
            return webhook_id
        await _own(tx, provider, webhook_id)
        await tx.execute(
            "UPDATE webhook SET disabled_at = $2, disabled_because = $3, failing_since = NULL, paused_until = NULL"
            " WHERE id = $1",
            webhook_id,
            None if on else clock.now(),
            "" if on else "REMOVED" if remove else "SWITCHED_OFF",
        )
        if on:
            await enqueue(tx, Job.SEND_WEBHOOKS, {"application": str(webhook_id)})
    return webhook_id


async def ping(provider: Provider, resources: Resources, *, webhook_id: UUID, idempotency_key: str) -> UUID:
    """Send a message that means nothing, to try a receiver, after the pause if it failed; the delivery's id."""
    await resources.shared.limit(TRIES, "try-webhook", str(provider.organisation_id))
    delivery_id = new_id()
    async with transaction() as tx:
        known = await once(
            tx,
            actor=provider.agent,
            operation="pingWebhook",
            key=idempotency_key,
            given=str(webhook_id),
            subject=delivery_id,
        )
        if known is not None:
            return known
        await _own(tx, provider, webhook_id)
        await tx.execute(
            "INSERT INTO webhook_delivery (id, created_at, webhook_id, event, subject, subject_state, subject_version,"
            " state, attempts, next_try_at) VALUES ($1, $2, $3, $4, $5, 'ALIVE', 0, 'PENDING', 0, $2)",
            delivery_id,
            clock.now(),
            webhook_id,
            HookEvent.PING,
            node_id("Webhook", webhook_id),
        )
        await enqueue(tx, Job.SEND_WEBHOOKS, {"application": str(webhook_id)})
    return delivery_id


async def send_again(
    provider: Provider,
    resources: Resources,
    *,
    webhook_id: UUID,
    delivery_id: UUID | None,
    since: datetime | None,
    until: datetime | None,
    failed_only: bool,
    idempotency_key: str,
) -> int:
    """Send one message again, or those of a period (at most 1,000, the oldest first); how many. Their ids stay.

    They wait for the pause of a receiver that failed, as everything does.
    Raises ``NotFound`` for a receiver or message that is not the provider's own, ``Invalid`` for a period.
    """
    if delivery_id is None and (
        since is None or until is None or not timedelta() < until - since <= LONGEST_PERIOD
    ):
        raise Invalid(BAD_PERIOD, fields=(FieldProblem(("input", "since"), BAD_PERIOD),))
    await resources.shared.limit(TRIES, "try-webhook", str(provider.organisation_id))
    async with transaction() as tx:
        given = [str(webhook_id), str(delivery_id), since, until, failed_only]
        if not await first_time(tx, provider, "redeliverWebhook", idempotency_key, given):
            return 0
        await _own(tx, provider, webhook_id)
        rows = await tx.fetch(
            "WITH chosen AS MATERIALIZED (SELECT id FROM webhook_delivery WHERE webhook_id = $1"
            " AND ($2::uuid IS NULL OR id = $2) AND ($3::timestamptz IS NULL OR created_at >= $3)"
            " AND ($4::timestamptz IS NULL OR created_at < $4) AND ($5 = FALSE OR state = 'FAILED')"
            " ORDER BY id LIMIT $6 FOR UPDATE)"
            " UPDATE webhook_delivery held SET state = 'PENDING', attempts = 0, next_try_at = $7 FROM chosen"
            " WHERE held.id = chosen.id RETURNING held.id",
            webhook_id,
            delivery_id,
            since,
            until,
            failed_only,
            MOST_AGAIN,
            clock.now(),
        )
        if delivery_id is not None and not rows:
            raise NotFound(NO_SUCH_DELIVERY)
        await enqueue(tx, Job.SEND_WEBHOOKS, {"application": str(webhook_id)})
    return len(rows)


async def _room(tx: Transaction, provider: Provider) -> None:
    await active(tx, provider)
    held = await tx.fetch_one(
        "SELECT count(*) AS hooks FROM webhook WHERE organisation_id = $1 AND disabled_because <> 'REMOVED'",
        provider.organisation_id,
    )
    if held is not None and held["hooks"] >= MOST:
        raise Conflict(TOO_MANY)


async def _own(tx: Transaction, provider: Provider, webhook_id: UUID) -> None:
    row = await tx.fetch_one(
        "SELECT 1 FROM webhook WHERE id = $1 AND organisation_id = $2 AND disabled_because <> 'REMOVED' FOR UPDATE",
        webhook_id,
        provider.organisation_id,
    )
    if row is None:
        raise NotFound(NO_SUCH_WEBHOOK)


async def _new_secret(tx: Transaction, resources: Resources, webhook_id: UUID) -> str:
    secret_id, secret = new_id(), token_bytes(32)
    await tx.execute(
        "INSERT INTO webhook_secret (id, created_at, webhook_id, secret_sealed) VALUES ($1, $2, $3, $4)",
        secret_id,
        clock.now(),
        webhook_id,
        resources.keys.ring.seal(secret, context=f"webhook.secret:{secret_id}"),
    )
    return f"whsec_{b64encode(secret).decode()}"
