"""Programs of third parties: OAuth with secret, private key and a citizen's consent, rotation, revoking, quota and use."""

import re
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import jwt
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from jwt.algorithms import ECAlgorithm
from starlette.applications import Starlette

from backend.casework.machine import Casework
from backend.database.record import fetch
from backend.errors import NotSignedIn
from backend.kit import clock
from backend.providers.clients.counting import ApiUses
from backend.providers.clients.tokens import authenticate_provider, provider_token
from backend.resources import Resources
from backend.viewer import Anonymous, Citizen, Provider, ProviderScope, Viewer
from backend.web.oauth import oauth_routes
from resolvers.context import Context, context_factory
from resolvers.execution.core import CoreExecutor
from resolvers.execution.http import graphql_routes
from resolvers.execution.spending import Quotas, Spending
from resolvers.pagination import global_id
from resolvers.schema import schema
from tests.support.cases import HOME, completed, machine, proven, publish
from tests.support.front import Front, trusted
from tests.support.people import ScriptedFaces, bound
from tests.support.providers import listed, reviewer, working
from tests.support.sandbox import OutsideSandbox
from tests.support.town import document

BACK = "https://app.example.org/cb"
VERIFIER = "v" * 43
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@dataclass(slots=True)
class Outside:
    """An organisation's developers, a citizen, and the house's addresses."""

    work: Casework
    staff: Front
    citizen: Front
    http: httpx2.AsyncClient
    uses: ApiUses

    async def program(self, **given: object) -> Mapping[str, Any]:
        """A program that was just made."""
        made = await self.staff.do(
            "MakeApiClient", **{"name": "安心养老", "auth": "SECRET", "scopes": ["ORDERS"], **given}
        )
        assert made["__typename"] == "ApiClientCredentials", made
        found: Mapping[str, Any] = made
        return found

    async def token(self, **form: str) -> httpx2.Response:
        return await self.http.post("/oauth/token", data=form)

    async def with_secret(self, made: Mapping[str, Any], **more: str) -> httpx2.Response:
        return await self.token(
            grant_type="client_credentials",
            client_id=made["clientId"],
            client_secret=made["secret"],
            **more,
        )

    async def viewer(self, token: str) -> Provider:
        return await authenticate_provider(self.work.resources, token, language="zh-CN", address="10.0.0.1")

    async def front(self, answer: httpx2.Response) -> Front:
        return Front(self.work, await self.viewer(answer.json()["access_token"]))

    async def consented(
        self, made: Mapping[str, Any], *, agrees: bool = True, **more: str
    ) -> httpx2.Response:
        """What the browser is answered after the citizen chose."""
        page = await self.citizen.do("OpenConsentPage", authorizeUrl=address(made, **more))
        path = urlsplit(page["url"]).path
        shown = await self.http.get(path)
        assert shown.status_code == 200
        return await self.http.post(path, data={"answer": "yes" if agrees else "no"})


def address(made: Mapping[str, Any], **more: str) -> str:
    parameters = {
        "response_type": "code",
        "client_id": made["clientId"],
        "redirect_uri": BACK,
        "scope": "SHARED_CASES SHARED_PROFILE",
        "state": "s1",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **more,
    }
    return "https://jinmin.test/oauth/authorize?" + urlencode({k: v for k, v in parameters.items() if v})


def code_in(answer: httpx2.Response) -> str:
    return parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]


@pytest.fixture
async def outside(resources: Resources, outside_world: OutsideSandbox) -> AsyncIterator[Outside]:
    work = machine(replace(resources, ports=replace(resources.ports, faces=ScriptedFaces())))
    provider = await working(work.resources, await proven(work.resources, outside_world))
    uses = ApiUses()

    async def authenticate(authorization: str | None, language: str, address: str) -> Viewer:
        token = provider_token(authorization)
        if token is None:
            return Anonymous(language, address)
        return await authenticate_provider(work.resources, token, language=language, address=address)

    app = Starlette(
        routes=[
            *oauth_routes(work.resources),
            *graphql_routes(
                schema,
                {},
                context_factory(authenticate, work),
                development=False,
                spending=Spending(resources.shared.budgets, Quotas(), uses),
            ),
        ]
    )
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://jinmin.test") as http:
        citizen = Front(work, await proven(work.resources, outside_world))
        yield Outside(work, Front(work, provider), citizen, http, uses)


SHARING = {"scopes": ["SHARED_PROFILE", "SHARED_CASES"], "redirectUris": [BACK]}


async def test_a_secret_gives_a_token_for_what_the_program_may(outside: Outside) -> None:
    made = await outside.program(scopes=["ORDERS", "PLACES"])
    answer = await outside.with_secret(made, scope="ORDERS")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    told = answer.json()
    assert (told["token_type"], told["scope"]) == ("Bearer", "ORDERS")
    assert 3590 <= told["expires_in"] <= 3600
    viewer = await outside.viewer(told["access_token"])
    assert viewer.scopes == {ProviderScope.ORDERS}
    program = Front(outside.work, viewer)
    assert (await program.send("ServiceOrders"))["edges"] == []
    refused = await program.do("SetFreePlaces", placeId="x", free=1)
    assert refused["code"] == "FORBIDDEN"
    basic = await outside.http.post(
        "/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=(made["clientId"], made["secret"]),
    )
    assert basic.json()["scope"] == "ORDERS PLACES"


async def test_what_is_wrong_at_the_token_endpoint_is_told_as_the_standard_says(outside: Outside) -> None:
    made = await outside.program()
    wrong = await outside.with_secret({**made, "secret": "jms_wrong"})
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
    unknown = await outside.with_secret({**made, "clientId": "jmc_" + "0" * 32})
    assert (unknown.status_code, unknown.json()["error"]) in {
        (400, "invalid_client"),
        (401, "invalid_client"),
    }
    wide = await outside.with_secret(made, scope="PLACES")
    assert (wide.status_code, wide.json()["error"]) == (400, "invalid_scope")
    other = await outside.token(grant_type="password", client_id=made["clientId"])
    assert (other.status_code, other.json()["error"]) == (400, "unsupported_grant_type")
    assert await fetch("SELECT 1 FROM provider_token WHERE client_id IS NOT NULL") == []


async def test_a_secret_is_rotated_with_overlap_or_at_once(outside: Outside) -> None:
    made = await outside.program()
    token = (await outside.with_secret(made)).json()["access_token"]
    newer = await outside.staff.do("RotateApiClientSecret", clientId=made["id"])
    assert (await outside.with_secret(made)).status_code == 200
    with clock.shifted(timedelta(hours=25)):
        assert (await outside.with_secret(made)).status_code == 401
        assert (await outside.with_secret(newer)).status_code == 200
    newest = await outside.staff.do("RotateApiClientSecret", clientId=made["id"], atOnce=True)
    assert (await outside.with_secret(newer)).status_code == 401
    assert (await outside.with_secret(newest)).status_code == 200
    with pytest.raises(NotSignedIn):
        await outside.viewer(token)


async def test_a_private_key_proves_a_program_and_an_assertion_counts_once(outside: Outside) -> None:
    key = generate_private_key(SECP256R1())
    jwks = {"keys": [{**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": "a"}]}
    leaked = {"keys": [{**ECAlgorithm.to_jwk(key, as_dict=True), "kid": "a"}]}
    told = await outside.staff.do(
        "MakeApiClient", name="程序", auth="PRIVATE_KEY", scopes=["ORDERS"], jwks=leaked
    )
    assert told["fields"][0]["path"] == ["input", "jwks"]
    made = await outside.program(auth="PRIVATE_KEY", jwks=jwks)
    assert made["secret"] is None

    async def asserted(**changes: object) -> httpx2.Response:
        now = clock.now()
        claims = {
            "iss": made["clientId"],
            "sub": made["clientId"],
            "aud": "http://jinmin.test/oauth/token",
            "exp": now + timedelta(minutes=5),
            "jti": "one",
            **changes,
        }
        return await outside.token(
            grant_type="client_credentials",
            client_assertion_type="urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            client_assertion=jwt.encode(claims, key, algorithm="ES256", headers={"kid": "a"}),
        )

    elsewhere = await asserted(aud="https://elsewhere.example.org", jti="two")
    assert elsewhere.json()["error"] == "invalid_client"
    longer = await asserted(exp=clock.now() + timedelta(days=1), jti="three")
    assert longer.json()["error"] == "invalid_client"
    assert (await asserted()).status_code == 200
    again = await asserted()
    assert (again.status_code, again.json()["error"]) == (401, "invalid_client")


async def test_a_citizen_shares_sees_who_reads_and_takes_it_back(outside: Outside) -> None:
    citizen = outside.citizen.viewer
    assert isinstance(citizen, Citizen)
    await publish(outside.work)
    await completed(citizen, outside.work)
    made = await outside.program(**SHARING)
    back = await outside.consented(made)
    assert back.status_code == 303
    assert back.headers["location"].startswith(f"{BACK}?code=")
    assert back.headers["location"].endswith("&state=s1")
    form = {
        "grant_type": "authorization_code",
        "client_id": made["clientId"],
        "client_secret": made["secret"],
        "redirect_uri": BACK,
        "code": code_in(back),
        "code_verifier": VERIFIER,
    }
    answer = await outside.token(**form)
    assert answer.json()["scope"] == "SHARED_CASES SHARED_PROFILE"
    reader = await outside.front(answer)
    told = await reader.do("ReadSharedData")
    assert told["name"] == "沈**"
    assert [(one["itemName"], one["division"], one["state"]) for one in told["cases"]] == [
        ("高龄津贴发放", HOME, "COMPLETED")
    ]
    assert (await reader.execute(trusted("ServiceOrders"))).errors is not None
    again = await outside.token(**form)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    [row] = await fetch(
        "SELECT actor FROM audit_entry WHERE subject = $1 AND kind = 'shared_data_read'",
        f"person:{citizen.person_id}",
    )
    assert row["actor"].startswith("client:")

    [consent] = await outside.citizen.send("SharingConsents")
    assert (consent["clientName"], consent["organisationName"]) == ("安心养老", "德清幸福养老服务有限公司")
    await outside.citizen.do("WithdrawSharing", consentId=consent["id"])
    assert await outside.citizen.send("SharingConsents") == []
    with pytest.raises(NotSignedIn):
        await outside.viewer(answer.json()["access_token"])


async def test_a_citizen_who_refuses_shares_nothing(outside: Outside) -> None:
    made = await outside.program(**SHARING)
    back = await outside.consented(made, agrees=False)
    assert back.headers["location"] == f"{BACK}?error=access_denied&state=s1"
    assert await fetch("SELECT 1 FROM api_grant") == []


async def test_who_shared_nothing_is_not_reached_by_the_organisations_own_token(outside: Outside) -> None:
    made = await outside.program(scopes=["ORDERS", "SHARED_PROFILE"], redirectUris=[BACK])
    answer = await outside.with_secret(made)
    assert answer.json()["scope"] == "ORDERS"
    told = await (await outside.front(answer)).do("ReadSharedData")
    assert told["code"] == "FORBIDDEN"


@pytest.mark.parametrize(
    "change",
    [
        {"redirect_uri": "https://evil.example.org/cb"},
        {"code_challenge": ""},
        {"code_challenge_method": "plain"},
        {"scope": "ORDERS"},
        {"client_id": "jmc_" + "0" * 32},
        {"response_type": "token"},
    ],
    ids=["redirect", "no pkce", "plain pkce", "scope", "client", "implicit"],
)
async def test_an_authorisation_request_that_is_wrong_shows_no_page(
    outside: Outside, change: Mapping[str, str]
) -> None:
    made = await outside.program(**SHARING)
    told = await outside.citizen.do("OpenConsentPage", authorizeUrl=address(made, **change))
    assert told["code"] == "INVALID_INPUT"


async def test_a_code_without_its_verifier_or_for_another_program_is_worthless(outside: Outside) -> None:
    public = await outside.program(auth="PUBLIC", **SHARING)
    another = await outside.program(auth="PUBLIC", name="另一个", **SHARING)
    for changes in ({"code_verifier": "w" * 43}, {"code_verifier": ""}, {"client_id": another["clientId"]}):
        code = code_in(await outside.consented(public))
        form = {
            "grant_type": "authorization_code",
            "client_id": public["clientId"],
            "redirect_uri": BACK,
            "code": code,
            "code_verifier": VERIFIER,
            **changes,
        }
        answer = await outside.token(**form)
        assert (answer.status_code, answer.json()["error"]) in {
            (400, "invalid_grant"),
            (400, "invalid_request"),
        }
    assert await fetch("SELECT 1 FROM provider_token WHERE client_id IS NOT NULL") == []


async def test_the_page_says_what_is_shared_and_works_without_script_in_a_reader(outside: Outside) -> None:
    made = await outside.program(name="<b>安心</b>", **SHARING)
    page = await outside.citizen.do("OpenConsentPage", authorizeUrl=address(made))
    path = urlsplit(page["url"]).path
    shown = await outside.http.get(path)
    text = shown.text
    assert "&lt;b&gt;安心&lt;/b&gt;" in text
    assert "<b>安心" not in text
    assert "<script" not in text
    assert 'lang="zh-CN"' in text
    assert 'name="viewport"' in text
    assert "user-scalable" not in text
    assert len(re.findall(r"<h1 ", text)) == 1
    assert re.findall(r"<button class='(\w+)' name='answer' value='(\w+)'>", text) == [
        ("yes", "yes"),
        ("no", "no"),
    ]
    policy = shown.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self' https://app.example.org" in policy
    assert "您的办件" in text
    await outside.http.post(path, data={"answer": "no"})
    assert (await outside.http.get(path)).status_code == 410
    assert (await outside.http.get("/oauth/authorize")).status_code == 200


async def test_a_program_that_is_ended_in_the_middle_of_a_subscription_hears_no_more(
    outside: Outside,
) -> None:
    made = await outside.program()
    token = (await outside.with_secret(made)).json()["access_token"]
    viewer = outside.staff.viewer
    assert isinstance(viewer, Provider)
    place = global_id("SocialPlace", await listed(viewer))
    order = await outside.citizen.do(
        "PlaceOrder",
        placeId=place,
        offeringCode="DAY",
        wantedAt=(clock.now() + timedelta(hours=3)).isoformat(),
        phone="13800000000",
    )
    asked = document(trusted("ServiceOrderChanged")).operation(None)

    async def context() -> Context:
        who = await outside.viewer(token)
        return Context(viewer=who, request_id="t", language="zh-CN", work=outside.work)

    async with aclosing(CoreExecutor(schema).events(asked, {"id": order["id"]}, context)) as events:
        first = orjson.loads((await anext(events)).body)
        assert first["data"]["serviceOrderChanged"]["state"] == "PLACED"
        await outside.staff.do("DisableApiClient", clientId=made["id"])
        await outside.citizen.do("CancelOrder", orderId=order["id"])
        last = orjson.loads((await anext(events)).body)
        assert (last["data"], last["errors"][0]["extensions"]["code"]) == (None, "UNAUTHENTICATED")
        with pytest.raises(StopAsyncIteration):
            await anext(events)


async def test_use_is_counted_by_operation_and_a_quota_is_kept_with_headers(outside: Outside) -> None:
    made = await outside.program()
    await fetch("UPDATE api_client SET quota = 300")
    token = (await outside.with_secret(made)).json()["access_token"]

    async def ask() -> httpx2.Response:
        return await outside.http.post(
            "/graphql",
            json={"query": "query Mine { ownOrganisation { id name } }"},
            headers={"authorization": f"Bearer {token}"},
        )

    first = await ask()
    assert first.json()["data"]["ownOrganisation"]["name"] == "德清幸福养老服务有限公司"
    assert '"viewer";q=300;w=60' in first.headers["ratelimit-policy"]
    answers = [first]
    while answers[-1].status_code == 200:
        answers.append(await ask())
        assert len(answers) < 100
    over = answers[-1]
    assert (over.status_code, over.json()["errors"][0]["extensions"]["code"]) == (429, "TOO_MANY_REQUESTS")
    assert int(over.headers["retry-after"]) >= 1
    await outside.uses.report()
    await outside.uses.report()
    [use] = await outside.staff.send("ApiClientUses", clientId=made["id"])
    assert (use["operation"], use["count"]) == ("Mine", len(answers) - 1)
    assert use["cost"] > 0


async def test_a_suspended_organisations_programs_get_no_token_and_theirs_end(
    outside: Outside, outside_world: OutsideSandbox
) -> None:
    made = await outside.program()
    token = (await outside.with_secret(made)).json()["access_token"]
    viewer = outside.staff.viewer
    assert isinstance(viewer, Provider)
    await Front(outside.work, reviewer()).do(
        "SuspendOrganisation",
        organisationId=global_id("Organisation", viewer.organisation_id),
        reason="检查",
    )
    assert (await outside.with_secret(made)).status_code in {400, 401}
    with pytest.raises(NotSignedIn):
        await outside.viewer(token)
    stranger = Front(outside.work, await bound(outside.work.resources, outside_world))
    assert await stranger.send("SharingConsents") == []
