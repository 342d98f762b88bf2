"""What the platform decides about a case: by the applicant's age for the old-age allowance, and by its scenario."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from backend.kit import clock
from integrations.sandbox.province.scenario import Mode, Scenario

_MONTHLY_FEN = ((100, 80_000), (90, 20_000), (80, 10_000))
"""Old-age allowance by age reached, the first that fits. Made-up figures of a made-up county."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing the platform will say about a case."""

    due_at: datetime
    link_code: str
    """环节: 2 受理, 4 办结."""
    result_code: str
    reason: str | None = None
    approved: bool = False
    result: dict[str, str | int] | None = None


def decide(
    *, item_name: str, resident_id: str, received_at: datetime, scenario: Scenario
) -> tuple[Statement, ...]:
    """Everything that will be said about this case, in order."""
    first = received_at + timedelta(seconds=scenario.delay_seconds)
    second = first + timedelta(seconds=scenario.delay_seconds)
    if scenario.mode is Mode.NOT_ACCEPT:
        return (Statement(first, "2", "2", reason="申请事项依法不属于本行政机关职权范围。"),)
    accepted = Statement(first, "2", "1")
    if scenario.mode is Mode.REFUSE:
        return accepted, Statement(second, "4", "1", reason="经核查，申请人不符合享受条件。")
    if "高龄津贴" not in item_name:
        return accepted, Statement(second, "4", "0", approved=True, result={})
    today = clock.local(received_at).date()
    age = age_on(today, resident_id)
    monthly = next((fen for reached, fen in _MONTHLY_FEN if age >= reached), None)
    if monthly is None:
        return accepted, Statement(second, "4", "1", reason="申请人未满80周岁。")
    result: dict[str, str | int] = {"monthlyFen": monthly, "from": f"{_next_month(today):%Y-%m}"}
    return accepted, Statement(second, "4", "0", approved=True, result=result)


def age_on(today: date, resident_id: str) -> int:
    """Full years of life."""
    born = resident_id[6:14]
    return today.year - int(born[:4]) - (f"{today:%m%d}" < born[4:])


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)
