"""Who reads of a household: officers of the case, and each member the cases in which they are named."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import orjson

from backend.casework.applications.queries import application
from backend.casework.household.keeping import members_field, told_context
from backend.casework.lifecycle import OPEN, CaseState
from backend.casework.machine import Casework
from backend.casework.means_check.consents import Consent, ConsentState, consent_to, given_by, is_minor
from backend.casework.reviews.files import DOING
from backend.database.record import fetch
from backend.kit import masking
from backend.people.identity.queries import facts_of, open_number, opened_name
from backend.viewer import Citizen, Officer

MOST = 50
COUNTED = [*(state.value for state in OPEN), CaseState.APPROVED.value, CaseState.COMPLETED.value]
"""A case that is under way, or was decided: of the same person in another one an officer wants to know."""


@dataclass(frozen=True, slots=True)
class MemberView:
    """A member as an officer of the case sees them: masked."""

    id: UUID
    name: str
    resident_id: str
    relation: str
    consent: ConsentState
    """To the means check; of a minor the applicant's."""
    consented_on: date | None
    consent_until: date | None
    elsewhere: int
    """Other cases of assistance, under way or decided, in which the same person is a member or applies."""


@dataclass(frozen=True, slots=True)
class NamedIn:
    """A case in which the viewer is named as a member of the household."""

    id: UUID
    applicant_name: str
    """Masked."""
    item_code: str
    organ_name: str
    state: CaseState
    submitted_at: datetime | None
    consent: ConsentState
    """The viewer's own, to the means check."""


async def members_of(officer: Officer, work: Casework, application_id: UUID) -> Sequence[MemberView]:
    """The members of a case's household; of a case that the officer may not see, none."""
    case = await application(officer, application_id)
    if case is None or officer.roles.isdisjoint(DOING):
        return ()
    rows = await fetch(
        "SELECT m.id, m.number_index, m.told_sealed, (SELECT count(*) FROM application o"
        "   WHERE o.id <> m.application_id AND o.state = ANY($2::text[]) AND o.item_code = ANY($3::text[])"
        "   AND o.id IN (SELECT application_id FROM household_member WHERE number_index = m.number_index"
        "     UNION SELECT a.id FROM identity_document d JOIN application a ON a.person_id = d.person_id"
        "       WHERE d.number_index = m.number_index))::int AS elsewhere"
        " FROM household_member m WHERE m.application_id = $1 ORDER BY m.id LIMIT $4",
        application_id,
        COUNTED,
        [code for code, item in work.standards.by_code.items() if members_field(item)],
        MOST,
    )
    applicant = await facts_of(case.person_id, work.resources)
    given = await given_by(work, [row["number_index"] for row in rows])
    found = []
    for row in rows:
        told = orjson.loads(
            work.resources.keys.ring.open(row["told_sealed"], context=told_context(row["id"]))
        )
        consent = Consent(ConsentState.BY_APPLICANT)
        if not is_minor(told["residentId"]):
            consent = consent_to(given[row["number_index"]], applicant.resident_id, case.item_code)
        found.append(
            MemberView(
                row["id"],
                masking.name(told["name"]),
                masking.resident_id(told["residentId"]),
                str(told["relation"] or ""),
                consent.state,
                consent.given_on,
                consent.until,
                row["elsewhere"],
            )
        )
    return found


async def named_in(citizen: Citizen, work: Casework, *, before: UUID | None, limit: int) -> Sequence[NamedIn]:
    """Cases handed in by others that name the viewer as a member of their household, the newest first."""
    rows = await fetch(
        "SELECT a.id, a.item_code, a.organ_name, a.state, a.submitted_at, mine.number_index AS own_index,"
        " d.name_sealed, d.number_sealed, d.number_index FROM identity_document mine"
        " JOIN household_member m ON m.number_index = mine.number_index JOIN application a ON a.id = m.application_id"
        " JOIN identity_document d ON d.person_id = a.person_id AND d.main"
        " WHERE mine.person_id = $1 AND a.person_id <> $1 AND ($2::uuid IS NULL OR a.id < $2)"
        " ORDER BY a.id DESC LIMIT $3",
        citizen.person_id,
        before,
        limit,
    )
    given = await given_by(work, sorted({row["own_index"] for row in rows}))
    return [
        NamedIn(
            row["id"],
            masking.name(opened_name(work.resources, row["name_sealed"], row["number_index"])),
            row["item_code"],
            row["organ_name"],
            CaseState(row["state"]),
            row["submitted_at"],
            consent_to(given[row["own_index"]], open_number(work.resources, row), row["item_code"]).state,
        )
        for row in rows
    ]
