"""What we need from the outside for third parties: somebody who carries a webhook to its receiver."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class HookProblem(StrEnum):
    """Why a webhook did not arrive. Nothing that a receiver says is kept."""

    BAD_ADDRESS = "BAD_ADDRESS"
    """No address of https, or none that resolves."""
    PRIVATE_ADDRESS = "PRIVATE_ADDRESS"
    """It resolves, also or only, to an address that is not public."""
    UNREACHABLE = "UNREACHABLE"
    TIMED_OUT = "TIMED_OUT"
    REDIRECTED = "REDIRECTED"
    REFUSED = "REFUSED"
    """Any other status than 2xx."""
    GONE = "GONE"
    """410: it does not want them any more."""
    GARBLED = "GARBLED"
    """What came back is no HTTP, or too long."""


@dataclass(frozen=True, slots=True)
class HookOutcome:
    """What came of one attempt."""

    problem: HookProblem | None
    status: int | None
    milliseconds: int


class WebhookCarrier(Protocol):
    """Carries signed bytes to an address that somebody else chose."""

    async def check(self, url: str) -> HookProblem | None:
        """Whether nothing may be sent there at all: what is told when it is registered.

        Never tells a name that resolves to nothing from one that resolves inside.
        """

    async def carry(self, url: str, body: bytes, headers: Mapping[str, str]) -> HookOutcome:
        """One attempt. Never raises for what a receiver does."""
