"""Who belongs to a case's household, and who of them may be looked up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from backend.casework.applications.actions import open_answers
from backend.casework.definitions import FieldKind
from backend.casework.machine import Casework
from backend.casework.means_check.consents import consent_to, given_by, is_minor
from backend.casework.reviews.desk import number_index
from backend.database.record import Row
from backend.means_ports import MeansMember, MeansScope
from backend.people.identity.queries import facts_of


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
    scopes = frozenset(MeansScope)
    members: list[MeansMember] = []
    missing = 0
    if _agreed(work, case["item_code"], answers):
        members.append(MeansMember(applicant.name, applicant.resident_id, case["id"]))
    else:
        missing += 1
    told = answers.get("members")
    people = [(str(one["name"]), str(one["residentId"])) for one in (told if isinstance(told, list) else ())]
    indices = {number: number_index(work.resources, number) for _, number in people}
    given = await given_by(work, list(indices.values()))
    for name, number in people:
        authorisation: UUID | None = case["id"]
        if not is_minor(number):
            consent = consent_to(given[indices[number]], applicant.resident_id, case["item_code"])
            authorisation = consent.case_id if consent.scopes else None
            scopes = scopes & consent.scopes if consent.scopes else scopes
        if authorisation is None:
            missing += 1
        else:
            members.append(MeansMember(name, number, authorisation))
    return Household(members, missing, [scope for scope in MeansScope if scope in scopes])


def _agreed(work: Casework, item_code: str, answers: Mapping[str, object]) -> bool:
    fields = work.standards.get(item_code).form.walk()
    return any(answers.get(field.name) is True for field in fields if field.kind is FieldKind.AUTHORISATION)
