"""After the service: rate it once, complain once, answer a complaint in time."""

from datetime import timedelta
from uuid import UUID

from backend.casework.machine import Casework
from backend.database.idempotency import once
from backend.database.record import transaction
from backend.errors import Conflict, Invalid, NotFound, ProblemCode, Text
from backend.kit import clock
from backend.kit.ids import new_id
from backend.providers.orders.actions import name_of, note, own_order
from backend.providers.orders.life import OrderAct, OrderState, moved
from backend.viewer import Citizen, Provider

ANSWER_WITHIN = timedelta(days=5)
"""The house's own limit."""
LONGEST = 1000
AT_ONCE = 200

RATED = Text("该订单已评价。", "This order was rated already.")
NO_SUCH_LEVEL = Text("评价为1至5级。", "A rating is 1 to 5.")
COMPLAINED = Text("该订单已投诉。", "There is a complaint already.")
SAY_IT = Text("请填写内容，1000字以内。", "Say it in at most 1000 characters.")
NO_COMPLAINT = Text("没有待答复的投诉。", "There is no complaint to answer.")


async def rate(
    citizen: Citizen, work: Casework, *, order_id: UUID, level: int, comment: str, idempotency_key: str
) -> UUID:
    """Rate a confirmed order, 1 to 5, once; the place's own rating counts it at once."""
    if not 1 <= level <= 5:
        raise Invalid(NO_SUCH_LEVEL).about("input", "level")
    if len(comment) > LONGEST:
        raise Invalid(SAY_IT).about("input", "comment")
    ring, index = work.resources.keys.ring, work.resources.keys.blind_index
    async with transaction() as tx:
        given = [str(order_id), level, index.of(comment, "service_order.comment")]
        if (
            await once(
                tx,
                actor=name_of(citizen),
                operation="rateOrder",
                key=idempotency_key,
                given=given,
                subject=order_id,
            )
            is not None
        ):
            return order_id
        row = await own_order(tx, citizen, order_id)
        moved(OrderState(row["state"]), OrderAct.RATE)
        if row["rating"] is not None:
            raise Conflict(RATED, code=ProblemCode.ALREADY_DONE)
        sealed = ring.seal(comment.encode(), context=f"service_order.comment:{order_id}") if comment else None
        await tx.execute(
            "UPDATE service_order SET rating = $2, comment_sealed = $3 WHERE id = $1", order_id, level, sealed
        )
        await tx.execute(
            "UPDATE place SET rating_sum = rating_sum + $2, rating_count = rating_count + 1 WHERE id = $1",
            row["place_id"],
            level,
        )
        await note(tx, work.resources.shared, row, OrderAct.RATE, name_of(citizen))
    return order_id


async def complain(
    citizen: Citizen, work: Casework, *, order_id: UUID, text: str, idempotency_key: str
) -> UUID:
    """Complain about an order, once. The provider answers within five days; then officers see that it did not."""
    text = _said(text, "text")
    ring, index = work.resources.keys.ring, work.resources.keys.blind_index
    async with transaction() as tx:
        known = await once(
            tx,
            actor=name_of(citizen),
            operation="complainAboutOrder",
            key=idempotency_key,
            given=[str(order_id), index.of(text, "order_complaint")],
            subject=order_id,
        )
        if known is not None:
            return order_id
        row = await own_order(tx, citizen, order_id)
        moved(OrderState(row["state"]), OrderAct.COMPLAIN)
        now = clock.now()
        made = await tx.fetch_one(
            "INSERT INTO order_complaint (id, created_at, order_id, division, text_sealed, state, due_at)"
            " VALUES ($1, $2, $3, $4, $5, 'OPEN', $6) ON CONFLICT (order_id) DO NOTHING RETURNING id",
            new_id(),
            now,
            order_id,
            row["division"],
            ring.seal(text.encode(), context=f"order_complaint.text:{order_id}"),
            now + ANSWER_WITHIN,
        )
        if made is None:
            raise Conflict(COMPLAINED, code=ProblemCode.ALREADY_DONE)
        await note(tx, work.resources.shared, row, OrderAct.COMPLAIN, name_of(citizen))
    return order_id


async def answer(
    provider: Provider, work: Casework, *, order_id: UUID, text: str, idempotency_key: str
) -> UUID:
    """Answer the complaint about an own order, also when that is late. Raises ``NotFound``."""
    text = _said(text, "text")
    ring, index = work.resources.keys.ring, work.resources.keys.blind_index
    async with transaction() as tx:
        known = await once(
            tx,
            actor=provider.agent,
            operation="answerOrderComplaint",
            key=idempotency_key,
            given=[str(order_id), index.of(text, "order_complaint")],
            subject=order_id,
        )
        if known is not None:
            return order_id
        row = await own_order(tx, provider, order_id)
        done = await tx.fetch_one(
            "UPDATE order_complaint SET state = 'ANSWERED', answer_sealed = $2, answered_at = $3"
            " WHERE order_id = $1 AND state <> 'ANSWERED' RETURNING id",
            order_id,
            ring.seal(text.encode(), context=f"order_complaint.answer:{order_id}"),
            clock.now(),
        )
        if done is None:
            raise NotFound(NO_COMPLAINT)
        await note(tx, work.resources.shared, row, OrderAct.ANSWER, provider.agent)
    return order_id


async def mark_unanswered(*, most: int = AT_ONCE) -> int:
    """Complaints that nobody answered in time, for the worker's clock; how many."""
    async with transaction() as tx:
        rows = await tx.fetch(
            "WITH chosen AS MATERIALIZED (SELECT id FROM order_complaint WHERE state = 'OPEN' AND due_at <= $1"
            " ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED)"
            " UPDATE order_complaint SET state = 'OVERDUE' FROM chosen WHERE order_complaint.id = chosen.id"
            " RETURNING order_complaint.id",
            clock.now(),
            most,
        )
    return len(rows)


def _said(text: str, name: str) -> str:
    text = text.strip()
    if not 0 < len(text) <= LONGEST:
        raise Invalid(SAY_IT).about("input", name)
    return text
