"""The questions of a form."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from backend.casework.definitions.eligibility import When
from backend.casework.definitions.words import Unit
from backend.errors import Text


class FieldKind(StrEnum):
    """What a form field holds."""

    TEXT = "TEXT"
    LONG_TEXT = "LONG_TEXT"
    PHONE = "PHONE"
    BANK_ACCOUNT = "BANK_ACCOUNT"
    RESIDENT_ID = "RESIDENT_ID"
    """Somebody else's number: the applicant's own is known."""
    DIVISION = "DIVISION"
    """Code of an administrative division, 6 to 12 digits."""
    BOOLEAN = "BOOLEAN"
    NUMBER = "NUMBER"
    """A whole number with a unit."""
    MONEY = "MONEY"
    """An amount in fen."""
    CHOICE = "CHOICE"
    CHOICES = "CHOICES"
    """Any number of the choices, at least one."""
    DATE = "DATE"
    DATE_RANGE = "DATE_RANGE"
    """``{"from": date, "to": date}``, the first not after the second."""
    GROUP = "GROUP"
    """Several fields that belong together."""
    LIST = "LIST"
    """A group that repeats: members of the household, earlier addresses."""
    UNDERTAKING = "UNDERTAKING"
    """A statement the applicant must confirm; only true is accepted (告知承诺)."""
    AUTHORISATION = "AUTHORISATION"
    """Leave to ask others about the household (授权核对); only true is accepted."""


class Known(StrEnum):
    """What is already verified about the applicant and may fill a field in advance."""

    NAME = "NAME"
    RESIDENT_ID = "RESIDENT_ID"
    BIRTH_DATE = "BIRTH_DATE"
    SEX = "SEX"
    HOUSEHOLD_DIVISION = "HOUSEHOLD_DIVISION"


@dataclass(frozen=True, slots=True)
class Choice:
    """One allowed answer of a CHOICE or CHOICES field."""

    value: str
    label: Text


@dataclass(frozen=True, slots=True)
class Field:
    """One question of a form."""

    name: str
    label: Text
    kind: FieldKind
    required: bool = True
    """Must be answered to submit; where ``when`` is given, only while that is met."""
    hint: Text | None = None
    plain: Text | None = None
    """The question in plain words, for elder mode."""
    choices: tuple[Choice, ...] = ()
    max_length: int = 200
    unit: Unit | None = None
    """What a NUMBER counts."""
    minimum: int | None = None
    """Least NUMBER or MONEY (0 unless said), or least entries of a LIST."""
    maximum: int | None = None
    """Most of the same."""
    fields: tuple["Field", ...] = ()
    """What a GROUP or each entry of a LIST is made of."""
    when: When | None = None
    """Asked only while another field of the same form (or the same group) has one of these values."""
    section: str = ""
    """Code of the section it stands in."""
    fact: str | None = None
    """The fact that this answer supplies to the eligibility rules, if any (see ``supplies``)."""
    prefill: Known | None = None
    """What it starts with, where that is verified; the applicant may change it."""

    @property
    def supplies(self) -> tuple[str, ...]:
        """Names of the facts that an answer gives: a resident number gives ``…_age`` and ``…_sex``."""
        if self.fact is None:
            return ()
        if self.kind is FieldKind.RESIDENT_ID:
            return (f"{self.fact}_age", f"{self.fact}_sex")
        return (self.fact,)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a form that front ends show as one page or card."""

    code: str
    title: Text


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """The questions of an item, in the order in which they are asked. Each form is itself only."""

    fields: tuple[Field, ...]
    sections: tuple[Section, ...] = ()

    def walk(self) -> Iterator[Field]:
        """Every field, those inside of groups and lists too."""
        waiting = list(reversed(self.fields))
        while waiting:
            field = waiting.pop()
            yield field
            waiting.extend(reversed(field.fields))
