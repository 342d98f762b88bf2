"""What somebody says of themselves: a name and a document, read and cleaned before anybody is asked about it."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from backend.errors import FieldProblem, Invalid, ProblemCode, Text
from backend.kit import clock
from backend.kit.documents import Document, DocumentKind, InvalidDocument, parse
from backend.kit.resident_id import Reason
from backend.resources import Resources

LONGEST_NAME = 60
"""Passports have 39 letters for both names; transliterated names on ID cards are longer."""

BAD_NAME = Text("请填写证件上的姓名（2至60个字）。", "Enter the name as on the document, 2 to 60 characters.")
BAD_RESIDENT_ID = Text("身份证号码有误，请核对。", "The resident ID number is not right; please check it.")
BAD_DOCUMENT = Text("证件信息有误，请核对。", "The document is not right; please check it.")
BAD_CHECK = Text(
    "证件号码校验位不符，请检查是否输错。", "The check character does not fit: is there a typing error?"
)
BAD_BIRTH_DATE = Text(
    "出生日期无效或与证件号码不符。", "The birth date is not a possible one for this number."
)
WHY_BAD: Mapping[tuple[DocumentKind | None, Reason], Text] = {
    (DocumentKind.RESIDENT_ID, Reason.SHAPE): Text(
        "身份证号码应为18位，前17位为数字，末位为数字或X。",
        "A resident ID has 18 characters: 17 digits, then a digit or X.",
    ),
    (DocumentKind.RESIDENT_ID, Reason.DIVISION): Text(
        "不是居民身份证号码；持居住证、永久居留身份证或护照的，请选择相应证件类型。",
        "Not a resident ID; with a residence permit, a permanent residence card or a passport choose that kind.",
    ),
    (DocumentKind.HK_MACAO_RESIDENCE_PERMIT, Reason.DIVISION): Text(
        "港澳居民居住证号码应以810000或820000开头。",
        "The number of this residence permit begins with 810000 or 820000.",
    ),
    (DocumentKind.TAIWAN_RESIDENCE_PERMIT, Reason.DIVISION): Text(
        "台湾居民居住证号码应以830000开头。", "The number of this residence permit begins with 830000."
    ),
    (DocumentKind.PERMANENT_RESIDENCE_CARD, Reason.SHAPE): Text(
        "永久居留身份证号码应为18位，或旧版3位字母加12位数字。",
        "The card has 18 characters, or, if it is an older one, 3 letters and 12 digits.",
    ),
    (DocumentKind.PERMANENT_RESIDENCE_CARD, Reason.DIVISION): Text(
        "新版永久居留身份证号码应以9和省级代码开头。",
        "The number of a new card begins with a 9 and the code of a province.",
    ),
    (DocumentKind.PASSPORT, Reason.SHAPE): Text(
        "护照号码应为6至9位字母和数字。", "A passport's number has 6 to 9 letters and digits."
    ),
    (None, Reason.SHAPE): Text(
        "证件号码应为18位，前17位为数字，末位为数字或X。",
        "The number has 18 characters: 17 digits, then a digit or X.",
    ),
    (None, Reason.CHECKSUM): BAD_CHECK,
    (None, Reason.BIRTH_DATE): BAD_BIRTH_DATE,
    (None, Reason.COUNTRY): Text(
        "请填写证件的国家或地区代码，如USA。", "Name the country of the document by its code, such as USA."
    ),
    (None, Reason.BIRTH_DATE_NEEDED): Text(
        "护照号码不含出生日期，请填写。", "A passport's number does not tell the birth date: please enter it."
    ),
}
"""By kind of document and flaw; what is said of every kind stands under None."""

_FIELD = {Reason.COUNTRY: "country", Reason.BIRTH_DATE_NEEDED: "birthDate"}


@dataclass(frozen=True, slots=True)
class Told:
    """A name and a document as somebody typed them; ``resident_id_only`` where the form has nothing but a number."""

    name: str = field(repr=False)
    number: str = field(repr=False)
    kind: DocumentKind = DocumentKind.RESIDENT_ID
    country: str | None = None
    birth_date: date | None = field(default=None, repr=False)
    resident_id_only: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """A name as the registry writes it, and a document with a sound number."""

    name: str = field(repr=False)
    document: Document = field(repr=False)


def read_claim(told: Told) -> Claim:
    """What was typed, cleaned. Raises ``Invalid`` (INVALID_INPUT, INVALID_RESIDENT_ID, INVALID_DOCUMENT)."""
    name = clean_name(told.name)
    try:
        document = parse(
            told.kind, told.number, clock.today(), country=told.country, birth_date=told.birth_date
        )
    except InvalidDocument as error:
        raise _refusal(told, error.reason) from None
    return Claim(name, document)


def index_of(resources: Resources, document: Document) -> str:
    """The blind index of a document: the same for the same one, whoever shows it."""
    return index_of_number(resources, document.kind, document.number, document.country)


def index_of_number(resources: Resources, kind: DocumentKind, number: str, country: str | None = None) -> str:
    """The same from its parts. Only a passport's number says nothing without the country."""
    if kind is DocumentKind.RESIDENT_ID:
        return resources.keys.blind_index.of(number, "person.resident_id")
    told = f"{country}:{number}" if kind is DocumentKind.PASSPORT else number
    return resources.keys.blind_index.of(told, f"document.{kind}")


def clean_name(name: str) -> str:
    """A name as the registry writes it. Raises ``Invalid``.

    People type many dots between the parts of a transliterated name; the registry has one. Letters are
    capitals with single spaces, as passports write them. Rare characters may sit in a private-use area,
    so only what no name can hold is refused.
    """
    name = unicodedata.normalize("NFC", name).strip()
    for dot in "•・‧∙⋅．":
        name = name.replace(dot, "·")
    if name.isascii():
        name = " ".join(name.upper().split(" "))
        name = " ".join(part for part in name.split(" ") if part)
    impossible = any(unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Cn", "Nd"} for sign in name)
    if impossible or not 2 <= len(name) <= LONGEST_NAME:
        raise Invalid(BAD_NAME, fields=(FieldProblem(("input", "name"), BAD_NAME),))
    return name


def _refusal(told: Told, reason: Reason) -> Invalid:
    why = WHY_BAD.get((told.kind, reason)) or WHY_BAD[None, reason]
    if told.resident_id_only:
        return Invalid(
            BAD_RESIDENT_ID,
            code=ProblemCode.INVALID_RESIDENT_ID,
            fields=(FieldProblem(("input", "residentId"), why),),
        )
    path = ("input", "document", _FIELD.get(reason, "number"))
    return Invalid(BAD_DOCUMENT, code=ProblemCode.INVALID_DOCUMENT, fields=(FieldProblem(path, why),))
