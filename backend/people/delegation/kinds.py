"""Who may act for whom: each kind with its ground in law, who accepts it, by which paper, and for how long."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from backend.errors import Text

OF_AGE = 18
"""民法典第十七条."""


class DelegationKind(StrEnum):
    """Why somebody acts for somebody else."""

    GUARDIAN_OF_CHILD = "GUARDIAN_OF_CHILD"
    GUARDIAN_OF_ADULT = "GUARDIAN_OF_ADULT"
    APPOINTED_GUARDIAN = "APPOINTED_GUARDIAN"
    ADULT_CHILD = "ADULT_CHILD"
    VILLAGE_COMMITTEE = "VILLAGE_COMMITTEE"
    CHILD_WELFARE_DIRECTOR = "CHILD_WELFARE_DIRECTOR"
    CARE_HOME = "CARE_HOME"


class DelegatedAction(StrEnum):
    """What may be done for the other. Whoever may fill in or hand in may follow as well."""

    FOLLOW = "FOLLOW"
    FILL = "FILL"
    SUBMIT = "SUBMIT"


class Evidence(StrEnum):
    """The paper that shows it."""

    HOUSEHOLD_REGISTER = "HOUSEHOLD_REGISTER"
    BIRTH_CERTIFICATE = "BIRTH_CERTIFICATE"
    COURT_DECISION = "COURT_DECISION"
    APPOINTMENT = "APPOINTMENT"
    NOTARISED_AGREEMENT = "NOTARISED_AGREEMENT"
    LETTER_OF_AUTHORITY = "LETTER_OF_AUTHORITY"
    SERVICE_CONTRACT = "SERVICE_CONTRACT"


class Acceptance(StrEnum):
    """Who says yes."""

    PRINCIPAL = "PRINCIPAL"
    """The person themselves, verified in a session of their own."""
    ORGAN = "ORGAN"
    """An officer who has seen the paper, and the person where they can speak for themselves."""


@dataclass(frozen=True, slots=True)
class Kind:
    """The rules of one kind."""

    name: Text
    basis: Text
    accepted_by: frozenset[Acceptance]
    evidence: frozenset[Evidence]
    longest_years: int
    """Our own rule: a grant is looked at anew after this time, whatever the paper says."""
    for_child: bool = False
    """Only for somebody under 18, and over on the day they turn 18."""
    institution: bool = False
    """The agent acts as somebody of a committee or home, which is named."""


_EITHER = frozenset(Acceptance)
_ORGAN = frozenset({Acceptance.ORGAN})

KINDS: Mapping[DelegationKind, Kind] = {
    DelegationKind.GUARDIAN_OF_CHILD: Kind(
        name=Text("未成年人监护人", "Guardian of a child"),
        basis=Text("民法典第二十三条、第二十七条", "Civil Code, Art. 23 and 27"),
        accepted_by=_ORGAN,
        evidence=frozenset(
            {
                Evidence.HOUSEHOLD_REGISTER,
                Evidence.BIRTH_CERTIFICATE,
                Evidence.COURT_DECISION,
                Evidence.APPOINTMENT,
            }
        ),
        longest_years=18,
        for_child=True,
    ),
    DelegationKind.GUARDIAN_OF_ADULT: Kind(
        name=Text("成年人监护人", "Guardian of an adult"),
        basis=Text("民法典第二十四条、第二十八条", "Civil Code, Art. 24 and 28"),
        accepted_by=_ORGAN,
        evidence=frozenset({Evidence.COURT_DECISION}),
        longest_years=3,
    ),
    DelegationKind.APPOINTED_GUARDIAN: Kind(
        name=Text("意定监护人", "Guardian by agreement"),
        basis=Text("民法典第三十三条", "Civil Code, Art. 33"),
        accepted_by=_ORGAN,
        evidence=frozenset({Evidence.NOTARISED_AGREEMENT}),
        longest_years=3,
    ),
    DelegationKind.ADULT_CHILD: Kind(
        name=Text("成年子女代办", "Adult child for a parent"),
        basis=Text("民法典第一百六十五条", "Civil Code, Art. 165"),
        accepted_by=_EITHER,
        evidence=frozenset({Evidence.HOUSEHOLD_REGISTER, Evidence.LETTER_OF_AUTHORITY}),
        longest_years=3,
    ),
    DelegationKind.VILLAGE_COMMITTEE: Kind(
        name=Text("村（居）民委员会代办", "Village or residents' committee"),
        basis=Text("民法典第一百六十五条", "Civil Code, Art. 165"),
        accepted_by=_EITHER,
        evidence=frozenset({Evidence.LETTER_OF_AUTHORITY}),
        longest_years=1,
        institution=True,
    ),
    DelegationKind.CHILD_WELFARE_DIRECTOR: Kind(
        name=Text("儿童主任代办", "Child welfare director"),
        basis=Text("民法典第一百六十五条", "Civil Code, Art. 165"),
        accepted_by=_ORGAN,
        evidence=frozenset({Evidence.APPOINTMENT}),
        longest_years=1,
        for_child=True,
        institution=True,
    ),
    DelegationKind.CARE_HOME: Kind(
        name=Text("养老机构代办", "Care home"),
        basis=Text("民法典第一百六十五条", "Civil Code, Art. 165"),
        accepted_by=_EITHER,
        evidence=frozenset({Evidence.SERVICE_CONTRACT, Evidence.LETTER_OF_AUTHORITY}),
        longest_years=1,
        institution=True,
    ),
}
