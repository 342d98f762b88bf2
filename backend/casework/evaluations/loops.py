"""The life of a bad evaluation as one table: who may do what where, what comes of it, and how long there is for it.

::

    TO_VERIFY ─verified→ TO_MEND ─mended→ TO_CALL_BACK ─called back→ TO_CONFIRM ─confirmed, or nothing said→ CLOSED
       │  └─unfounded────────────────────────↗   ↑                       └─appealed→ APPEALED ─rejected→ CLOSED
       │                                      TO_MEND ←────────────────────────────────┘ upheld
       └─exclusion asked→ EXCLUSION_ASKED ─confirmed by another officer→ EXCLUDED ─nothing said→ EXCLUDED_FOR_GOOD
                           └─rejected→ TO_VERIFY                          └─objected→ OBJECTED ─upheld→ TO_MEND

A pair that is not in the table is refused. 国办发〔2019〕51号 wants verifying, mending, feeding back, the exclusion of
mistaken and malicious ones, and an appeal; the days of the single steps are local: see ``DAYS``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from backend.casework.definitions import Standing
from backend.errors import Conflict, Text

BAD = 2
"""不满意 and 非常不满意 (国办发〔2019〕51号)."""


class LoopState(StrEnum):
    """差评整改状态."""

    TO_VERIFY = "TO_VERIFY"
    """待核实"""
    TO_MEND = "TO_MEND"
    """待整改"""
    TO_CALL_BACK = "TO_CALL_BACK"
    """待回访"""
    TO_CONFIRM = "TO_CONFIRM"
    """待评价人确认"""
    APPEALED = "APPEALED"
    """评价人申请复核"""
    EXCLUSION_ASKED = "EXCLUSION_ASKED"
    """申请剔除，待另一人核定"""
    EXCLUDED = "EXCLUDED"
    """已剔除，评价人可提异议"""
    OBJECTED = "OBJECTED"
    """评价人提出异议"""
    CLOSED = "CLOSED"
    """已办结"""
    EXCLUDED_FOR_GOOD = "EXCLUDED_FOR_GOOD"
    """剔除办结"""


class LoopAct(StrEnum):
    """What is done about a bad evaluation."""

    OPEN = "OPEN"
    VERIFY = "VERIFY"
    FIND_UNFOUNDED = "FIND_UNFOUNDED"
    MEND = "MEND"
    CALL_BACK = "CALL_BACK"
    CONFIRM = "CONFIRM"
    APPEAL = "APPEAL"
    UPHOLD_APPEAL = "UPHOLD_APPEAL"
    REJECT_APPEAL = "REJECT_APPEAL"
    ASK_EXCLUSION = "ASK_EXCLUSION"
    CONFIRM_EXCLUSION = "CONFIRM_EXCLUSION"
    REJECT_EXCLUSION = "REJECT_EXCLUSION"
    OBJECT = "OBJECT"
    UPHOLD_OBJECTION = "UPHOLD_OBJECTION"
    REJECT_OBJECTION = "REJECT_OBJECTION"
    LAPSE = "LAPSE"
    """Nothing was said in time."""


class Hand(StrEnum):
    """Who does it. Whoever is rated does nothing of all this."""

    ORGAN = "ORGAN"
    """An approving officer of the organ."""
    ANOTHER = "ANOTHER"
    """An approving or supervising officer who did not ask for it (双人复核)."""
    SUPERVISION = "SUPERVISION"
    """An officer of supervision who has done nothing in this loop yet."""
    EVALUATOR = "EVALUATOR"
    TIME = "TIME"


@dataclass(frozen=True, slots=True)
class Step:
    """What an act leads to, and whose it is."""

    after: LoopState
    hand: Hand
    counted: bool | None = None
    """Whether the evaluation counts from then on; None: as before."""
    reasoned: bool = True
    """Whether it wants words."""


S, A = LoopState, LoopAct

STEPS: Mapping[tuple[LoopState, LoopAct], Step] = {
    (S.TO_VERIFY, A.VERIFY): Step(S.TO_MEND, Hand.ORGAN),
    (S.TO_VERIFY, A.FIND_UNFOUNDED): Step(S.TO_CALL_BACK, Hand.ORGAN),
    (S.TO_MEND, A.MEND): Step(S.TO_CALL_BACK, Hand.ORGAN),
    (S.TO_CALL_BACK, A.CALL_BACK): Step(S.TO_CONFIRM, Hand.ORGAN),
    (S.TO_CONFIRM, A.CONFIRM): Step(S.CLOSED, Hand.EVALUATOR, reasoned=False),
    (S.TO_CONFIRM, A.LAPSE): Step(S.CLOSED, Hand.TIME, reasoned=False),
    (S.TO_CONFIRM, A.APPEAL): Step(S.APPEALED, Hand.EVALUATOR),
    (S.APPEALED, A.UPHOLD_APPEAL): Step(S.TO_MEND, Hand.SUPERVISION),
    (S.APPEALED, A.REJECT_APPEAL): Step(S.CLOSED, Hand.SUPERVISION),
    (S.TO_VERIFY, A.ASK_EXCLUSION): Step(S.EXCLUSION_ASKED, Hand.ORGAN),
    (S.EXCLUSION_ASKED, A.CONFIRM_EXCLUSION): Step(S.EXCLUDED, Hand.ANOTHER, counted=False),
    (S.EXCLUSION_ASKED, A.REJECT_EXCLUSION): Step(S.TO_VERIFY, Hand.ANOTHER),
    (S.EXCLUDED, A.LAPSE): Step(S.EXCLUDED_FOR_GOOD, Hand.TIME, reasoned=False),
    (S.EXCLUDED, A.OBJECT): Step(S.OBJECTED, Hand.EVALUATOR),
    (S.OBJECTED, A.UPHOLD_OBJECTION): Step(S.TO_MEND, Hand.SUPERVISION, counted=True),
    (S.OBJECTED, A.REJECT_OBJECTION): Step(S.EXCLUDED_FOR_GOOD, Hand.SUPERVISION),
}
ENDS = frozenset({S.CLOSED, S.EXCLUDED_FOR_GOOD})
LAPSES = frozenset(state for state, act in STEPS if act is A.LAPSE)
"""Where silence is the evaluator's answer; everywhere else it is somebody's duty that is late."""


@dataclass(frozen=True, slots=True)
class Span:
    """Working days for one step, and where that comes from."""

    days: int
    source: str
    standing: Standing


_CITY = "四川一市：差评十五个工作日内整改反馈，回访率100%"

DAYS: Mapping[LoopState, Span] = {
    S.TO_VERIFY: Span(5, f"{_CITY}；核实的五日为本系统所分", Standing.UNVERIFIED),
    S.TO_MEND: Span(7, f"{_CITY}；整改的七日为本系统所分", Standing.UNVERIFIED),
    S.TO_CALL_BACK: Span(3, f"{_CITY}；回访的三日为本系统所分", Standing.UNVERIFIED),
    S.TO_CONFIRM: Span(5, "本系统默认", Standing.UNVERIFIED),
    S.APPEALED: Span(10, "本系统默认", Standing.UNVERIFIED),
    S.EXCLUSION_ASKED: Span(3, "本系统默认", Standing.UNVERIFIED),
    S.EXCLUDED: Span(10, "本系统默认", Standing.UNVERIFIED),
    S.OBJECTED: Span(10, "本系统默认", Standing.UNVERIFIED),
}
"""Verifying, mending and calling back are fifteen working days together, as one city publishes it."""

NOT_NOW = Text("差评整改当前环节（{state}）不能这样办理。", "This cannot be done now ({state}).")


def step_of(state: LoopState, act: LoopAct) -> Step:
    """What ``act`` leads to. Raises ``Conflict(ILLEGAL_STATE)`` for a pair that is not in the table."""
    step = STEPS.get((state, act))
    if step is None:
        raise Conflict(NOT_NOW.filled(state=state.value))
    return step
