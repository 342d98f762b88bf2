"""Places that come free go to whoever has waited longest: the writes that several actions and clocks share.

Each takes the slot's row first and looks at the waiting list in a statement of its own, which sees what was
committed before that.
"""

from collections.abc import Sequence
from uuid import UUID

from backend.casework.appointments.models import AppointmentState
from backend.casework.appointments.telling import tell_parties
from backend.casework.notices.kinds import NoticeKind
from backend.database import audit
from backend.database.record import Row, Transaction
from backend.kit import clock

ENDED = {
    AppointmentState.CANCELLED: "appointment_cancelled",
    AppointmentState.EXPIRED: "appointment_expired",
    AppointmentState.NO_SHOW: "appointment_missed",
}

TOLD = {
    AppointmentState.EXPIRED: NoticeKind.APPOINTMENT_LAPSED,
    AppointmentState.NO_SHOW: NoticeKind.APPOINTMENT_MISSED,
}
"""What nobody has done themselves; whoever cancels knows it."""

FREE = "CASE WHEN withdrawn OR waiting = 0 OR closes_at <= $2 THEN 0 ELSE least(capacity - taken, waiting) END AS free"
"""How many of those who wait can be let in; nobody after booking has ended, it would come too late to be of use."""


async def end(
    tx: Transaction,
    appointment_id: UUID,
    *,
    to: AppointmentState,
    among: Sequence[AppointmentState],
    actor: str,
) -> Row | None:
    """End an appointment that is in one of these states, unbind whom it bound, and let the next one in.

    None if it is in another state: somebody was first.
    """
    waited = [state for state in among if state is AppointmentState.WAITING]
    seated = [state for state in among if state is not AppointmentState.WAITING]
    # Who waits may be let in at this moment, and never the other way round: so waiting is looked for first.
    row = await _end(tx, appointment_id, to, waited) or await _end(tx, appointment_id, to, seated)
    if row is None:
        return None
    await unbind(tx, appointment_id)
    await audit.append(tx, subject=f"appointment:{appointment_id}", kind=ENDED[to], actor=actor)
    await leave(tx, row["slot_id"], waited=row["waited"])
    if to in TOLD:
        await tell_parties(tx, appointment_id, TOLD[to], what=to.value.lower())
    return row


async def _end(
    tx: Transaction, appointment_id: UUID, to: AppointmentState, among: Sequence[AppointmentState]
) -> Row | None:
    if not among:
        return None
    return await tx.fetch_one(
        "UPDATE appointment SET state = $2, ended_at = $3, hold_until = NULL WHERE id = $1 AND state = ANY($4)"
        " RETURNING slot_id, ended_at, $5::bool AS waited",
        appointment_id,
        to.value,
        clock.now(),
        [state.value for state in among],
        AppointmentState.WAITING in among,
    )


async def unbind(tx: Transaction, appointment_id: UUID) -> None:
    """Let person, couple or matter book again."""
    await tx.execute(
        "UPDATE appointment_party SET living = false WHERE appointment_id = $1 AND living", appointment_id
    )


async def leave(tx: Transaction, slot_id: UUID, *, waited: bool) -> None:
    """One place less in a slot or on its waiting list, and whoever is next moves up."""
    slot = await tx.fetch_one(
        "UPDATE appointment_slot SET taken = taken - $3, waiting = waiting - $4"  # noqa: S608 - a constant of ours
        f" WHERE id = $1 RETURNING {FREE}",
        slot_id,
        clock.now(),
        int(not waited),
        int(waited),
    )
    if slot is not None and slot["free"] > 0:
        await _let_in(tx, slot_id, slot["free"])


async def promote(tx: Transaction, slot_id: UUID) -> int:
    """Hold the slot's free places for those who have waited longest; how many."""
    slot = await tx.fetch_one(
        f"SELECT {FREE} FROM appointment_slot WHERE id = $1 FOR NO KEY UPDATE",  # noqa: S608 - a constant of ours
        slot_id,
        clock.now(),
    )
    return 0 if slot is None or slot["free"] <= 0 else await _let_in(tx, slot_id, slot["free"])


async def _let_in(tx: Transaction, slot_id: UUID, free: int) -> int:
    """Inside a transaction that has the slot's row."""
    now = clock.now()
    rows = await tx.fetch(
        # Chosen once, before anything is written: a limit inside a join is counted anew each time that the plan runs it,
        # and what it has already let in no longer counts.
        "WITH chosen AS MATERIALIZED (SELECT id FROM appointment WHERE slot_id = $1"
        " AND state = 'WAITING' ORDER BY ticket LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED)"
        " UPDATE appointment SET state = 'HELD',"
        " hold_until = least($3::timestamptz + waiting_hold_minutes * interval '1 minute', starts_at)"
        " FROM chosen, appointment_slot slot JOIN appointment_calendar calendar ON calendar.id = slot.calendar_id"
        " WHERE slot.id = $1 AND appointment.id = chosen.id RETURNING appointment.id",
        slot_id,
        free,
        now,
    )
    await tx.execute(
        "UPDATE appointment_slot SET taken = taken + $2, waiting = waiting - $2 WHERE id = $1",
        slot_id,
        len(rows),
    )
    for row in rows:
        await audit.append(
            tx, subject=f"appointment:{row['id']}", kind="appointment_promoted", actor="machine:appointments"
        )
        # Under the cause by which a clock tells of held places: one of the two tells it.
        await tell_parties(tx, row["id"], NoticeKind.APPOINTMENT_LET_IN, what="held", invited=True)
    return len(rows)
