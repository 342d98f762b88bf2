"""A hall cannot open: the day is closed, and whoever was expected is told why and may book again."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from backend.casework.appointments.models import AppointmentState
from backend.casework.appointments.places import DayDraft, set_day
from backend.casework.appointments.telling import tell_parties
from backend.casework.appointments.vacancies import end
from backend.casework.notices.kinds import NoticeKind
from backend.database.record import fetch, transaction
from backend.errors import Invalid, Text
from backend.kit import clock
from backend.kit.working_days import Calendar
from backend.viewer import Officer

AT_ONCE = 200
"""Appointments that one request calls off; it says how many are left."""
LIVING = (AppointmentState.WAITING, AppointmentState.HELD, AppointmentState.CONFIRMED)
REASON = range(2, 101)
SAY_WHY = Text(
    "请填写取消原因（2至100字），当事人会看到。", "Say why in 2 to 100 characters; those concerned read it."
)


@dataclass(frozen=True, slots=True)
class CalledOff:
    """How far it has come."""

    called_off: int
    left: int


async def call_off(
    officer: Officer, workdays: Calendar, *, calendar_id: UUID, day: date, reason: str
) -> CalledOff:
    """Close a day of a calendar of the officer's organ and end what was booked on it; nobody missed anything.

    Safe to run again, which is how the rest of a large day is called off. Raises ``Forbidden``, ``NotFound`` and ``Invalid``.
    """
    told = reason.strip()
    if len(told) not in REASON:
        raise Invalid(SAY_WHY).about("input", "reason")
    # The day first: its slots are withdrawn with it, and nobody moves up into one that is.
    await set_day(officer, workdays, calendar_id, DayDraft(day=day, spans=[]))
    rows = await fetch(
        "SELECT a.id FROM appointment_slot s JOIN appointment a ON a.slot_id = s.id WHERE s.calendar_id = $1 AND s.day = $2"
        " AND s.starts_at > $3 AND a.state = ANY($4) ORDER BY a.id",
        calendar_id,
        day,
        clock.now(),
        [state.value for state in LIVING],
    )
    ended = 0
    for row in rows[:AT_ONCE]:
        async with transaction() as tx:
            gone = await end(
                tx,
                row["id"],
                to=AppointmentState.CANCELLED,
                among=LIVING,
                actor=f"officer:{officer.officer_id}",
            )
            if gone is None:
                continue
            ended += 1
            await tell_parties(
                tx, row["id"], NoticeKind.APPOINTMENT_CALLED_OFF, what="called_off", more={"reason": told}
            )
    return CalledOff(ended, max(0, len(rows) - AT_ONCE))
