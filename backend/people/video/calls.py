"""The officer's side of a video ticket: calling, comparing, and the verdict.

A verdict is given by the officer who called, about the session that took the ticket. Nothing of the call is
recorded but that.
"""

from uuid import UUID

import structlog

from backend.database import audit
from backend.database.record import Row, Transaction, transaction
from backend.errors import (
    Conflict,
    FieldProblem,
    Forbidden,
    Invalid,
    ProblemCode,
    Text,
    Unavailable,
)
from backend.kit import clock
from backend.people.identity.ladder import VIDEO as WAY
from backend.people.identity.persons import By, record_proof
from backend.people.identity.queries import facts_of
from backend.people.identity.window import INTAKE_ONLY, WindowDocument
from backend.people.reviews.actions import (
    BAD_NOTE,
    BAD_REASON,
    LONGEST_NOTE,
    Decision,
    ask_registry,
    proof_by,
    settle,
)
from backend.people.reviews.models import ReviewReason
from backend.people.reviews.queries import OpenClaim, open_claim, row_of
from backend.people.video.actions import EARLY, OVER, miss_overdue, rooms_of
from backend.people.video.models import TicketState
from backend.people.video.queries import ticket_row
from backend.ports import VideoEntrance
from backend.resources import Resources
from backend.viewer import Assurance, Officer, OfficerRole

log = structlog.get_logger()

NOBODY = Text("当前没有等待的视频核验。", "Nobody is waiting.")
NOT_YOURS = Text("只有叫号的工作人员可以登记结果。", "Only the officer who called may record the verdict.")


async def call_next(officer: Officer, resources: Resources) -> tuple[UUID, VideoEntrance]:
    """Call whoever is next: an appointment whose time has come, else the head of the queue.

    An officer who has somebody on the line gets the same room again. Raises ``Forbidden`` without the role
    INTAKE, ``Conflict(NOTHING_WAITING)`` and ``Unavailable``, after which the ticket waits as before.
    """
    _require_intake(officer)
    rooms = rooms_of(resources)
    now = clock.now()
    actor = f"officer:{officer.officer_id}"
    await miss_overdue(organ_id=officer.organ_id)
    async with transaction() as tx:
        await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 3))", actor)
        row = await tx.fetch_one(
            "SELECT id, account_id FROM video_ticket WHERE officer_id = $1 AND state = 'CALLED'",
            officer.officer_id,
        )
        fresh = row is None
        if row is None:
            row = await tx.fetch_one(
                "UPDATE video_ticket SET state = 'CALLED', officer_id = $2, called_at = $3 WHERE id = ("
                "SELECT id FROM video_ticket WHERE organ_id = $1 AND state = 'WAITING'"
                " AND (slot_at IS NULL OR slot_at <= $4) ORDER BY slot_at NULLS LAST, id"
                " LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id, account_id",
                officer.organ_id,
                officer.officer_id,
                now,
                now + EARLY,
            )
        if row is None:
            raise Conflict(NOBODY, code=ProblemCode.NOTHING_WAITING)
        if fresh:
            await audit.append(
                tx,
                subject=f"account:{row['account_id']}",
                kind="video_ticket_called",
                actor=actor,
                detail={"ticket": str(row["id"])},
            )
    ticket_id: UUID = row["id"]
    try:
        await rooms.open(str(ticket_id))
    except Unavailable:
        await _wait_again(ticket_id)
        raise
    return ticket_id, rooms.entrance(str(ticket_id), participant="officer")


async def look_at_caller(officer: Officer, resources: Resources, *, ticket_id: UUID) -> OpenClaim:
    """Name and document of whoever is on the line, to compare; audited. Raises ``NotFound``, ``Forbidden``."""
    row = await _own_call(officer, ticket_id)
    subject = f"account:{row['account_id']}"
    if row["person_id"] is not None:
        facts = await facts_of(row["person_id"], resources)
        told = OpenClaim(
            row["review_id"] or ticket_id,
            facts.name,
            facts.resident_id,
            facts.document_kind,
            facts.document.country,
            facts.birth_date.isoformat(),
        )
        subject = f"person:{row['person_id']}"
    else:
        claim = open_claim(resources, await row_of(row["review_id"]))
        if claim is None:
            raise Conflict(OVER, code=ProblemCode.ALREADY_DONE)
        told = claim
    async with transaction() as tx:
        await audit.append(
            tx,
            subject=subject,
            kind="video_caller_seen",
            actor=f"officer:{officer.officer_id}",
            detail={"ticket": str(ticket_id), "organ": str(officer.organ_id)},
        )
    return told


async def record_verdict(
    officer: Officer,
    resources: Resources,
    *,
    ticket_id: UUID,
    confirmed: bool,
    reason: ReviewReason,
    document_seen: WindowDocument,
    note: str = "",
) -> Assurance | None:
    """The verdict of the officer who called; the proof, where there is one. Ends the call.

    A confirmed person is VERIFIED in the session that took the ticket; where a name was to be looked at, it
    is bound as well. Raises what ``decide_review`` raises.
    """
    row = await _own_call(officer, ticket_id)
    if confirmed != (reason is ReviewReason.ALL_RIGHT):
        raise Invalid(BAD_REASON, fields=(FieldProblem(("input", "reason"), BAD_REASON),))
    if len(note) > LONGEST_NOTE:
        raise Invalid(BAD_NOTE, fields=(FieldProblem(("input", "note"), BAD_NOTE),))
    proof = await _settle_call(officer, resources, row, Decision(confirmed, reason, WAY, document_seen, note))
    try:
        await rooms_of(resources).close(str(ticket_id))
    except Unavailable:
        log.warning("video_room_left_open", ticket=str(ticket_id))  # it closes by itself when it is empty
    return proof


async def _settle_call(
    officer: Officer, resources: Resources, row: Row, decision: Decision
) -> Assurance | None:
    missed = decision.reason in {ReviewReason.DID_NOT_APPEAR, ReviewReason.CONNECTION}
    review = None
    claim = record = None
    if row["review_id"] is not None and not missed:
        review = await row_of(row["review_id"])
        opened = open_claim(resources, review)
        if decision.confirmed and opened is not None:
            claim, record = await ask_registry(officer, resources, opened, decision.document_seen)
    state = (
        TicketState.CONFIRMED if decision.confirmed else TicketState.MISSED if missed else TicketState.REFUSED
    )
    proof: Assurance | None = None
    async with transaction() as tx:
        await _end(tx, resources, row, state, decision)
        if review is not None:
            proof = await settle(tx, resources, officer, review, decision, claim=claim, record=record)
        elif decision.confirmed:
            proof = proof_by(WAY)
            await record_proof(
                tx,
                person_id=row["person_id"],
                proof=proof,
                by=By(session_id=row["session_id"], officer_id=officer.officer_id),
            )
        await audit.append(
            tx,
            subject=f"person:{row['person_id']}" if row["person_id"] else f"account:{row['account_id']}",
            kind=f"video_{state.value.lower()}",
            actor=f"officer:{officer.officer_id}",
            detail={
                "ticket": str(row["id"]),
                "reason": decision.reason.value,
                "document": decision.document_seen.value,
                "organ": str(officer.organ_id),
            },
        )
    return proof


async def _end(
    tx: Transaction, resources: Resources, row: Row, state: TicketState, decision: Decision
) -> None:
    ended = await tx.fetch_one(
        "UPDATE video_ticket SET state = $2, ended_at = $3, reason = $4, note_sealed = $5"
        " WHERE id = $1 AND state = 'CALLED' RETURNING id",
        row["id"],
        state.value,
        clock.now(),
        decision.reason.value,
        resources.keys.ring.seal(decision.note.encode(), context=f"video.note:{row['id']}"),
    )
    if ended is None:
        raise Conflict(OVER, code=ProblemCode.ALREADY_DONE)


async def _wait_again(ticket_id: UUID) -> None:
    async with transaction() as tx:
        await tx.execute(
            "UPDATE video_ticket SET state = 'WAITING', officer_id = NULL, called_at = NULL"
            " WHERE id = $1 AND state = 'CALLED'",
            ticket_id,
        )


async def _own_call(officer: Officer, ticket_id: UUID) -> Row:
    _require_intake(officer)
    row = await ticket_row(officer, ticket_id)
    if row["officer_id"] != officer.officer_id:
        raise Forbidden(NOT_YOURS)
    if row["state"] != TicketState.CALLED:
        raise Conflict(OVER, code=ProblemCode.ALREADY_DONE)
    return row


def _require_intake(officer: Officer) -> None:
    if OfficerRole.INTAKE not in officer.roles:
        raise Forbidden(INTAKE_ONLY)
