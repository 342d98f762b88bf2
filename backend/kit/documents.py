"""The documents that say who somebody is, and the rules of each one's number.

==========================  ==============================================================================
RESIDENT_ID                 居民身份证, GB 11643 (see ``resident_id``)
HK_MACAO_RESIDENCE_PERMIT   港澳居民居住证: 18 characters of the same shape, 810000 or 820000 at the front
TAIWAN_RESIDENCE_PERMIT     台湾居民居住证: the same, 830000 at the front
PERMANENT_RESIDENCE_CARD    外国人永久居留身份证: since 2023-12-01 18 characters of the same shape, a 9, two digits of
                            the province and the numeric country code at the front; before that 15: three
                            letters of the country, four digits of the office, six of the birth date, one in
                            sequence and one check digit
PASSPORT                    护照: six to nine letters and digits, and who issued it (ICAO Doc 9303)
==========================  ==============================================================================

Standing: the shapes of the 18-character numbers are published by the National Immigration Administration
(适配性改造要点, 2023); how the check digit of the 15-character cards is computed was not found published, so a
mistyped one is found out by the register and not here.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from backend.kit import countries, regions, resident_id
from backend.kit.resident_id import Reason, Sex

_PERMITS = {
    "HK_MACAO_RESIDENCE_PERMIT": {"810000": "HKG", "820000": "MAC"},
    "TAIWAN_RESIDENCE_PERMIT": {"830000": "TWN"},
}
_OLD_CARD = re.compile(r"(?P<country>[A-Z]{3})(?P<office>\d{4})(?P<birth>\d{6})\d\d")
_PASSPORT = re.compile(r"[A-Z0-9]{6,9}")
_CHINESE_PASSPORT = re.compile(r"[DEGHKMPS][A-Z]?\d{7,8}")
"""Ordinary, diplomatic, service and official passports, and those of the two special regions: practice."""


class DocumentKind(StrEnum):
    """What somebody identifies themselves by."""

    RESIDENT_ID = "RESIDENT_ID"
    HK_MACAO_RESIDENCE_PERMIT = "HK_MACAO_RESIDENCE_PERMIT"
    TAIWAN_RESIDENCE_PERMIT = "TAIWAN_RESIDENCE_PERMIT"
    PERMANENT_RESIDENCE_CARD = "PERMANENT_RESIDENCE_CARD"
    PASSPORT = "PASSPORT"


class InvalidDocument(ValueError):
    """The number cannot be one of this document; ``reason`` says why. The number itself is not repeated."""

    def __init__(self, reason: Reason) -> None:
        self.reason = reason
        super().__init__(reason.value)


@dataclass(frozen=True, slots=True)
class Document:
    """A sound number and what it tells; what it does not tell is None."""

    kind: DocumentKind
    number: str
    country: str | None
    """ISO 3166-1 alpha-3 (ICAO's further codes on passports): of the holder, or who issued a passport."""
    birth_date: date | None
    sex: Sex | None


def parse(
    kind: DocumentKind,
    text: str,
    today: date,
    *,
    country: str | None = None,
    birth_date: date | None = None,
) -> Document:
    """Read a number as people type it. Raises ``InvalidDocument``.

    ``country`` is asked for with passports only. ``birth_date`` is asked for where the number does not
    tell it, which is passports; a 15-character card has two digits of the year and takes the century
    from it, or the latest possible one.
    """
    match kind:
        case DocumentKind.RESIDENT_ID:
            found = _eighteen(text, today, strict=True)
            return Document(kind, found.number, "CHN", found.birth_date, found.sex)
        case DocumentKind.HK_MACAO_RESIDENCE_PERMIT | DocumentKind.TAIWAN_RESIDENCE_PERMIT:
            found = _eighteen(text, today)
            region = _PERMITS[kind].get(found.division)
            if region is None:
                raise InvalidDocument(Reason.DIVISION)
            return Document(kind, found.number, region, found.birth_date, found.sex)
        case DocumentKind.PERMANENT_RESIDENCE_CARD:
            return _card(text, today, birth_date)
        case DocumentKind.PASSPORT:
            return _passport(text, today, country, birth_date)


def _card(text: str, today: date, birth_date: date | None) -> Document:
    number = _compact(text)
    kind = DocumentKind.PERMANENT_RESIDENCE_CARD
    if len(number) == 18:
        found = _eighteen(number, today)
        country = countries.of_numeric(found.division[3:])
        if found.division[0] != "9" or not regions.is_province(found.division[1:3]):
            raise InvalidDocument(Reason.DIVISION)
        if country is None:
            raise InvalidDocument(Reason.COUNTRY)
        return Document(kind, found.number, country, found.birth_date, found.sex)
    old = _OLD_CARD.fullmatch(number)
    if old is None:
        raise InvalidDocument(Reason.SHAPE)
    if not countries.is_country(old["country"]):
        raise InvalidDocument(Reason.COUNTRY)
    return Document(kind, number, old["country"], _century(old["birth"], today, birth_date), None)


def _century(six: str, today: date, birth_date: date | None) -> date:
    """The date of ``YYMMDD``: the one that was given if it fits, else the latest that has been."""
    if birth_date is not None:
        if f"{birth_date:%y%m%d}" != six or birth_date > today:
            raise InvalidDocument(Reason.BIRTH_DATE)
        return birth_date
    for century in (2000, 1900):
        try:
            found = date(century + int(six[:2]), int(six[2:4]), int(six[4:]))
        except ValueError:
            continue
        if found <= today:
            return found
    raise InvalidDocument(Reason.BIRTH_DATE)


def _passport(text: str, today: date, country: str | None, birth_date: date | None) -> Document:
    number = _compact(text)
    if country is None or not countries.is_issuer(country):
        raise InvalidDocument(Reason.COUNTRY)
    if not _PASSPORT.fullmatch(number) or (country == "CHN" and not _CHINESE_PASSPORT.fullmatch(number)):
        raise InvalidDocument(Reason.SHAPE)
    if birth_date is None:
        raise InvalidDocument(Reason.BIRTH_DATE_NEEDED)
    if not date(1880, 1, 1) <= birth_date <= today:
        raise InvalidDocument(Reason.BIRTH_DATE)
    return Document(DocumentKind.PASSPORT, number, country, birth_date, None)


def _eighteen(text: str, today: date, *, strict: bool = False) -> resident_id.ResidentId:
    try:
        return (resident_id.parse if strict else resident_id.parse_eighteen)(text, today)
    except resident_id.InvalidResidentId as error:
        raise InvalidDocument(error.reason) from None


def _compact(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace(" ", "").replace("-", "").upper()
