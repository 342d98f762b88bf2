"""A sealed document, judged by programs that are not ours, and by our own check that asks nobody."""

import re
from base64 import b64decode
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils.generic import pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from backend.__main__ import main
from backend.casework.certificates.document import render_result
from backend.casework.certificates.published import publish
from backend.casework.certificates.sealing import DATA, SIGNATURE, SealedDocument, seal_document
from backend.casework.certificates.verification import Flaw, verify_document
from backend.keys import DocumentKeys, Keys, read_keys
from backend.kit import clock
from backend.kit.pdf_signatures import attachments_of, sign_pdf
from backend.kit.signatures import sign_sm2
from backend.settings import Settings
from tests.backend.casework.certificates.test_document import GRANTED
from tests.support.programs import needed, ran

TOLD: dict[str, object] = {"code": GRANTED.code, "title": GRANTED.title, "expiresOn": date(2027, 11, 25)}
TODAY = date(2026, 11, 25)


@pytest.fixture(scope="module")
def page() -> bytes:
    return render_result(GRANTED)


@pytest.fixture(scope="module")
def sealed(page: bytes, keys: Keys) -> SealedDocument:
    return seal_document(page, TOLD, keys.documents, title=GRANTED.title)


def flaws(pdf: bytes, keys: Keys, today: date = TODAY) -> list[Flaw]:
    return list(verify_document(pdf, publish(keys.documents), today=today).flaws)


def test_pdfsig_calls_the_whole_document_signed_and_finds_one_changed_byte(
    sealed: SealedDocument, page: bytes, tmp_path: Path
) -> None:
    pdfsig = needed("pdfsig")
    good, bad = tmp_path / "good.pdf", tmp_path / "bad.pdf"
    good.write_bytes(sealed.pdf)
    altered = bytearray(sealed.pdf)
    altered[len(page) // 2] ^= 1
    bad.write_bytes(altered)
    told = ran(pdfsig, good).stdout
    assert "Signature Validation: Signature is Valid." in told
    assert "Total document signed" in told
    assert "Signer Certificate Common Name: 金民电子签章（测试）" in told
    assert told.count("Signature #") == 1
    told = ran(pdfsig, bad).stdout
    assert "Signature Validation: Digest Mismatch." in told
    assert "Signature is Valid" not in told


def test_openssl_verifies_the_detached_sm2_signature(
    sealed: SealedDocument, keys: Keys, tmp_path: Path
) -> None:
    openssl = needed("openssl")
    data, signature, key = (tmp_path / name for name in ("data.json", "data.sm2", "key.pem"))
    data.write_bytes(sealed.data)
    signature.write_bytes(b64decode(sealed.signature))
    key.write_text(keys.documents.sealing.sm2_public_pem)

    def verified() -> str:
        told = ran(
            *(openssl, "pkeyutl", "-verify", "-pubin", "-inkey", key, "-in", data, "-rawin"),
            *("-digest", "sm3", "-sigfile", signature, "-pkeyopt", "distid:1234567812345678"),
        )
        return (told.stdout + told.stderr).strip()

    assert verified() == "Signature Verified Successfully"
    data.write_bytes(sealed.data.replace(b"2027", b"2028"))
    assert "Signature Verification Failure" in verified()


def test_a_sealed_file_begins_with_the_page_and_carries_what_proves_it(
    sealed: SealedDocument, page: bytes, keys: Keys
) -> None:
    assert sealed.pdf.startswith(page)
    assert attachments_of(sealed.pdf) == {DATA: sealed.data, SIGNATURE: b64decode(sealed.signature)}
    told = orjson.loads(sealed.data)
    assert orjson.dumps(told, option=orjson.OPT_SORT_KEYS) == sealed.data
    assert (told["format"], told["key"], told["expiresOn"]) == ("jinmin-document/1", "d1", "2027-11-25")
    assert flaws(sealed.pdf, keys) == []


def test_a_document_expires_on_the_day_after_its_last(sealed: SealedDocument, keys: Keys) -> None:
    last = date(2027, 11, 25)
    assert flaws(sealed.pdf, keys, last) == []
    assert flaws(sealed.pdf, keys, last + timedelta(days=1)) == [Flaw.EXPIRED]


def test_whatever_is_done_to_a_file_is_found(sealed: SealedDocument, page: bytes, keys: Keys) -> None:
    altered = bytearray(sealed.pdf)
    altered[len(page) // 2] ^= 1
    assert flaws(bytes(altered), keys) == [Flaw.PAGE_ALTERED, Flaw.SEAL_BROKEN]
    assert Flaw.NOT_WHOLE in flaws(_signed_again(sealed.pdf), keys)
    assert flaws(sealed.pdf + b"\n% more", keys) == [Flaw.NOT_WHOLE]
    assert flaws(page, keys) == [Flaw.NOT_SEALED]
    for junk in (b"", b"%PDF-1.7", b"no pdf", sealed.pdf[: len(page) + 10], page[:500]):
        assert flaws(junk, keys) == [Flaw.NOT_SEALED]


def _signed_again(pdf: bytes) -> bytes:
    """Somebody appends a revision after the seal."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    writer.root[pdf_name("/Lang")] = pdf_string("en")
    writer.update_root()  # type: ignore[no-untyped-call]  # the library leaves it open
    out = BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]  # as above
    return out.getvalue()


def test_a_forger_with_keys_of_their_own_is_found(
    page: bytes, keys: Keys, installation: Settings, tmp_path: Path
) -> None:
    forger = read_keys(installation.model_copy(update={"data": tmp_path})).documents
    forged = seal_document(page, TOLD, forger, title="x")
    assert flaws(forged.pdf, keys) == [Flaw.DATA_FORGED]
    renamed = seal_document(page, TOLD, DocumentKeys("mine", {"mine": forger.sealing}), title="x")
    assert flaws(renamed.pdf, keys) == [Flaw.UNKNOWN_KEY]
    # Our data and our signature, taken from a real document, around another page with another seal.
    real = seal_document(page, TOLD, keys.documents, title="x")
    other = forger.sealing
    assert other.pdf_private_pem is not None
    stolen = sign_pdf(
        render_result(replace(GRANTED, applicant_masked="王**")),
        {DATA: real.data, SIGNATURE: b64decode(real.signature)},
        private_pem=other.pdf_private_pem,
        chain_pem=other.pdf_chain_pem,
        reason="x",
    )
    assert flaws(stolen, keys) == [Flaw.PAGE_ALTERED, Flaw.NOT_TRUSTED]


def test_data_that_say_nothing_of_a_page_prove_none(keys: Keys, page: bytes) -> None:
    sealing = keys.documents.sealing
    assert sealing.sm2_private_pem is not None
    assert sealing.pdf_private_pem is not None
    for data in (b"[]", b"{}", b'{"format":"jinmin-document/1"}', b"\xff", b'{"format":"other"}'):
        pdf = sign_pdf(
            page,
            {DATA: data, SIGNATURE: sign_sm2(sealing.sm2_private_pem, data)},
            private_pem=sealing.pdf_private_pem,
            chain_pem=sealing.pdf_chain_pem,
            reason="x",
        )
        assert flaws(pdf, keys)[0] in {Flaw.NOT_SEALED, Flaw.UNKNOWN_KEY}


def test_any_changed_bit_of_what_is_signed_is_found(sealed: SealedDocument, keys: Keys) -> None:
    ranges = re.search(rb"/ByteRange \[0 (\d+) (\d+) (\d+)\]", sealed.pdf)
    assert ranges is not None
    first, second, rest = (int(number) for number in ranges.groups())
    assert second + rest == len(sealed.pdf)

    @settings(max_examples=25, deadline=None)
    @given(place=st.integers(0, first + rest - 1), bit=st.integers(0, 7))
    def found(place: int, bit: int) -> None:
        altered = bytearray(sealed.pdf)
        altered[place if place < first else second + place - first] ^= 1 << bit
        assert flaws(bytes(altered), keys) != []

    found()


def test_the_command_checks_a_file_with_published_keys_and_nothing_else(
    sealed: SealedDocument,
    keys: Keys,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("JINMIN_DATA", str(tmp_path / "nothing"))
    file, published = tmp_path / "a.pdf", tmp_path / "keys.json"
    file.write_bytes(sealed.pdf)
    published.write_text(publish(keys.documents).model_dump_json())
    with clock.shifted(timedelta()):
        assert main(["certificates", "verify", str(file), "--keys", str(published)]) == 0
    told = capsys.readouterr().out
    assert "Genuine and unaltered" in told
    assert f"code: {GRANTED.code}" in told
    assert not (tmp_path / "nothing").exists()
    file.write_bytes(sealed.pdf[:-1] + b"!")
    assert main(["certificates", "verify", str(file), str(tmp_path / "none"), "--keys", str(published)]) == 1
    told = capsys.readouterr().out
    assert "Genuine" not in told
    assert "cannot be read" in told


def test_published_keys_hold_no_secret(keys: Keys) -> None:
    told = publish(keys.documents).model_dump_json()
    assert "PRIVATE" not in told
    assert told.count("BEGIN CERTIFICATE") == 2
