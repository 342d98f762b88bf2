from datetime import UTC, date, datetime
from typing import Any, cast
from uuid import UUID

import asyncpg
import httpx2
import pytest
import strawberry

from backend.errors import Invalid, NotFound
from resolvers.pagination import (
    Page,
    cursor,
    global_id,
    keyset_page,
    page_size,
    read_cursor,
    read_global_id,
    type_of_global_id,
)
from tests.resolvers import toy

ID = UUID("018f0000-0000-7000-8000-000000000001")
CASES = """query($first: Int!, $after: String) { cases(first: $first, after: $after) {
  edges { cursor node { number } }
  pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
} }"""


async def page(client: httpx2.AsyncClient, first: int, after: str | None = None) -> Any:
    answer = await client.post(
        "/graphql",
        json={"query": CASES, "variables": {"first": first, "after": after}},
        headers={"authorization": "Bearer citizen"},
    )
    return answer.json()


async def test_pages_walk_a_list_to_its_end(client: httpx2.AsyncClient) -> None:
    numbers: list[str] = []
    after, more, pages = None, True, 0
    while more:
        found = (await page(client, 3, after))["data"]["cases"]
        numbers += [edge["node"]["number"] for edge in found["edges"]]
        assert found["pageInfo"]["hasPreviousPage"] is (after is not None)
        assert found["pageInfo"]["startCursor"] == found["edges"][0]["cursor"]
        after, more, pages = found["pageInfo"]["endCursor"], found["pageInfo"]["hasNextPage"], pages + 1
    assert (numbers, pages) == ([case.number for case in toy.CASES], 3)


@pytest.mark.parametrize("first", [0, -1, 51])
async def test_a_page_has_one_to_fifty_entries(client: httpx2.AsyncClient, first: int) -> None:
    (error,) = (await page(client, first))["errors"]
    assert error["extensions"]["code"] == "INVALID_INPUT"
    assert error["extensions"]["fields"][0]["path"] == ["first"]


@pytest.mark.parametrize("after", ["", "x", "!!!!", "W10", "WzFd", "e30", "中", "A" * 5])
async def test_a_foreign_cursor_is_refused(client: httpx2.AsyncClient, after: str) -> None:
    (error,) = (await page(client, 3, after))["errors"]
    assert error["extensions"]["code"] == "INVALID_INPUT"
    assert error["extensions"]["fields"][0]["path"] == ["after"]


def test_a_cursor_gives_back_its_key() -> None:
    moment = datetime(2026, 11, 30, 9, tzinfo=UTC)
    place = cursor(moment, date(2026, 11, 30), ID, 7, "x")
    assert read_cursor(place, datetime, date, UUID, int, str) == (moment, date(2026, 11, 30), ID, 7, "x")
    assert read_cursor(None, UUID) is None
    with pytest.raises(Invalid):
        read_cursor(place, UUID)
    with pytest.raises(Invalid):
        read_cursor(cursor(True), int)


def test_a_cursor_is_made_of_the_ids_that_rows_hold() -> None:
    held = asyncpg.pgproto.pgproto.UUID("01a21086-cabe-7000-a472-688951bc01d3")
    assert type(held) is not UUID
    assert read_cursor(cursor(held), UUID) == (UUID(str(held)),)


def test_an_empty_page_has_no_cursors() -> None:
    rows: list[int] = []
    empty = keyset_page(rows, first=5, after=None, key=lambda row: (row,))
    assert cast("object", empty) == Page([], has_next_page=False, has_previous_page=False)


def test_the_largest_page_is_fifty() -> None:
    assert page_size(50) == 50
    with pytest.raises(Invalid):
        page_size(51)


def test_a_global_id_gives_back_its_key() -> None:
    assert read_global_id(global_id("Case", ID), "Case") == ID
    assert type_of_global_id(global_id("Case", ID)) == "Case"


@pytest.mark.parametrize(
    "given",
    ["", "x", "Case:1", "中文", global_id("Other", ID), global_id("Case", "7"), global_id("Case", "é")],
)
def test_another_id_is_as_good_as_not_there(given: str) -> None:
    with pytest.raises(NotFound):
        read_global_id(given, "Case")


@pytest.mark.parametrize("given", ["", "x", "中文", strawberry.ID("e30")])
def test_an_id_without_a_type_is_not_there(given: str) -> None:
    with pytest.raises(NotFound):
        type_of_global_id(given)


async def test_a_node_tells_its_type(client: httpx2.AsyncClient) -> None:
    case = global_id("Case", toy.CASES[1].id)
    answer = await client.post(
        "/graphql",
        json={"query": "query($id: ID!) { node(id: $id) { __typename id } }", "variables": {"id": case}},
    )
    assert answer.json() == {"data": {"node": {"__typename": "Case", "id": case}}}
