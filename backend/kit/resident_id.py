"""Resident identity numbers (GB 11643): 6 digits division, 8 birth date, 3 sequence, 1 check."""

import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from backend.kit import regions

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_OLDEST_YEAR = 1880
_OTHER_DOCUMENTS = ("81", "82", "83")
"""Residence permits of Hong Kong, Macao and Taiwan residents look alike but are another document."""


class Sex(StrEnum):
    """GB/T 2261.1."""

    UNKNOWN = "0"
    """Where neither the document nor a register tells: passports, and permanent residence cards until 2023."""
    MALE = "1"
    FEMALE = "2"


class Reason(StrEnum):
    """Why a number is not one of the document it is said to be of."""

    SHAPE = "SHAPE"
    CHECKSUM = "CHECKSUM"
    BIRTH_DATE = "BIRTH_DATE"
    DIVISION = "DIVISION"
    COUNTRY = "COUNTRY"
    BIRTH_DATE_NEEDED = "BIRTH_DATE_NEEDED"


class InvalidResidentId(ValueError):
    """The number cannot be a resident ID; ``reason`` says why. The number itself is not repeated."""

    def __init__(self, reason: Reason) -> None:
        self.reason = reason
        super().__init__(reason.value)


@dataclass(frozen=True, slots=True)
class ResidentId:
    """A sound number and what it tells."""

    number: str
    division: str
    birth_date: date
    sex: Sex


def parse(text: str, today: date) -> ResidentId:
    """Read a number as people type it (full-width digits, spaces, a small x). Raises ``InvalidResidentId``.

    A county of long ago is fine as long as its province exists: counties are merged and renumbered,
    but people keep the number they were given.
    """
    found = parse_eighteen(text, today)
    if found.number[:2] in _OTHER_DOCUMENTS or not regions.is_province(found.number[:2]):
        raise InvalidResidentId(Reason.DIVISION)
    return found


def parse_eighteen(text: str, today: date) -> ResidentId:
    """Any number of the shape of GB 11643, whatever its first six digits stand for. Raises ``InvalidResidentId``."""
    number = unicodedata.normalize("NFKC", text).replace(" ", "").upper()
    if len(number) != 18 or not number.isascii() or not number[:17].isdigit() or number[17] not in _CHECKS:
        raise InvalidResidentId(Reason.SHAPE)
    if check_digit(number[:17]) != number[17]:
        raise InvalidResidentId(Reason.CHECKSUM)
    try:
        birth_date = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise InvalidResidentId(Reason.BIRTH_DATE) from None
    if not birth_date.year >= _OLDEST_YEAR or birth_date > today:
        raise InvalidResidentId(Reason.BIRTH_DATE)
    sex = Sex.MALE if int(number[16]) % 2 else Sex.FEMALE
    return ResidentId(number, number[:6], birth_date, sex)


def check_digit(seventeen: str) -> str:
    """The eighteenth sign of a number."""
    total = sum(int(digit) * weight for digit, weight in zip(seventeen, _WEIGHTS, strict=True))
    return _CHECKS[total % 11]


def make(division: str, birth_date: date, sequence: int) -> str:
    """A sound number for a generated person; an odd ``sequence`` (0–999) is a man."""
    seventeen = f"{division}{birth_date:%Y%m%d}{sequence:03d}"
    return seventeen + check_digit(seventeen)
