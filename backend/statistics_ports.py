"""What the house needs of the civil-affairs statistics system (民政统计系统): a place to lodge what was signed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class SignedReport:
    """A report as it was signed, with our signature over it."""

    report_id: UUID
    version: int
    """The same report and version lodged twice is one."""
    division: str
    period: str
    snapshot: str
    signature: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LodgedReceipt:
    """The system's signed word that it has the report."""

    number: str
    received_at: str
    evidence: str
    """The receipt as it was signed."""


class StatisticsSystem(Protocol):
    """The ministry's statistics system."""

    async def lodge(self, report: SignedReport) -> LodgedReceipt:
        """Hand a signed report over. Raises ``Unavailable`` (again later) or ``Invalid`` (it will not take it)."""
