"""Issuing the result document: code first, file next, timeline last; safe to begin again anywhere."""

import asyncio
from datetime import date, timedelta
from hashlib import sha256
from uuid import UUID

from backend.casework.applications.decisions import open_decision
from backend.casework.applications.events import locked_state, record_event
from backend.casework.certificates.document import ResultDocument, render_result
from backend.casework.certificates.queries import verify_url
from backend.casework.lifecycle import CaseEvent, CaseEventKind, CaseState
from backend.casework.machine import Casework
from backend.database.jobs import Job, enqueue
from backend.database.record import Row, Transaction, fetch, fetch_one, transaction
from backend.kit import clock, masking
from backend.kit.ids import new_code, new_id
from backend.people.identity.queries import facts_of
from backend.viewer import Machine

ACTOR = Machine("certificates")
DECIDED = (CaseState.APPROVED, CaseState.REFUSED)


async def issue_when_decided(tx: Transaction, event: CaseEvent) -> None:
    """The reactor that orders the document as soon as a case is decided."""
    if event.kind in {CaseEventKind.APPROVED, CaseEventKind.REFUSED}:
        await enqueue(tx, Job.ISSUE_CERTIFICATE, {"application": str(event.application_id)})


async def issue_certificate(work: Casework, application_id: UUID) -> None:
    """Make the document of a decided case. Repeated or run beside itself it makes one document."""
    case = await fetch_one(
        "SELECT person_id, item_code, organ_name, state, case_number, result_sealed FROM application"
        " WHERE id = $1 AND state IN ('APPROVED', 'REFUSED') AND result_sealed IS NOT NULL",
        application_id,
    )
    if case is None:
        return
    person = await facts_of(case["person_id"], work.resources)
    certificate = await _reserve(
        application_id, approved=case["state"] == "APPROVED", applicant_masked=masking.name(person.name)
    )
    document = _document(work, application_id, case, certificate)
    pdf = await asyncio.to_thread(render_result, document)
    file_key = f"certificates/{certificate['id']}"
    sealed = work.resources.keys.ring.seal_bytes(pdf, context=f"certificate.file:{certificate['id']}")
    await work.resources.ports.files.put(file_key, sealed)
    async with transaction() as tx:
        state = await locked_state(tx, application_id)
        if state not in DECIDED:
            return
        await tx.execute(
            "UPDATE certificate SET file_key = $2, sha256 = $3 WHERE id = $1",
            certificate["id"],
            file_key,
            sha256(pdf).hexdigest(),
        )
        await record_event(tx, work, application_id, CaseEventKind.RESULT_ISSUED, before=state, actor=ACTOR)


async def _reserve(application_id: UUID, *, approved: bool, applicant_masked: str) -> Row:
    """The document's row, made once: its code and day stay the same however often we begin."""
    async with transaction() as tx:
        await tx.execute(
            "INSERT INTO certificate (id, created_at, application_id, code, approved, applicant_masked, issued_on)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (application_id) DO NOTHING",
            new_id(),
            clock.now(),
            application_id,
            new_code(),
            approved,
            applicant_masked,
            clock.today(),
        )
        row = await tx.fetch_one(
            "SELECT id, code, issued_on, applicant_masked FROM certificate WHERE application_id = $1",
            application_id,
        )
    if row is None:
        raise LookupError("a certificate that was just made is gone")
    return row


def _document(work: Casework, application_id: UUID, case: Row, certificate: Row) -> ResultDocument:
    item = work.standards.get(case["item_code"])
    decision = open_decision(work, application_id, case["result_sealed"])
    issued_on: date = certificate["issued_on"]
    return ResultDocument(
        title=item.result.name.zh,
        case_number=case["case_number"],
        item_name=item.name.zh,
        applicant_masked=certificate["applicant_masked"],
        organ_name=case["organ_name"],
        approved=decision.approved,
        reason=decision.reason,
        result_number=decision.result_number,
        monthly_fen=decision.monthly_fen,
        paid_from=decision.paid_from,
        basis=tuple(
            f"《{basis.title.zh}》" + (f"第{basis.article}条" if basis.article else "")
            for basis in item.basis
        ),
        issued_on=issued_on,
        code=certificate["code"],
        verify_url=verify_url(work.resources.public_url, certificate["code"]),
    )


async def wake_unissued(grace: timedelta = timedelta(minutes=1), limit: int = 500) -> int:
    """Wake decided cases whose document is missing and that have no job for it; returns how many."""
    rows = await fetch(
        "SELECT a.id FROM application a JOIN case_event e ON e.application_id = a.id AND e.sequence = a.last_sequence"
        " WHERE a.state IN ('APPROVED', 'REFUSED') AND e.at < $1"
        " AND NOT EXISTS (SELECT FROM pgqueuer q WHERE q.entrypoint = 'issue_certificate'"
        "   AND convert_from(q.payload, 'UTF8')::jsonb ->> 'application' = a.id::text)"
        " ORDER BY a.id LIMIT $2",
        clock.now() - grace,
        limit,
    )
    async with transaction() as tx:
        for row in rows:
            await enqueue(tx, Job.ISSUE_CERTIFICATE, {"application": str(row["id"])})
    return len(rows)
