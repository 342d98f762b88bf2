from backend.casework.declaring import codes
from tests.backend.domains.tables import Facts, Sides, Table, sides

HERE = sides("household_division", ["330521", "330521101201"], ["330522", "330500", "310101"])
HOMES = sides("homes", [0, 1], [2])
NO_VEHICLE = sides("has_vehicle", [False], [True])
NOT_HELPED = sides(
    "assistance_category", ["none", "expenditure"], ["minimum_living", "extreme_poverty", "borderline"]
)
PLACE = sides("place", ["330521", "330521001"], ["330522", "330000"])


def home(own: int, *others: int, **more: object) -> Facts:
    """A household with these monthly incomes in fen."""
    return {"own_income_fen": own, "members": [{"monthlyIncome": income} for income in others], **more}


# Two people at the national default of 80,000 fen: 160,000 for the household is the line.
INCOME: Sides = (
    [home(79_999), home(159_999, 0), home(0, 79_999, 0), home(0)],
    [home(80_000), home(160_000, 0), home(80_000, 80_000, 80_000)],
)
# 150 %: 120,000 a head.
BORDERLINE: Sides = (
    [home(119_999), home(120_000, 119_999)],
    [home(120_000), home(120_001, 119_999), home(200_000, 200_000)],
)
# 12 months of 120,000 are 1,440,000 a head, after expenses.
AFTER_EXPENSES: Sides = (
    [home(120_000, rigid_expenses_fen=1), home(500_000, 0, rigid_expenses_fen=3_120_001)],
    [home(120_000, rigid_expenses_fen=0), home(500_000, 0, rigid_expenses_fen=3_120_000)],
)
# 24 months of 80,000 are 1,920,000 a head.
ASSETS: Sides = (
    [home(0, assets_fen=1_920_000), home(0, 0, assets_fen=3_840_000)],
    [home(0, assets_fen=1_920_001), home(0, 0, assets_fen=3_840_001)],
)


def when(kind: str, value: str, found: Sides) -> Sides:
    """The same sides, where the rule is only asked for one kind of applicant."""
    meets, fails = found
    return [{kind: value, **facts} for facts in meets], [{kind: value, **facts} for facts in fails]


TABLE: Table = {
    codes.MINIMUM_LIVING: {
        "household": HERE,
        "income": INCOME,
        "assets": ASSETS,
        "homes": HOMES,
        "vehicles": NO_VEHICLE,
        "single_person": (
            [
                {"apply_as": "single", "disability_grade": "1", "severe_illness": False},
                {"apply_as": "single", "disability_grade": "2", "severe_illness": False},
                {"apply_as": "single", "disability_grade": "none", "severe_illness": True},
            ],
            [
                {"apply_as": "single", "disability_grade": "3", "severe_illness": False},
                {"apply_as": "single", "disability_grade": "none", "severe_illness": False},
            ],
        ),
    },
    codes.BORDERLINE_HOUSEHOLD: {
        "household": HERE,
        "income": BORDERLINE,
        "assets": ASSETS,
        "homes": HOMES,
        "vehicles": NO_VEHICLE,
        "not_helped_yet": NOT_HELPED,
    },
    codes.EXPENDITURE_HARDSHIP: {
        "household": HERE,
        "income_after_expenses": AFTER_EXPENSES,
        "assets": ASSETS,
        "homes": HOMES,
        "vehicles": NO_VEHICLE,
        "not_helped_yet": NOT_HELPED,
    },
    codes.EXTREME_POVERTY: {
        "household": HERE,
        "elderly": when("target", "elderly", sides("age", [60, 90], [59])),
        "minor": when("target", "minor", sides("age", [0, 17], [18])),
        "working_ability": (
            [
                {"target": "disabled", "disability_grade": grade, "disability_kind": kind}
                for grade, kind in (
                    ("1", "visual"),
                    ("2", "physical"),
                    ("3", "intellectual"),
                    ("3", "mental"),
                )
            ],
            [
                {"target": "disabled", "disability_grade": grade, "disability_kind": kind}
                for grade, kind in (("3", "visual"), ("4", "mental"), ("none", "none"))
            ],
        ),
        "no_income": sides("own_income_fen", [0, 79_999], [80_000]),
        "no_supporter": sides("supporter", ["none", "unable"], ["able"]),
        "assets": ASSETS,
    },
    codes.TEMPORARY_ASSISTANCE: {
        "here": (
            [
                {"household_division": "330521", "lives_here": False},
                {"household_division": "310101", "lives_here": True},
            ],
            [{"household_division": "310101", "lives_here": False}],
        ),
        "recent": when(
            "kind",
            "emergency",
            sides("happened_on", ["2026-11-25", "2026-05-29"], ["2026-05-28", "2026-11-26"]),
        ),
        "income_after_expenses": when("kind", "expenditure", AFTER_EXPENSES),
        "not_too_often": sides("times_this_year", [0], [1, 2]),
    },
    codes.NEED_REPORT: {"place": PLACE, "no_danger": sides("danger", [False], [True])},
    codes.VAGRANT_ASSISTANCE: {
        "place": PLACE,
        "no_own_means": when("who", "self", sides("own_means", [False], [True])),
        "nobody_to_go_to": when("who", "self", sides("relatives", [False], [True])),
        "no_danger": sides("danger", [False], [True]),
    },
    codes.DISABILITY_SUBSIDIES: {
        "household": HERE,
        "certificate": sides("disability_grade", ["1", "4"], ["none"]),
        "hardship": (
            [{"benefits": ["living"], "assistance_category": "minimum_living"}],
            [
                {"benefits": ["nursing", "living"], "assistance_category": held}
                for held in ("none", "borderline", "extreme_poverty", "expenditure")
            ],
        ),
        "severe": (
            [{"benefits": ["nursing"], "disability_grade": grade} for grade in ("1", "2")],
            [{"benefits": ["nursing"], "disability_grade": grade} for grade in ("3", "4", "none")],
        ),
        "not_overlapping": sides("other_subsidy", [False], [True]),
    },
    codes.MEANS_CHECK_AUTHORISATION: {
        "adult": sides("age", [18, 80], [17]),
        "not_too_long": sides("valid_months", [1, 12], [13]),
    },
}
