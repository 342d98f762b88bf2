"""Documents: for the applicant whole, for anybody with the code as little as proves it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from backend.casework.applications.acting import OF_A_WARD
from backend.casework.certificates.models import CertificateKind
from backend.casework.certificates.wording import title_of
from backend.casework.machine import Casework
from backend.database.record import Row, fetch, fetch_one
from backend.errors import NotFound, Text
from backend.kit import clock
from backend.kit.ids import CODE_ALPHABET
from backend.people.delegation.kinds import DelegatedAction
from backend.viewer import Citizen, Viewer

NO_SUCH_DOCUMENT = Text("没有这份文件。", "There is no such document.")
CODE_LENGTH = 24
MOST_DOCUMENTS = 50
"""Of one case."""


class DocumentStatus(StrEnum):
    """Whether a document counts."""

    VALID = "VALID"
    EXPIRED = "EXPIRED"
    REVOKED = "REVOKED"
    """作废"""
    REPLACED = "REPLACED"
    """换发: another one took its place"""


def status_of(row: Row) -> DocumentStatus:
    """From ``revoked_at``, ``replaced_by`` and ``expires_on``."""
    if row["replaced_by"] is not None:
        return DocumentStatus.REPLACED
    if row["revoked_at"] is not None:
        return DocumentStatus.REVOKED
    expires_on: date | None = row["expires_on"]
    return DocumentStatus.EXPIRED if expires_on and expires_on < clock.today() else DocumentStatus.VALID


@dataclass(frozen=True, slots=True)
class VerifiedResult:
    """What anybody may know who holds a document's code."""

    item_name: Text
    """What the document is called."""
    organ_name: str
    case_number: str
    applicant_masked: str
    approved: bool | None
    """None for a notice that decides nothing."""
    issued_on: date
    expires_on: date | None
    status: DocumentStatus


@dataclass(frozen=True, slots=True)
class CertificateView:
    """An issued document as its case shows it; its data still sealed until asked for."""

    id: UUID
    kind: CertificateKind
    issue: int
    code: str
    issued_on: date
    expires_on: date | None
    status: DocumentStatus
    item_code: str
    approved: bool | None
    data_sealed: str | None
    """None, like the signature, of a document that was made before documents were sealed."""
    signature: str | None
    key_id: str | None
    sha256: str


VIEW = (
    "SELECT c.application_id, c.id, c.kind, c.issue, c.code, c.issued_on, c.expires_on, c.revoked_at, c.replaced_by,"
    " a.item_code, c.approved, c.data_sealed, c.sm2_signature, c.key_id, c.sha256"
    " FROM certificate c JOIN application a ON a.id = c.application_id"
)


def read_view(row: Row) -> CertificateView:
    """From a row of ``VIEW``."""
    return CertificateView(
        id=row["id"],
        kind=CertificateKind(row["kind"]),
        issue=row["issue"],
        code=row["code"],
        issued_on=row["issued_on"],
        expires_on=row["expires_on"],
        status=status_of(row),
        item_code=row["item_code"],
        approved=row["approved"],
        data_sealed=row["data_sealed"],
        signature=row["sm2_signature"],
        key_id=row["key_id"],
        sha256=row["sha256"],
    )


def verify_url(public_url: str, code: str) -> str:
    """Where a code is checked: what the QR code holds."""
    return f"{public_url}/verify/{code}"


def download_url(public_url: str, certificate_id: UUID) -> str:
    """Where the applicant fetches the PDF."""
    return f"{public_url}/certificates/{certificate_id}.pdf"


def data_context(certificate_id: UUID) -> str:
    """Where sealed data belong."""
    return f"certificate.data:{certificate_id}"


async def documents_of(application_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[CertificateView]]:
    """The issued documents of each case, in the order of what called for them: one statement, for cases already seen."""
    rows = await fetch(
        f"SELECT d.* FROM unnest($1::uuid[]) AS wanted(id) CROSS JOIN LATERAL ({VIEW}"  # noqa: S608 - a constant of ours
        " WHERE c.application_id = wanted.id AND c.file_key IS NOT NULL"
        " ORDER BY c.sequence DESC, c.issue DESC LIMIT $2) d",
        list(application_ids),
        MOST_DOCUMENTS,
    )
    found: dict[UUID, list[CertificateView]] = {application_id: [] for application_id in application_ids}
    for row in reversed(rows):
        found[row["application_id"]].append(read_view(row))
    return found


def result_among(documents: Sequence[CertificateView]) -> CertificateView | None:
    """The result document that is shown: the latest issue."""
    results = [document for document in documents if document.kind is CertificateKind.RESULT]
    return results[-1] if results else None


async def certificate_file(viewer: Viewer, work: Casework, certificate_id: UUID) -> bytes:
    """The PDF for the applicant and who acts for them. Raises ``NotFound`` for everybody else and for what is not there."""
    person_id = viewer.person_id if isinstance(viewer, Citizen) else None
    row = await fetch_one(
        "SELECT certificate.file_key FROM certificate JOIN application ON application.id = certificate.application_id"  # noqa: S608 - a constant of ours
        f" WHERE certificate.id = $1 AND (person_id = $2 OR {OF_A_WARD}) AND certificate.file_key IS NOT NULL",
        certificate_id,
        person_id,
        DelegatedAction.FOLLOW.value,
        clock.today(),
    )
    if row is None:
        raise NotFound(NO_SUCH_DOCUMENT)
    sealed = await work.resources.ports.files.get(row["file_key"])
    return work.resources.keys.ring.open_bytes(sealed, context=f"certificate.file:{certificate_id}")


async def find_by_code(work: Casework, code: str) -> VerifiedResult | None:
    """What anybody may know about a document whose code they hold, or None."""
    if len(code) != CODE_LENGTH or any(sign not in CODE_ALPHABET for sign in code):
        code = ""  # looked up all the same: a malformed code takes as long as an unknown one
    row = await fetch_one(
        "SELECT c.kind, c.issued_on, c.expires_on, c.approved, c.applicant_masked, c.revoked_at, c.replaced_by,"
        " a.item_code, a.organ_name, a.case_number"
        " FROM certificate c JOIN application a ON a.id = c.application_id"
        " WHERE c.code = $1 AND c.file_key IS NOT NULL",
        code,
    )
    if row is None:
        return None
    item = work.standards.get(row["item_code"])
    return VerifiedResult(
        item_name=title_of(CertificateKind(row["kind"]), item, approved=row["approved"]),
        organ_name=row["organ_name"],
        case_number=row["case_number"],
        applicant_masked=row["applicant_masked"],
        approved=row["approved"],
        issued_on=row["issued_on"],
        expires_on=row["expires_on"],
        status=status_of(row),
    )
