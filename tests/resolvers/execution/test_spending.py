from typing import Any

import httpx2
import pytest

from backend.database.shared import Shared, shared_state
from resolvers.execution.documents import document_id
from resolvers.execution.spending import FREE_COST, REFUSED_COST, Quotas, Spending
from tests.resolvers.conftest import TRUSTED, served, toy_app
from tests.resolvers.execution.test_sockets import all_of, opened

CITIZEN = {"authorization": "Bearer citizen", "accept-language": "en"}
TWENTY = {"query": "{ " + " ".join(f"a{number}: hello" for number in range(20)) + " }"}


def talking(shared: Shared, *, client: str = "192.0.2.7", **quotas: int) -> httpx2.AsyncClient:
    app = toy_app(development=True, spending=Spending(shared.budgets, Quotas(**quotas)))
    transport = httpx2.ASGITransport(app=app, client=(client, 4000))
    return httpx2.AsyncClient(transport=transport, base_url="http://toy")


async def ask(
    http: httpx2.AsyncClient, body: object = TWENTY, headers: dict[str, str] | None = None
) -> httpx2.Response:
    return await http.post("/graphql", json=body, headers=CITIZEN if headers is None else headers)


async def test_an_answer_tells_what_is_left(shared: Shared) -> None:
    async with talking(shared, viewer=100, address=1000) as http:
        answer = await ask(http)
        assert answer.headers["ratelimit-policy"] == '"address";q=1000;w=60, "viewer";q=100;w=60'
        assert answer.headers["ratelimit"] == f'"viewer";r={100 - 20 - FREE_COST};t=24'
        assert "retry-after" not in answer.headers


async def test_a_trusted_document_costs_what_it_asks_for_and_no_more(shared: Shared) -> None:
    async with talking(shared, viewer=100) as http:
        answer = await ask(http, {"documentId": document_id(TRUSTED), "variables": {"name": "n"}})
        assert answer.headers["ratelimit"].startswith('"viewer";r=99;')


async def test_who_has_asked_for_too_much_is_told_when_to_come_back(shared: Shared) -> None:
    async with talking(shared, viewer=100) as http:
        assert [(await ask(http)).status_code for _ in range(3)] == [200, 200, 429]
        answer = await ask(http)
        assert answer.status_code == 429
        wait = int(answer.headers["retry-after"])
        assert 8 <= wait <= 12
        error = answer.json()["errors"][0]
        assert error["message"] == "Too many requests. Please try again later."
        assert error["extensions"] == {"code": "TOO_MANY_REQUESTS", "retryAfter": wait}
        assert answer.headers["ratelimit"].startswith('"viewer";r=2')
        officer = await ask(http, headers={"authorization": "Bearer officer"})
        assert officer.status_code == 200


async def test_limits_hold_over_processes(shared: Shared, redis_url: str) -> None:
    async with (
        shared_state(redis_url) as elsewhere,
        talking(shared, viewer=100) as one,
        talking(elsewhere, viewer=100) as two,
    ):
        assert [(await ask(http)).status_code for http in (one, two, one, two)] == [200, 200, 429, 429]


async def test_visitors_are_limited_by_their_address(shared: Shared) -> None:
    async with (
        talking(shared, client="192.0.2.1", address=50) as one,
        talking(shared, client="192.0.2.2", address=50) as two,
    ):
        answer = await ask(one, headers={})
        assert answer.headers["ratelimit-policy"] == '"address";q=50;w=60'
        assert (await ask(one, headers={})).status_code == 429
        assert (await ask(two, headers={})).status_code == 200


async def test_requests_that_come_to_nothing_cost_their_address_something(shared: Shared) -> None:
    async with talking(shared, address=100) as http:
        nonsense: list[Any] = [{"query": f"{{ nothing{number} }}"} for number in range(100 // REFUSED_COST)]
        for body in nonsense:
            assert (await ask(http, body)).json()["errors"][0]["extensions"]["code"] == "DOCUMENT_INVALID"
        assert (await ask(http)).status_code == 429
        # From here on not even a token is looked at.
        refused = await ask(http, headers={"authorization": "Bearer stolen"})
        assert refused.status_code == 429


async def test_operations_on_a_socket_are_charged_and_events_too(shared: Shared) -> None:
    spending = Spending(shared.budgets, Quotas(viewer=100))
    async with served(toy_app(development=True, spending=spending)) as address, opened(address) as connection:
        assert (await all_of(connection, TWENTY))[-1]["type"] == "complete"
        count = "subscription { counted(to: 6) { number fee due } }"
        assert (await all_of(connection, {"query": count}))[-1]["type"] == "complete"
        (refusal,) = await all_of(connection, TWENTY)
        assert refusal["payload"][0]["extensions"]["code"] == "TOO_MANY_REQUESTS"


@pytest.mark.parametrize(("viewer", "address"), [(10, 1000), (1000, 10)])
async def test_a_document_that_costs_more_than_a_minute_allows_is_never_answered(
    shared: Shared, viewer: int, address: int
) -> None:
    async with talking(shared, viewer=viewer, address=address) as http:
        answer = await ask(http)
        assert answer.status_code == 429
