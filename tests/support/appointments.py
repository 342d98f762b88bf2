"""Appointments for tests: a place with calendars, many people at once, and what the tables say afterwards."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from backend.casework.appointments import actions
from backend.casework.appointments.actions import Booked
from backend.casework.appointments.models import Binding, PlaceKind
from backend.casework.appointments.places import CalendarDraft, PlaceDraft, ensure_calendar, ensure_place
from backend.casework.appointments.queries import AppointmentView
from backend.casework.catalogue.standards import Standards
from backend.casework.machine import Casework
from backend.database.record import fetch, fetch_one, transaction
from backend.kit import clock, resident_id
from backend.kit.ids import new_id
from backend.kit.working_days import Calendar
from backend.people.identity.claims import Told, clean_name
from backend.people.officers.actions import ensure_organ
from backend.resources import Resources
from backend.viewer import Citizen
from tests.support.people import new_key, typed

HOME = "330521"
WORKDAYS = Calendar()
EVERY_DAY = {str(weekday): [["09:00", "11:00"]] for weekday in range(1, 8)}
REGISTRY = PlaceDraft(PlaceKind.MARRIAGE_REGISTRY, "德清县婚姻登记处", HOME, "云岫南路1号", "0572-8000000")
HALL = CalendarDraft(
    name="综合窗口",
    binding=Binding.PERSON,
    hours=EVERY_DAY,
    keeps_holidays=False,
    slot_minutes=60,
    capacity=2,
    waiting_room=1,
)
WEDDING = replace(
    HALL, name="结婚登记", binding=Binding.COUPLE, item_codes=("000711401000",), hold_minutes=1440
)
CREMATION = replace(HALL, name="火化", binding=Binding.MATTER, item_codes=("002011501000",))

_serial = count(1)


def house(resources: Resources) -> Casework:
    """A process of its own: what it gathers, nobody else does."""
    return Casework(resources=resources, standards=Standards.of(()), calendar=WORKDAYS, reactors=())


async def organ() -> UUID:
    return await ensure_organ(credit_code="11330521002562310Q", name="德清县民政局", division=HOME)


async def offered(
    draft: CalendarDraft = HALL, place: PlaceDraft = REGISTRY, *, organ_id: UUID | None = None
) -> UUID:
    """A calendar, of 德清县民政局 unless another organ is named."""
    organ_id = organ_id or await organ()
    place_id = await ensure_place(organ_id, place, actor="machine:test")
    return await ensure_calendar(organ_id, place_id, draft, WORKDAYS, actor="machine:test")


async def slot_ids(calendar_id: UUID, days_ahead: int = 1) -> list[UUID]:
    """The slots of a day."""
    rows = await fetch(
        "SELECT id FROM appointment_slot WHERE calendar_id = $1 AND day = $2 ORDER BY starts_at",
        calendar_id,
        clock.today() + timedelta(days=days_ahead),
    )
    return [row["id"] for row in rows]


async def slot(slot_id: UUID) -> dict[str, Any]:
    row = await fetch_one("SELECT * FROM appointment_slot WHERE id = $1", slot_id)
    assert row is not None
    return dict(row)


async def change_slot(slot_id: UUID, **values: object) -> None:
    """Set columns of a slot, such as a moment of opening that has come."""
    told = ", ".join(f"{name} = ${place}" for place, name in enumerate(values, 2))
    async with transaction() as tx:
        await tx.execute(f"UPDATE appointment_slot SET {told} WHERE id = $1", slot_id, *values.values())  # noqa: S608 - names of columns in a test


async def crowd(resources: Resources, size: int) -> list[tuple[Citizen, Told]]:
    """People with real names, and what they would say of themselves: made in one go, without a registry."""
    people = []
    for _ in range(size):
        serial = next(_serial)
        born = date(1990, 1, 1) + timedelta(days=serial // 900)
        number = resident_id.make(HOME, born, serial % 900 + 1)
        citizen = Citizen(account_id=new_id(), session_id=uuid4(), person_id=new_id())
        people.append((citizen, typed("沈阿" + "福寿康宁安乐平和"[serial % 8], number)))
    index = resources.keys.blind_index
    indexes = [index.of(told.number, "person.resident_id") for _, told in people]
    now = clock.now()
    async with transaction() as tx:
        await tx.execute(
            "INSERT INTO person (id, created_at, birth_date, sex) SELECT id, $2, '1990-01-01', '1' FROM unnest($1::uuid[]) id",
            [citizen.person_id for citizen, _ in people],
            now,
        )
        await tx.execute(
            "INSERT INTO account (id, created_at, platform, open_id_index, open_id_sealed, person_id, last_sign_in_at)"
            " SELECT id, $3, 'WECHAT', 'crowd' || id, 'sealed', person_id, $3 FROM unnest($1::uuid[], $2::uuid[])"
            " AS told(id, person_id)",
            [citizen.account_id for citizen, _ in people],
            [citizen.person_id for citizen, _ in people],
            now,
        )
        await tx.execute(
            "INSERT INTO identity_document (id, created_at, person_id, kind, number_index, number_sealed, name_sealed,"
            " main, confirmed_by) SELECT gen_random_uuid(), $5, person_id, 'RESIDENT_ID', number_index, number, name, true,"
            " 'REGISTRY' FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[])"
            " AS told(person_id, number_index, number, name)",
            [citizen.person_id for citizen, _ in people],
            indexes,
            [
                resources.keys.ring.seal(told.number.encode(), context=f"person.resident_id:{place}")
                for place, (_, told) in zip(indexes, people, strict=True)
            ],
            [
                resources.keys.ring.seal(clean_name(told.name).encode(), context=f"person.name:{place}")
                for place, (_, told) in zip(indexes, people, strict=True)
            ],
            now,
        )
    return people


async def book(
    work: Casework,
    citizen: Citizen,
    slot_id: UUID,
    *,
    partner: Told | None = None,
    matter: Told | None = None,
    key: str | None = None,
) -> Booked:
    return await actions.book(
        citizen, work, slot_id=slot_id, partner=partner, matter=matter, idempotency_key=key or new_key()
    )


async def booked(work: Casework, citizen: Citizen, slot_id: UUID, **more: Any) -> AppointmentView:
    """The appointment of a booking that has to succeed."""
    answer = await book(work, citizen, slot_id, **more)
    assert answer.appointment is not None
    return answer.appointment


VIOLATIONS = {
    "overbooked": "SELECT slot.id FROM appointment_slot slot WHERE (SELECT count(*) FROM appointment WHERE slot_id = slot.id"
    " AND state IN ('HELD', 'CONFIRMED', 'CHECKED_IN', 'NO_SHOW')) > capacity",
    "miscounted": "SELECT slot.id FROM appointment_slot slot WHERE taken <> (SELECT count(*) FROM appointment WHERE"
    " slot_id = slot.id AND state IN ('HELD', 'CONFIRMED', 'CHECKED_IN')) OR waiting <> (SELECT count(*) FROM"
    " appointment WHERE slot_id = slot.id AND state = 'WAITING')",
    "twice": "SELECT (calendar.subject, person.id)::text FROM appointment JOIN appointment_slot slot ON slot.id = slot_id"
    " JOIN appointment_calendar calendar ON calendar.id = slot.calendar_id AND binding <> 'MATTER'"
    " CROSS JOIN LATERAL (VALUES (appointment.person_id), (partner_id)) person(id)"
    " WHERE state IN ('WAITING', 'HELD', 'CONFIRMED') AND person.id IS NOT NULL GROUP BY 1 HAVING count(*) > 1",
    "unfair": "SELECT early.id FROM appointment early JOIN appointment late ON late.slot_id = early.slot_id AND"
    " late.ticket > early.ticket WHERE early.state = 'WAITING' AND late.state IN ('HELD', 'CONFIRMED')",
    "unheard": "SELECT id FROM appointment WHERE (SELECT count(*) FROM audit_entry WHERE subject ="
    " 'appointment:' || appointment.id AND sequence = 1) <> 1",
}
"""What must never be, by its name: one booking too many, counts that are wrong, two for one, an unfair turn."""

NONE_AT_ALL: dict[str, list[str]] = {name: [] for name in VIOLATIONS}


async def violations() -> dict[str, list[str]]:
    """Where any of that is."""
    return {name: [str(row[0]) for row in await fetch(statement)] for name, statement in VIOLATIONS.items()}


@asynccontextmanager
async def at(moment: datetime) -> AsyncIterator[None]:
    """As if it were ``moment``: for clocks and windows; booking itself goes by the database's clock."""
    with clock.shifted(moment - clock.now()):
        yield


def states(answers: Sequence[Booked]) -> list[str]:
    return ["FULL" if one.appointment is None else one.appointment.state.value for one in answers]
