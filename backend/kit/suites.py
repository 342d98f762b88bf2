"""The two suites of cryptography an installation chooses between."""

from enum import StrEnum


class CryptoSuite(StrEnum):
    """International algorithms, or those of the commercial-cryptography standards (国密, GB/T 32905, 32907, 32918)."""

    INTERNATIONAL = "international"
    """Ed25519, SHA-256, AES-256-GCM."""
    GUOMI = "guomi"
    """SM2 with SM3, SM3, SM4-GCM."""
