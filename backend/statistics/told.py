"""What the answers of a case tell statistics: how many people, whose age, and which kind. Codes and counts only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from backend.casework.declaring.codes import (
    ADOPTION,
    BORDERLINE_HOUSEHOLD,
    CERTIFICATE_REISSUE,
    CHILD_HIV_ALLOWANCE,
    CHILD_IN_DIFFICULTY,
    DISABILITY_SUBSIDIES,
    ECOLOGICAL_BURIAL_AWARD,
    EXPENDITURE_HARDSHIP,
    EXTREME_POVERTY,
    FUNERAL_FEE_RELIEF,
    LEFT_BEHIND_CHILD,
    MINIMUM_LIVING,
    ORPHAN_ALLOWANCE,
    TEMPORARY_ASSISTANCE,
    TOMORROW_PLAN,
    TRANSPORT_AND_CREMATION,
    UNATTENDED_CHILD_ALLOWANCE,
    VOLUNTEER,
)
from backend.kit import resident_id

LONGEST_MARK = 40


@dataclass(frozen=True, slots=True)
class Asked:
    """Which answers of an item matter."""

    mark: str | None = None
    """A choice, or several: its codes become the mark."""
    others: str | None = None
    """A list of further people who are helped with the applicant."""
    subject: str | None = None
    """The number of whom it is about, where that is not the applicant: a child, somebody who died."""


ASKED: Mapping[str, Asked] = {
    MINIMUM_LIVING: Asked(mark="applyAs", others="members"),
    BORDERLINE_HOUSEHOLD: Asked(others="members"),
    EXPENDITURE_HARDSHIP: Asked(others="members"),
    TEMPORARY_ASSISTANCE: Asked(mark="kind", others="members"),
    EXTREME_POVERTY: Asked(mark="form"),
    DISABILITY_SUBSIDIES: Asked(mark="benefits"),
    ORPHAN_ALLOWANCE: Asked(mark="careForm", subject="childNumber"),
    UNATTENDED_CHILD_ALLOWANCE: Asked(subject="childNumber"),
    CHILD_HIV_ALLOWANCE: Asked(subject="childNumber"),
    CHILD_IN_DIFFICULTY: Asked(subject="childNumber"),
    LEFT_BEHIND_CHILD: Asked(mark="away", subject="childNumber"),
    TOMORROW_PLAN: Asked(subject="childNumber"),
    ADOPTION: Asked(mark="origin"),
    VOLUNTEER: Asked(mark="kind"),
    CERTIFICATE_REISSUE: Asked(mark="certificate"),
    ECOLOGICAL_BURIAL_AWARD: Asked(mark="way", subject="deceasedNumber"),
    FUNERAL_FEE_RELIEF: Asked(subject="deceasedNumber"),
    TRANSPORT_AND_CREMATION: Asked(subject="deceasedNumber"),
}
"""By base code. Items that are not here are counted without opening anything."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the answers say."""

    mark: str = ""
    people: int = 1
    sex: str | None = None
    born: date | None = None


def read_told(item_code: str, answers: Mapping[str, object], day: date) -> Told:
    """What statistics take from the answers of one case; nothing that names anybody."""
    asked = ASKED[item_code]
    chosen = answers.get(asked.mark) if asked.mark else None
    codes = [chosen] if isinstance(chosen, str) else sorted(chosen) if isinstance(chosen, list) else []
    others = answers.get(asked.others) if asked.others else None
    people = 1 + (len(others) if isinstance(others, list) else 0)
    sex, born = None, None
    if asked.subject and isinstance(number := answers.get(asked.subject), str):
        try:
            known = resident_id.parse(number, day)
        except resident_id.InvalidResidentId:
            pass
        else:
            sex, born = known.sex.value, known.birth_date
    return Told("+".join(map(str, codes))[:LONGEST_MARK], people, sex, born)
