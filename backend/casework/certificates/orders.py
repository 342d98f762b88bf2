"""Ordering documents: with the event that calls for them, in its transaction. Making them is a job."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from backend.casework.certificates.models import CertificateKind
from backend.casework.lifecycle import CaseEvent, CaseEventKind
from backend.database.jobs import Job, enqueue
from backend.database.record import Transaction
from backend.kit import clock
from backend.kit.ids import new_code, new_id

CALLED_FOR: Mapping[str, CertificateKind] = {
    "APPROVED": CertificateKind.RESULT,
    "REFUSED": CertificateKind.RESULT,
    "ACCEPTED": CertificateKind.ACCEPTANCE,
    "DEEMED_ACCEPTED": CertificateKind.ACCEPTANCE,
    "CORRECTION_ASKED": CertificateKind.CORRECTION,
    "NOT_ACCEPTED": CertificateKind.NON_ACCEPTANCE,
    "RETURNED": CertificateKind.RETURN,
    "TERMINATED": CertificateKind.TERMINATION,
    "CORRECTION_LAPSED": CertificateKind.TERMINATION,
}
"""Which event calls for which document (行政许可法 Art. 32, 38; by analogy for benefits)."""
RECEIPTS = tuple(kind for kind in CertificateKind if kind is not CertificateKind.RESULT)


async def issue_when_called_for(tx: Transaction, event: CaseEvent) -> None:
    """The reactor that orders a document with the event that calls for it: the order and its job, or neither."""
    kind = CALLED_FOR.get(event.kind.value)
    if kind is None:
        return
    await order(
        tx,
        event.application_id,
        kind,
        sequence=event.sequence,
        approved=event.kind is CaseEventKind.APPROVED if kind is CertificateKind.RESULT else None,
        on=clock.local(event.at).date(),
    )


async def order(
    tx: Transaction,
    application_id: UUID,
    kind: CertificateKind,
    *,
    sequence: int,
    approved: bool | None,
    on: date,
    issue: int = 1,
) -> None:
    """Order a document: its row with code and day, and the job that makes it. The same order again is none."""
    await tx.execute(
        "INSERT INTO certificate (id, created_at, application_id, kind, sequence, issue, code, approved,"
        " applicant_masked, issued_on) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', $9)"
        " ON CONFLICT (application_id, sequence, issue) DO NOTHING",
        new_id(),
        clock.now(),
        application_id,
        kind.value,
        sequence,
        issue,
        new_code(),
        approved,
        on,
    )
    await enqueue(tx, job_of(kind), {"application": str(application_id)})


def job_of(kind: CertificateKind) -> Job:
    """The job that makes such a document."""
    return Job.ISSUE_CERTIFICATE if kind is CertificateKind.RESULT else Job.ISSUE_RECEIPT
