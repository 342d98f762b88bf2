"""The compiled executor answers what the reference answers, byte for byte, and does what it does, once."""

import inspect
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
import strawberry
import structlog
from graphql import OperationDefinitionNode, parse, validate

from resolvers.context import Caller
from resolvers.execution.compiled import Compiler, Memory
from resolvers.execution.core import CoreExecutor
from resolvers.execution.deadline import Deadlines
from resolvers.execution.fast import CompiledExecutor
from resolvers.execution.port import Document, Operation
from tests.resolvers import toy
from tests.resolvers.execution.compiled.torture import Effects, torture_schema
from tests.support.random_documents import random_document

_REFERENCE = re.compile(rb"[0-9a-f]{16}")
ROUNDS = 250
"""Of each kind; `make bench` runs twenty times as many."""


class Bench:
    """Both executors over one schema."""

    def __init__(self, schema: strawberry.Schema) -> None:
        self.schema = schema
        self.outcomes: Counter[str] = Counter()
        self.core = CoreExecutor(schema)
        self.fast = CompiledExecutor(
            schema, self.core, counted=lambda outcome: self.outcomes.update([outcome])
        )

    async def both(
        self, text: str, variables: Mapping[str, Any]
    ) -> tuple[tuple[bytes, list[str]], tuple[bytes, list[str]]]:
        """What each of them answers and which effects it had; the references of masked errors left out."""
        operation = operation_of(text)
        told = []
        for executor in (self.core, self.fast):
            context = TortureContext()
            body = await executor(operation, variables, context)  # type: ignore[arg-type]
            told.append((_REFERENCE.sub(b"#", body), context.effects.done))
        return told[0], told[1]


def operation_of(text: str) -> Operation:
    """The only operation of a document; no limits, since random documents are large on purpose."""
    ast = parse(text)
    [only] = [node for node in ast.definitions if isinstance(node, OperationDefinitionNode)]
    name = only.name.value if only.name else ""
    return Document(text=text, ast=ast, operations={name: only.operation}).operation(None)


@dataclass(slots=True)
class TortureContext:
    language: str = "en"
    viewer: object = None
    effects: Effects = field(default_factory=Effects)


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench(torture_schema())


@pytest.fixture(autouse=True)
def _quiet() -> Any:
    with structlog.testing.capture_logs():
        yield


@pytest.mark.parametrize("mutation", [False, True], ids=["queries", "mutations"])
async def test_random_operations_are_answered_alike(bench: Bench, mutation: bool) -> None:
    random, asked = Random(20261125 + mutation), 0
    core = bench.schema._schema  # noqa: SLF001 - Strawberry has no public way to it
    before = Counter(bench.outcomes)
    while asked < ROUNDS:
        text, variables = random_document(core, random, mutation=mutation)
        if validate(core, parse(text)):
            continue
        asked += 1
        reference, compiled = await bench.both(text, variables)
        assert compiled == reference, f"{text}\n{variables}"
    went = bench.outcomes - before
    # The test means something only if both ways are taken often.
    assert went["compiled"] > ROUNDS / 6
    assert went["anomaly"] > ROUNDS / 20
    assert went["core"] <= ROUNDS / 20


PLAIN = "{ cat(seed: 2) { name seed tone words kin { name __typename } } }"
WILD = "{ cat(seed: 2, wild: 16) { name } rock { seed } }"


async def test_what_is_well_behaved_is_answered_by_the_plan(bench: Bench) -> None:
    before = Counter(bench.outcomes)
    reference, compiled = await bench.both(PLAIN, {})
    assert compiled == reference
    assert bench.outcomes - before == Counter(compiled=1)


@pytest.mark.parametrize(
    "text",
    [
        "{ __schema { queryType { name } } }",
        '{ __type(name: "Cat") { name } }',
        "query { cat { path } }",
        "query { cat { wild } }",
    ],
)
async def test_what_has_no_plan_is_answered_by_the_reference(bench: Bench, text: str) -> None:
    before = Counter(bench.outcomes)
    reference, compiled = await bench.both(text, {})
    assert compiled == reference
    assert (bench.outcomes - before)["compiled"] == (1 if "wild" in text else 0)


async def test_one_plan_for_each_valuation_of_the_conditions(bench: Bench) -> None:
    text = "query Q($s: Boolean!, $n: Int) { cat(seed: $n) { name @skip(if: $s) seed @include(if: $s) } }"
    operation = operation_of(text)
    program = bench.fast.program(operation)
    assert program is not None
    for skip in (True, False, True):
        for seed in (2, 4):
            variables = {"s": skip, "n": seed}
            reference = await bench.core(operation, variables, TortureContext())  # type: ignore[arg-type]
            assert await bench.fast(operation, variables, TortureContext()) == reference  # type: ignore[arg-type]
    assert set(program.plans) == {(True,), (False,)}


async def test_a_mutation_that_is_run_again_takes_effect_once(bench: Bench) -> None:
    text = """mutation {
        one: count
        two: change(seed: 9, wild: 16) { name kin { name } grid }
        three: count(fail: true)
        four: count
    }"""
    before = Counter(bench.outcomes)
    (reference, effects), (compiled, effects_compiled) = await bench.both(text, {})
    assert (bench.outcomes - before)["anomaly"] == 1
    assert compiled == reference
    assert effects_compiled == effects == ["count False", "change 9 None", "count True"]


async def test_a_check_hidden_behind_a_basic_field_is_not_left_out(bench: Bench) -> None:
    """``wild`` reads an attribute and is guarded in ``get_result``: a plan that inlined it would show it."""
    guarded = next(seed for seed in range(50) if (seed * 3) % 5 == 0 and seed % 3 == 0)
    reference, compiled = await bench.both(f"{{ cat(seed: {guarded}) {{ wild }} }}", {})
    assert compiled == reference
    assert b'"errors"' in compiled[0]


async def test_a_planted_bypass_is_caught_by_the_comparison() -> None:
    """With a compiler that believes every field is direct the guard is skipped, and the bytes differ."""
    schema = torture_schema()
    core = CoreExecutor(schema)
    outcomes: Counter[str] = Counter()
    fast = CompiledExecutor(schema, core, sample=1.0, counted=lambda outcome: outcomes.update([outcome]))
    fast._compiler = Compiler(schema, lambda _: True)  # noqa: SLF001 - planted on purpose
    operation = operation_of("{ cat(seed: 0) { wild } }")
    with structlog.testing.capture_logs() as logs:
        body = await fast(operation, {}, TortureContext())  # type: ignore[arg-type]
    assert outcomes == Counter(compiled=1, different=1)
    assert "compiled_answer_differs" in [entry["event"] for entry in logs]
    assert b'"errors"' in body, "the reference's answer is the one that is given"


async def test_coroutines_that_nobody_awaited_are_closed() -> None:
    async def never() -> None:
        raise AssertionError("it was never started")

    coroutines = [never(), never()]
    memory = Memory(left=[[coroutines[0], 3], coroutines[1], "text"])
    memory.close()
    assert memory.left == []
    assert [inspect.getcoroutinestate(each) for each in coroutines] == [inspect.CORO_CLOSED] * 2


async def test_a_query_beyond_its_deadline_is_given_up_and_not_run_again() -> None:
    schema = toy.toy_schema()
    fast = Deadlines(CompiledExecutor(schema, CoreExecutor(schema)), query_seconds=0.05)
    context = await toy.make_context()(Caller(None, "en", "10.0.0.1", "r"))
    body = await fast(operation_of("{ sleepy }"), {}, context)
    assert b"TIMED_OUT" in body
