"""Secrets that somebody presents as a bearer: recognised by how they begin, kept as digests."""

from hashlib import sha256


def bearer(authorization: str | None, prefix: str) -> str | None:
    """The token of an ``Authorization`` header that begins with ``prefix``; None where there is another or none."""
    scheme, _, token = (authorization or "").partition(" ")
    token = token.strip()
    return token if scheme.lower() == "bearer" and token.startswith(prefix) else None


def digest_of(text: str) -> str:
    """SHA-256 in 64 hexadecimal digits: what is kept of a random secret, which needs no salt, and the id of a document."""
    return sha256(text.encode()).hexdigest()
