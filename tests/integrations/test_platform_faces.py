"""What holds for every platform's own face check, over the real wire."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from backend.errors import Invalid, ProblemCode, TooMany, Unavailable
from backend.keys import Keys
from backend.kit import resident_id
from backend.ports import PlatformFaceCheck
from backend.settings import Settings
from integrations import connect
from integrations.transport import Transport
from integrations.wechat_faces import WeChatFaceCheck, cert_hash
from integrations.wechat_token import WeChatServer
from tests.support.sandbox import OutsideSandbox, plain_client

NUMBER = resident_id.make("330521", date(1943, 5, 12), 7)
PERSON = {"open_id": "o_grandfather", "name": "沈阿福", "number": NUMBER}
SCENARIO = {"wechat": "wechat/face-scenario", "alipay": "alipay/scenario"}


@pytest.fixture(params=["wechat", "alipay"])
def name(request: pytest.FixtureRequest, outside_world: OutsideSandbox) -> Iterator[str]:
    yield request.param
    behave(outside_world, request.param)


@pytest.fixture
async def checks(
    name: str, outside_world: OutsideSandbox, keys: Keys, installation: Settings
) -> AsyncIterator[PlatformFaceCheck]:
    async with connect(installation.model_copy(update=outside_world.settings), keys) as ports:
        yield ports.platform_faces[name.upper()]


def behave(world: OutsideSandbox, name: str, mode: str = "normal") -> None:
    told = {"mode": mode, "slowSeconds": 10.0}
    plain_client().post(f"{world.url}/admin/{SCENARIO[name]}", json=told).raise_for_status()


async def test_a_check_is_passed_when_the_platform_says_so_and_not_before(
    checks: PlatformFaceCheck, name: str, outside_world: OutsideSandbox
) -> None:
    order = uuid4().hex
    ticket = await checks.begin(order=order, **PERSON)
    assert not await checks.passed(order=order, token=ticket.token, **PERSON)
    outside_world.look(name, ticket.token, passed=False)
    assert not await checks.passed(order=order, token=ticket.token, **PERSON)
    outside_world.look(name, ticket.token)
    assert await checks.passed(order=order, token=ticket.token, **PERSON)


async def test_a_check_that_nobody_announced_is_not_passed(checks: PlatformFaceCheck) -> None:
    assert not await checks.passed(order=uuid4().hex, token="made-up", **PERSON)


async def test_a_document_that_the_platform_does_not_take_is_refused(checks: PlatformFaceCheck) -> None:
    with pytest.raises(Invalid) as refusal:
        await checks.begin(order=uuid4().hex, open_id="o", name="ANNA SMITH", number="C12345678")
    assert refusal.value.code is ProblemCode.PROOF_REFUSED


@pytest.mark.parametrize("mode", ["down", "busy", "garbage"])
async def test_a_platform_that_does_not_work_is_unavailable(
    checks: PlatformFaceCheck, name: str, outside_world: OutsideSandbox, mode: str
) -> None:
    ticket = await checks.begin(order=(order := uuid4().hex), **PERSON)
    outside_world.look(name, ticket.token)
    behave(outside_world, name, mode)
    with pytest.raises(Unavailable):
        await checks.begin(order=uuid4().hex, **PERSON)
    with pytest.raises(Unavailable):
        await checks.passed(order=order, token=ticket.token, **PERSON)


async def test_a_platform_asking_for_patience_is_passed_on(
    checks: PlatformFaceCheck, name: str, outside_world: OutsideSandbox
) -> None:
    behave(outside_world, name, "too_frequent")
    for asking in (
        checks.begin(order=uuid4().hex, **PERSON),
        checks.passed(order=uuid4().hex, token="any", **PERSON),
    ):
        with pytest.raises(TooMany) as refusal:
            await asking
        assert refusal.value.retry_after == 60


async def test_the_person_stays_out_of_the_log(
    checks: PlatformFaceCheck, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    with capture_logs() as logs:
        ticket = await checks.begin(order=(order := uuid4().hex), **PERSON)
        await checks.passed(order=order, token=ticket.token, **PERSON)
    said = f"{logs} {caplog.text}"
    assert [secret for secret in (*PERSON.values(), ticket.token) if secret in said] == []


# --- WeChat's own ------------------------------------------------------------------------------------


@pytest.fixture
async def wechat(outside_world: OutsideSandbox, keys: Keys) -> AsyncIterator[WeChatFaceCheck]:
    async with Transport(timeout=2.0) as transport:
        yield WeChatFaceCheck(
            WeChatServer(
                transport,
                base_url=outside_world.wechat_url,
                app_id=keys.wechat_app_id,
                app_secret=keys.wechat_app_secret,
            )
        )


def test_the_hash_of_a_person_is_the_one_of_wechats_own_example() -> None:
    assert cert_hash("张三", "310101199801011234") == (
        "3c241f7ff324977aeb91f173bb2a7b06569e6fd784d5573db34a636d8671108b"
    )


@pytest.mark.parametrize(
    "changed", [{"open_id": "o_thief"}, {"name": "沈阿寿"}, {"number": NUMBER[:-1] + "X"}, {"order": "other"}]
)
async def test_a_passed_check_of_another_account_person_or_order_is_not_ours(
    wechat: WeChatFaceCheck, outside_world: OutsideSandbox, changed: dict[str, str]
) -> None:
    asked = {"order": uuid4().hex, **PERSON}
    ticket = await wechat.begin(**asked)
    outside_world.look("wechat", ticket.token)
    assert await wechat.passed(token=ticket.token, **asked)
    assert not await wechat.passed(token=ticket.token, **{**asked, **changed})


async def test_an_access_token_that_ended_early_is_fetched_anew(
    wechat: WeChatFaceCheck, outside_world: OutsideSandbox
) -> None:
    await wechat.begin(order=uuid4().hex, **PERSON)
    plain_client().post(f"{outside_world.url}/admin/wechat/expire-token").raise_for_status()
    ticket = await wechat.begin(order=(order := uuid4().hex), **PERSON)
    outside_world.look("wechat", ticket.token)
    assert await wechat.passed(order=order, token=ticket.token, **PERSON)


async def test_one_access_token_serves_many_calls(
    wechat: WeChatFaceCheck, outside_world: OutsideSandbox
) -> None:
    with capture_logs() as logs:
        for _ in range(3):
            await wechat.begin(order=uuid4().hex, **PERSON)
    assert len([log for log in logs if log["event"] == "outbound_call"]) == 4


async def test_a_wrong_secret_is_our_problem(outside_world: OutsideSandbox, keys: Keys) -> None:
    wrong = replace(keys, wechat_app_secret="wrong")
    async with Transport(timeout=2.0) as transport:
        checks = WeChatFaceCheck(
            WeChatServer(
                transport,
                base_url=outside_world.wechat_url,
                app_id=wrong.wechat_app_id,
                app_secret=wrong.wechat_app_secret,
            )
        )
        with capture_logs() as logs, pytest.raises(Unavailable):
            await checks.begin(order=uuid4().hex, **PERSON)
    assert {"event": "wechat_refuses_us", "errcode": 40125, "log_level": "error"} in logs
