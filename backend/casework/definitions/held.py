"""Facts that the state holds about an applicant: never asked for in a form, only tried out in a pre-check."""

from collections.abc import Mapping
from dataclasses import dataclass

from backend.casework.definitions.questions import Choice, Field, FieldKind
from backend.casework.definitions.words import Unit
from backend.errors import Text


@dataclass(frozen=True, slots=True)
class HeldFact:
    """A fact, who holds it, and how somebody who has not signed in may try an answer."""

    source: Text
    question: Field


_REGISTRY = Text("国家人口基础信息库", "national population registry")
_MARRIAGES = Text("全国婚姻登记信息", "national marriage registration database")
_DISABILITY = Text("残疾人联合会残疾人信息", "disabled persons' federation")
_ASSISTANCE = Text("社会救助信息", "social assistance register")
_WELFARE = Text("儿童福利信息", "child welfare register")
_ASSESSMENTS = Text("老年人能力评估结果", "assessments of older people's abilities")


def _choice(name: str, label: Text, *choices: tuple[str, str, str]) -> Field:
    return Field(
        name,
        label,
        FieldKind.CHOICE,
        choices=tuple(Choice(value, Text(zh, en)) for value, zh, en in choices),
        fact=name,
    )


def _number(name: str, label: Text, maximum: int) -> Field:
    return Field(name, label, FieldKind.NUMBER, unit=Unit.YEARS, maximum=maximum, fact=name)


def _table(*facts: HeldFact) -> Mapping[str, HeldFact]:
    return {fact.question.name: fact for fact in facts}


HELD_FACTS: Mapping[str, HeldFact] = _table(
    HeldFact(_REGISTRY, _number("age", Text("您的周岁年龄", "Your age in years"), 130)),
    HeldFact(
        _REGISTRY,
        _choice("sex", Text("您的性别", "Your sex"), ("1", "男", "Male"), ("2", "女", "Female")),
    ),
    HeldFact(
        _REGISTRY,
        Field(
            "household_division",
            Text("您的户籍所在地", "Where your household is registered"),
            FieldKind.DIVISION,
            fact="household_division",
        ),
    ),
    HeldFact(
        _MARRIAGES,
        _choice(
            "marital_status",
            Text("您的婚姻状况", "Your marital status"),
            ("unmarried", "未婚", "Unmarried"),
            ("married", "已婚", "Married"),
            ("divorced", "离婚", "Divorced"),
            ("widowed", "丧偶", "Widowed"),
        ),
    ),
    HeldFact(
        _DISABILITY,
        _choice(
            "disability_grade",
            Text("残疾人证上的残疾等级", "Grade on the disability certificate"),
            ("none", "没有残疾人证", "No certificate"),
            ("1", "一级", "Grade 1"),
            ("2", "二级", "Grade 2"),
            ("3", "三级", "Grade 3"),
            ("4", "四级", "Grade 4"),
        ),
    ),
    HeldFact(
        _DISABILITY,
        _choice(
            "disability_kind",
            Text("残疾人证上的残疾类别", "Kind on the disability certificate"),
            ("none", "没有残疾人证", "No certificate"),
            ("visual", "视力", "Visual"),
            ("hearing", "听力", "Hearing"),
            ("speech", "言语", "Speech"),
            ("physical", "肢体", "Physical"),
            ("intellectual", "智力", "Intellectual"),
            ("mental", "精神", "Mental"),
            ("multiple", "多重", "Multiple"),
        ),
    ),
    HeldFact(
        _ASSISTANCE,
        _choice(
            "assistance_category",
            Text("您的家庭现在享受哪类救助", "Which assistance your household has now"),
            ("none", "没有", "None"),
            ("minimum_living", "最低生活保障", "Minimum living allowance"),
            ("borderline", "低保边缘家庭", "Borderline household"),
            ("extreme_poverty", "特困人员救助供养", "Support for people in extreme poverty"),
            ("expenditure", "支出型困难家庭", "Household in hardship through expenses"),
        ),
    ),
    HeldFact(
        _ASSESSMENTS,
        _choice(
            "ability_level",
            Text("最近一次能力评估的结果", "Result of the latest assessment of abilities"),
            ("none", "没有评估过", "Never assessed"),
            ("intact", "能力完好", "Intact"),
            ("mild", "轻度失能", "Mild loss"),
            ("moderate", "中度失能", "Moderate loss"),
            ("severe", "重度失能", "Severe loss"),
            ("complete", "完全失能", "Complete loss"),
        ),
    ),
    HeldFact(
        _WELFARE,
        _choice(
            "child_welfare_category",
            Text("儿童现在享受哪类保障", "Which support the child has now"),
            ("none", "没有", "None"),
            ("orphan", "孤儿", "Orphan"),
            ("unattended", "事实无人抚养儿童", "Child without actual care"),
            ("hiv", "艾滋病病毒感染儿童", "Child living with HIV"),
        ),
    ),
    HeldFact(
        _REGISTRY,
        Field(
            "child_household_division",
            Text("儿童的户籍所在地", "Where the child's household is registered"),
            FieldKind.DIVISION,
            fact="child_household_division",
        ),
    ),
    HeldFact(
        _REGISTRY,
        Field(
            "deceased_household_division",
            Text("逝者的户籍所在地", "Where the deceased's household was registered"),
            FieldKind.DIVISION,
            fact="deceased_household_division",
        ),
    ),
)
