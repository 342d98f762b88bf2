"""Judgement of marriage items. The Civil Code's figures are parameters that no region can move."""

from backend.casework.declaring.conditions import as_day, not_before_today, whole
from backend.casework.definitions import Basis, Facts, Parameters, Rule
from backend.errors import Text
from backend.kit.resident_id import Sex


def both_old_enough(facts: Facts, figures: Parameters) -> bool:
    """Each party has reached the age for their sex (民法典 1047)."""
    ages = {Sex.MALE.value: whole(figures["male_age"]), Sex.FEMALE.value: whole(figures["female_age"])}
    own = whole(facts["age"]) >= ages[str(facts["sex"])]
    return own and whole(facts["partner_age"]) >= ages[str(facts["partner_sex"])]


def man_and_woman(facts: Facts, _figures: Parameters) -> bool:
    """One party is a man, the other a woman (民法典 1046)."""
    return facts["sex"] != facts["partner_sex"]


def within_a_year(facts: Facts, figures: Parameters) -> bool:
    """No more than so many years have passed since the day on which the coercion ended (民法典 1052)."""
    ended, today = as_day(facts["ended_on"]), as_day(facts["today"])
    last = (ended.year + whole(figures["years_to_sue"]), ended.month, ended.day)
    return ended <= today and (today.year, today.month, today.day) <= last


def visit_day(basis: Basis) -> Rule:
    """The day of the visit is not in the past."""
    return Rule(
        "visit_day",
        ("visit_on", "today"),
        not_before_today("visit_on"),
        Text("到场日期不早于今天", "The day is not in the past"),
        basis,
        Text("请选择今天或以后的日期。", "Choose today or a later day."),
    )
