"""What is cancelled is cancelled in PostgreSQL too: a toy schema whose fields sleep there."""

import time
from collections.abc import Awaitable, Sequence
from typing import Any

import orjson
import pytest
import strawberry

from backend.database.record import fetch, fetch_one, transaction
from backend.viewer import Viewer
from resolvers.access import PARENT, PUBLIC
from resolvers.building import build_schema
from resolvers.context import Context, Info
from resolvers.execution import core
from resolvers.execution.core import CoreExecutor
from resolvers.execution.deadline import Deadlines
from resolvers.execution.documents import Documents
from resolvers.execution.fast import CompiledExecutor
from resolvers.execution.port import Executor
from resolvers.fields import MutationInput, field, input_type, mutation, object_type, query
from tests.resolvers import toy
from tests.support.waiting import eventually

SLEEP = "SELECT pg_sleep(60) /* deadline */"


async def _sleep_for_all(_viewer: Viewer, keys: list[int]) -> Sequence[int]:
    await fetch(SLEEP)
    return keys


def _loaded(root: strawberry.Parent["Bed"], info: Info) -> Awaitable[int]:
    return info.context.load(_sleep_for_all, root.number)


@object_type(description="Where to sleep.")
class Bed:
    number: int = field(access=PARENT, description="Its number.")
    loaded: int = field(access=PARENT, description="By a loader.", resolver=_loaded)


@query(access=PUBLIC, description="Two beds.")
async def beds(info: Info) -> list[Bed]:
    return [Bed(number=1), Bed(number=2)]


@query(access=PUBLIC, description="Sleeps.")
async def asleep(info: Info) -> int:
    await fetch(SLEEP)
    return 0


@input_type(description="Nothing but the key.")
class LieDownInput(MutationInput):
    pass


@mutation(access=PUBLIC, description="Writes, then sleeps in the same transaction.")
async def lie_down(info: Info, input: LieDownInput) -> Bed:
    async with transaction() as tx:
        await tx.execute(
            "INSERT INTO organ (id, created_at, credit_code, name, division) VALUES (gen_random_uuid(), now(), 'x', 'x', 'x')"
        )
        await tx.fetch(SLEEP)
    return Bed(number=3)


SCHEMA = build_schema(queries=(beds, asleep), mutations=(lie_down,))
DOCUMENTS = Documents(SCHEMA, {}, development=True)


def executors() -> list[Executor]:
    reference = CoreExecutor(SCHEMA)
    return [reference, CompiledExecutor(SCHEMA, reference)]


async def sleeping() -> int:
    row = await fetch_one(
        "SELECT count(*) AS there FROM pg_stat_activity WHERE state <> 'idle' AND query LIKE '%pg_sleep%'"
        " AND pid <> pg_backend_pid()"
    )
    assert row is not None
    return int(row["there"])


async def run(executor: Executor, text: str, context: Context | None = None) -> Any:
    operation = DOCUMENTS.free(text).operation(None)
    context = context or toy.context_of(toy.TOKENS["Bearer citizen"]("en", ""))
    return orjson.loads(await executor(operation, {}, context))


@pytest.mark.parametrize("executor", executors(), ids=["core", "compiled"])
@pytest.mark.parametrize(
    "text",
    [
        "{ asleep }",
        "{ a: asleep b: asleep }",
        "{ beds { number loaded } }",
        'mutation { lieDown(input: {idempotencyKey: "key-0001"}) { ... on Bed { number } } }',
    ],
)
async def test_when_the_deadline_is_over_nothing_is_left_in_postgresql(
    database: str, executor: Executor, text: str
) -> None:
    begun = time.monotonic()
    answer = await run(Deadlines(executor, query_seconds=0.3, mutation_seconds=0.3), text)
    assert answer["data"] is None
    assert [error["extensions"] for error in answer["errors"]] == [{"code": "TIMED_OUT"}]
    assert time.monotonic() - begun < 10

    async def woken() -> bool:
        return await sleeping() == 0

    await eventually(woken)
    assert await fetch("SELECT 1 FROM organ") == []
    # The pool's connections are good for the next operation.
    assert [row["one"] for row in await fetch("SELECT 1 AS one")] == [1]


async def test_a_query_in_time_is_not_touched(database: str) -> None:
    answer = await run(Deadlines(CoreExecutor(SCHEMA)), "{ beds { number } }")
    assert answer == {"data": {"beds": [{"number": 1}, {"number": 2}]}}


async def test_an_event_beyond_its_deadline_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "EVENT_SECONDS", 0.05)
    schema = toy.toy_schema()
    documents = Documents(schema, {}, development=True)
    operation = documents.free("subscription { counted(to: 1) { never } }").operation(None)

    async def make_context() -> Context:
        return toy.context_of(toy.TOKENS["Bearer citizen"]("en", ""))

    found = [one async for one in CoreExecutor(schema).events(operation, {}, make_context)]
    assert [orjson.loads(one.body)["errors"][0]["extensions"] for one in found] == [{"code": "TIMED_OUT"}]
