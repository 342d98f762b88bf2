import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import orjson
import pytest
import structlog
from graphql import OperationDefinitionNode, parse

from backend.database import answers
from backend.database.answers import StoredAnswers
from backend.database.shared import Shared, shared_state
from backend.keys import Keys
from backend.places import DOCUMENTS
from backend.viewer import Anonymous, Citizen, Viewer
from resolvers.context import Context
from resolvers.execution.documents import read_operations
from resolvers.execution.once import Once
from resolvers.execution.port import Document, Operation
from tests.resolvers import toy
from tests.resolvers.conftest import toy_app

CITIZEN = {"authorization": "Bearer citizen", "accept-language": "en"}
OFFICER = {"authorization": "Bearer officer"}
RENAME = """mutation Rename($number: String!, $key: String!) {
  renameCase(input: {number: $number, idempotencyKey: $key}) { ... on Case { number } ... on Problem { code } }
}"""
COUNT = """mutation Count($key: String!, $by: Int! = 1) {
  count(input: {by: $by, idempotencyKey: $key}) { ... on Counted { total } ... on Problem { code } }
}"""


@pytest.fixture
def kept(shared: Shared, keys: Keys) -> StoredAnswers:
    toy.totals.clear()
    return shared.answers(keys.ring, keys.blind_index)


@pytest.fixture
async def http(kept: StoredAnswers) -> AsyncIterator[httpx2.AsyncClient]:
    async with talking(kept) as opened:
        yield opened


def talking(kept: StoredAnswers) -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(app=toy_app(development=True, answers=kept))
    return httpx2.AsyncClient(transport=transport, base_url="http://toy")


async def ask(
    http: httpx2.AsyncClient, query: str = COUNT, headers: dict[str, str] = CITIZEN, **variables: object
) -> Any:
    answer = await http.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
    assert answer.status_code == 200
    return answer.json()


async def test_a_repeat_gets_the_first_answer_and_nothing_happens_again(http: httpx2.AsyncClient) -> None:
    for _ in range(3):
        assert await ask(http, key="key-0001") == {"data": {"count": {"total": 1}}}
    assert await ask(http, key="key-0002") == {"data": {"count": {"total": 2}}}
    assert await ask(http, key="key-0001") == {"data": {"count": {"total": 1}}}
    assert toy.totals == [1, 1]


async def test_another_process_knows_the_answer_too(
    http: httpx2.AsyncClient, redis_url: str, keys: Keys
) -> None:
    await ask(http, key="key-0001")
    async with (
        shared_state(redis_url) as elsewhere,
        talking(elsewhere.answers(keys.ring, keys.blind_index)) as other,
    ):
        assert await ask(other, key="key-0001") == {"data": {"count": {"total": 1}}}
    assert toy.totals == [1]


async def test_a_key_belongs_to_its_viewer(http: httpx2.AsyncClient) -> None:
    await ask(http, key="key-0001")
    assert await ask(http, headers=OFFICER, key="key-0001") == {"data": {"count": {"total": 2}}}


async def test_a_key_that_was_used_for_another_input_is_refused(http: httpx2.AsyncClient) -> None:
    await ask(http, key="key-0001")
    reused = {"data": {"count": {"code": "IDEMPOTENCY_KEY_REUSED"}}}
    assert await ask(http, key="key-0001", by=2) == reused
    assert await ask(http, RENAME, number="n", key="key-0001") == {
        "data": {"renameCase": {"code": "IDEMPOTENCY_KEY_REUSED"}}
    }
    assert toy.totals == [1]


async def test_visitors_with_equal_keys_have_nothing_to_do_with_each_other(
    http: httpx2.AsyncClient,
) -> None:
    assert await ask(http, headers={}, key="12345678", by=1) == {"data": {"count": {"total": 1}}}
    assert await ask(http, headers={}, key="12345678", by=2) == {"data": {"count": {"total": 3}}}
    assert await ask(http, headers={}, key="12345678", by=1) == {"data": {"count": {"total": 1}}}


async def test_after_a_refusal_the_same_key_may_be_tried_again(http: httpx2.AsyncClient) -> None:
    for _ in range(2):
        assert await ask(http, RENAME, number="taken", key="key-0001") == {
            "data": {"renameCase": {"code": "ALREADY_DONE"}}
        }
    assert await ask(http, RENAME, number="free", key="key-0001") == {
        "data": {"renameCase": {"number": "free"}}
    }


async def test_after_a_bug_the_same_key_may_be_tried_again(http: httpx2.AsyncClient) -> None:
    with structlog.testing.capture_logs() as logs:
        for _ in range(2):
            assert (await ask(http, RENAME, number="bug", key="key-0001"))["errors"]
    assert len(logs) == 2


async def test_the_same_input_in_another_document_is_asked_of_the_action(http: httpx2.AsyncClient) -> None:
    await ask(http, key="key-0001")
    other = COUNT.replace("{ total }", "{ total __typename }")
    assert await ask(http, other, key="key-0001") == {
        "data": {"count": {"total": 2, "__typename": "Counted"}}
    }


async def test_repeats_at_the_same_moment_are_one(http: httpx2.AsyncClient) -> None:
    found = await asyncio.gather(*(ask(http, key="key-0001") for _ in range(10)))
    assert found == [{"data": {"count": {"total": 1}}}] * 10
    assert toy.totals == [1]


async def test_who_repeats_while_the_first_is_at_work_too_long_is_told_to_come_back(
    http: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "PATIENCE", 0.1)
    slowly = RENAME.replace("renameCase", "renameSlowly")
    toy.begun.clear()
    first = asyncio.create_task(ask(http, slowly, number="n", key="key-0001"))
    async with asyncio.timeout(20):
        await toy.begun.wait()
        second = await ask(http, slowly, number="n", key="key-0001")
        assert second["data"] is None
        assert second["errors"][0]["extensions"] == {"code": "BUSY", "retryAfter": 2}
        toy.slow.set()
        assert await first == {"data": {"renameSlowly": {"number": "n"}}}
    toy.slow.clear()


async def test_several_mutations_in_one_document_are_remembered_together(http: httpx2.AsyncClient) -> None:
    both = """mutation($a: String!, $b: String!) {
      one: count(input: {by: 1, idempotencyKey: $a}) { ...T }
      ... on Mutation { two: count(input: {by: 1, idempotencyKey: $b}) { ...T } }
      ...U
    }
    fragment T on Counted { total }
    fragment U on Mutation { three: count(input: {by: 1, idempotencyKey: "key-0003"}) { ...T } }"""
    first = await ask(http, both, a="key-0001", b="key-0002")
    assert [part["total"] for part in first["data"].values()] == [1, 2, 3]
    assert await ask(http, both, a="key-0001", b="key-0002") == first
    assert toy.totals == [1, 1, 1]


async def test_a_file_is_part_of_the_input(http: httpx2.AsyncClient) -> None:
    send = """mutation($file: Upload!) {
      sendFile(input: {file: $file, idempotencyKey: "key-0001"}) { ... on Sent { size } ... on Problem { code } }
    }"""

    async def upload(content: bytes) -> Any:
        answer = await http.post(
            "/graphql",
            data={
                "operations": orjson.dumps({"query": send, "variables": {"file": None}}).decode(),
                "map": '{"0": ["variables.file"]}',
            },
            files={"0": ("a.jpg", content, "image/jpeg")},
            headers={**CITIZEN, "x-jinmin-preflight": "1"},
        )
        return answer.json()["data"]["sendFile"]

    toy.seen.clear()
    assert [await upload(b"same"), await upload(b"same")] == [{"size": 4}] * 2
    assert len(toy.seen) == 1
    assert await upload(b"other") == {"code": "IDEMPOTENCY_KEY_REUSED"}


async def test_an_answer_lies_sealed_in_redis_and_nothing_of_it_can_be_read(
    http: httpx2.AsyncClient, shared: Shared
) -> None:
    await ask(http, RENAME, number="very-personal", key="key-of-citizen")
    stored = [await shared._redis.get(name) for name in await shared._redis.keys("jinmin:answer:*")]  # noqa: SLF001 - what lies there is the point
    assert len(stored) == 1
    for secret in (b"very-personal", b"key-of-citizen", str(toy.ACCOUNT).encode()):
        assert secret not in str(stored).encode()


async def test_without_redis_mutations_happen_all_the_same(keys: Keys) -> None:
    toy.totals.clear()
    async with (
        shared_state("redis://127.0.0.1:1/0") as nobody,
        talking(nobody.answers(keys.ring, keys.blind_index)) as http,
    ):
        with structlog.testing.capture_logs() as logs:
            assert await ask(http, key="key-0001") == {"data": {"count": {"total": 1}}}
    assert {entry["event"] for entry in logs} == {"answers_not_kept"}


# --- every mutation of the house -------------------------------------------------------------------

HOUSE = [text for text in read_operations(DOCUMENTS).values() if text.lstrip().startswith("mutation")]


@pytest.mark.parametrize("text", HOUSE, ids=lambda text: text.split("(")[0])
@pytest.mark.parametrize("signed_in", [True, False], ids=["signed in", "visitor"])
async def test_every_mutation_of_the_house_is_answered_once(
    text: str, kept: StoredAnswers, *, signed_in: bool
) -> None:
    ast = parse(text)
    [node] = ast.definitions
    assert isinstance(node, OperationDefinitionNode)
    assert node.name
    document = Document(text, ast, {node.name.value: node.operation})
    times: list[int] = []

    async def executor(operation: Operation, variables: object, context: Context) -> bytes:
        times.append(1)
        return b'{"data":{"it":%d}}' % len(times)

    viewer: Viewer = Citizen(toy.ACCOUNT, toy.ACCOUNT, toy.PERSON) if signed_in else Anonymous()
    once = Once(executor, kept)
    variables = {"input": {"idempotencyKey": "key-0001", "what": "ever"}}
    operation = document.operation(None)
    found = [await once(operation, variables, toy.context_of(viewer)) for _ in range(2)]
    assert found == [b'{"data":{"it":1}}'] * 2
    assert times == [1]
