"""The check of answers, against the same schema that front ends read."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache

import jsonschema_rs
import orjson
from jsonschema_rs import ValidationErrorKind as Kind

from backend.casework.definitions import FieldKind, Form, yuan
from backend.casework.form_schema import draft_schema, json_schema
from backend.errors import FieldProblem, Invalid, ProblemCode, Text
from backend.kit import clock, regions, resident_id

MAX_ANSWER_BYTES = 64 * 1024

REQUIRED = Text("此项必填。", "This field is required.")
NO_SUCH_FIELD = Text("没有这一项。", "There is no such field.")
NOT_ASKED = Text("按您的其他回答，这一项无需填写。", "Your other answers mean that this is not asked.")
_WRONG_FORMAT = Text("格式不正确。", "The format is not right.")
_CONFIRM_FIRST = Text("请先阅读并确认。", "Please read and confirm this first.")
_CHOOSE = Text("请选择列出的选项之一。", "Choose one of the listed options.")
_CHOOSE_ONCE = Text("同一选项只能选一次。", "Choose each option only once.")
_TOO_LONG = Text("内容过长。", "This is too long.")
_EMPTY = Text("此项不能为空。", "This may not be empty.")
_TOO_SMALL = Text("不能小于{limit}。", "It may not be less than {limit}.")
_TOO_BIG = Text("不能大于{limit}。", "It may not be more than {limit}.")
_AMOUNTS: Mapping[str, Text] = {
    "minimum": Text("不能少于{limit}元。", "It may not be less than {limit} yuan."),
    "maximum": Text("不能超过{limit}元。", "It may not be more than {limit} yuan."),
}
_TOO_FEW = Text("至少填写{limit}项。", "Give at least {limit}.")
_TOO_MANY = Text("最多填写{limit}项。", "Give at most {limit}.")
_BACKWARDS = Text("开始日期不能晚于结束日期。", "The first day may not be after the last.")
_WRONG_TYPE = Text("内容类型不正确。", "This is not the right kind of value.")
_SENTENCES: Mapping[str, Text] = {
    "minimum": _TOO_SMALL,
    "maximum": _TOO_BIG,
    "minItems": _TOO_FEW,
    "maxItems": _TOO_MANY,
    "pattern": _WRONG_FORMAT,
    "format": _WRONG_FORMAT,
    "const": _CONFIRM_FIRST,
    "oneOf": _CHOOSE,
    "uniqueItems": _CHOOSE_ONCE,
    "maxLength": _TOO_LONG,
    "minLength": _EMPTY,
    "falseSchema": NOT_ASKED,
    "x-chronological": _BACKWARDS,
}
"""By the keyword of the schema that was not met."""

_WRONG_ANSWERS = Text("表单填写有误，请按提示修改。", "Some answers are not right; see the fields.")
_TOO_LARGE = Text("表单内容过大。", "The answers are too large.")


def check_answers(form: Form, answers: Mapping[str, object], *, complete: bool) -> None:
    """Raise ``Invalid(INVALID_ANSWERS)`` naming every wrong field.

    A draft (``complete=False``) may leave out what is required, but what it holds must be right.
    """
    if len(orjson.dumps(answers)) > MAX_ANSWER_BYTES:
        raise Invalid(_TOO_LARGE, code=ProblemCode.INVALID_ANSWERS)
    wrong: dict[tuple[str | int, ...], FieldProblem] = {}
    for error in _validator(form, complete).iter_errors(dict(answers)):
        for problem in _problems(form, error):
            wrong.setdefault(problem.path, problem)
    if wrong:
        fields = tuple(wrong[path] for path in sorted(wrong, key=_place))
        raise Invalid(_WRONG_ANSWERS, code=ProblemCode.INVALID_ANSWERS, fields=fields)


class _Chronological:
    """``x-chronological``: the day ``from`` is not after the day ``to``."""

    def __init__(self, _parent: Mapping[str, object], _value: object, _path: list[str | int]) -> None:
        pass

    def validate(self, instance: object) -> None:
        """Raise ``ValueError`` for a range that ends before it begins."""
        if isinstance(instance, dict) and str(instance.get("from")) > str(instance.get("to")):
            raise ValueError("from is after to")


@cache
def _validator(form: Form, complete: bool) -> jsonschema_rs.Validator:
    schema = orjson.loads(json_schema(form, "zh-CN")) if complete else draft_schema(form)
    return jsonschema_rs.validator_for(
        schema,
        validate_formats=True,
        formats={"cn-resident-id": _is_resident_id, "cn-division": _is_division},
        keywords={"x-chronological": _Chronological},
    )


def _is_resident_id(text: str) -> bool:
    try:
        return resident_id.parse(text, clock.today()).number == text
    except resident_id.InvalidResidentId:
        return False


def _is_division(code: str) -> bool:
    return regions.get(code) is not None


def _problems(form: Form, error: jsonschema_rs.ValidationError) -> Iterator[FieldProblem]:
    """What one error of the schema means for which fields."""
    at = ("input", "answers", *error.instance_path)
    match error.kind:
        case Kind.Required(property=name):
            yield FieldProblem((*at, str(name)), REQUIRED)
        case Kind.AdditionalProperties(unexpected=names):
            yield from (FieldProblem((*at, name), NO_SUCH_FIELD) for name in names)
        case Kind.Minimum(limit=int(limit)) | Kind.Maximum(limit=int(limit)) if _is_money(
            form, error.instance_path
        ):
            yield FieldProblem(at, _AMOUNTS[error.kind.name].filled(limit=yuan(limit)))
        case kind:
            yield FieldProblem(at, _SENTENCES.get(kind.name, _WRONG_TYPE).filled(**kind.as_dict()))


def _is_money(form: Form, path: Sequence[str | int]) -> bool:
    """Whether the answer at ``path`` is an amount: those are kept in fen and spoken of in yuan."""
    fields, kind = form.fields, None
    for part in path:
        found = next((field for field in fields if field.name == part), None)
        if found is not None:
            fields, kind = found.fields, found.kind
    return kind is FieldKind.MONEY


def _place(path: tuple[str | int, ...]) -> tuple[tuple[int, str], ...]:
    """Paths in an order that does not depend on the validator: entries of a list by number."""
    return tuple((part, "") if isinstance(part, int) else (0, part) for part in path)
