from backend.casework.declaring import codes
from tests.backend.domains.tables import Sides, Table, sides

PLACE = sides("place", ["330521", "330521001001"], ["330522", "330000"])
FROM_TODAY_ON = sides("wished_on", ["2026-11-25", "2026-12-01"], ["2026-11-24"])
NEVER_ISSUED = [
    "kinship",
    "identity",
    "register",
    "dog",
    "no-record",
    "rehab",
    "missing",
    "marital",
    "birth",
    "alive",
    "death",
    "illness",
    "disability",
    "family-plan",
    "employment",
    "files",
    "property",
    "inheritance",
    "business",
    "lost",
]


def when(kind: str, value: str, found: Sides) -> Sides:
    meets, fails = found
    return [{kind: value, **facts} for facts in meets], [{kind: value, **facts} for facts in fails]


TABLE: Table = {
    codes.RESIDENTS_OPINION: {
        "place": PLACE,
        "voting_age": when("kind", "topic", sides("age", [18], [17])),
        "supporters": when("kind", "topic", sides("supporters", [10, 500], [9])),
        "not_in_court": sides("in_court", [False], [True]),
    },
    codes.COMMUNITY_SERVICE_BOOKING: {
        "place": PLACE,
        "day": FROM_TODAY_ON,
        "fits": when("service", "room", sides("people", [1, 50], [51])),
    },
    codes.COMMUNITY_CERTIFICATE: {
        "legal_basis": sides(
            "certificate", ["guardian-appointed", "interim-care", "homestead-review"], NEVER_ISSUED
        ),
        "place": PLACE,
    },
    codes.GRID_REPORT: {"place": PLACE, "no_danger": sides("danger", [False], [True])},
    codes.VOLUNTEER: {
        "age": when("kind", "register", sides("age", [8, 80], [7])),
        "guardian": (
            [
                {"kind": "register", "age": 18, "guardian_consents": False},
                {"kind": "register", "age": 17, "guardian_consents": True},
            ],
            [{"kind": "register", "age": 17, "guardian_consents": False}],
        ),
        "period_is_over": (
            [{"kind": "certificate", "period": {"from": "2026-01-01", "to": "2026-11-25"}}],
            [{"kind": "correct", "period": {"from": "2026-01-01", "to": "2026-11-26"}}],
        ),
    },
    codes.COMMUNITY_GROUP_FILING: {
        "place": PLACE,
        "adult": sides("age", [18, 66], [17]),
        "members": sides("member_count", [5, 300], [4]),
        "non_profit": sides("non_profit", [True], [False]),
        "filing_fits": sides("wants_registration", [False], [True]),
    },
}
