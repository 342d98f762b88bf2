"""Forms as JSON Schema 2020-12 with UI hints, and the check of answers against the same schema."""

from collections.abc import Mapping
from functools import cache

import jsonschema_rs
import orjson

from backend.casework.definitions import Field, FieldKind, Form
from backend.errors import FieldProblem, Invalid, ProblemCode, Text

MAX_ANSWER_BYTES = 64 * 1024

_SHAPES: Mapping[FieldKind, Mapping[str, object]] = {
    FieldKind.TEXT: {"type": "string", "minLength": 1},
    FieldKind.PHONE: {"type": "string", "pattern": r"^1[3-9]\d{9}$"},
    FieldKind.BANK_ACCOUNT: {"type": "string", "pattern": r"^\d{12,19}$"},
    FieldKind.BOOLEAN: {"type": "boolean"},
    FieldKind.CHOICE: {"type": "string"},
    FieldKind.DATE: {"type": "string", "format": "date"},
    FieldKind.UNDERTAKING: {"const": True},
}

_SENTENCES: Mapping[str, Text] = {
    "required": Text("此项必填。", "This field is required."),
    "pattern": Text("格式不正确。", "The format is not right."),
    "format": Text("格式不正确。", "The format is not right."),
    "const": Text("请先阅读并确认。", "Please read and confirm this first."),
    "enum": Text("请选择列出的选项之一。", "Choose one of the listed options."),
    "maxLength": Text("内容过长。", "This is too long."),
    "minLength": Text("此项不能为空。", "This may not be empty."),
    "additionalProperties": Text("没有这一项。", "There is no such field."),
}
_WRONG_TYPE = Text("内容类型不正确。", "This is not the right kind of value.")
_WRONG_ANSWERS = Text("表单填写有误，请按提示修改。", "Some answers are not right; see the fields.")
_TOO_LARGE = Text("表单内容过大。", "The answers are too large.")


def _property(field: Field, language: str) -> dict[str, object]:
    shape = dict(_SHAPES[field.kind])
    if field.kind is FieldKind.TEXT:
        shape["maxLength"] = field.max_length
    if field.choices:
        shape["oneOf"] = [{"const": c.value, "title": c.label.of(language)} for c in field.choices]
    if field.hint:
        shape["description"] = field.hint.of(language)
    return {**shape, "title": field.label.of(language)}


@cache
def json_schema(form: Form, language: str) -> str:
    """The form as JSON Schema 2020-12 text; ``x-order`` and ``x-kind`` are hints for front ends."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            field.name: {**_property(field, language), "x-order": order, "x-kind": field.kind.value}
            for order, field in enumerate(form.fields)
        },
        "required": [field.name for field in form.fields if field.required],
        "additionalProperties": False,
    }
    return orjson.dumps(schema).decode()


@cache
def _property_validators(form: Form) -> dict[str, jsonschema_rs.Validator]:
    properties = orjson.loads(json_schema(form, "zh-CN"))["properties"]
    return {
        name: jsonschema_rs.validator_for(schema, validate_formats=True)
        for name, schema in properties.items()
    }


def check_answers(form: Form, answers: Mapping[str, object], *, complete: bool) -> None:
    """Raise ``Invalid(INVALID_ANSWERS)`` naming every wrong field.

    A draft (``complete=False``) may leave out what is required, but what it holds must be right.
    """
    if len(orjson.dumps(answers)) > MAX_ANSWER_BYTES:
        raise Invalid(_TOO_LARGE, code=ProblemCode.INVALID_ANSWERS)
    wrong = [
        FieldProblem(("input", "answers", name), _sentence(error))
        for name, validator in _property_validators(form).items()
        if name in answers
        for error in list(validator.iter_errors(answers[name]))[:1]
    ]
    known = {field.name for field in form.fields}
    wrong += [
        FieldProblem(("input", "answers", name), _SENTENCES["additionalProperties"])
        for name in sorted(answers.keys() - known)
    ]
    if complete:
        wrong += [
            FieldProblem(("input", "answers", field.name), _SENTENCES["required"])
            for field in form.fields
            if field.required and field.name not in answers
        ]
    if wrong:
        raise Invalid(_WRONG_ANSWERS, code=ProblemCode.INVALID_ANSWERS, fields=tuple(wrong))


def _sentence(error: jsonschema_rs.ValidationError) -> Text:
    keyword = error.schema_path[-1] if error.schema_path else ""
    if keyword == "oneOf":
        return _SENTENCES["enum"]
    return _SENTENCES.get(str(keyword), _WRONG_TYPE)
