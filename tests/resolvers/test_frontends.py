"""Front-end teams over HTTP, as in production: free speech for those who may, documents by id for all."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from backend.casework.catalogue.standards import Standards
from backend.casework.machine import Casework
from backend.frontends import actions
from backend.frontends.queries import Registered, authenticate_team, team_key
from backend.frontends.serving import FrontEndDocuments
from backend.kit.bearer import digest_of
from backend.kit.ids import new_id
from backend.kit.working_days import Calendar
from backend.places import DOCUMENTS
from backend.resources import Resources
from backend.viewer import Anonymous, Machine, Officer, OfficerRole, TeamRight, Viewer
from resolvers.context import context_factory
from resolvers.execution.documents import read_operations
from resolvers.execution.http import graphql_routes
from resolvers.execution.spending import Quotas, Spending
from resolvers.schema import schema
from tests.support.people import new_key
from tests.support.waiting import eventually

PILOTS = "query Pilots { pilotRegions { division { code } } }"
OWN_CASES = "query OwnCases($first: Int! = 5) { applications(first: $first) { edges { node { state } } } }"
INVALID = "query Wrong { nothing }"
HOUSE = read_operations(DOCUMENTS)

ROLES = {"Bearer operations": OfficerRole.OPERATIONS, "Bearer intake": OfficerRole.INTAKE}


def id_of(operation: str) -> str:
    """The id of one of the house's own documents."""
    [name] = [name for name, text in HOUSE.items() if text.split()[1].partition("(")[0] == operation]
    return name


async def authenticate(authorization: str | None, language: str, address: str) -> Viewer:
    key = team_key(authorization)
    if key is not None:
        return await authenticate_team(key, language=language, address=address)
    if authorization is None:
        return Anonymous(language, address)
    roles = frozenset({ROLES[authorization]})
    return Officer(new_id(), new_id(), new_id(), "330000", roles, language, address)


@dataclass(slots=True)
class Counter:
    """The API in production, and whoever speaks to it."""

    http: httpx2.AsyncClient
    registry: FrontEndDocuments

    async def send(self, token: str | None = None, **asked: object) -> httpx2.Response:
        headers = {"accept-language": "en", **({"authorization": f"Bearer {token}"} if token else {})}
        return await self.http.post("/graphql", json=asked, headers=headers)

    async def ask(self, token: str | None, operation: str, **variables: object) -> Any:
        """One of the house's own operations, by its id; its only field."""
        name = id_of(operation)
        answer = (await self.send(token, documentId=name, variables=variables)).json()
        assert "errors" not in answer, answer
        [value] = answer["data"].values()
        return value

    async def do(self, token: str | None, operation: str, **given: object) -> Any:
        return await self.ask(token, operation, input={**given, "idempotencyKey": new_key()})


@pytest.fixture
async def counter(resources: Resources) -> AsyncIterator[Counter]:
    work = Casework(resources=resources, standards=Standards.of(()), calendar=Calendar(), reactors=())
    registry = FrontEndDocuments()
    app = Starlette(
        routes=graphql_routes(
            schema,
            HOUSE,
            context_factory(authenticate, work),
            development=False,
            registry=registry,
            spending=Spending(resources.shared.budgets, Quotas()),
        )
    )
    transport = httpx2.ASGITransport(app=app)
    async with (
        registry.following(resources.shared),
        httpx2.AsyncClient(transport=transport, base_url="http://jinmin.test") as http,
    ):
        yield Counter(http, registry)


@pytest.fixture
async def key(database: str) -> str:
    rights = [TeamRight.REGISTER, TeamRight.SPEAK_FREELY]
    return (await actions.add_team("elder-mode", rights, actor=Machine("operator")))[1]


async def accepted(counter: Counter, key: str, text: str = PILOTS) -> str:
    """The entry's id of a document that was registered and accepted."""
    told = await counter.do(key, "RegisterDocuments", texts=[text], appVersion="1.0")
    entry: str = told["documents"][0]["id"]
    await counter.do("operations", "ReviewDocument", id=entry, accept=True)
    return entry


def code_of(answer: httpx2.Response) -> str:
    code: str = answer.json()["errors"][0]["extensions"]["code"]
    return code


async def test_a_registered_document_is_answered_once_it_was_accepted(counter: Counter, key: str) -> None:
    told = await counter.do(key, "RegisterDocuments", texts=[PILOTS, OWN_CASES], appVersion="1.0")
    assert [(one["digest"], one["state"]) for one in told["documents"]] == [
        (digest_of(PILOTS), "SUBMITTED"),
        (digest_of(OWN_CASES), "SUBMITTED"),
    ]
    early = await counter.send(documentId=digest_of(PILOTS))
    assert (early.status_code, code_of(early)) == (400, "PERSISTED_QUERY_NOT_FOUND")
    await counter.do("operations", "ReviewDocument", id=told["documents"][0]["id"], accept=True)

    async def answered() -> bool:
        return (await counter.send(documentId=digest_of(PILOTS))).status_code == 200

    await eventually(answered)
    answer = await counter.send(documentId=f"sha256:{digest_of(PILOTS)}")
    assert len(answer.json()["data"]["pilotRegions"]) > 5
    assert "deprecation" not in answer.headers


async def test_citizens_send_documents_by_id_only(counter: Counter, key: str) -> None:
    refused = await counter.send(query=PILOTS)
    assert (refused.status_code, code_of(refused)) == (403, "DOCUMENT_NOT_TRUSTED")


async def test_a_team_with_the_right_speaks_freely_within_its_budget(counter: Counter, key: str) -> None:
    answer = await counter.send(key, query=PILOTS)
    assert answer.json()["data"]["pilotRegions"]
    assert '"viewer";q=60000' in answer.headers["ratelimit-policy"]
    shown = await counter.send(key, query="{ __schema { description } }")
    assert code_of(shown) == "DOCUMENT_INVALID"
    forbidden = await counter.send(key, query=OWN_CASES)
    assert code_of(forbidden) == "FORBIDDEN"
    (_, silent) = await actions.add_team("silent", [TeamRight.REGISTER], actor=Machine("operator"))
    assert code_of(await counter.send(silent, query=PILOTS)) == "DOCUMENT_NOT_TRUSTED"


async def test_the_use_of_a_teams_document_is_charged_to_the_team_as_well(counter: Counter, key: str) -> None:
    await accepted(counter, key)
    counter.registry.changed("")
    answer = await counter.send(documentId=digest_of(PILOTS))
    assert [part.split(";")[0] for part in answer.headers["ratelimit-policy"].split(", ")] == [
        '"address"',
        '"client"',
    ]


async def test_old_app_versions_go_on_and_are_told_until_when(counter: Counter, key: str) -> None:
    entry = await accepted(counter, key)
    told = await counter.do(
        key, "DeprecateDocument", id=entry, reason="use PilotRegions", sunsetOn="2027-06-30"
    )
    assert (told["state"], told["sunsetOn"]) == ("DEPRECATED", "2027-06-30")

    async def heard() -> bool:
        return "deprecation" in (await counter.send(documentId=digest_of(PILOTS))).headers

    await eventually(heard)
    answer = await counter.send(documentId=digest_of(PILOTS))
    assert answer.json()["data"]["pilotRegions"]
    assert answer.headers["deprecation"].startswith("@17")
    assert answer.headers["sunset"] == "Tue, 29 Jun 2027 16:00:00 GMT"


async def test_a_withdrawn_document_is_answered_no_more_and_use_holds_it_back(
    counter: Counter, key: str
) -> None:
    entry = await accepted(counter, key)
    counter.registry.changed("")
    assert (await counter.send(documentId=digest_of(PILOTS))).status_code == 200
    await counter.registry.report()
    held = await counter.do("operations", "WithdrawDocument", id=entry)
    assert (held["__typename"], held["code"]) == ("Problem", "ILLEGAL_STATE")
    (listed,) = (await counter.ask(key, "RegisteredDocuments"))["edges"]
    assert (listed["node"]["uses"], listed["node"]["lastUsedOn"]) == (1, date.today().isoformat())  # noqa: DTZ011 - the test runs within one day
    gone = await counter.do("operations", "WithdrawDocument", id=entry, evenIfUsed=True)
    assert gone["state"] == "WITHDRAWN"

    async def unknown() -> bool:
        return (await counter.send(documentId=digest_of(PILOTS))).status_code == 400

    await eventually(unknown)


async def test_all_documents_are_registered_or_none(counter: Counter, key: str) -> None:
    told = await counter.do(key, "RegisterDocuments", texts=[PILOTS, INVALID, "{"])
    assert (told["__typename"], told["code"]) == ("Problem", "INVALID_INPUT")
    assert [wrong["path"] for wrong in told["fields"]] == [["input", "texts", "1"], ["input", "texts", "2"]]
    assert (await counter.ask(key, "RegisteredDocuments"))["edges"] == []


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"texts": []}, "texts"),
        ({"texts": [PILOTS] * 101}, "texts"),
        ({"texts": [PILOTS], "appVersion": "x" * 41}, "appVersion"),
        ({"texts": [PILOTS], "appVersion": "1\n2"}, "appVersion"),
    ],
)
async def test_what_is_handed_in_is_bounded(
    counter: Counter, key: str, given: dict[str, object], path: str
) -> None:
    told = await counter.do(key, "RegisterDocuments", **given)
    assert [wrong["path"] for wrong in told["fields"]] == [["input", path]]


async def test_reviewers_see_what_a_document_touches(counter: Counter, key: str) -> None:
    await counter.do(key, "RegisterDocuments", texts=[OWN_CASES])
    (edge,) = (await counter.ask("operations", "RegisteredDocuments", state="SUBMITTED"))["edges"]
    node = edge["node"]
    assert node["touches"] == [{"name": "Query.applications", "access": "CITIZEN | OFFICER"}]
    assert (node["operations"], node["team"], node["cost"]) == (["OwnCases"], "elder-mode", 151)
    whole = await counter.ask("operations", "RegisteredDocument", id=node["id"])
    assert whole["text"] == OWN_CASES


@pytest.mark.parametrize(
    ("token", "operation", "code"),
    [
        (None, "RegisteredDocuments", "UNAUTHENTICATED"),
        ("intake", "RegisteredDocuments", "FORBIDDEN"),
        ("jmt_made-up", "RegisteredDocuments", "UNAUTHENTICATED"),
    ],
)
async def test_nobody_else_sees_the_registry(
    counter: Counter, key: str, token: str | None, operation: str, code: str
) -> None:
    answer = await counter.send(token, documentId=id_of(operation))
    assert code_of(answer) == code


async def test_a_document_that_no_longer_fits_is_said_so_and_logged(
    counter: Counter, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def found(digest: str) -> Any:
        return Registered("query Old { gone }", None, None, None)

    monkeypatch.setattr(counter.registry, "find", found)
    answer = await counter.send(documentId="0" * 64)
    assert (answer.status_code, code_of(answer)) == (200, "DOCUMENT_INVALID")
