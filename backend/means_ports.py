"""The means check (家庭经济状况核对) as a protocol. ``integrations`` implements it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID


class MeansScope(StrEnum):
    """What may be looked at, as the authorisation's form names it."""

    INCOME = "income"
    """收入、社保、税务"""
    DEPOSITS = "deposits"
    """银行存款、证券"""
    HOMES = "homes"
    """不动产"""
    VEHICLES = "vehicles"
    """车辆"""
    COMPANIES = "companies"
    """经营主体登记"""


class MeansVerdict(StrEnum):
    """How a household's means compare with the limit."""

    BELOW = "BELOW"
    ABOVE = "ABOVE"
    PARTLY_UNKNOWN = "PARTLY_UNKNOWN"
    """Some sources have not answered; what is known is below."""


@dataclass(frozen=True, slots=True)
class MeansMember:
    """One member of the household, and the authorisation that lets them be looked up."""

    name: str
    number: str
    authorisation: UUID
    """The case in which it was given."""


@dataclass(frozen=True, slots=True)
class MeansQuestion:
    """What is asked about a household. Lives in memory for one call only."""

    check_id: UUID
    """Idempotency key on the wire: the same check asked twice is one check."""
    item_code: str
    division: str
    limit_fen: int | None
    """Per head and month; None where the region's edition names none."""
    scopes: Sequence[MeansScope]
    members: Sequence[MeansMember]


@dataclass(frozen=True, slots=True)
class MeansAnswer:
    """The least that a decision needs: no amounts, no accounts, no addresses."""

    check_id: UUID
    verdict: MeansVerdict
    unknown: tuple[MeansScope, ...]
    """Sources that have not answered."""
    report_number: str
    checked_on: date


class MeansChecker(Protocol):
    """A region's centre for checking household means (核对中心)."""

    async def ask(self, question: MeansQuestion) -> None:
        """Hand a check over. Safe to repeat with the same ``check_id``.

        Raises ``Unavailable`` (try again later) or ``Invalid`` (retrying will not help).
        """
        ...

    async def answer(self, check_id: UUID) -> MeansAnswer | None:
        """The answer, or None while it is not there. Raises ``Unavailable``."""
        ...

    def read_callback(
        self, *, method: str, path: str, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> tuple[MeansAnswer, str]:
        """Check signature and stamp of a callback; the answer and its nonce. Raises ``Forbidden``, ``Invalid``."""
        ...
