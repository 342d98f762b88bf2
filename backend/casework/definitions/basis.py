"""Where a rule comes from, and how well it is founded."""

from dataclasses import dataclass
from enum import StrEnum

from backend.errors import Text


class UnsoundDefinition(Exception):
    """An item contradicts itself or the law; the text says where."""


class Standing(StrEnum):
    """How well a figure or rule is founded (see docs/law.md)."""

    LAW = "law"
    PUBLISHED = "published"
    PRACTICE = "practice"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True)
class Basis:
    """Where a rule comes from (设定依据)."""

    title: Text
    article: str
    """Article number, empty where the source has none or it is not known."""
    standing: Standing
