"""Do both executors answer the same bytes? Ten thousand random operations over the schema that misbehaves."""

import asyncio
import time
from collections.abc import Iterable
from random import Random

import structlog
from graphql import parse, validate

from benchmarks.figures import Figure
from tests.resolvers.execution.compiled.test_equality import Bench
from tests.resolvers.execution.compiled.torture import torture_schema
from tests.support.random_documents import random_document

DOCUMENTS = 10_000


def equality() -> Iterable[Figure]:
    """Queries and mutations in equal parts; the first difference is printed whole."""
    bench = Bench(torture_schema())
    with structlog.testing.capture_logs():
        began = time.monotonic()
        different = asyncio.run(_different(bench))
        seconds = time.monotonic() - began
    yield Figure("random operations compared", DOCUMENTS, "documents", must=10_000)
    yield Figure("answered differently", different, "documents", must=0, at_most=True)
    yield Figure("answered by the plan alone", bench.outcomes["compiled"] / DOCUMENTS, "of all", must=0.1)
    yield Figure("run again by the reference", bench.outcomes["anomaly"] / DOCUMENTS, "of all")
    yield Figure("time", seconds, "s")


async def _different(bench: Bench) -> int:
    core, random = bench.schema._schema, Random(12)  # noqa: S311, SLF001 - repeatable; Strawberry has no public way
    asked = different = 0
    while asked < DOCUMENTS:
        text, variables = random_document(core, random, mutation=asked % 2 == 1)
        if validate(core, parse(text)):
            continue
        asked += 1
        reference, compiled = await bench.both(text, variables)
        if reference != compiled:
            different += 1
            if different == 1:
                print(text, variables, reference, compiled, sep="\n")
    return different
