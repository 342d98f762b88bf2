"""What holds for every platform that citizens sign in from, over the real wire."""

from collections.abc import AsyncIterator, Iterator

import pytest
from structlog.testing import capture_logs

from backend.errors import Invalid, ProblemCode, TooMany, Unavailable
from backend.keys import Keys
from backend.ports import MiniProgramPlatform
from backend.settings import Settings
from integrations import connect
from integrations.alipay import AlipayPlatform, Gateway
from integrations.transport import Transport
from integrations.wechat import WeChatPlatform
from tests.support.sandbox import OutsideSandbox


@pytest.fixture(params=["wechat", "alipay"])
def name(request: pytest.FixtureRequest, outside_world: OutsideSandbox) -> Iterator[str]:
    """The platform's name in the sandbox, which behaves again afterwards."""
    yield request.param
    outside_world.scenario(request.param)


@pytest.fixture
async def platform(
    name: str, outside_world: OutsideSandbox, keys: Keys, installation: Settings
) -> AsyncIterator[MiniProgramPlatform]:
    async with connect(installation.model_copy(update=outside_world.settings), keys) as ports:
        yield ports.platforms[name.upper()]


def hurried(name: str, transport: Transport, world: OutsideSandbox, keys: Keys) -> MiniProgramPlatform:
    """The same platform over another transport."""
    if name == "wechat":
        return WeChatPlatform(
            transport,
            base_url=world.wechat_url,
            app_id=keys.wechat_app_id,
            app_secret=keys.wechat_app_secret,
        )
    assert keys.alipay is not None
    return AlipayPlatform(Gateway(transport, url=world.settings["alipay_url"], keys=keys.alipay))


async def test_a_fresh_code_gives_the_account(
    platform: MiniProgramPlatform, name: str, outside_world: OutsideSandbox
) -> None:
    account = await platform.exchange_code(outside_world.login_code("o_grandfather", platform=name))
    assert (account.platform, account.open_id) == (name.upper(), "o_grandfather")


async def test_every_new_phone_is_a_new_account(
    platform: MiniProgramPlatform, name: str, outside_world: OutsideSandbox
) -> None:
    codes = [outside_world.login_code(platform=name) for _ in range(2)]
    first, second = [await platform.exchange_code(code) for code in codes]
    assert first.open_id != second.open_id


async def test_a_used_code_is_refused(
    platform: MiniProgramPlatform, name: str, outside_world: OutsideSandbox
) -> None:
    code = outside_world.login_code(platform=name)
    await platform.exchange_code(code)
    with pytest.raises(Invalid) as refusal:
        await platform.exchange_code(code)
    assert refusal.value.code is ProblemCode.SIGN_IN_FAILED
    assert "already used" in refusal.value.message.en


@pytest.mark.parametrize("code", ["", "nobody-has-this-code", "&secret=x", "a=b&c"])
async def test_an_unknown_code_is_refused(platform: MiniProgramPlatform, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        await platform.exchange_code(code)
    assert refusal.value.code is ProblemCode.SIGN_IN_FAILED
    assert "not valid" in refusal.value.message.en


async def test_a_platform_asking_for_patience_is_passed_on(
    platform: MiniProgramPlatform, name: str, outside_world: OutsideSandbox
) -> None:
    outside_world.scenario(name, "too_frequent")
    with pytest.raises(TooMany) as refusal:
        await platform.exchange_code("any")
    assert refusal.value.retry_after == 60


@pytest.mark.parametrize("mode", ["down", "busy", "garbage"])
async def test_a_platform_that_does_not_work_is_unavailable(
    platform: MiniProgramPlatform, name: str, outside_world: OutsideSandbox, mode: str
) -> None:
    code = outside_world.login_code(platform=name)
    outside_world.scenario(name, mode)
    with pytest.raises(Unavailable):
        await platform.exchange_code(code)


async def test_a_slow_platform_is_unavailable(name: str, outside_world: OutsideSandbox, keys: Keys) -> None:
    outside_world.scenario(name, "slow", slow=0.5)
    async with Transport(timeout=0.1) as transport:
        with pytest.raises(Unavailable):
            await hurried(name, transport, outside_world, keys).exchange_code("any")


async def test_a_code_is_tried_once_only(
    platform: MiniProgramPlatform, name: str, outside_world: OutsideSandbox
) -> None:
    outside_world.scenario(name, "down")
    with capture_logs() as logs, pytest.raises(Unavailable):
        await platform.exchange_code("any")
    assert [(log["event"], log["outcome"], log["attempt"]) for log in logs] == [
        ("outbound_call", "status_503", 1)
    ]


async def test_code_and_account_stay_out_of_the_log(
    platform: MiniProgramPlatform,
    name: str,
    outside_world: OutsideSandbox,
    caplog: pytest.LogCaptureFixture,
) -> None:
    code = outside_world.login_code("o_private", platform=name)
    caplog.set_level("DEBUG")
    with capture_logs() as logs:
        await platform.exchange_code(code)
        with pytest.raises(Invalid) as refusal:
            await platform.exchange_code(code)
    said = f"{logs} {caplog.text} {refusal.value!r}"
    assert [secret for secret in (code, "o_private") if secret in said] == []
