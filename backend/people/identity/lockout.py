"""Counting face checks that failed, and locking the face in an account where there were too many.

The lock holds in that account only and for that person only; every other way stays open. An officer looks at
it: the review is opened by the lock itself, so that an attack is seen even if its victim never hears of it.
"""

from datetime import timedelta
from uuid import UUID

from backend.database import audit
from backend.database.record import Transaction, fetch_one
from backend.errors import Forbidden, ProblemCode
from backend.kit import clock, regions
from backend.kit.ids import new_id
from backend.people.identity.ladder import LOCKED
from backend.people.reviews.writes import open_review
from backend.ports import FaceOutcome
from backend.resources import Resources
from backend.viewer import Citizen

LOCK_AFTER = 6
"""Failures within ``WINDOW`` of each other's first."""
WINDOW = timedelta(hours=24)

FAILURES = frozenset(
    {
        FaceOutcome.MISMATCH,
        FaceOutcome.DIFFERENT_PEOPLE,
        FaceOutcome.REPEATED_FRAME,
        FaceOutcome.FLAT_PICTURE,
        FaceOutcome.MOTION_NOT_SEEN,
    }
)
"""What an attack looks like. A dark room, an old phone or a bystander is nobody's failure."""


async def require_unlocked(citizen: Citizen, resources: Resources, person_id: UUID) -> None:
    """Raise ``Forbidden(FACE_LOCKED)`` where too many face checks failed, counting the attempt."""
    locked = await fetch_one(
        "SELECT 1 FROM face_standing WHERE account_id = $1 AND person_id = $2 AND locked_at IS NOT NULL",
        citizen.account_id,
        person_id,
    )
    if locked is not None:
        resources.tally.add("face_locked")
        raise Forbidden(LOCKED, code=ProblemCode.FACE_LOCKED)


async def count_outcome(tx: Transaction, citizen: Citizen, person_id: UUID, outcome: FaceOutcome) -> None:
    """Count a check in its own transaction: a match forgets what failed before, enough failures lock."""
    if outcome is FaceOutcome.MATCH:
        await tx.execute(
            "DELETE FROM face_standing WHERE account_id = $1 AND person_id = $2 AND locked_at IS NULL",
            citizen.account_id,
            person_id,
        )
        return
    if outcome not in FAILURES:
        return
    now = clock.now()
    row = await tx.fetch_one(
        "INSERT INTO face_standing AS held (id, created_at, account_id, person_id, failures, counted_from)"
        " VALUES ($1, $2, $3, $4, 1, $2) ON CONFLICT (account_id, person_id) DO UPDATE SET"
        " failures = CASE WHEN held.counted_from > $5 THEN held.failures + 1 ELSE 1 END,"
        " counted_from = CASE WHEN held.counted_from > $5 THEN held.counted_from ELSE $2 END"
        " RETURNING failures, locked_at",
        new_id(),
        now,
        citizen.account_id,
        person_id,
        now - WINDOW,
    )
    if row is None or row["failures"] < LOCK_AFTER or row["locked_at"] is not None:
        return
    await tx.execute(
        "UPDATE face_standing SET locked_at = $3 WHERE account_id = $1 AND person_id = $2",
        citizen.account_id,
        person_id,
        now,
    )
    household = await tx.fetch_one("SELECT household_division FROM person WHERE id = $1", person_id)
    division = (household["household_division"] if household else None) or regions.NATION
    review_id = await open_review(
        tx, citizen=citizen, person_id=person_id, division=division, claim_sealed=None
    )
    for subject in (f"account:{citizen.account_id}", f"person:{person_id}"):
        await audit.append(
            tx,
            subject=subject,
            kind="face_locked",
            actor=f"account:{citizen.account_id}",
            detail={"failures": row["failures"], "review": str(review_id)},
        )


async def lift(tx: Transaction, *, account_id: UUID, person_id: UUID) -> None:
    """An officer has looked: the face may be tried again in this account."""
    await tx.execute(
        "DELETE FROM face_standing WHERE account_id = $1 AND person_id = $2", account_id, person_id
    )
