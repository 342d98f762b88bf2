from backend.casework.declaring import codes
from tests.backend.domains.tables import Facts, Sides, Table, sides

UNDER_AGE = sides("child_age", [0, 17], [18, 30])
HERE = sides("child_household_division", ["330521", "330521101201"], ["330522", "330500"])
PLACE = sides("child_place", ["330521", "330521001"], ["330522", "330000"])
UNSUPPORTED = sides("child_welfare_category", ["none"], ["orphan", "unattended", "hiv"])
FROM_TODAY_ON = sides("visit_on", ["2026-11-25", "2026-12-24"], ["2026-11-24"])
UNDER_AGE_OR_STUDYING: Sides = (
    [
        {"child_age": 17, "in_school": False},
        {"child_age": 18, "in_school": True},
        {"child_age": 22, "in_school": True},
    ],
    [{"child_age": 18, "in_school": False}, {"child_age": 23, "in_school": True}],
)


def parents(father: str, mother: str) -> Facts:
    return {"father": father, "mother": mother}


def lasting(parent: str) -> Sides:
    return (
        [{parent: "prison", f"{parent}_months": 6}, {parent: "lost_contact", f"{parent}_months": 60}],
        [{parent: "drug_rehab", f"{parent}_months": 5}, {parent: "restricted", f"{parent}_months": 0}],
    )


def unrelated(fact: str) -> Sides:
    """A yes or no that is asked where the child is not a stepchild."""
    return (
        [{"relation": "none", fact: True}, {"relation": "kin", fact: True}],
        [{"relation": "none", fact: False}, {"relation": "kin", fact: False}],
    )


def gap(age: int, child: int, sexes: str, relation: str = "none") -> Facts:
    return {
        "adopter": "single",
        "age": age,
        "sex": sexes[0],
        "child_age": child,
        "child_sex": sexes[1],
        "relation": relation,
    }


def own(children: int, origin: str, *, disabled: bool = False) -> Facts:
    return {"relation": "none", "own_children": children, "origin": origin, "child_disabled": disabled}


def married(status: str, adopter: str, relation: str = "none") -> Facts:
    return {"marital_status": status, "adopter": adopter, "relation": relation}


TABLE: Table = {
    codes.ORPHAN_ALLOWANCE: {
        "child_age": UNDER_AGE_OR_STUDYING,
        "orphaned": (
            [parents("dead", "dead"), parents("missing", "dead")],
            [parents("dead", "prison"), parents("able", "dead"), parents("prison", "prison")],
        ),
        "household": HERE,
    },
    codes.UNATTENDED_CHILD_ALLOWANCE: {
        "child_age": UNDER_AGE,
        "nobody_cares": (
            [
                parents("prison", "lost_contact"),
                parents("severe_disability", "grave_illness"),
                parents("dead", "drug_rehab"),
                parents("restricted", "missing"),
                parents("dead", "dead"),
            ],
            [parents("able", "dead"), parents("prison", "able"), parents("able", "able")],
        ),
        "not_an_orphan": (
            [parents("dead", "prison"), parents("prison", "missing"), parents("able", "able")],
            [parents("dead", "dead"), parents("missing", "dead")],
        ),
        "father_lasting": lasting("father"),
        "mother_lasting": lasting("mother"),
        "household": HERE,
    },
    codes.CHILD_HIV_ALLOWANCE: {
        "child_age": UNDER_AGE,
        "not_supported_yet": UNSUPPORTED,
        "household": HERE,
    },
    codes.CHILD_IN_DIFFICULTY: {
        "child_age": UNDER_AGE,
        "child_place": PLACE,
        "no_danger_now": (
            [{"difficulties": ["harm"], "harm_now": False}],
            [{"difficulties": ["poverty", "guardianship"], "harm_now": True}],
        ),
        "not_supported_yet": UNSUPPORTED,
    },
    codes.LEFT_BEHIND_CHILD: {
        "child_age": sides("child_age", [0, 15], [16]),
        "child_place": PLACE,
        "parents_away": sides("away", ["both", "one_unable"], ["one_able"]),
        "long_absence": sides("away_months", [6, 24], [5]),
        "carer_of_age": sides("carer_age", [18, 70], [17]),
        "carer_fit": sides("carer_fit", [True], [False]),
        "child_heard": sides("child_heard", [True], [False]),
    },
    codes.CHILD_DIRECTOR_VISIT: {"child_age": UNDER_AGE, "child_place": PLACE, "visit_day": FROM_TODAY_ON},
    codes.ADOPTION: {
        "adopter_age": (
            [{"relation": "none", "age": 30}, {"relation": "kin", "age": 55}],
            [{"relation": "none", "age": 29}, {"relation": "kin", "age": 29}],
        ),
        "spouse_age": (
            [{"adopter": "couple", "spouse_age": 30}],
            [{"adopter": "couple", "spouse_age": 29}],
        ),
        "together": (
            [
                married("married", "couple"),
                married("unmarried", "single"),
                married("widowed", "single"),
                married("married", "single", "stepchild"),
            ],
            [married("married", "single"), married("married", "single", "kin")],
        ),
        "child_age": UNDER_AGE,
        "consent": (
            [
                {"child_age": 8, "child_consents": "yes"},
                {"child_age": 7, "child_consents": "too-young"},
                {"child_age": 7, "child_consents": "no"},
            ],
            [{"child_age": 8, "child_consents": "no"}, {"child_age": 8, "child_consents": "too-young"}],
        ),
        "age_gap": (
            [gap(45, 5, "12"), gap(31, 5, "11"), gap(44, 5, "12", "kin")],
            [gap(44, 5, "12"), gap(44, 5, "21")],
        ),
        "own_children": (
            [
                own(0, "parents"),
                own(1, "foundling"),
                own(2, "institution"),
                own(3, "orphan"),
                own(2, "parents", disabled=True),
            ],
            [own(2, "parents"), own(2, "foundling")],
        ),
        "able": unrelated("able"),
        "healthy": unrelated("healthy"),
        "no_record": unrelated("no_record"),
        "visit_day": FROM_TODAY_ON,
    },
    codes.ORPHAN_STUDENT_GRANT: {
        "age": sides("age", [18, 25], [17]),
        "recognised": sides("recognised_before_18", [True], [False]),
        "full_time": sides("level", ["vocational", "college", "bachelor", "master", "doctor"], ["other"]),
        "enrolled": sides("enrolled_on", ["2026-11-25", "2025-09-01"], ["2026-11-26"]),
        "once_a_year": sides("paid_this_year", [False], [True]),
    },
    codes.TOMORROW_PLAN: {
        "child_age": UNDER_AGE_OR_STUDYING,
        "recognised_orphan": sides("child_welfare_category", ["orphan"], ["none", "unattended", "hiv"]),
        "insurance_first": sides("insurance_first", [True], [False]),
    },
}
