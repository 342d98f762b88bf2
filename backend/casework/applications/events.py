"""Moving a case: one guarded statement, one timeline entry, every reactor, one announcement."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson

from backend.casework.lifecycle import CaseEvent, CaseEventKind, CaseState, next_state
from backend.casework.machine import Casework
from backend.database.record import Transaction
from backend.errors import Conflict, ProblemCode, Text
from backend.kit import clock
from backend.kit.ids import new_id
from backend.viewer import Actor, Citizen, Machine, Officer

STALE = Text("内容已在别处更新，请刷新后再试。", "This was changed elsewhere. Reload it and try again.")


def actor_name(actor: Actor) -> str:
    """How an actor is written into timelines and audit: a typed id, never a name."""
    match actor:
        case Citizen():
            return f"person:{actor.person_id}" if actor.person_id else f"account:{actor.account_id}"
        case Officer():
            return f"officer:{actor.officer_id}"
        case Machine():
            return f"machine:{actor.name}"


async def locked_state(tx: Transaction, application_id: UUID) -> CaseState | None:
    """The state of a case, held until the transaction ends, or None where there is no such case."""
    row = await tx.fetch_one("SELECT state FROM application WHERE id = $1 FOR NO KEY UPDATE", application_id)
    return CaseState(row["state"]) if row else None


async def record_event(
    tx: Transaction,
    work: Casework,
    application_id: UUID,
    kind: CaseEventKind,
    *,
    before: CaseState,
    actor: Actor,
    detail: Mapping[str, object] | None = None,
) -> CaseEvent:
    """Move the case from ``before`` by ``kind`` and write it down.

    Raises ``Conflict`` when the table does not allow it (ILLEGAL_STATE) or when the case has left
    ``before`` meanwhile (STALE_VERSION). ``detail`` holds no personal data.
    """
    after = next_state(before, kind)
    moved = await tx.fetch_one(
        "UPDATE application SET state = $3, version = version + 1, last_sequence = last_sequence + 1"
        " WHERE id = $1 AND state = $2 RETURNING id, state, last_sequence, item_code, division, person_id",
        application_id,
        before.value,
        after.value,
    )
    if moved is None:
        raise Conflict(STALE, code=ProblemCode.STALE_VERSION)
    return await append_event(tx, work, kind, moved, actor=actor, detail=detail)


async def append_event(
    tx: Transaction,
    work: Casework,
    kind: CaseEventKind,
    moved: Mapping[str, Any],
    *,
    actor: Actor,
    detail: Mapping[str, object] | None = None,
) -> CaseEvent:
    """Write the entry that made ``moved`` what it is: id, state, last_sequence, item_code, division, person_id."""
    event = CaseEvent(
        application_id=moved["id"],
        sequence=moved["last_sequence"],
        kind=kind,
        state=CaseState(moved["state"]),
        at=clock.now(),
        actor=actor_name(actor),
        item_code=moved["item_code"],
        division=moved["division"],
        person_id=moved["person_id"],
        detail=dict(detail or {}),
    )
    await tx.execute(
        "INSERT INTO case_event (id, created_at, application_id, sequence, kind, state, at, actor, detail)"
        " VALUES ($1, $2, $3, $4, $5, $6, $2, $7, $8::jsonb)",
        new_id(),
        event.at,
        event.application_id,
        event.sequence,
        event.kind.value,
        event.state.value,
        event.actor,
        orjson.dumps(event.detail).decode(),
    )
    for react in work.reactors:
        await react(tx, event)
    tx.after_commit(
        lambda: work.resources.shared.announce(f"case:{event.application_id}", str(event.sequence))
    )
    return event
