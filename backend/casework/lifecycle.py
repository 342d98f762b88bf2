"""The life of a case as one table. A pair that is not in it is refused with a reason.

::

    DRAFT ─submitted→ SUBMITTED ─accepted→ ACCEPTED ─approved→ APPROVED ─result issued→ COMPLETED
                       │  ↕ CORRECTION       ↕ REVIEW_CORRECTION
                       │  ↓ PRE_REVIEWED     ↕ PUBLICITY
                       │                     ↕ SUSPENDED
                       │                     └─────refused→ REFUSED ──result issued→ COMPLETED
                       └─not accepted→ NOT_ACCEPTED

    until decided: ─withdrawn→ WITHDRAWN  ─returned→ RETURNED  ─forwarded→ FORWARDED  ─terminated→ TERMINATED

A correction before acceptance and one during the review are two states, and so are publicity and suspension:
each comes back to one place only, so that the timeline alone tells the state. Numbering, lodging, steps,
objections, extensions, remedies, handovers and urgent help are told by events but do not change the state.
"""

from collections.abc import Iterable, Mapping
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
    PRE_REVIEWED = "PRE_REVIEWED"
    """预审通过"""
    CORRECTION = "CORRECTION"
    """补正: before it was accepted"""
    ACCEPTED = "ACCEPTED"
    """受理, under review by level (审核)"""
    REVIEW_CORRECTION = "REVIEW_CORRECTION"
    """审核中补正: after it was accepted"""
    PUBLICITY = "PUBLICITY"
    """公示"""
    SUSPENDED = "SUSPENDED"
    """挂起、特别程序"""
    NOT_ACCEPTED = "NOT_ACCEPTED"
    """不予受理"""
    APPROVED = "APPROVED"
    """准予"""
    REFUSED = "REFUSED"
    """不予"""
    COMPLETED = "COMPLETED"
    """办结"""
    RETURNED = "RETURNED"
    """退回: given back to the applicant, e.g. to the wrong organ"""
    WITHDRAWN = "WITHDRAWN"
    """撤回"""
    FORWARDED = "FORWARDED"
    """转报: handed on to an organ above, which handles it outside of this house"""
    TERMINATED = "TERMINATED"
    """终止: e.g. because nothing came until a correction was due (补正不来)"""


class CaseEventKind(StrEnum):
    """What can happen to a case. At most 20 letters, as the column has them."""

    STARTED = "STARTED"
    SUBMITTED = "SUBMITTED"
    NUMBERED = "NUMBERED"
    LODGED = "LODGED"
    PRE_REVIEWED = "PRE_REVIEWED"
    CORRECTION_ASKED = "CORRECTION_ASKED"
    CORRECTION_ANSWERED = "CORRECTION_ANSWERED"
    CORRECTION_LAPSED = "CORRECTION_LAPSED"
    ACCEPTED = "ACCEPTED"
    DEEMED_ACCEPTED = "DEEMED_ACCEPTED"
    """逾期未告知视为受理 (行政许可法 32): licences only"""
    NOT_ACCEPTED = "NOT_ACCEPTED"
    STEP_PASSED = "STEP_PASSED"
    STEP_RETURNED = "STEP_RETURNED"
    STEP_FORWARDED = "STEP_FORWARDED"
    PUBLICITY_BEGUN = "PUBLICITY_BEGUN"
    OBJECTION_RAISED = "OBJECTION_RAISED"
    OBJECTION_SETTLED = "OBJECTION_SETTLED"
    PUBLICITY_ENDED = "PUBLICITY_ENDED"
    SUSPENDED = "SUSPENDED"
    RESUMED = "RESUMED"
    EXTENDED = "EXTENDED"
    APPROVED = "APPROVED"
    REFUSED = "REFUSED"
    RESULT_ISSUED = "RESULT_ISSUED"
    RETURNED = "RETURNED"
    WITHDRAWN = "WITHDRAWN"
    FORWARDED = "FORWARDED"
    TERMINATED = "TERMINATED"
    REMEDY_SOUGHT = "REMEDY_SOUGHT"
    """行政复议或行政诉讼"""
    REMEDY_ENDED = "REMEDY_ENDED"
    EVALUATED = "EVALUATED"
    URGENT_DECIDED = "URGENT_DECIDED"
    """先行救助: help comes first, the papers afterwards"""
    URGENT_PAID = "URGENT_PAID"
    PAPERS_REMINDED = "PAPERS_REMINDED"
    PAPERS_COMPLETED = "PAPERS_COMPLETED"
    CLAWBACK_BEGUN = "CLAWBACK_BEGUN"
    """追回: the papers of an urgent help never came"""
    CLAWBACK_ENDED = "CLAWBACK_ENDED"
    HANDOVER = "HANDOVER"
    """转办: it changed hands between places; the detail says how"""
    BENEFIT_ENDED = "BENEFIT_ENDED"
    """停发、退出: what was granted is no longer given"""


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

OPEN = (
    S.SUBMITTED,
    S.PRE_REVIEWED,
    S.CORRECTION,
    S.ACCEPTED,
    S.REVIEW_CORRECTION,
    S.PUBLICITY,
    S.SUSPENDED,
)
"""Handed in and not decided."""
DECIDED = (S.APPROVED, S.REFUSED)
"""Decided, and the result document is not there yet."""
ENDED = (S.COMPLETED, S.NOT_ACCEPTED, S.RETURNED, S.WITHDRAWN, S.FORWARDED, S.TERMINATED)
"""Nothing more is decided here."""

TRANSITIONS: Mapping[tuple[CaseState, CaseEventKind], CaseState] = {
    (S.DRAFT, K.SUBMITTED): S.SUBMITTED,
    (S.SUBMITTED, K.NUMBERED): S.SUBMITTED,
    (S.SUBMITTED, K.LODGED): S.SUBMITTED,
    (S.SUBMITTED, K.PRE_REVIEWED): S.PRE_REVIEWED,
    # Only these three decide about acceptance, whether it was looked at before or not.
    **{
        (state, kind): after
        for state in (S.SUBMITTED, S.PRE_REVIEWED)
        for kind, after in (
            (K.CORRECTION_ASKED, S.CORRECTION),
            (K.ACCEPTED, S.ACCEPTED),
            (K.DEEMED_ACCEPTED, S.ACCEPTED),
            (K.NOT_ACCEPTED, S.NOT_ACCEPTED),
        )
    },
    (S.CORRECTION, K.CORRECTION_ANSWERED): S.SUBMITTED,
    (S.CORRECTION, K.CORRECTION_LAPSED): S.TERMINATED,
    (S.ACCEPTED, K.STEP_PASSED): S.ACCEPTED,
    (S.ACCEPTED, K.STEP_RETURNED): S.ACCEPTED,
    (S.ACCEPTED, K.STEP_FORWARDED): S.ACCEPTED,
    (S.ACCEPTED, K.CORRECTION_ASKED): S.REVIEW_CORRECTION,
    (S.REVIEW_CORRECTION, K.CORRECTION_ANSWERED): S.ACCEPTED,
    (S.REVIEW_CORRECTION, K.CORRECTION_LAPSED): S.TERMINATED,
    (S.ACCEPTED, K.PUBLICITY_BEGUN): S.PUBLICITY,
    (S.PUBLICITY, K.STEP_PASSED): S.PUBLICITY,  # a step beside it
    (S.PUBLICITY, K.OBJECTION_RAISED): S.PUBLICITY,
    (S.PUBLICITY, K.OBJECTION_SETTLED): S.PUBLICITY,
    (S.PUBLICITY, K.PUBLICITY_ENDED): S.ACCEPTED,
    (S.ACCEPTED, K.SUSPENDED): S.SUSPENDED,
    (S.SUSPENDED, K.RESUMED): S.ACCEPTED,
    (S.ACCEPTED, K.EXTENDED): S.ACCEPTED,
    (S.SUSPENDED, K.EXTENDED): S.SUSPENDED,
    (S.ACCEPTED, K.APPROVED): S.APPROVED,
    (S.ACCEPTED, K.REFUSED): S.REFUSED,
    (S.APPROVED, K.RESULT_ISSUED): S.COMPLETED,
    (S.REFUSED, K.RESULT_ISSUED): S.COMPLETED,
    **{(state, K.WITHDRAWN): S.WITHDRAWN for state in OPEN},
    **{(state, K.TERMINATED): S.TERMINATED for state in OPEN},
    **{(state, K.RETURNED): S.RETURNED for state in (S.SUBMITTED, S.PRE_REVIEWED, S.ACCEPTED)},
    **{(state, K.FORWARDED): S.FORWARDED for state in (S.SUBMITTED, S.PRE_REVIEWED, S.ACCEPTED)},
    **{
        (state, kind): state
        for state in (S.COMPLETED, S.NOT_ACCEPTED, S.RETURNED, S.TERMINATED)
        for kind in (K.REMEDY_SOUGHT, K.REMEDY_ENDED)
    },
    **{(state, K.EVALUATED): state for state in ENDED},
    # Where a case is says nothing about how far it is; the applicant is told last, after its end.
    **{(state, K.HANDOVER): state for state in (*OPEN, *DECIDED, *ENDED)},
    (S.COMPLETED, K.BENEFIT_ENDED): S.COMPLETED,
    # Urgent help goes beside the course: decided while the case is under way, followed to its end whatever becomes of it.
    **{(state, K.URGENT_DECIDED): state for state in OPEN},
    **{
        (state, kind): state
        for state in (*OPEN, *DECIDED, *ENDED)
        for kind in (
            K.URGENT_PAID,
            K.PAPERS_REMINDED,
            K.PAPERS_COMPLETED,
            K.CLAWBACK_BEGUN,
            K.CLAWBACK_ENDED,
        )
    },
}

STATE_NAMES: Mapping[CaseState, Text] = {
    S.DRAFT: Text("暂存", "Draft"),
    S.SUBMITTED: Text("已收件", "Received"),
    S.PRE_REVIEWED: Text("预审通过", "Looked through"),
    S.CORRECTION: Text("待补正", "To be completed"),
    S.ACCEPTED: Text("审核中", "Accepted, under review"),
    S.REVIEW_CORRECTION: Text("审核中待补正", "To be completed during the review"),
    S.PUBLICITY: Text("公示中", "Published for objections"),
    S.SUSPENDED: Text("特别程序、挂起", "Suspended"),
    S.NOT_ACCEPTED: Text("不予受理", "Not accepted"),
    S.APPROVED: Text("准予", "Approved"),
    S.REFUSED: Text("不予批准", "Refused"),
    S.COMPLETED: Text("已办结", "Completed"),
    S.RETURNED: Text("已退回", "Given back"),
    S.WITHDRAWN: Text("已撤回", "Withdrawn"),
    S.FORWARDED: Text("已转报", "Forwarded to an organ above"),
    S.TERMINATED: Text("已终止", "Ended without a decision"),
}
EVENT_NAMES: Mapping[CaseEventKind, Text] = {
    K.STARTED: Text("开始填写", "Begun"),
    K.SUBMITTED: Text("提交申请（收件）", "Handed in"),
    K.NUMBERED: Text("赋予申办流水号", "Numbered"),
    K.LODGED: Text("转办至受理地", "Passed on to the province"),
    K.PRE_REVIEWED: Text("预审通过", "Looked through"),
    K.CORRECTION_ASKED: Text("告知补正", "Asked to complete it"),
    K.CORRECTION_ANSWERED: Text("已补正", "Completed by the applicant"),
    K.CORRECTION_LAPSED: Text("逾期未补正", "Not completed in time"),
    K.ACCEPTED: Text("受理", "Accepted"),
    K.DEEMED_ACCEPTED: Text("视为受理", "Deemed accepted"),
    K.NOT_ACCEPTED: Text("不予受理", "Not accepted"),
    K.STEP_PASSED: Text("环节完成", "A step was passed"),
    K.STEP_RETURNED: Text("退回上一环节", "Sent back to an earlier step"),
    K.STEP_FORWARDED: Text("报上级审核", "Passed up for review"),
    K.PUBLICITY_BEGUN: Text("开始公示", "Published"),
    K.OBJECTION_RAISED: Text("公示期收到异议", "An objection came"),
    K.OBJECTION_SETTLED: Text("异议已处理", "An objection was settled"),
    K.PUBLICITY_ENDED: Text("公示结束", "No longer published"),
    K.SUSPENDED: Text("挂起", "Suspended"),
    K.RESUMED: Text("恢复办理", "Resumed"),
    K.EXTENDED: Text("延长办理期限", "Time limit extended"),
    K.APPROVED: Text("准予", "Approved"),
    K.REFUSED: Text("不予批准", "Refused"),
    K.RESULT_ISSUED: Text("出具结果", "Result issued"),
    K.RETURNED: Text("退回", "Given back"),
    K.WITHDRAWN: Text("申请人撤回", "Withdrawn by the applicant"),
    K.FORWARDED: Text("转报", "Forwarded to an organ above"),
    K.TERMINATED: Text("终止", "Ended without a decision"),
    K.REMEDY_SOUGHT: Text("申请行政复议或提起诉讼", "Review or appeal sought"),
    K.REMEDY_ENDED: Text("复议或诉讼结束", "Review or appeal ended"),
    K.EVALUATED: Text("好差评", "Evaluated"),
    K.URGENT_DECIDED: Text("决定先行救助", "Urgent help decided"),
    K.URGENT_PAID: Text("先行救助已给付", "Urgent help paid"),
    K.PAPERS_REMINDED: Text("提醒补齐手续", "Reminded of the papers"),
    K.PAPERS_COMPLETED: Text("手续已补齐", "The papers are complete"),
    K.CLAWBACK_BEGUN: Text("启动追回", "Asked to pay back"),
    K.CLAWBACK_ENDED: Text("追回结束", "No longer asked to pay back"),
    K.HANDOVER: Text("跨省通办转办", "Passed between places"),
    K.BENEFIT_ENDED: Text("停发待遇", "No longer given"),
}

NOT_A_DRAFT = Text("该办件已提交，不能再修改。", "This case was submitted and can no longer be changed.")
_ILLEGAL = Text(
    "当前状态“{state}”（{code}）不允许“{event}”。", "This cannot happen now ({event} while {code})."
)


def next_state(state: CaseState, event: CaseEventKind) -> CaseState:
    """The state after ``event``. Raises ``Conflict(ILLEGAL_STATE)`` for a pair not in the table."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        zh = _ILLEGAL.zh.format(state=STATE_NAMES[state].zh, code=state, event=EVENT_NAMES[event].zh)
        raise Conflict(Text(zh, _ILLEGAL.en.format(event=event, code=state))) from None


def replay(events: Iterable[CaseEventKind]) -> CaseState:
    """The state that a timeline from its beginning leads to. Raises ``Conflict`` where it cannot be one."""
    state = S.DRAFT
    for event in events:
        if event is not K.STARTED:
            state = next_state(state, event)
    return state
