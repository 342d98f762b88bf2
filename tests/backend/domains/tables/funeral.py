from backend.casework.declaring import codes
from tests.backend.domains.tables import Facts, Table, sides

ENTITLED = sides(
    "relation", ["spouse", "child", "parent", "relative", "agent", "employer", "committee"], ["other"]
)
PLACE = sides("place", ["330521", "330521001"], ["330522", "330000"])
HERE = sides("deceased_household_division", ["330521", "330521101201"], ["330522", "310101"])
NOT_CLAIMED = sides("claimed", [False], [True])
FROM_TODAY_ON = sides("wished_on", ["2026-11-25", "2027-04-05"], ["2026-11-24"])


def order(died: str, cremated: str) -> Facts:
    return {"died_on": died, "cremation_on": cremated}


TABLE: Table = {
    codes.TRANSPORT_AND_CREMATION: {
        "entitled": ENTITLED,
        "died_on": sides("died_on", ["2026-11-25", "2026-11-20"], ["2026-11-26"]),
        "certificate": sides("certificate", ["medical", "police"], ["none"]),
        "in_order": (
            [order("2026-11-25", "2026-11-25"), order("2026-11-25", "2026-12-02")],
            [order("2026-11-25", "2026-12-03"), order("2026-11-25", "2026-11-24")],
        ),
        "not_infectious": sides("infectious", [False], [True]),
        "place": PLACE,
    },
    codes.CREMATION_CERTIFICATE: {
        "entitled": ENTITLED,
        "cremated": sides("cremated_on", ["2026-11-25", "1999-01-01"], ["2026-11-26"]),
        "place": PLACE,
    },
    codes.FUNERAL_FEE_RELIEF: {
        "entitled": ENTITLED,
        "household": HERE,
        "in_time": sides("cremated_on", ["2026-11-25", "2026-05-29"], ["2026-05-28", "2026-11-26"]),
        "not_claimed": NOT_CLAIMED,
    },
    codes.ECOLOGICAL_BURIAL_AWARD: {
        "entitled": ENTITLED,
        "ecological": sides("way", ["sea", "tree"], ["wall", "grave"]),
        "household": HERE,
        "in_time": sides("buried_on", ["2026-11-25", "2025-11-25"], ["2025-11-24", "2026-11-26"]),
        "not_claimed": NOT_CLAIMED,
    },
    codes.CEMETERY_BOOKING: {
        "day": FROM_TODAY_ON,
        "not_in_advance": (
            [
                {"kind": "place", "for_whom": whom}
                for whom in ("deceased", "elderly", "critically-ill", "spouse")
            ],
            [{"kind": "place", "for_whom": "other"}],
        ),
        "great_age": (
            [{"for_whom": "elderly", "person_age": 80}, {"for_whom": "elderly", "person_age": 101}],
            [{"for_whom": "elderly", "person_age": 79}],
        ),
        "years": (
            [{"kind": "place", "years": 20}, {"kind": "place", "years": 1}],
            [{"kind": "place", "years": 21}],
        ),
        "visitors": (
            [{"kind": "visit", "visitors": 10}],
            [{"kind": "visit", "visitors": 11}],
        ),
    },
    codes.ASHES_RELOCATION: {
        "entitled": ENTITLED,
        "different_provinces": (
            [{"from_place": "330521", "to_place": "310101"}],
            [{"from_place": "330521", "to_place": "330102"}],
        ),
        "from_here": sides("from_place", ["330521", "330521001"], ["310101"]),
        "lawful_place": sides("destination", ["cemetery", "columbarium", "ecological"], ["own-land"]),
        "family_agrees": sides("family_agrees", [True], [False]),
        "place_confirmed": sides("place_confirmed", [True], [False]),
        "day": FROM_TODAY_ON,
    },
}
