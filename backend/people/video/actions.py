"""Taking a ticket, being called, coming into the room, and the officer's verdict.

The call itself is a room on a video server; nothing of it is recorded but the verdict. A verdict is given by
the officer who called, about the session that took the ticket.
"""

from datetime import datetime, timedelta
from uuid import UUID

import structlog

from backend.database import audit
from backend.database.idempotency import once
from backend.database.record import Row, Transaction, transaction
from backend.errors import (
    Conflict,
    FieldProblem,
    Forbidden,
    Invalid,
    ProblemCode,
    StepUpNeeded,
    Text,
    TooMany,
    Unavailable,
)
from backend.kit import clock, regions
from backend.kit.ids import new_id
from backend.kit.working_days import Calendar
from backend.people.identity.ladder import NAME_FIRST, NOT_CONNECTED
from backend.people.identity.ladder import VIDEO as WAY
from backend.people.identity.persons import By, record_proof
from backend.people.identity.queries import facts_of
from backend.people.identity.window import INTAKE_ONLY, WindowDocument
from backend.people.reviews.actions import (
    BAD_NOTE,
    BAD_REASON,
    LONGEST_NOTE,
    Decision,
    ask_registry,
    open_review_of,
    proof_by,
    settle,
)
from backend.people.reviews.models import ReviewReason
from backend.people.reviews.queries import OpenClaim, open_claim, row_of
from backend.people.video.hours import AHEAD, is_open, slots
from backend.people.video.models import TicketState, VideoDesk, VideoTicket
from backend.people.video.queries import desk_of, ticket_row
from backend.ports import VideoEntrance, VideoRoom
from backend.resources import Resources
from backend.viewer import Assurance, AssuranceLevel, Citizen, Officer, OfficerRole

log = structlog.get_logger()

REQUESTS = "10/day"
"""Per account."""
LONGEST_QUEUE = 40
"""Per seat: more would wait for longer than a day."""
EARLY = timedelta(minutes=5)
LATE = timedelta(minutes=30)
"""How long before and after its time an appointment can be called."""

NO_DESK = Text("本地区暂无视频核验，请选择其他方式。", "Nobody takes video calls here; choose another way.")
CLOSED = Text(
    "现在不在视频核验服务时间，请预约时段。", "No calls are taken at this hour: book a time instead."
)
BAD_SLOT = Text("请选择可预约的时段。", "Choose one of the times that are offered.")
FULL = Text("该时段已约满，请选择其他时段。", "This time is booked up; choose another one.")
QUEUE_FULL = Text("排队人数较多，请预约时段。", "Too many are waiting: book a time instead.")
RUNNING = Text("您已有一个进行中的视频核验。", "You have a video ticket already.")
NOT_CALLED = Text("尚未叫到您，请稍候。", "You have not been called yet.")
OVER = Text("该视频核验已结束。", "This video ticket is over.")
NOBODY = Text("当前没有等待的视频核验。", "Nobody is waiting.")
NOT_YOURS = Text("只有叫号的工作人员可以登记结果。", "Only the officer who called may record the verdict.")
OTHER_ROLE = Text("只有运维岗位可以设置视频席位。", "Only an officer of operations may set the seats.")
BAD_SEATS = Text("席位数应为0至200。", "There are 0 to 200 seats.")


async def set_video_desk(officer: Officer, *, seats: int) -> None:
    """How many calls the officer's organ takes at the same time; none ends the service. Raises ``Forbidden``."""
    if OfficerRole.OPERATIONS not in officer.roles:
        raise Forbidden(OTHER_ROLE)
    if not 0 <= seats <= 200:
        raise Invalid(BAD_SEATS, fields=(FieldProblem(("input", "seats"), BAD_SEATS),))
    await ensure_video_desk(officer.organ_id, seats=seats, actor=f"officer:{officer.officer_id}")


async def ensure_video_desk(organ_id: UUID, *, seats: int, actor: str) -> None:
    """The desk of an organ with these seats; also for demo data and the command line."""
    async with transaction() as tx:
        await tx.execute("SELECT 1 FROM organ WHERE id = $1 FOR NO KEY UPDATE", organ_id)
        desk = await tx.fetch_one("SELECT id, seats FROM video_desk WHERE organ_id = $1", organ_id)
        if desk is not None and desk["seats"] == seats:
            return
        if desk is None:
            await VideoDesk.create(organ_id=organ_id, seats=seats)
        else:
            await tx.execute("UPDATE video_desk SET seats = $2 WHERE id = $1", desk["id"], seats)
        await audit.append(
            tx, subject=f"organ:{organ_id}", kind="video_desk_set", actor=actor, detail={"seats": seats}
        )


async def request_ticket(
    citizen: Citizen,
    resources: Resources,
    calendar: Calendar,
    *,
    division: str,
    slot_at: datetime | None,
    idempotency_key: str,
) -> UUID:
    """A place in the queue of the organ nearest to ``division``, or an appointment at ``slot_at``.

    Whoever has no real name yet needs an open review: it is what the officer looks at. Raises
    ``StepUpNeeded``, ``Invalid``, ``Conflict`` (ALREADY_DONE with a running ticket, SLOT_TAKEN) and ``TooMany``.
    """
    _rooms(resources)
    person_id = citizen.subject_id
    review = None if person_id is not None else await open_review_of(citizen.account_id)
    if person_id is None and review is None:
        raise StepUpNeeded(NAME_FIRST, level=AssuranceLevel.REAL_NAME)
    desk = None if regions.get(division) is None else await desk_of(division)
    if desk is None:
        raise Invalid(NO_DESK, fields=(FieldProblem(("input", "division"), NO_DESK),))
    _check_time(slot_at, calendar)
    await resources.shared.limit(REQUESTS, "video-ticket", str(citizen.account_id))
    await _miss_overdue(account_id=citizen.account_id)
    ticket_id, subject = new_id(), f"account:{citizen.account_id}"
    async with transaction() as tx:
        await tx.execute("SELECT 1 FROM account WHERE id = $1 FOR NO KEY UPDATE", citizen.account_id)
        known = await once(
            tx,
            actor=subject,
            operation="requestVideoTicket",
            key=idempotency_key,
            given=[division, None if slot_at is None else slot_at.isoformat()],
            subject=ticket_id,
        )
        if known is not None:
            return known
        if await tx.fetch_one(
            "SELECT 1 FROM video_ticket WHERE account_id = $1 AND ended_at IS NULL", citizen.account_id
        ):
            raise Conflict(RUNNING, code=ProblemCode.ALREADY_DONE)
        await _take_place(tx, desk, slot_at)
        await VideoTicket.create(
            id=ticket_id,
            organ_id=desk["id"],
            account_id=citizen.account_id,
            session_id=citizen.session_id,
            person_id=person_id,
            review_id=None if review is None else review["id"],
            slot_at=slot_at,
        )
        await audit.append(
            tx,
            subject=subject,
            kind="video_ticket_taken",
            actor=subject,
            detail={"ticket": str(ticket_id), "organ": str(desk["id"])},
        )
    return ticket_id


async def cancel_ticket(citizen: Citizen, *, ticket_id: UUID) -> None:
    """Give a waiting ticket back. Raises ``NotFound`` and ``Conflict``."""
    await ticket_row(citizen, ticket_id)
    subject = f"account:{citizen.account_id}"
    async with transaction() as tx:
        row = await tx.fetch_one(
            "UPDATE video_ticket SET state = 'CANCELLED', ended_at = $2 WHERE id = $1 AND state = 'WAITING'"
            " RETURNING id",
            ticket_id,
            clock.now(),
        )
        if row is None:
            raise Conflict(OVER, code=ProblemCode.ALREADY_DONE)
        await audit.append(
            tx,
            subject=subject,
            kind="video_ticket_cancelled",
            actor=subject,
            detail={"ticket": str(ticket_id)},
        )


async def enter_room(citizen: Citizen, resources: Resources, *, ticket_id: UUID) -> VideoEntrance:
    """The citizen's way into the room, once they were called, from the session that took the ticket.

    Raises ``NotFound``, and ``Conflict`` before and after the call.
    """
    rooms = _rooms(resources)
    row = await ticket_row(citizen, ticket_id)
    if row["session_id"] != citizen.session_id or row["state"] == TicketState.WAITING:
        raise Conflict(NOT_CALLED, code=ProblemCode.ILLEGAL_STATE)
    if row["state"] != TicketState.CALLED:
        raise Conflict(OVER, code=ProblemCode.ALREADY_DONE)
    return rooms.entrance(str(ticket_id), participant="citizen")


async def call_next(officer: Officer, resources: Resources) -> tuple[UUID, VideoEntrance]:
    """Call whoever is next: an appointment whose time has come, else the head of the queue.

    An officer who has somebody on the line gets the same room again. Raises ``Forbidden`` without the role
    INTAKE, ``Conflict(NOTHING_WAITING)`` and ``Unavailable``, after which the ticket waits as before.
    """
    _require_intake(officer)
    rooms = _rooms(resources)
    now = clock.now()
    actor = f"officer:{officer.officer_id}"
    await _miss_overdue(organ_id=officer.organ_id)
    async with transaction() as tx:
        await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 3))", actor)
        row = await tx.fetch_one(
            "SELECT id, account_id FROM video_ticket WHERE officer_id = $1 AND state = 'CALLED'",
            officer.officer_id,
        )
        fresh = row is None
        if row is None:
            row = await tx.fetch_one(
                "UPDATE video_ticket SET state = 'CALLED', officer_id = $2, called_at = $3 WHERE id = ("
                "SELECT id FROM video_ticket WHERE organ_id = $1 AND state = 'WAITING'"
                " AND (slot_at IS NULL OR slot_at <= $4) ORDER BY slot_at NULLS LAST, id"
                " LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id, account_id",
                officer.organ_id,
                officer.officer_id,
                now,
                now + EARLY,
            )
        if row is None:
            raise Conflict(NOBODY, code=ProblemCode.NOTHING_WAITING)
        if fresh:
            await audit.append(
                tx,
                subject=f"account:{row['account_id']}",
                kind="video_ticket_called",
                actor=actor,
                detail={"ticket": str(row["id"])},
            )
    ticket_id: UUID = row["id"]
    try:
        await rooms.open(str(ticket_id))
    except Unavailable:
        await _wait_again(ticket_id)
        raise
    return ticket_id, rooms.entrance(str(ticket_id), participant="officer")


async def look_at_caller(officer: Officer, resources: Resources, *, ticket_id: UUID) -> OpenClaim:
    """Name and document of whoever is on the line, to compare; audited. Raises ``NotFound``, ``Forbidden``."""
    row = await _own_call(officer, ticket_id)
    subject = f"account:{row['account_id']}"
    if row["person_id"] is not None:
        facts = await facts_of(row["person_id"], resources)
        told = OpenClaim(
            row["review_id"] or ticket_id,
            facts.name,
            facts.resident_id,
            facts.document_kind,
            facts.document.country,
            facts.birth_date.isoformat(),
        )
        subject = f"person:{row['person_id']}"
    else:
        claim = open_claim(resources, await row_of(row["review_id"]))
        if claim is None:
            raise Conflict(OVER, code=ProblemCode.ALREADY_DONE)
        told = claim
    async with transaction() as tx:
        await audit.append(
            tx,
            subject=subject,
            kind="video_caller_seen",
            actor=f"officer:{officer.officer_id}",
            detail={"ticket": str(ticket_id), "organ": str(officer.organ_id)},
        )
    return told


async def record_verdict(
    officer: Officer,
    resources: Resources,
    *,
    ticket_id: UUID,
    confirmed: bool,
    reason: ReviewReason,
    document_seen: WindowDocument,
    note: str = "",
) -> Assurance | None:
    """The verdict of the officer who called; the proof, where there is one. Ends the call.

    A confirmed person is VERIFIED in the session that took the ticket; where a name was to be looked at, it
    is bound as well. Raises what ``decide_review`` raises.
    """
    row = await _own_call(officer, ticket_id)
    if confirmed != (reason is ReviewReason.ALL_RIGHT):
        raise Invalid(BAD_REASON, fields=(FieldProblem(("input", "reason"), BAD_REASON),))
    if len(note) > LONGEST_NOTE:
        raise Invalid(BAD_NOTE, fields=(FieldProblem(("input", "note"), BAD_NOTE),))
    proof = await _settle_call(officer, resources, row, Decision(confirmed, reason, WAY, document_seen, note))
    try:
        await _rooms(resources).close(str(ticket_id))
    except Unavailable:
        log.warning("video_room_left_open", ticket=str(ticket_id))  # it closes by itself when it is empty
    return proof


async def _settle_call(
    officer: Officer, resources: Resources, row: Row, decision: Decision
) -> Assurance | None:
    missed = decision.reason in {ReviewReason.DID_NOT_APPEAR, ReviewReason.CONNECTION}
    review = None
    claim = record = None
    if row["review_id"] is not None and not missed:
        review = await row_of(row["review_id"])
        opened = open_claim(resources, review)
        if decision.confirmed and opened is not None:
            claim, record = await ask_registry(officer, resources, opened, decision.document_seen)
    state = (
        TicketState.CONFIRMED if decision.confirmed else TicketState.MISSED if missed else TicketState.REFUSED
    )
    proof: Assurance | None = None
    async with transaction() as tx:
        await _end(tx, resources, row, state, decision)
        if review is not None:
            proof = await settle(tx, resources, officer, review, decision, claim=claim, record=record)
        elif decision.confirmed:
            proof = proof_by(WAY)
            await record_proof(
                tx,
                person_id=row["person_id"],
                proof=proof,
                by=By(session_id=row["session_id"], officer_id=officer.officer_id),
            )
        await audit.append(
            tx,
            subject=f"person:{row['person_id']}" if row["person_id"] else f"account:{row['account_id']}",
            kind=f"video_{state.value.lower()}",
            actor=f"officer:{officer.officer_id}",
            detail={
                "ticket": str(row["id"]),
                "reason": decision.reason.value,
                "document": decision.document_seen.value,
                "organ": str(officer.organ_id),
            },
        )
    return proof


async def _end(
    tx: Transaction, resources: Resources, row: Row, state: TicketState, decision: Decision
) -> None:
    ended = await tx.fetch_one(
        "UPDATE video_ticket SET state = $2, ended_at = $3, reason = $4, note_sealed = $5"
        " WHERE id = $1 AND state = 'CALLED' RETURNING id",
        row["id"],
        state.value,
        clock.now(),
        decision.reason.value,
        resources.keys.ring.seal(decision.note.encode(), context=f"video.note:{row['id']}"),
    )
    if ended is None:
        raise Conflict(OVER, code=ProblemCode.ALREADY_DONE)


async def _take_place(tx: Transaction, desk: Row, slot_at: datetime | None) -> None:
    """Make sure that there is a place; those who want the same one take turns."""
    place = "queue" if slot_at is None else slot_at.isoformat()
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 4))", f"{desk['id']}:{place}")
    row = await tx.fetch_one(
        "SELECT count(*) AS taken FROM video_ticket WHERE organ_id = $1 AND slot_at IS NOT DISTINCT FROM $2"
        " AND CASE WHEN $2::timestamptz IS NULL THEN state = 'WAITING' ELSE state <> 'CANCELLED' END",
        desk["id"],
        slot_at,
    )
    taken = 0 if row is None else row["taken"]
    if slot_at is not None and taken >= desk["seats"]:
        raise Conflict(FULL, code=ProblemCode.SLOT_TAKEN)
    if slot_at is None and taken >= LONGEST_QUEUE * desk["seats"]:
        raise TooMany(QUEUE_FULL)


def _check_time(slot_at: datetime | None, calendar: Calendar) -> None:
    now = clock.now()
    if slot_at is None:
        if not is_open(now, calendar):
            raise Invalid(CLOSED, fields=(FieldProblem(("input", "slotAt"), CLOSED),))
        return
    day = clock.local(slot_at).date()
    offered = slot_at in slots(day, calendar) and now < slot_at and day <= clock.today() + AHEAD
    if not offered:
        raise Invalid(BAD_SLOT, fields=(FieldProblem(("input", "slotAt"), BAD_SLOT),))


async def _miss_overdue(*, organ_id: UUID | None = None, account_id: UUID | None = None) -> None:
    """Appointments that nobody called or that nobody came to are over half an hour after their time.

    In a transaction of its own: it stands whatever comes of the action that looked.
    """
    now = clock.now()
    async with transaction() as tx:
        await tx.execute(
            "UPDATE video_ticket SET state = 'MISSED', ended_at = $3, reason = 'DID_NOT_APPEAR'"
            " WHERE (organ_id = $1 OR account_id = $2) AND state = 'WAITING' AND slot_at < $4",
            organ_id,
            account_id,
            now,
            now - LATE,
        )


async def _wait_again(ticket_id: UUID) -> None:
    async with transaction() as tx:
        await tx.execute(
            "UPDATE video_ticket SET state = 'WAITING', officer_id = NULL, called_at = NULL"
            " WHERE id = $1 AND state = 'CALLED'",
            ticket_id,
        )


async def _own_call(officer: Officer, ticket_id: UUID) -> Row:
    _require_intake(officer)
    row = await ticket_row(officer, ticket_id)
    if row["officer_id"] != officer.officer_id:
        raise Forbidden(NOT_YOURS)
    if row["state"] != TicketState.CALLED:
        raise Conflict(OVER, code=ProblemCode.ALREADY_DONE)
    return row


def _require_intake(officer: Officer) -> None:
    if OfficerRole.INTAKE not in officer.roles:
        raise Forbidden(INTAKE_ONLY)


def _rooms(resources: Resources) -> VideoRoom:
    if resources.ports.video is None:
        raise Invalid(NOT_CONNECTED)
    return resources.ports.video
