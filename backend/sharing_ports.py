"""What other departments hold about a person (政务数据共享): asked with a purpose, a legal basis and a consent, field by field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID


class Matter(StrEnum):
    """Whose data it is."""

    MARRIAGE = "MARRIAGE"
    """婚姻登记"""
    HOUSEHOLD = "HOUSEHOLD"
    """户籍, of the police"""
    DEATH = "DEATH"
    """死亡, of health commissions and the police"""
    DISABILITY = "DISABILITY"
    """残疾人证, of the disabled persons' federations"""
    ASSISTANCE = "ASSISTANCE"
    """社会救助 and what the means check says of it"""


FACTS: Mapping[str, Matter] = {
    "marital_status": Matter.MARRIAGE,
    "household_division": Matter.HOUSEHOLD,
    "deceased": Matter.DEATH,
    "disability_grade": Matter.DISABILITY,
    "disability_kind": Matter.DISABILITY,
    "assistance_category": Matter.ASSISTANCE,
}
"""Facts of rules (``HELD_FACTS``) that others hold, and who: nothing else may be asked for."""


@dataclass(frozen=True, slots=True)
class SharedQuestion:
    """One call. Both sides write it down as it stands here, the person apart."""

    call_id: UUID
    matter: Matter
    facts: Sequence[str]
    """Of ``FACTS``; the answer holds these and nothing else."""
    name: str = field(repr=False)
    number: str = field(repr=False)
    purpose: str
    """基本编码 of the item that it is for (国令716 Art. 7: for no other end)."""
    basis: str
    """The law that it rests on, in words."""
    consent: UUID
    """The consent that was given for this purpose."""
    on_behalf_of: str
    """Who asks, a typed id."""


@dataclass(frozen=True, slots=True)
class SharedAnswer:
    """What is known; a fact that is not known is missing."""

    facts: Mapping[str, str] = field(repr=False)
    as_of: datetime
    reference: str
    """The number under which the other side wrote the call down."""


class DataSharing(Protocol):
    """The exchange platform for data of other departments."""

    async def ask(self, question: SharedQuestion) -> SharedAnswer:
        """Ask. The same ``call_id`` twice is one call. Raises ``Unavailable``."""
