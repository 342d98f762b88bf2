"""Urgent help: decided by an officer within the region's cap, paid first, and followed until its papers are there."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

import orjson

from backend.casework.applications.actions import NO_SUCH_CASE
from backend.casework.applications.events import actor_name, locked_state, record_event
from backend.casework.applications.queries import application
from backend.casework.definitions import UrgentPath
from backend.casework.lifecycle import OPEN, CaseEvent, CaseEventKind, CaseState
from backend.casework.machine import Casework
from backend.casework.urgent.models import UrgentState
from backend.database import audit
from backend.database.idempotency import once
from backend.database.record import Row, Transaction, fetch, transaction
from backend.errors import Conflict, FieldProblem, Forbidden, Invalid, NotFound, ProblemCode, Text
from backend.kit import clock
from backend.kit.ids import new_id
from backend.viewer import Actor, Machine, Officer

ACTOR = Machine("urgent-help")
LONGEST_REASON = 500

NO_PATH = Text("该事项没有先行救助程序。", "This item has no urgent path.")
NOT_OPEN = Text("办件未提交或已办结，不能先行救助。", "Urgent help is given to a case that is under way.")
ONCE_ONLY = Text("该办件已先行救助。", "Urgent help was decided for this case already.")
TOO_MUCH = Text("金额须大于0且不超过先行救助上限{cap}元。", "The sum must be above 0 and at most {cap} yuan.")
SAY_WHY = Text("请填写理由，500字以内。", "Say why, in at most 500 characters.")
BAD_REFERENCE = Text(
    "请填写支付凭证号，64个字符以内。", "Give the number of the payment, at most 64 characters."
)
NOT_THERE = Text("该办件没有先行救助。", "There is no urgent help in this case.")
NOT_NOW = Text("当前状态不允许此操作。", "This cannot be done now.")


async def grant(
    officer: Officer,
    work: Casework,
    *,
    application_id: UUID,
    amount_fen: int,
    reason: str,
    idempotency_key: str,
) -> UUID:
    """Decide that help comes first: to be paid within the hours that the item names.

    Raises ``NotFound``, ``Forbidden`` for an item without the path, ``Invalid`` for a sum above the region's
    cap or without a reason, and ``Conflict`` for a case that is not under way or was helped already.
    """
    path = await _path_of(officer, work, application_id)
    _check_reason(reason)
    async with transaction() as tx:
        given = [str(application_id), amount_fen, _blind(work, reason)]
        if not await _first_time(
            tx, officer, "grantUrgentHelp", key=idempotency_key, given=given, subject=application_id
        ):
            return application_id
        state = await _held(tx, application_id)
        if state not in OPEN:
            raise Conflict(NOT_OPEN)
        figures = await tx.fetch_one("SELECT figures FROM application WHERE id = $1", application_id)
        cap = orjson.loads(figures["figures"])[path.cap_parameter] if figures else 0
        if not 0 < amount_fen <= cap:
            told = TOO_MUCH.filled(cap=cap // 100)
            raise Invalid(told, fields=(FieldProblem(("input", "amount"), told),))
        now = clock.now()
        made = await tx.fetch_one(
            "INSERT INTO urgent_help (id, created_at, application_id, state, amount_fen, reason_sealed, decided_by,"
            " pay_by, payment_reference) VALUES ($1, $2, $3, 'DECIDED', $4, $5, $6, $7, '')"
            " ON CONFLICT (application_id) DO NOTHING RETURNING id",
            new_id(),
            now,
            application_id,
            amount_fen,
            _seal(work, application_id, "reason", reason),
            actor_name(officer),
            now + timedelta(hours=path.pay_within_hours),
        )
        if made is None:
            raise Conflict(ONCE_ONLY, code=ProblemCode.ALREADY_DONE)
        await _tell(tx, work, application_id, before=state, kind=CaseEventKind.URGENT_DECIDED, actor=officer)
    return application_id


async def record_payment(
    officer: Officer, work: Casework, *, application_id: UUID, reference: str, idempotency_key: str
) -> UUID:
    """Note that it was paid; from this day the papers are due. Raises ``NotFound``, ``Invalid``, ``Conflict``."""
    path = await _path_of(officer, work, application_id)
    if not 0 < len(reference) <= 64 or not reference.isprintable():
        raise Invalid(BAD_REFERENCE, fields=(FieldProblem(("input", "reference"), BAD_REFERENCE),))
    async with transaction() as tx:
        given = [str(application_id), reference]
        if not await _first_time(
            tx, officer, "recordUrgentPayment", key=idempotency_key, given=given, subject=application_id
        ):
            return application_id
        state = await _held(tx, application_id)
        due = work.calendar.add_working_days(clock.today(), path.papers_within_working_days)
        await _move(
            tx,
            application_id,
            {UrgentState.DECIDED},
            "state = 'PAID', paid_at = $3, payment_reference = $4, papers_due_on = $5",
            clock.now(),
            reference,
            due,
        )
        detail = {"papersDue": due.isoformat()}
        await _tell(
            tx,
            work,
            application_id,
            before=state,
            kind=CaseEventKind.URGENT_PAID,
            actor=officer,
            detail=detail,
        )
    return application_id


async def complete_papers(
    officer: Officer, work: Casework, *, application_id: UUID, idempotency_key: str
) -> UUID:
    """Note that the papers are complete; also where they come while the money is asked back."""
    await _path_of(officer, work, application_id)
    async with transaction() as tx:
        if not await _first_time(
            tx,
            officer,
            "completeUrgentPapers",
            key=idempotency_key,
            given=[str(application_id)],
            subject=application_id,
        ):
            return application_id
        state = await _held(tx, application_id)
        await _move(
            tx,
            application_id,
            {UrgentState.PAID, UrgentState.CLAWBACK},
            "state = 'SETTLED', ended_at = $3",
            clock.now(),
        )
        await _tell(
            tx, work, application_id, before=state, kind=CaseEventKind.PAPERS_COMPLETED, actor=officer
        )
    return application_id


async def end_clawback(
    officer: Officer,
    work: Casework,
    *,
    application_id: UUID,
    recovered: bool,
    reason: str,
    idempotency_key: str,
) -> UUID:
    """End a clawback: the money came back, or it is waived; either with a reason."""
    await _path_of(officer, work, application_id)
    _check_reason(reason)
    async with transaction() as tx:
        given = [str(application_id), recovered, _blind(work, reason)]
        if not await _first_time(
            tx, officer, "endUrgentClawback", key=idempotency_key, given=given, subject=application_id
        ):
            return application_id
        state = await _held(tx, application_id)
        outcome = UrgentState.RECOVERED if recovered else UrgentState.WAIVED
        await _move(
            tx,
            application_id,
            {UrgentState.CLAWBACK},
            "state = $3, ended_at = $4, end_sealed = $5",
            outcome.value,
            clock.now(),
            _seal(work, application_id, "end", reason),
        )
        detail = {"outcome": outcome.value}
        await _tell(
            tx,
            work,
            application_id,
            before=state,
            kind=CaseEventKind.CLAWBACK_ENDED,
            actor=officer,
            detail=detail,
        )
    return application_id


async def settle_when_approved(tx: Transaction, event: CaseEvent) -> None:
    """The reactor that settles urgent help with the approval of the whole application: its papers were complete."""
    if event.kind is CaseEventKind.APPROVED:
        await tx.execute(
            "UPDATE urgent_help SET state = 'SETTLED', ended_at = $2 WHERE application_id = $1 AND state = 'PAID'",
            event.application_id,
            event.at,
        )


async def follow_urgent_help(work: Casework, limit: int = 500) -> int:
    """Remind on the working day before the papers are due, and ask back what they never came for.

    The due day is reckoned again from the day of payment, so that a calendar that changed meanwhile counts.
    Returns how many cases were moved. Safe to run again and beside itself.
    """
    rows = await fetch(
        "SELECT u.application_id, u.papers_due_on, u.paid_at, u.reminded_at, a.item_code FROM urgent_help u"
        " JOIN application a ON a.id = u.application_id WHERE u.state = 'PAID' AND u.papers_due_on <= $1"
        " ORDER BY u.papers_due_on LIMIT $2",
        clock.today() + timedelta(days=14),
        limit,
    )
    moved = 0
    for row in rows:
        path = work.standards.get(row["item_code"]).urgent
        if path is not None:
            moved += await _follow(work, row, path)
    return moved


async def _follow(work: Casework, row: Row, path: UrgentPath) -> bool:
    today, application_id = clock.today(), row["application_id"]
    due = work.calendar.add_working_days(clock.local(row["paid_at"]).date(), path.papers_within_working_days)
    async with transaction() as tx:
        state = await _held(tx, application_id)
        if due != row["papers_due_on"]:
            await tx.execute(
                "UPDATE urgent_help SET papers_due_on = $2 WHERE application_id = $1 AND state = 'PAID'",
                application_id,
                due,
            )
        if today > due:
            what, kind = "state = 'CLAWBACK'", CaseEventKind.CLAWBACK_BEGUN
            guard = "state = 'PAID'"
        elif row["reminded_at"] is None and work.calendar.add_working_days(today, 1) >= due:
            what, kind = "reminded_at = now()", CaseEventKind.PAPERS_REMINDED
            guard = "state = 'PAID' AND reminded_at IS NULL"
        else:
            return False
        changed = await tx.fetch_one(
            f"UPDATE urgent_help SET {what} WHERE application_id = $1 AND {guard} RETURNING id",  # noqa: S608 - constants of ours
            application_id,
        )
        if changed is None:
            return False
        await _tell(
            tx,
            work,
            application_id,
            before=state,
            kind=kind,
            actor=ACTOR,
            detail={"papersDue": due.isoformat()},
        )
    return True


async def _path_of(officer: Officer, work: Casework, application_id: UUID) -> UrgentPath:
    case = await application(officer, application_id)
    if case is None:
        raise NotFound(NO_SUCH_CASE)
    path = work.standards.get(case.item_code).urgent
    if path is None:
        raise Forbidden(NO_PATH)
    return path


async def _held(tx: Transaction, application_id: UUID) -> CaseState:
    """The case's state, held: whoever does something to its urgent help at once takes turns."""
    state = await locked_state(tx, application_id)
    if state is None:
        raise NotFound(NO_SUCH_CASE)
    return state


async def _move(
    tx: Transaction, application_id: UUID, before: set[UrgentState], change: str, *values: object
) -> None:
    moved = await tx.fetch_one(
        f"UPDATE urgent_help SET {change} WHERE application_id = $1 AND state = ANY($2::text[]) RETURNING id",  # noqa: S608 - constants of ours
        application_id,
        sorted(state.value for state in before),
        *values,
    )
    if moved is not None:
        return
    there = await tx.fetch_one("SELECT 1 FROM urgent_help WHERE application_id = $1", application_id)
    raise NotFound(NOT_THERE) if there is None else Conflict(NOT_NOW)


async def _tell(
    tx: Transaction,
    work: Casework,
    application_id: UUID,
    *,
    before: CaseState,
    kind: CaseEventKind,
    actor: Actor,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Into the timeline, which tells the citizen, and into the trail."""
    event = await record_event(tx, work, application_id, kind, before=before, actor=actor, detail=detail)
    await audit.append(
        tx,
        subject=f"person:{event.person_id}",
        kind=kind.value.lower(),
        actor=actor_name(actor),
        detail={"application": str(application_id), **(detail or {})},
    )


async def _first_time(
    tx: Transaction, officer: Officer, operation: str, *, key: str, given: object, subject: UUID
) -> bool:
    known = await once(
        tx, actor=actor_name(officer), operation=operation, key=key, given=given, subject=subject
    )
    return known is None


def _check_reason(reason: str) -> None:
    if not 0 < len(reason.strip()) <= LONGEST_REASON:
        raise Invalid(SAY_WHY, fields=(FieldProblem(("input", "reason"), SAY_WHY),))


def _seal(work: Casework, application_id: UUID, what: str, text: str) -> str:
    return work.resources.keys.ring.seal(text.encode(), context=f"urgent_help.{what}:{application_id}")


def open_text(work: Casework, application_id: UUID, what: str, sealed: str) -> str:
    """A sealed reason (``reason`` or ``end``) of one case."""
    return work.resources.keys.ring.open(sealed, context=f"urgent_help.{what}:{application_id}").decode()


def _blind(work: Casework, text: str) -> str:
    return work.resources.keys.blind_index.of(text, "urgent_help.reason")
