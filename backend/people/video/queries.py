"""Slots, and tickets as their citizen and their officers see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from backend.database.record import Row, fetch, fetch_one
from backend.errors import NotFound, Text
from backend.kit import clock, regions
from backend.kit.working_days import Calendar
from backend.people.reviews.models import ReviewReason
from backend.people.video.hours import AHEAD, slots
from backend.people.video.models import TicketState
from backend.viewer import Citizen, Officer

NO_SUCH_TICKET = Text("没有找到该视频预约。", "There is no such video ticket.")
MOST = 50


@dataclass(frozen=True, slots=True)
class VideoSlot:
    """Half an hour, and how many calls can still be booked in it."""

    at: datetime
    free: int


@dataclass(frozen=True, slots=True)
class TicketView:
    """A ticket; ``ahead`` counts those who are called before, as long as it waits in the queue."""

    id: UUID
    state: TicketState
    organ_name: str
    slot_at: datetime | None
    ahead: int | None
    called_at: datetime | None
    ended_at: datetime | None
    reason: ReviewReason | None
    review_id: UUID | None


SELECT = (
    "SELECT ticket.id, ticket.state, organ.name AS organ_name, slot_at, called_at, ended_at, reason, review_id,"
    " ticket.account_id, ticket.session_id, ticket.person_id, ticket.officer_id, ticket.organ_id,"
    " CASE WHEN ticket.state = 'WAITING' AND slot_at IS NULL THEN (SELECT count(*) FROM video_ticket other"
    "  WHERE other.organ_id = ticket.organ_id AND other.state = 'WAITING' AND other.id < ticket.id"
    "  AND other.slot_at IS NULL) END AS ahead"
    " FROM video_ticket ticket JOIN organ ON organ.id = ticket.organ_id"
)


async def desk_of(division: str) -> Row | None:
    """The organ nearest to a division that takes calls, with its seats: its own, or of the city, the province …"""
    above = [one.code for one in regions.path(division)]
    codes = [division, *reversed(above), regions.NATION]
    return await fetch_one(
        "SELECT organ.id, organ.name, seats FROM video_desk JOIN organ ON organ.id = video_desk.organ_id"
        " WHERE seats > 0 AND organ.division = ANY($1)"
        " ORDER BY array_position($1, organ.division), organ.id LIMIT 1",
        codes,
    )


async def free_slots(calendar: Calendar, *, division: str, day: date) -> Sequence[VideoSlot]:
    """The slots of a day that are still to come; empty where nobody takes calls, or on a day off."""
    desk = await desk_of(division)
    now = clock.now()
    if desk is None or not clock.today() <= day <= clock.today() + AHEAD:
        return ()
    coming = [slot for slot in slots(day, calendar) if slot > now]
    rows = await fetch(
        "SELECT slot_at, count(*) AS taken FROM video_ticket WHERE organ_id = $1 AND slot_at = ANY($2)"
        " AND state <> 'CANCELLED' GROUP BY slot_at",
        desk["id"],
        coming,
    )
    taken = {row["slot_at"]: row["taken"] for row in rows}
    return [VideoSlot(slot, max(0, desk["seats"] - taken.get(slot, 0))) for slot in coming]


async def ticket_row(viewer: Citizen | Officer, ticket_id: UUID) -> Row:
    """One ticket, of the citizen or of the officer's organ. Raises ``NotFound``."""
    row = await fetch_one(
        f"{SELECT} WHERE ticket.id = $1 AND (ticket.account_id = $2 OR ticket.organ_id = $3)",
        ticket_id,
        viewer.account_id if isinstance(viewer, Citizen) else None,
        viewer.organ_id if isinstance(viewer, Officer) else None,
    )
    if row is None:
        raise NotFound(NO_SUCH_TICKET)
    return row


async def ticket(viewer: Citizen | Officer, ticket_id: UUID) -> TicketView:
    """One ticket. Raises ``NotFound``."""
    return view(await ticket_row(viewer, ticket_id))


async def running_ticket(citizen: Citizen) -> TicketView | None:
    """The citizen's ticket that is not over, on whichever of this account's devices it was taken."""
    row = await fetch_one(f"{SELECT} WHERE ticket.account_id = $1 AND ended_at IS NULL", citizen.account_id)
    return None if row is None else view(row)


async def tickets_for(officer: Officer) -> Sequence[TicketView]:
    """What waits for the officer's organ, appointments first, the 50 next ones."""
    rows = await fetch(
        f"{SELECT} WHERE ticket.organ_id = $1 AND ticket.state IN ('WAITING', 'CALLED')"
        " ORDER BY ticket.state, slot_at NULLS LAST, ticket.id LIMIT $2",
        officer.organ_id,
        MOST,
    )
    return [view(row) for row in rows]


def view(row: Row) -> TicketView:
    """A row as it may be shown."""
    return TicketView(
        id=row["id"],
        state=TicketState(row["state"]),
        organ_name=row["organ_name"],
        slot_at=row["slot_at"],
        ahead=row["ahead"],
        called_at=row["called_at"],
        ended_at=row["ended_at"],
        reason=None if row["reason"] is None else ReviewReason(row["reason"]),
        review_id=row["review_id"],
    )
