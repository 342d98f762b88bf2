"""Who of a household has authorised the means check: by a case of their own, registered, not too old, not taken back.

The applicant authorises with the application itself, for themselves and the minors of the household. Every other
adult hands in the item 家庭经济状况核对授权, which names the applicant and the item (社会救助暂行办法 58, 个人信息保护法 29).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from backend.casework.applications.actions import open_answers
from backend.casework.declaring.codes import (
    BORDERLINE_HOUSEHOLD,
    EXPENDITURE_HARDSHIP,
    EXTREME_POVERTY,
    MEANS_CHECK_AUTHORISATION,
    MINIMUM_LIVING,
    TEMPORARY_ASSISTANCE,
)
from backend.casework.definitions import age_on
from backend.casework.machine import Casework
from backend.database.record import Row, fetch
from backend.kit import clock, resident_id
from backend.kit.days import months_after
from backend.means_ports import MeansScope

ADULT = 18
"""民法典 17."""
FOR_ITEMS: Mapping[str, str] = {
    "minimum-living": MINIMUM_LIVING,
    "borderline": BORDERLINE_HOUSEHOLD,
    "extreme-poverty": EXTREME_POVERTY,
    "temporary": TEMPORARY_ASSISTANCE,
    "expenditure": EXPENDITURE_HARDSHIP,
}
"""What the form of the authorisation calls an item; care subsidies are not checked through this one."""
LATEST = 20
"""Authorisations of one member that are looked at, the newest first."""


class ConsentState(StrEnum):
    """Whether somebody has agreed to the means check."""

    BY_APPLICANT = "BY_APPLICANT"
    """A minor: the applicant agrees for them."""
    GIVEN = "GIVEN"
    MISSING = "MISSING"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True)
class Consent:
    """How one member stands to the means check of one case."""

    state: ConsentState
    case_id: UUID | None = None
    """The case of the authorisation."""
    scopes: frozenset[MeansScope] = frozenset()
    given_on: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """One authorisation as its giver has handed it in."""

    case_id: UUID
    applicant: str
    item_code: str | None
    scopes: frozenset[MeansScope]
    given_on: date
    until: date
    withdrawn: bool


async def given_by(work: Casework, indices: Sequence[str]) -> Mapping[str, Sequence[Given]]:
    """What people have authorised, the newest first, by the blind index of their resident ID: one statement."""
    rows = await fetch(
        "SELECT n.number_index, a.id, a.answers_sealed, a.submitted_at, a.withdrawn"
        " FROM unnest($1::text[]) AS n(number_index) JOIN identity_document d ON d.number_index = n.number_index"
        " CROSS JOIN LATERAL (SELECT a.id, a.answers_sealed, a.submitted_at,"
        "   EXISTS (SELECT FROM means_withdrawal w WHERE w.application_id = a.id) AS withdrawn FROM application a"
        "   WHERE a.person_id = d.person_id AND a.item_code = $2 AND a.state IN ('APPROVED', 'COMPLETED')"
        "   ORDER BY a.id DESC LIMIT $3) a ORDER BY a.id DESC",
        list(indices),
        MEANS_CHECK_AUTHORISATION,
        LATEST,
    )
    found: dict[str, list[Given]] = {index: [] for index in indices}
    for row in rows:
        given = _read(work, row)
        if given is not None:
            found[row["number_index"]].append(given)
    return found


def _read(work: Casework, row: Row) -> Given | None:
    told = open_answers(work, row["id"], row["answers_sealed"])
    if told.get("meansAuthorisation") is not True:
        return None
    scope, months = told.get("scope"), told.get("validMonths")
    since = clock.local(row["submitted_at"]).date()
    return Given(
        row["id"],
        str(told.get("applicant")).upper(),
        FOR_ITEMS.get(str(told.get("forItem"))),
        frozenset(MeansScope(one) for one in scope) if isinstance(scope, list) else frozenset(),
        since,
        months_after(since, months if isinstance(months, int) else 0),
        row["withdrawn"],
    )


def consent_to(given: Sequence[Given], applicant: str, item_code: str) -> Consent:
    """What these come to for a case of ``item_code`` by this applicant; the newest that stands counts."""
    mine = [one for one in given if one.applicant == applicant and one.item_code == item_code]
    for one in mine:
        if not one.withdrawn and clock.today() <= one.until:
            return Consent(ConsentState.GIVEN, one.case_id, one.scopes, one.given_on, one.until)
    if not mine:
        return Consent(ConsentState.MISSING)
    last = mine[0]
    state = ConsentState.WITHDRAWN if last.withdrawn else ConsentState.EXPIRED
    return Consent(state, last.case_id, frozenset(), last.given_on, last.until)


def is_minor(number: str) -> bool:
    """Whether somebody of this resident ID is under eighteen today."""
    today = clock.today()
    return age_on(resident_id.parse(number, today).birth_date, today) < ADULT
