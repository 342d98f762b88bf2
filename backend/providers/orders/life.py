"""The life of an order as one table, and its clocks. A pair that is not in it is refused with a reason.

::

    PLACED ─accept→ ACCEPTED ─assign→ ASSIGNED ─arrive (check-in code)→ UNDER_WAY ─finish→ DONE ─confirm→ CONFIRMED
      │ decline → DECLINED        until somebody arrived: ─cancel→ CANCELLED
      └ nobody accepts in time → LAPSED            nobody objects in time: DONE → CONFIRMED
                                                   (a complaint holds that until it is answered)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from backend.errors import Conflict, Text


class OrderState(StrEnum):
    """Where an order is."""

    PLACED = "PLACED"
    """待接单"""
    ACCEPTED = "ACCEPTED"
    """已接单"""
    ASSIGNED = "ASSIGNED"
    """已派单"""
    UNDER_WAY = "UNDER_WAY"
    """服务中"""
    DONE = "DONE"
    """待确认"""
    CONFIRMED = "CONFIRMED"
    """已完成"""
    DECLINED = "DECLINED"
    """未接单"""
    CANCELLED = "CANCELLED"
    """已取消"""
    LAPSED = "LAPSED"
    """超时未接单"""


class OrderAct(StrEnum):
    """What can be done with one."""

    PLACE = "PLACE"
    ACCEPT = "ACCEPT"
    DECLINE = "DECLINE"
    ASSIGN = "ASSIGN"
    ARRIVE = "ARRIVE"
    FINISH = "FINISH"
    CONFIRM = "CONFIRM"
    CANCEL = "CANCEL"
    LAPSE = "LAPSE"
    BE_LATE = "BE_LATE"
    """A clock ran out and nothing but a mark came of it."""
    COMPLAIN = "COMPLAIN"
    ANSWER = "ANSWER"
    RATE = "RATE"


S, A = OrderState, OrderAct

MOVES: Mapping[tuple[OrderState, OrderAct], OrderState] = {
    (S.PLACED, A.ACCEPT): S.ACCEPTED,
    (S.PLACED, A.DECLINE): S.DECLINED,
    (S.PLACED, A.LAPSE): S.LAPSED,
    (S.ACCEPTED, A.ASSIGN): S.ASSIGNED,
    (S.ASSIGNED, A.ASSIGN): S.ASSIGNED,  # somebody else goes
    (S.ASSIGNED, A.ARRIVE): S.UNDER_WAY,
    (S.UNDER_WAY, A.FINISH): S.DONE,
    (S.DONE, A.CONFIRM): S.CONFIRMED,
    **{(state, A.CANCEL): S.CANCELLED for state in (S.PLACED, S.ACCEPTED, S.ASSIGNED)},
    **{(state, A.BE_LATE): state for state in (S.ACCEPTED, S.ASSIGNED, S.UNDER_WAY)},
    **{(state, act): state for state in (S.UNDER_WAY, S.DONE, S.CONFIRMED) for act in (A.COMPLAIN, A.ANSWER)},
    (S.CONFIRMED, A.RATE): S.CONFIRMED,
}

OPEN = (S.PLACED, S.ACCEPTED, S.ASSIGNED, S.UNDER_WAY, S.DONE)
"""Something is still to come."""
SERVING = (S.ACCEPTED, S.ASSIGNED, S.UNDER_WAY, S.DONE)
"""While the provider needs to know where to go."""
GIVEN_UP = (S.DECLINED, S.CANCELLED, S.LAPSED)


@dataclass(frozen=True, slots=True)
class Clock:
    """How long a state may last, and what happens then."""

    limit: timedelta
    then: OrderAct
    after_wanted: bool = False
    """Counts from when the service is wanted, where that is later."""


CLOCKS: Mapping[OrderState, Clock] = {
    S.PLACED: Clock(timedelta(hours=24), A.LAPSE),
    S.ACCEPTED: Clock(timedelta(hours=24), A.BE_LATE),
    S.ASSIGNED: Clock(timedelta(minutes=30), A.BE_LATE, after_wanted=True),
    S.UNDER_WAY: Clock(timedelta(hours=24), A.BE_LATE),
    S.DONE: Clock(timedelta(hours=72), A.CONFIRM),
}
"""The house's own limits: no law that we know of sets them."""

NOT_NOW = Text("订单当前状态不允许此操作。", "The order's state does not allow this now.")


def moved(before: OrderState, act: OrderAct) -> OrderState:
    """The state after ``act``. Raises ``Conflict`` for what the table does not hold."""
    after = MOVES.get((before, act))
    if after is None:
        raise Conflict(NOT_NOW)
    return after


def due_at(state: OrderState, now: datetime, wanted_at: datetime) -> datetime | None:
    """When the clock of ``state`` runs out; None where there is none."""
    clock = CLOCKS.get(state)
    if clock is None:
        return None
    return (max(now, wanted_at) if clock.after_wanted else now) + clock.limit
