from typing import Any

import pytest
from graphql import parse

from resolvers.execution.limits import Limits, Measured, Prices
from resolvers.schema import printed
from tests.resolvers import toy

PRICES = Prices(toy.toy_schema()._schema)  # noqa: SLF001 - as in documents


def cost(text: str, name: str = "", **variables: Any) -> int:
    measured = Measured(PRICES, parse(text))
    assert measured.too_large(Limits()) is None
    return measured.cost(name, variables)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{ hello }", 1),
        ("{ hello again: hello }", 2),
        ("{ __typename }", 1),
        # cases 1 + pageInfo 1 + its field 1
        ("{ cases { pageInfo { hasNextPage } } }", 3),
        # cases 1 + 3 (the default of first) × (edges 1 + cursor 1)
        ("{ cases { edges { cursor } } }", 7),
        ("{ cases(first: 5) { edges { cursor } } }", 11),
        ("{ cases(first: 5) { edges { cursor } pageInfo { endCursor } } }", 13),
        # edges 1 + node 1 + related 1 + 10 (assumed) × number 1
        ("{ cases(first: 2) { edges { node { related { number } } } } }", 27),
        (
            "{ cases(first: 2) { ...E } } fragment E on CaseConnection { edges { ...C } } fragment C on CaseEdge { cursor }",
            5,
        ),
        ("{ cases(first: 999) { edges { cursor } } }", 101),
        ("{ cases(first: -2) { edges { cursor } } }", 5),
        ("{ priced }", 7),
        ("{ cases(first: 1) { edges { node { few { number } } } } }", 8),
        ('mutation { count(input: {by: 1, idempotencyKey: "key-0001"}) { ... on Counted { total } } }', 11),
    ],
)
def test_a_field_costs_its_weight_and_what_is_below_it_times_the_entries(text: str, expected: int) -> None:
    assert cost(text) == expected


@pytest.mark.parametrize(
    ("declared", "variables", "entries"),
    [
        ("$n: Int!", {"n": 5}, 5),
        ("$n: Int!", {"n": 5000}, 50),
        ("$n: Int!", {"n": -5}, 0),
        ("$n: Int!", {"n": "x"}, 3),
        ("$n: Int! = 30", {}, 30),
        ("$n: Int! = 30", {"n": 4}, 4),
        ("$n: Int! = 1", {"n": None}, 3),
    ],
)
def test_a_variable_says_how_many(declared: str, variables: dict[str, Any], entries: int) -> None:
    text = f"query Q({declared}) {{ cases(first: $n) {{ edges {{ cursor }} }} }}"
    assert cost(text, "Q", **variables) == 1 + 2 * entries


def test_costs_are_remembered_for_few_sizes_and_reckoned_with_the_largest_beyond() -> None:
    text = "query Q($a: Int!, $b: Int!) { one: cases(first: $a) { edges { cursor } } two: cases(first: $b) { edges { cursor } } }"
    measured = Measured(PRICES, parse(text))
    assert measured.too_large(Limits()) is None
    found = [measured.cost("Q", {"a": a, "b": b}) for a in range(1, 21) for b in range(1, 21)]
    assert found[0] == 6
    assert found[-1] == 202
    assert measured.cost("Q", {"a": 1, "b": 1}) == 6


def test_front_ends_read_prices_in_the_schema() -> None:
    sdl = printed()
    for said in (
        "directive @cost(weight: String!) on FIELD_DEFINITION",
        '@cost(weight: "10")',
        'ApplicationConnection! @listSize(assumedSize: 50, slicingArguments: ["first"], sizedFields: ["edges"], requireOneSlicingArgument: false)',
        "[ItemMaterial!]! @listSize(assumedSize: 10)",
        "ServiceItem! @cacheControl(maxAge: 60)",
    ):
        assert said in sdl
