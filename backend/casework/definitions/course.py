"""The course of a case: its steps (环节), its limits (时限), and how it crosses provinces."""

from dataclasses import dataclass
from enum import StrEnum

from backend.casework.definitions.basis import Basis
from backend.errors import Text


class Level(StrEnum):
    """行使层级, the 19th sign of a task code."""

    NATION = "1"
    PROVINCE = "2"
    CITY = "3"
    COUNTY = "4"
    TOWNSHIP = "5"
    VILLAGE = "6"


class StepKind(StrEnum):
    """What happens in a step."""

    INTAKE = "INTAKE"
    """收件、受理"""
    REVIEW = "REVIEW"
    """审核"""
    HOME_VISIT = "HOME_VISIT"
    """入户调查"""
    MEANS_CHECK = "MEANS_CHECK"
    """家庭经济状况核对; only with the household's authorisation"""
    ASSESSMENT = "ASSESSMENT"
    """能力评估"""
    PUBLICITY = "PUBLICITY"
    """公示"""
    ATTENDANCE = "ATTENDANCE"
    """Those concerned appear in person (亲自到场)"""
    COOLING_OFF = "COOLING_OFF"
    """冷静期"""
    SERVICE = "SERVICE"
    """The service itself is given"""
    PAYMENT = "PAYMENT"
    """发放"""
    DECISION = "DECISION"
    """审批、确认、登记; each item has exactly one"""


class LimitUnit(StrEnum):
    """How a limit is counted."""

    WORKING_DAYS = "WORKING_DAYS"
    CALENDAR_DAYS = "CALENDAR_DAYS"


@dataclass(frozen=True, slots=True)
class Step:
    """One step (环节) of an item's course."""

    code: str
    kind: StepKind
    level: Level
    name: Text
    days: int | None = None
    """Its own limit, counted in ``unit``; None where only the whole is limited."""
    unit: LimitUnit = LimitUnit.WORKING_DAYS
    excluded: bool = False
    """Time that does not count towards the item's limits (公示, 评估, 冷静期)."""
    officers: int = 1
    """How many must act together: two for a home visit, two assessors."""
    after: tuple[str, ...] | None = None
    """Codes of the steps that must be over first; None means the one declared before it."""
    delegable_to: Level | None = None
    """The lowest level to which an edition may delegate it."""
    sampled: str | None = None
    """抽查: the parameter that says what share of cases, in percent, goes through this step; None: every case."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A time limit for deciding (办结时限)."""

    days: int
    unit: LimitUnit
    basis: Basis


@dataclass(frozen=True, slots=True)
class Limits:
    """Statutory (法定) and promised (承诺) limit; the promise may only be shorter."""

    statutory: Limit
    promised_days: int
    extension_days: int = 0
    """By how much a superior may extend the statutory limit in special cases, same unit."""


@dataclass(frozen=True, slots=True)
class HandoverLimits:
    """跨省通办: working days of each hand in turn, e.g. 3/10/3 or 3/15/15/3."""

    forward: int
    """The receiving office, from complete materials until it has passed them on."""
    handle: tuple[int, ...]
    """Each deciding hand in turn: township and county, or the county alone."""
    inform: int
    """The receiving office, from the decision until the applicant knows."""
    basis: Basis


@dataclass(frozen=True, slots=True)
class UrgentPath:
    """先行救助: help first, papers afterwards."""

    pay_within_hours: int
    papers_within_working_days: int
    cap_parameter: str
    """The parameter that caps what may be paid before the papers are complete, in fen."""
    basis: Basis
    when: Text
    """When it may be taken, in words."""


def longest_days(steps: tuple[Step, ...], unit: LimitUnit) -> int:
    """Days of the longest way through ``steps`` that count towards a limit in ``unit``."""
    until: dict[str, int] = {}
    before: tuple[str, ...] = ()
    for step in steps:
        waits = before if step.after is None else step.after
        own = step.days if step.days and step.unit is unit and not step.excluded else 0
        until[step.code] = own + max((until.get(code, 0) for code in waits), default=0)
        before = (step.code,)
    return max(until.values(), default=0)
