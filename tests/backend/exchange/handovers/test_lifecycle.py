"""The life of a handover: random histories through the table, and what holds in all of them."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.errors import Conflict
from backend.exchange.handovers.lifecycle import (
    DOES,
    FINAL,
    MOVES,
    SIGNED,
    STATE_NAMES,
    STEP_NAMES,
    TURNS,
    HandoverState,
    HandoverStep,
    Side,
    Standing,
    after,
    replay,
)
from backend.exchange.handovers.moving import clock_of

S, T = HandoverState, HandoverStep
steps = st.lists(st.sampled_from(T), max_size=60)


def lived(wishes: Sequence[HandoverStep], *, part: bool) -> tuple[list[HandoverStep], list[Standing]]:
    """What comes of a random list of wishes: those that are refused leave nothing behind."""
    done, stood = list[HandoverStep](), [Standing(S.PREPARED, part=part)]
    for wish in wishes:
        try:
            stood.append(after(stood[-1], wish))
        except Conflict:
            continue
        done.append(wish)
    return done, stood


@given(steps, st.booleans())
def test_in_every_history_each_side_does_its_own_in_its_turn(wishes: list[HandoverStep], part: bool) -> None:
    done, stood = lived(wishes, part=part)

    for step, before, now in zip(done, stood[:-1], stood[1:], strict=True):
        turn = TURNS[before.state]
        # What nobody does follows by itself; the applicant hands in what the receiving office then has.
        assert DOES[step] in {turn, Side.NOBODY} or turn is Side.APPLICANT, (before, step)
        assert now.bound or not before.bound
        if before.bound:
            assert step is not T.REFUSED
        if step in {T.DECIDED, T.GIVEN}:
            assert (before.state, part) == (S.TAKEN, step is T.GIVEN)
    if T.DECIDED in done:
        assert done.index(T.TAKEN) < done.index(T.DECIDED)
        assert done.index(T.CHECKED) < done.index(T.FORWARDED)
    assert not any(state.state in FINAL for state in stood[:-1]), "nothing happens after the end"
    assert replay(done, part=part) == stood[-1]


@given(steps)
def test_a_running_clock_belongs_to_whoever_has_it(wishes: list[HandoverStep]) -> None:
    _, stood = lived(wishes, part=False)

    for standing in stood:
        turn = TURNS[standing.state]
        for wired in (False, True):
            running = clock_of(standing.state, wired=wired)
            assert (running is None) == (turn in {Side.NOBODY, Side.APPLICANT})


def test_every_dead_end_has_a_way_out() -> None:
    """From each state some end can be reached, and from a dispute the deciding side."""
    reached = {state: {state} for state in S}
    for _ in S:
        for (before, _step), now in MOVES.items():
            reached[before] |= reached[now]
    for state in S:
        assert reached[state] & FINAL, state
        if state not in FINAL | {S.DECIDED}:
            assert {S.DECIDED, S.GIVEN, S.ENDED} <= reached[state], state


def test_the_receiving_side_never_decides() -> None:
    deciding = {T.DECIDED, T.GIVEN, T.REFUSED, T.TAKEN, T.PASSED}
    assert {step for step, side in DOES.items() if side is Side.DECIDING} == deciding
    assert {after(Standing(S.TAKEN), step).state for step in (T.DECIDED, T.REFUSED)} == {S.DECIDED, S.REFUSED}


def test_the_tables_are_whole() -> None:
    assert (set(STATE_NAMES), set(TURNS)) == (set(S), set(S))
    assert (set(STEP_NAMES), set(DOES)) == (set(T), set(T))
    assert {step for _, step in MOVES} == set(T) - {T.PREPARED}
    assert {T.FORWARDED, T.TAKEN, T.REFUSED, T.SETTLED, T.INFORMED} <= SIGNED


def test_what_a_superior_settled_is_not_sent_back_again() -> None:
    settled = replay(
        [T.RECEIVED, T.CHECKED, T.FORWARDED, T.REFUSED, T.DISPUTED, T.SETTLED, T.FORWARDED, T.TAKEN]
    )
    assert settled == Standing(S.TAKEN, bound=True)
    with pytest.raises(Conflict) as refusal:
        after(settled, T.REFUSED)
    assert refusal.value.message.zh == "共同上级已裁定由本地办理，不能再退回。"
    assert after(replace(settled, bound=False), T.REFUSED).state is S.REFUSED
