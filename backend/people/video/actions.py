"""Desks that take calls, and the citizen's side of a ticket: taking it, giving it back, coming into the room."""

from datetime import datetime, timedelta
from uuid import UUID

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
)
from backend.kit import clock, regions
from backend.kit.ids import new_id
from backend.kit.working_days import Calendar
from backend.people.identity.ladder import NAME_FIRST, NOT_CONNECTED
from backend.people.reviews.actions import (
    open_review_of,
)
from backend.people.video.hours import AHEAD, is_open, slots
from backend.people.video.models import TicketState, VideoDesk, VideoTicket
from backend.people.video.queries import desk_of, ticket_row
from backend.ports import VideoEntrance, VideoRoom
from backend.resources import Resources
from backend.viewer import AssuranceLevel, Citizen, Officer, OfficerRole

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
    rooms_of(resources)
    person_id = citizen.subject_id
    review = None if person_id is not None else await open_review_of(citizen.account_id)
    if person_id is None and review is None:
        raise StepUpNeeded(NAME_FIRST, level=AssuranceLevel.REAL_NAME)
    desk = None if regions.get(division) is None else await desk_of(division)
    if desk is None:
        raise Invalid(NO_DESK, fields=(FieldProblem(("input", "division"), NO_DESK),))
    _check_time(slot_at, calendar)
    await resources.shared.limit(REQUESTS, "video-ticket", str(citizen.account_id))
    await miss_overdue(account_id=citizen.account_id)
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
    rooms = rooms_of(resources)
    row = await ticket_row(citizen, ticket_id)
    if row["session_id"] != citizen.session_id or row["state"] == TicketState.WAITING:
        raise Conflict(NOT_CALLED, code=ProblemCode.ILLEGAL_STATE)
    if row["state"] != TicketState.CALLED:
        raise Conflict(OVER, code=ProblemCode.ALREADY_DONE)
    return rooms.entrance(str(ticket_id), participant="citizen")


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


async def miss_overdue(*, organ_id: UUID | None = None, account_id: UUID | None = None) -> None:
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


def rooms_of(resources: Resources) -> VideoRoom:
    """The video server. Raises ``Invalid`` where there is none."""
    if resources.ports.video is None:
        raise Invalid(NOT_CONNECTED)
    return resources.ports.video
