"""Video tickets for tests: the house's clock at a time of day, tickets taken and calls decided."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from time import time as real_clock
from uuid import UUID

from backend.kit import clock
from backend.kit.working_days import Calendar
from backend.people.identity.window import WindowDocument
from backend.people.officers.actions import ensure_officer, ensure_organ, sign_in_officer
from backend.people.reviews.models import ReviewReason
from backend.people.video.actions import request_ticket
from backend.people.video.calls import record_verdict
from backend.ports import VideoEntrance, VideoRoom
from backend.resources import Resources
from backend.viewer import Citizen, Officer, OfficerRole
from tests.support.people import (
    PASSWORD,
    new_key,
    nobody,
    viewer_of,
)

HOME = "330521"
WORKING_DAY, DAY_OFF = date(2026, 11, 26), date(2026, 11, 28)
CALENDAR = Calendar()


@asynccontextmanager
async def at(moment: time, day: date = WORKING_DAY) -> AsyncIterator[None]:
    """The house's clock at this legal time."""
    with clock.shifted(datetime.combine(day, moment, clock.ZONE) - clock.now()):
        yield


@dataclass(frozen=True, slots=True)
class InRealTime:
    """The rooms, whose server looks at the real clock although the house's stands elsewhere."""

    rooms: VideoRoom

    async def open(self, room: str) -> None:
        with real_time():
            await self.rooms.open(room)

    def entrance(self, room: str, *, participant: str) -> VideoEntrance:
        with real_time():
            return self.rooms.entrance(room, participant=participant)

    async def close(self, room: str) -> None:
        with real_time():
            await self.rooms.close(room)


@contextmanager
def real_time() -> Iterator[None]:
    with clock.shifted(datetime.fromtimestamp(real_clock(), UTC) - clock.now()):
        yield


async def another(resources: Resources, login: str, division: str = HOME) -> Officer:
    """A colleague, or somebody of another place."""
    credit_code = "11330521002562310Q" if division == HOME else f"11{division}0000000000"
    organ_id = await ensure_organ(credit_code=credit_code, name="某地民政局", division=division)
    await ensure_officer(
        organ_id=organ_id, login=login, name="李文远", password=PASSWORD, roles=[OfficerRole.INTAKE]
    )
    viewer = await viewer_of(
        resources, await sign_in_officer(nobody(), resources, login=login, password=PASSWORD)
    )
    assert isinstance(viewer, Officer)
    return viewer


async def take(
    citizen: Citizen,
    resources: Resources,
    slot_at: datetime | None = None,
    *,
    key: str | None = None,
    division: str = HOME,
) -> UUID:
    return await request_ticket(
        citizen,
        resources,
        CALENDAR,
        division=division,
        slot_at=slot_at,
        idempotency_key=key or new_key(),
    )


async def verdict(
    officer: Officer,
    resources: Resources,
    ticket_id: UUID,
    reason: ReviewReason = ReviewReason.ALL_RIGHT,
    note: str = "",
) -> object:
    return await record_verdict(
        officer,
        resources,
        ticket_id=ticket_id,
        confirmed=reason is ReviewReason.ALL_RIGHT,
        reason=reason,
        document_seen=WindowDocument.ID_CARD,
        note=note,
    )


def slot(hour: int, minute: int = 0, day: date = WORKING_DAY) -> datetime:
    return datetime.combine(day, time(hour, minute), clock.ZONE)
