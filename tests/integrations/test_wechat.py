from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta

import httpx2
import pytest
from structlog.testing import capture_logs

from backend.errors import Invalid, Unavailable
from backend.keys import Keys, SandboxKeys
from backend.kit import clock
from backend.ports import MiniProgramPlatform, PlatformAccount
from integrations.sandbox import web
from integrations.sandbox.wechat import LIFETIME, WeChat
from integrations.transport import Transport
from integrations.wechat import WeChatPlatform
from tests.support.sandbox import OutsideSandbox, just, served


@pytest.fixture(autouse=True)
def normal_again(outside_world: OutsideSandbox) -> Iterator[None]:
    yield
    outside_world.scenario("wechat")


def platform_of(transport: Transport, url: str, keys: Keys) -> MiniProgramPlatform:
    return WeChatPlatform(
        transport, base_url=url, app_id=keys.wechat_app_id, app_secret=keys.wechat_app_secret
    )


@pytest.fixture
async def transport() -> AsyncIterator[Transport]:
    async with Transport(timeout=2.0) as made:
        yield made


@pytest.fixture
def platform(transport: Transport, outside_world: OutsideSandbox, keys: Keys) -> MiniProgramPlatform:
    return platform_of(transport, outside_world.wechat_url, keys)


async def test_a_fresh_code_gives_the_account(
    platform: MiniProgramPlatform, outside_world: OutsideSandbox
) -> None:
    code = outside_world.login_code("o_grandfather")

    account = await platform.exchange_code(code)

    assert account == PlatformAccount(platform="WECHAT", open_id="o_grandfather", union_id="uo_grandfather")


async def test_a_code_is_good_for_five_minutes(
    transport: Transport, keys: Keys, sandbox_keys: SandboxKeys
) -> None:
    app = web.application(WeChat(sandbox_keys).routes())
    with clock.shifted(-LIFETIME - timedelta(seconds=1)):
        async with httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app), base_url="http://localhost"
        ) as phone:
            code = (await phone.post("/admin/wechat/login")).json()["code"]

    with served(just(app)) as url, pytest.raises(Invalid):
        await platform_of(transport, f"{url}/wechat", keys).exchange_code(code)


async def test_a_wrong_secret_is_our_problem_and_not_the_citizens(
    transport: Transport, outside_world: OutsideSandbox, keys: Keys
) -> None:
    platform = platform_of(transport, outside_world.wechat_url, replace(keys, wechat_app_secret="wrong"))

    with capture_logs() as logs, pytest.raises(Unavailable):
        await platform.exchange_code(outside_world.login_code())

    assert {"event": "wechat_refuses_us", "errcode": 40125, "log_level": "error"} in logs


async def test_secret_code_and_account_stay_out_of_the_log(
    platform: MiniProgramPlatform,
    outside_world: OutsideSandbox,
    keys: Keys,
    caplog: pytest.LogCaptureFixture,
) -> None:
    code = outside_world.login_code("o_private")
    caplog.set_level("DEBUG")

    with capture_logs() as logs:
        await platform.exchange_code(code)
        with pytest.raises(Invalid) as refusal:
            await platform.exchange_code(code)

    said = f"{logs} {caplog.text} {refusal.value!r}"
    assert [secret for secret in (keys.wechat_app_secret, code, "o_private") if secret in said] == []
