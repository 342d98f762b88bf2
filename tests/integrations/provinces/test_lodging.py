"""The contract of ``ProvinceConnector.lodge``, for every province."""

import asyncio
import json
from base64 import b64decode
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from backend.errors import Invalid, Unavailable
from backend.kit import clock
from backend.kit.signatures import generate_sm2, sm3_hex, verify_sm2
from backend.province_ports import CaseToLodge
from integrations.sandbox.people import demo_people
from integrations.transport import Transport
from tests.integrations.provinces.conftest import World, case_for


async def test_a_lodged_case_takes_effect_and_gives_a_receipt(world: World, case: CaseToLodge) -> None:
    before = clock.now()

    receipt = await world.connector.lodge(case)

    held = world.sandbox.held(case.case_number)
    assert (held["effects"], held["lodged"]) == (1, 1)
    assert held["cases"][0]["externalCaseNo"] == receipt.external_case_number
    assert held["cases"][0]["materials"] == [
        {"code": "HOUSEHOLD_REGISTER", "sha256": case.materials[0].sha256}
    ]
    assert before <= receipt.received_at <= clock.now()


async def test_the_receipt_proves_itself_later_and_names_nobody(world: World, case: CaseToLodge) -> None:
    evidence = json.loads((await world.connector.lodge(case)).evidence)

    headers, body = evidence["headers"], evidence["body"]
    signed = "\n".join(
        (
            "RESPONSE",
            str(evidence["status"]),
            headers["x-app-id"],
            headers["x-timestamp"],
            headers["x-nonce"],
            sm3_hex(body.encode()),
        )
    )
    public = world.keys.zhejiang.their_public_pem
    assert verify_sm2(public, signed.encode(), b64decode(headers["x-signature"]))
    assert case.applicant_name not in body
    assert case.applicant_resident_id not in body


async def test_lodging_again_is_one_effect_and_the_same_receipt(world: World, case: CaseToLodge) -> None:
    first = await world.connector.lodge(case)

    again = await world.connector.lodge(case)

    assert (again.external_case_number, again.received_at) == (first.external_case_number, first.received_at)
    held = world.sandbox.held(case.case_number)
    assert (held["effects"], held["lodged"]) == (1, 2)


async def test_lodging_at_once_is_one_effect(world: World, case: CaseToLodge) -> None:
    receipts = await asyncio.gather(*(world.connector.lodge(case) for _ in range(5)))

    assert len({receipt.external_case_number for receipt in receipts}) == 1
    assert world.sandbox.held(case.case_number)["effects"] == 1


async def test_after_a_lost_reply_the_retry_is_still_one_effect(world: World, case: CaseToLodge) -> None:
    world.sandbox.scenario("lose_reply")
    with pytest.raises(Unavailable):
        await world.connector.lodge(case)
    assert world.sandbox.held(case.case_number)["effects"] == 1

    world.sandbox.scenario()
    await world.connector.lodge(case)

    held = world.sandbox.held(case.case_number)
    assert (held["effects"], held["lodged"]) == (1, 2)


@pytest.mark.parametrize(
    ("mode", "effects"),
    [("down", 0), ("garbage", 1), ("bad_signature", 1), ("stale_stamp", 1), ("old_answer", 0)],
)
async def test_no_proper_answer_is_unavailable_and_mends_itself(
    world: World, case: CaseToLodge, mode: str, effects: int
) -> None:
    await world.connector.lodge(case_for(demo_people()[1]))
    world.sandbox.scenario(mode)

    with pytest.raises(Unavailable):
        await world.connector.lodge(case)

    assert world.sandbox.held(case.case_number)["effects"] == effects
    world.sandbox.scenario()
    await world.connector.lodge(case)
    assert world.sandbox.held(case.case_number)["effects"] == 1


@pytest.fixture
async def hurried() -> AsyncIterator[Transport]:
    async with Transport(timeout=0.3) as transport:
        yield transport


async def test_a_slow_province_is_unavailable(world: World, case: CaseToLodge, hurried: Transport) -> None:
    world.sandbox.scenario("slow", slow=1.0)

    with pytest.raises(Unavailable):
        await world.connect(transport=hurried).lodge(case)


async def test_a_refused_message_is_invalid(world: World, case: CaseToLodge) -> None:
    world.sandbox.scenario("reject")

    with pytest.raises(Invalid) as refusal:
        await world.connector.lodge(case)

    assert "CASE_REJECTED" in refusal.value.message.zh
    assert world.sandbox.held(case.case_number)["effects"] == 0


async def test_one_delivery_cannot_carry_two_messages(world: World, case: CaseToLodge) -> None:
    await world.connector.lodge(case)

    with pytest.raises(Invalid):
        await world.connector.lodge(replace(case, answers={}))

    assert world.sandbox.held(case.case_number)["effects"] == 1


async def test_a_damaged_material_is_invalid(world: World, case: CaseToLodge) -> None:
    damaged = replace(case, materials=[replace(case.materials[0], content=b"something else")])

    with pytest.raises(Invalid):
        await world.connector.lodge(damaged)

    assert world.sandbox.held(case.case_number)["effects"] == 0


async def test_a_case_that_breaks_the_interface_is_invalid(world: World, case: CaseToLodge) -> None:
    with pytest.raises(Invalid):
        await world.connector.lodge(replace(case, division="310101"))

    assert world.sandbox.held(case.case_number)["effects"] == 0


async def test_our_bad_signature_has_no_effect(world: World, case: CaseToLodge) -> None:
    private, _ = generate_sm2()
    forged = replace(world.keys, zhejiang=replace(world.keys.zhejiang, our_private_pem=private))

    with capture_logs() as logs, pytest.raises(Unavailable):
        await world.connect(keys=forged).lodge(case)

    refused = [log for log in logs if log["event"] == "province_refuses_case"]
    assert [(log["status"], log["code"]) for log in refused] == [(401, "SIGNATURE_INVALID")]
    assert world.sandbox.held(case.case_number)["effects"] == 0


@pytest.mark.parametrize("minutes", [-6, 6])
async def test_our_wrong_clock_has_no_effect(world: World, case: CaseToLodge, minutes: int) -> None:
    with clock.shifted(timedelta(minutes=minutes)), pytest.raises(Unavailable):
        await world.connector.lodge(case)

    assert world.sandbox.held(case.case_number)["effects"] == 0


async def test_the_log_names_nobody(
    world: World, case: CaseToLodge, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    with capture_logs() as logs:
        await world.connector.lodge(case)
        world.sandbox.scenario("reject")
        with pytest.raises(Invalid) as refusal:
            await world.connector.lodge(case)

    said = f"{logs} {caplog.text} {refusal.value!r}"
    personal = (case.applicant_name, case.applicant_resident_id, "13800000000", "德清农商银行")
    assert [word for word in personal if word in said] == []
