"""The way of one case through the levels: which steps are its own, and where each of them is done."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from backend.casework.definitions import Level, LimitUnit, ServiceItem, Step, StepKind
from backend.database.record import Transaction
from backend.kit import regions
from backend.kit.working_days import Calendar
from backend.viewer import OfficerRole

DIGITS: Mapping[Level, int] = {
    Level.NATION: 0,
    Level.PROVINCE: 2,
    Level.CITY: 4,
    Level.COUNTY: 6,
    Level.TOWNSHIP: 9,
    Level.VILLAGE: 12,
}
"""How many digits of a division's code name a place of the level."""

ROLES: Mapping[StepKind, OfficerRole] = {
    StepKind.INTAKE: OfficerRole.INTAKE,
    StepKind.ATTENDANCE: OfficerRole.INTAKE,
    StepKind.DECISION: OfficerRole.APPROVAL,
}
"""Who does a step; whatever is not named here is a review."""

WAITING = frozenset({StepKind.PUBLICITY, StepKind.COOLING_OFF})
"""Steps that last as long as they last: nobody can pass them earlier."""


LEFT_OUT = "ARRAY(SELECT step_code FROM case_sample WHERE application_id = a.id AND NOT chosen) AS left_out"
"""Steps for which the case ``a`` was not drawn."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A step as one case has it."""

    step: Step
    place: str
    """The beginning of the division's code: 33, 3305, 330521, 330521100. As far down as the case tells."""
    after: tuple[str, ...]

    @property
    def role(self) -> OfficerRole:
        """Who does it."""
        return ROLES.get(self.step.kind, OfficerRole.REVIEW)


def course_of(item: ServiceItem, row: Mapping[str, Any]) -> tuple[Stage, ...]:
    """The stages of the case in ``row``: division, township, task_code, deciding_level, and ``LEFT_OUT``."""
    level = Level(row["deciding_level"] or row["task_code"][18])
    return stages(item, row["township"] or row["division"], level, row["left_out"])


async def course_in(tx: Transaction, item: ServiceItem, application_id: UUID) -> tuple[Stage, ...]:
    """The stages of a case of ``item``, inside the transaction of one of its events."""
    row = await tx.fetch_one(
        f"SELECT division, township, task_code, deciding_level, {LEFT_OUT} FROM application a WHERE id = $1",  # noqa: S608 - a constant of ours
        application_id,
    )
    if row is None:
        raise LookupError("an event without its case")
    return course_of(item, row)


def stages(
    item: ServiceItem, division: str, deciding_level: Level, left_out: Collection[str] = ()
) -> tuple[Stage, ...]:
    """The steps until the decision, each with its place.

    A review above the level that decides is left out: where an edition delegates the decision to a township,
    the county does not look at each case first. ``left_out`` are steps for which the case was not drawn (抽查).
    Whatever waited for such a step waits for what it waited for.
    """
    found: list[Stage] = []
    stands_for: dict[str, tuple[str, ...]] = {}
    before: tuple[str, ...] = ()
    for step in item.steps:
        waits = before if step.after is None else step.after
        after = tuple(dict.fromkeys(code for one in waits for code in stands_for.get(one, (one,))))
        before = (step.code,)
        above = step.kind is StepKind.REVIEW and step.level.value < deciding_level.value and after
        if above or step.code in left_out:
            stands_for[step.code] = after
            continue
        level = deciding_level if step.kind is StepKind.DECISION else step.level
        found.append(Stage(step, place_of(division, level), after))
        if step.kind is StepKind.DECISION:
            break
    return tuple(found)


def place_of(division: str, level: Level) -> str:
    """Where ``level`` sits for a case of ``division``: the beginning of a code."""
    return regions.prefix(division)[: DIGITS[level]]


def township_of(division: str) -> str:
    """The township or village that was named, or an empty string where the county was."""
    found = regions.find(division)
    return division if found is not None and found.level == regions.TOWNSHIP else ""


def ready(course: Collection[Stage], done: Collection[str], begun: Collection[str]) -> Iterator[Stage]:
    """Stages that can begin: everything before them is done, and they have not begun."""
    for stage in course:
        if stage.step.code not in done and stage.step.code not in begun and set(stage.after) <= set(done):
            yield stage


def behind(course: Collection[Stage], code: str) -> set[str]:
    """``code`` and every stage that waits for it, directly or not: what a return makes undone."""
    found = {code}
    for stage in course:  # in the order of the course, so that one pass is enough
        if found & set(stage.after):
            found.add(stage.step.code)
    return found


def step_due(step: Step, start: date, calendar: Calendar, case_due: date) -> date:
    """When the step should be over: its own limit, and never later than the case unless its days do not count."""
    if step.days is None:
        return case_due
    if step.unit is LimitUnit.WORKING_DAYS:
        own = calendar.add_working_days(start, step.days)
    else:
        own = start + timedelta(days=step.days)
    return own if step.excluded else min(own, case_due)
