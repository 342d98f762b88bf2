"""Looking ahead from a root: what is asked for below it, wherever the document says so."""

import pytest
import strawberry
from graphql import parse

from resolvers.context import Info
from resolvers.lookahead import largest

QUERIES = {
    "{ cases { name } }": None,
    "{ cases { timeline } }": 20,
    "{ cases { timeline(last: 3) } }": 3,
    "{ cases { a: timeline(last: 3) b: timeline(last: 7) } }": 7,
    "query ($n: Int!) { cases { timeline(last: $n) } }": 5,
    "query ($m: Int! = 9) { cases { timeline(last: $m) } }": 9,
    "{ cases { ... { ... on Case { timeline(last: 4) } } } }": 4,
    "{ cases { ...F } } fragment F on Case { ...G } fragment G on Case { timeline(last: 6) }": 6,
    "{ cases { name } cases { timeline(last: 2) } }": 2,
    "{ cases { timeline(last: -1) } }": -1,
}


@pytest.mark.parametrize("text", QUERIES)
def test_the_largest_that_is_asked_for_is_found(text: str) -> None:
    found: list[int | None] = []

    @strawberry.type
    class Case:
        name: str = ""

        @strawberry.field
        def timeline(self, last: int = 20) -> int:
            return last

    @strawberry.type
    class Query:
        @strawberry.field
        def cases(self, info: Info) -> Case:
            found.append(largest(info, ["timeline"], "last", 20))
            return Case()

    schema = strawberry.Schema(Query)
    given = {name: 5 for name in ("n",) if f"${name}" in text}
    assert parse(text)
    answer = schema.execute_sync(text, variable_values=given)
    assert (answer.errors, found) == (None, [QUERIES[text]])
