"""What citizens do with appointments: book, confirm, move to another slot, cancel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import orjson

from backend.casework.appointments.booking import Answer, Outcome, Request, Sealed
from backend.casework.appointments.models import AppointmentState, Binding
from backend.casework.appointments.queries import (
    INVITED,
    NO_SUCH_APPOINTMENT,
    AppointmentView,
    DayView,
    appointment,
)
from backend.casework.appointments.telling import tell_parties
from backend.casework.appointments.vacancies import end, leave
from backend.casework.machine import Casework
from backend.casework.notices.kinds import NoticeKind
from backend.database import audit
from backend.database.idempotency import KEY_REUSED
from backend.database.record import Row, Transaction, fetch_one, transaction
from backend.errors import Conflict, FieldProblem, Invalid, NotFound, ProblemCode, Refusal, Text
from backend.kit import clock
from backend.kit.ids import new_id
from backend.people.identity.claims import Told, index_of, read_claim
from backend.people.identity.queries import facts_of
from backend.resources import Resources
from backend.viewer import Citizen

NO_SUCH_SLOT = Text("没有这个预约时段。", "There is no such slot.")
NOT_OPEN = Text(
    "该时段将于{opens}开放预约，以服务器时间为准。",
    "This slot opens at {opens}, by the server's clock.",
)
CLOSED = Text("该时段已停止预约。", "This slot can no longer be booked.")
PAUSED = Text(
    "因多次预约未到，您在{until}前不能预约此服务；可以直接到现场办理，或请工作人员解除。",
    "After several missed appointments you cannot book this before {until}; you may still come in person, or ask an"
    " officer to lift it.",
)
BOUND = Text(
    "您已有此服务的预约，请先取消或改期。",
    "You have an appointment for this already: cancel or move it first.",
)
INVITED_ALREADY = Text(
    "对方已为你们预约，请在邀请中确认。",
    "The other party has booked for both of you: confirm their invitation.",
)
PARTNER_NEEDED = Text(
    "请填写另一方的姓名和证件号码。", "Name the other party, with the number of their document."
)
PARTNER_SELF = Text("另一方不能是本人。", "The other party is somebody else than you.")
MATTER_NEEDED = Text(
    "请填写所办之人（如逝者）的姓名和证件号码。", "Name whom it is about, with the number of their document."
)
NOTHING_TO_CONFIRM = Text(
    "该预约不能确认，或保留时间已过。", "There is nothing to confirm, or it is too late."
)
OTHER_PARTY = Text("须由另一方本人确认。", "The other party has to confirm it.")
OTHER_NAME = Text(
    "预约中填写的姓名与您的实名信息不符，请让对方重新预约。",
    "The name in this appointment is not yours as it is registered: ask the other party to book again.",
)
OVER = Text("该预约已结束。", "This appointment is over.")
FULL = Text("该时段已约满，请选择其他时段。", "This slot is booked up; choose another one.")
SAME_CALENDAR = Text(
    "只能改到同一服务的其他时段。", "It can be moved to another slot of the same calendar only."
)
CANNOT_MOVE = Text("只有已保留或已确认的预约可以改期。", "Only a held or confirmed appointment can be moved.")


@dataclass(frozen=True, slots=True)
class Booked:
    """The answer to a booking: the appointment, or what is free instead."""

    appointment: AppointmentView | None
    free_days: Sequence[DayView]


async def book(
    citizen: Citizen,
    work: Casework,
    *,
    slot_id: UUID,
    partner: Told | None,
    matter: Told | None,
    idempotency_key: str,
) -> Booked:
    """A held place, a place on the waiting list, or neither and the next days with free places.

    Under the same key the first answer's appointment comes again. Raises ``NotFound``, ``Invalid`` and
    ``Conflict`` (ILLEGAL_STATE before opening, after closing and during a pause; ALREADY_DONE for whoever has one).
    """
    if citizen.person_id is None:
        raise TypeError("whoever books has a real name")
    request_id = new_id()
    answer = await work.bookings.ask(
        slot_id,
        Request(
            id=request_id,
            account_id=citizen.account_id,
            person_id=citizen.person_id,
            key=idempotency_key,
            partner=None if partner is None else _sealed(work, partner, "partner", request_id),
            matter=None if matter is None else _sealed(work, matter, "matter", request_id),
        ),
    )
    if answer.outcome is Outcome.FULL and answer.slot is not None:
        return Booked(None, await work.bookings.free_days(answer.slot["calendar_id"]))
    if answer.outcome is Outcome.REPEATED and answer.appointment_id is not None:
        return Booked(await appointment(citizen, work.resources, answer.appointment_id), ())
    if answer.slot is None or answer.state is None or answer.appointment_id is None:
        raise _refusal(answer)
    return Booked(_view(answer.slot, answer, answer.appointment_id, answer.state), ())


def _sealed(work: Casework, told: Told, what: str, appointment_id: UUID) -> Sealed:
    try:
        claim = read_claim(told)
    except Invalid as refusal:
        refusal.fields = tuple(
            FieldProblem(("input", what, *problem.path[1:]), problem.message) for problem in refusal.fields
        )
        raise
    text = orjson.dumps({"name": claim.name, "number": claim.document.number})
    return Sealed(
        index_of(work.resources, claim.document),
        work.resources.keys.ring.seal(text, context=f"appointment.{what}:{appointment_id}"),
    )


def _view(slot: Row, answer: Answer, appointment_id: UUID, state: AppointmentState) -> AppointmentView:
    """What was booked, from the booking's own statement: nothing is read again while thousands ask."""
    return AppointmentView(
        id=appointment_id,
        state=state,
        slot_id=slot["slot_id"],
        calendar_id=slot["calendar_id"],
        calendar_name=slot["calendar_name"],
        place_name=slot["place_name"],
        address=slot["address"],
        telephone=slot["telephone"],
        starts_at=slot["starts_at"],
        ends_at=slot["ends_at"],
        place=answer.place,
        hold_until=answer.hold_until,
        mine=True,
        for_two=slot["binding"] == Binding.COUPLE,
        partner_confirmed=False,
        code=None,
    )


_REFUSALS: Mapping[Outcome, tuple[type[Refusal], Text, ProblemCode | None, str | None]] = {
    Outcome.KEY_REUSED: (Conflict, KEY_REUSED, ProblemCode.IDEMPOTENCY_KEY_REUSED, None),
    Outcome.CLOSED: (Conflict, CLOSED, None, None),
    Outcome.BOUND: (Conflict, BOUND, ProblemCode.ALREADY_DONE, None),
    Outcome.INVITED: (Conflict, INVITED_ALREADY, ProblemCode.ALREADY_DONE, None),
    Outcome.PARTNER_NEEDED: (Invalid, PARTNER_NEEDED, None, "partner"),
    Outcome.PARTNER_SELF: (Invalid, PARTNER_SELF, None, "partner"),
    Outcome.MATTER_NEEDED: (Invalid, MATTER_NEEDED, None, "matter"),
    Outcome.UNKNOWN: (NotFound, NO_SUCH_SLOT, None, None),
}


def _refusal(answer: Answer) -> Refusal:
    if answer.outcome is Outcome.NOT_OPEN and answer.slot is not None:
        opens = answer.slot["opens_at"]
        wait = (opens - answer.slot["now"]).total_seconds()
        return Conflict(NOT_OPEN.filled(opens=_told(opens)), retry_after=max(1.0, wait))
    if answer.outcome is Outcome.PAUSED and answer.until is not None:
        return Conflict(PAUSED.filled(until=_told(answer.until)))
    kind, message, code, field = _REFUSALS[answer.outcome]
    refusal = kind(message, code=code)
    return refusal if field is None else refusal.about("input", field)


def _told(moment: datetime) -> str:
    return f"{clock.local(moment):%Y-%m-%d %H:%M:%S}"


async def confirm(citizen: Citizen, work: Casework, *, appointment_id: UUID) -> None:
    """Confirm a held place: whoever booked it, and where two are needed the second party. Safe to run again.

    Raises ``NotFound``, and ``Conflict``: too late, the other party's to confirm, another name than theirs, or
    a living appointment of their own (ALREADY_DONE).
    """
    row = await fetch_one(
        "SELECT appointment.id, appointment.state, appointment.person_id, partner_id, partner_sealed, binding, subject,"  # noqa: S608 - a constant of ours
        f" coalesce({INVITED}, false) AS invited FROM appointment JOIN appointment_slot slot ON slot.id = slot_id"
        " JOIN appointment_calendar calendar ON calendar.id = slot.calendar_id WHERE appointment.id = $2",
        citizen.person_id,
        appointment_id,
    )
    if row is None or not (row["invited"] or citizen.person_id in {row["person_id"], row["partner_id"]}):
        raise NotFound(NO_SUCH_APPOINTMENT)
    if row["state"] == AppointmentState.CONFIRMED:
        return
    second = row["binding"] == Binding.COUPLE
    if second and not row["invited"]:
        raise Conflict(OTHER_PARTY)
    if second:
        await _check_name(citizen, work, row)
    async with transaction() as tx:
        held = await tx.fetch_one(
            "UPDATE appointment SET state = 'CONFIRMED', confirmed_at = $2, hold_until = NULL, partner_id = $3"
            " WHERE id = $1 AND state = 'HELD' AND hold_until > $2 RETURNING id",
            appointment_id,
            clock.now(),
            citizen.person_id if second else None,
        )
        if held is None:
            raise Conflict(NOTHING_TO_CONFIRM)
        if second:
            await _bind(tx, citizen, row)
        await audit.append(
            tx,
            subject=f"appointment:{appointment_id}",
            kind="appointment_confirmed",
            actor=f"account:{citizen.account_id}",
        )
        await tell_parties(tx, appointment_id, NoticeKind.APPOINTMENT_CONFIRMED, what="confirmed")


async def _check_name(citizen: Citizen, work: Casework, row: Row) -> None:
    if citizen.person_id is None:
        raise NotFound(NO_SUCH_APPOINTMENT)
    told = work.resources.keys.ring.open(row["partner_sealed"], context=f"appointment.partner:{row['id']}")
    if orjson.loads(told)["name"] != (await facts_of(citizen.person_id, work.resources)).name:
        raise Conflict(OTHER_NAME, code=ProblemCode.IDENTITY_MISMATCH)


async def _bind(tx: Transaction, citizen: Citizen, row: Row) -> None:
    """Bind the second party, unless they have an appointment of this subject already."""
    bound = await tx.fetch_one(
        "INSERT INTO appointment_party (id, created_at, appointment_id, subject, bound, living)"
        " VALUES ($1, $2, $3, $4, 'person:' || $5, true)"
        " ON CONFLICT (subject, bound) WHERE living DO NOTHING RETURNING id",
        new_id(),
        clock.now(),
        row["id"],
        row["subject"],
        str(citizen.person_id),
    )
    if bound is None:
        raise Conflict(BOUND, code=ProblemCode.ALREADY_DONE)


async def cancel(citizen: Citizen, resources: Resources, *, appointment_id: UUID) -> AppointmentView:
    """Give a place back, or decline an invitation; either party may. Safe to run again.

    Raises ``NotFound``, and ``Conflict`` (ILLEGAL_STATE) for one that is over in another way.
    """
    known = await appointment(citizen, resources, appointment_id)
    if known.state is AppointmentState.CANCELLED:
        return known
    async with transaction() as tx:
        ended = await end(
            tx,
            appointment_id,
            to=AppointmentState.CANCELLED,
            among=(AppointmentState.WAITING, AppointmentState.HELD, AppointmentState.CONFIRMED),
            actor=f"account:{citizen.account_id}",
        )
        if ended is None:
            raise Conflict(OVER)
    # Whoever declined an invitation is no party of it and would not find it again.
    return replace(
        known,
        state=AppointmentState.CANCELLED,
        ended_at=ended["ended_at"],
        hold_until=None,
        place=None,
        code=None,
    )


async def reschedule(citizen: Citizen, *, appointment_id: UUID, slot_id: UUID) -> None:
    """Move a held or confirmed appointment to another slot of its calendar; it stays as it was until that is sure.

    Either party may. Safe to run again. Raises ``NotFound``, and ``Conflict``: SLOT_TAKEN where there is no place to be
    had, ILLEGAL_STATE for an appointment that cannot be moved.
    """
    row = await fetch_one(
        "SELECT slot_id, slot.calendar_id, slot.starts_at, target.calendar_id AS other,"
        " target.starts_at AS starts_then FROM appointment JOIN appointment_slot slot ON slot.id = slot_id"
        " LEFT JOIN appointment_slot target ON target.id = $3"
        " WHERE appointment.id = $2 AND (person_id = $1 OR partner_id = $1)",
        citizen.person_id,
        appointment_id,
        slot_id,
    )
    if row is None or row["other"] is None:
        raise NotFound(NO_SUCH_APPOINTMENT if row is None else NO_SUCH_SLOT)
    if row["other"] != row["calendar_id"]:
        raise Conflict(SAME_CALENDAR)
    if row["slot_id"] == slot_id:
        return
    async with transaction() as tx:
        held = await tx.fetch_one(
            "SELECT 1 FROM appointment WHERE id = $1 AND slot_id = $2 AND state IN ('HELD', 'CONFIRMED')"
            " FOR NO KEY UPDATE",
            appointment_id,
            row["slot_id"],
        )
        if held is None:
            raise Conflict(CANNOT_MOVE)
        # Two who change places take the slots in the same order.
        if row["starts_at"] < row["starts_then"]:
            await leave(tx, row["slot_id"], waited=False)
        ticket = await _take(tx, slot_id)
        await tx.execute(
            "UPDATE appointment SET slot_id = $2, ticket = $3, hold_until = least(hold_until, $4) WHERE id = $1",
            appointment_id,
            slot_id,
            ticket,
            row["starts_then"],
        )
        if row["starts_at"] > row["starts_then"]:
            await leave(tx, row["slot_id"], waited=False)
        await audit.append(
            tx,
            subject=f"appointment:{appointment_id}",
            kind="appointment_moved",
            actor=f"account:{citizen.account_id}",
            detail={"from": str(row["slot_id"]), "to": str(slot_id)},
        )
        await tell_parties(tx, appointment_id, NoticeKind.APPOINTMENT_MOVED, what="moved")


async def _take(tx: Transaction, slot_id: UUID) -> int:
    """A place in a slot, if nobody waits for one, and its ticket."""
    row = await tx.fetch_one(
        "UPDATE appointment_slot SET taken = taken + 1, last_ticket = last_ticket + 1"
        " WHERE id = $1 AND NOT withdrawn AND taken < capacity AND waiting = 0"
        " AND opens_at <= statement_timestamp() AND closes_at > statement_timestamp() RETURNING last_ticket",
        slot_id,
    )
    if row is None:
        raise Conflict(FULL, code=ProblemCode.SLOT_TAKEN)
    ticket: int = row["last_ticket"]
    return ticket
