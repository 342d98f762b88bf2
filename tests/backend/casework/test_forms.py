"""Forms are published as JSON Schema and answers are checked against that very schema."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import jsonschema_rs
import orjson
import pytest

from backend.casework.declaring.fields import choice, day, money, number, person_number, story, text, yes_no
from backend.casework.definitions import Field, FieldKind, Form, Known, Section, Unit, When
from backend.casework.form_schema import json_schema
from backend.casework.forms import check_answers
from backend.domains import standards
from backend.errors import Invalid, ProblemCode, Text
from backend.kit import resident_id
from tests.support.items import TOLD

NUMBER = resident_id.make("330521", date(1990, 5, 12), 12)
FORM = Form(
    (
        text("name", Text("姓名", "Name"), hint=Text("如：张三", "As on the card")),
        Field(
            "home",
            Text("户籍地", "Registered in"),
            FieldKind.DIVISION,
            required=False,
            prefill=Known.HOUSEHOLD_DIVISION,
        ),
        person_number("partner", Text("对方号码", "Partner"), fact="partner"),
        number("rooms", Text("房间数", "Rooms"), Unit.PIECES, minimum=1, maximum=9, required=False),
        money("income", Text("收入", "Income")),
        choice("how", Text("方式", "How"), ("a", "甲", "A"), ("b", "乙", "B")),
        choice("needs", Text("需要", "Needs"), ("meal", "餐", "Meal"), ("bath", "浴", "Bath"), several=True),
        day("on", Text("日期", "Day")),
        Field("stay", Text("起止", "From and to"), FieldKind.DATE_RANGE, required=False),
        yes_no("alone", Text("独居", "Alone?")),
        text("who", Text("同住人", "Who with"), when=When("alone", (False,))),
        choice("diet", Text("饮食", "Diet"), ("soft", "软", "Soft"), when=When("needs", ("meal",))),
        Field(
            "contact",
            Text("联系人", "Contact"),
            FieldKind.GROUP,
            fields=(
                text("name", Text("姓名", "Name")),
                yes_no("kin", Text("亲属", "Kin?")),
                text("relation", Text("关系", "Relation"), when=When("kin", (True,))),
            ),
        ),
        Field(
            "members",
            Text("成员", "Members"),
            FieldKind.LIST,
            minimum=1,
            maximum=2,
            fields=(text("name", Text("姓名", "Name")), money("income", Text("收入", "Income"))),
            plain=Text("家里还有谁", "Who else is at home"),
        ),
        story("notes", Text("说明", "Notes"), required=False),
        Field("sure", Text("承诺", "I state"), FieldKind.UNDERTAKING),
    )
)
GOOD: Mapping[str, Any] = {
    "name": "沈阿福",
    "home": "330521",
    "partner": NUMBER,
    "rooms": 3,
    "income": 120_000,
    "how": "a",
    "needs": ["bath"],
    "on": "2026-11-25",
    "stay": {"from": "2026-11-25", "to": "2026-11-25"},
    "alone": True,
    "contact": {"name": "王月娥", "kin": False},
    "members": [{"name": "沈桂英", "income": 0}],
    "notes": "无",
    "sure": True,
}


def problems(answers: Mapping[str, Any], *, complete: bool = True) -> list[tuple[str, str]]:
    """Path below the answers and Chinese sentence of everything that is wrong."""
    try:
        check_answers(FORM, answers, complete=complete)
    except Invalid as refusal:
        found = refusal
    else:
        return []
    assert found.code is ProblemCode.INVALID_ANSWERS
    return [(".".join(map(str, wrong.path[2:])), wrong.message.zh) for wrong in found.fields]


def test_good_answers_pass_as_draft_and_as_complete() -> None:
    assert problems(GOOD) == []
    assert problems(GOOD, complete=False) == []
    assert problems({}, complete=False) == []


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"name": ""}, [("name", "此项不能为空。")]),
        ({"name": "长" * 201}, [("name", "内容过长。")]),
        ({"name": 5}, [("name", "内容类型不正确。")]),
        ({"home": "999999"}, [("home", "格式不正确。")]),
        ({"home": "33"}, [("home", "格式不正确。")]),
        ({"partner": NUMBER[:-1] + ("0" if NUMBER[-1] != "0" else "1")}, [("partner", "格式不正确。")]),
        ({"partner": "12345"}, [("partner", "格式不正确。")]),
        ({"rooms": 0}, [("rooms", "不能小于1。")]),
        ({"rooms": 10}, [("rooms", "不能大于9。")]),
        ({"rooms": 2.5}, [("rooms", "内容类型不正确。")]),
        ({"income": -1}, [("income", "不能少于0元。")]),
        ({"income": 10_000_000_001}, [("income", "不能超过100000000元。")]),
        ({"members": [{"name": "沈桂英", "income": -5}]}, [("members.0.income", "不能少于0元。")]),
        ({"income": True}, [("income", "内容类型不正确。")]),
        ({"how": "c"}, [("how", "请选择列出的选项之一。")]),
        ({"needs": []}, [("needs", "至少填写1项。")]),
        ({"needs": ["bath", "bath"]}, [("needs", "同一选项只能选一次。")]),
        ({"needs": ["bath", "sing"]}, [("needs.1", "请选择列出的选项之一。")]),
        ({"on": "2026-02-30"}, [("on", "格式不正确。")]),
        ({"stay": {"from": "2026-11-26", "to": "2026-11-25"}}, [("stay", "开始日期不能晚于结束日期。")]),
        ({"stay": {"from": "2026-11-26"}}, [("stay.to", "此项必填。")]),
        ({"contact": {"name": "王", "kin": "yes"}}, [("contact.kin", "内容类型不正确。")]),
        ({"members": [{"name": "甲", "income": "much"}]}, [("members.0.income", "内容类型不正确。")]),
        (
            {"members": [{"name": "甲", "income": 1}] * 3},
            [("members", "最多填写2项。")],
        ),
        ({"sure": False}, [("sure", "请先阅读并确认。")]),
        ({"luck": 1, "fate": 2}, [("fate", "没有这一项。"), ("luck", "没有这一项。")]),
    ],
)
def test_what_is_filled_in_must_be_right_in_a_draft_too(
    changed: Mapping[str, Any], wrong: list[tuple[str, str]]
) -> None:
    assert problems({**GOOD, **changed}) == wrong
    assert problems({**GOOD, **changed}, complete=False) == wrong


def test_what_is_required_is_asked_for_at_the_end_only() -> None:
    sparse = {"alone": True, "contact": {"name": "王"}, "members": [{"name": "甲"}]}
    assert problems(sparse, complete=False) == []
    assert problems(sparse) == [
        (name, "此项必填。")
        for name in sorted(
            ["contact.kin", "how", "income", "members.0.income", "name", "needs", "on", "partner", "sure"]
        )
    ]
    assert problems({**GOOD, "members": []}, complete=False) == []
    assert problems({**GOOD, "members": []}) == [("members", "至少填写1项。")]


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"alone": False}, [("who", "此项必填。")]),
        ({"alone": False, "who": "女儿"}, []),
        ({"who": "女儿"}, [("who", "按您的其他回答，这一项无需填写。")]),
        ({"needs": ["bath", "meal"]}, [("diet", "此项必填。")]),
        ({"needs": ["bath", "meal"], "diet": "soft"}, []),
        ({"diet": "soft"}, [("diet", "按您的其他回答，这一项无需填写。")]),
        ({"contact": {"name": "王", "kin": True}}, [("contact.relation", "此项必填。")]),
        ({"contact": {"name": "王", "kin": True, "relation": "女"}}, []),
        (
            {"contact": {"name": "王", "kin": False, "relation": "女"}},
            [("contact.relation", "按您的其他回答，这一项无需填写。")],
        ),
    ],
)
def test_a_conditional_field_is_asked_exactly_while_its_condition_is_met(
    changed: Mapping[str, Any], wrong: list[tuple[str, str]]
) -> None:
    assert problems({**GOOD, **changed}) == wrong
    # A draft is in the middle of being changed: nothing is demanded, nothing is thrown away.
    assert problems({**GOOD, **changed}, complete=False) == []


def test_sentences_are_there_in_english_too() -> None:
    with pytest.raises(Invalid) as caught:
        check_answers(FORM, {**GOOD, "rooms": 10}, complete=True)
    assert [wrong.message.en for wrong in caught.value.fields] == ["It may not be more than 9."]


def test_answers_of_more_than_64_kilobytes_are_refused() -> None:
    assert problems({"name": "长" * 22_000}, complete=False) == []  # about the size, not about the field
    with pytest.raises(Invalid, match="too large"):
        check_answers(FORM, {"name": "x" * 65_536}, complete=False)


def published(form: Form = FORM, language: str = "zh-CN") -> dict[str, Any]:
    told: dict[str, Any] = orjson.loads(json_schema(form, language))
    return told


def test_the_published_schema_tells_order_kind_unit_condition_and_plain_words() -> None:
    told = published()
    assert told["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert [field["x-order"] for field in told["properties"].values()] == list(range(16))
    assert told["properties"]["rooms"] == {
        "type": "integer",
        "minimum": 1,
        "maximum": 9,
        "title": "房间数",
        "x-order": 3,
        "x-kind": "NUMBER",
        "x-unit": "pieces",
        "x-unitName": "件",
    }
    assert told["properties"]["income"]["x-unit"] == "fen"
    assert told["properties"]["home"]["x-prefill"] == "HOUSEHOLD_DIVISION"
    assert told["properties"]["who"]["x-when"] == {"of": "alone", "values": [False]}
    assert told["properties"]["members"]["x-plain"] == "家里还有谁"
    assert told["properties"]["name"]["description"] == "如：张三"
    assert told["x-elder"]["onePerPage"] is True
    assert told["x-sections"] == []
    english = published(language="en")
    assert english["properties"]["how"]["oneOf"][0] == {"const": "a", "title": "A"}


def test_sections_are_told_in_order() -> None:
    form = Form(
        (
            Field("a", TOLD, FieldKind.TEXT, section="one"),
            Field("b", TOLD, FieldKind.TEXT, section="two"),
        ),
        (Section("one", Text("一", "One")), Section("two", Text("二", "Two"))),
    )
    told = published(form)
    assert told["x-sections"] == [{"code": "one", "title": "一"}, {"code": "two", "title": "二"}]
    assert [field["x-section"] for field in told["properties"].values()] == ["one", "two"]


@pytest.mark.parametrize(
    ("changed", "fits"),
    [({}, True), ({"alone": False}, False), ({"who": "女儿"}, False), ({"rooms": 10}, False)],
)
def test_a_front_end_that_knows_only_json_schema_finds_the_same(
    changed: Mapping[str, Any], *, fits: bool
) -> None:
    plain = jsonschema_rs.validator_for(published(), validate_formats=True)
    assert plain.is_valid({**GOOD, **changed}) is fits
    assert (problems({**GOOD, **changed}) == []) is fits


@pytest.mark.parametrize("item", standards().by_code.values(), ids=lambda item: item.name.en)
def test_every_form_is_sound_json_schema_and_asks_for_something(item: Any) -> None:
    jsonschema_rs.meta.validate(published(item.form))
    with pytest.raises(Invalid):
        check_answers(item.form, {}, complete=True)
    check_answers(item.form, {}, complete=False)
