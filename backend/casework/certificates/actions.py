"""Making documents: ordered with the event that calls for them, sealed once, told last; safe to begin again anywhere."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from uuid import UUID

import orjson

from backend.casework.applications.decisions import open_decision
from backend.casework.applications.events import locked_state, record_event
from backend.casework.applications.queries import Decision
from backend.casework.certificates.document import ResultDocument, render_receipt, render_result
from backend.casework.certificates.models import CertificateKind
from backend.casework.certificates.orders import RECEIPTS, job_of
from backend.casework.certificates.queries import data_context, verify_url
from backend.casework.certificates.sealing import SealedDocument, seal_document
from backend.casework.certificates.wording import Receipt, title_of
from backend.casework.definitions import ServiceItem
from backend.casework.lifecycle import CaseEventKind, CaseState
from backend.casework.machine import Casework
from backend.database.jobs import Job, enqueue
from backend.database.record import Row, fetch, fetch_one, transaction
from backend.errors import Text
from backend.kit import clock, masking
from backend.kit.ids import new_id
from backend.people.identity.queries import facts_of
from backend.viewer import Machine

ACTOR = Machine("certificates")
DECIDED = (CaseState.APPROVED, CaseState.REFUSED)


async def issue_certificate(work: Casework, application_id: UUID) -> None:
    """Make the result of a decided case. Repeated or run beside itself it makes one document."""
    await _issue(work, application_id, (CertificateKind.RESULT,))


async def issue_receipts(work: Casework, application_id: UUID) -> None:
    """Make the notices that a case's events have called for, each once."""
    await _issue(work, application_id, RECEIPTS)


AGAINST = frozenset({CertificateKind.NON_ACCEPTANCE, CertificateKind.RETURN, CertificateKind.TERMINATION})
"""Notices that carry a reason, a basis and a remedy."""
AT_ONCE = "《中华人民共和国行政许可法》第32条"
"""一次性告知; by analogy where no licence is asked for."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a correction wants, and until when."""

    wanted: tuple[str, ...]
    due_on: date | None


@dataclass(frozen=True, slots=True)
class _Subject:
    """A document that is being made: its row with its case, and what follows from them."""

    row: Row
    kind: CertificateKind
    item: ServiceItem
    applicant: str
    """Masked."""
    asked: "_Asked | None" = None
    """Of a correction: what is wanted."""

    @property
    def granted(self) -> bool:
        """Whether it says yes."""
        return self.kind is CertificateKind.RESULT and bool(self.row["approved"])

    @property
    def is_licence(self) -> bool:
        """Whether the e-licence store has to know it."""
        return self.granted and self.item.result.licence is not None

    @property
    def expires_on(self) -> date | None:
        """The last day on which it counts, by the item's declaration."""
        validity = self.item.result.validity
        if validity is None or not self.granted:
            return None
        issued_on: date = self.row["issued_on"]
        return issued_on + timedelta(days=validity.days)

    @property
    def title(self) -> Text:
        """What it is called."""
        return title_of(self.kind, self.item, approved=self.row["approved"])


async def _issue(work: Casework, application_id: UUID, kinds: Sequence[CertificateKind]) -> None:
    rows = await fetch(
        "SELECT c.id, c.kind, c.sequence, c.issue, c.code, c.approved, c.issued_on, a.id AS application_id,"
        " a.person_id, a.item_code, a.division, a.organ_name, a.case_number, a.result_sealed, a.due_on,"
        " a.submitted_at, e.detail, e.kind AS event"
        " FROM certificate c JOIN application a ON a.id = c.application_id"
        " JOIN case_event e ON e.application_id = c.application_id AND e.sequence = c.sequence"
        " WHERE c.application_id = $1 AND c.kind = ANY($2) AND c.file_key IS NULL ORDER BY c.sequence, c.issue",
        application_id,
        [kind.value for kind in kinds],
    )
    for row in rows:
        person = await facts_of(row["person_id"], work.resources)
        item, kind = work.standards.get(row["item_code"]), CertificateKind(row["kind"])
        asked = await _asked(work, item, row) if kind is CertificateKind.CORRECTION else None
        await _make(work, _Subject(row, kind, item, masking.name(person.name), asked))


async def _asked(work: Casework, item: ServiceItem, row: Row) -> _Asked:
    """Everything that the notice of this event lists, by the names that the applicant knows."""
    notice = await fetch_one(
        "SELECT id, answers, materials, told_sealed, due_on FROM correction_notice"
        " WHERE application_id = $1 AND number = $2",
        row["application_id"],
        orjson.loads(row["detail"]).get("number", 1),
    )
    if notice is None:
        return _Asked((), None)
    context = f"correction_notice.told:{notice['id']}"
    told = orjson.loads(work.resources.keys.ring.open(notice["told_sealed"], context=context))
    names = {field.name: field.label.zh for field in item.form.fields}
    names |= {material.code: material.name.zh for material in item.materials}
    listed = [*orjson.loads(notice["answers"]), *orjson.loads(notice["materials"])]
    return _Asked(tuple(f"{names.get(one, one)}：{told[one]}" for one in listed), notice["due_on"])


async def _make(work: Casework, subject: _Subject) -> None:
    """Print, seal, keep and tell one document. Whoever is second with the same one throws theirs away."""
    resources, document_id = work.resources, subject.row["id"]
    sealed = await asyncio.to_thread(_print_and_seal, work, subject)
    # Every attempt has a file of its own: a signature is never the same twice, and the row says which one counts.
    file_key = f"certificates/{document_id}/{new_id()}"
    content = resources.keys.ring.seal_bytes(sealed.pdf, context=f"certificate.file:{document_id}")
    await resources.ports.files.put(file_key, content)
    kept = False
    try:
        kept = await _keep(work, subject, sealed, file_key)
    finally:
        if not kept:
            await resources.ports.files.delete(file_key)


async def _keep(work: Casework, subject: _Subject, sealed: SealedDocument, file_key: str) -> bool:
    """One transaction: the document is there, the case has moved, the e-licence store will hear of it."""
    row = subject.row
    application_id: UUID = row["application_id"]
    async with transaction() as tx:
        state = await locked_state(tx, application_id)
        kept = await tx.fetch_one(
            "UPDATE certificate SET file_key = $2, sha256 = $3, key_id = $4, data_sealed = $5, sm2_signature = $6,"
            " applicant_masked = $7, expires_on = $8, licence_due = $9 WHERE id = $1 AND file_key IS NULL RETURNING id",
            row["id"],
            file_key,
            sha256(sealed.pdf).hexdigest(),
            sealed.key_id,
            work.resources.keys.ring.seal(sealed.data, context=data_context(row["id"])),
            sealed.signature,
            subject.applicant,
            subject.expires_on,
            True if subject.is_licence else None,
        )
        if kept is None:
            return False
        if subject.kind is CertificateKind.RESULT and state in DECIDED:
            await record_event(
                tx, work, application_id, CaseEventKind.RESULT_ISSUED, before=state, actor=ACTOR
            )
        if subject.is_licence:
            await enqueue(tx, Job.TELL_LICENCES, {"application": str(application_id)})
    return True


def _print_and_seal(work: Casework, subject: _Subject) -> SealedDocument:
    row, item, title = subject.row, subject.item, subject.title.zh
    told: dict[str, object] = {
        "code": row["code"],
        "kind": subject.kind.value,
        "title": title,
        "itemCode": row["item_code"],
        "itemName": item.name.zh,
        "division": row["division"],
        "organ": row["organ_name"],
        "caseNumber": row["case_number"],
        "applicant": subject.applicant,
        "issue": row["issue"],
        "issuedOn": row["issued_on"],
        "expiresOn": subject.expires_on,
        "verifyAt": verify_url(work.resources.public_url, row["code"]),
    }
    if subject.kind is CertificateKind.RESULT:
        result = _result(work, subject)
        told |= {
            "approved": result.approved,
            "resultNumber": result.result_number,
            "monthlyFen": result.monthly_fen,
            "paidFrom": result.paid_from,
        }
        page = render_result(result)
    else:
        page = render_receipt(_receipt(work, subject))
    return seal_document(page, told, work.resources.keys.documents, title=title)


def _result(work: Casework, subject: _Subject) -> ResultDocument:
    row = subject.row
    decision = open_decision(work, row["application_id"], row["result_sealed"])
    return ResultDocument(
        title=subject.title.zh,
        case_number=row["case_number"],
        item_name=subject.item.name.zh,
        applicant_masked=subject.applicant,
        organ_name=row["organ_name"],
        approved=decision.approved,
        reason=decision.reason,
        result_number=decision.result_number,
        monthly_fen=decision.monthly_fen,
        paid_from=decision.paid_from,
        basis=_basis(subject.item),
        issued_on=row["issued_on"],
        code=row["code"],
        verify_url=verify_url(work.resources.public_url, row["code"]),
        expires_on=subject.expires_on,
        issue=row["issue"],
    )


def _receipt(work: Casework, subject: _Subject) -> Receipt:
    row, kind, refused = subject.row, subject.kind, None
    if kind in AGAINST and row["result_sealed"] is not None:
        refused = open_decision(work, row["application_id"], row["result_sealed"])
    asked = subject.asked
    due_on = row["due_on"] if kind is CertificateKind.ACCEPTANCE else None
    return Receipt(
        kind=kind,
        case_number=row["case_number"] or str(row["application_id"]),
        item_name=subject.item.name.zh,
        applicant_masked=subject.applicant,
        organ_name=row["organ_name"],
        submitted_on=clock.local(row["submitted_at"]).date(),
        issued_on=row["issued_on"],
        due_on=due_on if asked is None else asked.due_on,
        reason=None if refused is None else refused.reason,
        wanted=() if asked is None else asked.wanted,
        basis=_cited(subject, refused),
        code=row["code"],
        verify_url=verify_url(work.resources.public_url, row["code"]),
        deemed=row["event"] == CaseEventKind.DEEMED_ACCEPTED.value,
        remedy=None if refused is None else refused.remedy,
    )


def _cited(subject: _Subject, refused: Decision | None) -> tuple[str, ...]:
    """The law that is printed: of a refusal what it was rested on, of a correction the rule of telling all at once."""
    if refused is not None and refused.basis:
        return (refused.basis,)
    first = (AT_ONCE,) if subject.kind is CertificateKind.CORRECTION else ()
    return (*first, *_basis(subject.item))


def _basis(item: ServiceItem) -> tuple[str, ...]:
    return tuple(
        f"《{basis.title.zh}》" + (f"第{basis.article}条" if basis.article else "") for basis in item.basis
    )


async def wake_unissued(grace: timedelta = timedelta(minutes=1), limit: int = 500) -> int:
    """Wake documents that were ordered, are not there and have no job; returns how many."""
    rows = await fetch(
        "SELECT c.application_id, c.kind FROM certificate c WHERE c.file_key IS NULL AND c.created_at < $1"
        " AND NOT EXISTS (SELECT FROM pgqueuer q"
        "   WHERE q.entrypoint = CASE c.kind WHEN 'RESULT' THEN 'issue_certificate' ELSE 'issue_receipt' END"
        "   AND convert_from(q.payload, 'UTF8')::jsonb ->> 'application' = c.application_id::text)"
        " ORDER BY c.created_at LIMIT $2",
        clock.now() - grace,
        limit,
    )
    orders = sorted({(job_of(CertificateKind(row["kind"])), str(row["application_id"])) for row in rows})
    async with transaction() as tx:
        for job, application_id in orders:
            await enqueue(tx, job, {"application": application_id})
    return len(orders)
