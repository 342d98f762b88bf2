"""What a form starts with: what is verified, shown but not asked, and how to reach the citizen as last told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from backend.casework.applications.acting import ward_for
from backend.casework.applications.actions import open_answers, require_person
from backend.casework.definitions import Known, ServiceItem
from backend.casework.machine import Casework
from backend.database.record import fetch_one
from backend.errors import Text
from backend.kit import masking, regions
from backend.kit.resident_id import Sex
from backend.people.identity.queries import PersonFacts, facts_of
from backend.viewer import Citizen

REMEMBERED = ("contactPhone", "currentAddress")
"""Fields that carry over from the citizen's own last case; nothing else does (国令716 Art. 7: no other ends)."""

_LABELS: Mapping[Known, Text] = {
    Known.NAME: Text("姓名", "Name"),
    Known.RESIDENT_ID: Text("证件号码", "Number of the document"),
    Known.BIRTH_DATE: Text("出生日期", "Date of birth"),
    Known.SEX: Text("性别", "Sex"),
    Known.HOUSEHOLD_DIVISION: Text("户籍地", "Household registered in"),
}
_SEXES: Mapping[Sex, Text] = {Sex.MALE: Text("男", "Male"), Sex.FEMALE: Text("女", "Female")}


@dataclass(frozen=True, slots=True)
class VerifiedFact:
    """Something verified, as it may be shown to the citizen."""

    kind: Known
    label: Text
    value: Text


@dataclass(frozen=True, slots=True)
class Prefill:
    """What a form starts with."""

    verified: Sequence[VerifiedFact]
    answers: Mapping[str, object]


async def prefill(
    citizen: Citizen, work: Casework, item: ServiceItem, *, on_behalf_of: UUID | None = None
) -> Prefill:
    """For a new draft of ``item``; with ``on_behalf_of``, the id of a delegation, of its principal's.

    Then only what was told in cases of the same item is remembered: a delegation shows nothing beyond its scope. Raises
    ``StepUpNeeded`` before a real name was bound, and for a delegation as ``ward_for`` does.
    """
    person_id = require_person(citizen)
    if on_behalf_of is not None:
        person_id = await ward_for(citizen, on_behalf_of, item)
    person = await facts_of(person_id, work.resources)
    remembered = await _remembered(work, person, None if on_behalf_of is None else item.base_code)
    answers: dict[str, object] = {}
    for field in item.form.fields:
        if field.prefill is Known.HOUSEHOLD_DIVISION and person.household_division:
            answers[field.name] = person.household_division
        elif field.name in remembered:
            answers[field.name] = remembered[field.name]
    return Prefill(verified=tuple(_verified(person)), answers=answers)


def _verified(person: PersonFacts) -> Sequence[VerifiedFact]:
    home = person.household_division
    shown = {
        Known.NAME: _same(masking.name(person.name)),
        Known.RESIDENT_ID: _same(masking.resident_id(person.resident_id)),
        Known.BIRTH_DATE: _same(person.birth_date.isoformat()),
        Known.SEX: _SEXES[person.sex],
        Known.HOUSEHOLD_DIVISION: _same(regions.full_name(home)) if home else None,
    }
    return [VerifiedFact(kind, _LABELS[kind], value) for kind, value in shown.items() if value]


def _same(value: str) -> Text:
    return Text(value, value)


async def _remembered(work: Casework, person: PersonFacts, item_code: str | None) -> Mapping[str, object]:
    """What carries over from the person's last submitted case, or nothing."""
    row = await fetch_one(
        "SELECT id, answers_sealed FROM application WHERE person_id = $1 AND submitted_at IS NOT NULL"
        " AND ($2::text IS NULL OR item_code = $2) ORDER BY id DESC LIMIT 1",
        person.person_id,
        item_code,
    )
    told = open_answers(work, row["id"], row["answers_sealed"]) if row else {}
    return {name: told[name] for name in REMEMBERED if name in told}
