"""Valid random operations over any schema: aliases, fragments, directives, variables, arguments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any
from zlib import crc32

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    Undefined,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_leaf_type,
)

DEEPEST = 4
WORDS = ("", "a", "é€", '"quoted"', "line\\nbreak", "德清")


@dataclass(slots=True)
class Document:
    """A document under construction and the values of its variables."""

    schema: GraphQLSchema
    random: Random
    definitions: list[str] = field(default_factory=list)
    variables: dict[str, Any] = field(default_factory=dict)
    fragments: list[str] = field(default_factory=list)
    of_fragment: dict[str, list[str]] = field(default_factory=dict)
    samples: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    """What arguments of these names are given, so that something is found."""
    left: int = 60
    """Fields that may still be written: a document stays small enough to be read when it fails."""

    def chance(self, one_in: int) -> bool:
        return self.random.randrange(one_in) == 0


def random_document(
    schema: GraphQLSchema,
    random: Random,
    *,
    mutation: bool = False,
    samples: Mapping[str, Sequence[Any]] | None = None,
) -> tuple[str, dict[str, Any]]:
    """The text of an operation and its variables. Nearly all are valid; validate before use."""
    made = Document(schema, random, samples=samples or {})
    root = schema.mutation_type if mutation else schema.query_type
    assert root is not None
    selection = _selection(made, root, 0)
    definitions = f"({', '.join(made.definitions)})" if made.definitions else ""
    kind = "mutation" if mutation else "query"
    return "\n".join([f"{kind} Q{definitions} {selection}", *made.fragments]), made.variables


def _selection(made: Document, of: Any, depth: int) -> str:
    parts = [_part(made, of, depth) for _ in range(made.random.randint(1, 5))]
    return "{ " + " ".join(filter(None, parts)) + " }" if any(parts) else "{ __typename }"


def _part(made: Document, of: Any, depth: int) -> str:
    if depth < DEEPEST and made.chance(6):
        return _fragment(made, of, depth)
    if made.chance(8):
        return f"{made.random.choice(('', 't: ', 'u: '))}__typename{_directive(made)}"
    names = list(getattr(of, "fields", {}))
    if not names:
        return _fragment(made, of, depth) if depth < DEEPEST else "__typename"
    return _field(made, of, made.random.choice(names), depth)


def _field(made: Document, of: Any, name: str, depth: int) -> str:
    declared: GraphQLField = of.fields[name]
    named = get_named_type(declared.type)
    if not is_leaf_type(named) and (depth >= DEEPEST or made.left <= 0):
        return ""
    made.left -= 1
    given = _arguments(made, declared.args)
    text = name + given
    if given or made.chance(3):
        # The same alias always stands for the same field of the same type with the same arguments.
        alias = crc32(f"{of.name}.{text}".encode())
        text = f"a{alias}: {text}"
    elif is_abstract_type(of) is False and made.chance(2) and _clashes(made, of, name):
        text = f"{of.name}_{name}: {text}"
    text += _directive(made)
    return text if is_leaf_type(named) else f"{text} {_selection(made, named, depth + 1)}"


def _clashes(made: Document, of: Any, name: str) -> bool:
    """Whether another type gives this name another shape."""
    return any(
        name in other.fields and str(other.fields[name].type) != str(of.fields[name].type)
        for other in made.schema.type_map.values()
        if isinstance(other, GraphQLObjectType | GraphQLInterfaceType)
    )


def _fragment(made: Document, of: Any, depth: int) -> str:
    candidates = [
        kind
        for kind in made.schema.type_map.values()
        if is_composite_type(kind) and not kind.name.startswith("__") and _overlap(made.schema, of, kind)
    ]
    kind = made.random.choice(candidates)
    if not made.chance(3):
        on = f" on {kind.name}" if kind is not of or made.chance(2) else ""
        return f"...{on}{_directive(made)} {_selection(made, kind, depth + 1)}"
    known = made.of_fragment.setdefault(kind.name, [])
    if not known or made.chance(2):
        name = f"F{len(made.fragments)}"
        made.fragments.append("")
        place = len(made.fragments) - 1
        made.fragments[place] = f"fragment {name} on {kind.name} {_selection(made, kind, depth + 1)}"
        known.append(name)
    return f"...{made.random.choice(known)}{_directive(made)}"


def _overlap(schema: GraphQLSchema, one: Any, other: Any) -> bool:
    def possible(kind: Any) -> set[str]:
        return {k.name for k in schema.get_possible_types(kind)} if is_abstract_type(kind) else {kind.name}

    return bool(possible(one) & possible(other))


def _directive(made: Document) -> str:
    if not made.chance(6):
        return ""
    name = made.random.choice(("skip", "include"))
    if made.chance(2):
        return f" @{name}(if: {made.random.choice(('true', 'false'))})"
    return f" @{name}(if: {_variable(made, 'Boolean!', made.random.choice((True, False)))})"


def _variable(made: Document, kind: str, value: Any) -> str:
    name = f"v{len(made.definitions)}"
    made.definitions.append(f"${name}: {kind}")
    made.variables[name] = value
    return f"${name}"


def _arguments(made: Document, declared: dict[str, GraphQLArgument]) -> str:
    given = []
    for name, argument in declared.items():
        required = isinstance(argument.type, GraphQLNonNull) and argument.default_value is Undefined
        if not required and made.chance(2):
            continue
        if name in made.samples:
            value: str = _variable(made, str(argument.type), made.random.choice(made.samples[name]))
        elif made.chance(2):
            value = _variable(made, str(argument.type), _plain(made, argument.type))
        else:
            value = _literal(made, argument.type)
        given.append(f"{name}: {value}")
    return f"({', '.join(given)})" if given else ""


def _plain(made: Document, of: GraphQLInputType) -> Any:
    """A value of a variable."""
    random = made.random
    if isinstance(of, GraphQLNonNull):
        return _plain_value(made, of.of_type)
    return None if random.randrange(4) == 0 else _plain_value(made, of)


def _plain_value(made: Document, of: Any) -> Any:
    random = made.random
    if isinstance(of, GraphQLList):
        return [_plain(made, of.of_type) for _ in range(random.randrange(3))]
    if isinstance(of, GraphQLInputObjectType):
        return {
            name: _plain(made, inner.type)
            for name, inner in of.fields.items()
            if random.randrange(2) or isinstance(inner.type, GraphQLNonNull)
        }
    if isinstance(of, GraphQLEnumType):
        return random.choice(list(of.values))
    return _scalar(random, of)


def _scalar(random: Random, of: GraphQLNamedType) -> Any:
    match of.name:
        case "Int":
            return random.choice((0, 1, 2, 3, 5, 7, 12, 16, random.randrange(1000)))
        case "Boolean":
            return random.choice((True, False))
        case "Float":
            return random.random()
        case _:
            return random.choice(WORDS)


def _literal(made: Document, of: GraphQLInputType) -> str:
    return _written(_plain(made, of), of)


def _written(value: Any, of: Any) -> str:  # noqa: PLR0911 - one per kind of value
    """``value`` as GraphQL text."""
    if isinstance(of, GraphQLNonNull):
        of = of.of_type
    if value is None:
        return "null"
    if isinstance(of, GraphQLEnumType):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(of, GraphQLList):
        return "[" + ", ".join(_written(part, of.of_type) for part in value) + "]"
    if isinstance(of, GraphQLInputObjectType):
        return (
            "{"
            + ", ".join(f"{key}: {_written(part, of.fields[key].type)}" for key, part in value.items())
            + "}"
        )
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)
