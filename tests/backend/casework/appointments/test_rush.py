"""The rush in small: 200 people on 20 places from two processes at once, and one process that dies in it."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random

from backend.casework.appointments.booking import Bookings
from backend.casework.appointments.models import AppointmentState
from backend.database.record import fetch
from backend.resources import Resources
from tests.support.appointments import (
    HALL,
    NONE_AT_ALL,
    booked,
    crowd,
    house,
    offered,
    slot_ids,
    violations,
)
from tests.support.rush import ROOM, OtherProcess, Told, Wish, answered_before, ask_all, out_of_turn

PEOPLE, PLACES_EACH, WAITING_EACH = 200, 10, 5
TOLERANCE = timedelta(milliseconds=500)
"""A statement of one process may be overtaken by one of another; on a busy machine it takes its time."""


async def wishes(resources: Resources) -> list[Wish]:
    first, second = await slot_ids(
        await offered(replace(HALL, capacity=PLACES_EACH, waiting_room=WAITING_EACH))
    )
    chance = Random(520)
    return [
        Wish(
            account_id=citizen.account_id,
            person_id=citizen.person_id,
            slot_id=(first, second)[number % 2],
            key=f"rush-of-{number:04d}",
            after=chance.random() * ROOM,
        )
        for number, (citizen, _) in enumerate(await crowd(resources, PEOPLE))
        if citizen.person_id is not None
    ]


def by_slot(told: Sequence[Told], asked: Sequence[Wish]) -> list[list[Told]]:
    place = {wish.key: wish.slot_id for wish in asked}
    return [[one for one in told if place[one.key] == slot_id] for slot_id in sorted(set(place.values()))]


async def test_everybody_in_the_rush_gets_an_answer_and_the_first_come_are_served(
    resources: Resources, database: str
) -> None:
    asked = await wishes(resources)
    other = await asyncio.to_thread(OtherProcess, database, asked[::2])
    other.begin()
    told = await ask_all(Bookings(), asked[1::2])
    while (one := await asyncio.to_thread(other.read)) is not None:
        told.append(one)
    await asyncio.to_thread(other.close)
    assert len(told) == PEOPLE
    for of_slot in by_slot(told, asked):
        assert Counter(one.outcome for one in of_slot) == {
            "HELD": PLACES_EACH,
            "WAITING": WAITING_EACH,
            "FULL": PEOPLE // 2 - PLACES_EACH - WAITING_EACH,
        }
        assert answered_before(of_slot) == []
        assert out_of_turn(of_slot, TOLERANCE) == []
    assert await violations() == NONE_AT_ALL


async def test_a_process_that_dies_in_the_rush_loses_no_booking_and_makes_none_twice(
    resources: Resources, database: str
) -> None:
    asked = await wishes(resources)
    other = await asyncio.to_thread(OtherProcess, database, asked)
    other.begin()
    heard = [await asyncio.to_thread(other.read) for _ in range(5)]
    other.kill()
    while (one := await asyncio.to_thread(other.read)) is not None:
        heard.append(one)
    await asyncio.to_thread(other.close)
    assert await violations() == NONE_AT_ALL
    committed = {
        row["request_key"]: str(row["id"]) for row in await fetch("SELECT id, request_key FROM appointment")
    }
    known = {one.key: one.appointment for one in heard if one is not None and one.outcome != "FULL"}
    assert known.items() <= committed.items()  # what somebody was told is so
    # everybody asks again, whether they had heard an answer or not
    again = await ask_all(Bookings(), [replace(wish, after=0.0) for wish in asked])
    repeated = {one.key: one.appointment for one in again if one.outcome == "REPEATED"}
    assert repeated == committed
    assert len(again) == PEOPLE
    assert await violations() == NONE_AT_ALL
    rows = await fetch("SELECT state, count(*) AS many FROM appointment GROUP BY state")
    assert {row["state"]: row["many"] for row in rows} == {
        "HELD": 2 * PLACES_EACH,
        "WAITING": 2 * WAITING_EACH,
    }


async def test_what_comes_while_a_statement_runs_goes_into_the_next_one_together(
    resources: Resources,
) -> None:
    [slot_id, _] = await slot_ids(await offered(replace(HALL, capacity=50)))
    people = [citizen for citizen, _ in await crowd(resources, 40)]
    work = house(resources)
    made = await asyncio.gather(*(booked(work, one, slot_id) for one in people))
    assert {one.state for one in made} == {AppointmentState.HELD}
    # One transaction wrote them all: the statement is what is shared.
    rows = await fetch("SELECT count(DISTINCT xmin::text) AS statements, count(*) AS booked FROM appointment")
    assert (rows[0]["booked"], rows[0]["statements"]) == (40, 1)
