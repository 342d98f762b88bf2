"""What leaves the house for another system and what comes back, as it is heard where it is said.

Adapters tell every signed call to whoever listens (``tell``); the exchange listens while it delivers
(``listening``) and keeps what it heard as evidence. So an adapter of any connection mode gives evidence
without knowing of a database.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SignedSide:
    """One side of a hop: what the signature covers, and the signature. No content, only its digest."""

    lines: tuple[str, ...]
    """Joined by newlines they are the signed text; the last one is the digest of the body in hex."""
    suite: str
    signature: str
    """Base64 of the DER signature."""
    signer: str
    """``ours`` or ``theirs``."""
    key: str
    """The public key that checks it, PEM text."""


@dataclass(frozen=True, slots=True)
class WireHop:
    """One call or one callback, with what proves it."""

    at: datetime
    outcome: str
    """``ANSWERED``, ``REFUSED``, ``NO_ANSWER``, ``NOT_THEIRS`` for calls; ``HEARD`` for callbacks."""
    request: SignedSide
    answer: SignedSide | None = None
    status: int | None = None
    sent: bytes = field(default=b"", repr=False)
    received: bytes = field(default=b"", repr=False)


_listeners: ContextVar[list[WireHop] | None] = ContextVar("listeners", default=None)


@contextmanager
def listening(hops: list[WireHop]) -> Iterator[None]:
    """Everything that is told meanwhile is added to ``hops``."""
    before = _listeners.set(hops)
    try:
        yield
    finally:
        _listeners.reset(before)


def tell(hop: WireHop) -> None:
    """Say what just happened on the wire; nobody may be listening."""
    hops = _listeners.get()
    if hops is not None:
        hops.append(hop)


def signed_side(lines: tuple[str, ...], headers: Mapping[str, str], signer: str, key: str) -> SignedSide:
    """A side out of the headers it travelled with (lower-case names)."""
    return SignedSide(
        lines, headers.get("x-signature-suite", ""), headers.get("x-signature", ""), signer, key
    )
