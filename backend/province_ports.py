"""What we need from provinces' platforms, in whatever mode they are connected (see ``backend/ports.py``)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable
from uuid import UUID


@dataclass(frozen=True, slots=True)
class MaterialToLodge:
    """One application material as it leaves the house."""

    code: str
    name: str
    file_name: str
    media_type: str
    sha256: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class CaseToLodge:
    """A case (办件) as a province's platform needs it. Lives in memory for one delivery only."""

    delivery_id: UUID
    """Idempotency key on the wire: the same delivery lodged twice takes effect once."""
    case_number: str
    task_code: str
    item_code: str
    item_name: str
    division: str
    applicant_name: str
    applicant_resident_id: str
    assurance: str
    submitted_at: datetime
    promised_due: date
    answers: Mapping[str, object]
    materials: Sequence[MaterialToLodge]


@dataclass(frozen=True, slots=True)
class Supplement:
    """What the applicant has completed (补正): only what changed. Lives in memory for one delivery only."""

    delivery_id: UUID
    case_number: str
    external_case_number: str
    answers: Mapping[str, object]
    materials: Sequence[MaterialToLodge]


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """That the applicant has withdrawn (撤回)."""

    delivery_id: UUID
    case_number: str
    external_case_number: str
    reason: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """A province's signed word that it has the case, or what was sent about it."""

    external_case_number: str
    received_at: datetime
    evidence: str
    """The receipt as it was signed, for later proof: JSON text without personal data."""


class ProvinceStage(StrEnum):
    """How far a case is at the province, as it answers when it is asked."""

    RECEIVED = "RECEIVED"
    """收件"""
    ACCEPTED = "ACCEPTED"
    """受理"""
    CORRECTION = "CORRECTION"
    """补正"""
    REVIEW = "REVIEW"
    """审核"""
    SUSPENDED = "SUSPENDED"
    """挂起、特别程序"""
    APPROVED = "APPROVED"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"


@dataclass(frozen=True, slots=True)
class ProvinceProgress:
    """What a province says when it is asked how far a case is."""

    stage: ProvinceStage
    since: datetime


@dataclass(frozen=True, slots=True)
class ResultFile:
    """The result document of a province, whole: its checksum was right."""

    number: str
    file_name: str
    media_type: str
    content: bytes = field(repr=False)


class ProvinceEventKind(StrEnum):
    """What a province tells us about a case it handles."""

    ACCEPTED = "ACCEPTED"
    NOT_ACCEPTED = "NOT_ACCEPTED"
    APPROVED = "APPROVED"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True)
class ProvinceEvent:
    """One verified message of a province."""

    region: str
    event_id: str
    """The province's own id of the message; the same id twice takes effect once."""
    case_number: str
    external_case_number: str
    sequence: int
    """Order of the province's messages about one case, from 1."""
    kind: ProvinceEventKind
    happened_at: datetime
    reason: str | None
    result_number: str | None
    """The number of the certificate or decision, on APPROVED."""
    result: Mapping[str, object]
    """Facts of the result, e.g. ``{"monthlyFen": 10000, "from": "2026-12"}``."""


class ProvinceConnector(Protocol):
    """One province's platform, in whatever mode it is connected."""

    async def lodge(self, case: CaseToLodge) -> Receipt:
        """Hand the case over. Safe to repeat with the same ``delivery_id``.

        Raises ``Unavailable`` (try again later) or ``Invalid`` (the province refuses the message
        as such: retrying will not help).
        """

    async def supplement(self, supplement: Supplement) -> Receipt:
        """Send what was completed. Safe to repeat and refused as ``lodge`` is."""

    async def withdraw(self, withdrawal: Withdrawal) -> Receipt:
        """Say that the applicant has withdrawn. Safe to repeat and refused as ``lodge`` is."""

    async def query(self, *, case_number: str, external_case_number: str) -> ProvinceProgress:
        """How far the case is there. Raises ``Unavailable``, and ``NotFound`` for a case it does not know."""

    async def result(self, *, case_number: str, external_case_number: str) -> ResultFile:
        """The result document. Raises ``NotFound`` while there is none, ``Unavailable`` for one that is not whole."""

    def read_callback(
        self, *, method: str, path: str, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> tuple[ProvinceEvent, str]:
        """Check signature and stamp of a callback; the event and its nonce.

        Raises ``Forbidden`` for a bad signature or a stale stamp and ``Invalid`` for a body that
        does not parse. The caller remembers the nonce.
        """


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages that a province has put into its front-end database (前置库) together."""

    number: str
    events: Sequence[ProvinceEvent]


@runtime_checkable
class ProvinceMailbox(Protocol):
    """A province that does not call: it writes into its front-end database, and we look there."""

    async def batches(self, limit: int) -> Sequence[Batch]:
        """What was not taken yet, the oldest first; batches that are not whole are left out and marked as such.

        Raises ``Unavailable``.
        """

    async def taken(self, batch: Batch) -> None:
        """Say that all of it is on record here. Safe to repeat."""
