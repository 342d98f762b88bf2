import httpx2
import pytest
import structlog
from starlette.applications import Starlette

from backend.errors import Forbidden, NotSignedIn, Refusal, Text, TooMany, Unavailable
from backend.places import DOCUMENTS
from backend.viewer import Viewer
from resolvers.context import context_factory
from resolvers.examples import EXAMPLES
from resolvers.execution.documents import document_id, read_operations
from resolvers.execution.graphiql import graphiql_page
from resolvers.execution.http import JSON, RESPONSE_JSON, graphql_routes, negotiated
from tests.resolvers import toy
from tests.resolvers.conftest import TRUSTED, toy_app


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        (RESPONSE_JSON, RESPONSE_JSON),
        (f"{RESPONSE_JSON}; charset=utf-8, {JSON}; charset=utf-8", RESPONSE_JSON),
        (f"{RESPONSE_JSON};q=0.5, {JSON}", JSON),
        (f"{RESPONSE_JSON};q=nonsense, {JSON};q=0.1", JSON),
        ("text/html, */*;q=0.8", JSON),
        ("text/html", None),
        (f"{JSON};q=0", None),
    ],
)
def test_the_media_type_is_negotiated(accept: str | None, media_type: str | None) -> None:
    assert negotiated(accept) == media_type


@pytest.mark.parametrize(
    ("query", "json_status", "response_status"),
    [
        ("{ hello }", 200, 200),
        ("{ case(id: 1) { id } }", 200, 200),
        ("{ hello", 200, 400),
        ("{ hell }", 200, 400),
        ("query($n: Int!) { cases(first: $n) { edges { cursor } } }", 200, 400),
        ("query A { hello } query B { hello }", 400, 400),
        ("subscription { counted(to: 1) { id } }", 400, 400),
    ],
)
async def test_the_status_follows_the_media_type(
    client: httpx2.AsyncClient, query: str, json_status: int, response_status: int
) -> None:
    for media_type, status in ((JSON, json_status), (RESPONSE_JSON, response_status)):
        answer = await client.post("/graphql", json={"query": query}, headers={"accept": media_type})
        assert answer.status_code == status
        assert answer.headers["content-type"] == f"{media_type}; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"


async def test_what_nobody_can_read_is_406(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/graphql", json={"query": "{ hello }"}, headers={"accept": "image/png"})
    assert answer.status_code == 406


async def test_a_bad_token_is_401_with_a_code(client: httpx2.AsyncClient) -> None:
    answer = await client.post(
        "/graphql",
        json={"query": "{ hello }"},
        headers={"authorization": "Bearer stolen", "accept-language": "en"},
    )
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json() == {
        "errors": [{"message": "Your sign-in has expired.", "extensions": {"code": "UNAUTHENTICATED"}}]
    }


async def test_a_request_id_is_kept_or_made(client: httpx2.AsyncClient) -> None:
    kept = await client.post("/graphql", json={"query": "{ hello }"}, headers={"x-request-id": "abcdef-1234"})
    assert kept.headers["x-request-id"] == "abcdef-1234"
    made = await client.post("/graphql", json={"query": "{ hello }"}, headers={"x-request-id": "no good\tid"})
    assert len(made.headers["x-request-id"]) == 32


async def test_production_hears_citizens_in_trusted_documents_only(production: httpx2.AsyncClient) -> None:
    for headers in ({}, {"authorization": "Bearer citizen"}):
        answer = await production.post("/graphql", json={"query": "{ hello }"}, headers=headers)
        assert answer.status_code == 403
        assert answer.json()["errors"][0]["extensions"] == {"code": "DOCUMENT_NOT_TRUSTED"}


@pytest.mark.parametrize(
    "asked",
    [
        {"documentId": document_id(TRUSTED)},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": document_id(TRUSTED)}}},
        {"documentId": document_id(TRUSTED), "query": "{ lights }"},
    ],
)
async def test_production_answers_a_trusted_document(
    production: httpx2.AsyncClient, asked: dict[str, object]
) -> None:
    answer = await production.post("/graphql", json={**asked, "variables": {"name": "you"}})
    assert answer.json() == {"data": {"hello": "hello you zh-CN"}}


async def test_production_hears_officers_freely_but_shows_no_schema(production: httpx2.AsyncClient) -> None:
    officer = {"authorization": "Bearer officer"}
    answer = await production.post("/graphql", json={"query": "{ hello }"}, headers=officer)
    assert answer.json() == {"data": {"hello": "hello world zh-CN"}}
    answer = await production.post(
        "/graphql", json={"query": "{ __schema { types { name } } }"}, headers=officer
    )
    assert answer.json()["errors"][0]["extensions"] == {"code": "DOCUMENT_INVALID"}


async def test_graphiql_is_for_developers_only(
    client: httpx2.AsyncClient, production: httpx2.AsyncClient
) -> None:
    page = await client.get("/graphql", headers={"accept": "text/html,*/*;q=0.8"})
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "GraphiQL" in page.text
    refused = await production.get("/graphql", headers={"accept": "text/html,*/*;q=0.8"})
    assert (refused.status_code, refused.headers["content-type"]) == (400, "application/json; charset=utf-8")


@pytest.mark.parametrize(
    ("refusal", "status"), [(TooMany, 429), (Unavailable, 503), (Forbidden, 403), (NotSignedIn, 401)]
)
async def test_a_refusal_before_the_operation_has_its_status(refusal: type[Refusal], status: int) -> None:
    async def refusing(authorization: str | None, language: str, address: str) -> Viewer:
        raise refusal(Text("不行。", "No."))

    routes = graphql_routes(toy.toy_schema(), {}, context_factory(refusing, toy.NO_WORK), development=True)
    transport = httpx2.ASGITransport(app=Starlette(routes=routes))
    async with httpx2.AsyncClient(transport=transport, base_url="http://toy") as client:
        answer = await client.post("/graphql", json={"query": "{ hello }"})
    assert answer.status_code == status
    assert answer.json()["errors"][0]["extensions"]["code"] == refusal.default_code


async def test_a_bug_before_the_operation_is_masked_too() -> None:
    async def broken(authorization: str | None, language: str, address: str) -> Viewer:
        raise RuntimeError("secret")

    app = Starlette(
        routes=graphql_routes(toy.toy_schema(), {}, context_factory(broken, toy.NO_WORK), development=True)
    )
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://toy") as client:
        with structlog.testing.capture_logs() as logs:
            answer = await client.post("/graphql", json={"query": "{ hello }"})
    assert answer.status_code == 500
    assert answer.json()["errors"][0]["extensions"]["reference"] == logs[0]["reference"]
    assert "secret" not in answer.text + str(logs)


async def test_graphiql_begins_with_example_operations() -> None:
    trap = 'query Trap { hello(name: "</script>") }'
    documents = {document_id(text): text for text in (TRUSTED, trap)}
    app = toy_app(development=True, documents=documents, examples=(("Greet", {"name": "you"}), ("Trap", {})))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://toy") as http:
        page = (await http.get("/graphql", headers={"accept": "text/html"})).text
    assert TRUSTED in page
    assert '\\"name\\": \\"you\\"' in page
    assert 'name: \\"<\\/script>' in page


def test_the_examples_of_the_house_are_operations_of_the_house() -> None:
    page = graphiql_page(read_operations(DOCUMENTS), EXAMPLES)
    assert page.count("idempotencyKey") >= 3
