"""The SMS gateway's adapter over the real wire, signed TC3-HMAC-SHA256."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from backend.errors import Invalid, ProblemCode, TooMany, Unavailable
from backend.keys import Keys
from backend.keys.files import SmsEntry
from backend.kit import clock
from integrations.sandbox.sms import BLOCKED
from integrations.sms import TencentSms
from integrations.transport import Transport
from tests.support.sandbox import OutsideSandbox

PHONE = "+8613800001234"


@pytest.fixture(autouse=True)
def normal_again(outside_world: OutsideSandbox) -> Iterator[None]:
    yield
    outside_world.scenario("sms")


def ours(keys: Keys) -> SmsEntry:
    assert keys.sms is not None
    return keys.sms


@pytest.fixture
async def gateway(outside_world: OutsideSandbox, keys: Keys) -> AsyncIterator[TencentSms]:
    async with Transport(timeout=2.0) as transport:
        yield TencentSms(transport, url=outside_world.settings["sms_url"], keys=ours(keys))


async def test_a_code_arrives_with_its_minutes(gateway: TencentSms, outside_world: OutsideSandbox) -> None:
    await gateway.send_code(phone=PHONE, code="012345", minutes=5)
    assert outside_world.texted(PHONE)[0] == ["012345", "5"]


async def test_a_number_that_cannot_be_sent_to_is_refused(gateway: TencentSms) -> None:
    with pytest.raises(Invalid) as refusal:
        await gateway.send_code(phone=BLOCKED, code="012345", minutes=5)
    assert refusal.value.code is ProblemCode.PHONE_REFUSED
    assert [wrong.path for wrong in refusal.value.fields] == [("input", "phone")]


async def test_a_gateway_that_counts_too_is_believed(
    gateway: TencentSms, outside_world: OutsideSandbox
) -> None:
    outside_world.scenario("sms", "too_frequent")
    with pytest.raises(TooMany) as refusal:
        await gateway.send_code(phone=PHONE, code="012345", minutes=5)
    assert refusal.value.retry_after == 60


@pytest.mark.parametrize("mode", ["down", "busy", "garbage"])
async def test_a_gateway_that_does_not_work_is_unavailable_and_tried_once(
    gateway: TencentSms, outside_world: OutsideSandbox, mode: str
) -> None:
    outside_world.scenario("sms", mode)
    with capture_logs() as logs, pytest.raises(Unavailable):
        await gateway.send_code(phone=PHONE, code="012345", minutes=5)
    assert [log["attempt"] for log in logs if log["event"] == "outbound_call"] == [1]


async def test_a_slow_gateway_is_unavailable(outside_world: OutsideSandbox, keys: Keys) -> None:
    outside_world.scenario("sms", "slow", slow=0.5)
    async with Transport(timeout=0.1) as hurried:
        gateway = TencentSms(hurried, url=outside_world.settings["sms_url"], keys=ours(keys))
        with pytest.raises(Unavailable):
            await gateway.send_code(phone=PHONE, code="012345", minutes=5)


@pytest.mark.parametrize(
    ("spoiled", "code"),
    [
        ("secret_key", "AuthFailure.SignatureFailure"),
        ("secret_id", "AuthFailure.SecretIdNotFound"),
    ],
)
async def test_our_wrong_key_is_our_problem(
    outside_world: OutsideSandbox, keys: Keys, spoiled: str, code: str
) -> None:
    async with Transport(timeout=2.0) as transport:
        wrong = ours(keys).model_copy(update={spoiled: "wrong"})
        gateway = TencentSms(transport, url=outside_world.settings["sms_url"], keys=wrong)
        with capture_logs() as logs, pytest.raises(Unavailable):
            await gateway.send_code(phone=PHONE, code="012345", minutes=5)
    assert {"event": "sms_gateway_refuses_us", "code": code, "log_level": "error"} in logs


async def test_an_old_stamp_is_refused_by_the_other_side(gateway: TencentSms) -> None:
    with clock.shifted(timedelta(minutes=-6)), capture_logs() as logs, pytest.raises(Unavailable):
        await gateway.send_code(phone=PHONE, code="012345", minutes=5)
    assert "AuthFailure.SignatureExpire" in {log.get("code") for log in logs}


async def test_number_and_code_stay_out_of_the_log(
    gateway: TencentSms, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    with capture_logs() as logs:
        await gateway.send_code(phone=PHONE, code="987654", minutes=5)
    assert [secret for secret in (PHONE, "987654") if secret in f"{logs} {caplog.text}"] == []
