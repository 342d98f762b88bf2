"""Documents at the counter: what was issued in writing, and its revocation by two officers."""

from collections.abc import Awaitable, Sequence
from datetime import date, datetime
from uuid import UUID

import strawberry

from backend.casework.certificates import revocation
from backend.casework.certificates.models import CertificateKind, RevocationState
from backend.casework.certificates.queries import (
    CertificateView,
    DocumentStatus,
    data_context,
    download_url,
    verify_url,
)
from backend.casework.certificates.revocation import RevocationView, reason_context
from backend.casework.certificates.wording import title_of
from backend.viewer import Citizen, Officer, OfficerRole, Viewer
from resolvers.access import PARENT, officer
from resolvers.context import Info
from resolvers.fields import MutationInput, field, input_field, input_type, mutation, object_type, query
from resolvers.officers import officer_of
from resolvers.pagination import (
    After,
    Connection,
    First,
    Node,
    keyset_page,
    page_size,
    read_cursor,
    read_global_id,
)

strawberry.enum(CertificateKind, description="文书种类.")
strawberry.enum(DocumentStatus, description="Whether a document counts.")
strawberry.enum(RevocationState, description="How far a revocation has come.")

_APPROVAL = officer(OfficerRole.APPROVAL)


def _verify_url(root: strawberry.Parent[CertificateView], info: Info) -> str:
    return verify_url(info.context.resources.public_url, root.code)


def _download_url(root: strawberry.Parent[CertificateView], info: Info) -> str:
    return download_url(info.context.resources.public_url, root.id)


def _title(root: strawberry.Parent[CertificateView], info: Info) -> str:
    item = info.context.work.standards.get(root.item_code)
    return title_of(root.kind, item, approved=root.approved).of(info.context.language)


def _data(root: strawberry.Parent[CertificateView], info: Info) -> str | None:
    if root.data_sealed is None or not isinstance(info.context.viewer, Citizen):
        return None
    return info.context.resources.keys.ring.open(root.data_sealed, context=data_context(root.id)).decode()


@object_type(reads=CertificateView, description="A document about a case that anyone can verify.")
class Certificate(Node):
    """A document."""

    kind: CertificateKind = field(access=PARENT, description="What kind of document.")
    title: str = field(access=PARENT, description="What it is called.", resolver=_title)
    issue: int = field(access=PARENT, description="1, and one more with every reissue (换发).")
    status: DocumentStatus = field(access=PARENT, description="Whether it counts.")
    code: str = field(access=PARENT, description="Verification code.")
    issued_on: date = field(access=PARENT, description="Day of issue.")
    expires_on: date | None = field(access=PARENT, description="Last day on which it counts; null: no end.")
    verify_url: str = field(
        access=PARENT, description="Where anyone can check it; also in the QR code.", resolver=_verify_url
    )
    download_url: str = field(
        access=PARENT,
        description="The PDF, for the applicant: send the same Authorization header.",
        resolver=_download_url,
    )
    sha256: str = field(access=PARENT, description="SHA-256 of the signed PDF, hex.")
    data: str | None = field(
        access=PARENT,
        description="The canonical data that are signed, byte for byte; for the applicant.",
        resolver=_data,
    )
    signature: str | None = field(
        access=PARENT, description="SM2 with SM3 over `data`: DER, base64. See docs/certificates.md."
    )
    key_id: str | None = field(access=PARENT, description="Which of the published keys signed it.")


async def _certificates_by_id(viewer: Viewer, ids: list[UUID]) -> Sequence[CertificateView]:
    if not isinstance(viewer, Officer):  # reached from what only officers see
        raise TypeError("a revocation was seen by somebody else than an officer")
    return await revocation.certificates_by_id(viewer, ids)


def _certificate(root: strawberry.Parent[RevocationView], info: Info) -> Awaitable[CertificateView]:
    return info.context.load(_certificates_by_id, root.certificate_id)


def _reason(root: strawberry.Parent[RevocationView], info: Info) -> str:
    return info.context.resources.keys.ring.open(root.reason_sealed, context=reason_context(root.id)).decode()


@object_type(reads=RevocationView, description="作废申请: asking that a document no longer count.")
class CertificateRevocation(Node):
    """A revocation."""

    certificate: Certificate = field(access=PARENT, description="Of which document.", resolver=_certificate)
    state: RevocationState = field(access=PARENT, description="How far it has come.")
    reissue: bool = field(access=PARENT, description="Whether a new document takes its place (换发).")
    reason: str = field(access=PARENT, description="Why.", resolver=_reason)
    created_at: datetime = field(access=PARENT, description="When it was asked for.")
    decided_at: datetime | None = field(access=PARENT, description="When it was decided.")
    own: bool = field(
        access=PARENT, description="Did the viewer ask for it? Then another officer has to decide it."
    )


@query(
    access=_APPROVAL,
    description="Revocations that wait for a second officer of the division, newest first.",
    returns=Connection[CertificateRevocation],
)
async def certificate_revocations(
    info: Info, first: First = 20, after: After = None
) -> Connection[RevocationView]:
    """A page of them."""
    place = read_cursor(after, UUID)
    rows = await revocation.revocations(
        officer_of(info), before=place[0] if place else None, limit=page_size(first) + 1
    )
    return keyset_page(rows, first=first, after=after, key=lambda row: (row.id,))


@input_type(description="Which document, and why.")
class AskRevocationInput(MutationInput):
    """Input of ``askRevocation``."""

    certificate_id: strawberry.ID = input_field(description="The document.")
    reason: str = input_field(description="Why, 2 to 500 characters.")
    reissue: bool = input_field(
        description="Issue a new one in its place, of the case as it is then (results only).", default=False
    )


@mutation(
    access=_APPROVAL, description="Ask that a document be revoked (作废).", returns=CertificateRevocation
)
async def ask_revocation(info: Info, input: AskRevocationInput) -> RevocationView:  # noqa: A002 - GraphQL's name
    """Ask."""
    viewer = officer_of(info)
    revocation_id = await revocation.ask_revocation(
        viewer,
        info.context.work,
        certificate_id=read_global_id(input.certificate_id, "Certificate"),
        reason=input.reason,
        reissue=input.reissue,
        idempotency_key=input.idempotency_key,
    )
    return await revocation.revocation(viewer, revocation_id)


@input_type(description="A second officer's word.")
class DecideRevocationInput(MutationInput):
    """Input of ``decideRevocation``."""

    revocation_id: strawberry.ID = input_field(description="The revocation.")
    confirm: bool = input_field(description="Revoke the document; false leaves it as it is.")


@mutation(
    access=_APPROVAL,
    description="Decide a revocation that another officer asked for (双人复核).",
    returns=CertificateRevocation,
)
async def decide_revocation(info: Info, input: DecideRevocationInput) -> RevocationView:  # noqa: A002 - GraphQL's name
    """Decide."""
    viewer = officer_of(info)
    revocation_id = await revocation.decide_revocation(
        viewer,
        revocation_id=read_global_id(input.revocation_id, "CertificateRevocation"),
        confirm=input.confirm,
        idempotency_key=input.idempotency_key,
    )
    return await revocation.revocation(viewer, revocation_id)


QUERIES = (certificate_revocations,)
MUTATIONS = (ask_revocation, decide_revocation)
