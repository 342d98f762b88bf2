"""Judgement of elderly-care items: pure functions of facts and regional figures."""

from backend.casework.declaring.codes import (
    ABILITY_ASSESSMENT,
    BORDERLINE_HOUSEHOLD,
    EXTREME_POVERTY,
    MINIMUM_LIVING,
)
from backend.casework.declaring.conditions import (
    at_least,
    no,
    none_of,
    one_of,
    registered_here,
)
from backend.casework.definitions import Basis, Rule
from backend.domains.elderly_care.ability import AbilityLevel
from backend.domains.elderly_care.sources import ABILITY_STANDARD, ELDERLY_AGE, LOCAL_STANDARD
from backend.errors import Text

HARDSHIP = ("minimum_living", "extreme_poverty", "borderline")
"""What counts as 经济困难 where the region does not say more."""

DISABLED = (AbilityLevel.MODERATE, AbilityLevel.SEVERE, AbilityLevel.COMPLETE)
"""中度以上失能."""

SEVERELY_DISABLED = (AbilityLevel.SEVERE, AbilityLevel.COMPLETE)


def old_enough(basis: Basis = ELDERLY_AGE, alternatives: tuple[str, ...] = ()) -> Rule:
    """``age`` in completed years reaches ``minimum_age``."""
    return Rule(
        "age",
        ("age",),
        at_least("age", "minimum_age"),
        Text("年满{minimum_age}周岁", "{minimum_age} years of age or more"),
        basis,
        Text("到龄当月即可申请。", "You can apply from the month in which you reach that age."),
        alternatives=alternatives,
    )


def household_here(basis: Basis = LOCAL_STANDARD) -> Rule:
    """The household is registered where it is applied for."""
    return Rule(
        "household",
        ("household_division", "division"),
        registered_here,
        Text("户籍在申请地", "Household registered in the place applied to"),
        basis,
        Text("请选择户籍所在地提出申请。", "Choose the place where your household is registered."),
    )


def in_hardship(basis: Basis) -> Rule:
    """The household has one of the recognised kinds of hardship."""
    return Rule(
        "hardship",
        ("assistance_category",),
        one_of("assistance_category", *HARDSHIP),
        Text(
            "属于最低生活保障、特困供养或低保边缘家庭",
            "The household has the minimum living allowance, support in extreme poverty, or borderline status",
        ),
        basis,
        Text(
            "可先申请最低生活保障或低保边缘家庭认定。",
            "Apply for the minimum living allowance or borderline status first.",
        ),
        alternatives=(MINIMUM_LIVING, BORDERLINE_HOUSEHOLD),
    )


def disabled(levels: tuple[AbilityLevel, ...], words: Text) -> Rule:
    """The assessment found one of ``levels``."""
    return Rule(
        "ability",
        ("ability_level",),
        one_of("ability_level", *levels),
        words,
        ABILITY_STANDARD,
        Text(
            "还没有评估或情况有变化的，可先申请老年人能力评估。",
            "If there is no assessment yet, or things have changed, ask for an assessment first.",
        ),
        alternatives=(ABILITY_ASSESSMENT,),
    )


MODERATE_OR_WORSE = disabled(
    DISABLED, Text("经评估为中度以上失能", "Assessed as moderately disabled or worse")
)
SEVERE_OR_WORSE = disabled(
    SEVERELY_DISABLED, Text("经评估为重度或完全失能", "Assessed as severely or completely disabled")
)

NOT_PAID_ELSEWHERE = Rule(
    "not_paid_elsewhere",
    ("paid_elsewhere",),
    no("paid_elsewhere"),
    Text("未在其他地方领取同类津贴", "Not drawing the same allowance elsewhere"),
    LOCAL_STANDARD,
    Text("请先在原发放地办理停发。", "Have the payment stopped first in the place that pays now."),
)

NOT_IN_EXTREME_POVERTY_SUPPORT = Rule(
    "not_in_extreme_poverty_support",
    ("assistance_category",),
    none_of("assistance_category", "extreme_poverty"),
    Text("未享受特困人员救助供养", "Not supported as a person in extreme poverty"),
    LOCAL_STANDARD,
    Text(
        "特困人员的照料护理费用已由救助供养保障，不再重复发放。",
        "Care is already paid for by the support for people in extreme poverty.",
    ),
)

IN_EXTREME_POVERTY_SUPPORT = Rule(
    "in_extreme_poverty_support",
    ("assistance_category",),
    one_of("assistance_category", "extreme_poverty"),
    Text("已认定为特困人员", "Recognised as a person in extreme poverty"),
    LOCAL_STANDARD,
    Text("请先申请特困人员救助供养。", "Apply for support in extreme poverty first."),
    alternatives=(EXTREME_POVERTY,),
)

NOT_OVERLAPPING = Rule(
    "not_overlapping",
    ("other_subsidy",),
    no("other_subsidy"),
    Text("未享受性质相同的其他补贴", "Not drawing another subsidy for the same purpose"),
    LOCAL_STANDARD,
    Text(
        "可以从优选择其中一项，先停发另一项。",
        "You may choose the better one and have the other stopped first.",
    ),
)

SAFE_TO_ADMIT = Rule(
    "safe_to_admit",
    ("acute_illness",),
    no("acute_illness"),
    Text(
        "不处于传染病传染期或精神障碍急性期",
        "Not in the infectious stage of an illness nor in an acute psychiatric stage",
    ),
    LOCAL_STANDARD,
    Text(
        "请先就医，病情稳定后再预约入住。", "See a doctor first and book again when the condition is stable."
    ),
)

LIVES_AT_HOME = Rule(
    "lives_at_home",
    ("lives_in_institution",),
    no("lives_in_institution"),
    Text("居家生活，未入住养老机构", "Living at home, not in a care home"),
    LOCAL_STANDARD,
    Text("入住机构的老年人由机构提供服务。", "Care homes serve their own residents."),
)
