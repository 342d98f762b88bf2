"""停发、退出: an officer ends what a case granted, with reason and basis; the applicant is told, with the remedy."""

from enum import StrEnum
from uuid import UUID

from backend.casework.applications.events import actor_name, locked_state, record_event
from backend.casework.lifecycle import CaseEventKind
from backend.casework.machine import Casework
from backend.database import audit
from backend.database.idempotency import once
from backend.database.record import transaction
from backend.errors import Conflict, NotFound, ProblemCode, Text
from backend.kit import regions
from backend.viewer import Officer

NO_SUCH_CASE = Text("没有这个办件。", "There is no such case.")
NOT_GRANTED = Text("该办件没有准予任何待遇。", "This case granted nothing.")
ENDED_ALREADY = Text("该待遇已停发。", "It was ended before.")


class EndReason(StrEnum):
    """Why a benefit ends."""

    DIED = "DIED"
    """死亡"""
    MOVED = "MOVED"
    """户籍迁出"""
    NO_LONGER_ELIGIBLE = "NO_LONGER_ELIGIBLE"
    """不再符合条件"""
    GIVEN_UP = "GIVEN_UP"
    """本人放弃"""
    EXPIRED = "EXPIRED"
    """到期未复核"""


async def end_benefit(
    officer: Officer, work: Casework, *, application_id: UUID, reason: EndReason, idempotency_key: str
) -> UUID:
    """End what a completed case of the officer's division granted.

    Raises ``NotFound`` for a case elsewhere, ``Conflict`` for one that granted nothing or whose benefit has ended.
    """
    async with transaction() as tx:
        known = await once(
            tx,
            actor=actor_name(officer),
            operation="endBenefit",
            key=idempotency_key,
            given=[str(application_id), reason],
            subject=application_id,
        )
        if known is not None:
            return known
        state = await locked_state(tx, application_id)
        row = await tx.fetch_one(
            "SELECT division, (SELECT array_agg(kind) FROM case_event WHERE application_id = $1"
            "  AND kind IN ('APPROVED', 'BENEFIT_ENDED')) AS kinds FROM application WHERE id = $1 AND state <> 'DRAFT'",
            application_id,
        )
        if state is None or row is None or not regions.within(row["division"], officer.division):
            raise NotFound(NO_SUCH_CASE)
        kinds = row["kinds"] or []
        if CaseEventKind.BENEFIT_ENDED in kinds:
            raise Conflict(ENDED_ALREADY, code=ProblemCode.ALREADY_DONE)
        if CaseEventKind.APPROVED not in kinds:
            raise Conflict(NOT_GRANTED)
        await record_event(
            tx,
            work,
            application_id,
            CaseEventKind.BENEFIT_ENDED,
            before=state,
            actor=officer,
            detail={"reason": reason.value},
        )
        await audit.append(
            tx,
            subject=f"application:{application_id}",
            kind="benefit_ended",
            actor=actor_name(officer),
            detail={"reason": reason.value},
        )
    return application_id
