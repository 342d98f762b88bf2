"""The life of a case as a table, and numbers, texts and rows that follow it."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.casework.definitions import LimitUnit
from backend.casework.legal_clock import due_date
from backend.casework.lifecycle import TRANSITIONS, CaseEventKind, CaseState, next_state
from backend.errors import Conflict, ProblemCode
from backend.kit.working_days import Calendar

S, K = CaseState, CaseEventKind
EVERY_PAIR = [(state, event) for state in S for event in K]


@pytest.mark.parametrize(("state", "event"), EVERY_PAIR)
def test_a_pair_that_is_not_in_the_table_is_refused_with_a_reason(
    state: CaseState, event: CaseEventKind
) -> None:
    if (state, event) in TRANSITIONS:
        assert next_state(state, event) is TRANSITIONS[state, event]
        return
    with pytest.raises(Conflict) as refusal:
        next_state(state, event)
    assert refusal.value.code is ProblemCode.ILLEGAL_STATE
    assert state.value in refusal.value.message.zh
    assert event.value in refusal.value.message.en


def reachable(state: CaseState) -> set[CaseState]:
    found, ahead = {state}, [state]
    while ahead:
        now = ahead.pop()
        following = {after for (before, _), after in TRANSITIONS.items() if before is now} - found
        found |= following
        ahead += following
    return found


def test_every_state_is_reached_and_every_case_can_end() -> None:
    ends = {S.COMPLETED, S.NOT_ACCEPTED}
    assert reachable(S.DRAFT) == set(S)
    assert all(reachable(state) & ends for state in S)
    assert all(reachable(end) == {end} for end in ends)


@given(st.lists(st.sampled_from(K)))
def test_no_history_decides_twice_or_comes_back_from_a_decision(events: list[CaseEventKind]) -> None:
    state, lived = S.DRAFT, list[CaseState]()
    for event in events:
        try:
            state = next_state(state, event)
        except Conflict:
            continue
        lived.append(state)
    assert lived.count(S.APPROVED) + lived.count(S.REFUSED) <= 1
    order = [S.DRAFT, S.SUBMITTED, S.ACCEPTED, S.NOT_ACCEPTED, S.APPROVED, S.REFUSED, S.COMPLETED]
    assert [order.index(one) for one in lived] == sorted(order.index(one) for one in lived)


CALENDAR = Calendar()
DAYS = st.dates(min_value=date(2020, 1, 1), max_value=date(2026, 10, 31))


def test_ten_working_days_explain_themselves() -> None:
    due = due_date(date(2026, 11, 25), 10, LimitUnit.WORKING_DAYS, CALENDAR)
    assert (due.on, due.provisional) == (date(2026, 12, 9), False)
    assert due.explanation.zh == (
        "起算日：2026-11-25，当日不计入。\n办结时限：10个工作日。\n"
        "2026-11-26至2026-12-09：计10个工作日，累计10个。\n其间节假日、休息日4天不计。\n截止：2026-12-09 24:00。"
    )
    assert due.explanation.en == (
        "Start: 2026-11-25; that day is not counted.\nTime limit: 10 working days.\n"
        "2026-11-26 to 2026-12-09: 10 working days, 10 in all.\nOf that time 4 days off are not counted.\n"
        "Due: the end of 2026-12-09."
    )


def test_calendar_days_end_on_a_day_that_is_worked() -> None:
    # The last day falls into the week of the National Day and moves behind it.
    due = due_date(date(2026, 9, 3), 30, LimitUnit.CALENDAR_DAYS, CALENDAR)
    assert due.on == date(2026, 10, 8)
    assert [line.zh for line in due.lines] == [
        "起算日：2026-09-03，当日不计入。",
        "办结时限：30个自然日。",
        "2026-09-04至2026-10-03：计30日，累计30日。",
        "2026-10-03为节假日或休息日，顺延至2026-10-08。",
        "截止：2026-10-08 24:00。",
    ]


def test_a_reckoning_into_an_unannounced_year_says_that_it_may_move() -> None:
    due = due_date(date(2026, 12, 30), 10, LimitUnit.WORKING_DAYS, CALENDAR)
    assert due.provisional
    assert not due_date(date(2026, 12, 30), 1, LimitUnit.WORKING_DAYS, CALENDAR).provisional


@given(DAYS, st.integers(1, 60))
def test_working_days_are_counted_and_the_last_one_is_worked(start: date, days: int) -> None:
    end = due_date(start, days, LimitUnit.WORKING_DAYS, CALENDAR).on
    between = [start + timedelta(days=gone) for gone in range(1, (end - start).days + 1)]
    assert sum(CALENDAR.is_working_day(day) for day in between) == days
    assert CALENDAR.is_working_day(end)


@given(DAYS, st.integers(1, 60))
def test_calendar_days_move_forward_only_past_days_off(start: date, days: int) -> None:
    end = due_date(start, days, LimitUnit.CALENDAR_DAYS, CALENDAR).on
    nominal = start + timedelta(days=days)
    assert CALENDAR.is_working_day(end)
    assert end >= nominal
    assert not any(
        CALENDAR.is_working_day(nominal + timedelta(days=gone)) for gone in range((end - nominal).days)
    )


@given(DAYS, DAYS, st.integers(1, 40))
def test_who_came_first_is_due_first(one: date, other: date, days: int) -> None:
    first, second = sorted((one, other))
    for unit in LimitUnit:
        assert due_date(first, days, unit, CALENDAR).on <= due_date(second, days, unit, CALENDAR).on
