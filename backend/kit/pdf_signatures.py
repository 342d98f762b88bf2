"""Signing a PDF (PAdES, ISO 32000-2) so that every reader of PDFs can check it, and checking it without anybody's help.

A PDF grows at its end: attachments and signature are appended, so a signed file begins with the very bytes that
were there before. Only jobs and the command line import this module: the library behind it is large.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from asn1crypto import x509
from pyhanko.keys import load_certs_from_pemder_data, load_private_key_from_pemder_data
from pyhanko.pdf_utils.embed import EmbeddedFileObject, FileSpec, embed_file
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

FIELD = "JinminSeal"


@dataclass(frozen=True, slots=True)
class PdfVerdict:
    """What a check of a PDF's signature found."""

    intact: bool
    """Nothing that was signed has changed."""
    whole: bool
    """The signature covers the file to its last byte."""
    trusted: bool
    """The signer's certificate leads to one of the given roots."""
    signer: str
    """Common name of the signer's certificate."""

    @property
    def good(self) -> bool:
        """Whether nothing is wrong."""
        return self.intact and self.whole and self.trusted


def sign_pdf(
    pdf: bytes, attachments: Mapping[str, bytes], *, private_pem: str, chain_pem: str, reason: str
) -> bytes:
    """``pdf`` with ``attachments`` (by file name) and a certifying signature over the whole file.

    Takes some tenths of a second: a job, not a request. No two answers are the same.
    """
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    for name, content in attachments.items():
        embedded = EmbeddedFileObject.from_file_data(writer, data=content, mime_type=_media_type(name))
        embed_file(writer, FileSpec(file_spec_string=name, file_name=name, embedded_data=embedded))
    certificates = list(load_certs_from_pemder_data(chain_pem.encode()))
    signer = signers.SimpleSigner(
        signing_cert=certificates[0],
        signing_key=load_private_key_from_pemder_data(private_pem.encode(), passphrase=None),
        cert_registry=SimpleCertificateStore.from_certs(certificates[1:]),  # type: ignore[no-untyped-call]  # the library leaves it open
    )
    metadata = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        reason=reason,
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
    )
    return bytes(signers.sign_pdf(writer, metadata, signer=signer).getvalue())


def _media_type(name: str) -> str:
    return "application/json" if name.endswith(".json") else "application/octet-stream"


def verify_pdf(pdf: bytes, roots_pem: Sequence[str]) -> PdfVerdict | None:
    """Check the seal of ``pdf`` against ``roots_pem``, asking nobody; None where there is no readable seal.

    The certificate has to be good at the moment of signing that the signature itself tells.
    """
    roots = [root for pem in roots_pem for root in load_certs_from_pemder_data(pem.encode())]
    # A file from anywhere: whatever the reader stumbles over, it is not a sealed document of ours.
    with suppress(Exception):
        seals = [seal for seal in PdfFileReader(BytesIO(pdf)).embedded_signatures if seal.field_name == FIELD]
        if len(seals) != 1:
            return None
        (seal,) = seals
        context = ValidationContext(
            trust_roots=roots, allow_fetching=False, moment=seal.self_reported_timestamp
        )
        status = validate_pdf_signature(seal, signer_validation_context=context)
        return PdfVerdict(
            intact=bool(status.intact and status.valid),
            whole=status.coverage is SignatureCoverageLevel.ENTIRE_FILE,
            trusted=bool(status.trusted),
            signer=_common_name(status.signing_cert),
        )
    return None


def attachments_of(pdf: bytes) -> Mapping[str, bytes]:
    """What is attached to ``pdf``, by file name; nothing of a file that cannot be read."""
    found: dict[str, bytes] = {}
    with suppress(Exception):
        names: Any = PdfFileReader(BytesIO(pdf)).root["/Names"]["/EmbeddedFiles"]["/Names"]
        for place in range(0, len(names), 2):
            found[str(names[place])] = bytes(names[place + 1]["/EF"]["/F"].data)
    return found


def _common_name(certificate: x509.Certificate) -> str:
    return str(certificate.subject.native.get("common_name", ""))
