"""The life of a case as a table, and numbers, texts and rows that follow it."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.casework.definitions import LimitUnit
from backend.casework.legal_clock import due_date
from backend.casework.lifecycle import (
    DECIDED,
    ENDED,
    EVENT_NAMES,
    OPEN,
    STATE_NAMES,
    TRANSITIONS,
    CaseEventKind,
    CaseState,
    next_state,
    replay,
)
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
    assert reachable(S.DRAFT) == set(S)
    assert all(reachable(state) & set(ENDED) for state in S)
    assert all(reachable(end) == {end} for end in ENDED)
    assert {S.DRAFT, *OPEN, *DECIDED, *ENDED} == set(S)


def test_every_state_and_event_has_a_name_and_fits_its_column() -> None:
    assert set(STATE_NAMES) == set(S)
    assert set(EVENT_NAMES) == set(K)
    assert max(len(word) for word in (*S, *K)) <= 20


POSSIBLE = {state: [event for at, event in TRANSITIONS if at is state] for state in S}


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[CaseEventKind], list[CaseState]]:
    """What happened to a case, mostly possible things and now and then an impossible one that is refused."""
    state, events, lived = S.DRAFT, list[CaseEventKind](), [S.DRAFT]
    for wild in draw(st.lists(st.integers(0, 9), max_size=40)):
        event = draw(st.sampled_from(list(K) if wild == 0 else POSSIBLE[state]))
        try:
            state = next_state(state, event)
        except Conflict:
            continue
        events.append(event)
        lived.append(state)
    return events, lived


@given(histories())
def test_no_history_decides_twice_or_while_suspended_and_each_replays_to_its_state(
    history: tuple[list[CaseEventKind], list[CaseState]],
) -> None:
    events, lived = history
    decisions = [n for n, event in enumerate(events) if event in {K.APPROVED, K.REFUSED}]
    assert len(decisions) <= 1
    assert all(lived[n] is S.ACCEPTED for n in decisions), "not suspended, not published, nothing asked for"
    assert sum(event in {K.ACCEPTED, K.DEEMED_ACCEPTED} for event in events) <= 1
    assert replay([K.STARTED, *events]) is lived[-1]
    ended = next((n for n, state in enumerate(lived) if state in ENDED), len(lived))
    assert set(lived[ended:]) <= {lived[min(ended, len(lived) - 1)]}, "what has ended stays as it is"
    after_decision = lived[decisions[0] + 1 :] if decisions else []
    assert set(after_decision) <= {S.APPROVED, S.REFUSED, S.COMPLETED}


@given(histories())
def test_what_was_interrupted_goes_on_where_it_was(
    history: tuple[list[CaseEventKind], list[CaseState]],
) -> None:
    events, lived = history
    back = {K.RESUMED: S.ACCEPTED, K.PUBLICITY_ENDED: S.ACCEPTED}
    for event, before, after in zip(events, lived, lived[1:], strict=False):
        assert back.get(event, after) is after
        if event is K.CORRECTION_ANSWERED:
            assert (before, after) in {(S.CORRECTION, S.SUBMITTED), (S.REVIEW_CORRECTION, S.ACCEPTED)}


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
