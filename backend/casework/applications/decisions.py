"""Taking note of what the deciding organ said; the decision itself is sealed on the case."""

from collections.abc import Mapping
from dataclasses import asdict
from uuid import UUID

import orjson

from backend.casework.applications.events import record_event
from backend.casework.applications.queries import Decision
from backend.casework.lifecycle import CaseEventKind, CaseState
from backend.casework.machine import Casework
from backend.database.record import Transaction
from backend.viewer import Actor


def result_context(application_id: UUID) -> str:
    """Where a sealed decision belongs."""
    return f"application.result:{application_id}"


async def record_decision(
    tx: Transaction,
    work: Casework,
    application_id: UUID,
    kind: CaseEventKind,
    decision: Decision,
    *,
    before: CaseState,
    actor: Actor,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Seal the decision on the case and move it by ``kind``: APPROVED, REFUSED or NOT_ACCEPTED.

    A refusal to accept is told with its reason as well (行政许可法 Art. 32: a written receipt for both).
    """
    # The event first: a decision that the life of the case does not allow leaves nothing behind.
    # Supervision asks whether there is a reason, and a refusal's remedy; what they say is sealed.
    told = {
        **(detail or {}),
        "reasoned": bool(decision.reason),
        "remedied": decision.approved or bool(decision.remedy),
    }
    await record_event(tx, work, application_id, kind, before=before, actor=actor, detail=told)
    sealed = work.resources.keys.ring.seal(
        orjson.dumps(asdict(decision)), context=result_context(application_id)
    )
    await tx.execute("UPDATE application SET result_sealed = $2 WHERE id = $1", application_id, sealed)


def open_decision(work: Casework, application_id: UUID, sealed: str) -> Decision:
    """The decision of one case."""
    return Decision.read(work.resources.keys.ring.open(sealed, context=result_context(application_id)))
