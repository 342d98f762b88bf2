from backend.casework.declaring import codes
from tests.backend.domains.tables import Facts, Table, sides

FROM_TODAY_ON = sides("visit_on", ["2026-11-25", "2027-05-20"], ["2026-11-24"])


def couple(own: int, sex: str, partner: int, partner_sex: str) -> Facts:
    return {"age": own, "sex": sex, "partner_age": partner, "partner_sex": partner_sex}


def ended(day: str) -> Facts:
    return {"still_going": False, "ended_on": day}


TABLE: Table = {
    codes.MARRIAGE_BOOKING: {
        "age": (
            [couple(22, "1", 20, "2"), couple(20, "2", 22, "1"), couple(70, "1", 65, "2")],
            [couple(21, "1", 20, "2"), couple(22, "1", 19, "2"), couple(19, "2", 30, "1")],
        ),
        "man_and_woman": (
            [{"sex": "1", "partner_sex": "2"}, {"sex": "2", "partner_sex": "1"}],
            [{"sex": "1", "partner_sex": "1"}, {"sex": "2", "partner_sex": "2"}],
        ),
        "voluntary": sides("voluntary", [True], [False]),
        "no_spouse": sides("no_spouse", [True], [False]),
        "not_kin": sides("not_kin", [True], [False]),
        "visit_day": FROM_TODAY_ON,
    },
    codes.DIVORCE: {
        "voluntary": sides("voluntary", [True], [False]),
        "agreed": sides("agreed", [True], [False]),
        "capable": sides("capable", [True], [False]),
        "registered_here": sides("registered_in", ["mainland"], ["elsewhere"]),
        "visit_day": FROM_TODAY_ON,
    },
    codes.CERTIFICATE_REISSUE: {
        "registered": sides("registered_on", ["2026-11-25", "1985-10-01"], ["2026-11-26"]),
        "unchanged": sides("status_unchanged", [True], [False]),
        "visit_day": FROM_TODAY_ON,
    },
    codes.COERCED_MARRIAGE: {
        "coerced": sides("coerced", [True], [False]),
        "in_time": (
            [ended("2025-11-25"), ended("2026-11-25")],
            [ended("2025-11-24"), ended("2024-11-26"), ended("2026-11-26")],
        ),
        "registered": sides("registered_on", ["2026-11-25", "2020-02-02"], ["2026-11-26"]),
        "visit_day": FROM_TODAY_ON,
    },
    codes.MARRIAGE_ARCHIVE: {"entitled": sides("whose", ["own", "commission", "heir"], ["other"])},
    codes.MARRIAGE_COUNSELLING: {
        "safe_now": (
            [{"topic": "violence", "safe_now": True}],
            [{"topic": "violence", "safe_now": False}],
        ),
        "visit_day": FROM_TODAY_ON,
    },
}
