"""The rules of each document's number."""

from datetime import date

import pytest

from backend.kit import resident_id
from backend.kit.documents import Document, DocumentKind, InvalidDocument, parse
from backend.kit.resident_id import Reason, Sex

TODAY = date(2026, 11, 25)
BORN = date(1990, 2, 28)
HK_MACAO, TAIWAN = DocumentKind.HK_MACAO_RESIDENCE_PERMIT, DocumentKind.TAIWAN_RESIDENCE_PERMIT
CARD, PASSPORT, RESIDENT = (
    DocumentKind.PERMANENT_RESIDENCE_CARD,
    DocumentKind.PASSPORT,
    DocumentKind.RESIDENT_ID,
)


def made(first_six: str, sequence: int = 11) -> str:
    return resident_id.make(first_six, BORN, sequence)


@pytest.mark.parametrize(
    ("kind", "number", "country"),
    [
        (RESIDENT, made("330521"), "CHN"),
        (HK_MACAO, made("810000"), "HKG"),
        (HK_MACAO, made("820000"), "MAC"),
        (TAIWAN, made("830000"), "TWN"),
        (CARD, made("931840"), "USA"),
        (CARD, made("911356"), "IND"),
    ],
)
def test_a_number_of_eighteen_tells_birth_date_sex_and_country(
    kind: DocumentKind, number: str, country: str
) -> None:
    typed = f" {number[:6]} {number[6:]} ".lower()
    assert parse(kind, typed, TODAY) == Document(kind, number, country, BORN, Sex.MALE)


@pytest.mark.parametrize(
    ("kind", "number", "reason"),
    [
        (RESIDENT, made("810000"), Reason.DIVISION),
        (RESIDENT, made("931840"), Reason.DIVISION),
        (HK_MACAO, made("330521"), Reason.DIVISION),
        (HK_MACAO, made("830000"), Reason.DIVISION),
        (HK_MACAO, made("810001"), Reason.DIVISION),
        (TAIWAN, made("710000"), Reason.DIVISION),
        (CARD, made("330521"), Reason.DIVISION),
        (CARD, made("999840"), Reason.DIVISION),
        (CARD, made("931999"), Reason.COUNTRY),
        (CARD, "ZZZ110090022801", Reason.COUNTRY),
        (CARD, "USA110090023001", Reason.BIRTH_DATE),
        (CARD, "USA1100900228", Reason.SHAPE),
        (HK_MACAO, "H0123456789", Reason.SHAPE),
        (TAIWAN, made("830000")[:17] + "?", Reason.SHAPE),
        (TAIWAN, made("830000")[:16] + "00", Reason.CHECKSUM),
        (HK_MACAO, resident_id.make("810000", date(2199, 1, 1), 1), Reason.BIRTH_DATE),
    ],
)
def test_a_number_of_another_document_says_what_is_wrong(
    kind: DocumentKind, number: str, reason: Reason
) -> None:
    with pytest.raises(InvalidDocument) as refusal:
        parse(kind, number, TODAY)
    assert refusal.value.reason is reason
    assert number not in repr(refusal.value)


def test_a_card_of_before_2023_tells_the_birth_date_but_for_the_century() -> None:
    read = parse(CARD, "usa-1100-900228-01", TODAY)
    assert read == Document(CARD, "USA110090022801", "USA", BORN, None)
    assert parse(CARD, "FRA440026110109", TODAY).birth_date == date(2026, 11, 1)
    assert parse(CARD, "FRA440026120109", TODAY).birth_date == date(1926, 12, 1)
    given = parse(CARD, "FRA440024110109", TODAY, birth_date=date(1924, 11, 1))
    assert given.birth_date == date(1924, 11, 1)
    with pytest.raises(InvalidDocument) as refusal:
        parse(CARD, "FRA440024110109", TODAY, birth_date=date(1925, 11, 1))
    assert refusal.value.reason is Reason.BIRTH_DATE


def test_a_leap_day_is_of_a_leap_year() -> None:
    assert parse(CARD, "FRA440000022901", TODAY).birth_date == date(2000, 2, 29)
    with pytest.raises(InvalidDocument):
        parse(CARD, "FRA440001022901", TODAY)


@pytest.mark.parametrize(
    ("country", "number"),
    [
        ("USA", "c1234 5678"),
        ("GBR", "123456789"),
        ("CHN", "E12345678"),
        ("CHN", "EA1234567"),
        ("XXA", "AB1234"),
    ],
)
def test_a_passport_is_a_number_a_country_and_a_birth_date(country: str, number: str) -> None:
    read = parse(PASSPORT, number, TODAY, country=country, birth_date=BORN)
    assert read == Document(PASSPORT, number.replace(" ", "").upper(), country, BORN, None)


@pytest.mark.parametrize(
    ("country", "number", "born", "reason"),
    [
        (None, "C12345678", BORN, Reason.COUNTRY),
        ("ZZZ", "C12345678", BORN, Reason.COUNTRY),
        ("usa", "C12345678", BORN, Reason.COUNTRY),
        ("USA", "C1234", BORN, Reason.SHAPE),
        ("USA", "C123456789", BORN, Reason.SHAPE),
        ("USA", "C1234567é", BORN, Reason.SHAPE),
        ("CHN", "C12345678", BORN, Reason.SHAPE),
        ("USA", "C12345678", None, Reason.BIRTH_DATE_NEEDED),
        ("USA", "C12345678", date(2026, 11, 26), Reason.BIRTH_DATE),
        ("USA", "C12345678", date(1879, 12, 31), Reason.BIRTH_DATE),
    ],
)
def test_a_passport_that_cannot_be_one_says_why(
    country: str | None, number: str, born: date | None, reason: Reason
) -> None:
    with pytest.raises(InvalidDocument) as refusal:
        parse(PASSPORT, number, TODAY, country=country, birth_date=born)
    assert refusal.value.reason is reason
