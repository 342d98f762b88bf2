"""What a window officer does with the case of the citizen before them: open, begin, fill in, correct, hand in.

It is the citizen's own case, the same that the phone shows: whoever was later is told that it has changed.
"""

from collections.abc import Mapping
from uuid import UUID

from backend.casework.applications.actions import (
    begin_draft,
    hand_in,
    keep_answers,
    note_at_window,
    offer,
)
from backend.casework.lifecycle import CaseState
from backend.casework.machine import Casework
from backend.casework.proof import need_of
from backend.casework.reviews.corrections import answer_for
from backend.casework.window.queries import (
    OpenedCase,
    Present,
    opened,
    person_present,
    present_case,
)
from backend.database.record import transaction
from backend.errors import StepUpNeeded
from backend.kit import clock
from backend.people.identity.ladder import PROVE_FIRST
from backend.viewer import Assurance, Officer

OPENS = "240/hour"
"""Cases that one officer opens at a window: it serves fewer."""


async def open_case(officer: Officer, work: Casework, *, application_id: UUID) -> OpenedCase:
    """Read a case with its applicant present; the applicant's trail says so. Raises as ``present_case`` does."""
    await work.resources.shared.limit(OPENS, "window-case", str(officer.officer_id))
    present = await present_case(officer, work, application_id)
    async with transaction() as tx:
        await note_at_window(tx, officer, present.case, "window_case_opened")
    return await opened(work, application_id)


async def start_case(
    officer: Officer,
    work: Casework,
    *,
    visitor_id: UUID,
    item_code: str,
    division: str,
    idempotency_key: str,
) -> OpenedCase:
    """Begin a draft for somebody present; it goes on here or on their phone. Raises ``NotFound``."""
    person_id = await person_present(officer, visitor_id)
    application_id = await begin_draft(
        officer,
        work,
        person_id,
        await offer(officer, work, item_code, division),
        division,
        operation="startAtWindow",
        key=idempotency_key,
        given=[str(person_id), item_code, division],
    )
    return await opened(work, application_id)


async def fill_in(
    officer: Officer,
    work: Casework,
    *,
    application_id: UUID,
    answers: Mapping[str, object],
    version: int,
    idempotency_key: str,
) -> OpenedCase:
    """Replace the answers of a draft, or hand in those that a correction notice lists, as its applicant says them.

    Raises as ``present_case`` does, ``Invalid``, and ``Conflict(STALE_VERSION)`` where the phone was faster.
    """
    case = (await present_case(officer, work, application_id)).case
    correcting = case.state in {CaseState.CORRECTION, CaseState.REVIEW_CORRECTION}
    act = answer_for if correcting else keep_answers
    await act(officer, work, case, answers, version, operation="fillInAtWindow", key=idempotency_key)
    return await opened(work, application_id)


async def hand_in_at_window(
    officer: Officer, work: Casework, *, application_id: UUID, idempotency_key: str
) -> OpenedCase:
    """Hand in a draft for the applicant who is present: seen by an officer is an authoritative proof.

    Raises as ``present_case`` and handing in do, and ``StepUpNeeded`` where the item takes no such proof.
    """
    present = await present_case(officer, work, application_id)
    draft = present.case.state is CaseState.DRAFT
    await hand_in(
        officer,
        work,
        present.case,
        _proof(work, present) if draft else None,
        operation="submitAtWindow",
        key=idempotency_key,
    )
    return await opened(work, application_id)


def _proof(work: Casework, present: Present) -> Assurance:
    need = need_of(work.standards.get(present.case.item_code))
    proof = present.proof
    fresh = need.within is None or clock.now() - proof.proven_at <= need.within
    if proof.level < need.level or not fresh or proof.method not in (need.methods or {proof.method}):
        raise StepUpNeeded(PROVE_FIRST, level=need.level, within=need.within)
    return proof
