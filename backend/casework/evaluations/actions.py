"""Evaluating the service after the case has ended: once, by the applicant, from 1 to 5."""

from uuid import UUID

from backend.casework.applications.actions import own_case
from backend.casework.applications.events import actor_name, record_event
from backend.casework.lifecycle import ENDED, CaseEventKind
from backend.casework.machine import Casework
from backend.database.idempotency import once
from backend.database.record import transaction
from backend.errors import Conflict, FieldProblem, Invalid, ProblemCode, Text
from backend.kit import clock
from backend.kit.ids import new_id
from backend.people.delegation.kinds import DelegatedAction
from backend.viewer import Citizen

NOT_ENDED = Text("办件办结后才能评价。", "A case can be evaluated once it has ended.")
ONCE_ONLY = Text("该办件已评价。", "This case was evaluated already.")
TOO_LONG = Text("评价内容请控制在500字以内。", "Please keep the comment within 500 characters.")
NO_SUCH_LEVEL = Text("评价为1至5级。", "A level is 1 to 5.")
MAX_COMMENT = 500
LEVELS = range(1, 6)
"""1 非常不满意 to 5 非常满意 (国办发〔2019〕51号)."""


async def evaluate_application(
    citizen: Citizen,
    work: Casework,
    *,
    application_id: UUID,
    level: int,
    comment: str | None,
    idempotency_key: str,
) -> UUID:
    """Keep the evaluation and tell the timeline; returns the case's id.

    Raises ``Conflict`` before the end (ILLEGAL_STATE) or for a second evaluation (ALREADY_DONE).
    """
    if level not in LEVELS:
        raise Invalid(NO_SUCH_LEVEL, fields=(FieldProblem(("input", "level"), NO_SUCH_LEVEL),))
    if comment is not None and len(comment) > MAX_COMMENT:
        raise Invalid(TOO_LONG, fields=(FieldProblem(("input", "comment"), TOO_LONG),))
    case = await own_case(citizen, application_id, DelegatedAction.SUBMIT)
    evaluation_id = new_id()
    sealed = (
        work.resources.keys.ring.seal(comment.encode(), context=f"evaluation.comment:{evaluation_id}")
        if comment
        else None
    )
    async with transaction() as tx:
        known = await once(
            tx,
            actor=actor_name(citizen),
            operation="evaluateApplication",
            key=idempotency_key,
            given=[
                str(application_id),
                level,
                comment and work.resources.keys.blind_index.of(comment, "evaluation.comment"),
            ],
            subject=application_id,
        )
        if known is not None:
            return known
        if case.state not in ENDED:
            raise Conflict(NOT_ENDED)
        kept = await tx.fetch_one(
            "INSERT INTO evaluation (id, created_at, application_id, level, comment_sealed)"
            " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (application_id) DO NOTHING RETURNING id",
            evaluation_id,
            clock.now(),
            application_id,
            level,
            sealed,
        )
        if kept is None:
            raise Conflict(ONCE_ONLY, code=ProblemCode.ALREADY_DONE)
        await record_event(
            tx, work, application_id, CaseEventKind.EVALUATED, before=case.state, actor=citizen
        )
    return application_id
