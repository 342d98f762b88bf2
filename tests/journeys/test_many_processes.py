"""Two API processes that share nothing but PostgreSQL and Redis: whatever one of them holds, both hold."""

import asyncio
import secrets
import signal
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from pathlib import Path
from typing import Any, cast

import asyncpg
import httpx2
import orjson
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from integrations.demo.client import Client, Refused
from integrations.demo.walk import ITEM, made_up_applicant
from resolvers.execution.documents import document_id
from tests.support.api import Api, running
from tests.support.installation import ROOT, Installation, free_ports
from tests.support.traveller import Traveller
from tests.support.waiting import eventually

pytestmark = pytest.mark.xdist_group("journeys")

QUOTA = 3000
DIVISION = "310101"
"""Where no other journey goes."""
PRICED = "{ divisions(first: 50) { edges { node { code } } } }"


@pytest.fixture(scope="module")
def both(jinmin: Installation) -> Iterator[tuple[Api, Api]]:
    """Two more processes, which let every address ask for little."""
    port, more = free_ports(), {"JINMIN_COST_PER_ADDRESS": str(QUOTA)}
    first, second = (Api(jinmin, port + n, more) for n in range(2))
    with running(first, second):
        yield first, second


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    """From an address that nobody else has: the processes believe what a proxy on this machine says of it."""
    address = f"203.0.113.{secrets.randbelow(250)}, 198.18.{secrets.randbelow(250)}.{secrets.randbelow(250)}"
    headers = {"x-forwarded-for": address.partition(", ")[2]}
    async with httpx2.AsyncClient(timeout=30, trust_env=False, headers=headers) as client:
        yield client


def at(api: Api, http: httpx2.AsyncClient, like: Traveller | None = None) -> Traveller:
    """Somebody new whose requests reach ``api``, or the same person as ``like``."""
    traveller = Traveller(
        api, Client(http, api.url, language="en"), like.person if like else made_up_applicant()
    )
    if like is not None:
        traveller.client.token = like.client.token
    return traveller


async def test_who_spends_at_both_has_one_budget(both: tuple[Api, Api], http: httpx2.AsyncClient) -> None:
    answers = [await http.post(f"{both[n % 2].url}/graphql", json={"query": PRICED}) for n in range(40)]
    served = [answer for answer in answers if answer.status_code == 200]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(served) + len(refused) == 40
    # 20 for a free document, 1 for the list, and three for each of 50 entries.
    assert len(served) == QUOTA // 171
    for api in both:
        answer = await http.post(f"{api.url}/graphql", json={"query": PRICED})
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (
            429,
            "TOO_MANY_REQUESTS",
        )
        assert int(answer.headers["retry-after"]) >= 1
        assert answer.headers["ratelimit-policy"] == f'"address";q={QUOTA};w=60'
        assert answer.headers["ratelimit"].startswith('"address";r=')
    elsewhere = await http.post(
        f"{both[0].url}/graphql", json={"query": PRICED}, headers={"x-forwarded-for": "198.18.254.254"}
    )
    assert elsewhere.status_code == 200


async def test_a_challenge_of_one_is_met_at_the_other_and_serves_once(
    both: tuple[Api, Api], http: httpx2.AsyncClient
) -> None:
    here = await at(both[0], http).consenting()
    there = at(both[1], http, like=here)
    challenge = await here.client.do("RequestFaceChallenge")
    assert (await there.show(challenge))["method"] == "FACE_SELFIE"
    for traveller in (here, there):
        with pytest.raises(Refused) as refusal:
            await traveller.show(challenge)
        assert refusal.value.code == "CHALLENGE_EXPIRED"


async def test_one_intent_at_both_happens_once(
    both: tuple[Api, Api], http: httpx2.AsyncClient, rows: asyncpg.Pool
) -> None:
    here = await at(both[0], http).named()
    there = at(both[1], http, like=here)
    given = {
        "itemCode": ITEM,
        "division": here.person.household_division,
        "idempotencyKey": secrets.token_hex(16),
    }
    begun = await asyncio.gather(
        *(one.client.ask("StartApplication", input=given) for one in (here, there) * 3)
    )
    assert len({orjson.dumps(answer) for answer in begun}) == 1
    listed = await there.client.ask("Applications", first=5)
    assert [edge["node"]["id"] for edge in listed["edges"]] == [begun[0]["id"]]


async def test_a_subscription_at_one_hears_of_what_happens_at_the_other(
    both: tuple[Api, Api], http: httpx2.AsyncClient
) -> None:
    here = await at(both[0], http).confirmed_at_window()
    there = at(both[1], http, like=here)
    case = await there.draft()
    events = here.client.follow("ApplicationChanged", id=case)
    async with asyncio.timeout(20):
        assert (await anext(events))["state"] == "DRAFT"
        await there.submit(case)
        assert (await anext(events))["state"] != "DRAFT"
    await cast("AsyncGenerator[Any, None]", events).aclose()


async def test_a_changed_catalogue_is_shown_by_both_at_once(
    both: tuple[Api, Api], http: httpx2.AsyncClient, jinmin: Installation, tmp_path: Path
) -> None:
    text = (ROOT / "graphql/operations/catalogue/ServiceItem.graphql").read_text()
    params = {
        "documentId": document_id(text),
        "variables": orjson.dumps({"code": ITEM, "division": DIVISION}).decode(),
    }

    async def promised() -> list[tuple[int, str]]:
        answers = [await http.get(f"{api.url}/graphql", params=params) for api in both]
        assert {answer.headers["cache-control"].partition(",")[0] for answer in answers} == {"public"}
        return [
            (answer.json()["data"]["serviceItem"]["promisedDays"], answer.headers["etag"])
            for answer in answers
        ]

    before = await promised()
    assert before[0] == before[1] == (await promised())[0]
    file = tmp_path / "editions.json"
    exported = await asyncio.to_thread(
        jinmin.command, "catalogue", "export", str(file), "--division", DIVISION, "--item", ITEM
    )
    assert exported.returncode == 0, exported.stderr
    held = orjson.loads(file.read_bytes())
    file.write_bytes(orjson.dumps([{**edition, "promised_days": 3} for edition in held]))
    imported = await asyncio.to_thread(jinmin.command, "catalogue", "import", str(file))
    assert imported.returncode == 0, imported.stdout + imported.stderr

    async def shown() -> bool:
        return {days for days, _ in await promised()} == {3}

    await eventually(shown)
    after = await promised()
    assert after[0] == after[1] != before[0]


async def test_a_process_that_is_told_to_end_cuts_nothing(
    jinmin: Installation, both: tuple[Api, Api], http: httpx2.AsyncClient
) -> None:
    ending = Api(jinmin, free_ports(), {"JINMIN_DRAIN_SECONDS": "1"})
    with running(ending):
        here = await at(ending, http).consenting()
        challenge = await here.client.do("RequestFaceChallenge")
        async with connect(
            f"ws://127.0.0.1:{ending.port}/graphql", subprotocols=[Subprotocol("graphql-transport-ws")]
        ) as socket:
            token = {"authorization": f"Bearer {here.client.token}"}
            await socket.send(orjson.dumps({"type": "connection_init", "payload": token}).decode())
            assert orjson.loads(await socket.recv())["type"] == "connection_ack"
            slow = asyncio.create_task(here.show(challenge))
            await asyncio.sleep(0.05)
            ending.signal(signal.SIGTERM)
            async with asyncio.timeout(20):
                await socket.wait_closed()
            assert socket.close_code == 1012
        # The balancer is told to send nobody else, and whoever comes all the same is answered.
        ready = await http.get(f"{ending.url}/readyz")
        assert (ready.status_code, ready.json()["serving"]) == (503, "failing")
        late = await http.post(f"{ending.url}/graphql", json={"query": "{ __typename }"})
        assert (late.status_code, late.headers["connection"]) == (200, "close")
        assert (await slow)["method"] == "FACE_SELFIE"
        assert await asyncio.to_thread(ending.ended) == 0
    assert (await at(both[0], http, like=here).client.ask("Me"))["assurance"]["method"] == "FACE_SELFIE"
