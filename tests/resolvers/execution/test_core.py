from collections.abc import Mapping
from typing import Any

import orjson
import pytest

from backend.viewer import Anonymous
from resolvers.execution.core import CoreExecutor
from resolvers.execution.documents import Documents
from resolvers.execution.port import BEGINS_WITH_DATA
from tests.resolvers import toy

SCHEMA = toy.toy_schema()
CITIZEN = toy.TOKENS["Bearer citizen"]("en", "")


async def run(text: str, variables: Mapping[str, Any] | None = None) -> bytes:
    operation = Documents(SCHEMA, {}, development=True).free(text).operation(None)
    executor = CoreExecutor(SCHEMA)
    return await executor(operation, variables or {}, toy.context_of(CITIZEN))


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("{ hello }", {}),
        (
            "{ cases { edges { node { id number shout loaded fee receivedAt due answers } } pageInfo { endCursor } } }",
            {},
        ),
        ("query($n: String!) { hello(name: $n) }", {"n": "you"}),
        (
            'mutation { renameCase(input: {number: "n", idempotencyKey: "key-0001"}) { ... on Case { id } } }',
            {},
        ),
        ("{ a: hello @skip(if: true) ...F } fragment F on Query { b: hello }", {}),
    ],
)
async def test_the_answer_is_what_strawberry_itself_answers(text: str, variables: dict[str, Any]) -> None:
    reference = await SCHEMA.execute(text, variable_values=variables, context_value=toy.context_of(CITIZEN))
    assert reference.errors is None
    assert orjson.loads(await run(text, variables)) == {"data": orjson.loads(orjson.dumps(reference.data))}


async def test_data_comes_first_unless_the_operation_never_started() -> None:
    assert (await run("{ lights }")).startswith(BEGINS_WITH_DATA)
    never = await run("query($n: Int!) { cases(first: $n) { edges { cursor } } }")
    assert list(orjson.loads(never)) == ["errors"]


async def test_a_refused_field_that_cannot_be_null_leaves_no_data() -> None:
    answer = orjson.loads(await run("{ lights }"))
    assert answer["data"] is None
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_nothing_is_parsed_or_validated_again(monkeypatch: pytest.MonkeyPatch) -> None:
    documents = Documents(SCHEMA, {}, development=True)
    operation = documents.free("{ hello }").operation(None)
    executor = CoreExecutor(SCHEMA)

    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr("graphql.language.parser.parse", forbidden)
    monkeypatch.setattr("strawberry.schema.schema.parse", forbidden)
    monkeypatch.setattr("strawberry.schema.schema.validate", forbidden)
    for _ in range(2):
        answer = await executor(operation, {}, toy.context_of(Anonymous()))
        assert answer == b'{"data":{"hello":"hello world zh-CN"}}'
