"""Writing the loop of a bad evaluation: opened, moved by one act, late; each is told to whoever watches, in its transaction."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from backend.casework.evaluations.loops import DAYS, ENDS, LoopAct, LoopState
from backend.casework.legal_clock import end_of
from backend.database import audit
from backend.database.record import Row, Transaction
from backend.kit import clock
from backend.kit.ids import new_id
from backend.kit.working_days import Calendar


class Turn(StrEnum):
    """What happened to a loop, as supervision wants to know it."""

    OPENED = "OPENED"
    """Or it counts again after an objection."""
    LATE = "LATE"
    CAUGHT_UP = "CAUGHT_UP"
    """The step that was late is done."""
    EXCLUDED = "EXCLUDED"
    CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True)
class LoopChange:
    """A turn of a loop. No personal data."""

    evaluation_id: UUID
    application_id: UUID | None
    """The case; None for a visit that was about none."""
    version: int
    """Of the loop, when the step that it tells of began."""
    turn: Turn
    at: datetime


@dataclass(frozen=True, slots=True)
class Done:
    """One act: what it led to, who did it, and the words that were sealed to its id."""

    act: LoopAct
    after: LoopState
    actor: str
    counted: bool | None = None
    """Whether the evaluation counts from now on; None: as before."""
    id: UUID = field(default_factory=new_id)
    sealed: str | None = field(default=None, repr=False)


_MACHINE = "machine:evaluations"
LoopReactor = Callable[[Transaction, Sequence[LoopChange]], Awaitable[None]]
"""Told of turns inside their transaction; writes its own tables only."""


def note_context(act_id: UUID) -> str:
    """Where the words of an act belong."""
    return f"evaluation_act.note:{act_id}"


async def tell_all(told: Sequence[LoopReactor], tx: Transaction, changes: Sequence[LoopChange]) -> None:
    """Hand turns to everybody who watches."""
    if changes:
        for react in told:
            await react(tx, changes)


async def open_loop(
    tx: Transaction,
    calendar: Calendar,
    told: Sequence[LoopReactor],
    *,
    evaluation_id: UUID,
    application_id: UUID | None,
    division: str,
) -> None:
    """Begin to follow a bad evaluation; once for each."""
    loop_id, now, state = new_id(), clock.now(), LoopState.TO_VERIFY
    span = DAYS[state]
    due_on = calendar.add_working_days(clock.today(), span.days)
    made = await tx.fetch_one(
        "INSERT INTO evaluation_loop (id, created_at, evaluation_id, division, state, version, appealed, started_on, days,"
        " due_on, due_at, late, open, calendar_version) VALUES ($1, $2, $3, $4, $5, 1, false, $6, $7, $8, $9, false, true,"
        " $10) ON CONFLICT (evaluation_id) DO NOTHING RETURNING id",
        loop_id,
        now,
        evaluation_id,
        division,
        state.value,
        clock.today(),
        span.days,
        due_on,
        end_of(due_on),
        calendar.version,
    )
    if made is None:
        return
    await _write(tx, loop_id, 1, Done(LoopAct.OPEN, state, _MACHINE))
    await audit.append(
        tx, subject=f"evaluation:{evaluation_id}", kind="evaluation_loop_opened", actor=_MACHINE
    )
    await tell_all(told, tx, [LoopChange(evaluation_id, application_id, 1, Turn.OPENED, now)])


async def move(
    tx: Transaction, calendar: Calendar, told: Sequence[LoopReactor], loop: Row, done: Done
) -> date:
    """Write that ``done`` moved ``loop`` (id, evaluation_id, application_id, version, late); until when what follows is due.

    The caller holds the loop's row and has looked the step up in the table.
    """
    after = done.after
    now, span = clock.now(), DAYS.get(after)
    started = clock.today()
    due_on = started if span is None else calendar.add_working_days(started, span.days)
    await tx.execute(
        "UPDATE evaluation_loop SET state = $2, version = version + 1, late = false, open = $3, started_on = $4, days = $5,"
        " due_on = $6, due_at = $7, calendar_version = $8, appealed = appealed OR $9 WHERE id = $1",
        loop["id"],
        after.value,
        after not in ENDS,
        started,
        0 if span is None else span.days,
        due_on,
        end_of(due_on),
        calendar.version,
        done.act is LoopAct.APPEAL,
    )
    await _write(tx, loop["id"], loop["version"] + 1, done)
    await audit.append(
        tx,
        subject=f"evaluation:{loop['evaluation_id']}",
        kind=f"evaluation_{done.act.value.lower()}",
        actor=done.actor,
        detail={"state": after.value},
    )
    turns = [Turn.CAUGHT_UP] if loop["late"] else []
    if done.counted is not None:
        turns.append(Turn.OPENED if done.counted else Turn.EXCLUDED)
    if after is LoopState.CLOSED:
        turns.append(Turn.CLOSED)
    await tell_all(told, tx, [_change(loop, turn, now) for turn in turns])
    return due_on


def late_change(loop: Row, at: datetime) -> LoopChange:
    """That the step of ``loop`` was not done in time."""
    return _change(loop, Turn.LATE, at)


def _change(loop: Row, turn: Turn, at: datetime) -> LoopChange:
    return LoopChange(loop["evaluation_id"], loop["application_id"], loop["version"], turn, at)


async def _write(tx: Transaction, loop_id: UUID, sequence: int, done: Done) -> None:
    await tx.execute(
        "INSERT INTO evaluation_act (id, created_at, loop_id, sequence, act, state, actor, note_sealed, at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $2)",
        done.id,
        clock.now(),
        loop_id,
        sequence,
        done.act.value,
        done.after.value,
        done.actor,
        done.sealed,
    )
