from collections.abc import AsyncIterator

import httpx2
import pytest

from resolvers.execution.documents import document_id
from resolvers.execution.http import JSON, RESPONSE_JSON
from tests.resolvers.conftest import toy_app

SHARED = "query Motto($times: Int! = 1) { motto(times: $times) }"
THROUGH_FRAGMENTS = "query { __typename ...M } fragment M on Query { ... on Query { motto } }"
OWN = "query { hello }"
MIXED = "query { motto hello }"
TEXTS = (SHARED, THROUGH_FRAGMENTS, OWN, MIXED)


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    app = toy_app(development=True, documents={document_id(text): text for text in TEXTS})
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://toy") as opened:
        yield opened


async def get(http: httpx2.AsyncClient, text: str = SHARED, **headers: str) -> httpx2.Response:
    return await http.get("/graphql", params={"documentId": document_id(text)}, headers=headers)


@pytest.mark.parametrize("text", [SHARED, THROUGH_FRAGMENTS], ids=["at the root", "through fragments"])
async def test_a_public_answer_may_be_kept_by_browsers_and_proxies(
    http: httpx2.AsyncClient, text: str
) -> None:
    answer = await get(http, text)
    assert answer.json()["data"]["motto"] == "为人民服务"
    assert answer.headers["cache-control"] == "public, max-age=60, stale-while-revalidate=60"
    assert answer.headers["vary"] == "Accept, Accept-Language"
    assert answer.headers["content-language"] == "zh-CN"
    assert answer.headers["etag"].startswith('"')


async def test_who_holds_the_answer_gets_304_and_no_body(http: httpx2.AsyncClient) -> None:
    first = await get(http)
    tag = first.headers["etag"]
    for held in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = await get(http, **{"if-none-match": held})
        assert (again.status_code, again.content) == (304, b"")
        assert (again.headers["etag"], again.headers["cache-control"]) == (
            tag,
            first.headers["cache-control"],
        )
    for other in ('"other"', "", tag.strip('"')):
        assert (await get(http, **{"if-none-match": other})).status_code == 200


async def test_another_language_or_media_type_is_another_answer(http: httpx2.AsyncClient) -> None:
    tags = {
        (await get(http, **{"accept-language": language, "accept": accept})).headers["etag"]
        for language in ("zh", "en")
        for accept in (JSON, RESPONSE_JSON)
    }
    assert len(tags) == 4


async def test_a_signed_in_viewer_gets_the_same_answer(http: httpx2.AsyncClient) -> None:
    visitor, citizen = await get(http), await get(http, authorization="Bearer citizen")
    assert (visitor.content, visitor.headers["etag"]) == (citizen.content, citizen.headers["etag"])


@pytest.mark.parametrize("text", [OWN, MIXED])
async def test_an_answer_that_depends_on_the_viewer_is_kept_nowhere(
    http: httpx2.AsyncClient, text: str
) -> None:
    answer = await get(http, text)
    assert answer.status_code == 200
    assert (answer.headers["cache-control"], "etag" in answer.headers) == ("no-store", False)


async def test_a_free_document_is_kept_nowhere(http: httpx2.AsyncClient) -> None:
    answer = await http.get("/graphql", params={"query": SHARED + " "})
    assert answer.status_code == 200
    assert (answer.headers["cache-control"], "etag" in answer.headers) == ("no-store", False)


async def test_an_answer_with_an_error_is_kept_nowhere(http: httpx2.AsyncClient) -> None:
    params = {"documentId": document_id(SHARED), "variables": '{"times": -1}'}
    answer = await http.get("/graphql", params=params)
    assert answer.json()["errors"][0]["extensions"]["code"] == "INVALID_INPUT"
    assert (answer.headers["cache-control"], "etag" in answer.headers) == ("no-store", False)


async def test_an_answer_to_a_post_is_kept_nowhere(http: httpx2.AsyncClient) -> None:
    answer = await http.post("/graphql", json={"documentId": document_id(SHARED)})
    assert (answer.headers["cache-control"], "etag" in answer.headers) == ("no-store", False)


async def test_a_head_request_says_what_a_get_would(http: httpx2.AsyncClient) -> None:
    told = await http.head("/graphql", params={"documentId": document_id(SHARED)})
    assert (told.status_code, told.headers["etag"]) == (200, (await get(http)).headers["etag"])
