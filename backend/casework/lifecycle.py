"""The life of a case as one table. A pair that is not in it is refused with a reason.

::

    DRAFT ─submitted→ SUBMITTED ─accepted→ ACCEPTED ─approved→ APPROVED ─result issued→ COMPLETED
                          │                   └─────refused→ REFUSED ──result issued→ COMPLETED
                          └─not accepted→ NOT_ACCEPTED

Numbering and lodging are told by events but do not change the state.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from backend.errors import Conflict, Text


class CaseState(StrEnum):
    """办件状态."""

    DRAFT = "DRAFT"
    """暂存"""
    SUBMITTED = "SUBMITTED"
    """收件"""
    ACCEPTED = "ACCEPTED"
    """受理"""
    NOT_ACCEPTED = "NOT_ACCEPTED"
    """不予受理"""
    APPROVED = "APPROVED"
    """准予"""
    REFUSED = "REFUSED"
    """不予"""
    COMPLETED = "COMPLETED"
    """办结"""


class CaseEventKind(StrEnum):
    """What can happen to a case."""

    STARTED = "STARTED"
    SUBMITTED = "SUBMITTED"
    NUMBERED = "NUMBERED"
    LODGED = "LODGED"
    ACCEPTED = "ACCEPTED"
    NOT_ACCEPTED = "NOT_ACCEPTED"
    APPROVED = "APPROVED"
    REFUSED = "REFUSED"
    RESULT_ISSUED = "RESULT_ISSUED"
    EVALUATED = "EVALUATED"


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """One entry of a case's timeline, as reactors see it. No personal data."""

    application_id: UUID
    sequence: int
    kind: CaseEventKind
    state: CaseState
    """The state after the event."""
    at: datetime
    actor: str
    item_code: str
    division: str
    person_id: UUID
    detail: Mapping[str, object]


S, K = CaseState, CaseEventKind

TRANSITIONS: Mapping[tuple[CaseState, CaseEventKind], CaseState] = {
    (S.DRAFT, K.SUBMITTED): S.SUBMITTED,
    (S.SUBMITTED, K.NUMBERED): S.SUBMITTED,
    (S.SUBMITTED, K.LODGED): S.SUBMITTED,
    (S.SUBMITTED, K.ACCEPTED): S.ACCEPTED,
    (S.SUBMITTED, K.NOT_ACCEPTED): S.NOT_ACCEPTED,
    (S.ACCEPTED, K.APPROVED): S.APPROVED,
    (S.ACCEPTED, K.REFUSED): S.REFUSED,
    (S.APPROVED, K.RESULT_ISSUED): S.COMPLETED,
    (S.REFUSED, K.RESULT_ISSUED): S.COMPLETED,
    (S.COMPLETED, K.EVALUATED): S.COMPLETED,
    (S.NOT_ACCEPTED, K.EVALUATED): S.NOT_ACCEPTED,
}

NOT_A_DRAFT = Text("该办件已提交，不能再修改。", "This case was submitted and can no longer be changed.")
_ILLEGAL = Text(
    "当前状态（{state}）不允许此操作（{event}）。", "This cannot happen now ({event} while {state})."
)


def next_state(state: CaseState, event: CaseEventKind) -> CaseState:
    """The state after ``event``. Raises ``Conflict(ILLEGAL_STATE)`` for a pair not in the table."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise Conflict(_ILLEGAL.filled(state=state, event=event)) from None
