"""SM2 with SM3 (GB/T 32918, GB/T 32905) over the message itself, user id 1234567812345678."""

from base64 import b64decode
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from tongsuopy.crypto import hashes as sm_hashes
from tongsuopy.crypto import serialization
from tongsuopy.crypto.asymciphers import ec
from tongsuopy.crypto.exceptions import InvalidSignature, UnsupportedAlgorithm

SUITE = "SM2-SM3"


def canonical(told: Mapping[str, object]) -> bytes:
    """``told`` as the bytes that are signed: JSON, UTF-8, keys in order, no spaces."""
    return orjson.dumps(told, option=orjson.OPT_SORT_KEYS)


def sm3_hex(content: bytes) -> str:
    """SM3 digest, 64 hex digits."""
    digest = hashes.Hash(hashes.SM3())
    digest.update(content)
    return digest.finalize().hex()


def generate_sm2() -> tuple[str, str]:
    """A fresh key pair as PEM text: private (PKCS 8), public (SubjectPublicKeyInfo)."""
    private = ec.generate_private_key(ec.SM2())
    private_pem: bytes = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public_pem: bytes = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private_pem.decode(), public_pem.decode()


def public_of(private_pem: str) -> str:
    """The public half (SubjectPublicKeyInfo, PEM) of a private key."""
    pem: bytes = (
        _private(private_pem)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return pem.decode()


@lru_cache(maxsize=256)
def _private(pem: str) -> Any:
    """Reading a key takes longer than using it."""
    return serialization.load_pem_private_key(pem.encode(), password=None)


@lru_cache(maxsize=256)
def _public(pem: str) -> Any:
    return serialization.load_pem_public_key(pem.encode())


def check_sm2_pair(private_pem: str, public_pem: str) -> None:
    """Make sure that both texts hold SM2 keys. Raises ``ValueError``, which quotes nothing of them."""
    try:
        serialization.load_pem_private_key(private_pem.encode(), password=None)
        serialization.load_pem_public_key(public_pem.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("this is not an unencrypted SM2 key in PEM text") from None


def sign_sm2(private_pem: str, message: bytes) -> bytes:
    """The DER signature over ``message`` (not over a digest of it: SM2 hashes by itself)."""
    key = _private(private_pem)
    signature: bytes = key.sign(message, ec.ECDSA(sm_hashes.SM3()))
    return signature


def verify_sm2(public_pem: str, message: bytes, signature: bytes) -> bool:
    """Whether ``signature`` is the key's over ``message``."""
    key = _public(public_pem)
    try:
        decode_dss_signature(signature)  # the SM2 library fails internally on bytes that are no DER signature
        key.verify(signature, message, ec.ECDSA(sm_hashes.SM3()))
    except (InvalidSignature, ValueError):
        return False
    return True


def verify_sm2_text(public_pem: str, message: bytes, signature: str) -> bool:
    """The same for a signature in base64; what is no base64 is no signature."""
    try:
        return verify_sm2(public_pem, message, b64decode(signature, validate=True))
    except ValueError:
        return False


class Sm2Key:
    """A private key that was read once, for those who sign and verify at every request."""

    def __init__(self, private: Any) -> None:
        self._private = private
        self._public = private.public_key()

    @classmethod
    def read(cls, private_pem: str) -> "Sm2Key":
        """From PEM text (PKCS 8). Raises ``ValueError`` for a key of another kind."""
        try:
            key = serialization.load_pem_private_key(private_pem.encode(), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            key = None
        if not isinstance(getattr(key, "curve", None), ec.SM2):
            raise ValueError("a key is not an SM2 key")  # noqa: TRY004 - the text of a file is wrong, not a type
        return cls(key)

    def sign_raw(self, message: bytes) -> bytes:
        """R and s, 32 bytes each, over ``message``."""
        r, s = decode_dss_signature(self._private.sign(message, ec.ECDSA(sm_hashes.SM3())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def verify_raw(self, message: bytes, signature: bytes) -> bool:
        """Whether r and s are this key's over ``message``."""
        if len(signature) != 64:
            return False
        r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
        try:
            self._public.verify(encode_dss_signature(r, s), message, ec.ECDSA(sm_hashes.SM3()))
        except InvalidSignature:
            return False
        return True

    def point(self) -> tuple[bytes, bytes]:
        """The public key's coordinates, 32 bytes each."""
        der: bytes = self._public.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return der[-64:-32], der[-32:]
