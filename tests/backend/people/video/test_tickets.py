"""Video tickets: queue, appointment, the call, and the officer's verdict."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from time import time as real_clock
from uuid import UUID

import httpx2
import pytest

from backend.database.record import fetch
from backend.errors import Conflict, Forbidden, Invalid, NotFound, ProblemCode, StepUpNeeded, Unavailable
from backend.kit import clock, resident_id
from backend.kit.working_days import Calendar
from backend.people.identity.models import AssuranceMethod, ConfirmedBy
from backend.people.identity.queries import me
from backend.people.identity.window import WindowDocument
from backend.people.officers.actions import ensure_officer, ensure_organ, sign_in_officer
from backend.people.reviews.actions import request_review
from backend.people.reviews.models import ReviewReason, ReviewState
from backend.people.reviews.queries import reviews_of
from backend.people.video.actions import (
    call_next,
    cancel_ticket,
    enter_room,
    look_at_caller,
    record_verdict,
    request_ticket,
    set_video_desk,
)
from backend.people.video.hours import HOURS, slots
from backend.people.video.models import TicketState
from backend.people.video.queries import free_slots, running_ticket, ticket, tickets_for
from backend.ports import VideoEntrance, VideoRoom
from backend.resources import Resources
from backend.viewer import AssuranceLevel, Citizen, Officer, OfficerRole
from tests.support.people import (
    PASSWORD,
    Human,
    at_the_desk,
    bound,
    new_human,
    new_key,
    nobody,
    signed_in,
    typed,
    viewer_of,
)
from tests.support.rows import told
from tests.support.sandbox import OutsideSandbox

HOME = "330521"
WORKING_DAY, DAY_OFF = date(2026, 11, 26), date(2026, 11, 28)
CALENDAR = Calendar()
Slot = datetime


@pytest.fixture(autouse=True)
def normal_again(outside_world: OutsideSandbox) -> Iterator[None]:
    yield
    outside_world.scenario("video")


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


@pytest.fixture
def resources(resources: Resources) -> Resources:
    assert resources.ports.video is not None
    return replace(resources, ports=replace(resources.ports, video=InRealTime(resources.ports.video)))


@pytest.fixture
async def officer(resources: Resources) -> Officer:
    """An officer whose organ takes two calls at a time."""
    found, _ = await at_the_desk(resources, OfficerRole.INTAKE, OfficerRole.OPERATIONS)
    await set_video_desk(found, seats=2)
    return found


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


# --- the whole call --------------------------------------------------------------------------------------


async def test_a_confirmed_caller_is_verified_for_a_day_in_the_session_that_took_the_ticket(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    human = new_human(outside_world)
    citizen = await bound(resources, outside_world, human)
    async with at(time(10)):
        ticket_id = await take(citizen, resources)
        waiting = await ticket(citizen, ticket_id)
        assert (waiting.state, waiting.ahead, waiting.organ_name) == (TicketState.WAITING, 0, "德清县民政局")
        with pytest.raises(Conflict):
            await enter_room(citizen, resources, ticket_id=ticket_id)
        called, entrance = await call_next(officer, resources)
        assert called == ticket_id
        assert outside_world.join(entrance.token)["participant"] == "officer"
        theirs = await enter_room(citizen, resources, ticket_id=ticket_id)
        assert outside_world.join(theirs.token)["inside"] == ["citizen", "officer"]
        claim = await look_at_caller(officer, resources, ticket_id=ticket_id)
        assert (claim.name, claim.number) == (human.name, human.resident_id)
        proof = await verdict(officer, resources, ticket_id, note="人证一致")
        shown = await me(citizen, resources)
        assert shown.assurance == proof
        assert (shown.assurance.level, shown.assurance.method) == (
            AssuranceLevel.VERIFIED,
            AssuranceMethod.VIDEO,
        )
        assert shown.assurance.expires_at == shown.assurance.proven_at + timedelta(hours=24)
    assert str(ticket_id) not in outside_world.rooms()
    assert (await ticket(citizen, ticket_id)).state is TicketState.CONFIRMED
    assert await running_ticket(citizen) is None
    assert (await told(f"person:{citizen.person_id}"))[-2:] == ["video_caller_seen", "video_confirmed"]
    [row] = await fetch("SELECT note_sealed FROM video_ticket")
    assert "人证一致" not in row["note_sealed"]


async def test_a_name_that_the_registry_does_not_know_is_looked_at_and_bound_by_video(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    newcomer = Human("沈新生", resident_id.make(HOME, date(2008, 2, 29), 8))
    citizen, _ = await signed_in(resources, outside_world)
    async with at(time(14)):
        with pytest.raises(StepUpNeeded):
            await take(citizen, resources)
        await request_review(
            citizen,
            resources,
            typed(newcomer.name, newcomer.resident_id),
            division="330522",
            idempotency_key=new_key(),
        )
        ticket_id = await take(citizen, resources)
        await call_next(officer, resources)
        assert (await look_at_caller(officer, resources, ticket_id=ticket_id)).name == newcomer.name
        await verdict(officer, resources, ticket_id)
        shown = await me(citizen, resources)
        assert shown.person is not None
        assert shown.person.confirmed_by is ConfirmedBy.OFFICER
        assert shown.assurance.level is AssuranceLevel.VERIFIED
    [review] = await reviews_of(citizen, resources)
    assert review.state is ReviewState.CONFIRMED


async def test_a_broken_call_leaves_the_review_open_for_the_next_one(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    citizen, _ = await signed_in(resources, outside_world)
    async with at(time(14)):
        await request_review(
            citizen,
            resources,
            typed("沈新生", resident_id.make(HOME, date(2008, 2, 29), 10)),
            division=HOME,
            idempotency_key=new_key(),
        )
        ticket_id = await take(citizen, resources)
        await call_next(officer, resources)
        assert await verdict(officer, resources, ticket_id, ReviewReason.CONNECTION) is None
        assert (await ticket(citizen, ticket_id)).state is TicketState.MISSED
        [review] = await reviews_of(citizen, resources)
        assert review.state is ReviewState.OPEN
        again = await take(citizen, resources)
        await call_next(officer, resources)
        await verdict(officer, resources, again, ReviewReason.NOT_THE_PERSON)
    [review] = await reviews_of(citizen, resources)
    assert (review.state, review.reason) == (ReviewState.REFUSED, ReviewReason.NOT_THE_PERSON)
    assert (await me(citizen, resources)).person is None


async def test_a_refused_caller_has_proven_nothing(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    citizen = await bound(resources, outside_world)
    async with at(time(10)):
        ticket_id = await take(citizen, resources)
        await call_next(officer, resources)
        assert await verdict(officer, resources, ticket_id, ReviewReason.UNDER_PRESSURE) is None
        assert (await me(citizen, resources)).assurance.level is AssuranceLevel.REAL_NAME
    assert (await told(f"person:{citizen.person_id}"))[-1] == "video_refused"


# --- queue and appointments -----------------------------------------------------------------------------


async def test_the_queue_moves_in_order_and_a_due_appointment_goes_first(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    people = [await bound(resources, outside_world) for _ in range(4)]
    async with at(time(9, 5)):
        later = await take(people[3], resources, slot(11))
        appointed = await take(people[2], resources, slot(9, 30))
        first, second = [await take(one, resources) for one in people[:2]]
        assert (await ticket(people[1], second)).ahead == 1
        assert [one.id for one in await tickets_for(officer)] == [appointed, later, first, second]
        assert (await call_next(officer, resources))[0] == first
    colleague = await another(resources, "li")
    async with at(time(9, 26)):
        assert (await call_next(colleague, resources))[0] == appointed
        await verdict(officer, resources, first)
        assert (await call_next(officer, resources))[0] == second
        await verdict(officer, resources, second)
        with pytest.raises(Conflict) as refusal:
            await call_next(officer, resources)
        assert refusal.value.code is ProblemCode.NOTHING_WAITING


async def test_an_officer_with_somebody_on_the_line_gets_the_same_call_again(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    people = [await bound(resources, outside_world) for _ in range(2)]
    async with at(time(10)):
        for one in people:
            await take(one, resources)
        calls = await asyncio.gather(*(call_next(officer, resources) for _ in range(3)))
        assert len({ticket_id for ticket_id, _ in calls}) == 1
        assert [one.state for one in await tickets_for(officer)].count(TicketState.CALLED) == 1


async def test_two_officers_never_call_the_same_person(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    colleague = await another(resources, "li")
    people = [await bound(resources, outside_world) for _ in range(2)]
    async with at(time(10)):
        for one in people:
            await take(one, resources)
        calls = await asyncio.gather(*(call_next(one, resources) for one in (officer, colleague)))
        assert len({ticket_id for ticket_id, _ in calls}) == 2


async def test_an_appointment_nobody_came_to_is_missed_after_half_an_hour(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    citizen = await bound(resources, outside_world)
    async with at(time(9)):
        ticket_id = await take(citizen, resources, slot(10))
    async with at(time(10, 31)):
        with pytest.raises(Conflict) as refusal:
            await call_next(officer, resources)
        assert refusal.value.code is ProblemCode.NOTHING_WAITING
        missed = await ticket(citizen, ticket_id)
        assert (missed.state, missed.reason) == (TicketState.MISSED, ReviewReason.DID_NOT_APPEAR)


async def test_whoever_missed_an_appointment_takes_another_ticket(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    citizen = await bound(resources, outside_world)
    async with at(time(9)):
        missed = await take(citizen, resources, slot(10))
    async with at(time(10, 31)):
        assert await take(citizen, resources) != missed
    assert (await ticket(citizen, missed)).state is TicketState.MISSED


async def test_slots_are_offered_on_working_days_and_run_out(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    assert slots(DAY_OFF, CALENDAR) == ()
    whole = slots(WORKING_DAY, CALENDAR)
    assert (whole[0], whole[-1], len(whole)) == (slot(9), slot(16, 30), 12)
    assert sum(
        (datetime.combine(WORKING_DAY, ends) - datetime.combine(WORKING_DAY, begins)) / timedelta(minutes=30)
        for begins, ends in HOURS
    ) == len(whole)
    async with at(time(10, 10)):
        offered = await free_slots(CALENDAR, division="330521101", day=WORKING_DAY)
        assert (offered[0].at, offered[0].free, len(offered)) == (slot(10, 30), 2, 9)
        people = [await bound(resources, outside_world) for _ in range(3)]
        answers = await asyncio.gather(
            *(take(one, resources, slot(10, 30)) for one in people), return_exceptions=True
        )
        refused = [answer.code for answer in answers if isinstance(answer, Conflict)]
        assert refused == [ProblemCode.SLOT_TAKEN]
        assert (await free_slots(CALENDAR, division=HOME, day=WORKING_DAY))[0].free == 0
        assert await free_slots(CALENDAR, division=HOME, day=WORKING_DAY + timedelta(days=15)) == ()
        assert await free_slots(CALENDAR, division="110101", day=WORKING_DAY) == ()


@pytest.mark.parametrize(
    "wrong",
    [slot(10, 15), slot(12), slot(9), slot(10, 0, DAY_OFF), slot(10, 0, WORKING_DAY + timedelta(days=21))],
)
async def test_a_time_that_is_not_offered_is_refused(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer, wrong: Slot
) -> None:
    citizen = await bound(resources, outside_world)
    async with at(time(9, 40)):
        with pytest.raises(Invalid) as refusal:
            await take(citizen, resources, wrong)
        assert [one.path for one in refusal.value.fields] == [("input", "slotAt")]


async def test_outside_of_hours_one_books_and_does_not_queue(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    citizen = await bound(resources, outside_world)
    for moment, day in ((time(12), WORKING_DAY), (time(10), DAY_OFF)):
        async with at(moment, day):
            with pytest.raises(Invalid) as refusal:
                await take(citizen, resources)
            assert [one.path for one in refusal.value.fields] == [("input", "slotAt")]
    async with at(time(12)):
        await take(citizen, resources, slot(13, 30))


async def test_one_ticket_at_a_time_which_can_be_given_back(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    citizen, key = await bound(resources, outside_world), new_key()
    async with at(time(10)):
        first = await take(citizen, resources, key=key)
        assert await take(citizen, resources, key=key) == first
        with pytest.raises(Conflict) as refusal:
            await take(citizen, resources)
        assert refusal.value.code is ProblemCode.ALREADY_DONE
        await cancel_ticket(citizen, ticket_id=first)
        with pytest.raises(Conflict):
            await cancel_ticket(citizen, ticket_id=first)
        second = await take(citizen, resources)
        assert second != first


async def test_where_nobody_takes_calls_other_ways_are_named(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    citizen = await bound(resources, outside_world)
    async with at(time(10)):
        for division in ("110101", "999999"):
            with pytest.raises(Invalid) as refusal:
                await take(citizen, resources, division=division)
            assert [one.path for one in refusal.value.fields] == [("input", "division")]
        await set_video_desk(officer, seats=0)
        with pytest.raises(Invalid):
            await take(citizen, resources)
    without = replace(resources, ports=replace(resources.ports, video=None))
    with pytest.raises(Invalid):
        await take(citizen, without)


# --- what does not work ----------------------------------------------------------------------------------


async def test_while_the_video_server_is_down_the_ticket_waits_as_before(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    citizen = await bound(resources, outside_world)
    async with at(time(10)):
        ticket_id = await take(citizen, resources)
        outside_world.scenario("video", "down")
        with pytest.raises(Unavailable):
            await call_next(officer, resources)
        assert (await ticket(citizen, ticket_id)).state is TicketState.WAITING
        outside_world.scenario("video")
        assert (await call_next(officer, resources))[0] == ticket_id
        outside_world.scenario("video", "down")
        await verdict(officer, resources, ticket_id)
    assert (await ticket(citizen, ticket_id)).state is TicketState.CONFIRMED


async def test_another_session_and_a_stranger_do_not_come_into_the_room(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    citizen, _ = await signed_in(resources, outside_world, open_id="o-caller")
    human = new_human(outside_world)
    async with at(time(10)):
        await request_review(
            citizen,
            resources,
            typed("沈新生", human.resident_id),
            division=HOME,
            idempotency_key=new_key(),
        )
        ticket_id = await take(citizen, resources)
        await call_next(officer, resources)
        tablet, _ = await signed_in(resources, outside_world, open_id="o-caller")
        stranger, _ = await signed_in(resources, outside_world)
        with pytest.raises(Conflict):
            await enter_room(tablet, resources, ticket_id=ticket_id)
        for asking in (
            enter_room(stranger, resources, ticket_id=ticket_id),
            ticket(stranger, ticket_id),
            cancel_ticket(stranger, ticket_id=ticket_id),
        ):
            with pytest.raises(NotFound):
                await asking
        entrance = resources.ports.video
        assert entrance is not None
        forged = entrance.entrance("another-room", participant="citizen")
        with pytest.raises(httpx2.HTTPStatusError):
            outside_world.join(forged.token)


async def test_only_the_officer_who_called_gives_the_verdict_and_only_once(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    colleague = await another(resources, "li")
    neighbour = await another(resources, "zhang", "330522")
    citizen = await bound(resources, outside_world)
    async with at(time(10)):
        ticket_id = await take(citizen, resources)
        await call_next(officer, resources)
        with pytest.raises(Forbidden):
            await verdict(colleague, resources, ticket_id)
        with pytest.raises(Forbidden):
            await look_at_caller(colleague, resources, ticket_id=ticket_id)
        with pytest.raises(NotFound):
            await verdict(neighbour, resources, ticket_id)
        await verdict(officer, resources, ticket_id, ReviewReason.NOT_THE_PERSON)
        with pytest.raises(Conflict):
            await verdict(officer, resources, ticket_id)
        assert (await me(citizen, resources)).assurance.level is AssuranceLevel.REAL_NAME


async def test_roles_decide_who_calls_and_who_sets_the_seats(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    intake, _ = await at_the_desk(resources, OfficerRole.INTAKE, login="intake")
    operator, _ = await at_the_desk(resources, OfficerRole.OPERATIONS, login="operator")
    with pytest.raises(Forbidden):
        await set_video_desk(intake, seats=1)
    with pytest.raises(Invalid):
        await set_video_desk(operator, seats=201)
    await set_video_desk(operator, seats=1)
    await set_video_desk(operator, seats=3)
    assert [row["seats"] for row in await fetch("SELECT seats FROM video_desk")] == [3]
    with pytest.raises(Forbidden):
        await call_next(operator, resources)
    assert await told(f"organ:{operator.organ_id}") == ["video_desk_set"] * 2
