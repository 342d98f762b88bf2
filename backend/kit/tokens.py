"""Access and refresh tokens: JWTs signed with Ed25519 or SM2, the key named by ``kid``.

Several keys are held at once: the one whose time has come last signs, all of them verify and are
published, so that a key is replaced without anybody being signed out (docs/identity.md, "Keys").
"""

import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.algorithms import Algorithm, OKPAlgorithm

from backend.kit import clock
from backend.kit.ids import new_nonce
from backend.kit.signatures import Sm2Key, generate_sm2
from backend.kit.suites import CryptoSuite

MOST_SOUND = 20_000
"""Tokens whose signature is remembered as good; a few megabytes."""

ISSUER = "jinmin"
CHECK_EVERY = 5.0
"""Seconds between two looks at whether the keys have changed."""

ED25519, SM2 = "EdDSA", "SM2SM3"
"""Names of algorithms in ``alg``. RFC 8037 has the first; the second is ours, none is registered for SM2."""


class BadToken(Exception):
    """Not ours, altered, expired, or meant for something else."""


class _Sm2Algorithm(Algorithm):
    """SM2 with SM3 for PyJWT: the signature is r and s, 32 bytes each, as JWS writes other curves' (RFC 7518)."""

    def prepare_key(self, key: Any) -> Any:
        """Keys come ready."""
        return key

    def check_crypto_key_type(self, key: Any) -> None:
        """Only our own keys reach this algorithm, by their ``kid``."""

    def sign(self, msg: bytes, key: Sm2Key) -> bytes:
        """R and s over ``msg``."""
        return key.sign_raw(msg)

    def verify(self, msg: bytes, key: Sm2Key, sig: bytes) -> bool:
        """Whether ``sig`` is the key's over ``msg``."""
        return key.verify_raw(msg, sig)

    @staticmethod
    def to_jwk(key_obj: Sm2Key, as_dict: bool = False) -> Any:
        """An EC key of the curve ``SM2``."""
        if not as_dict:
            raise NotImplementedError("ask for a dict")
        x, y = (urlsafe_b64encode(part).rstrip(b"=").decode() for part in key_obj.point())
        return {"kty": "EC", "crv": "SM2", "x": x, "y": y}

    @staticmethod
    def from_jwk(jwk: Any) -> Any:
        """We read no foreign keys."""
        raise NotImplementedError("keys are read from the key file only")


@cache
def _register_sm2() -> None:
    jwt.register_algorithm(SM2, _Sm2Algorithm())


@dataclass(frozen=True, slots=True)
class TokenKey:
    """One private key, and from when on it signs."""

    algorithm: str
    private: Any = field(repr=False)
    signs_from: datetime
    public: Any = field(init=False, repr=False)
    """What verifies."""

    def __post_init__(self) -> None:
        """Derive the public key once: every request is verified with it."""
        public = self.private if self.algorithm == SM2 else self.private.public_key()
        object.__setattr__(self, "public", public)

    @classmethod
    def read(cls, algorithm: str, pem: str, signs_from: datetime) -> "TokenKey":
        """From a PEM text (PKCS 8). Raises ``ValueError`` for a key that is not of this algorithm."""
        if algorithm == SM2:
            _register_sm2()
            return cls(algorithm, Sm2Key.read(pem), signs_from)
        try:
            key = load_pem_private_key(pem.encode(), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            key = None
        if algorithm != ED25519 or not isinstance(key, Ed25519PrivateKey):
            raise ValueError(f"a token key is not of the algorithm {algorithm}")
        return cls(algorithm, key, signs_from)

    def jwk(self) -> dict[str, Any]:
        """The public key's own parameters (RFC 7517)."""
        shape = _Sm2Algorithm if self.algorithm == SM2 else OKPAlgorithm
        parameters: dict[str, Any] = shape.to_jwk(self.public, as_dict=True)
        return parameters


Renewal = Callable[[], Mapping[str, TokenKey] | None]
"""The keys as they are now, or None if nothing has changed."""


def _never() -> None:
    return None


class TokenKeys:
    """The keys of this installation by ``kid``; a process takes up new ones while it runs."""

    def __init__(
        self, keys: Mapping[str, TokenKey], renewal: Renewal = _never, *, check_every: float = CHECK_EVERY
    ) -> None:
        """Raises ``ValueError`` when none of the keys may sign yet. ``check_every``: seconds."""
        self._keys = dict(keys)
        self._renewal = renewal
        self.check_every = check_every
        self._checked = time.monotonic()
        self._sound: dict[tuple[bytes, str], dict[str, Any]] = {}
        """Claims of tokens whose signature was found good, by SHA-256 and use: it stays good under these keys."""
        if not any(key.signs_from <= clock.now() for key in self._keys.values()):
            raise ValueError("no token key may sign yet")

    @property
    def keys(self) -> Mapping[str, TokenKey]:
        """All keys, as of now."""
        if time.monotonic() - self._checked >= self.check_every:
            self._checked = time.monotonic()
            renewed = self._renewal()
            if renewed is not None:
                self._keys = dict(renewed)
                self._sound.clear()
        return self._keys

    @property
    def active(self) -> str:
        """The ``kid`` that signs now: of those whose time has come, the one whose time came last."""
        now = clock.now()
        ready = [(key.signs_from, kid) for kid, key in self.keys.items() if key.signs_from <= now]
        return max(ready)[1]

    def issue(self, claims: Mapping[str, str], *, use: str, lifetime: timedelta) -> str:
        """A signed token for one ``use`` (``access`` or ``refresh``). Claims hold ids only."""
        now, kid = clock.now(), self.active
        key = self._keys[kid]
        return jwt.encode(
            {
                "jti": new_nonce(),
                **claims,
                "iss": ISSUER,
                "aud": use,
                "iat": now,
                "exp": now + lifetime,
            },
            key.private,
            algorithm=key.algorithm,
            headers={"kid": kid},
        )

    def verify(self, token: str, *, use: str) -> dict[str, Any]:
        """The claims of a sound token meant for ``use``. Raises ``BadToken``.

        The algorithm is the key's own, whatever the token says of itself.
        """
        keys, digest = self.keys, sha256(token.encode(errors="replace")).digest()
        claims = self._sound.get((digest, use))
        if claims is None:
            claims = _decoded(token, keys, use)
            if len(self._sound) >= MOST_SOUND:
                self._sound.clear()
            self._sound[digest, use] = claims
        # Against our own clock, so that a deployment that moves time moves tokens with it.
        if claims["exp"] <= clock.now().timestamp():
            raise BadToken("expired")
        return claims

    def jwks(self) -> dict[str, Any]:
        """All public keys (RFC 7517), those that do not sign yet or no longer included."""
        return {
            "keys": [
                {**key.jwk(), "kid": kid, "use": "sig", "alg": key.algorithm}
                for kid, key in self.keys.items()
            ]
        }


def _decoded(token: str, keys: Mapping[str, TokenKey], use: str) -> dict[str, Any]:
    """The claims of a token that one of ``keys`` signed for ``use``. Raises ``BadToken``."""
    try:
        key = keys[jwt.get_unverified_header(token).get("kid", "")]
        claims: dict[str, Any] = jwt.decode(
            token,
            key.public,
            algorithms=[key.algorithm],
            audience=use,
            issuer=ISSUER,
            options={"require": ["exp", "iat", "jti", "sub"], "verify_exp": False, "verify_iat": False},
        )
    except (jwt.PyJWTError, KeyError, TypeError, ValueError):
        raise BadToken("not a token of ours") from None
    return claims


def generate_token_key(suite: CryptoSuite = CryptoSuite.INTERNATIONAL) -> tuple[str, str]:
    """A fresh key of this suite: its algorithm, and PEM text."""
    if suite is CryptoSuite.GUOMI:
        return SM2, generate_sm2()[0]
    private = Ed25519PrivateKey.generate()
    return ED25519, private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
