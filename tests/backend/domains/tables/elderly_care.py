from backend.casework.declaring import codes
from tests.backend.domains.tables import Table, sides

HARDSHIP = sides(
    "assistance_category", ["minimum_living", "extreme_poverty", "borderline"], ["none", "expenditure"]
)
SIXTY = sides("age", [60, 95], [59, 0])
HERE = sides("household_division", ["330521", "330521101201"], ["330522", "330500", "310101"])
NO_OTHER = sides("other_subsidy", [False], [True])
MODERATE = sides("ability_level", ["moderate", "severe", "complete"], ["none", "intact", "mild"])
HEALTHY = sides("acute_illness", [False], [True])
PLACE = sides("place", ["330521", "330521001", "330521001002"], ["330522", "330000"])


TABLE: Table = {
    codes.OLD_AGE_ALLOWANCE: {
        "age": sides("age", [80, 101], [79, 0]),
        "household": HERE,
        "not_paid_elsewhere": sides("paid_elsewhere", [False], [True]),
    },
    codes.CARE_SERVICE_SUBSIDY: {
        "age": SIXTY,
        "household": HERE,
        "hardship": HARDSHIP,
        "not_overlapping": NO_OTHER,
    },
    codes.NURSING_SUBSIDY: {
        "age": SIXTY,
        "household": HERE,
        "hardship": HARDSHIP,
        "ability": sides("ability_level", ["severe", "complete"], ["none", "intact", "mild", "moderate"]),
        "not_in_extreme_poverty_support": sides(
            "assistance_category",
            ["none", "minimum_living", "borderline", "expenditure"],
            ["extreme_poverty"],
        ),
        "not_overlapping": NO_OTHER,
    },
    codes.DISABLED_ELDERLY_VOUCHER: {"age": SIXTY, "ability": MODERATE, "not_overlapping": NO_OTHER},
    codes.ABILITY_ASSESSMENT: {
        "age": SIXTY,
        "place": PLACE,
        "objection_in_time": (
            [
                {"reason": "objection", "last_assessed_on": "2026-11-25"},
                {"reason": "objection", "last_assessed_on": "2026-10-26"},
            ],
            [
                {"reason": "objection", "last_assessed_on": "2026-10-25"},
                {"reason": "objection", "last_assessed_on": "2026-11-26"},
            ],
        ),
    },
    codes.CARE_HOME_ADMISSION: {
        "age": SIXTY,
        "safe_to_admit": HEALTHY,
        "visit_day": sides("visit_on", ["2026-11-25", "2027-01-01"], ["2026-11-24"]),
    },
    codes.CENTRAL_SUPPORT_TRANSFER: {
        "age": SIXTY,
        "in_extreme_poverty_support": sides(
            "assistance_category",
            ["extreme_poverty"],
            ["none", "minimum_living", "borderline", "expenditure"],
        ),
        "safe_to_admit": HEALTHY,
        "own_will": sides("willing", [True], [False]),
    },
    codes.HOME_SERVICE_BOOKING: {
        "age": SIXTY,
        "place": PLACE,
        "start_day": sides("start_on", ["2026-11-25", "2026-12-01"], ["2026-11-24"]),
        "fit_for_bath": (
            [{"services": ["meal", "bath"], "fit_for_bath": True}],
            [{"services": ["bath"], "fit_for_bath": False}],
        ),
    },
    codes.FAMILY_CARE_BED: {
        "age": SIXTY,
        "ability": MODERATE,
        "lives_at_home": sides("lives_in_institution", [False], [True]),
        "home_allows": sides("home_allows", [True], [False]),
    },
    codes.HOME_ADAPTATION: {
        "age": SIXTY,
        "hardship": HARDSHIP,
        "not_to_be_demolished": sides("to_be_demolished", [False], [True]),
        "first_time": sides("adapted_before", [False], [True]),
    },
}
