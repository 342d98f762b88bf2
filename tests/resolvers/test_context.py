import httpx2
import pytest

from resolvers.context import preferred_language
from tests.resolvers import toy


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "zh-CN"),
        ("", "zh-CN"),
        ("en", "en"),
        ("en-GB,zh;q=0.3", "en"),
        ("zh-TW;q=0.8, en;q=0.7", "zh-CN"),
        ("fr, en;q=0.2", "en"),
        ("fr", "zh-CN"),
        ("en;q=0", "zh-CN"),
        ("en;q=much, zh", "zh-CN"),
        ("*", "zh-CN"),
        ("bo", "zh-CN"),
    ],
)
def test_the_language_is_the_best_one_we_speak(header: str | None, language: str) -> None:
    assert preferred_language(header) == language


async def test_children_of_one_wave_are_loaded_in_one_batch(client: httpx2.AsyncClient) -> None:
    toy.loads.clear()
    answer = await client.post(
        "/graphql",
        json={"query": "{ cases(first: 4) { edges { node { loaded again: loaded } } } }"},
        headers={"authorization": "Bearer citizen"},
    )
    assert [edge["node"]["loaded"] for edge in answer.json()["data"]["cases"]["edges"]] == [
        100,
        101,
        102,
        103,
    ]
    assert toy.loads == [[case.id for case in toy.CASES[:4]]]


async def test_loaders_do_not_outlive_their_request(client: httpx2.AsyncClient) -> None:
    toy.loads.clear()
    for _ in range(2):
        await client.post(
            "/graphql",
            json={"query": "{ cases(first: 1) { edges { node { loaded } } } }"},
            headers={"authorization": "Bearer citizen"},
        )
    assert toy.loads == [[toy.CASES[0].id], [toy.CASES[0].id]]
