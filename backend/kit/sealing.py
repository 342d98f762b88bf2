"""Sealing personal data at rest, and finding it again without opening it.

A sealed value names its suite and key, and is bound to its place (``context``): moved to another row
or column it does not open. ``A1`` is AES-256-GCM, ``S1`` is SM4-GCM (国密); which one seals is
chosen per deployment, both always open.
"""

import hmac
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SM3
from cryptography.hazmat.primitives.hmac import HMAC

_KEY, _NONCE, _TAG = 32, 12, 16


class Suite(StrEnum):
    """How something is sealed."""

    AES_256_GCM = "A1"
    SM4_GCM = "S1"


class CannotOpen(Exception):
    """The key is unknown, or the value was altered or moved."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Keys by id (32 bytes each); one seals, all of them open."""

    keys: Mapping[str, bytes] = field(repr=False)
    active: str
    suite: Suite = Suite.AES_256_GCM

    def __post_init__(self) -> None:
        """Refuse at the start what would fail at the first seal. Raises ``ValueError``."""
        if self.active not in self.keys:
            raise ValueError("the active sealing key is missing")
        for name, key in self.keys.items():
            if len(key) != _KEY or not name.isascii() or not name.isalnum():
                raise ValueError("a sealing key has 32 bytes and a name of letters and digits")

    def seal_bytes(self, content: bytes, *, context: str) -> bytes:
        """``suite.key.`` followed by nonce, ciphertext and tag."""
        nonce = os.urandom(_NONCE)
        sealed = _encrypt(self.suite, self.keys[self.active], nonce, content, context.encode())
        return f"{self.suite}.{self.active}.".encode() + nonce + sealed

    def open_bytes(self, sealed: bytes, *, context: str) -> bytes:
        """The content. Raises ``CannotOpen``."""
        try:
            suite, key_id, body = sealed.split(b".", 2)
            key = self.keys[key_id.decode()]
            return _decrypt(Suite(suite.decode()), key, body[:_NONCE], body[_NONCE:], context.encode())
        except (ValueError, KeyError, InvalidTag):
            raise CannotOpen("sealed with an unknown key, altered or out of place") from None

    def seal(self, content: bytes, *, context: str) -> str:
        """The same as text: ``A1.key.base64url``."""
        suite, key_id, body = self.seal_bytes(content, context=context).split(b".", 2)
        return f"{suite.decode()}.{key_id.decode()}.{urlsafe_b64encode(body).decode()}"

    def open(self, sealed: str, *, context: str) -> bytes:
        """The content of a sealed text. Raises ``CannotOpen``."""
        suite, _, rest = sealed.partition(".")
        key_id, _, body = rest.partition(".")
        try:
            raw = urlsafe_b64decode(body)
        except ValueError:
            raise CannotOpen("not a sealed text") from None
        return self.open_bytes(f"{suite}.{key_id}.".encode() + raw, context=context)


class IndexSuite(StrEnum):
    """The digest behind a blind index."""

    HMAC_SHA_256 = "H1"
    HMAC_SM3 = "H2"


@dataclass(frozen=True, slots=True)
class BlindIndex:
    """Look-up of sealed values by a keyed digest: equal values meet, nothing can be read back.

    An index has one suite for all of its life: values of another one would never meet.
    """

    key: bytes = field(repr=False)
    suite: IndexSuite = IndexSuite.HMAC_SHA_256

    def __post_init__(self) -> None:
        """A short key could be guessed. Raises ``ValueError``."""
        if len(self.key) < _KEY:
            raise ValueError("the key of the blind index has at least 32 bytes")

    def of(self, value: str, purpose: str) -> str:
        """The digest over purpose and value: its suite, a point, 64 hex digits."""
        told = f"{purpose}\0{value}".encode()
        if self.suite is IndexSuite.HMAC_SM3:
            sm3 = HMAC(self.key, SM3())
            sm3.update(told)
            return f"{self.suite}.{sm3.finalize().hex()}"
        return f"{self.suite}.{hmac.new(self.key, told, sha256).hexdigest()}"


def _encrypt(suite: Suite, key: bytes, nonce: bytes, content: bytes, context: bytes) -> bytes:
    if suite is Suite.AES_256_GCM:
        return AESGCM(key).encrypt(nonce, content, context)
    encryptor = Cipher(algorithms.SM4(key[:16]), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(context)
    return encryptor.update(content) + encryptor.finalize() + encryptor.tag


def _decrypt(suite: Suite, key: bytes, nonce: bytes, body: bytes, context: bytes) -> bytes:
    if suite is Suite.AES_256_GCM:
        return AESGCM(key).decrypt(nonce, body, context)
    decryptor = Cipher(algorithms.SM4(key[:16]), modes.GCM(nonce, body[-_TAG:])).decryptor()
    decryptor.authenticate_additional_data(context)
    return decryptor.update(body[:-_TAG]) + decryptor.finalize()
