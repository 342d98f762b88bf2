"""Asking a region at the moment of asking: once per region and operation, with patience, cached, guarded by its breaker.

Nothing of it is needed for anything else: whoever asks gets an answer with its age, or a refusal for that one
thing. An answer is fresh for a minute and kept for an hour, for when the region does not answer.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from backend.casework.catalogue.current import known_division
from backend.casework.machine import Casework
from backend.database.record import fetch
from backend.errors import Invalid, NotFound, Refusal, Text, Unavailable
from backend.exchange.breaker import guarded
from backend.exchange_ports import HallSlot, Progress, ProgressStep, ProvinceDesk
from backend.kit import clock, regions
from backend.viewer import Viewer

PATIENCE = 3.0
"""Seconds that a region has; an operation has fifteen for all of it."""
FRESH = timedelta(seconds=60)
KEPT = timedelta(hours=1)
AT_ONCE = 200
"""Cases in one question."""
QUESTIONS = "120/minute"
"""About halls that a region is asked for one address: everybody may ask, and the region's patience is for its cases."""
AHEAD = timedelta(days=366)

NOT_KNOWN_THERE = Text("该地区平台查无此办件。", "This region's platform does not know the case.")
NO_DESK = Text("该地区未开放实时查询。", "This region cannot be asked.")
TOO_LONG = Text("一次最多查询14天。", "At most 14 days can be asked for at once.")
BAD_DAY = Text("请选择今天起一年内的日期。", "Choose a day from today on, within a year.")


@dataclass(frozen=True, slots=True)
class RegionProgress:
    """How far a case is in the province that handles it, as that province said at ``as_of``."""

    region: str
    progress: Progress
    as_of: datetime


@dataclass(frozen=True, slots=True)
class RegionHalls:
    """Free places of a region's halls, as it said at ``as_of``."""

    region: str
    slots: Sequence[HallSlot]
    as_of: datetime


async def progress_of(work: Casework, cases: Sequence[UUID]) -> Sequence[RegionProgress | Refusal | None]:
    """Of each case: how far it is there, why that cannot be said, or None where no region has it.

    Whose cases these are the caller has made sure of.
    """
    rows = await fetch(
        "SELECT DISTINCT ON (application_id) application_id, region, external_case_number FROM delivery"
        " WHERE application_id = ANY($1::uuid[]) AND kind = 'LODGE' AND external_case_number IS NOT NULL"
        " ORDER BY application_id, sequence DESC",
        list(cases),
    )
    numbers: dict[str, dict[UUID, str]] = {}
    for row in rows:
        if row["region"] in work.resources.ports.desks:
            numbers.setdefault(row["region"], {})[row["application_id"]] = row["external_case_number"]
    answers = await asyncio.gather(*(_of_region(work, region, asked) for region, asked in numbers.items()))
    found: dict[UUID, RegionProgress | Refusal] = {}
    for answer in answers:
        found |= answer
    return [found.get(case) for case in cases]


async def _of_region(
    work: Casework, region: str, asked: Mapping[UUID, str]
) -> Mapping[UUID, RegionProgress | Refusal]:
    kept = dict(
        zip(asked, await asyncio.gather(*(_kept(work, region, one) for one in asked.values())), strict=True)
    )
    now = clock.now()
    found: dict[UUID, RegionProgress | Refusal] = {
        case: one for case, one in kept.items() if one is not None and now - one.as_of <= FRESH
    }
    wanted = {case: number for case, number in asked.items() if case not in found}
    if not wanted:
        return found
    desk = work.resources.ports.desks[region]
    try:
        told = await guarded(region, lambda: _ask(desk, sorted(wanted.values())), patience=PATIENCE)
    except Unavailable as refusal:
        # What was said before is better than nothing, and says how old it is.
        return found | {case: kept[case] or refusal for case in wanted}
    fresh = {
        case: RegionProgress(region, told[number], now) for case, number in wanted.items() if number in told
    }
    await asyncio.gather(*(_keep(work, answer) for answer in fresh.values()))
    return found | {case: fresh.get(case) or NotFound(NOT_KNOWN_THERE) for case in wanted}


async def _ask(desk: ProvinceDesk, numbers: Sequence[str]) -> Mapping[str, Progress]:
    told: dict[str, Progress] = {}
    for begin in range(0, len(numbers), AT_ONCE):
        told |= await desk.progress(numbers[begin : begin + AT_ONCE])
    return told


async def _kept(work: Casework, region: str, number: str) -> RegionProgress | None:
    with suppress(Unavailable):
        told = await work.resources.shared.peek("progress", f"{region}:{number}")
        if told is not None:
            return _read(region, number, told)
    return None


def _read(region: str, number: str, told: Mapping[str, object]) -> RegionProgress:
    steps = told["steps"]
    return RegionProgress(
        region,
        Progress(
            number,
            datetime.fromisoformat(str(told["received_at"])),
            [
                ProgressStep(str(kind), datetime.fromisoformat(str(at)))
                for kind, at in (steps if isinstance(steps, list) else ())
            ],
        ),
        datetime.fromisoformat(str(told["as_of"])),
    )


async def _keep(work: Casework, answer: RegionProgress) -> None:
    told: dict[str, object] = {
        "received_at": answer.progress.received_at.isoformat(),
        "steps": [[step.kind, step.happened_at.isoformat()] for step in answer.progress.steps],
        "as_of": answer.as_of.isoformat(),
    }
    key = f"{answer.region}:{answer.progress.external_case_number}"
    with suppress(Unavailable):
        await work.resources.shared.put_once("progress", key, told, int(KEPT.total_seconds()))


async def halls_of(
    viewer: Viewer, work: Casework, *, division: str, item_code: str, first: date, days: int
) -> RegionHalls:
    """Free places of the halls of a division whose region has a platform of its own.

    Only what makes sense is asked there: a region that refuses a question counts as one that fails, and its breaker
    is that of the cases it is sent. Raises ``NotFound`` for a region that cannot be asked and for a division or item
    that is none, ``Invalid`` for other days, ``TooMany``, ``Unavailable``.
    """
    desks = work.resources.ports.desks
    region = regions.nearest(division, desks)
    if region is None:
        raise NotFound(NO_DESK)
    if not 1 <= days <= 14:
        raise Invalid(TOO_LONG).about("days")
    if not timedelta() <= first - clock.today() <= AHEAD:
        raise Invalid(BAD_DAY).about("first")
    known_division(division)
    await work.catalogue.find(item_code)
    key = f"{region}:{division}:{item_code}:{first}:{days}"
    kept = None
    with suppress(Unavailable):
        kept = await work.resources.shared.peek("halls", key)
    now = clock.now()
    if kept is not None and now - datetime.fromisoformat(str(kept["as_of"])) <= FRESH:
        return _halls(region, kept)
    await work.resources.shared.limit(QUESTIONS, "region-halls", viewer.address)
    try:
        slots = await guarded(
            region,
            lambda: desks[region].slots(division=division, item_code=item_code, first=first, days=days),
            patience=PATIENCE,
        )
    except Unavailable:
        if kept is None:
            raise
        return _halls(region, kept)
    told: dict[str, object] = {
        "slots": [[slot.day.isoformat(), slot.starts, slot.free] for slot in slots],
        "as_of": now.isoformat(),
    }
    with suppress(Unavailable):
        await work.resources.shared.put_once("halls", key, told, int(KEPT.total_seconds()))
    return RegionHalls(region, slots, now)


def _halls(region: str, told: Mapping[str, object]) -> RegionHalls:
    slots = told["slots"]
    return RegionHalls(
        region,
        [
            HallSlot(date.fromisoformat(day), starts, free)
            for day, starts, free in (slots if isinstance(slots, list) else ())
        ],
        datetime.fromisoformat(str(told["as_of"])),
    )
