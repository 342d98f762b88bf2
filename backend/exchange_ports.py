"""What leaves the house for another system and what comes back, as it is heard where it is said.

Adapters tell every signed call to whoever listens (``tell``); the exchange listens while it delivers
(``listening``) and keeps what it heard as evidence. So an adapter of any connection mode gives evidence
without knowing of a database.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol
from uuid import UUID


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


# --- the other side's desk -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a case is on its platform, at the moment of asking."""

    external_case_number: str
    received_at: datetime
    steps: Sequence["ProgressStep"]
    """In order; empty before anything was decided."""


@dataclass(frozen=True, slots=True)
class ProgressStep:
    """One step that the platform has taken."""

    kind: str
    """A ``ProvinceEventKind``."""
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class DayAccount:
    """What a platform received on one day of legal time: how much, and the digest over all of it."""

    count: int
    digest: str
    """SM3 over the sorted lines ``delivery|their number|our number|messages said``, joined by newlines; hex."""


@dataclass(frozen=True, slots=True)
class DayEntry:
    """One case of such a day."""

    delivery_id: UUID
    external_case_number: str
    case_number: str
    said: int
    """Messages about it that we were told, by their account."""


@dataclass(frozen=True, slots=True)
class HallSlot:
    """Free places of a hall on a day, from an hour on."""

    day: date
    starts: str
    free: int


class ProvinceDesk(Protocol):
    """What a connected region answers beside taking cases, in whatever mode it is connected.

    Everything raises ``Unavailable`` where the region does not answer properly, and may be repeated.
    """

    async def progress(self, numbers: Sequence[str]) -> Mapping[str, Progress]:
        """By their number, up to 200 at once; those that are not known there are missing."""

    async def account(self, day: date) -> DayAccount:
        """The account of a day."""

    async def entries(self, day: date) -> Sequence[DayEntry]:
        """Everything behind it."""

    async def resend(self, external_case_number: str) -> None:
        """Ask to be told everything about a case again."""

    async def take_records(self, batch_id: UUID, records: Sequence[Mapping[str, object]]) -> str:
        """Hand over records of its residents (数据回流), up to 500; the receipt. The same batch twice is one."""

    async def slots(self, *, division: str, item_code: str, first: date, days: int) -> Sequence[HallSlot]:
        """Free places of the halls of a division, from ``first`` on."""
