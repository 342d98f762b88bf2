"""The life of a handover (转办) as one table: what may happen when, who may do it, and whose turn it is then.

::

    PREPARED → RECEIVED → CHECKED ────────────→ FORWARDED → TAKEN → DECIDED → INFORMED
                             │  ↑                  │          │└→ GIVEN (a part of a joint case)
                             ↓  │                  └────┬─────┘
                           PARTED (joint: the parts     ↓
                           are worked on elsewhere)  REFUSED → CHECKED  elsewhere, or completed
                                                        ↓
                                                     DISPUTED → CHECKED  settled by a common superior, and bound

    until decided: → ENDED with the case (withdrawn, given back)

The receiving side (收件地) receives, checks form and identity, forwards, routes and informs, and never decides
(收受分离, 国办发〔2020〕35号). The deciding side (属地) takes, works hand by hand, decides, gives its part or refuses.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from backend.errors import Conflict, Text


class HandoverState(StrEnum):
    """Where a handover stands."""

    PREPARED = "PREPARED"
    """待收件: chosen on a draft"""
    RECEIVED = "RECEIVED"
    """已收件"""
    CHECKED = "CHECKED"
    """已核对: form and identity"""
    PARTED = "PARTED"
    """协办中: other places work on their parts"""
    FORWARDED = "FORWARDED"
    """已转出，待接收"""
    TAKEN = "TAKEN"
    """属地办理中"""
    REFUSED = "REFUSED"
    """属地退回"""
    DISPUTED = "DISPUTED"
    """管辖争议"""
    DECIDED = "DECIDED"
    """已决定，待告知"""
    GIVEN = "GIVEN"
    """协办完成"""
    INFORMED = "INFORMED"
    """已告知"""
    ENDED = "ENDED"
    """随办件终止"""


class HandoverStep(StrEnum):
    """What can happen to a handover."""

    PREPARED = "PREPARED"
    RECEIVED = "RECEIVED"
    CHECKED = "CHECKED"
    PARTED = "PARTED"
    JOINED = "JOINED"
    FORWARDED = "FORWARDED"
    TAKEN = "TAKEN"
    PASSED = "PASSED"
    """From one deciding hand to the next (乡镇 to 县)."""
    REFUSED = "REFUSED"
    COMPLETED = "COMPLETED"
    """What was missing is there now."""
    REROUTED = "REROUTED"
    DISPUTED = "DISPUTED"
    SETTLED = "SETTLED"
    DECIDED = "DECIDED"
    GIVEN = "GIVEN"
    INFORMED = "INFORMED"
    ENDED = "ENDED"


class Side(StrEnum):
    """Whose turn it is, and who may do a step."""

    APPLICANT = "APPLICANT"
    RECEIVING = "RECEIVING"
    """收件地"""
    DECIDING = "DECIDING"
    """属地"""
    SUPERIOR = "SUPERIOR"
    """共同上级"""
    NOBODY = "NOBODY"


S, T = HandoverState, HandoverStep

FINAL = frozenset({S.GIVEN, S.INFORMED, S.ENDED})
"""Nothing more happens."""

MOVES: Mapping[tuple[HandoverState, HandoverStep], HandoverState] = {
    (S.PREPARED, T.RECEIVED): S.RECEIVED,
    (S.RECEIVED, T.CHECKED): S.CHECKED,
    (S.CHECKED, T.PARTED): S.PARTED,
    (S.PARTED, T.JOINED): S.CHECKED,
    (S.CHECKED, T.FORWARDED): S.FORWARDED,
    (S.FORWARDED, T.TAKEN): S.TAKEN,
    (S.TAKEN, T.PASSED): S.TAKEN,
    (S.FORWARDED, T.REFUSED): S.REFUSED,
    (S.TAKEN, T.REFUSED): S.REFUSED,
    (S.REFUSED, T.COMPLETED): S.CHECKED,
    (S.REFUSED, T.REROUTED): S.CHECKED,
    (S.REFUSED, T.DISPUTED): S.DISPUTED,
    (S.DISPUTED, T.SETTLED): S.CHECKED,
    (S.TAKEN, T.DECIDED): S.DECIDED,
    (S.TAKEN, T.GIVEN): S.GIVEN,
    (S.DECIDED, T.INFORMED): S.INFORMED,
    **{(state, T.ENDED): S.ENDED for state in S if state not in FINAL and state is not S.DECIDED},
}

DOES: Mapping[HandoverStep, Side] = {
    T.PREPARED: Side.APPLICANT,
    T.RECEIVED: Side.RECEIVING,
    T.CHECKED: Side.RECEIVING,
    T.PARTED: Side.RECEIVING,
    T.JOINED: Side.NOBODY,
    T.FORWARDED: Side.RECEIVING,
    T.TAKEN: Side.DECIDING,
    T.PASSED: Side.DECIDING,
    T.REFUSED: Side.DECIDING,
    T.COMPLETED: Side.RECEIVING,
    T.REROUTED: Side.RECEIVING,
    T.DISPUTED: Side.RECEIVING,
    T.SETTLED: Side.SUPERIOR,
    T.DECIDED: Side.DECIDING,
    T.GIVEN: Side.DECIDING,
    T.INFORMED: Side.RECEIVING,
    T.ENDED: Side.NOBODY,
}
"""Who does a step. What nobody does follows by itself: from the parts, or from the end of the case."""

TURNS: Mapping[HandoverState, Side] = {
    S.PREPARED: Side.APPLICANT,
    S.RECEIVED: Side.RECEIVING,
    S.CHECKED: Side.RECEIVING,
    S.PARTED: Side.NOBODY,
    S.FORWARDED: Side.DECIDING,
    S.TAKEN: Side.DECIDING,
    S.REFUSED: Side.RECEIVING,
    S.DISPUTED: Side.SUPERIOR,
    S.DECIDED: Side.RECEIVING,
    S.GIVEN: Side.NOBODY,
    S.INFORMED: Side.NOBODY,
    S.ENDED: Side.NOBODY,
}
"""Whose turn it is, and so whose clock runs. Where other places work on parts, each part has its own."""

SIGNED = frozenset(T) - {T.PREPARED, T.CHECKED, T.PARTED, T.JOINED}
"""Steps that change hands, or answer for having had them: each is signed for with a receipt."""

STATE_NAMES: Mapping[HandoverState, Text] = {
    S.PREPARED: Text("待收件", "Not handed in yet"),
    S.RECEIVED: Text("收件地已收件", "At the receiving office"),
    S.CHECKED: Text("收件地已核对，待转出", "Checked, to be passed on"),
    S.PARTED: Text("协办地办理中", "Other places work on their parts"),
    S.FORWARDED: Text("已转出，待属地接收", "Passed on, to be taken by the deciding place"),
    S.TAKEN: Text("属地办理中", "At work in the deciding place"),
    S.REFUSED: Text("属地退回，待收件地处理", "Sent back to the receiving office"),
    S.DISPUTED: Text("管辖争议，待共同上级裁定", "Competence is disputed"),
    S.DECIDED: Text("属地已决定，待收件地告知", "Decided, the applicant is to be told"),
    S.GIVEN: Text("协办完成", "The part is done"),
    S.INFORMED: Text("已告知申请人", "The applicant was told"),
    S.ENDED: Text("已随办件终止", "Ended with the case"),
}
STEP_NAMES: Mapping[HandoverStep, Text] = {
    T.PREPARED: Text("选择跨省通办方式", "A way across provinces was chosen"),
    T.RECEIVED: Text("收件地收件", "Received by the receiving office"),
    T.CHECKED: Text("收件地完成形式审查和身份核验", "Form and identity checked"),
    T.PARTED: Text("分送协办地", "Parts were sent to other places"),
    T.JOINED: Text("协办地全部完成", "All parts are done"),
    T.FORWARDED: Text("收件地转出", "Passed on by the receiving office"),
    T.TAKEN: Text("属地接收", "Taken by the deciding place"),
    T.PASSED: Text("属地报上级办理", "Passed on within the deciding place"),
    T.REFUSED: Text("属地退回", "Sent back by the deciding place"),
    T.COMPLETED: Text("收件地已补齐", "Completed by the receiving office"),
    T.REROUTED: Text("改转其他地方", "Sent to another place"),
    T.DISPUTED: Text("提请裁定管辖", "Competence put before a superior"),
    T.SETTLED: Text("共同上级裁定管辖", "Competence settled"),
    T.DECIDED: Text("属地作出决定", "Decided by the deciding place"),
    T.GIVEN: Text("协办地完成协办", "A place has done its part"),
    T.INFORMED: Text("收件地告知申请人", "The applicant was told"),
    T.ENDED: Text("转办终止", "Ended with the case"),
}

_IMPOSSIBLE = Text("当前状态“{state}”不能“{step}”。", "This cannot happen now ({step} while {code}).")
_BOUND = Text(
    "共同上级已裁定由本地办理，不能再退回。", "A superior has settled that this place is competent."
)
_A_PART = Text("协办部分不能作出决定。", "A part is given, not decided.")
_NO_PART = Text("主办部分须作出决定。", "The lead decides.")


@dataclass(frozen=True, slots=True)
class Standing:
    """What the rules ask of a handover."""

    state: HandoverState
    part: bool = False
    """协办: a part of a joint case; the lead decides."""
    bound: bool = False
    """A superior has settled who is competent."""


def after(standing: Standing, step: HandoverStep) -> Standing:
    """How it stands after ``step``. Raises ``Conflict(ILLEGAL_STATE)`` for what is not in the table."""
    try:
        state = MOVES[standing.state, step]
    except KeyError:
        zh = _IMPOSSIBLE.zh.format(state=STATE_NAMES[standing.state].zh, step=STEP_NAMES[step].zh)
        raise Conflict(Text(zh, _IMPOSSIBLE.en.format(step=step, code=standing.state))) from None
    if step is T.REFUSED and standing.bound:
        raise Conflict(_BOUND)
    if step in {T.PARTED, T.DECIDED} and standing.part:
        raise Conflict(_A_PART)
    if step is T.GIVEN and not standing.part:
        raise Conflict(_NO_PART)
    return Standing(state, part=standing.part, bound=standing.bound or step is T.SETTLED)


def replay(steps: Iterable[HandoverStep], *, part: bool = False) -> Standing:
    """How a handover stands after these, from its preparation on. Raises ``Conflict`` where it cannot be one."""
    standing = Standing(S.PREPARED, part=part)
    for step in steps:
        if step is not T.PREPARED:
            standing = after(standing, step)
    return standing
