"""The officer's side: decide what was laid before their division, suspend an organisation."""

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

import orjson

from backend.database.idempotency import once
from backend.database.record import Row, Transaction, transaction
from backend.errors import Conflict, Forbidden, Invalid, NotFound, ProblemCode, Text
from backend.kit import clock, regions
from backend.providers.organisations.actions import NO_SUCH_ORGANISATION, REGISTERED, tell
from backend.providers.organisations.models import OrganisationState, ReviewKind
from backend.providers.places.keeping import decide_listing, show_places
from backend.viewer import Officer

LONGEST_REASON = 500

NO_SUCH_REVIEW = Text("没有这项审核。", "There is no such review.")
DECIDED = Text("该审核已有结论。", "This review was decided already.")
SAY_WHY = Text("请填写理由，500字以内。", "Give the reason, in at most 500 characters.")
NOT_ACTIVE = Text("该机构不在服务状态。", "The organisation is not active.")
OWN_SUSPENSION = Text(
    "申诉须由作出暂停决定以外的人员处理。", "An appeal is decided by somebody else than who suspended."
)

Effect = Callable[[Transaction, Row, Officer, bool, str], Awaitable[None]]


async def decide(
    officer: Officer, *, review_id: UUID, approve: bool, reason: str, idempotency_key: str
) -> UUID:
    """Decide a review of the officer's division: what is approved takes effect with it. A refusal says why.

    Raises ``NotFound``, ``Invalid`` and, where somebody else was quicker, ``Conflict``.
    """
    reason = _checked(reason, wanted=not approve)
    async with transaction() as tx:
        known = await once(
            tx,
            actor=f"officer:{officer.officer_id}",
            operation="decideProviderReview",
            key=idempotency_key,
            given=[str(review_id), approve, reason],
            subject=review_id,
        )
        if known is not None:
            return known
        # A place before its reviews, as whoever hands in the next version holds them.
        await tx.execute(
            "SELECT 1 FROM place WHERE id = (SELECT version.place_id FROM provider_review review"
            " JOIN place_version version ON version.id = review.subject_id WHERE review.id = $1"
            " AND review.kind = 'LISTING' AND review.division LIKE $2) FOR NO KEY UPDATE",
            review_id,
            _within(officer),
        )
        row = await tx.fetch_one(
            "SELECT id, organisation_id, kind, subject_id, state FROM provider_review"
            " WHERE id = $1 AND division LIKE $2 FOR NO KEY UPDATE",
            review_id,
            _within(officer),
        )
        if row is None:
            raise NotFound(NO_SUCH_REVIEW)
        if row["state"] != "OPEN":
            raise Conflict(DECIDED, code=ProblemCode.ALREADY_DONE)
        await _EFFECTS[ReviewKind(row["kind"])](tx, row, officer, approve, reason)
        await tx.execute(
            "UPDATE provider_review SET state = $2, reason = $3, decided_by = $4, decided_at = $5 WHERE id = $1",
            review_id,
            "APPROVED" if approve else "REFUSED",
            reason,
            officer.officer_id,
            clock.now(),
        )
        await tell(
            tx,
            row["organisation_id"],
            "provider_review_decided",
            f"officer:{officer.officer_id}",
            {"review": str(review_id), "kind": row["kind"], "approved": approve},
        )
    return review_id


async def suspend(officer: Officer, *, organisation_id: UUID, reason: str, idempotency_key: str) -> UUID:
    """Take an organisation of the officer's division out of service at once, with a reason it can read."""
    reason = _checked(reason, wanted=True)
    async with transaction() as tx:
        known = await once(
            tx,
            actor=f"officer:{officer.officer_id}",
            operation="suspendOrganisation",
            key=idempotency_key,
            given=[str(organisation_id), reason],
            subject=organisation_id,
        )
        if known is not None:
            return known
        row = await tx.fetch_one(
            "SELECT state FROM organisation WHERE id = $1 AND division LIKE $2 AND state <> 'DRAFT' FOR NO KEY UPDATE",
            organisation_id,
            _within(officer),
        )
        if row is None:
            raise NotFound(NO_SUCH_ORGANISATION)
        if row["state"] != OrganisationState.ACTIVE:
            raise Conflict(NOT_ACTIVE)
        await tx.execute(
            "UPDATE organisation SET state = 'SUSPENDED', reason = $2, decided_by = $3, decided_at = $4 WHERE id = $1",
            organisation_id,
            reason,
            officer.officer_id,
            clock.now(),
        )
        await show_places(tx, organisation_id, listed=False)
        await tell(tx, organisation_id, "organisation_suspended", f"officer:{officer.officer_id}")
    return organisation_id


async def _registration(tx: Transaction, review: Row, officer: Officer, approve: bool, reason: str) -> None:
    row = await tx.fetch_one(
        "SELECT credit_code, state, proposed FROM organisation WHERE id = $1 FOR NO KEY UPDATE",
        review["subject_id"],
    )
    if row is None:
        raise NotFound(NO_SUCH_ORGANISATION)
    if not approve:
        # One that works goes on as it was; one that never did may mend what was wrong and come again.
        await tx.execute(
            "UPDATE organisation SET state = CASE WHEN state = 'SUBMITTED' THEN 'REFUSED' ELSE state END,"
            " reason = CASE WHEN state = 'SUBMITTED' THEN $2 ELSE reason END,"
            " decided_by = $3, decided_at = $4 WHERE id = $1",
            review["subject_id"],
            reason,
            officer.officer_id,
            clock.now(),
        )
        return
    await tx.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"organisation:{row['credit_code']}"
    )
    taken = await tx.fetch_one(
        "SELECT 1 FROM organisation WHERE credit_code = $1 AND id <> $2 AND state IN ('ACTIVE', 'SUSPENDED')",
        row["credit_code"],
        review["subject_id"],
    )
    if taken is not None:
        raise Conflict(REGISTERED, code=ProblemCode.ALREADY_DONE)
    told = orjson.loads(row["proposed"])
    await tx.execute(
        "UPDATE organisation SET name = $2, address = $3, licences = $4::jsonb, proposed = NULL, reason = '',"
        " state = CASE WHEN state = 'SUSPENDED' THEN state ELSE 'ACTIVE' END, decided_by = $5, decided_at = $6"
        " WHERE id = $1",
        review["subject_id"],
        told["name"],
        told["address"],
        orjson.dumps(told["licences"]).decode(),
        officer.officer_id,
        clock.now(),
    )


async def _appeal(tx: Transaction, review: Row, officer: Officer, approve: bool, _reason: str) -> None:
    row = await tx.fetch_one(
        "SELECT decided_by FROM organisation WHERE id = $1 AND state = 'SUSPENDED' FOR NO KEY UPDATE",
        review["subject_id"],
    )
    if row is None:
        raise Conflict(DECIDED, code=ProblemCode.ALREADY_DONE)
    if row["decided_by"] == officer.officer_id:
        raise Forbidden(OWN_SUSPENSION, code=ProblemCode.CONFLICT_OF_INTEREST)
    if approve:
        await tx.execute(
            "UPDATE organisation SET state = 'ACTIVE', reason = '', decided_by = $2, decided_at = $3 WHERE id = $1",
            review["subject_id"],
            officer.officer_id,
            clock.now(),
        )
        await show_places(tx, review["subject_id"], listed=True)


async def _listing(tx: Transaction, review: Row, _officer: Officer, approve: bool, reason: str) -> None:
    await decide_listing(tx, review["subject_id"], approve=approve, reason=reason)


_EFFECTS: Mapping[ReviewKind, Effect] = {
    ReviewKind.REGISTRATION: _registration,
    ReviewKind.LISTING: _listing,
    ReviewKind.APPEAL: _appeal,
}


def _within(officer: Officer) -> str:
    return f"{regions.prefix(officer.division)}%"


def _checked(reason: str, *, wanted: bool) -> str:
    reason = reason.strip()
    if len(reason) > LONGEST_REASON or (wanted and not reason):
        raise Invalid(SAY_WHY).about("input", "reason")
    return reason
