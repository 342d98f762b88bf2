"""Judgement of children's items: the child's age, what became of the parents, who may care and adopt."""

from backend.casework.declaring.codes import (
    CHILD_IN_DIFFICULTY,
    ORPHAN_ALLOWANCE,
    UNATTENDED_CHILD_ALLOWANCE,
)
from backend.casework.declaring.conditions import at_least, below, lies_here, one_of, whole
from backend.casework.definitions import Basis, Facts, Parameter, Parameters, Rule, When
from backend.domains.children.sources import (
    DIFFICULTY_RULES,
    ORPHAN_RULES,
    UNATTENDED_MONTHS,
    UNATTENDED_RULES,
)
from backend.errors import Text

GONE = ("dead", "missing")
"""死亡、失踪."""

TIMED = ("prison", "drug_rehab", "restricted", "lost_contact")
"""What counts once it has lasted, or will last, for some months."""

UNABLE = ("severe_disability", "grave_illness", *TIMED)
"""重残、重病、服刑在押、强制隔离戒毒、被执行其他限制人身自由的措施、失联."""

ADULT_AGE = Parameter("adult_age", Text("成年年龄", "Age of majority"), 18, "years", 18, 18, UNATTENDED_RULES)


def child_under_age(basis: Basis, alternatives: tuple[str, ...] = ()) -> Rule:
    """The child has not come of age."""
    return Rule(
        "child_age",
        ("child_age",),
        below("child_age", "adult_age"),
        Text("儿童未满{adult_age}周岁", "The child is under {adult_age} years of age"),
        basis,
        Text(
            "已成年的，生活困难可申请最低生活保障或临时救助。",
            "Those of age may apply for the minimum living allowance or temporary assistance.",
        ),
        alternatives=alternatives,
    )


def child_registered_here(basis: Basis) -> Rule:
    """The child's household is registered where it is applied for."""
    return Rule(
        "household",
        ("child_household_division", "division"),
        lies_here("child_household_division"),
        Text("儿童户籍在申请地", "The child's household is registered in the place applied to"),
        basis,
        Text(
            "请选择儿童户籍所在地；人在外地的，任一乡镇（街道）可以代收。",
            "Choose the child's place of registration; any township takes the application in.",
        ),
    )


def under_age_or_studying(facts: Facts, figures: Parameters) -> bool:
    """Under age, or in school and not older than the region pays for."""
    age = whole(facts["child_age"])
    studying = facts["in_school"] is True and age <= whole(figures["study_age"])
    return age < whole(figures["adult_age"]) or studying


def both_gone(facts: Facts, _figures: Parameters) -> bool:
    """Both parents are dead or declared missing."""
    return facts["father"] in GONE and facts["mother"] in GONE


def neither_cares(facts: Facts, _figures: Parameters) -> bool:
    """Each parent is dead, missing or unable."""
    return all(facts[parent] in {*GONE, *UNABLE} for parent in ("father", "mother"))


def not_both_gone(facts: Facts, figures: Parameters) -> bool:
    """At least one parent is neither dead nor missing: with both gone the child is an orphan."""
    return not both_gone(facts, figures)


ORPHANED = Rule(
    "orphaned",
    ("father", "mother"),
    both_gone,
    Text("父母双方均已死亡或被宣告失踪", "Both parents are dead or declared missing"),
    ORPHAN_RULES,
    Text(
        "一方死亡或失踪、另一方无法抚养的，请申请事实无人抚养儿童基本生活补贴。",
        "If one is gone and the other cannot care, apply for children without actual care.",
    ),
    alternatives=(UNATTENDED_CHILD_ALLOWANCE, CHILD_IN_DIFFICULTY),
)
NOBODY_CARES = Rule(
    "nobody_cares",
    ("father", "mother"),
    neither_cares,
    Text(
        "父母双方均为重残、重病、服刑、强制戒毒、被限制人身自由、失联，或者一方死亡、失踪且另一方有上述情形",
        "Both parents severely disabled, gravely ill, imprisoned, in compulsory rehabilitation, restricted or out of"
        " contact; or one dead or missing and the other in such circumstances",
    ),
    UNATTENDED_RULES,
    Text("不符合的，可申请困境儿童救助。", "Otherwise help for children in difficulty may fit."),
    alternatives=(CHILD_IN_DIFFICULTY,),
)
NOT_AN_ORPHAN = Rule(
    "not_an_orphan",
    ("father", "mother"),
    not_both_gone,
    Text("不属于孤儿（父母双方均已死亡或失踪）", "Not an orphan (both parents dead or missing)"),
    UNATTENDED_RULES,
    Text("属于孤儿的，请申请孤儿基本生活费，标准更高。", "Orphans apply for the orphans' allowance."),
    alternatives=(ORPHAN_ALLOWANCE,),
)


def lasting(parent: str, zh: str, en: str) -> Rule:
    """What keeps this parent away lasts long enough."""
    return Rule(
        f"{parent}_lasting",
        (f"{parent}_months",),
        at_least(f"{parent}_months", "lasting_months"),
        Text(
            f"{zh}服刑、强制戒毒、限制人身自由或失联的期限达到{{lasting_months}}个月",
            f"{en}: imprisonment, rehabilitation, restriction or lost contact of {{lasting_months}} months or more",
        ),
        UNATTENDED_MONTHS,
        Text("期限不足的，可先申请困境儿童救助。", "If shorter, help for children in difficulty may fit."),
        alternatives=(CHILD_IN_DIFFICULTY,),
        when=When(parent, TIMED),
    )


def not_supported_yet(basis: Basis, *allowed: str) -> Rule:
    """The child has none of the higher allowances."""
    return Rule(
        "not_supported_yet",
        ("child_welfare_category",),
        one_of("child_welfare_category", *allowed),
        Text("未享受其他儿童基本生活保障", "Without another basic allowance for children"),
        basis,
        Text("同时符合的，就高享受一项。", "Whoever fits several has the highest of them."),
    )


CHILD_HERE = Rule(
    "child_place",
    ("child_place", "division"),
    lies_here("child_place"),
    Text("儿童在申请地居住", "The child lives in the place applied to"),
    DIFFICULTY_RULES,
    Text("请选择儿童现在居住的地方。", "Choose the place where the child lives now."),
)


def consents_if_eight(facts: Facts, figures: Parameters) -> bool:
    """A child of eight and more must agree (民法典 1104)."""
    return whole(facts["child_age"]) < whole(figures["consent_age"]) or facts["child_consents"] == "yes"


def gap_if_of_other_sex(facts: Facts, figures: Parameters) -> bool:
    """Somebody single who adopts a child of the other sex is at least so many years older (民法典 1102).

    A sibling's or cousin's child may be adopted without the gap (1099).
    """
    if facts["sex"] == facts["child_sex"] or facts["relation"] == "kin":
        return True
    return whole(facts["age"]) - whole(facts["child_age"]) >= whole(figures["age_gap"])


def spouses_adopt_together(facts: Facts, _figures: Parameters) -> bool:
    """Whoever is married adopts together with the spouse (民法典 1101), unless the child is the spouse's own."""
    return (
        facts["marital_status"] != "married"
        or facts["adopter"] == "couple"
        or facts["relation"] == "stepchild"
    )


def few_own_children(facts: Facts, figures: Parameters) -> bool:
    """No more children than allowed; the number does not count for some children (民法典 1098, 1100)."""
    exempt = facts["origin"] in {"institution", "orphan"} or facts["child_disabled"] is True
    return exempt or whole(facts["own_children"]) <= whole(figures["most_children"])
