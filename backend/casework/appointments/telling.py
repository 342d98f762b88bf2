"""Telling both parties of an appointment what became of it: with the act, or by a clock that finds what was not told yet."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime, time, timedelta
from uuid import UUID

from backend.casework.appointments.models import AppointmentState
from backend.casework.appointments.sweeping import MOST, one_by_one
from backend.casework.notices.kinds import NoticeKind
from backend.casework.notices.telling import tell
from backend.database.record import Transaction, fetch
from backend.kit import clock

REMIND_FROM = time(9)
"""The day before, not earlier in the day than this."""

_ABOUT = (
    "SELECT a.slot_id, a.hold_until, c.name AS what, p.name AS place, s.starts_at, array_remove(ARRAY[a.person_id,"
    " a.partner_id, CASE WHEN $2 THEN (SELECT d.person_id FROM identity_document d"
    "   WHERE d.number_index = a.partner_index AND d.ended_at IS NULL LIMIT 1) END], NULL) AS persons"
    " FROM appointment a JOIN appointment_slot s ON s.id = a.slot_id JOIN appointment_calendar c ON c.id = s.calendar_id"
    " JOIN appointment_place p ON p.id = c.place_id WHERE a.id = $1"
)


async def tell_parties(
    tx: Transaction,
    appointment_id: UUID,
    kind: NoticeKind,
    *,
    what: str,
    invited: bool = False,
    more: Mapping[str, str] | None = None,
) -> int:
    """Tell whoever booked and whoever confirmed, each once of ``what``; ``invited``: also whom the booking names.

    Returns how many were told. What is of one slot and comes again after a move is told again.
    """
    row = await tx.fetch_one(_ABOUT, appointment_id, invited)
    if row is None:
        raise LookupError("an appointment that was just written is gone")
    parameters = {
        "what": row["what"],
        "place": row["place"],
        "when": moment(row["starts_at"]),
        **(more or {}),
    }
    if row["hold_until"] is not None:
        parameters["until"] = moment(row["hold_until"])
    cause = f"appointment:{appointment_id}:{what}:{row['slot_id'].hex[-12:]}"
    told = 0
    for person_id in sorted(set(row["persons"])):  # inboxes in one order for everybody
        told += await tell(tx, person_id, kind, cause=cause, parameters=parameters)
    return told


def moment(at: datetime) -> str:
    """Day and time in legal time, as both languages read it."""
    return f"{clock.local(at):%Y-%m-%d %H:%M}"


async def tell_what_is_due() -> int:
    """Tell of held places, and the day before of what is to come; how many. Safe beside itself."""
    return await _tell_held() + await _tell_tomorrow()


async def _tell_held() -> int:
    """Booking itself writes no notice: in a rush it has to be quick, and whoever asked is told in the answer."""
    rows = await fetch(
        "SELECT a.id FROM appointment a WHERE a.state = 'HELD' AND a.hold_until > $1 AND NOT EXISTS (SELECT FROM notice n"
        " WHERE n.person_id = a.person_id AND n.cause = 'appointment:' || a.id || ':held:' || right(a.slot_id::text, 12))"
        " ORDER BY a.hold_until LIMIT $2",
        clock.now(),
        MOST,
    )
    return await one_by_one(
        rows, _telling(AppointmentState.HELD, NoticeKind.APPOINTMENT_HELD, what="held", invited=True)
    )


async def _tell_tomorrow() -> int:
    now = clock.local(clock.now())
    if now.time() < REMIND_FROM:
        return 0
    rows = await fetch(
        "SELECT a.id FROM appointment_slot s JOIN appointment a ON a.slot_id = s.id AND a.state = 'CONFIRMED'"
        " WHERE s.starts_at >= $1 AND s.starts_at < $2 AND NOT EXISTS (SELECT FROM notice n WHERE n.person_id = a.person_id"
        " AND n.cause = 'appointment:' || a.id || ':tomorrow:' || right(a.slot_id::text, 12)) LIMIT $3",
        _midnight(now.date() + timedelta(days=1)),
        _midnight(now.date() + timedelta(days=2)),
        MOST,
    )
    return await one_by_one(
        rows, _telling(AppointmentState.CONFIRMED, NoticeKind.APPOINTMENT_TOMORROW, what="tomorrow")
    )


def _telling(
    among: AppointmentState, kind: NoticeKind, *, what: str, invited: bool = False
) -> Callable[[Transaction, UUID], Awaitable[int]]:
    """Tell of one appointment that is still ``among``, and stays it until this is told."""

    async def one(tx: Transaction, appointment_id: UUID) -> int:
        still = await tx.fetch_one(
            "SELECT 1 FROM appointment WHERE id = $1 AND state = $2 FOR NO KEY UPDATE",
            appointment_id,
            among.value,
        )
        return (
            0 if still is None else await tell_parties(tx, appointment_id, kind, what=what, invited=invited)
        )

    return one


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), clock.ZONE)
