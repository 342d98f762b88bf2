"""Opening a review inside somebody else's transaction."""

from uuid import UUID

from backend.database.record import Transaction
from backend.kit.ids import new_code, new_id
from backend.people.reviews.models import IdentityReview, ReviewKind
from backend.viewer import Citizen

CODE_LENGTH = 8


async def open_review(
    tx: Transaction,
    *,
    citizen: Citizen,
    person_id: UUID | None,
    division: str,
    claim_sealed: str | None,
    review_id: UUID | None = None,
) -> UUID:
    """A review for the officers of ``division``; the one that is open already where there is one."""
    kind = ReviewKind.FACE_LOCKOUT if claim_sealed is None else ReviewKind.REAL_NAME
    open_already = await tx.fetch_one(
        "SELECT id FROM identity_review WHERE account_id = $1 AND kind = $2 AND state = 'OPEN'",
        citizen.account_id,
        kind.value,
    )
    if open_already is not None:
        known: UUID = open_already["id"]
        return known
    review_id = review_id or new_id()
    await IdentityReview.create(
        id=review_id,
        kind=kind,
        code=new_code(CODE_LENGTH),
        division=division,
        account_id=citizen.account_id,
        session_id=citizen.session_id,
        person_id=person_id,
        claim_sealed=claim_sealed,
    )
    return review_id
