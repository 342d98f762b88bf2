"""Reviews as their citizen and the officers of their division see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from backend.database.record import Row, fetch
from backend.errors import NotFound, Text
from backend.kit import masking, regions
from backend.kit.documents import DocumentKind
from backend.people.reviews.models import ReviewKind, ReviewReason, ReviewState
from backend.resources import Resources
from backend.viewer import Citizen, Officer

NO_SUCH_REVIEW = Text("没有找到该核验。", "There is no such review.")
MOST_OF_ONE = 20


@dataclass(frozen=True, slots=True)
class ReviewView:
    """A review without anybody's name in the open."""

    id: UUID
    kind: ReviewKind
    state: ReviewState
    code: str
    division: str
    opened_at: datetime
    decided_at: datetime | None
    reason: ReviewReason | None
    name: str | None
    """Masked."""
    number: str | None
    document_kind: DocumentKind | None


@dataclass(frozen=True, slots=True)
class OpenClaim:
    """What was claimed, in the open: for the officer who looks at it, which the audit trail tells."""

    review_id: UUID
    name: str
    number: str
    document_kind: DocumentKind
    country: str | None
    birth_date: str | None


COLUMNS = "id, kind, state, code, division, created_at, decided_at, reason, claim_sealed, account_id, session_id, person_id"


async def reviews_of(citizen: Citizen, resources: Resources) -> Sequence[ReviewView]:
    """The citizen's own, the newest first, 20 at most."""
    rows = await fetch(
        f"SELECT {COLUMNS} FROM identity_review WHERE account_id = $1 ORDER BY id DESC LIMIT $2",  # noqa: S608 - a constant of ours
        citizen.account_id,
        MOST_OF_ONE,
    )
    return [view(resources, row) for row in rows]


async def reviews_for(
    officer: Officer,
    resources: Resources,
    *,
    state: ReviewState = ReviewState.OPEN,
    limit: int,
    after: UUID | None = None,
) -> Sequence[ReviewView]:
    """Those in the officer's division in one state, the oldest first."""
    rows = await fetch(
        f"SELECT {COLUMNS} FROM identity_review WHERE division LIKE $1 AND state = $2"  # noqa: S608 - a constant of ours
        " AND ($3::uuid IS NULL OR id > $3) ORDER BY id LIMIT $4",
        f"{regions.prefix(officer.division)}%",
        state.value,
        after,
        limit,
    )
    return [view(resources, row) for row in rows]


async def review_for(
    viewer: Officer | Citizen, resources: Resources, *, review_id: UUID | None = None, code: str | None = None
) -> ReviewView:
    """One review, by id or by the code that its citizen tells. Raises ``NotFound``."""
    return view(resources, await row_for(viewer, review_id=review_id, code=code))


async def row_for(
    viewer: Officer | Citizen, *, review_id: UUID | None = None, code: str | None = None
) -> Row:
    """The row behind it, if the viewer may see it. Raises ``NotFound``."""
    rows = await fetch(
        f"SELECT {COLUMNS} FROM identity_review WHERE (id = $1 OR code = $2)"  # noqa: S608 - a constant of ours
        " AND (account_id = $3 OR division LIKE $4)",
        review_id,
        None if code is None else code[:20].upper().replace(" ", ""),
        viewer.account_id if isinstance(viewer, Citizen) else None,
        f"{regions.prefix(viewer.division)}%" if isinstance(viewer, Officer) else None,
    )
    if not rows:
        raise NotFound(NO_SUCH_REVIEW)
    return rows[0]


async def row_of(review_id: UUID) -> Row:
    """The row of a review that somebody has been given with something else of theirs. Raises ``NotFound``."""
    rows = await fetch(f"SELECT {COLUMNS} FROM identity_review WHERE id = $1", review_id)  # noqa: S608 - a constant of ours
    if not rows:
        raise NotFound(NO_SUCH_REVIEW)
    return rows[0]


def view(resources: Resources, row: Row) -> ReviewView:
    """A row as it may be shown."""
    claim = open_claim(resources, row)
    return ReviewView(
        id=row["id"],
        kind=ReviewKind(row["kind"]),
        state=ReviewState(row["state"]),
        code=row["code"],
        division=row["division"],
        opened_at=row["created_at"],
        decided_at=row["decided_at"],
        reason=None if row["reason"] is None else ReviewReason(row["reason"]),
        name=None if claim is None else masking.name(claim.name),
        number=None if claim is None else masking.document(claim.number),
        document_kind=None if claim is None else claim.document_kind,
    )


def open_claim(resources: Resources, row: Row) -> OpenClaim | None:
    """What was claimed; None for a review of another kind, and for one that is over."""
    if row["claim_sealed"] is None:
        return None
    told = orjson.loads(resources.keys.ring.open(row["claim_sealed"], context=f"review.claim:{row['id']}"))
    return OpenClaim(
        review_id=row["id"],
        name=told["name"],
        number=told["number"],
        document_kind=DocumentKind(told["kind"]),
        country=told["country"],
        birth_date=told["birth_date"],
    )
