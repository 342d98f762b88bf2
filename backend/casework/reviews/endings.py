"""Ends that are no decision: the applicant withdraws, or the organ gives back, hands on or stops a case."""

from enum import StrEnum
from uuid import UUID

from backend.casework.applications.actions import own_case
from backend.casework.applications.decisions import record_decision
from backend.casework.applications.events import actor_name, locked_state, record_event
from backend.casework.lifecycle import CaseEventKind
from backend.casework.machine import Casework
from backend.casework.reviews.desk import note, said, take_up
from backend.casework.reviews.refusing import refusal
from backend.casework.reviews.steps import Key
from backend.database import audit
from backend.database.idempotency import once
from backend.database.record import transaction
from backend.errors import Conflict, Text
from backend.people.delegation.kinds import DelegatedAction
from backend.viewer import Citizen, Officer

ELSEWHERE = Text(
    "该办件已转至受理地办理，请向受理地申请撤回。",
    "This case was passed on to its province: ask there to withdraw it.",
)


class Ending(StrEnum):
    """How an organ ends a case without a decision."""

    RETURNED = "RETURNED"
    """退回"""
    FORWARDED = "FORWARDED"
    """转报"""
    TERMINATED = "TERMINATED"
    """终止"""


async def withdraw(citizen: Citizen, work: Casework, *, application_id: UUID, idempotency_key: str) -> UUID:
    """Withdraw a case that is not decided yet (撤回).

    Raises ``Conflict`` for one that a province handles, and after the decision.
    """
    await own_case(citizen, application_id, DelegatedAction.SUBMIT)
    async with transaction() as tx:
        known = await once(
            tx,
            actor=actor_name(citizen),
            operation="withdrawApplication",
            key=idempotency_key,
            given=[str(application_id)],
            subject=application_id,
        )
        if known is not None:
            return known
        state = await locked_state(tx, application_id)
        if state is None:
            raise LookupError("a case that was just seen is gone")
        elsewhere = await tx.fetch_one("SELECT id FROM delivery WHERE application_id = $1", application_id)
        if elsewhere is not None:
            raise Conflict(ELSEWHERE)
        await record_event(tx, work, application_id, CaseEventKind.WITHDRAWN, before=state, actor=citizen)
        await tx.execute(
            "UPDATE correction_notice SET state = 'LAPSED' WHERE application_id = $1 AND state IN ('OPEN', 'PROPOSED')",
            application_id,
        )
        await audit.append(
            tx,
            subject=f"application:{application_id}",
            kind="application_withdrawn",
            actor=actor_name(citizen),
        )
    return application_id


async def end(
    officer: Officer,
    work: Casework,
    *,
    task_id: UUID,
    version: int,
    ending: Ending,
    reason: str,
    basis: str,
    key: str,
) -> None:
    """Give back, hand on or stop a case; the applicant gets reason, basis and remedy. Raises as ``take_up`` does."""
    reason, basis = said(reason, "reason"), said(basis, "basis", needed=False)
    async with transaction() as tx:
        if await Key(officer, "endCase", key, task_id, version, ending).known(tx, task_id):
            return
        hand = await take_up(tx, work, officer, task_id, version)
        await record_decision(
            tx,
            work,
            hand.application_id,
            CaseEventKind(ending.value),
            refusal(hand.item, hand.organ_name, reason, basis),
            before=hand.state,
            actor=officer,
        )
        await note(tx, officer, hand, "case_ended", ending=ending.value)
