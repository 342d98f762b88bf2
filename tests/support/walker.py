"""Asking everything that a schema can be asked, made up from the schema itself."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import islice, product
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)

from resolvers.scalars import Upload

DEEP = 7
"""Levels below a root field: more than any type here is from its root."""
MOST = 60
"""Ways to ask one root field that are tried."""

Samples = Mapping[str, Sequence[object]]
"""What to try for an argument or input field, by its name."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One operation on one root field."""

    field: str
    text: str
    variables: Mapping[str, object]
    ids: frozenset[str] = frozenset()
    """Global ids among its variables."""


@dataclass(frozen=True, slots=True)
class Walker:
    """Makes up operations; ``samples`` are tried where a name fits, ``ids`` wherever an id is wanted."""

    schema: GraphQLSchema
    samples: Samples
    ids: Sequence[str] = field(default=())

    def queries(self) -> Iterator[Asked]:
        """Every query, in every way that the samples and ids allow."""
        root = self.schema.query_type
        assert root is not None
        for name, asked in root.fields.items():
            yield from islice(self._ways("query", name, asked), MOST * max(1, len(self.ids)))

    def mutations_with_ids(self) -> Iterator[Asked]:
        """Every mutation that takes an id, with each of the ids in turn, the same wherever it wants one."""
        root = self.schema.mutation_type
        assert root is not None
        if len(self.ids) > 1:
            for known in self.ids:
                yield from replace(self, ids=(known,)).mutations_with_ids()
            return
        for name, asked in root.fields.items():
            for way in self._ways("mutation", name, asked):
                if way.ids:
                    yield way

    def subscriptions(self) -> Iterator[Asked]:
        """Every subscription."""
        root = self.schema.subscription_type
        assert root is not None
        for name, asked in root.fields.items():
            yield from self._ways("subscription", name, asked)

    def _ways(self, kind: str, name: str, asked: GraphQLField) -> Iterator[Asked]:
        selection = _selection(self.schema, get_named_type(asked.type))
        choices = [
            [(one, value) for value in self._values(one, told.type, required=is_required_argument(told))]
            for one, told in asked.args.items()
        ]
        for chosen in product(*choices):
            variables = {one: value for one, value in chosen if value is not _LEFT_OUT}
            declared = ", ".join(f"${one}: {asked.args[one].type}" for one in variables)
            passed = ", ".join(f"{one}: ${one}" for one in variables)
            text = f"{kind}{declared and f'({declared})'} {{ {name}{passed and f'({passed})'}{selection} }}"
            yield Asked(name, text, variables, frozenset(_ids_in(variables, set(self.ids))))

    def _values(self, name: str, type_: GraphQLInputType, *, required: bool) -> Iterable[object]:
        """What to try; where nothing fits and nothing is wanted, nothing."""
        if isinstance(type_, GraphQLNonNull):
            return self._values(name, type_.of_type, required=required)
        if isinstance(type_, GraphQLList):
            held = self._values(name, type_.of_type, required=required)
            return [value if value is _LEFT_OUT else [value] for value in held]
        if name in self.samples:
            return self.samples[name]
        return self._made_up(type_, required=required)

    def _made_up(self, type_: GraphQLNamedType, *, required: bool) -> Iterable[object]:
        if type_.name == "ID" and self.ids:
            return self.ids if required else [_LEFT_OUT, *self.ids]
        if not required:
            return [_LEFT_OUT]
        if isinstance(type_, GraphQLEnumType):
            return list(type_.values)[:1]
        if isinstance(type_, GraphQLInputObjectType):
            choices = [
                [
                    (one, value)
                    for value in self._values(one, told.type, required=is_required_input_field(told))
                ]
                for one, told in type_.fields.items()
            ]
            return (
                {one: value for one, value in chosen if value is not _LEFT_OUT}
                for chosen in product(*choices)
            )
        return [_SCALARS[type_.name]]


@cache
def _selection(schema: GraphQLSchema, type_: GraphQLNamedType, above: tuple[str, ...] = ()) -> str:
    """Everything below a type that needs no argument; made once, as each is asked for thousands of times."""
    if is_leaf_type(type_):
        return ""
    if is_abstract_type(type_):
        kinds = schema.get_possible_types(type_)
        parts = [
            f"... on {kind.name} {{ {_fields(schema, kind, (*above, kind.name), prefix=f'{kind.name}_')} }}"
            for kind in kinds
        ]
        return f" {{ __typename {' '.join(parts)} }}"
    assert isinstance(type_, GraphQLObjectType)
    return f" {{ __typename {_fields(schema, type_, (*above, type_.name))} }}"


def _fields(schema: GraphQLSchema, type_: GraphQLObjectType, above: tuple[str, ...], prefix: str = "") -> str:
    chosen = []
    for name, told in type_.fields.items():
        of = get_named_type(told.type)
        if of.name in above or len(above) > DEEP or any(map(is_required_argument, told.args.values())):
            continue
        chosen.append(f"{prefix + name + ': ' if prefix else ''}{name}{_selection(schema, of, above)}")
    return " ".join(chosen)


class _LeftOut:
    """Stands for an argument that is not given."""


_LEFT_OUT = _LeftOut()

_SCALARS: Mapping[str, object] = {
    "ID": "none",
    "String": "x",
    "Int": 1,
    "Float": 1.0,
    "Boolean": True,
    "Date": "2026-12-01",
    "DateTime": "2026-12-01T09:00:00+08:00",
    "Fen": 100,
    "JSON": {},
    "Upload": Upload("x.png", "image/png", b"\x89PNG"),
}


def _ids_in(value: object, ids: set[str]) -> Iterator[str]:
    match value:
        case str() if value in ids:
            yield value
        case dict():
            for held in value.values():
                yield from _ids_in(held, ids)
        case list():
            for held in value:
                yield from _ids_in(held, ids)


def nodes_in(answer: object) -> Iterator[Mapping[str, Any]]:
    """Every object of an answer, from the outside in."""
    match answer:
        case dict():
            if "__typename" in answer:
                yield answer
            for held in answer.values():
                yield from nodes_in(held)
        case list():
            for held in answer:
                yield from nodes_in(held)


def types_in(answer: object) -> set[str]:
    """The names of the types of everything in an answer."""
    return {one["__typename"] for one in nodes_in(answer)}
