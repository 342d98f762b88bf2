from collections.abc import AsyncGenerator
from typing import Any

import httpx2
import pytest
import strawberry
from graphql import GraphQLObjectType, GraphQLUnionType
from strawberry.types.base import StrawberryObjectDefinition

from resolvers.access import OFFICER, PARENT, PUBLIC, Access
from resolvers.building import build_schema, fields_of
from resolvers.context import Info
from resolvers.fields import MutationInput, field, mutation, query, subscription
from resolvers.pagination import global_id
from tests.resolvers import toy

RENAME = """mutation($number: String!, $key: String!) {
  renameCase(input: {number: $number, idempotencyKey: $key}) {
    __typename
    ... on Case { number }
    ... on Problem { code message fields { path message } retryAfter }
  }
}"""


async def rename(
    client: httpx2.AsyncClient,
    number: str,
    *,
    token: str = "citizen",
    key: str = "key-0001",
    language: str = "en",
) -> Any:
    answer = await client.post(
        "/graphql",
        json={"query": RENAME, "variables": {"number": number, "key": key}},
        headers={"authorization": f"Bearer {token}", "accept-language": language},
    )
    assert answer.status_code == 200
    return answer.json()


def test_every_field_has_access_and_a_description() -> None:
    schema = toy.toy_schema()
    for concrete in schema.schema_converter.type_map.values():
        definition = concrete.definition
        if not isinstance(definition, StrawberryObjectDefinition):
            continue
        for declared in definition.fields:
            assert declared.description, (definition.name, declared.python_name)
            if not definition.is_input:
                assert isinstance(declared.metadata["access"], Access), (
                    definition.name,
                    declared.python_name,
                )


def test_root_fields_keep_their_declared_access() -> None:
    schema = toy.toy_schema()
    access = {declared.python_name: declared.metadata["access"].name for declared in fields_of(schema.query)}
    assert access == {
        "hello": "PUBLIC",
        "motto": "PUBLIC",
        "exhibit": "PUBLIC",
        "priced": "PUBLIC",
        "case": "CITIZEN | OFFICER",
        "cases": "SIGNED_IN",
        "node": "PUBLIC",
        "lights": "OFFICER(SUPERVISION)",
        "sleepy": "PUBLIC",
    }


def test_each_mutation_publishes_its_own_result_union() -> None:
    types = toy.toy_schema()._schema.type_map  # noqa: SLF001 - as in core
    unions = {
        name: [member.name for member in kind.types]
        for name, kind in types.items()
        if isinstance(kind, GraphQLUnionType)
    }
    assert unions == {
        "CountResult": ["Counted", "Problem"],
        "RenameCaseResult": ["Case", "Problem"],
        "RenameSlowlyResult": ["Case", "Problem"],
        "SendFileResult": ["Sent", "Problem"],
    }
    root = types["Mutation"]
    assert isinstance(root, GraphQLObjectType)
    assert str(root.fields["renameCase"].type) == "RenameCaseResult!"
    assert str(root.fields["renameCase"].args["input"].type) == "RenameInput!"


async def test_a_mutation_answers_a_view_of_the_backend(client: httpx2.AsyncClient) -> None:
    assert await rename(client, "new") == {"data": {"renameCase": {"__typename": "Case", "number": "new"}}}


async def test_a_refusal_is_a_problem_in_the_viewers_language(client: httpx2.AsyncClient) -> None:
    assert await rename(client, "bad") == {
        "data": {
            "renameCase": {
                "__typename": "Problem",
                "code": "INVALID_INPUT",
                "message": "Invalid.",
                "fields": [{"path": ["input", "answers", "0", "phone"], "message": "Wrong shape."}],
                "retryAfter": None,
            }
        }
    }
    taken = (await rename(client, "taken", language="zh-CN,zh;q=0.9,en;q=0.5"))["data"]["renameCase"]
    assert taken == {
        "__typename": "Problem",
        "code": "ALREADY_DONE",
        "message": "已被占用。",
        "fields": [],
        "retryAfter": 2,
    }


async def test_a_mutation_without_sign_in_is_a_top_level_error(client: httpx2.AsyncClient) -> None:
    answer = await client.post(
        "/graphql", json={"query": RENAME, "variables": {"number": "n", "key": "key-0001"}}
    )
    assert answer.json()["data"] is None
    assert [error["extensions"] for error in answer.json()["errors"]] == [{"code": "UNAUTHENTICATED"}]


@pytest.mark.parametrize(("token", "code"), [("unbound", "STEP_UP_NEEDED"), ("officer", "FORBIDDEN")])
async def test_another_refused_access_of_a_mutation_is_a_problem(
    client: httpx2.AsyncClient, token: str, code: str
) -> None:
    assert (await rename(client, "new", token=token))["data"]["renameCase"]["code"] == code


@pytest.mark.parametrize("key", ["", "short", "k" * 81, "with space", "中文的幂等键用于测试"])
async def test_an_unfit_idempotency_key_is_a_problem_with_its_path(
    client: httpx2.AsyncClient, key: str
) -> None:
    problem = (await rename(client, "new", key=key))["data"]["renameCase"]
    assert problem["code"] == "INVALID_INPUT"
    assert [wrong["path"] for wrong in problem["fields"]] == [["input", "idempotencyKey"]]


async def test_a_bug_in_a_mutation_is_masked(client: httpx2.AsyncClient) -> None:
    answer = await rename(client, "bug")
    assert answer["data"] is None
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "INTERNAL"
    assert "secret" not in str(answer)


async def test_access_of_a_nested_field_is_checked_when_it_is_read(client: httpx2.AsyncClient) -> None:
    async def notes(token: str) -> Any:
        case = global_id("Case", toy.CASES[0].id)
        answer = await client.post(
            "/graphql",
            json={"query": "query($id: ID!) { case(id: $id) { number note } }", "variables": {"id": case}},
            headers={"authorization": f"Bearer {token}"},
        )
        return answer.json()

    assert await notes("officer") == {"data": {"case": {"number": "case-0", "note": "note 0"}}}
    refused = await notes("citizen")
    assert refused["data"] == {"case": {"number": "case-0", "note": None}}
    assert [(error["path"], error["extensions"]) for error in refused["errors"]] == [
        (["case", "note"], {"code": "FORBIDDEN"})
    ]


def test_a_field_of_the_parent_is_as_cheap_as_an_attribute() -> None:
    fields = {declared.python_name: declared for declared in fields_of(toy.Case)}
    assert fields["number"].is_basic_field
    assert not fields["note"].is_basic_field


def test_a_resolver_of_a_field_is_never_a_coroutine() -> None:
    async def slow() -> int:
        return 1

    with pytest.raises(TypeError, match="synchronous"):
        field(access=PARENT, description="Slow.", resolver=slow)


def test_a_root_field_cannot_lean_on_a_parent() -> None:
    for decorator in (query, mutation, subscription):
        with pytest.raises(TypeError, match="no parent"):
            decorator(access=PARENT, description="…")


def test_a_mutation_without_an_input_type_is_not_declared() -> None:
    async def plain(info: Info, input: str) -> int:
        return 1

    with pytest.raises(TypeError, match="a mutation is"):
        mutation(access=PUBLIC, description="…")(plain)  # type: ignore[type-var]


def test_the_idempotency_key_comes_with_every_input() -> None:
    inputs = [declared.python_name for declared in fields_of(toy.RenameInput)]
    assert "idempotency_key" in inputs
    assert issubclass(toy.RenameInput, MutationInput)


def test_a_schema_needs_no_mutations() -> None:
    @query(access=OFFICER, description="One.")
    async def one(info: Info) -> int:
        return 1

    @subscription(access=PUBLIC, description="Ticks.")
    async def ticks(info: Info) -> AsyncGenerator[int, None]:
        yield 1

    schema = build_schema(queries=(one,), subscriptions=(ticks,))
    assert isinstance(schema, strawberry.Schema)
    assert "ticks: Int!" in schema.as_str()
    assert "type Mutation" not in schema.as_str()
