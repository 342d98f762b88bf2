"""挂起: an officer stops the clocks for a special procedure that the law names, and lets them go on after it.

The clocks, the ledger and what the applicant is told follow from the event (行政许可法 45: the time does not count, and the
applicant is told of it in writing).
"""

from uuid import UUID

from backend.casework.applications.events import actor_name, locked_state, record_event
from backend.casework.legal_time.words import SPECIAL_PROCEDURES, PauseReason
from backend.casework.lifecycle import CaseEventKind
from backend.casework.machine import Casework
from backend.database import audit
from backend.database.idempotency import once
from backend.database.record import Transaction, transaction
from backend.errors import FieldProblem, Invalid, NotFound, Text
from backend.kit import regions
from backend.viewer import Officer

NO_SUCH_CASE = Text("没有这个办件。", "There is no such case.")
NO_SUCH_PROCEDURE = Text(
    "只能因法律规定的特别程序挂起。", "A case is suspended only for a special procedure that the law names."
)


async def suspend_case(
    officer: Officer, work: Casework, *, application_id: UUID, procedure: PauseReason, idempotency_key: str
) -> None:
    """Stop the clocks. Raises ``NotFound`` outside of the officer's division, ``Conflict`` where it cannot be now."""
    if procedure not in SPECIAL_PROCEDURES:
        raise Invalid(NO_SUCH_PROCEDURE, fields=(FieldProblem(("input", "procedure"), NO_SUCH_PROCEDURE),))
    async with transaction() as tx:
        if await _known(tx, officer, "suspendCase", idempotency_key, application_id, procedure.value):
            return
        await _move(tx, work, officer, application_id, procedure)


async def resume_case(
    officer: Officer, work: Casework, *, application_id: UUID, idempotency_key: str
) -> None:
    """Let the clocks go on. Raises as ``suspend_case`` does."""
    async with transaction() as tx:
        if await _known(tx, officer, "resumeCase", idempotency_key, application_id):
            return
        await _move(tx, work, officer, application_id, None)


async def _known(tx: Transaction, officer: Officer, operation: str, key: str, case: UUID, *more: str) -> bool:
    known = await once(
        tx,
        actor=actor_name(officer),
        operation=operation,
        key=key,
        given=[str(case), *more],
        subject=case,
    )
    return known is not None


async def _move(
    tx: Transaction, work: Casework, officer: Officer, application_id: UUID, procedure: PauseReason | None
) -> None:
    """Suspend for a procedure, or resume where there is none."""
    state = await locked_state(tx, application_id)
    case = await tx.fetch_one(
        "SELECT division FROM application WHERE id = $1 AND state <> 'DRAFT'", application_id
    )
    if state is None or case is None or not regions.within(case["division"], officer.division):
        raise NotFound(NO_SUCH_CASE)
    kind = CaseEventKind.RESUMED if procedure is None else CaseEventKind.SUSPENDED
    detail: dict[str, object] = {} if procedure is None else {"reason": procedure.value}
    await record_event(tx, work, application_id, kind, before=state, actor=officer, detail=detail)
    await audit.append(
        tx,
        subject=f"application:{application_id}",
        kind=f"case_{kind.value.lower()}",
        actor=actor_name(officer),
        detail=detail,
    )
