"""Opening what is masked: an act of an officer, with a reason, that its person can read about."""

from dataclasses import dataclass
from uuid import UUID

from backend.database import audit
from backend.database.record import transaction
from backend.errors import TooMany
from backend.kit.documents import DocumentKind
from backend.people.identity.queries import facts_of
from backend.people.privacy.looks import LookReason
from backend.resources import Resources
from backend.viewer import Officer

REVEALS = "60/hour"
"""Per officer: a day's work is far below it, and going through the neighbours' names is not work."""


TOLD = "20/hour"
"""Refused looks that an officer's trail tells one by one; the metrics count them all."""


@dataclass(frozen=True, slots=True)
class Revealed:
    """A person in the open."""

    name: str
    number: str
    document_kind: DocumentKind


async def reveal_person(
    officer: Officer, resources: Resources, *, person_id: UUID, case_id: UUID, reason: LookReason
) -> Revealed:
    """Name and number of the person of a case that the caller has found visible for this officer.

    Each look is an entry in the person's trail, and counts: too many are refused, and the metrics say so.
    Raises ``NotFound`` and ``TooMany``.
    """
    try:
        await resources.shared.limit(REVEALS, "reveal", str(officer.officer_id))
    except TooMany:
        resources.tally.add("mass_look_up")
        await note_refused_look(officer, resources, why="too_many")
        raise
    person = await facts_of(person_id, resources)
    async with transaction() as tx:
        await audit.append(
            tx,
            subject=f"person:{person_id}",
            kind="applicant_revealed",
            actor=f"officer:{officer.officer_id}",
            detail={"case": str(case_id), "reason": reason.value},
        )
    return Revealed(person.name, person.resident_id, person.document_kind)


async def note_refused_look(officer: Officer, resources: Resources, *, why: str) -> None:
    """Tell in the officer's own trail that they tried to see what is not theirs, or too much; so often an hour at most.

    Whether there is such a person or case makes no difference, neither here nor in the answer.
    """
    try:
        await resources.shared.limit(TOLD, "refused-look", str(officer.officer_id))
    except TooMany:
        return
    subject = f"officer:{officer.officer_id}"
    async with transaction() as tx:
        await audit.append(tx, subject=subject, kind="look_refused", actor=subject, detail={"why": why})
