"""Sealing a document: canonical data beside the page, an SM2 signature over it, a PDF signature over all.

``docs/certificates.md`` describes the format for those who check it without us. The data hold the digests
of the page as it was printed, and a signed file begins with those very bytes: so the SM2 signature alone
already covers everything that can be read, and the PDF signature covers it once more for readers of PDFs.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from backend.casework.certificates.published import FORMAT
from backend.keys import DocumentKeys
from backend.kit.pdf_signatures import sign_pdf
from backend.kit.signatures import canonical, sign_sm2, sm3_hex

DATA, SIGNATURE = "jinmin-document.json", "jinmin-document.sm2"
"""Names of the two attachments."""


@dataclass(frozen=True, slots=True)
class SealedDocument:
    """A document as it is kept and handed out."""

    pdf: bytes
    data: bytes
    signature: str
    """SM2 with SM3 over ``data``, DER, base64."""
    key_id: str


def seal_document(
    page: bytes, told: Mapping[str, object], keys: DocumentKeys, *, title: str
) -> SealedDocument:
    """Seal a printed page. Takes some tenths of a second: a job, not a request. Never the same twice."""
    sealing = keys.sealing
    if sealing.sm2_private_pem is None or sealing.pdf_private_pem is None:  # checked when the keys were read
        raise TypeError("the active document key has no private half")
    data = canonical(
        {
            **told,
            "format": FORMAT,
            "key": keys.active,
            "page": {"bytes": len(page), "sha256": sha256(page).hexdigest(), "sm3": sm3_hex(page)},
        }
    )
    signature = sign_sm2(sealing.sm2_private_pem, data)
    pdf = sign_pdf(
        page,
        {DATA: data, SIGNATURE: signature},
        private_pem=sealing.pdf_private_pem,
        chain_pem=sealing.pdf_chain_pem,
        reason=title,
    )
    return SealedDocument(pdf, data, b64encode(signature).decode(), keys.active)
