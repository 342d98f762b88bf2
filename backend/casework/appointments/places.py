"""Setting up places and calendars: who takes appointments for what, when, how many, by which rules."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import orjson

from backend.casework.appointments.hours import read_spans
from backend.casework.appointments.materialising import materialise
from backend.casework.appointments.models import Binding, PlaceKind
from backend.database import audit
from backend.database.record import Transaction, transaction
from backend.errors import Conflict, FieldProblem, Forbidden, Invalid, NotFound, ProblemCode, Text
from backend.kit import clock, regions
from backend.kit.ids import new_id
from backend.kit.working_days import Calendar as WorkingDays
from backend.viewer import Officer, OfficerRole

FARTHEST = timedelta(days=366)
"""How far ahead a day can be given rules of its own."""

OTHER_ROLE = Text("只有运维岗位可以设置预约。", "Only an officer of operations may set up appointments.")
NOT_THERE = Text("没有找到。", "Not found.")
BAD_NAME = Text("名称应为2至80个字。", "A name has 2 to 80 characters.")
BAD_DIVISION = Text("没有这个行政区划。", "There is no such division.")
BAD_HOURS = Text(
    "开放时间应为HH:MM的先后时段，按星期1至7填写。",
    "Hours are spans of HH:MM that follow one another, by weekday 1 to 7.",
)
BAD_FIGURE = Text("应为{least}至{most}。", "It has to be {least} to {most}.")
BAD_DAY = Text("只能设置今天起一年内的日期。", "A day from today on, within a year.")
OTHER_BINDING = Text(
    "该预约服务已按另一种方式约束，不能更改；请另建一个。",
    "Whom this calendar binds cannot be changed: appointments depend on it. Make another one.",
)
BAD_ITEM = Text("事项基本编码应为12位数字。", "An item's base code has 12 digits.")

FIGURES: Mapping[str, tuple[int, int]] = {
    "slot_minutes": (5, 600),
    "capacity": (0, 1000),
    "waiting_room": (0, 10_000),
    "opens_days_before": (1, 90),
    "closes_minutes": (0, 10_080),
    "hold_minutes": (1, 10_080),
    "waiting_hold_minutes": (1, 10_080),
    "early_minutes": (0, 600),
    "late_minutes": (0, 600),
    "no_show_limit": (0, 20),
    "no_show_days": (1, 366),
    "pause_days": (0, 366),
}
"""What an organ may choose, least and most."""


@dataclass(frozen=True, slots=True)
class PlaceDraft:
    """A place as an organ describes it; its name is what it is known by within the organ."""

    kind: PlaceKind
    name: str
    division: str
    address: str = ""
    telephone: str = ""
    closed: bool = False


@dataclass(frozen=True, slots=True)
class CalendarDraft:
    """A calendar; its name is what it is known by at its place. The figures are an organ's to choose."""

    name: str
    binding: Binding
    hours: Mapping[str, Sequence[Sequence[str]]]
    item_codes: Sequence[str] = ()
    """The first one is the subject: of it nobody has two appointments, at whichever place."""
    keeps_holidays: bool = True
    slot_minutes: int = 30
    capacity: int = 1
    waiting_room: int = 0
    opens_days_before: int = 14
    opens_time: str = "09:00"
    closes_minutes: int = 0
    hold_minutes: int = 10
    waiting_hold_minutes: int = 120
    early_minutes: int = 30
    late_minutes: int = 30
    no_show_limit: int = 3
    no_show_days: int = 180
    pause_days: int = 30
    closed: bool = False


@dataclass(frozen=True, slots=True)
class DayDraft:
    """One day's own rules; None where the calendar's hold, no spans at all for a closed day."""

    day: date
    spans: Sequence[Sequence[str]] | None = None
    capacity: int | None = None
    waiting_room: int | None = None
    opens_at: datetime | None = None


async def set_place(officer: Officer, draft: PlaceDraft) -> UUID:
    """Describe a place of the officer's organ, or describe it anew. Raises ``Forbidden``, ``Invalid``."""
    _require_operations(officer)
    return await ensure_place(officer.organ_id, draft, actor=f"officer:{officer.officer_id}")


async def ensure_place(organ_id: UUID, draft: PlaceDraft, *, actor: str) -> UUID:
    """The organ's place of this name, as the draft says; also for demo data. Safe to run again."""
    if not 2 <= len(draft.name.strip()) <= 80:
        raise Invalid(BAD_NAME).about("input", "name")
    if regions.get(draft.division) is None:
        raise Invalid(BAD_DIVISION, code=ProblemCode.UNKNOWN_DIVISION).about("input", "division")
    now = clock.now()
    async with transaction() as tx:
        row = await tx.fetch_one(
            "INSERT INTO appointment_place (id, created_at, organ_id, kind, name, address, telephone, division, closed_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, CASE WHEN $9 THEN $2::timestamptz END)"
            " ON CONFLICT (organ_id, name) DO UPDATE SET kind = EXCLUDED.kind, address = EXCLUDED.address,"
            " telephone = EXCLUDED.telephone, division = EXCLUDED.division, closed_at = EXCLUDED.closed_at RETURNING id",
            new_id(),
            now,
            organ_id,
            draft.kind.value,
            draft.name.strip(),
            draft.address.strip()[:200],
            draft.telephone.strip()[:40],
            draft.division,
            draft.closed,
        )
        assert row is not None  # noqa: S101 - an upsert always returns its row
        place_id: UUID = row["id"]
        await audit.append(
            tx,
            subject=f"place:{place_id}",
            kind="appointment_place_set",
            actor=actor,
            detail={"organ": str(organ_id), "closed": draft.closed},
        )
    return place_id


async def set_calendar(officer: Officer, workdays: WorkingDays, place_id: UUID, draft: CalendarDraft) -> UUID:
    """Set a calendar of a place of the officer's organ. Raises ``Forbidden``, ``NotFound``, ``Invalid``."""
    _require_operations(officer)
    return await ensure_calendar(
        officer.organ_id, place_id, draft, workdays, actor=f"officer:{officer.officer_id}"
    )


async def ensure_calendar(
    organ_id: UUID, place_id: UUID, draft: CalendarDraft, workdays: WorkingDays, *, actor: str
) -> UUID:
    """The place's calendar of this name, as the draft says, its slots in step with it. Safe to run again.

    What is booked stays booked, also where the hours have gone. The subject of a calendar stays as it was at
    first, and so has its binding to: appointments depend on them. Raises ``Invalid`` and ``Conflict``.
    """
    _check(draft)
    calendar_id, now = new_id(), clock.now()
    subject = draft.item_codes[0] if draft.item_codes else f"calendar:{calendar_id.hex[:24]}"
    figures = {name: getattr(draft, name) for name in FIGURES}
    columns = ", ".join(figures)
    async with transaction() as tx:
        known = await tx.fetch_one(
            "SELECT 1 FROM appointment_place WHERE id = $1 AND organ_id = $2", place_id, organ_id
        )
        if known is None:
            raise NotFound(NOT_THERE)
        row = await tx.fetch_one(
            "INSERT INTO appointment_calendar (id, created_at, changed_at, place_id, name, subject, binding, hours,"  # noqa: S608 - the names of our own columns
            f" keeps_holidays, opens_time, closed_at, {columns})"
            " VALUES ($1, $2, $2, $3, $4, $5, $6, $7::jsonb, $8, $9, CASE WHEN $10 THEN $2::timestamptz END, "
            + ", ".join(f"${11 + number}" for number in range(len(figures)))
            + ") ON CONFLICT (place_id, name) DO UPDATE SET changed_at = EXCLUDED.changed_at, hours = EXCLUDED.hours,"
            " keeps_holidays = EXCLUDED.keeps_holidays, opens_time = EXCLUDED.opens_time, closed_at = EXCLUDED.closed_at, "
            + ", ".join(f"{name} = EXCLUDED.{name}" for name in figures)
            + " RETURNING id, binding",
            calendar_id,
            now,
            place_id,
            draft.name.strip(),
            subject,
            draft.binding.value,
            orjson.dumps(draft.hours).decode(),
            draft.keeps_holidays,
            draft.opens_time,
            draft.closed,
            *figures.values(),
        )
        assert row is not None  # noqa: S101 - an upsert always returns its row
        if row["binding"] != draft.binding:
            raise Conflict(OTHER_BINDING)
        known_id: UUID = row["id"]
        await _set_items(tx, known_id, draft.item_codes, now)
        await materialise(tx, known_id, workdays)
        await audit.append(
            tx,
            subject=f"calendar:{known_id}",
            kind="appointment_calendar_set",
            actor=actor,
            detail={**asdict(draft), "binding": draft.binding.value},
        )
    return known_id


async def set_day(officer: Officer, workdays: WorkingDays, calendar_id: UUID, draft: DayDraft) -> None:
    """Give one day rules of its own, or take them away again. Raises ``Forbidden``, ``NotFound``, ``Invalid``."""
    _require_operations(officer)
    await ensure_day(officer.organ_id, calendar_id, draft, workdays, actor=f"officer:{officer.officer_id}")


async def ensure_day(
    organ_id: UUID, calendar_id: UUID, draft: DayDraft, workdays: WorkingDays, *, actor: str
) -> None:
    """The day's own rules as the draft says, its slots in step with them. Safe to run again."""
    if not clock.today() <= draft.day <= clock.today() + FARTHEST:
        raise Invalid(BAD_DAY).about("input", "day")
    _check_figures({"capacity": draft.capacity, "waiting_room": draft.waiting_room})
    if draft.spans is not None:
        _check_spans(draft.spans)
    async with transaction() as tx:
        known = await tx.fetch_one(
            "SELECT 1 FROM appointment_calendar calendar JOIN appointment_place place ON place.id = place_id"
            " WHERE calendar.id = $1 AND organ_id = $2 FOR NO KEY UPDATE OF calendar",
            calendar_id,
            organ_id,
        )
        if known is None:
            raise NotFound(NOT_THERE)
        await tx.execute(
            "INSERT INTO appointment_day (id, created_at, calendar_id, day, hours, capacity, waiting_room, opens_at)"
            " VALUES ($1, $2, $3, $4, $5::jsonb, $6, $7, $8) ON CONFLICT (calendar_id, day) DO UPDATE SET"
            " hours = EXCLUDED.hours, capacity = EXCLUDED.capacity, waiting_room = EXCLUDED.waiting_room,"
            " opens_at = EXCLUDED.opens_at",
            new_id(),
            clock.now(),
            calendar_id,
            draft.day,
            None if draft.spans is None else orjson.dumps(draft.spans).decode(),
            draft.capacity,
            draft.waiting_room,
            draft.opens_at,
        )
        await materialise(tx, calendar_id, workdays)
        await audit.append(
            tx,
            subject=f"calendar:{calendar_id}",
            kind="appointment_day_set",
            actor=actor,
            detail={
                "day": draft.day.isoformat(),
                "spans": draft.spans,
                "capacity": draft.capacity,
                "waiting_room": draft.waiting_room,
                "opens_at": None if draft.opens_at is None else draft.opens_at.isoformat(),
            },
        )


async def _set_items(tx: Transaction, calendar_id: UUID, item_codes: Sequence[str], now: datetime) -> None:
    await tx.execute(
        "DELETE FROM appointment_calendar_item WHERE calendar_id = $1 AND item_code <> ALL($2)",
        calendar_id,
        list(item_codes),
    )
    await tx.execute(
        "INSERT INTO appointment_calendar_item (id, created_at, calendar_id, item_code)"
        " SELECT gen_random_uuid(), $3, $1, code FROM unnest($2::text[]) code"
        " ON CONFLICT (calendar_id, item_code) DO NOTHING",
        calendar_id,
        list(item_codes),
        now,
    )


def _check(draft: CalendarDraft) -> None:
    if not 2 <= len(draft.name.strip()) <= 80:
        raise Invalid(BAD_NAME).about("input", "name")
    if not all(len(code) == 12 and code.isascii() and code.isdigit() for code in draft.item_codes):
        raise Invalid(BAD_ITEM).about("input", "itemCodes")
    if not set(draft.hours) <= set("1234567"):
        raise Invalid(BAD_HOURS).about("input", "hours")
    for spans in draft.hours.values():
        _check_spans(spans)
    _check_spans([[draft.opens_time, "23:59"]], "opensTime")
    _check_figures({name: getattr(draft, name) for name in FIGURES})


def _check_spans(told: Sequence[Sequence[str]], field: str = "hours") -> None:
    try:
        read_spans(told)
    except (ValueError, TypeError):
        raise Invalid(BAD_HOURS).about("input", field) from None


def _check_figures(figures: Mapping[str, int | None]) -> None:
    wrong = []
    for name, value in figures.items():
        least, most = FIGURES[name]
        if value is not None and not least <= value <= most:
            first, *rest = name.split("_")
            wrong.append(
                FieldProblem(
                    ("input", first + "".join(part.capitalize() for part in rest)),
                    BAD_FIGURE.filled(least=least, most=most),
                )
            )
    if wrong:
        raise Invalid(wrong[0].message, fields=tuple(wrong))


def _require_operations(officer: Officer) -> None:
    if OfficerRole.OPERATIONS not in officer.roles:
        raise Forbidden(OTHER_ROLE)
