"""Who belongs to a case's household, and who of them has authorised the check.

The applicant authorises with the application itself, for themselves and the minors of the household. Every
other adult has a case of their own of the item 家庭经济状况核对授权 that names the applicant and the item, is
registered, not too old and not taken back (社会救助暂行办法 58, 个人信息保护法 29).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
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
from backend.casework.definitions import FieldKind
from backend.casework.machine import Casework
from backend.database.record import Row, fetch
from backend.kit import clock, resident_id
from backend.kit.documents import DocumentKind
from backend.means_ports import MeansMember, MeansScope
from backend.people.identity.claims import index_of_number
from backend.people.identity.queries import facts_of

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


@dataclass(frozen=True, slots=True)
class Household:
    """The members that may be looked up, how many may not, and what all of them have agreed to."""

    members: Sequence[MeansMember]
    missing: int
    scopes: Sequence[MeansScope]


async def household_of(work: Casework, case: Row) -> Household:
    """The household of a case: ``id, person_id, item_code, answers_sealed`` of its row."""
    answers = open_answers(work, case["id"], case["answers_sealed"])
    applicant = await facts_of(case["person_id"], work.resources)
    scopes = set(MeansScope)
    members: list[MeansMember] = []
    missing = 0
    if _agreed(work, case["item_code"], answers):
        members.append(MeansMember(applicant.name, applicant.resident_id, case["id"]))
    else:
        missing += 1
    told = answers.get("members")
    for member in told if isinstance(told, list) else ():
        name, number = str(member["name"]), str(member["residentId"])
        if _is_minor(number):
            members.append(MeansMember(name, number, case["id"]))
            continue
        given = await _authorisation(work, number, applicant.resident_id, case["item_code"])
        if given is None:
            missing += 1
            continue
        authorisation, allowed = given
        members.append(MeansMember(name, number, authorisation))
        scopes &= allowed
    return Household(members, missing, [scope for scope in MeansScope if scope in scopes])


def _agreed(work: Casework, item_code: str, answers: Mapping[str, object]) -> bool:
    fields = work.standards.get(item_code).form.walk()
    return any(answers.get(field.name) is True for field in fields if field.kind is FieldKind.AUTHORISATION)


def _is_minor(number: str) -> bool:
    today = clock.today()
    born = resident_id.parse(number, today).birth_date
    return (today.year - born.year - ((today.month, today.day) < (born.month, born.day))) < ADULT


async def _authorisation(
    work: Casework, number: str, applicant: str, item_code: str
) -> tuple[UUID, set[MeansScope]] | None:
    """The member's own standing authorisation for this applicant and item: its case, and what it allows."""
    rows = await fetch(
        "SELECT a.id, a.answers_sealed, a.submitted_at FROM identity_document d"
        " JOIN application a ON a.person_id = d.person_id"
        " WHERE d.number_index = $1 AND a.item_code = $2 AND a.state IN ('APPROVED', 'COMPLETED')"
        " AND NOT EXISTS (SELECT FROM means_withdrawal w WHERE w.application_id = a.id)"
        " ORDER BY a.id DESC LIMIT $3",
        index_of_number(work.resources, DocumentKind.RESIDENT_ID, number),
        MEANS_CHECK_AUTHORISATION,
        LATEST,
    )
    for row in rows:
        told = open_answers(work, row["id"], row["answers_sealed"])
        ends = _ends(clock.local(row["submitted_at"]).date(), told.get("validMonths"))
        if (
            told.get("meansAuthorisation") is True
            and FOR_ITEMS.get(str(told.get("forItem"))) == item_code
            and str(told.get("applicant")).upper() == applicant
            and clock.today() <= ends
        ):
            scope = told.get("scope")
            return row["id"], {MeansScope(one) for one in scope} if isinstance(scope, list) else set()
    return None


def _ends(given: date, months: object) -> date:
    """The last day of an authorisation for so many months; a month that lacks the day ends earlier."""
    years, month = divmod(given.month - 1 + (months if isinstance(months, int) else 0), 12)
    first = date(given.year + years, month + 1, 1)
    following = (first + timedelta(days=31)).replace(day=1)
    return min(first + timedelta(days=given.day - 1), following - timedelta(days=1))
