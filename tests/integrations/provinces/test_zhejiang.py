"""What only Zhejiang's wire has: its canonical text, its codes, its status page."""

from collections.abc import Mapping
from typing import Any

import httpx2
import orjson
import pytest

from backend.errors import Invalid, NotFound, Unavailable
from backend.keys import SandboxKeys
from backend.kit import clock
from backend.province_ports import CaseToLodge, ProvinceEventKind, ProvinceStage
from integrations.provinces.signed_http import SignedHttp
from integrations.sandbox.province.played import zhejiang_access
from integrations.sandbox.province.scenario import Mode
from integrations.sandbox.province.wire import Wire
from tests.integrations.provinces.conftest import World
from tests.support.sandbox import Heard, plain_client

PATH = "/callbacks/provinces/33"
CALLBACK: Mapping[str, Any] = {
    "eventId": "e-1",
    "caseNo": "c-1",
    "externalCaseNo": "x-1",
    "sequence": 1,
    "linkCode": "2",
    "resultCode": "1",
    "happenedAt": "2026-11-23T09:00:00+08:00",
    "reason": None,
    "resultNo": None,
    "result": {},
}


def signed(keys: SandboxKeys, body: bytes) -> Heard:
    headers = Wire(zhejiang_access(keys)).sign_request(
        method="POST", target=PATH, body=body, mode=Mode.NORMAL
    )
    return Heard("POST", PATH, headers, body)


@pytest.mark.parametrize(
    ("codes", "kind"),
    [
        ({"linkCode": "2", "resultCode": "1"}, ProvinceEventKind.ACCEPTED),
        ({"linkCode": "2", "resultCode": "2"}, ProvinceEventKind.NOT_ACCEPTED),
        ({"linkCode": "4", "resultCode": "0"}, ProvinceEventKind.APPROVED),
        ({"linkCode": "4", "resultCode": "6"}, ProvinceEventKind.APPROVED),
        ({"linkCode": "4", "resultCode": "1"}, ProvinceEventKind.REFUSED),
    ],
)
async def test_their_codes_become_our_kinds(
    world: World, sandbox_keys: SandboxKeys, codes: dict[str, str], kind: ProvinceEventKind
) -> None:
    event, nonce = world.read(signed(sandbox_keys, orjson.dumps({**CALLBACK, **codes})))

    assert event.kind is kind
    assert len(nonce) == 32


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"\xff",
        b"<xml/>",
        orjson.dumps({**CALLBACK, "linkCode": "4", "resultCode": "2"}),
        orjson.dumps({**CALLBACK, "linkCode": "12"}),
        orjson.dumps({**CALLBACK, "sequence": 0}),
        orjson.dumps({**CALLBACK, "happenedAt": "2026-11-23T09:00:00"}),
        orjson.dumps({**CALLBACK, "result": {"monthlyFen": {"deep": 1}}}),
        orjson.dumps({key: held for key, held in CALLBACK.items() if key != "eventId"}),
    ],
)
async def test_a_signed_body_that_cannot_be_read_is_invalid(
    world: World, sandbox_keys: SandboxKeys, body: bytes
) -> None:
    with pytest.raises(Invalid):
        world.read(signed(sandbox_keys, body))


def post(world: World, body: bytes, **changed: str) -> httpx2.Response:
    wire = SignedHttp(world.keys.zhejiang)
    headers = wire.sign(method="POST", target="/cases", body=body, now=clock.now()).headers
    return plain_client().post(f"{world.sandbox.url}/cases", content=body, headers={**headers, **changed})


async def test_a_replayed_request_is_refused(world: World, case: CaseToLodge) -> None:
    body = b'{"not": "a case"}'
    first = post(world, body)
    sent = dict(first.request.headers)

    again = plain_client().post(f"{world.sandbox.url}/cases", content=body, headers=sent)

    assert (first.status_code, first.json()["code"]) == (422, "MESSAGE_INVALID")
    assert (again.status_code, again.json()["code"]) == (409, "NONCE_REPLAYED")


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("x-app-id", "somebody-else", "APP_UNKNOWN"),
        ("x-timestamp", "1", "STAMP_STALE"),
        ("x-timestamp", "9" * 5000, "SIGNATURE_INVALID"),
        ("x-nonce", "another-nonce-altogether", "SIGNATURE_INVALID"),
        ("x-nonce", "", "SIGNATURE_INVALID"),
        ("x-signature-suite", "ED25519", "SIGNATURE_INVALID"),
        ("x-signature", "not base64!", "SIGNATURE_INVALID"),
        ("x-signature", "AAAA", "SIGNATURE_INVALID"),
    ],
)
async def test_the_platform_refuses_an_unsound_envelope(
    world: World, name: str, value: str, code: str
) -> None:
    answer = post(world, b"{}", **{name: value})

    assert (answer.status_code, answer.json()["code"]) == (401, code)


async def test_progress_and_result_are_asked_for_and_half_a_file_is_not_believed(
    world: World, case: CaseToLodge
) -> None:
    receipt = await world.connector.lodge(case)
    world.listener.about(case.case_number, 2)
    asked = {"case_number": case.case_number, "external_case_number": receipt.external_case_number}

    assert (await world.connector.query(**asked)).stage is ProvinceStage.APPROVED
    found = await world.connector.result(**asked)
    assert receipt.external_case_number in found.content.decode()
    world.sandbox.scenario("half_file")
    with pytest.raises(Unavailable):
        await world.connector.result(**asked)
    for ask in (world.connector.query, world.connector.result):
        with pytest.raises(NotFound):
            await ask(case_number="nobody's", external_case_number="nobody's")


async def test_the_status_page_shows_cases_and_nobody(world: World, case: CaseToLodge) -> None:
    await world.connector.lodge(case)
    world.listener.about(case.case_number, 2)

    page = plain_client().get(f"{world.sandbox.url}/").text

    assert case.case_number in page
    assert case.applicant_name not in page
    assert case.applicant_resident_id not in page


async def test_the_platform_is_healthy_and_answers_to_loopback_names_only(world: World) -> None:
    assert plain_client().get(f"{world.sandbox.url}/healthz").text == "ok"
    assert (
        plain_client().get(f"{world.sandbox.url}/healthz", headers={"host": "evil.example"}).status_code
        == 400
    )


async def test_a_scenario_nobody_knows_is_refused(world: World) -> None:
    answer = plain_client().post(f"{world.sandbox.url}/admin/scenario", json={"mode": "surprise"})

    assert (answer.status_code, answer.json()) == (422, {"code": "MESSAGE_INVALID", "fields": ["mode"]})
