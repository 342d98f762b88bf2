"""The schema keeps its promises: access, words, one way to write, and codes that only grow."""

import inspect
from collections.abc import Iterable

import orjson
import pytest
from graphql import (
    FieldNode,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    OperationDefinitionNode,
    parse,
    specified_scalar_types,
)
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.utils.str_converters import capitalize_first

from backend.errors import ProblemCode
from backend.places import DOCUMENTS
from resolvers.access import Access
from resolvers.execution.documents import INDEX, Documents, index_operations, read_operations
from resolvers.problems import ProtocolCode
from resolvers.schema import printed, schema
from tests.house.tree import recorded, text_of

ROOTS = ("Query", "Mutation", "Subscription")


def published() -> Iterable[GraphQLNamedType]:
    """Every type that is ours: not introspection's, not the language's own scalars."""
    for name, kind in schema._schema.type_map.items():  # noqa: SLF001 - Strawberry has no public way to it
        if not name.startswith("__") and name not in specified_scalar_types:
            yield kind


def definitions() -> Iterable[StrawberryObjectDefinition]:
    """What Strawberry knows of every object, interface and input type."""
    for concrete in schema.schema_converter.type_map.values():
        if isinstance(concrete.definition, StrawberryObjectDefinition):
            yield concrete.definition


def test_the_printed_schema_is_current() -> None:
    assert text_of("schema.graphql") == printed(), "run `make schema`"


def test_the_printed_operations_are_current() -> None:
    held = orjson.loads((DOCUMENTS / INDEX).read_bytes())
    assert held == index_operations(DOCUMENTS), "run `make operations`"


def test_every_document_is_valid_and_within_the_limits() -> None:
    trusted = read_operations(DOCUMENTS)
    known = Documents(schema, trusted, development=False)  # raises for one that is not
    assert {known.trusted(name).text for name in trusted} == set(trusted.values())


def test_a_document_holds_one_operation_named_like_its_file() -> None:
    named = {}
    for path in sorted(DOCUMENTS.glob("operations/**/*.graphql")):
        held = parse(path.read_text(encoding="utf-8")).definitions
        operations = [node for node in held if isinstance(node, OperationDefinitionNode)]
        named[path.stem] = [node.name.value if node.name else "" for node in operations]
    assert named == {name: [name] for name in named}


def test_every_mutation_and_subscription_has_a_document() -> None:
    asked: set[str] = set()
    for text in read_operations(DOCUMENTS).values():
        for node in parse(text).definitions:
            if isinstance(node, OperationDefinitionNode):
                chosen = node.selection_set.selections
                asked.update(field.name.value for field in chosen if isinstance(field, FieldNode))
    writing: set[str] = set()
    for kind in published():
        if isinstance(kind, GraphQLObjectType) and kind.name in {"Mutation", "Subscription"}:
            writing.update(kind.fields)
    assert writing - asked == set()


def test_everything_has_a_description() -> None:
    silent = []
    for kind in published():
        if not kind.description:
            silent.append(kind.name)
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for name, field in kind.fields.items():
                if not field.description:
                    silent.append(f"{kind.name}.{name}")
                if not isinstance(kind, GraphQLInputObjectType):
                    silent.extend(
                        f"{kind.name}.{name}({argument}:)"
                        for argument, told in kind.fields[name].args.items()
                        if not told.description
                    )
    assert silent == []


def test_every_field_declares_its_access() -> None:
    undeclared = [
        f"{definition.name}.{field.python_name}"
        for definition in definitions()
        if not definition.is_input
        for field in definition.fields
        if not isinstance(field.metadata.get("access"), Access)
    ]
    assert undeclared == []


def test_no_nested_field_is_a_coroutine() -> None:
    coroutines = [
        f"{definition.name}.{field.python_name}"
        for definition in definitions()
        if definition.name not in ROOTS
        for field in definition.fields
        if field.base_resolver is not None
        and (field.is_async or inspect.iscoroutinefunction(field.base_resolver.wrapped_func))
    ]
    assert coroutines == []


def test_a_mutation_takes_one_input_with_a_key_and_answers_itself_or_a_problem() -> None:
    root = schema._schema.mutation_type  # noqa: SLF001 - as above
    assert root is not None
    for name, field in root.fields.items():
        assert list(field.args) == ["input"], name
        wanted = field.args["input"].type
        assert isinstance(wanted, GraphQLNonNull), name
        assert isinstance(wanted.of_type, GraphQLInputObjectType), name
        assert str(wanted.of_type.fields["idempotencyKey"].type) == "String!", name
        assert isinstance(field.type, GraphQLNonNull), name
        result = field.type.of_type
        assert isinstance(result, GraphQLUnionType), name
        assert result.name == f"{capitalize_first(name)}Result"
        assert len(result.types) == 2, name
        assert result.types[1].name == "Problem", name


@pytest.mark.parametrize("codes", [ProblemCode, ProtocolCode], ids=["problem_codes", "protocol_codes"])
def test_codes_are_only_ever_added(
    codes: type[ProblemCode] | type[ProtocolCode], request: pytest.FixtureRequest
) -> None:
    known = text_of(recorded(request.node.callspec.id)).split()
    assert [code for code in known if code not in set(codes)] == [], "clients know these codes: they stay"
    assert [code for code in codes if code not in known] == [], "record the new codes: run `make fix`"
