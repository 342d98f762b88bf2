"""Questions that many forms share, and short ways to ask."""

from dataclasses import replace

from backend.casework.definitions import Choice, Field, FieldKind, Unit, When
from backend.errors import Text

CONTACT_PHONE = Field(
    "contactPhone",
    Text("联系电话", "Telephone"),
    FieldKind.PHONE,
    plain=Text("您的手机号", "Your mobile number"),
)
CURRENT_ADDRESS = Field(
    "currentAddress",
    Text("现居住地址", "Current address"),
    FieldKind.TEXT,
    hint=Text("可以不在户籍地", "It may be away from where the household is registered"),
    plain=Text("您现在住在哪里", "Where you live now"),
)
BANK_ACCOUNT = Field(
    "bankAccount",
    Text("社会保障卡银行账号", "Bank account of the social-security card"),
    FieldKind.BANK_ACCOUNT,
    hint=Text("须为本人账户", "It must be the applicant's own account"),
    plain=Text("社保卡上的银行账号", "The account number on the social-security card"),
)
UNDERTAKING = Field(
    "undertaking",
    Text(
        "本人承诺所填信息真实，情况变化时及时告知。",
        "I state that my answers are true and will tell of any change.",
    ),
    FieldKind.UNDERTAKING,
    plain=Text("我填的都是真的", "What I filled in is true"),
)
MEANS_AUTHORISATION = Field(
    "meansAuthorisation",
    Text(
        "本人及共同生活的家庭成员授权民政部门核对家庭经济状况，仅用于本次申请及其后的定期复核。",
        "I and the members of my household allow civil affairs to check our means, for this application and"
        " its periodic review only.",
    ),
    FieldKind.AUTHORISATION,
    plain=Text("我们同意民政部门查收入和财产", "We agree that income and property are checked"),
)


def yes_no(
    name: str, label: Text, *, fact: str | None = None, required: bool = True, when: When | None = None
) -> Field:
    """A question with yes or no."""
    return Field(name, label, FieldKind.BOOLEAN, required=required, fact=fact, when=when)


def choice(
    name: str,
    label: Text,
    *choices: tuple[str, str, str],
    fact: str | None = None,
    several: bool = False,
    required: bool = True,
    when: When | None = None,
    plain: Text | None = None,
) -> Field:
    """A question with listed answers, each ``(value, 中文, English)``."""
    return Field(
        name,
        label,
        FieldKind.CHOICES if several else FieldKind.CHOICE,
        required=required,
        choices=tuple(Choice(value, Text(zh, en)) for value, zh, en in choices),
        fact=fact,
        when=when,
        plain=plain,
    )


def text(
    name: str, label: Text, *, hint: Text | None = None, required: bool = True, when: When | None = None
) -> Field:
    """A line of text."""
    return Field(name, label, FieldKind.TEXT, hint=hint, required=required, when=when)


def story(name: str, label: Text, *, hint: Text | None = None, required: bool = True) -> Field:
    """Up to a thousand characters in own words."""
    return Field(name, label, FieldKind.LONG_TEXT, hint=hint, required=required, max_length=1000)


def number(
    name: str,
    label: Text,
    unit: Unit,
    *,
    fact: str | None = None,
    minimum: int = 0,
    maximum: int,
    required: bool = True,
    when: When | None = None,
) -> Field:
    """A whole number."""
    return Field(
        name,
        label,
        FieldKind.NUMBER,
        unit=unit,
        fact=fact,
        minimum=minimum,
        maximum=maximum,
        required=required,
        when=when,
    )


def money(
    name: str, label: Text, *, fact: str | None = None, hint: Text | None = None, when: When | None = None
) -> Field:
    """An amount in fen."""
    return Field(name, label, FieldKind.MONEY, fact=fact, hint=hint, when=when)


def day(name: str, label: Text, *, fact: str | None = None, when: When | None = None) -> Field:
    """A date."""
    return Field(name, label, FieldKind.DATE, fact=fact, when=when)


def person_number(name: str, label: Text, *, fact: str | None = None, when: When | None = None) -> Field:
    """The resident number of somebody else whom the case is about."""
    return Field(name, label, FieldKind.RESIDENT_ID, fact=fact, when=when)


def in_section(code: str, *fields: Field) -> tuple[Field, ...]:
    """The same questions, standing in one section of the form."""
    return tuple(replace(field, section=code) for field in fields)


HOUSEHOLD_MEMBERS = Field(
    "members",
    Text("共同生活的其他家庭成员", "Other members of the household"),
    FieldKind.LIST,
    required=True,
    minimum=0,
    maximum=20,
    fact="members",
    fields=(
        text("name", Text("姓名", "Name")),
        person_number("residentId", Text("身份证号码", "Resident number")),
        choice(
            "relation",
            Text("与申请人关系", "Relation to the applicant"),
            ("spouse", "配偶", "Spouse"),
            ("parent", "父母", "Parent"),
            ("child", "子女", "Child"),
            ("other", "其他", "Other"),
        ),
        money("monthlyIncome", Text("月收入", "Monthly income")),
    ),
    plain=Text("和您一起生活的家人", "The family you live with"),
)
