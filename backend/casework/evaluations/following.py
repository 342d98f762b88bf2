"""What time does to evaluations: asking once after three days, steps that are late, silence that answers.

Each clock finds its own work, takes a bounded part of it and may run beside itself.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from backend.casework.evaluations.looping import Done, late_change, move, tell_all
from backend.casework.evaluations.loops import LAPSES, LoopAct, LoopState, step_of
from backend.casework.legal_clock import end_of
from backend.casework.machine import Casework
from backend.casework.notices.kinds import NoticeKind
from backend.casework.notices.telling import tell
from backend.database.record import Row, Transaction, fetch, transaction
from backend.kit import clock
from backend.kit.days import chinese_day
from backend.kit.working_days import Calendar

ASKED_AFTER = timedelta(days=3)
"""亳州 asks after three days without an evaluation (FACTS §3): published there, practice elsewhere."""
AT_ONCE = 500
_ACTOR = "machine:evaluations"


async def follow_evaluations(work: Casework) -> int:
    """Everything below; how much was done."""
    done = await ask_to_evaluate(work)
    done += await reckon_loops_anew(work.calendar)
    return done + await mark_late(work) + await lapse(work)


async def ask_to_evaluate(work: Casework) -> int:
    """Ask whoever has not evaluated a service after three days, once; how many."""
    async with transaction() as tx:
        rows = await tx.fetch(
            "WITH due AS MATERIALIZED (SELECT id FROM service_event WHERE waiting AND at <= $1 ORDER BY at LIMIT $2"
            " FOR UPDATE SKIP LOCKED) UPDATE service_event s SET waiting = false FROM due WHERE s.id = due.id"
            " RETURNING s.id, s.kind, s.application_id, s.person_id, s.item_code, s.closes_at",
            clock.now() - ASKED_AFTER,
            AT_ONCE,
        )
        asked = 0
        for row in sorted(rows, key=lambda row: str(row["person_id"])):  # inboxes in one order for everybody
            if row["person_id"] is None or row["closes_at"] <= clock.now():
                continue
            asked += await tell(
                tx,
                row["person_id"],
                NoticeKind.EVALUATION_ASKED,
                cause=f"service:{row['id']}:asked",
                application_id=row["application_id"],
                parameters={
                    "what": name_of(work, row["item_code"]),
                    "until": chinese_day(clock.local(row["closes_at"]).date()),
                },
            )
    return asked


def name_of(work: Casework, item_code: str) -> str:
    """What an item is called, in Chinese; of one that is no longer declared its code, of none the visit itself."""
    item = work.standards.by_code.get(item_code)
    return item_code or "现场服务" if item is None else item.name.zh


_DUE = (
    "WITH due AS MATERIALIZED (SELECT l.id FROM evaluation_loop l WHERE open AND NOT late AND due_at <= $1"
    " AND (state = ANY($3::text[])) = $4 ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED)"
)
_LOOP = (
    " SELECT l.id, l.evaluation_id, s.application_id, l.version, l.state, l.late FROM due"
    " JOIN evaluation_loop l ON l.id = due.id JOIN evaluation e ON e.id = l.evaluation_id"
    " JOIN service_event s ON s.id = e.event_id ORDER BY l.id"
)


async def _due(tx: Transaction, *, lapses: bool) -> Sequence[Row]:
    states = [state.value for state in LAPSES]
    return await tx.fetch(_DUE + _LOOP, clock.now(), AT_ONCE, states, lapses)


async def mark_late(work: Casework) -> int:
    """Mark the steps that nobody did in time, and tell supervision; how many."""
    async with transaction() as tx:
        rows = await _due(tx, lapses=False)
        await tx.execute(
            "UPDATE evaluation_loop SET late = true WHERE id = ANY($1::uuid[])", [row["id"] for row in rows]
        )
        now = clock.now()
        await tell_all(work.loop_reactors, tx, [late_change(row, now) for row in rows])
    return len(rows)


async def lapse(work: Casework) -> int:
    """End what the evaluator was asked and said nothing to; how many."""
    async with transaction() as tx:
        rows = await _due(tx, lapses=True)
        for row in rows:
            step = step_of(LoopState(row["state"]), LoopAct.LAPSE)
            await move(tx, work.calendar, work.loop_reactors, row, Done(LoopAct.LAPSE, step.after, _ACTOR))
    return len(rows)


async def reckon_loops_anew(calendar: Calendar) -> int:
    """Reckon the due times of open loops by a new calendar; how many."""
    rows = await fetch(
        "SELECT id, started_on, days FROM evaluation_loop WHERE open AND NOT late AND calendar_version < $1 LIMIT $2",
        calendar.version,
        AT_ONCE,
    )
    if not rows:
        return 0
    dues = [calendar.add_working_days(row["started_on"], row["days"]) for row in rows]
    ids: list[UUID] = [row["id"] for row in rows]
    async with transaction() as tx:
        await tx.execute(
            "UPDATE evaluation_loop l SET due_on = n.due_on, due_at = n.due_at, calendar_version = $5"
            " FROM unnest($1::uuid[], $2::date[], $3::timestamptz[], $4::date[]) AS n(id, due_on, due_at, started_on)"
            " WHERE l.id = n.id AND l.started_on = n.started_on AND open AND NOT late",
            ids,
            dues,
            [end_of(due) for due in dues],
            [row["started_on"] for row in rows],
            calendar.version,
        )
    return len(rows)
