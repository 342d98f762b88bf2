"""Questions that several children's forms share."""

from dataclasses import replace

from backend.casework.declaring.fields import CONTACT_PHONE, choice, number, person_number, text
from backend.casework.definitions import Field, FieldKind, Unit, When
from backend.domains.children.rules import TIMED
from backend.errors import Text

_SITUATIONS = (
    ("dead", "死亡", "Dead"),
    ("missing", "被宣告失踪", "Declared missing"),
    ("severe_disability", "重残", "Severely disabled"),
    ("grave_illness", "重病", "Gravely ill"),
    ("prison", "服刑在押", "In prison"),
    ("drug_rehab", "强制隔离戒毒", "In compulsory drug rehabilitation"),
    ("restricted", "被限制人身自由", "Otherwise restricted in freedom"),
    ("lost_contact", "失联", "Out of contact"),
    ("able", "有抚养能力", "Able to care"),
)
CHILD = (
    CONTACT_PHONE,
    text("childName", Text("儿童姓名", "Name of the child")),
    person_number("childNumber", Text("儿童身份证号码", "Resident number of the child"), fact="child"),
    choice(
        "relation",
        Text("您与儿童的关系", "You are the child's"),
        ("grandparent", "祖父母、外祖父母", "Grandparent"),
        ("sibling", "兄、姐", "Elder sibling"),
        ("relative", "其他亲属", "Other relative"),
        ("institution", "儿童福利机构", "Welfare institution"),
        ("committee", "村（居）委会", "Village or neighbourhood committee"),
        ("parent", "父、母", "Parent"),
    ),
)


def parent(code: str, zh: str, en: str) -> tuple[Field, ...]:
    """What became of a parent; of a dead one name and number, so that the record of death can be fetched."""
    dead = When(code, ("dead",))
    number_of = person_number(
        f"{code}Number", Text(f"{zh}身份证号码", f"Resident number of the {en}"), when=dead
    )
    return (
        choice(code, Text(f"{zh}情况", f"The {en} is"), *_SITUATIONS, fact=code),
        text(f"{code}Name", Text(f"{zh}姓名", f"Name of the {en}"), required=False, when=dead),
        replace(number_of, required=False),
    )


def months(parent: str, zh: str, en: str) -> Field:
    """How long what keeps this parent away lasts."""
    return number(
        f"{parent}Months",
        Text(f"{zh}该情形的期限或已持续的时间", f"How long this lasts or has lasted ({en})"),
        Unit.MONTHS,
        maximum=600,
        fact=f"{parent}_months",
        when=When(parent, TIMED),
    )


CHILD_PLACE = Field(
    "childPlace",
    Text("儿童现居住区划", "Division in which the child lives"),
    FieldKind.DIVISION,
    fact="child_place",
)
CHILD_AT_HOME = (
    CONTACT_PHONE,
    text("childName", Text("儿童姓名", "Name of the child")),
    person_number("childNumber", Text("儿童身份证号码", "Resident number of the child"), fact="child"),
    CHILD_PLACE,
    text("childAddress", Text("详细地址", "Address")),
)
STATION = Text(
    "居住地乡镇（街道）未成年人保护工作站，或村（居）儿童主任；12345、12349热线",
    "The township's station for minors or the village's child director; hotlines 12345 and 12349",
)
