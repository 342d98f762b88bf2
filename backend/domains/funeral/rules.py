"""Judgement of funeral items: who may act for the dead, in which order things happen, what was paid."""

from datetime import timedelta

from backend.casework.declaring.conditions import (
    as_day,
    lies_here,
    no,
    none_of,
    not_after_today,
    not_before_today,
    whole,
    within_days,
)
from backend.casework.definitions import Basis, Facts, Parameters, Rule
from backend.domains.funeral.sources import FEE_RELIEF_RULES, FUNERAL_REGULATIONS
from backend.errors import Text


def cremated_after_death_in_time(facts: Facts, figures: Parameters) -> bool:
    """The cremation follows the death by no more than so many days."""
    passed = as_day(facts["cremation_on"]) - as_day(facts["died_on"])
    return timedelta() <= passed <= timedelta(days=whole(figures["keep_days"]))


def of_different_provinces(facts: Facts, _figures: Parameters) -> bool:
    """From one province to another."""
    return str(facts["from_place"])[:2] != str(facts["to_place"])[:2]


def entitled(basis: Basis = FUNERAL_REGULATIONS) -> Rule:
    """A relative, or whoever is entrusted or bound to act."""
    return Rule(
        "entitled",
        ("relation",),
        none_of("relation", "other"),
        Text(
            "申请人是逝者的近亲属，或者受托人、所在单位、村（居）委会",
            "A close relative, an agent, the employer, or the committee",
        ),
        basis,
        Text(
            "请由近亲属申请，或取得其书面委托。", "A close relative applies, or commissions you in writing."
        ),
    )


def died_already(basis: Basis = FUNERAL_REGULATIONS) -> Rule:
    """The day of death is not in the future."""
    return Rule(
        "died_on",
        ("died_on", "today"),
        not_after_today("died_on"),
        Text("死亡日期不晚于今天", "The day of death is not in the future"),
        basis,
        Text("请核对日期。", "Please check the day."),
    )


def day_to_come(basis: Basis = FUNERAL_REGULATIONS) -> Rule:
    """The day wished for is not in the past."""
    return Rule(
        "day",
        ("wished_on", "today"),
        not_before_today("wished_on"),
        Text("日期不早于今天", "The day is not in the past"),
        basis,
        Text("请选择今天或以后的日期。", "Choose today or a later day."),
    )


def deceased_registered_here(basis: Basis = FEE_RELIEF_RULES) -> Rule:
    """The deceased's household was registered where it is applied for."""
    return Rule(
        "household",
        ("deceased_household_division", "division"),
        lies_here("deceased_household_division"),
        Text("逝者户籍在申请地", "The deceased's household was registered in the place applied to"),
        basis,
        Text(
            "请选择逝者户籍所在地；有的地方也惠及常住人口，可到窗口咨询。",
            "Choose that place; some regions include residents: ask at the window.",
        ),
    )


def in_time(fact: str, zh: str, en: str, basis: Basis) -> Rule:
    """Applied for within the region's days."""
    return Rule(
        "in_time",
        (fact, "today"),
        within_days(fact, "claim_days"),
        Text(f"{zh}后{{claim_days}}日内申请", f"Within {{claim_days}} days of {en}"),
        basis,
        Text("超过期限的，可到窗口说明情况。", "Later than that, explain it at the window."),
    )


NOT_CLAIMED = Rule(
    "not_claimed",
    ("claimed",),
    no("claimed"),
    Text("未领取过同一项补助", "Not claimed before"),
    FEE_RELIEF_RULES,
    Text("同一逝者只享受一次。", "It is given once for each deceased."),
)
