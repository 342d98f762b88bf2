"""The wire between Jinmin and a province, attacked from outside: refused on both sides, counted, and without effect."""

from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx2
import orjson
import pytest
from prometheus_client.parser import text_string_to_metric_families

from backend.keys import Keys, SandboxKeys, read_keys, read_sandbox_keys
from backend.kit import clock, ids
from backend.kit.signatures import generate_sm2, sign_sm2
from backend.settings import Settings
from integrations.provinces.signed_http import SignedHttp
from integrations.sandbox.province.played import zhejiang_access
from integrations.sandbox.province.scenario import Mode
from integrations.sandbox.province.wire import Wire
from tests.journeys.conftest import Travellers
from tests.support.installation import Installation
from tests.support.traveller import Traveller
from tests.support.waiting import read_until

pytestmark = pytest.mark.xdist_group("journeys")

PATH = "/callbacks/provinces/33"


@dataclass(slots=True)
class Lodged:
    """A case that the province has taken and says nothing about by itself."""

    traveller: Traveller
    id: str
    number: str
    external: str
    jinmin: Installation
    http: httpx2.AsyncClient
    rows: asyncpg.Pool
    keys: SandboxKeys

    def accepted(self, **changed: object) -> bytes:
        """The body of a callback: accepted."""
        return orjson.dumps(
            {
                "eventId": str(uuid4()),
                "caseNo": self.number,
                "externalCaseNo": self.external,
                "sequence": 1,
                "linkCode": "2",
                "resultCode": "1",
                "happenedAt": clock.now().isoformat(),
                **changed,
            }
        )

    def signed(self, body: bytes, mode: Mode = Mode.NORMAL, target: str = PATH) -> Mapping[str, str]:
        """Headers as the platform makes them."""
        return Wire(zhejiang_access(self.keys)).sign_request(
            method="POST", target=target, body=body, mode=mode
        )

    async def post(self, body: bytes, headers: Mapping[str, str], path: str = PATH) -> tuple[int, str]:
        """Status and outcome."""
        answer = await self.http.post(f"{self.jinmin.url}{path}", content=body, headers=dict(headers))
        return answer.status_code, answer.json()["outcome"]

    async def messages(self) -> list[tuple[int, str]]:
        """What Jinmin kept about the case."""
        kept = await self.rows.fetch(
            "SELECT sequence, outcome FROM inbound_event WHERE application_id = $1 ORDER BY id",
            UUID(ids.parse_node_id(self.id)[1]),
        )
        return [tuple(row) for row in kept]

    async def counted(self) -> dict[str, float]:
        """Callbacks of this region by outcome, as the metrics tell."""
        told = await self.http.get(f"{self.jinmin.url}/metrics")
        return {
            f"{sample.labels['region']}:{sample.labels['outcome']}": sample.value
            for family in text_string_to_metric_families(told.text)
            for sample in family.samples
            if sample.name == "jinmin_province_callbacks_total"
        }

    async def kinds(self) -> list[str]:
        """The timeline."""
        told = await self.traveller.client.ask("Application", id=self.id)
        return [entry["kind"] for entry in told["timeline"]]


@pytest.fixture(scope="module")
def settings(jinmin: Installation) -> Settings:
    return Settings(data=jinmin.data, port=jinmin.port)


@pytest.fixture(scope="module")
async def citizen(travellers: Travellers) -> Traveller:
    return await travellers().confirmed_at_window()


@pytest.fixture
async def lodged(
    citizen: Traveller, jinmin: Installation, http: httpx2.AsyncClient, rows: asyncpg.Pool, settings: Settings
) -> AsyncIterator[Lodged]:
    jinmin.zhejiang.scenario(delay=3600)
    try:
        case, number = await handed_in(citizen)
        held = await lodged_as(citizen, jinmin, case, number)
        yield Lodged(citizen, case, number, held, jinmin, http, rows, read_sandbox_keys(settings))
    finally:
        jinmin.zhejiang.scenario()


async def lodged_as(citizen: Traveller, jinmin: Installation, case: str, number: str) -> str:
    """The province's own number of a case, once our side knows that it was lodged."""
    await read_until(
        lambda: citizen.client.ask("Application", id=case),
        lambda told: "LODGED" in [entry["kind"] for entry in told["timeline"]],
    )
    external: str = jinmin.zhejiang.held(number)["cases"][0]["externalCaseNo"]
    return external


def grown(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    return {
        name: value - before.get(name, 0) for name, value in after.items() if value != before.get(name, 0)
    }


async def test_a_callback_counts_once_however_often_it_comes(lodged: Lodged) -> None:
    before, body = await lodged.counted(), lodged.accepted()
    headers = lodged.signed(body)

    first = await lodged.post(body, headers)
    replayed = await lodged.post(body, headers)
    repeated = await lodged.post(body, lodged.signed(body))

    assert (first, replayed, repeated) == ((200, "RECEIVED"), (409, "REPLAYED"), (200, "KNOWN"))
    await read_until(lodged.messages, lambda kept: kept == [(1, "APPLIED")])
    assert await lodged.kinds() == ["STARTED", "SUBMITTED", "NUMBERED", "LODGED", "ACCEPTED"]
    assert grown(before, await lodged.counted()) == {"33:RECEIVED": 1, "33:REPLAYED": 1, "33:KNOWN": 1}


async def test_what_is_stale_forged_or_altered_is_refused_and_has_no_effect(lodged: Lodged) -> None:
    before, body = await lodged.counted(), lodged.accepted()
    sound = lodged.signed(body)
    other = lodged.accepted(linkCode="4", resultCode="0", sequence=1)
    attacks = {
        "stale": lodged.signed(body, Mode.STALE_STAMP),
        "foreign key": lodged.signed(body, Mode.BAD_SIGNATURE),
        "signed for elsewhere": lodged.signed(body, target="/callbacks/provinces/32"),
        "other nonce": {**sound, "X-Nonce": "n" * 32},
        "later stamp": {**sound, "X-Timestamp": str(int(sound["X-Timestamp"]) + 1)},
        "other suite": {**sound, "X-Signature-Suite": "ED25519-SHA256"},
        "no signature": {**sound, "X-Signature": ""},
        "other app": {**sound, "X-App-Id": "somebody-else"},
        "nothing": {},
    }

    answers = {name: await lodged.post(body, headers) for name, headers in attacks.items()}
    answers["other body"] = await lodged.post(other, sound)
    answers["other query"] = await lodged.post(body, sound, f"{PATH}?x=1")

    assert answers == dict.fromkeys(answers, (401, "FORBIDDEN"))
    assert await lodged.messages() == []
    assert await lodged.kinds() == ["STARTED", "SUBMITTED", "NUMBERED", "LODGED"]
    assert grown(before, await lodged.counted()) == {"33:FORBIDDEN": len(answers)}


async def test_what_is_signed_but_makes_no_sense_is_refused_and_has_no_effect(lodged: Lodged) -> None:
    before = await lodged.counted()
    bodies = {
        "no JSON": (b"\xff\xfe", (400, "INVALID_INPUT")),
        "no fields": (b"{}", (400, "INVALID_INPUT")),
        "unknown link": (lodged.accepted(linkCode="7"), (400, "INVALID_INPUT")),
        "unknown case": (lodged.accepted(caseNo="1" * 43), (404, "NOT_FOUND")),
        "case of another": (lodged.accepted(externalCaseNo="33209901010000000"), (404, "NOT_FOUND")),
        "too large": (lodged.accepted(reason="x" * 1024 * 1024), (413, "TOO_LARGE")),
    }

    answers = {name: await lodged.post(body, lodged.signed(body)) for name, (body, _) in bodies.items()}
    unknown = await lodged.post(b"{}", {}, "/callbacks/provinces/99")

    assert answers == {name: expected for name, (_, expected) in bodies.items()}
    assert unknown == (404, "NOT_FOUND")
    assert await lodged.messages() == []
    assert grown(before, await lodged.counted()) == {
        "33:INVALID_INPUT": 3,
        "33:NOT_FOUND": 2,
        "33:TOO_LARGE": 1,
        "unknown:NOT_FOUND": 1,
    }


async def test_a_decision_that_comes_before_the_acceptance_waits_for_it(lodged: Lodged) -> None:
    decision = lodged.accepted(
        sequence=2, linkCode="4", resultCode="1", reason="经核查，申请人不符合享受条件。"
    )
    acceptance = lodged.accepted()

    early = await lodged.post(decision, lodged.signed(decision))
    kept = await lodged.messages()
    await lodged.post(acceptance, lodged.signed(acceptance))

    assert (early, kept) == ((200, "RECEIVED"), [(2, "WAITING")])
    told = await completed(lodged.traveller, lodged.id)
    assert [entry["kind"] for entry in told["timeline"]][4:] == ["ACCEPTED", "REFUSED", "RESULT_ISSUED"]
    assert (told["decision"]["approved"], told["decision"]["reason"]) == (
        False,
        "经核查，申请人不符合享受条件。",
    )


@pytest.fixture(scope="module")
def keys(settings: Settings) -> Keys:
    return read_keys(settings)


async def test_the_province_refuses_replays_stale_stamps_and_bad_signatures_of_ours(
    jinmin: Installation, http: httpx2.AsyncClient, keys: Keys
) -> None:
    ours = SignedHttp(keys.zhejiang)
    body, now = b'{"not": "a case"}', clock.now()
    sound = dict(ours.sign(method="POST", target="/33/cases", body=body, now=now).headers)
    forged = b64encode(sign_sm2(generate_sm2()[0], b"whatever")).decode()

    async def post(headers: Mapping[str, str], sent: bytes = body) -> tuple[int, str]:
        answer = await http.post(
            f"http://127.0.0.1:{jinmin.port + 3}/33/cases", content=sent, headers=dict(headers)
        )
        return answer.status_code, answer.json()["code"]

    def stamped(minutes: int) -> Mapping[str, str]:
        moment = now + timedelta(minutes=minutes)
        return ours.sign(method="POST", target="/33/cases", body=body, now=moment).headers

    assert await post(sound) == (422, "MESSAGE_INVALID")  # sound, and no case
    assert await post(sound) == (409, "NONCE_REPLAYED")
    assert await post(stamped(-6)) == (401, "STAMP_STALE")
    assert await post(stamped(6)) == (401, "STAMP_STALE")
    assert await post({**sound, "x-signature": forged}) == (401, "SIGNATURE_INVALID")
    assert await post({**sound, "x-nonce": "n" * 32}) == (401, "SIGNATURE_INVALID")
    assert await post(sound, b'{"another": "case"}') == (401, "SIGNATURE_INVALID")


async def test_answers_that_are_not_the_provinces_are_no_receipts_and_each_case_takes_effect_once(
    citizen: Traveller, jinmin: Installation, rows: asyncpg.Pool
) -> None:
    await lodged_as(citizen, jinmin, *await handed_in(citizen))  # so that there is an old answer to give
    cases: dict[str, tuple[str, str]] = {}
    try:
        for mode in ("bad_signature", "stale_stamp", "garbage", "old_answer", "lose_reply"):
            jinmin.zhejiang.scenario(mode)
            case, number = cases[mode] = await handed_in(citizen)
            tried = await read_until(partial(delivery, rows, case), lambda kept: kept["attempts"] >= 1)
            assert tuple(tried) == ("PENDING", tried["attempts"], None, None), mode
            told = await citizen.client.ask("Application", id=case)
            assert [entry["kind"] for entry in told["timeline"]] == ["STARTED", "SUBMITTED", "NUMBERED"], mode
    finally:
        jinmin.zhejiang.scenario()

    for mode, (case, number) in cases.items():
        told = await completed(citizen, case)
        held = jinmin.zhejiang.held(number)
        assert held["effects"] == 1, mode
        assert (await delivery(rows, case))["external_case_number"] == held["cases"][0]["externalCaseNo"]
        assert [entry["kind"] for entry in told["timeline"]].count("LODGED") == 1


async def handed_in(citizen: Traveller) -> tuple[str, str]:
    """A case's id and number."""
    case = await citizen.draft()
    return case, (await citizen.submit(case))["caseNumber"]


async def completed(citizen: Traveller, case: str) -> Any:
    return await read_until(
        lambda: citizen.client.ask("Application", id=case), lambda told: told["state"] == "COMPLETED"
    )


async def delivery(rows: asyncpg.Pool, case: str) -> Any:
    return await rows.fetchrow(
        "SELECT state, attempts, receipt, external_case_number FROM delivery WHERE application_id = $1",
        UUID(ids.parse_node_id(case)[1]),
    )


@pytest.mark.parametrize("mode", ["replay_callbacks", "duplicate_callbacks", "out_of_order"])
async def test_a_province_that_repeats_or_confuses_itself_is_understood(
    citizen: Traveller, jinmin: Installation, rows: asyncpg.Pool, mode: str
) -> None:
    jinmin.zhejiang.scenario(mode)
    try:
        case, _ = await handed_in(citizen)
        told = await completed(citizen, case)
    finally:
        jinmin.zhejiang.scenario()

    kinds = [entry["kind"] for entry in told["timeline"]]
    assert kinds[3:] == ["LODGED", "ACCEPTED", "APPROVED", "RESULT_ISSUED"]
    kept = await rows.fetch(
        "SELECT sequence, outcome FROM inbound_event WHERE application_id = $1 ORDER BY sequence",
        UUID(ids.parse_node_id(case)[1]),
    )
    assert [tuple(row) for row in kept] == [(1, "APPLIED"), (2, "APPLIED")]
