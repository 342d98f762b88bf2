"""SM2 with SM3, and SM3 alone."""

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from hypothesis import given
from hypothesis import strategies as st

from backend.kit.signatures import check_sm2_pair, generate_sm2, sign_sm2, sm3_hex, verify_sm2

PRIVATE, PUBLIC = generate_sm2()
OTHER_PRIVATE, OTHER_PUBLIC = generate_sm2()


def test_the_examples_of_the_standard() -> None:
    assert sm3_hex(b"abc") == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert sm3_hex(b"abcd" * 16) == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"


@given(st.binary(max_size=200))
def test_what_was_signed_is_verified_with_that_key_only(message: bytes) -> None:
    signature = sign_sm2(PRIVATE, message)
    assert verify_sm2(PUBLIC, message, signature)
    assert not verify_sm2(OTHER_PUBLIC, message, signature)
    assert not verify_sm2(PUBLIC, message + b"x", signature)


@given(st.integers(0, 500))
def test_a_signature_with_one_bit_changed_is_none(bit: int) -> None:
    signature = bytearray(sign_sm2(PRIVATE, b"message"))
    place = bit % (len(signature) * 8)
    signature[place // 8] ^= 1 << place % 8
    assert not verify_sm2(PUBLIC, b"message", bytes(signature))


@given(st.binary(max_size=80))
def test_any_other_bytes_are_no_signature(signature: bytes) -> None:
    assert not verify_sm2(PUBLIC, b"message", signature)


def test_openssl_agrees(tmp_path: Path) -> None:
    message, signature, public = tmp_path / "message", tmp_path / "signature", tmp_path / "public.pem"
    message.write_bytes("办件".encode())
    signature.write_bytes(sign_sm2(PRIVATE, message.read_bytes()))
    public.write_text(PUBLIC)
    told = subprocess.run(  # noqa: S603 - the arguments are ours
        ["openssl", "pkeyutl", "-verify", "-rawin", "-digest", "sm3", "-pubin", "-inkey", public,  # noqa: S607 - as installed
         "-in", message, "-sigfile", signature, "-pkeyopt", "distid:1234567812345678"],
        capture_output=True,
        check=False,
        text=True,
    )  # fmt: skip
    assert told.stdout == "Signature Verified Successfully\n"


def test_a_pair_of_keys_is_checked_before_it_is_used() -> None:
    check_sm2_pair(PRIVATE, PUBLIC)
    prime256 = ec.generate_private_key(ec.SECP256R1())
    others = [
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        for key in (prime256, ed25519.Ed25519PrivateKey.generate())
    ]
    locked = prime256.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")).decode()
    assert load_pem_private_key(others[0].encode(), None)
    for private, public in (
        ("", PUBLIC),
        (PUBLIC, PUBLIC),
        (PRIVATE, PRIVATE),
        (PRIVATE, "nonsense"),
        (others[0], PUBLIC),
        (locked, PUBLIC),
    ):
        with pytest.raises(ValueError, match="not an unencrypted SM2 key") as refusal:
            check_sm2_pair(private, public)
        assert "BEGIN" not in str(refusal.value)
