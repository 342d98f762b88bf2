"""Judgement of social-assistance items: household income, property, abilities; figures from the region."""

from collections.abc import Collection
from enum import StrEnum

from backend.casework.declaring.codes import (
    BORDERLINE_HOUSEHOLD,
    DISABILITY_SUBSIDIES,
    EXPENDITURE_HARDSHIP,
    MINIMUM_LIVING,
    TEMPORARY_ASSISTANCE,
)
from backend.casework.declaring.conditions import (
    at_most,
    below,
    either,
    no,
    one_of,
    registered_here,
    whole,
    yes,
)
from backend.casework.declaring.statutes import assistance_measures
from backend.casework.definitions import Basis, Facts, Parameter, Parameters, Rule, When
from backend.domains.social_assistance.sources import (
    EXTREME_POVERTY_RULES,
    LOCAL_POVERTY_LINE,
    LOW_INCOME_POPULATION,
    MEANS_CHECK_RULES,
    MINIMUM_LIVING_RULES,
    PROPERTY_RULES,
    SPOT_CHECK_RULES,
)
from backend.errors import Text

MONTHLY_STANDARD = Parameter(
    "monthly_standard_fen",
    Text("当地最低生活保障标准（每人每月）", "Local minimum living standard, per head and month"),
    80_000,
    "fen",
    30_000,
    300_000,
    LOCAL_POVERTY_LINE,
)
ASSET_MONTHS = Parameter(
    "asset_months",
    Text("人均金融资产不超过几个月低保标准", "Financial assets per head, in months of the standard"),
    24,
    "months",
    6,
    60,
    PROPERTY_RULES,
)
MEANS_VALID_DAYS = Parameter(
    "means_valid_days",
    Text("家庭经济状况核对结果有效期", "How long an answer of the means check counts"),
    180,
    "days",
    30,
    365,
    MEANS_CHECK_RULES,
)
SPOT_CHECK_PERCENT = Parameter(
    "spot_check_percent",
    Text("县级入户抽查比例", "Share of cases that the county visits"),
    30,
    "percent",
    0,
    100,
    SPOT_CHECK_RULES,
)
MOST_HOMES = Parameter(
    "most_homes",
    Text("家庭拥有住房套数上限", "Most homes a household may own"),
    1,
    "pieces",
    0,
    3,
    PROPERTY_RULES,
)
BORDERLINE_PERCENT = Parameter(
    "borderline_percent",
    Text("低保边缘收入线（低保标准的百分比）", "Borderline income, percent of the standard"),
    150,
    "percent",
    100,
    250,
    LOW_INCOME_POPULATION,
)


def heads(facts: Facts) -> int:
    """How many people the household has: the applicant and the members named."""
    members = facts["members"]
    return 1 + (len(members) if isinstance(members, list) else 0)


def household_income(facts: Facts) -> int:
    """The household's income of a month, in fen: the applicant's own and every member's."""
    members = facts["members"]
    theirs = (
        whole(member.get("monthlyIncome", 0))
        for member in (members if isinstance(members, list) else ())
        if isinstance(member, dict)
    )
    return whole(facts["own_income_fen"]) + sum(theirs)


def income_under_standard(facts: Facts, figures: Parameters) -> bool:
    """Income per head stays under the standard (社会救助暂行办法 9)."""
    return household_income(facts) < whole(figures["monthly_standard_fen"]) * heads(facts)


def income_under_borderline(facts: Facts, figures: Parameters) -> bool:
    """Income per head stays under the borderline, a percentage of the standard."""
    line = whole(figures["monthly_standard_fen"]) * whole(figures["borderline_percent"])
    return household_income(facts) * 100 < line * heads(facts)


def left_after_expenses_under_borderline(facts: Facts, figures: Parameters) -> bool:
    """A year's income less a year's unavoidable expenses stays, per head, under a year of the borderline."""
    left = household_income(facts) * 12 - whole(facts["rigid_expenses_fen"])
    line = whole(figures["monthly_standard_fen"]) * whole(figures["borderline_percent"]) * 12
    return left * 100 < line * heads(facts)


def assets_within(facts: Facts, figures: Parameters) -> bool:
    """Financial assets per head do not exceed so many months of the standard."""
    allowed = whole(figures["monthly_standard_fen"]) * whole(figures["asset_months"]) * heads(facts)
    return whole(facts["assets_fen"]) <= allowed


class SelfCare(StrEnum):
    """生活自理能力 of people in extreme poverty: three classes."""

    ABLE = "able"
    PARTLY = "partly"
    UNABLE = "unable"


SIX_ABILITIES = ("eating", "dressing", "getting_up", "toilet", "walking", "bathing")
"""吃饭、穿衣、上下床、如厕、室内行走、洗澡 (民发〔2021〕43号)."""


def self_care(lost: Collection[str]) -> SelfCare:
    """None of the six lost: able; up to three: partly; four and more: unable. Raises ``ValueError``."""
    if not set(lost) <= set(SIX_ABILITIES):
        raise ValueError("there are six abilities only")
    count = len(set(lost))
    return SelfCare.ABLE if count == 0 else SelfCare.PARTLY if count <= 3 else SelfCare.UNABLE


def severe_grade(facts: Facts, figures: Parameters) -> bool:
    """The disability's grade is at least as heavy as ``severe_grade`` (1 is the heaviest)."""
    grade = str(facts["disability_grade"])
    return grade.isdigit() and int(grade) <= whole(figures["severe_grade"])


def lost_working_ability(facts: Facts, _figures: Parameters) -> bool:
    """残疾等级为一、二级, or 智力、精神 of grade 3 (特困人员认定办法)."""
    grade, kind = facts["disability_grade"], facts["disability_kind"]
    return grade in {"1", "2"} or (grade == "3" and kind in {"intellectual", "mental"})


def property_rules(basis: Basis = PROPERTY_RULES) -> tuple[Rule, ...]:
    """Assets, homes and vehicles of the household."""
    return (
        Rule(
            "assets",
            ("assets_fen", "members"),
            assets_within,
            Text(
                "人均金融资产不超过{asset_months}个月的当地低保标准（每人每月{monthly_standard_yuan}元）",
                "Financial assets per head within {asset_months} months of the local standard"
                " ({monthly_standard_yuan} yuan per head and month)",
            ),
            basis,
            Text(
                "遇到突发困难的，可以申请临时救助。", "In a sudden emergency, apply for temporary assistance."
            ),
            alternatives=(TEMPORARY_ASSISTANCE,),
        ),
        Rule(
            "homes",
            ("homes",),
            at_most("homes", "most_homes"),
            Text("家庭拥有住房不超过{most_homes}套", "The household owns no more than {most_homes} home(s)"),
            basis,
            Text(
                "遇到突发困难的，可以申请临时救助。", "In a sudden emergency, apply for temporary assistance."
            ),
            alternatives=(TEMPORARY_ASSISTANCE,),
        ),
        Rule(
            "vehicles",
            ("has_vehicle",),
            no("has_vehicle"),
            Text(
                "家庭没有机动车（残疾人代步车、普通摩托车除外）",
                "No motor vehicle (except a disabled person's or an ordinary motorcycle)",
            ),
            basis,
            Text(
                "车辆用于残疾人出行或维持基本生计的，可到乡镇（街道）说明情况。",
                "If it serves a disabled person or the bare livelihood, explain it to the township.",
            ),
        ),
    )


def household_here(basis: Basis) -> Rule:
    """The household is registered where it is applied for."""
    return Rule(
        "household",
        ("household_division", "division"),
        registered_here,
        Text("户籍在申请地", "Household registered in the place applied to"),
        basis,
        Text(
            "请选择户籍所在地；人在外地的，可由当地乡镇（街道）代收后转交户籍地。",
            "Choose the place of registration; any township passes it on if you live elsewhere.",
        ),
    )


def registered_or_living_here(basis: Basis) -> Rule:
    """Registered or living where it is applied for."""
    return Rule(
        "here",
        ("household_division", "division", "lives_here"),
        either(registered_here, yes("lives_here")),
        Text("户籍或居住在申请地", "Registered or living in the place applied to"),
        basis,
        Text("请向现在居住的地方申请。", "Apply where you live now."),
    )


UNDER_STANDARD = Rule(
    "income",
    ("own_income_fen", "members"),
    income_under_standard,
    Text(
        "共同生活的家庭成员人均月收入低于{monthly_standard_yuan}元",
        "Income per head and month under {monthly_standard_yuan} yuan",
    ),
    assistance_measures("12"),
    Text(
        "收入略高的，可申请低保边缘家庭认定；因看病上学花费大的，可申请支出型困难家庭认定。",
        "A little above it, borderline status may fit; with high medical or school costs, expenditure hardship may.",
    ),
    alternatives=(BORDERLINE_HOUSEHOLD, EXPENDITURE_HARDSHIP),
)
UNDER_BORDERLINE = Rule(
    "income",
    ("own_income_fen", "members"),
    income_under_borderline,
    Text(
        "人均月收入低于当地低保标准（{monthly_standard_yuan}元）的{borderline_percent}%",
        "Income per head and month under {borderline_percent} % of the standard ({monthly_standard_yuan} yuan)",
    ),
    LOW_INCOME_POPULATION,
    Text(
        "因看病上学花费大的，可申请支出型困难家庭认定。",
        "With high medical or school costs, expenditure hardship may fit.",
    ),
    alternatives=(EXPENDITURE_HARDSHIP,),
)
NOT_HELPED_YET = Rule(
    "not_helped_yet",
    ("assistance_category",),
    one_of("assistance_category", "none", "expenditure"),
    Text("未享受低保或特困供养", "Without minimum living allowance or support in extreme poverty"),
    LOW_INCOME_POPULATION,
    Text("已有更高一档保障的，不需要重复认定。", "Whoever has the higher support needs no other status."),
)
SINGLE_PERSON = Rule(
    "single_person",
    ("disability_grade", "severe_illness"),
    either(one_of("disability_grade", "1", "2"), yes("severe_illness")),
    Text(
        "单人申请：本人为重度残疾人或重病患者",
        "Applying alone: severely disabled or gravely ill oneself",
    ),
    MINIMUM_LIVING_RULES,
    Text("不属于上述情形的，请以家庭为单位申请。", "Otherwise apply as a household."),
    when=When("apply_as", ("single",)),
)
NO_SUPPORTER = Rule(
    "no_supporter",
    ("supporter",),
    one_of("supporter", "none", "unable"),
    Text(
        "无法定赡养、抚养、扶养义务人，或者义务人无履行义务能力",
        "Nobody is bound by law to support, or those bound cannot",
    ),
    assistance_measures("14"),
    Text(
        "义务人有能力而不履行的，可先申请调解或法律援助；生活困难的可申请低保。",
        "If they can but do not, ask for mediation or legal aid; in hardship apply for the minimum living allowance.",
    ),
    alternatives=(MINIMUM_LIVING, TEMPORARY_ASSISTANCE),
)
LOST_WORKING_ABILITY = Rule(
    "working_ability",
    ("disability_grade", "disability_kind"),
    lost_working_ability,
    Text(
        "残疾等级为一、二级，或智力、精神残疾三级",
        "Disability of grade 1 or 2, or intellectual or mental of grade 3",
    ),
    EXTREME_POVERTY_RULES,
    Text(
        "可申请最低生活保障或残疾人两项补贴。",
        "The minimum living allowance or the two disability subsidies may fit.",
    ),
    alternatives=(MINIMUM_LIVING, DISABILITY_SUBSIDIES),
    when=When("target", ("disabled",)),
)
NO_INCOME = Rule(
    "no_income",
    ("own_income_fen",),
    below("own_income_fen", "monthly_standard_fen"),
    Text(
        "无生活来源：本人月收入低于{monthly_standard_yuan}元",
        "No livelihood: own monthly income under {monthly_standard_yuan} yuan",
    ),
    assistance_measures("14"),
    Text("可申请低保边缘家庭认定或临时救助。", "Borderline status or temporary assistance may fit."),
    alternatives=(BORDERLINE_HOUSEHOLD, TEMPORARY_ASSISTANCE),
)
