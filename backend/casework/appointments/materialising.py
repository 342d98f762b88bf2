"""Slots made ahead, and kept in step with hours and days; what is booked stays."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from uuid import UUID

import orjson

from backend.casework.appointments.hours import (
    DayRule,
    Pattern,
    PlannedSlot,
    read_spans,
    read_time,
    slots_of,
)
from backend.database.record import Row, Transaction, fetch, transaction
from backend.kit import clock
from backend.kit.ids import new_id
from backend.kit.working_days import Calendar as WorkingDays

SHOWN_BEFORE = timedelta(days=7)
"""Slots are there so long before they open, so that people see what is coming."""
MOST_AHEAD = timedelta(days=120)
MOST_CALENDARS = 500
"""In one run; the next run takes the next ones."""
KEPT = timedelta(days=30)
"""Past slots in which nobody was are forgotten after so long."""


async def materialise_due(workdays: WorkingDays) -> int:
    """Bring calendars that were not looked at today up to date; how many. Safe to run again and beside itself."""
    rows = await fetch(
        "SELECT id FROM appointment_calendar WHERE closed_at IS NULL"
        " AND (made_until IS NULL OR made_until < least($1::date + opens_days_before + $2::int, $1::date + $3::int))"
        " ORDER BY made_until NULLS FIRST, id LIMIT $4",
        clock.today(),
        SHOWN_BEFORE.days,
        MOST_AHEAD.days,
        MOST_CALENDARS,
    )
    for row in rows:
        async with transaction() as tx:
            await materialise(tx, row["id"], workdays)
    async with transaction() as tx:
        await tx.execute(
            "DELETE FROM appointment_slot WHERE starts_at < $1 AND NOT EXISTS"
            " (SELECT 1 FROM appointment WHERE slot_id = appointment_slot.id)",
            clock.now() - KEPT,
        )
    return len(rows)


async def materialise(tx: Transaction, calendar_id: UUID, workdays: WorkingDays) -> None:
    """Make the calendar's coming slots what its hours and days say; two who do it at once take turns.

    A slot that is no longer in the hours is withdrawn: nothing more is booked in it. Nothing of the past moves.
    """
    calendar = await tx.fetch_one(
        "SELECT hours, keeps_holidays, slot_minutes, capacity, waiting_room, opens_days_before, opens_time,"
        " closes_minutes, closed_at FROM appointment_calendar WHERE id = $1 FOR NO KEY UPDATE",
        calendar_id,
    )
    if calendar is None:
        raise LookupError("materialise is told of calendars that are there")
    days = await tx.fetch(
        "SELECT day, hours, capacity, waiting_room, opens_at FROM appointment_day WHERE calendar_id = $1 AND day >= $2",
        calendar_id,
        clock.today(),
    )
    until = clock.today() + min(timedelta(days=calendar["opens_days_before"]) + SHOWN_BEFORE, MOST_AHEAD)
    planned = [] if calendar["closed_at"] is not None else _planned(calendar, days, until, workdays)
    await tx.execute(
        "INSERT INTO appointment_slot (id, created_at, calendar_id, day, starts_at, ends_at, opens_at, closes_at,"
        " capacity, waiting_room, taken, waiting, last_ticket, withdrawn)"
        " SELECT planned.id, $2, $1, day, starts_at, ends_at, opens_at, closes_at, capacity, waiting_room, 0, 0, 0, false"
        " FROM unnest($3::uuid[], $4::date[], $5::timestamptz[], $6::timestamptz[], $7::timestamptz[], $8::timestamptz[],"
        " $9::int[], $10::int[]) AS planned(id, day, starts_at, ends_at, opens_at, closes_at, capacity, waiting_room)"
        " ORDER BY starts_at"
        " ON CONFLICT (calendar_id, starts_at) DO UPDATE SET ends_at = EXCLUDED.ends_at, opens_at = EXCLUDED.opens_at,"
        " closes_at = EXCLUDED.closes_at, capacity = EXCLUDED.capacity, waiting_room = EXCLUDED.waiting_room,"
        " withdrawn = false"
        " WHERE (appointment_slot.ends_at, appointment_slot.opens_at, appointment_slot.closes_at,"
        " appointment_slot.capacity, appointment_slot.waiting_room, appointment_slot.withdrawn)"
        " IS DISTINCT FROM (EXCLUDED.ends_at, EXCLUDED.opens_at, EXCLUDED.closes_at, EXCLUDED.capacity,"
        " EXCLUDED.waiting_room, false)",
        calendar_id,
        clock.now(),
        [new_id() for _ in planned],
        [slot.day for slot in planned],
        [slot.starts_at for slot in planned],
        [slot.ends_at for slot in planned],
        [slot.opens_at for slot in planned],
        [slot.closes_at for slot in planned],
        [slot.capacity for slot in planned],
        [slot.waiting_room for slot in planned],
    )
    await tx.execute(
        "UPDATE appointment_slot SET withdrawn = true WHERE calendar_id = $1 AND starts_at > $2 AND NOT withdrawn"
        " AND starts_at <> ALL($3::timestamptz[])",
        calendar_id,
        clock.now(),
        [slot.starts_at for slot in planned],
    )
    await tx.execute("UPDATE appointment_calendar SET made_until = $2 WHERE id = $1", calendar_id, until)


def _planned(calendar: Row, days: Sequence[Row], until: date, workdays: WorkingDays) -> list[PlannedSlot]:
    pattern, rules = _pattern(calendar), {row["day"]: _rule(row) for row in days}
    today, now = clock.today(), clock.now()
    ahead = (today + timedelta(days=number) for number in range((until - today).days + 1))
    wanted = sorted({*ahead, *rules})
    return [
        slot
        for day in wanted
        for slot in slots_of(pattern, day, rules.get(day), workdays)
        if slot.starts_at > now
    ]


def _pattern(row: Row) -> Pattern:
    told: Mapping[str, Sequence[Sequence[str]]] = orjson.loads(row["hours"])
    return Pattern(
        hours={int(weekday): read_spans(spans) for weekday, spans in told.items()},
        keeps_holidays=row["keeps_holidays"],
        slot=timedelta(minutes=row["slot_minutes"]),
        capacity=row["capacity"],
        waiting_room=row["waiting_room"],
        opens_days_before=row["opens_days_before"],
        opens_time=read_time(row["opens_time"]),
        closes=timedelta(minutes=row["closes_minutes"]),
    )


def _rule(row: Row) -> DayRule:
    spans = None if row["hours"] is None else read_spans(orjson.loads(row["hours"]))
    return DayRule(spans, row["capacity"], row["waiting_room"], row["opens_at"])
