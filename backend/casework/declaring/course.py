"""Steps and limits as most items have them, in short."""

from backend.casework.definitions import Basis, Level, Limit, Limits, LimitUnit, Step, StepKind
from backend.errors import Text


def intake(level: Level = Level.TOWNSHIP, days: int | None = None) -> Step:
    """受理."""
    return Step("intake", StepKind.INTAKE, level, Text("受理", "Intake"), days=days)


def review(level: Level = Level.TOWNSHIP, days: int | None = None) -> Step:
    """审核."""
    return Step("review", StepKind.REVIEW, level, Text("审核", "Review"), days=days)


def home_visit(level: Level = Level.TOWNSHIP, days: int | None = None) -> Step:
    """入户调查: two officers at least."""
    return Step(
        "home-visit", StepKind.HOME_VISIT, level, Text("入户调查", "Home visit"), days=days, officers=2
    )


def means_check(level: Level = Level.COUNTY, days: int | None = None) -> Step:
    """家庭经济状况核对: beside the home visit, both after the intake."""
    return Step(
        "means-check",
        StepKind.MEANS_CHECK,
        level,
        Text("家庭经济状况核对", "Means check"),
        days=days,
        after=("intake",),
    )


def publicity(level: Level = Level.VILLAGE, days: int = 7) -> Step:
    """公示: its days do not count towards the limit."""
    return Step(
        "publicity",
        StepKind.PUBLICITY,
        level,
        Text("公示", "Publicity"),
        days=days,
        unit=LimitUnit.CALENDAR_DAYS,
        excluded=True,
    )


def assessment(level: Level = Level.COUNTY, days: int | None = None) -> Step:
    """能力评估: two assessors; as an expert's assessment its days do not count towards the limit."""
    return Step(
        "assessment",
        StepKind.ASSESSMENT,
        level,
        Text("能力评估", "Assessment of abilities"),
        days=days,
        excluded=True,
        officers=2,
    )


def decision(
    level: Level = Level.COUNTY,
    days: int | None = None,
    *,
    delegable_to: Level | None = None,
    name: Text | None = None,
) -> Step:
    """审批、确认."""
    return Step(
        "decision",
        StepKind.DECISION,
        level,
        name or Text("审批", "Decision"),
        days=days,
        delegable_to=delegable_to,
    )


def service(level: Level, name: Text) -> Step:
    """The service itself, after it was confirmed."""
    return Step("service", StepKind.SERVICE, level, name)


def payment(level: Level = Level.COUNTY) -> Step:
    """发放."""
    return Step("payment", StepKind.PAYMENT, level, Text("发放", "Payment"), excluded=True)


def working_days(days: int, basis: Basis, *, promised: int | None = None, extension: int = 0) -> Limits:
    """A limit in working days."""
    return Limits(Limit(days, LimitUnit.WORKING_DAYS, basis), promised or days, extension)


def calendar_days(days: int, basis: Basis, *, promised: int | None = None, extension: int = 0) -> Limits:
    """A limit in calendar days."""
    return Limits(Limit(days, LimitUnit.CALENDAR_DAYS, basis), promised or days, extension)
