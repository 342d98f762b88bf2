"""What time does to appointments: holds expire, waiting lists move, and who did not come is written down.

Each clock finds its own work, takes a bounded part of it and may run beside itself.
"""

from collections.abc import Awaitable, Callable
from uuid import UUID

from backend.casework.appointments.models import AppointmentState
from backend.casework.appointments.sweeping import MOST, one_by_one
from backend.casework.appointments.vacancies import end, promote
from backend.database import audit
from backend.database.record import Transaction, fetch
from backend.kit import clock
from backend.kit.ids import new_id

ACTOR = "machine:appointments"


async def move_on() -> int:
    """Expire holds that nobody confirmed and waits that came to nothing, and fill what is free; how many moved."""
    return await expire_holds() + await promote_waiting() + await expire_waits()


async def expire_holds() -> int:
    """Let go what nobody confirmed in time; whoever waits longest gets it."""
    rows = await fetch(
        "SELECT id FROM appointment WHERE state = 'HELD' AND hold_until <= $1 ORDER BY hold_until LIMIT $2",
        clock.now(),
        MOST,
    )
    return await one_by_one(rows, _ending(AppointmentState.HELD, AppointmentState.EXPIRED))


async def expire_waits() -> int:
    """End the waiting for slots that can no longer be booked."""
    rows = await fetch(
        "SELECT appointment.id FROM appointment_slot slot JOIN appointment ON slot_id = slot.id"
        " WHERE slot.waiting > 0 AND appointment.state = 'WAITING' AND (closes_at <= $1 OR withdrawn) LIMIT $2",
        clock.now(),
        MOST,
    )
    return await one_by_one(rows, _ending(AppointmentState.WAITING, AppointmentState.EXPIRED))


async def promote_waiting() -> int:
    """Fill places that came free in another way than by somebody leaving, such as a larger capacity."""
    rows = await fetch(
        "SELECT id FROM appointment_slot WHERE waiting > 0 AND taken < capacity AND NOT withdrawn AND closes_at > $1"
        " ORDER BY id LIMIT $2",
        clock.now(),
        MOST,
    )
    return await one_by_one(rows, promote)


async def note_no_shows() -> int:
    """Mark who did not come, and pause who did not come too often, by the calendar's own figures; how many."""
    rows = await fetch(
        "SELECT appointment.id FROM appointment JOIN appointment_slot slot ON slot.id = slot_id"
        " JOIN appointment_calendar calendar ON calendar.id = slot.calendar_id"
        " WHERE appointment.state = 'CONFIRMED' AND ends_at + late_minutes * interval '1 minute' <= $1 LIMIT $2",
        clock.now(),
        MOST,
    )
    missed = _ending(AppointmentState.CONFIRMED, AppointmentState.NO_SHOW)

    async def one(tx: Transaction, appointment_id: UUID) -> int:
        marked = await missed(tx, appointment_id)
        if marked:
            await _pause(tx, appointment_id)
        return marked

    return await one_by_one(rows, one)


def _ending(among: AppointmentState, to: AppointmentState) -> Callable[[Transaction, UUID], Awaitable[int]]:
    """End one appointment that is still ``among``: 1 where it was."""

    async def one(tx: Transaction, appointment_id: UUID) -> int:
        return await end(tx, appointment_id, to=to, among=(among,), actor=ACTOR) is not None

    return one


async def _pause(tx: Transaction, appointment_id: UUID) -> None:
    """Pause whoever booked this missed appointment, if it was one too many."""
    rows = await tx.fetch(
        "INSERT INTO appointment_pause (id, created_at, person_id, subject, until)"
        " SELECT $2, $3, mine.person_id, calendar.subject, $3::timestamptz + pause_days * interval '1 day'"
        " FROM appointment mine JOIN appointment_slot slot ON slot.id = mine.slot_id"
        " JOIN appointment_calendar calendar ON calendar.id = slot.calendar_id"
        " WHERE mine.id = $1 AND no_show_limit > 0 AND pause_days > 0 AND no_show_limit <= ("
        "  SELECT count(*) FROM appointment missed JOIN appointment_slot its ON its.id = missed.slot_id"
        "  JOIN appointment_calendar theirs ON theirs.id = its.calendar_id"
        "  WHERE missed.person_id = mine.person_id AND missed.state = 'NO_SHOW' AND theirs.subject = calendar.subject"
        "  AND its.starts_at > slot.starts_at - no_show_days * interval '1 day'"
        "  AND missed.ended_at > coalesce((SELECT max(created_at) FROM appointment_pause before"
        "   WHERE before.person_id = mine.person_id AND before.subject = calendar.subject), '-infinity'))"
        " ON CONFLICT (person_id, subject, until) DO NOTHING RETURNING person_id, subject, until",
        appointment_id,
        new_id(),
        clock.now(),
    )
    for row in rows:
        await audit.append(
            tx,
            subject=f"person:{row['person_id']}",
            kind="appointments_paused",
            actor=ACTOR,
            detail={"subject": row["subject"], "until": row["until"].isoformat()},
        )
