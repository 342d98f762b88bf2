"""The life of a report as one table.

::

    PREPARED ─sign→ SIGNED ─accept→ ACCEPTED ─publish→ PUBLISHED
       ↑ prepare      │return  ↓ return (until the level above has signed)
       └──────────── RETURNED ←┘                     SIGNED ─publish→ PUBLISHED (the nation's own)

Signed, accepted and published reports are frozen: what comes later is an adjustment of the next period.
"""

from collections.abc import Mapping
from enum import StrEnum

from backend.errors import Conflict, Text


class ReportState(StrEnum):
    """Where a report stands."""

    PREPARED = "PREPARED"
    """已编制"""
    SIGNED = "SIGNED"
    """已签署、上报"""
    RETURNED = "RETURNED"
    """已退回"""
    ACCEPTED = "ACCEPTED"
    """上级已审核"""
    PUBLISHED = "PUBLISHED"
    """已发布"""


class ReportAct(StrEnum):
    """What is done with one."""

    PREPARE = "PREPARE"
    """编制: computed anew; also typing, adjusting and explaining."""
    SIGN = "SIGN"
    """签署、上报"""
    RETURN = "RETURN"
    """退回, with remarks"""
    ACCEPT = "ACCEPT"
    """审核通过"""
    PUBLISH = "PUBLISH"
    """发布"""


S, A = ReportState, ReportAct

TRANSITIONS: Mapping[tuple[ReportState, ReportAct], ReportState] = {
    (S.PREPARED, A.PREPARE): S.PREPARED,
    (S.RETURNED, A.PREPARE): S.PREPARED,
    (S.PREPARED, A.SIGN): S.SIGNED,
    (S.SIGNED, A.RETURN): S.RETURNED,
    (S.ACCEPTED, A.RETURN): S.RETURNED,
    (S.SIGNED, A.ACCEPT): S.ACCEPTED,
    (S.ACCEPTED, A.PUBLISH): S.PUBLISHED,
    (S.SIGNED, A.PUBLISH): S.PUBLISHED,
}
FROZEN = (S.SIGNED, S.ACCEPTED, S.PUBLISHED)

STATE_NAMES: Mapping[ReportState, Text] = {
    S.PREPARED: Text("已编制", "Prepared"),
    S.SIGNED: Text("已签署上报", "Signed"),
    S.RETURNED: Text("已退回", "Returned"),
    S.ACCEPTED: Text("上级已审核", "Accepted above"),
    S.PUBLISHED: Text("已发布", "Published"),
}
ACT_NAMES: Mapping[ReportAct, Text] = {
    A.PREPARE: Text("编制", "prepare"),
    A.SIGN: Text("签署", "sign"),
    A.RETURN: Text("退回", "return"),
    A.ACCEPT: Text("审核通过", "accept"),
    A.PUBLISH: Text("发布", "publish"),
}
_ILLEGAL = Text("报表状态为“{state}”，不能{act}。", "The report is {state}: it cannot be {act}ed now.")


def next_state(state: ReportState, act: ReportAct) -> ReportState:
    """The state after ``act``. Raises ``Conflict(ILLEGAL_STATE)`` for a pair not in the table."""
    try:
        return TRANSITIONS[state, act]
    except KeyError:
        zh = _ILLEGAL.zh.format(state=STATE_NAMES[state].zh, act=ACT_NAMES[act].zh)
        en = f"The report is {STATE_NAMES[state].en.lower()}: it cannot be {ACT_NAMES[act].en}ed now."
        raise Conflict(Text(zh, en)) from None
