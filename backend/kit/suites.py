"""The two suites of cryptography an installation chooses between."""

from enum import StrEnum
from hashlib import sha256

from cryptography.hazmat.primitives.hashes import SM3, Hash


class CryptoSuite(StrEnum):
    """International algorithms, or those of the commercial-cryptography standards (国密, GB/T 32905, 32907, 32918)."""

    INTERNATIONAL = "international"
    """Ed25519, SHA-256, AES-256-GCM."""
    GUOMI = "guomi"
    """SM2 with SM3, SM3, SM4-GCM."""


def named_digest(suite: CryptoSuite, content: bytes) -> str:
    """A digest that names its algorithm: ``D1`` SHA-256, ``D2`` SM3, a point, 64 hex digits."""
    if suite is CryptoSuite.GUOMI:
        sm3 = Hash(SM3())
        sm3.update(content)
        return f"D2.{sm3.finalize().hex()}"
    return f"D1.{sha256(content).hexdigest()}"
