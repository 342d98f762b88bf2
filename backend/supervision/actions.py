"""Supervise orders: issued, answered in time or escalated upward, closed or given back; each act is audited."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from backend.casework.applications.events import actor_name
from backend.casework.legal_clock import end_of
from backend.casework.machine import Casework
from backend.database import audit
from backend.database.idempotency import once
from backend.database.record import Row, Transaction, transaction
from backend.errors import Conflict, FieldProblem, Invalid, NotFound, ProblemCode, Text
from backend.kit import clock, regions
from backend.kit.ids import new_id
from backend.kit.working_days import Calendar
from backend.supervision.counting import Place, Step, order_measures, places, write_steps
from backend.supervision.models import OrderKind
from backend.supervision.rules import UNANSWERED_WARNING, WARNING_DAYS
from backend.supervision.watching import Finding, note
from backend.supervision.writing import NewOrder, open_orders, superior_of
from backend.viewer import Officer

LONGEST_TEXT = 1000
MOST_DAYS = 30
AT_ONCE = 500

NO_SUCH_CASE = Text("没有这个办件。", "There is no such case.")
NO_SUCH_ORDER = Text("没有这份督办单。", "There is no such order.")
TEXT_WANTED = Text("请填写内容（1000字以内）。", "Write something, 1000 characters at most.")
BAD_DAYS = Text("答复期限应为1至30个工作日。", "An answer has 1 to 30 working days.")
NOT_OPEN = Text("该督办单已答复或已办结。", "This order was answered or closed.")
NOT_ANSWERED = Text("该督办单尚未答复。", "This order was not answered yet.")


def text_context(order_id: UUID, part: str) -> str:
    """Where a sealed text of an order belongs."""
    return f"supervision_order.{part}:{order_id}"


def _seal(work: Casework, order_id: UUID, part: str, text: str) -> str:
    told = text.strip()
    if not told or len(told) > LONGEST_TEXT:
        raise Invalid(TEXT_WANTED, fields=(FieldProblem(("input", part), TEXT_WANTED),))
    return work.resources.keys.ring.seal(told.encode(), context=text_context(order_id, part))


async def issue_order(
    supervisor: Officer, work: Casework, *, application_id: UUID, text: str, days: int, idempotency_key: str
) -> UUID:
    """督办: ask the organ of a case for an answer within ``days`` working days.

    Raises ``NotFound`` for a case that is not in the supervisor's division, ``Invalid`` for text or days.
    """
    order_id = new_id()
    if not 1 <= days <= MOST_DAYS:
        raise Invalid(BAD_DAYS, fields=(FieldProblem(("input", "days"), BAD_DAYS),))
    sealed = _seal(work, order_id, "text", text)
    said = work.resources.keys.blind_index.of(text.strip(), "supervision.text")
    async with transaction() as tx:
        known = await once(
            tx,
            actor=actor_name(supervisor),
            operation="issueSupervisionOrder",
            key=idempotency_key,
            given=[str(application_id), days, said],
            subject=order_id,
        )
        if known is not None:
            return known
        place = (await places(tx, [application_id])).get(application_id)
        if place is None or not regions.within(place.division, supervisor.division):
            raise NotFound(NO_SUCH_CASE)
        order = NewOrder(
            application_id,
            OrderKind.SUPERVISE,
            f"order:{order_id}",
            place.division,
            place,
            clock.now(),
            days,
            issued_by=actor_name(supervisor),
            id=order_id,
            text_sealed=sealed,
        )
        await open_orders(tx, work.calendar, [order])
        await _audit(tx, order_id, "supervision_order_issued", supervisor, application_id)
    return order_id


async def answer_order(
    officer: Officer, work: Casework, *, order_id: UUID, answer: str, idempotency_key: str
) -> UUID:
    """Answer an order that is addressed to the officer's own division.

    Raises ``NotFound`` for any other order and ``Conflict`` for one that is not open.
    """
    sealed = _seal(work, order_id, "answer", answer)
    said = work.resources.keys.blind_index.of(answer.strip(), "supervision.answer")
    async with transaction() as tx:
        known = await once(
            tx,
            actor=actor_name(officer),
            operation="answerSupervisionOrder",
            key=idempotency_key,
            given=[str(order_id), said],
            subject=order_id,
        )
        if known is not None:
            return known
        row = await _locked(tx, order_id)
        if row is None or row["division"] != officer.division:
            raise NotFound(NO_SUCH_ORDER)
        if row["state"] != "OPEN":
            raise Conflict(NOT_OPEN, code=ProblemCode.ALREADY_DONE)
        await tx.execute(
            "UPDATE supervision_order SET state = 'ANSWERED', answer_sealed = $2, answered_by = $3, answered_at = $4"
            " WHERE id = $1",
            order_id,
            sealed,
            actor_name(officer),
            clock.now(),
        )
        await _count(tx, row, state="ANSWERED", late=row["late"])
        await _audit(tx, order_id, "supervision_order_answered", officer, row["application_id"])
    return order_id


async def close_order(
    supervisor: Officer, work: Casework, *, order_id: UUID, satisfied: bool, idempotency_key: str
) -> UUID:
    """Close an answered order, or give it back for another answer within the same days.

    Raises ``NotFound`` for one outside of the supervisor's division and ``Conflict`` for one without an answer.
    """
    async with transaction() as tx:
        known = await once(
            tx,
            actor=actor_name(supervisor),
            operation="closeSupervisionOrder",
            key=idempotency_key,
            given=[str(order_id), satisfied],
            subject=order_id,
        )
        if known is not None:
            return known
        row = await _locked(tx, order_id)
        if row is None or not regions.within(row["division"], supervisor.division):
            raise NotFound(NO_SUCH_ORDER)
        if row["state"] != "ANSWERED":
            raise Conflict(NOT_ANSWERED)
        if satisfied:
            await tx.execute(
                "UPDATE supervision_order SET state = 'CLOSED', closed_at = $2 WHERE id = $1",
                order_id,
                clock.now(),
            )
            await _count(tx, row, state="CLOSED", late=row["late"])
        else:
            due = work.calendar.add_working_days(clock.today(), row["days"])
            await tx.execute(
                "UPDATE supervision_order SET state = 'OPEN', late = false, started_on = $2, due_on = $3, due_at = $4,"
                " calendar_version = $5 WHERE id = $1",
                order_id,
                clock.today(),
                due,
                end_of(due),
                work.calendar.version,
            )
            await _count(tx, row, state="OPEN", late=False)
        kind = "supervision_order_closed" if satisfied else "supervision_order_given_back"
        await _audit(tx, order_id, kind, supervisor, row["application_id"])
    return order_id


async def escalate_late_orders(calendar: Calendar) -> int:
    """What was not answered in time is found on the case and goes to the organ above; returns how many.

    Found by due time, each once, safe beside itself. Above the nation there is nobody: it stays late.
    """
    done = 0
    while True:
        async with transaction() as tx:
            now = clock.now()
            rows = await tx.fetch(
                "SELECT id, application_id, kind, cause, division, state, late FROM supervision_order"
                " WHERE NOT late AND state = 'OPEN' AND due_at <= $1 ORDER BY due_at LIMIT $2"
                " FOR UPDATE SKIP LOCKED",
                now,
                AT_ONCE,
            )
            await _escalate(tx, calendar, rows, now)
        done += len(rows)
        if len(rows) < AT_ONCE:
            return done


async def _escalate(tx: Transaction, calendar: Calendar, found: Sequence[Row], now: datetime) -> None:
    if not found:
        return
    await tx.execute(
        "UPDATE supervision_order SET late = true WHERE id = ANY($1::uuid[])", [row["id"] for row in found]
    )
    placed = await places(tx, [row["application_id"] for row in found])
    findings = [
        Finding(
            row["application_id"],
            UNANSWERED_WARNING,
            str(row["id"]),
            UNANSWERED_WARNING.light,
            now,
        )
        for row in found
    ]
    await note(tx, calendar, findings)
    await write_steps(
        tx, [Step(_unofficered(placed[row["application_id"]]), "ORDERS_LATE", 1) for row in found]
    )
    upward = [
        NewOrder(
            row["application_id"],
            OrderKind.ESCALATION,
            f"escalated:{row['id']}",
            superior,
            placed[row["application_id"]],
            now,
            WARNING_DAYS,
        )
        for row in found
        if (superior := superior_of(row["division"])) is not None
    ]
    if upward:
        await open_orders(tx, calendar, upward)


async def reckon_orders_anew(calendar: Calendar) -> int:
    """Reckon the due times of open orders by a new calendar; returns how many."""
    done = 0
    while True:
        async with transaction() as tx:
            rows = await tx.fetch(
                "SELECT id, started_on, days FROM supervision_order WHERE NOT late AND state = 'OPEN'"
                " AND calendar_version < $1 ORDER BY calendar_version LIMIT $2 FOR UPDATE SKIP LOCKED",
                calendar.version,
                AT_ONCE,
            )
            dues = [calendar.add_working_days(row["started_on"], row["days"]) for row in rows]
            await tx.execute(
                "UPDATE supervision_order o SET due_on = n.due_on, due_at = n.due_at, calendar_version = $4"
                " FROM unnest($1::uuid[], $2::date[], $3::timestamptz[]) AS n(id, due_on, due_at) WHERE o.id = n.id",
                [row["id"] for row in rows],
                dues,
                [end_of(due) for due in dues],
                calendar.version,
            )
        done += len(rows)
        if len(rows) < AT_ONCE:
            return done


async def _locked(tx: Transaction, order_id: UUID) -> Row | None:
    return await tx.fetch_one(
        "SELECT id, application_id, division, state, late, days FROM supervision_order WHERE id = $1 FOR UPDATE",
        order_id,
    )


async def _count(tx: Transaction, row: Row, *, state: str, late: bool) -> None:
    place = _unofficered((await places(tx, [row["application_id"]]))[row["application_id"]])
    before = [Step(place, one, -1) for one in order_measures(state=row["state"], late=row["late"])]
    after = [Step(place, one, 1) for one in order_measures(state=state, late=late)]
    await write_steps(tx, [*before, *after])


def _unofficered(place: Place) -> Place:
    """Orders are the organ's, not an officer's."""
    return replace(place, officer="")


async def _audit(tx: Transaction, order_id: UUID, kind: str, officer: Officer, application_id: UUID) -> None:
    await audit.append(
        tx,
        subject=f"supervision_order:{order_id}",
        kind=kind,
        actor=actor_name(officer),
        detail={"application": str(application_id)},
    )
