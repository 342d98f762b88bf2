"""Access and refresh tokens: JWTs signed with Ed25519, the key named by ``kid``, older keys still verify."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
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
from jwt.algorithms import OKPAlgorithm

from backend.kit import clock
from backend.kit.ids import new_nonce

ALGORITHM = "EdDSA"
ISSUER = "jinmin"


class BadToken(Exception):
    """Not ours, altered, expired, or meant for something else."""


@dataclass(frozen=True, slots=True)
class TokenKeys:
    """Private keys by ``kid``; one signs, all of them verify, so that keys can be rotated at leisure."""

    keys: Mapping[str, Ed25519PrivateKey] = field(repr=False)
    active: str

    @classmethod
    def read(cls, pems: Mapping[str, str], active: str) -> "TokenKeys":
        """From PEM texts (PKCS 8). Raises ``ValueError`` for a key that is not Ed25519."""
        keys: dict[str, Ed25519PrivateKey] = {}
        for kid, pem in pems.items():
            try:
                key = load_pem_private_key(pem.encode(), password=None)
            except (ValueError, TypeError, UnsupportedAlgorithm):
                raise ValueError(f"token key {kid} is not an unencrypted PEM key") from None
            if not isinstance(key, Ed25519PrivateKey):
                raise ValueError(f"token key {kid} is not Ed25519")  # noqa: TRY004 - the text of a file is wrong, not a type
            keys[kid] = key
        if active not in keys:
            raise ValueError("the active token key is missing")
        return cls(keys, active)

    def issue(self, claims: Mapping[str, str], *, use: str, lifetime: timedelta) -> str:
        """A signed token for one ``use`` (``access`` or ``refresh``). Claims hold ids only."""
        now = clock.now()
        return jwt.encode(
            {
                "jti": new_nonce(),
                **claims,
                "iss": ISSUER,
                "aud": use,
                "iat": now,
                "exp": now + lifetime,
            },
            self.keys[self.active],
            algorithm=ALGORITHM,
            headers={"kid": self.active},
        )

    def verify(self, token: str, *, use: str) -> dict[str, Any]:
        """The claims of a sound token meant for ``use``. Raises ``BadToken``."""
        try:
            kid = jwt.get_unverified_header(token).get("kid", "")
            claims: dict[str, Any] = jwt.decode(
                token,
                self.keys[kid].public_key(),
                algorithms=[ALGORITHM],
                audience=use,
                issuer=ISSUER,
                options={"require": ["exp", "iat", "jti", "sub"], "verify_exp": False, "verify_iat": False},
            )
        except (jwt.PyJWTError, KeyError, TypeError, ValueError):
            raise BadToken("not a token of ours") from None
        # Against our own clock, so that a deployment that moves time moves tokens with it.
        if claims["exp"] <= clock.now().timestamp():
            raise BadToken("expired")
        return claims

    def jwks(self) -> dict[str, Any]:
        """The public keys (RFC 7517)."""
        return {
            "keys": [
                {
                    **OKPAlgorithm.to_jwk(key.public_key(), as_dict=True),
                    "kid": kid,
                    "use": "sig",
                    "alg": ALGORITHM,
                }
                for kid, key in self.keys.items()
            ]
        }


def generate_token_key() -> str:
    """A fresh Ed25519 key as PEM text."""
    return (
        Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    )
