"""What falls due is found by its time; silence becomes acceptance; a new calendar moves what is open."""

from collections.abc import Sequence
from uuid import UUID

import structlog

from backend.casework.applications.events import locked_state, record_event
from backend.casework.legal_time.calendars import refresh
from backend.casework.legal_time.keeping import change_of
from backend.casework.legal_time.settling import CLOCKS, ClockChange, ClockReactor, settle, tell_all
from backend.casework.lifecycle import CaseEventKind, CaseState
from backend.casework.machine import Casework
from backend.database.record import Transaction, fetch, transaction
from backend.kit import clock
from backend.kit.working_days import Calendar
from backend.viewer import Machine

log = structlog.get_logger()

ACTOR = Machine("legal-time")
AT_ONCE = 1_000
"""Clocks in one transaction: short enough that nobody waits for it."""

# A case whose lock somebody holds is left for the next time: whoever acts on a case takes its row before its clocks,
# and waiting for it with clocks in hand would be a deadlock.
DUE = (
    "WITH b AS MATERIALIZED (SELECT k.id, k.mark, k.due_at"
    "   FROM case_clock k JOIN application a ON a.id = k.application_id"
    "   WHERE k.state = 'RUNNING' AND k.next_at <= $1 ORDER BY k.next_at LIMIT $2"
    "   FOR NO KEY UPDATE OF a SKIP LOCKED FOR UPDATE OF k SKIP LOCKED)"
    " UPDATE case_clock c SET mark = CASE WHEN b.due_at <= $1 THEN 'OVER' ELSE 'NEAR' END,"
    " next_at = CASE WHEN b.due_at <= $1 THEN NULL ELSE b.due_at END"
    " FROM b WHERE c.id = b.id RETURNING c.application_id, c.kind, c.step, b.mark AS before, c.mark AS after"
)


_OLD = (
    CLOCKS
    + "JOIN application a ON a.id = k.application_id WHERE k.state = {state} AND k.calendar_version < $1"
    # From where the last batch ended: what it left behind in the index is not walked over again.
    " AND (k.calendar_version, k.id) > ($3, $4) ORDER BY k.calendar_version, k.id LIMIT $2"
    " FOR NO KEY UPDATE OF a SKIP LOCKED FOR UPDATE OF k SKIP LOCKED"
)


async def mark_due(told: Sequence[ClockReactor]) -> int:
    """Mark every running clock whose time has come, and tell; returns how many. Safe beside itself."""
    done = 0
    while True:
        now = clock.now()
        async with transaction() as tx:
            rows = await tx.fetch(DUE, now, AT_ONCE)
            await _tell(tx, told, [change_of(row, now) for row in rows])
        done += len(rows)
        if len(rows) < AT_ONCE:
            return done


async def reckon_anew(calendar: Calendar, told: Sequence[ClockReactor]) -> int:
    """Reckon every open clock that goes by an older calendar; returns how many. Safe beside itself.

    Also what a process that had not heard of the new calendar wrote meanwhile: each clock remembers its version.
    """
    await refresh(calendar)
    done = 0
    for state in ("RUNNING", "STANDING"):
        version, last = -1, UUID(int=0)
        while True:
            now = clock.now()
            async with transaction() as tx:
                rows = await tx.fetch(
                    _OLD.format(state=f"'{state}'"), calendar.version, AT_ONCE, version, last
                )
                if rows:
                    version, last = rows[-1]["calendar_version"], rows[-1]["id"]
                    await _tell(tx, told, await settle(tx, rows, calendar, now))
            done += len(rows)
            if len(rows) < AT_ONCE:
                break
    if done:
        log.info("clocks_reckoned_anew", clocks=done, calendar=calendar.version)
    return done


async def _tell(tx: Transaction, told: Sequence[ClockReactor], changes: Sequence[ClockChange]) -> None:
    ordered = sorted(changes, key=lambda change: (change.application_id, change.kind, change.step))
    await tell_all(told, tx, ordered)


async def accept_by_silence(work: Casework, limit: int = 200) -> int:
    """Accept licences on which nobody said anything in time (行政许可法 32); returns how many."""
    rows = await fetch(
        "SELECT application_id FROM case_clock WHERE deems AND state = 'RUNNING' AND due_at <= $1"
        " ORDER BY due_at LIMIT $2",
        clock.now(),
        limit,
    )
    return sum([await _accept(work, row["application_id"]) for row in rows])


async def _accept(work: Casework, application_id: UUID) -> bool:
    async with transaction() as tx:
        state = await locked_state(tx, application_id)
        still = await tx.fetch_one(
            "SELECT 1 FROM case_clock WHERE application_id = $1 AND deems AND state = 'RUNNING' AND due_at <= $2",
            application_id,
            clock.now(),
        )
        if state not in {CaseState.SUBMITTED, CaseState.PRE_REVIEWED} or still is None:
            return False
        await record_event(
            tx,
            work,
            application_id,
            CaseEventKind.DEEMED_ACCEPTED,
            before=state,
            actor=ACTOR,
        )
    return True
