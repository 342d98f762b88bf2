"""Checking in, and what else officers do with appointments: the day's list, and lifting a pause."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import orjson

from backend.casework.appointments.models import AppointmentState, CheckInWay
from backend.casework.appointments.passes import is_genuine, read_code
from backend.casework.appointments.queries import NO_SUCH_APPOINTMENT
from backend.casework.appointments.vacancies import unbind
from backend.casework.evaluations.services import Visit as Visited
from backend.casework.evaluations.services import visited
from backend.casework.lifecycle import ENDED
from backend.database import audit
from backend.database.record import Row, Transaction, fetch, fetch_one, transaction
from backend.errors import Conflict, Invalid, NotFound, ProblemCode, Text
from backend.kit import clock, masking
from backend.people.identity.queries import open_name
from backend.resources import Resources
from backend.viewer import Officer

FORGED = "forged_appointment_code"
"""What the tally counts."""

CODE_REFUSED = Text("预约码无效，请核对证件后办理。", "This code is not good: look at the document instead.")
NOT_TODAY = Text(
    "未到签到时间或已过签到时间（{begins}至{ends}可签到）。",
    "Checking in is possible from {begins} to {ends}.",
)
NOT_CONFIRMED = Text("该预约未确认或已结束。", "This appointment is not confirmed, or over.")
NO_PAUSE = Text("没有可解除的限制。", "There is nothing to lift.")


@dataclass(frozen=True, slots=True)
class Visit:
    """An appointment as the officers of its place see it; names are masked."""

    id: UUID
    state: AppointmentState
    calendar_name: str
    starts_at: datetime
    ends_at: datetime
    name: str
    partner_name: str | None
    matter_name: str | None
    checked_in_at: datetime | None
    check_in_way: CheckInWay | None


_VISIT = (
    "SELECT appointment.id, appointment.state, calendar.name AS calendar_name, starts_at, ends_at, checked_in_at,"
    " check_in_way, partner_sealed, matter_sealed, slot_id, early_minutes, late_minutes, document.number_index,"
    " document.name_sealed FROM appointment JOIN appointment_slot slot ON slot.id = slot_id"
    " JOIN appointment_calendar calendar ON calendar.id = slot.calendar_id"
    " JOIN appointment_place place ON place.id = calendar.place_id"
    " JOIN identity_document document ON document.person_id = appointment.person_id AND document.main"
)


async def visits(
    officer: Officer,
    resources: Resources,
    *,
    calendar_id: UUID,
    day: date,
    limit: int,
    after: tuple[datetime, UUID] | None,
) -> Sequence[Visit]:
    """Who is expected on a day at a calendar of the officer's organ, in order of time. None of another organ's."""
    rows = await fetch(
        f"{_VISIT} WHERE place.organ_id = $1 AND slot.calendar_id = $2 AND slot.day = $3"
        " AND appointment.state IN ('HELD', 'CONFIRMED', 'CHECKED_IN', 'NO_SHOW')"
        " AND ($4::timestamptz IS NULL OR (starts_at, appointment.id) > ($4, $5::uuid))"
        " ORDER BY starts_at, appointment.id LIMIT $6",
        officer.organ_id,
        calendar_id,
        day,
        None if after is None else after[0],
        None if after is None else after[1],
        limit,
    )
    return [_visit(row, resources) for row in rows]


async def check_in(
    officer: Officer, resources: Resources, *, code: str | None, appointment_id: UUID | None
) -> Visit:
    """Check somebody in: by the code they show, or by the appointment whose document the officer has looked at.

    Safe to run again. Raises ``Invalid(CODE_REFUSED)`` for a code that is forged, of another place or of a slot
    that the appointment has left; ``NotFound``; ``Conflict`` outside of the time or for one that is not confirmed.
    """
    row, way = await _shown(officer, resources, code, appointment_id)
    if row["state"] == AppointmentState.CHECKED_IN:
        return _visit(row, resources)
    now, actor = clock.now(), f"officer:{officer.officer_id}"
    async with transaction() as tx:
        checked = await tx.fetch_one(
            "UPDATE appointment SET state = 'CHECKED_IN', checked_in_at = $2, check_in_way = $3, ended_at = $2"
            " FROM appointment_slot slot JOIN appointment_calendar calendar ON calendar.id = slot.calendar_id"
            " WHERE appointment.id = $1 AND appointment.state = 'CONFIRMED' AND slot.id = slot_id AND slot.id = $4"
            " AND starts_at - early_minutes * interval '1 minute' <= $2"
            " AND ends_at + late_minutes * interval '1 minute' > $2 RETURNING appointment.id",
            row["id"],
            now,
            way.value,
            row["slot_id"],
        )
        if checked is not None:
            await unbind(tx, row["id"])
            await _can_be_evaluated(tx, officer, row["id"])
            await audit.append(
                tx,
                subject=f"appointment:{row['id']}",
                kind="appointment_checked_in",
                actor=actor,
                detail={"way": way.value, "session": str(officer.session_id)},
            )
    seen = await _row(officer, row["id"])
    if seen["state"] != AppointmentState.CHECKED_IN:
        raise _why_not(seen)
    return _visit(seen, resources)


async def _can_be_evaluated(tx: Transaction, officer: Officer, appointment_id: UUID) -> None:
    """A visit can be evaluated; not read by whom it rates while a case of the same matter is under way."""
    row = await tx.fetch_one(
        "SELECT a.person_id, c.subject, o.credit_code, o.name, o.division, (SELECT id FROM application open"
        "   WHERE open.person_id = a.person_id AND open.item_code = c.subject AND open.state <> ALL($2::text[])"
        "   ORDER BY id DESC LIMIT 1) AS application_id"
        " FROM appointment a JOIN appointment_slot s ON s.id = a.slot_id"
        " JOIN appointment_calendar c ON c.id = s.calendar_id JOIN appointment_place p ON p.id = c.place_id"
        " JOIN organ o ON o.id = p.organ_id WHERE a.id = $1",
        appointment_id,
        ["DRAFT", *(state.value for state in ENDED)],
    )
    if row is None:
        raise LookupError("an appointment that was just checked in is gone")
    await visited(
        tx,
        Visited(
            row["credit_code"],
            row["name"],
            row["division"],
            row["subject"] if row["subject"].isdigit() else "",
            officer.officer_id,
            row["person_id"],
            row["application_id"],
            appointment_id,
        ),
    )


async def lift_pause(officer: Officer, *, appointment_id: UUID) -> None:
    """Let whoever missed this appointment book again, for a reason the officer has heard. Safe to run again.

    Raises ``NotFound`` for an appointment of another organ, ``Conflict`` where nothing is paused.
    """
    row = await _row(officer, appointment_id)
    async with transaction() as tx:
        lifted = await tx.fetch(
            "UPDATE appointment_pause SET lifted_at = $2 FROM appointment JOIN appointment_slot slot ON slot.id = slot_id"
            " JOIN appointment_calendar calendar ON calendar.id = slot.calendar_id"
            " WHERE appointment.id = $1 AND appointment_pause.person_id = appointment.person_id"
            " AND appointment_pause.subject = calendar.subject AND lifted_at IS NULL AND until > $2"
            " RETURNING appointment_pause.person_id",
            row["id"],
            clock.now(),
        )
        if not lifted:
            raise Conflict(NO_PAUSE)
        await audit.append(
            tx,
            subject=f"person:{lifted[0]['person_id']}",
            kind="appointment_pause_lifted",
            actor=f"officer:{officer.officer_id}",
            detail={"appointment": str(appointment_id)},
        )


async def visit(officer: Officer, resources: Resources, appointment_id: UUID) -> Visit:
    """One appointment of the officer's organ. Raises ``NotFound``."""
    return _visit(await _row(officer, appointment_id), resources)


async def _shown(
    officer: Officer, resources: Resources, code: str | None, appointment_id: UUID | None
) -> tuple[Row, CheckInWay]:
    if code is None:
        if appointment_id is None:
            raise Invalid(CODE_REFUSED, code=ProblemCode.CODE_REFUSED).about("input", "code")
        return await _row(officer, appointment_id), CheckInWay.DOCUMENT
    read = read_code(code)
    row = None
    if read is not None:
        row = await fetch_one(
            f"{_VISIT} WHERE appointment.id = $1 AND place.organ_id = $2", read[0], officer.organ_id
        )
    if read is None or row is None or not is_genuine(resources.keys, row["id"], row["slot_id"], read[1]):
        resources.tally.add(FORGED)
        raise Invalid(CODE_REFUSED, code=ProblemCode.CODE_REFUSED).about("input", "code")
    return row, CheckInWay.CODE


async def _row(officer: Officer, appointment_id: UUID) -> Row:
    row = await fetch_one(
        f"{_VISIT} WHERE appointment.id = $1 AND place.organ_id = $2", appointment_id, officer.organ_id
    )
    if row is None:
        raise NotFound(NO_SUCH_APPOINTMENT)
    return row


def _why_not(row: Row) -> Conflict:
    if row["state"] != AppointmentState.CONFIRMED:
        return Conflict(NOT_CONFIRMED)
    minute = timedelta(minutes=1)
    begins, ends = (
        f"{clock.local(moment):%m-%d %H:%M}"
        for moment in (
            row["starts_at"] - row["early_minutes"] * minute,
            row["ends_at"] + row["late_minutes"] * minute,
        )
    )
    return Conflict(NOT_TODAY.filled(begins=begins, ends=ends))


def _visit(row: Row, resources: Resources) -> Visit:
    way = row["check_in_way"]
    return Visit(
        id=row["id"],
        state=AppointmentState(row["state"]),
        calendar_name=row["calendar_name"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        name=masking.name(open_name(resources, row)),
        partner_name=_named(row, resources, "partner"),
        matter_name=_named(row, resources, "matter"),
        checked_in_at=row["checked_in_at"],
        check_in_way=None if way is None else CheckInWay(way),
    )


def _named(row: Row, resources: Resources, what: str) -> str | None:
    sealed = row[f"{what}_sealed"]
    if sealed is None:
        return None
    told = orjson.loads(resources.keys.ring.open(sealed, context=f"appointment.{what}:{row['id']}"))
    return masking.name(told["name"])
