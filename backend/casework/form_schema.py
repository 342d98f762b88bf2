"""A form as JSON Schema 2020-12 with UI hints, as it is published and as answers are checked.

Hints begin with ``x-``: ``x-order``, ``x-kind``, ``x-unit`` and ``x-unitName``, ``x-section``, ``x-when``
(``{"of": field, "values": […]}``), ``x-prefill``, ``x-plain`` (the question in elder mode), at the root
``x-sections`` and ``x-elder``. Formats of our own: ``cn-resident-id`` and ``cn-division``; a keyword of our
own: ``x-chronological`` (``from`` is not after ``to``). A front end that knows none of them still
validates everything else.
"""

from collections.abc import Mapping, Sequence
from functools import cache

import orjson

from backend.casework.definitions import UNIT_NAMES, Field, FieldKind, Form, Unit, When

DIALECT = "https://json-schema.org/draft/2020-12/schema"
LONGEST_LIST = 20
LARGEST_AMOUNT = 10_000_000_000
"""A hundred million yuan, in fen: whoever has more types it wrong."""

ELDER_MODE: Mapping[str, object] = {
    "onePerPage": True,
    "minimumTextPoints": 18,
    "largestTextPoints": 30,
    "minimumTouchPoints": 60,
    "lineHeight": 1.3,
    "readAloud": True,
}
"""移动互联网应用（APP）适老化通用设计规范, 2021: what elder mode shows and how large."""

_TEXTS: Mapping[FieldKind, Mapping[str, object]] = {
    FieldKind.TEXT: {"type": "string", "minLength": 1},
    FieldKind.LONG_TEXT: {"type": "string", "minLength": 1},
    FieldKind.PHONE: {"type": "string", "pattern": r"^1[3-9]\d{9}$"},
    FieldKind.BANK_ACCOUNT: {"type": "string", "pattern": r"^\d{12,19}$"},
    FieldKind.RESIDENT_ID: {"type": "string", "pattern": r"^\d{17}[\dX]$", "format": "cn-resident-id"},
    FieldKind.DIVISION: {
        "type": "string",
        "pattern": r"^\d{6}(\d{3}|\d{6})?$",
        "format": "cn-division",
    },
    FieldKind.BOOLEAN: {"type": "boolean"},
    FieldKind.NUMBER: {"type": "integer"},
    FieldKind.MONEY: {"type": "integer"},
    FieldKind.CHOICE: {"type": "string"},
    FieldKind.CHOICES: {"type": "array", "minItems": 1, "uniqueItems": True},
    FieldKind.DATE: {"type": "string", "format": "date"},
    FieldKind.DATE_RANGE: {
        "type": "object",
        "properties": {
            "from": {"type": "string", "format": "date"},
            "to": {"type": "string", "format": "date"},
        },
        "required": ["from", "to"],
        "additionalProperties": False,
        "x-chronological": True,
    },
    FieldKind.GROUP: {},
    FieldKind.LIST: {"type": "array"},
    FieldKind.UNDERTAKING: {"const": True},
    FieldKind.AUTHORISATION: {"const": True},
}


@cache
def json_schema(form: Form, language: str) -> str:
    """The form as JSON Schema text, titles in ``language``: answers that fit it are complete."""
    schema = {
        "$schema": DIALECT,
        **_object(form.fields, language, draft=False),
        "x-sections": [
            {"code": section.code, "title": section.title.of(language)} for section in form.sections
        ],
        "x-elder": ELDER_MODE,
    }
    return orjson.dumps(schema).decode()


@cache
def field_schema(field: Field, language: str) -> str:
    """One question alone, as JSON Schema text."""
    schema = {
        "$schema": DIALECT,
        **_property(field, language, draft=False),
        **_hints(field, 0, language),
    }
    return orjson.dumps(schema).decode()


def draft_schema(form: Form) -> dict[str, object]:
    """The same without what is required: what a draft holds must be right, but may be little."""
    return {"$schema": DIALECT, **_object(form.fields, "zh-CN", draft=True)}


def _object(fields: Sequence[Field], language: str, *, draft: bool) -> dict[str, object]:
    described: dict[str, object] = {
        "type": "object",
        "properties": {
            field.name: {**_property(field, language, draft=draft), **_hints(field, order, language)}
            for order, field in enumerate(fields)
        },
        "additionalProperties": False,
    }
    if not draft:
        described["required"] = [field.name for field in fields if field.required and field.when is None]
        described |= _conditions(fields)
    return described


def _property(field: Field, language: str, *, draft: bool) -> dict[str, object]:
    shape = dict(_TEXTS[field.kind])
    choices = [{"const": c.value, "title": c.label.of(language)} for c in field.choices]
    match field.kind:
        case FieldKind.TEXT | FieldKind.LONG_TEXT:
            shape["maxLength"] = field.max_length
        case FieldKind.NUMBER | FieldKind.MONEY:
            shape["minimum"] = field.minimum or 0
            shape["maximum"] = LARGEST_AMOUNT if field.maximum is None else field.maximum
        case FieldKind.CHOICE:
            shape["oneOf"] = choices
        case FieldKind.CHOICES:
            shape["items"] = {"oneOf": choices}
        case FieldKind.GROUP:
            shape |= _object(field.fields, language, draft=draft)
        case FieldKind.LIST:
            shape["items"] = _object(field.fields, language, draft=draft)
            shape["maxItems"] = field.maximum or LONGEST_LIST
            if not draft:
                shape["minItems"] = field.minimum or 0
        case _:
            pass
    return shape


def _hints(field: Field, order: int, language: str) -> dict[str, object]:
    unit = Unit.FEN if field.kind is FieldKind.MONEY else field.unit
    told: dict[str, object | None] = {
        "title": field.label.of(language),
        "description": field.hint.of(language) if field.hint else None,
        "x-order": order,
        "x-kind": field.kind.value,
        "x-plain": field.plain.of(language) if field.plain else None,
        "x-section": field.section or None,
        "x-unit": unit.value if unit else None,
        "x-unitName": UNIT_NAMES[unit].of(language) if unit else None,
        "x-when": {"of": field.when.of, "values": field.when.values} if field.when else None,
        "x-prefill": field.prefill.value if field.prefill else None,
    }
    return {name: value for name, value in told.items() if value is not None}


def _conditions(fields: Sequence[Field]) -> dict[str, object]:
    """Fields that are asked only sometimes: required while they are asked, not taken otherwise."""
    kinds = {field.name: field.kind for field in fields}
    grouped: dict[When, list[Field]] = {}
    for field in fields:
        if field.when is not None:
            grouped.setdefault(field.when, []).append(field)
    rules = [
        {
            "if": _met(when, kinds[when.of]),
            "then": {"required": [field.name for field in asked if field.required]},
            "else": {"properties": {field.name: False for field in asked}},
        }
        for when, asked in grouped.items()
    ]
    return {"allOf": rules} if rules else {}


def _met(when: When, kind: FieldKind) -> dict[str, object]:
    one_of = {"enum": list(when.values)}
    test = {"contains": one_of} if kind is FieldKind.CHOICES else one_of
    return {"properties": {when.of: test}, "required": [when.of]}
