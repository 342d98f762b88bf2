"""Judgement of community items."""

from backend.casework.declaring.conditions import as_day, lies_here, not_before_today, whole
from backend.casework.definitions import Basis, Facts, Parameters, Rule
from backend.errors import Text


def place_here(basis: Basis) -> Rule:
    """It is about the place that is applied to."""
    return Rule(
        "place",
        ("place", "division"),
        lies_here("place"),
        Text("事项在申请地", "It is about the place applied to"),
        basis,
        Text("请选择事项所在的社区或村。", "Choose the community or village that it is about."),
    )


def day_to_come(basis: Basis) -> Rule:
    """The day is not in the past."""
    return Rule(
        "day",
        ("wished_on", "today"),
        not_before_today("wished_on"),
        Text("日期不早于今天", "The day is not in the past"),
        basis,
        Text("请选择今天或以后的日期。", "Choose today or a later day."),
    )


def of_age_or_with_guardian(facts: Facts, figures: Parameters) -> bool:
    """A minor takes part with the guardian's consent only."""
    return whole(facts["age"]) >= whole(figures["adult_age"]) or facts["guardian_consents"] is True


def period_is_over(facts: Facts, _figures: Parameters) -> bool:
    """The period asked about ends today at the latest."""
    period = facts["period"]
    return isinstance(period, dict) and as_day(period["to"]) <= as_day(facts["today"])
