"""Video calls: from ticket to the officer's verdict, and what does not work."""

from datetime import date, time, timedelta

import httpx2
import pytest

from backend.database.record import fetch
from backend.errors import Conflict, Forbidden, Invalid, NotFound, StepUpNeeded, Unavailable
from backend.kit import resident_id
from backend.people.identity.models import AssuranceMethod, ConfirmedBy
from backend.people.identity.queries import me
from backend.people.reviews.actions import request_review
from backend.people.reviews.models import ReviewReason, ReviewState
from backend.people.reviews.queries import reviews_of
from backend.people.video.actions import cancel_ticket, enter_room, set_video_desk
from backend.people.video.calls import call_next, look_at_caller
from backend.people.video.models import TicketState
from backend.people.video.queries import running_ticket, ticket
from backend.resources import Resources
from backend.viewer import AssuranceLevel, Officer, OfficerRole
from tests.support.people import (
    Human,
    at_the_desk,
    bound,
    new_human,
    new_key,
    signed_in,
    typed,
)
from tests.support.rows import told
from tests.support.sandbox import OutsideSandbox
from tests.support.video import HOME, another, at, take, verdict


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
