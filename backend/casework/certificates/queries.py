"""Result documents: for the applicant whole, for anybody with the code as little as proves it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from backend.casework.applications.acting import OF_A_WARD
from backend.casework.certificates.document import VerifiedResult
from backend.casework.machine import Casework
from backend.database.record import fetch, fetch_one
from backend.errors import NotFound, Text
from backend.kit import clock
from backend.kit.ids import CODE_ALPHABET
from backend.people.delegation.kinds import DelegatedAction
from backend.viewer import Citizen, Viewer

NO_SUCH_DOCUMENT = Text("没有这份文件。", "There is no such document.")
CODE_LENGTH = 24


@dataclass(frozen=True, slots=True)
class CertificateView:
    """An issued document as its case shows it."""

    id: UUID
    code: str
    issued_on: date


def verify_url(public_url: str, code: str) -> str:
    """Where a code is checked: what the QR code holds."""
    return f"{public_url}/verify/{code}"


def download_url(public_url: str, certificate_id: UUID) -> str:
    """Where the applicant fetches the PDF."""
    return f"{public_url}/certificates/{certificate_id}.pdf"


async def certificates_of(application_ids: Sequence[UUID]) -> Mapping[UUID, CertificateView]:
    """The issued document of each case that has one: one statement, for cases already seen."""
    rows = await fetch(
        "SELECT application_id, id, code, issued_on FROM certificate"
        " WHERE application_id = ANY($1::uuid[]) AND file_key IS NOT NULL",
        list(application_ids),
    )
    return {row["application_id"]: CertificateView(row["id"], row["code"], row["issued_on"]) for row in rows}


async def certificate_file(viewer: Viewer, work: Casework, certificate_id: UUID) -> bytes:
    """The PDF for the applicant and whoever acts for them. Raises ``NotFound`` otherwise."""
    person_id = viewer.person_id if isinstance(viewer, Citizen) else None
    row = await fetch_one(
        "SELECT c.file_key FROM certificate c JOIN application ON application.id = c.application_id"  # noqa: S608 - a constant of ours
        f" WHERE c.id = $1 AND (application.person_id = $2 OR {OF_A_WARD}) AND c.file_key IS NOT NULL",
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
        "SELECT c.issued_on, c.approved, c.applicant_masked, c.revoked_at, a.item_code, a.organ_name, a.case_number"
        " FROM certificate c JOIN application a ON a.id = c.application_id"
        " WHERE c.code = $1 AND c.file_key IS NOT NULL",
        code,
    )
    if row is None:
        return None
    return VerifiedResult(
        item_name=work.standards.get(row["item_code"]).result.name,
        organ_name=row["organ_name"],
        case_number=row["case_number"],
        applicant_masked=row["applicant_masked"],
        approved=row["approved"],
        issued_on=row["issued_on"],
        revoked=row["revoked_at"] is not None,
    )
