"""Facts on both sides of every rule, by item and rule: those that meet it and those that do not.

Judged with the national figures, in 德清县 (330521), on 25 November 2026.
"""

from collections.abc import Mapping, Sequence
from datetime import date

TODAY = date(2026, 11, 25)
DIVISION = "330521"

Facts = Mapping[str, object]
Sides = tuple[Sequence[Facts], Sequence[Facts]]
Table = Mapping[str, Mapping[str, Sides]]
"""By base code and rule code: (facts that meet the rule, facts that do not)."""


def each(fact: str, *values: object) -> Sequence[Facts]:
    """One set of facts per value."""
    return [{fact: value} for value in values]


def sides(fact: str, meets: Sequence[object], fails: Sequence[object]) -> Sides:
    """Both sides of a rule about one fact."""
    return each(fact, *meets), each(fact, *fails)
