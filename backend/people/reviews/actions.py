"""Asking for an officer's look, and the officer's decision.

Whoever the registry does not know yet is not turned away: they ask for a review, come to a window, are
visited, or take a video ticket, and the officer who has seen person and document decides. The registry goes
on being asked until it knows them (``recheck``). What the registry contradicts no officer can confirm here:
that is corrected where the register is kept.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

import orjson
import structlog

from backend.database import audit
from backend.database.idempotency import once
from backend.database.record import Row, Transaction, fetch, fetch_one, transaction
from backend.errors import Conflict, FieldProblem, Forbidden, Invalid, ProblemCode, Text
from backend.kit import clock, regions
from backend.kit.documents import Document, DocumentKind
from backend.kit.ids import new_id
from backend.people.identity.actions import refused
from backend.people.identity.claims import Claim, Told, read_claim
from backend.people.identity.ladder import HOME_VISIT, WINDOW, Way
from backend.people.identity.lockout import lift
from backend.people.identity.persons import (
    CHECK_AGAIN_AFTER,
    By,
    bind_account,
    keep_person,
    record_proof,
)
from backend.people.identity.queries import DOCUMENT, open_name, open_number
from backend.people.identity.window import INTAKE_ONLY, KINDS, OTHER_DOCUMENT, Place, WindowDocument
from backend.people.reviews.models import ReviewKind, ReviewReason, ReviewState
from backend.people.reviews.queries import OpenClaim, open_claim, row_for
from backend.people.reviews.writes import open_review
from backend.ports import RegistryAnswer, RegistryRecord
from backend.resources import Resources
from backend.viewer import Assurance, Citizen, Officer, OfficerRole

log = structlog.get_logger()

REQUESTS = "5/day"
"""Per account."""
LOOKS = "200/hour"
"""Per officer: claims are not to be browsed."""
LONGEST_NOTE = 500

BOUND_ALREADY = Text("该账号已完成实名认证。", "This account has a real name already.")
NO_SUCH_DIVISION = Text("没有这个行政区划。", "There is no such division.")
OVER = Text("该核验已办结。", "This review is over.")
BAD_NOTE = Text("备注不超过500个字。", "A note has at most 500 characters.")
BAD_REASON = Text(
    "通过时理由应为“无误”，不通过时应选择具体理由。",
    "ALL_RIGHT confirms; a refusal needs one of the other reasons.",
)

WAY_OF = {Place.WINDOW: WINDOW, Place.HOME_VISIT: HOME_VISIT}


@dataclass(frozen=True, slots=True)
class Decision:
    """What an officer decided of a review, and how they saw the person."""

    confirmed: bool
    reason: ReviewReason
    way: Way
    document_seen: WindowDocument
    note: str = ""


async def request_review(
    citizen: Citizen, resources: Resources, told: Told, *, division: str, idempotency_key: str
) -> UUID:
    """Ask that the officers of ``division`` look at a name and document which could not be confirmed.

    It is opened whatever the registry says: neither the answer nor its time tells whether the person exists.
    Raises ``Invalid``, ``Conflict(ALREADY_DONE)`` for an account with a real name, and ``TooMany``.
    """
    if citizen.subject_id is not None:
        raise Conflict(BOUND_ALREADY, code=ProblemCode.ALREADY_DONE)
    claim = read_claim(told)
    if regions.get(division) is None:
        raise Invalid(
            NO_SUCH_DIVISION,
            code=ProblemCode.UNKNOWN_DIVISION,
            fields=(FieldProblem(("input", "division"), NO_SUCH_DIVISION),),
        )
    await resources.shared.limit(REQUESTS, "review", str(citizen.account_id))
    review_id, subject = new_id(), f"account:{citizen.account_id}"
    sealed = resources.keys.ring.seal(_written(claim), context=f"review.claim:{review_id}")
    async with transaction() as tx:
        await tx.execute("SELECT 1 FROM account WHERE id = $1 FOR NO KEY UPDATE", citizen.account_id)
        known = await once(
            tx,
            actor=subject,
            operation="requestIdentityReview",
            key=idempotency_key,
            given=[division],
            subject=review_id,
        )
        if known is not None:
            return known
        opened = await open_review(
            tx,
            citizen=citizen,
            person_id=None,
            division=division,
            claim_sealed=sealed,
            review_id=review_id,
        )
        if opened == review_id:
            await audit.append(
                tx, subject=subject, kind="review_requested", actor=subject, detail={"review": str(review_id)}
            )
    return opened


async def withdraw_review(citizen: Citizen, *, review_id: UUID) -> None:
    """Take an open review of one's own back; what was claimed is forgotten. Raises ``NotFound``, ``Conflict``."""
    row = await row_for(citizen, review_id=review_id)
    subject = f"account:{citizen.account_id}"
    async with transaction() as tx:
        if row["kind"] != ReviewKind.REAL_NAME or not await _close(tx, review_id, ReviewState.WITHDRAWN):
            raise Conflict(OVER, code=ProblemCode.ALREADY_DONE)
        await audit.append(
            tx, subject=subject, kind="review_withdrawn", actor=subject, detail={"review": str(review_id)}
        )


async def look_at(officer: Officer, resources: Resources, *, review_id: UUID) -> OpenClaim:
    """What was claimed, in the open, and an entry that this officer has seen it. Raises ``NotFound``, ``Conflict``."""
    _require_intake(officer)
    row = await row_for(officer, review_id=review_id)
    claim = open_claim(resources, row)
    if claim is None or row["state"] != ReviewState.OPEN:
        raise Conflict(OVER, code=ProblemCode.ALREADY_DONE)
    await resources.shared.limit(LOOKS, "review-looked", str(officer.officer_id))
    await _audit(officer, row, kind="review_opened")
    return claim


async def decide_review(
    officer: Officer,
    resources: Resources,
    *,
    review_id: UUID,
    decision: Decision,
) -> Assurance | None:
    """Decide an open review; deciding it the same way again changes nothing.

    A name is bound to the account and proven in the session that asked; a lock-out is lifted. Raises
    ``NotFound``, ``Conflict(ALREADY_DONE)``, ``Forbidden`` without the role INTAKE, and ``Invalid``
    (IDENTITY_MISMATCH, DOCUMENT_EXPIRED) where the registry contradicts a confirmation.
    """
    _require_intake(officer)
    row = await row_for(officer, review_id=review_id)
    _check(decision)
    if row["state"] != ReviewState.OPEN:
        if row["reason"] == decision.reason:
            return None
        raise Conflict(OVER, code=ProblemCode.ALREADY_DONE)
    claim, record = await _asked_again(officer, resources, row, decision)
    async with transaction() as tx:
        return await settle(tx, resources, officer, row, decision, claim=claim, record=record)


async def settle(
    tx: Transaction,
    resources: Resources,
    officer: Officer,
    row: Row,
    decision: Decision,
    *,
    claim: Claim | None,
    record: RegistryRecord | None,
) -> Assurance | None:
    """Write a decision down, inside the caller's transaction; what it proved, where it proved anything."""
    state = ReviewState.CONFIRMED if decision.confirmed else ReviewState.REFUSED
    note = resources.keys.ring.seal(decision.note.encode(), context=f"review.note:{row['id']}")
    if not await _close(tx, row["id"], state, officer=officer, decision=decision, note_sealed=note):
        raise Conflict(OVER, code=ProblemCode.ALREADY_DONE)
    person_id: UUID | None = row["person_id"]
    proof: Assurance | None = None
    actor = f"officer:{officer.officer_id}"
    if decision.confirmed and claim is not None:
        known = record if record is not None and record.answer is RegistryAnswer.MATCH else None
        person_id = await keep_person(tx, resources, claim, known, actor=actor)
        await bind_account(tx, account_id=row["account_id"], person_id=person_id)
        proof = proof_by(decision.way)
        await record_proof(
            tx,
            person_id=person_id,
            proof=proof,
            by=By(session_id=row["session_id"], officer_id=officer.officer_id),
        )
    elif decision.confirmed and person_id is not None:
        await lift(tx, account_id=row["account_id"], person_id=person_id)
    subjects = [f"account:{row['account_id']}", *([f"person:{person_id}"] if person_id else [])]
    for subject in subjects:
        await audit.append(
            tx,
            subject=subject,
            kind="review_confirmed" if decision.confirmed else "review_refused",
            actor=actor,
            detail={
                "review": str(row["id"]),
                "reason": decision.reason.value,
                "way": decision.way.method.value,
                "document": decision.document_seen.value,
                "organ": str(officer.organ_id),
            },
        )
    return proof


def proof_by(way: Way) -> Assurance:
    """A proof of this moment by a way."""
    now = clock.now()
    return Assurance(way.level, way.method, now, now + way.lifetime)


async def _asked_again(
    officer: Officer, resources: Resources, row: Row, decision: Decision
) -> tuple[Claim | None, RegistryRecord | None]:
    """The claim and what the registry says of it today; a contradiction refuses the confirmation."""
    opened = open_claim(resources, row)
    if opened is None or not decision.confirmed:
        return None, None
    return await ask_registry(officer, resources, opened, decision.document_seen)


async def ask_registry(
    officer: Officer, resources: Resources, opened: OpenClaim, document_seen: WindowDocument
) -> tuple[Claim, RegistryRecord]:
    """The claim of a review, confirmed or not contradicted by the registry. Raises ``Invalid``."""
    birth_date = None if opened.birth_date is None else date.fromisoformat(opened.birth_date)
    claim = read_claim(Told(opened.name, opened.number, opened.document_kind, opened.country, birth_date))
    if claim.document.kind not in KINDS[document_seen]:
        raise Invalid(OTHER_DOCUMENT, fields=(FieldProblem(("input", "documentSeen"), OTHER_DOCUMENT),))
    record = await resources.ports.registry.check(name=claim.name, document=claim.document)
    if record.answer not in {RegistryAnswer.MATCH, RegistryAnswer.UNKNOWN}:
        actor = f"officer:{officer.officer_id}"
        raise await refused(resources, record, subject=actor, actor=actor, kind="review_contradicted")
    return claim, record


async def recheck(resources: Resources, *, most: int = 100) -> int:
    """Ask the registry again about people it did not know, for the worker's clock; how many it knows now."""
    rows = await fetch(
        f"SELECT document.id, document.person_id, {DOCUMENT}, person.birth_date FROM identity_document document"  # noqa: S608 - a constant of ours
        " JOIN person ON person.id = document.person_id WHERE document.check_again_at <= $1"
        " ORDER BY document.check_again_at LIMIT $2",
        clock.now(),
        most,
    )
    known = 0
    for row in rows:
        kind, number = DocumentKind(row["kind"]), open_number(resources, row)
        document = Document(kind, number, row["country"], row["birth_date"], None)
        claim = Claim(open_name(resources, row), document)
        record = await resources.ports.registry.check(name=claim.name, document=claim.document)
        known += await _rechecked(resources, row, claim, record)
    return known


async def _rechecked(resources: Resources, row: Row, claim: Claim, record: RegistryRecord) -> bool:
    subject, actor = f"person:{row['person_id']}", "machine:registry"
    async with transaction() as tx:
        if record.answer is RegistryAnswer.MATCH:
            await keep_person(tx, resources, claim, record, actor=actor)
            await audit.append(tx, subject=subject, kind="registry_knows_now", actor=actor)
            return True
        await tx.execute(
            "UPDATE identity_document SET check_again_at = $2 WHERE id = $1 AND confirmed_by = 'OFFICER'",
            row["id"],
            clock.now() + CHECK_AGAIN_AFTER if record.answer is RegistryAnswer.UNKNOWN else None,
        )
        if record.answer is not RegistryAnswer.UNKNOWN:
            # An officer vouched for something else than what the register says now: people have to look.
            resources.tally.add("registry_contradicts_officer")
            log.error("registry_contradicts_officer", document=str(row["id"]))
            await audit.append(tx, subject=subject, kind="registry_contradicts_officer", actor=actor)
    return False


async def _close(
    tx: Transaction,
    review_id: UUID,
    state: ReviewState,
    *,
    officer: Officer | None = None,
    decision: Decision | None = None,
    note_sealed: str | None = None,
) -> bool:
    """End an open review and forget what was claimed in it; False where it was over."""
    row = await tx.fetch_one(
        "UPDATE identity_review SET state = $2, decided_at = $3, officer_id = $4, reason = $5, note_sealed = $6,"
        " claim_sealed = NULL WHERE id = $1 AND state = 'OPEN' RETURNING id",
        review_id,
        state.value,
        clock.now(),
        officer.officer_id if officer else None,
        decision.reason.value if decision else None,
        note_sealed,
    )
    return row is not None


def _check(decision: Decision) -> None:
    if decision.confirmed != (decision.reason is ReviewReason.ALL_RIGHT):
        raise Invalid(BAD_REASON, fields=(FieldProblem(("input", "reason"), BAD_REASON),))
    if len(decision.note) > LONGEST_NOTE:
        raise Invalid(BAD_NOTE, fields=(FieldProblem(("input", "note"), BAD_NOTE),))


def _require_intake(officer: Officer) -> None:
    if OfficerRole.INTAKE not in officer.roles:
        raise Forbidden(INTAKE_ONLY)


def _written(claim: Claim) -> bytes:
    document = claim.document
    return orjson.dumps(
        {
            "name": claim.name,
            "number": document.number,
            "kind": document.kind.value,
            "country": document.country if document.kind is DocumentKind.PASSPORT else None,
            "birth_date": None if document.birth_date is None else document.birth_date.isoformat(),
        }
    )


async def _audit(officer: Officer, row: Row, *, kind: str) -> None:
    async with transaction() as tx:
        await audit.append(
            tx,
            subject=f"account:{row['account_id']}",
            kind=kind,
            actor=f"officer:{officer.officer_id}",
            detail={"review": str(row["id"]), "organ": str(officer.organ_id)},
        )


async def open_review_of(account_id: UUID) -> Row | None:
    """The open review of a name in this account, for whoever sees its citizen."""
    return await fetch_one(
        "SELECT id FROM identity_review WHERE account_id = $1 AND kind = 'REAL_NAME' AND state = 'OPEN'",
        account_id,
    )
