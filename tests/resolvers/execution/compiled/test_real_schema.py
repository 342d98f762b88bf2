"""Both executors over the API as it is, in a town with people and cases: the same bytes for everybody."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product
from random import Random
from typing import Any

import pytest
from graphql import (
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    VariableDefinitionNode,
    parse,
    type_from_ast,
    validate,
)
from graphql.type import GraphQLNonNull

from backend.places import DOCUMENTS
from resolvers.context import Context
from resolvers.execution.core import CoreExecutor
from resolvers.execution.documents import read_operations
from resolvers.execution.fast import CompiledExecutor
from resolvers.schema import schema
from tests.support.random_documents import random_document
from tests.support.town import Town, document, everything
from tests.support.walker import Asked

CAST = ("owner", "county", "guest")
ROUNDS = 250
MOST_WAYS = 20
NOTHING = b'{"data":null'
_SCHEMA = schema._schema  # noqa: SLF001 - Strawberry has no public way to it
_REFERENCE = re.compile(rb"[0-9a-f]{16}")


class Both:
    """The two executors, asked as one of the cast."""

    def __init__(self, place: Town) -> None:
        self._place = place
        self.outcomes: Counter[str] = Counter()
        self._core = CoreExecutor(schema)
        self._fast = CompiledExecutor(schema, self._core, counted=lambda how: self.outcomes.update([how]))

    async def difference(self, name: str, text: str, variables: Mapping[str, Any]) -> object:
        """None where both say the same."""
        operation, told = document(text).operation(None), []
        for executor in (self._core, self._fast):
            context = Context(
                viewer=self._place.cast[name], request_id="both", language="zh-CN", work=self._place.work
            )
            body = await executor(operation, variables, context)
            # Where an error leaves nothing, it is chance which of the others under way are told as well.
            told.append(NOTHING if body.startswith(NOTHING) else _REFERENCE.sub(b"#", body))
        return None if told[0] == told[1] else (name, text, variables, *told)


@pytest.fixture
def both(town: Town) -> Both:
    return Both(town)


async def test_whatever_can_be_asked_is_answered_alike(town: Town, both: Both) -> None:
    walker = town.walker(await everything(town))
    asked: list[Asked] = list(walker.queries())
    assert {one.field for one in asked} == set(_query_fields())
    for name, one in product(CAST, asked):
        assert await both.difference(name, one.text, one.variables) is None
    # What is refused, and what is null where that is allowed to nobody, is run again.
    assert both.outcomes["compiled"] > 50
    assert both.outcomes["core"] == 0


async def test_every_trusted_query_is_answered_alike(town: Town, both: Both) -> None:
    known = await everything(town)
    tried = set()
    for text in read_operations(DOCUMENTS).values():
        [operation] = [node for node in parse(text).definitions if isinstance(node, OperationDefinitionNode)]
        if operation.operation is not OperationType.QUERY:
            continue
        assert operation.name is not None
        tried.add(operation.name.value)
        anonymous = text.replace(f"query {operation.name.value}", "query", 1)
        for name, variables in product(CAST, _given(operation, town, known)):
            assert await both.difference(name, anonymous, variables) is None
    assert {"Applications", "Application", "ServiceItem", "Me"} <= tried
    assert both.outcomes["core"] == 0


async def test_random_queries_are_answered_alike(town: Town, both: Both) -> None:
    known = await everything(town)
    samples = {**town.walker().samples, "id": known, "ids": [known[:3]], "first": [1, 5, 51]}
    random, asked = Random(20261126), 0
    while asked < ROUNDS:
        text, variables = random_document(_SCHEMA, random, samples=samples)
        anonymous = text.replace("query Q", "query", 1)
        if validate(_SCHEMA, parse(anonymous)):
            continue
        asked += 1
        assert await both.difference(CAST[asked % len(CAST)], anonymous, variables) is None
    assert both.outcomes["compiled"] > ROUNDS / 25


def _query_fields() -> Sequence[str]:
    root = _SCHEMA.query_type
    assert root is not None
    return list(root.fields)


def _given(operation: OperationDefinitionNode, place: Town, known: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Variables for a document: of what is known of the town, each id once; none where all have defaults."""
    walker = place.walker(known)
    choices = [[(name, value) for value in _values(one, walker)] for name, one in _declared(operation)]
    for chosen in islice(product(*choices), MOST_WAYS):
        yield dict(chosen)


def _declared(operation: OperationDefinitionNode) -> Iterator[tuple[str, VariableDefinitionNode]]:
    for one in operation.variable_definitions or ():
        if one.default_value is None:
            yield one.variable.name.value, one


def _values(declared: VariableDefinitionNode, walker: Any) -> list[Any]:
    kind = type_from_ast(_SCHEMA, declared.type)
    if kind is None:
        raise GraphQLError("a variable of a type that is not there")
    name = declared.variable.name.value
    values = list(walker._values(name, kind, required=True))  # noqa: SLF001 - the walker's own choice
    return values if isinstance(kind, GraphQLNonNull) else [None, *values]
