"""What holds for every channel of messages, over the real wire; and what is WeChat's, Alipay's and the gateway's own."""

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, replace

import pytest
from structlog.testing import capture_logs

from backend.keys import Keys
from backend.message_ports import Channel, MessageChannel, Outcome, Purpose, ShortMessage, Told
from backend.settings import Settings
from integrations import connect
from integrations.alipay import Gateway
from integrations.messages import message_channels
from integrations.sandbox.sms import BLOCKED
from integrations.transport import Transport
from integrations.wechat_token import WeChatServer
from tests.support.sandbox import OutsideSandbox, plain_client

MESSAGE = ShortMessage(
    purpose=Purpose.ACTION,
    subject="民政事项（尾号0068）",
    status="需补正",
    time="2026年11月25日 09:30",
    hint="请打开小程序查看",
    page="pages/notices/index?id=1",
    language="zh-CN",
)
ADDRESSES = {Channel.WECHAT: "o_grandfather", Channel.ALIPAY: "074grandfather", Channel.SMS: "+8613900005678"}
SCENARIO = {
    Channel.WECHAT: "wechat/message-scenario",
    Channel.ALIPAY: "alipay/scenario",
    Channel.SMS: "sms/scenario",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One channel, whom it reaches, and how to look at their phone."""

    name: Channel
    channel: MessageChannel
    world: OutsideSandbox

    @property
    def address(self) -> str:
        return ADDRESSES[self.name]

    def behave(self, mode: str = "normal", slow: float = 10.0) -> None:
        told = {"mode": mode, "slowSeconds": slow}
        plain_client().post(f"{self.world.url}/admin/{SCENARIO[self.name]}", json=told).raise_for_status()

    def subscribe(self, *, accepted: bool = True) -> None:
        if self.name is not Channel.SMS:
            for purpose in Purpose:
                template = self.channel.template(purpose)
                self.world.subscribe(self.name.lower(), self.address, template, accepted=accepted)

    def came(self) -> int:
        if self.name is Channel.SMS:
            return len(self.world.texted(self.address))
        return len(self.world.shown(self.name.lower(), self.address))

    async def send(self, **changed: object) -> Told:
        return await self.channel.send(self.address, replace(MESSAGE, **changed))  # type: ignore[arg-type]  # fields of a message


async def lines(
    keys: Keys, settings: Settings, world: OutsideSandbox, *, patience: float = 2.0
) -> AsyncIterator[Mapping[Channel, MessageChannel]]:
    async with Transport(timeout=patience) as transport:
        server = WeChatServer(
            transport,
            base_url=world.wechat_url,
            app_id=keys.wechat_app_id,
            app_secret=keys.wechat_app_secret,
        )
        outside = settings.model_copy(update=world.settings)
        assert keys.alipay is not None
        gateway = Gateway(transport, url=outside.alipay_url, keys=keys.alipay)
        yield message_channels(transport, outside, keys, wechat=server, alipay=gateway)


@pytest.fixture(params=list(Channel))
async def line(
    request: pytest.FixtureRequest, keys: Keys, installation: Settings, outside_world: OutsideSandbox
) -> AsyncIterator[Line]:
    async for channels in lines(keys, installation, outside_world):
        opened = Line(request.param, channels[request.param], outside_world)
        opened.subscribe()
        yield opened
        opened.behave()


@pytest.fixture
async def wechat(keys: Keys, installation: Settings, outside_world: OutsideSandbox) -> AsyncIterator[Line]:
    async for channels in lines(keys, installation, outside_world):
        opened = Line(Channel.WECHAT, channels[Channel.WECHAT], outside_world)
        opened.subscribe()
        yield opened
        opened.behave()


async def test_a_message_arrives_once_with_its_words(line: Line) -> None:
    before = line.came()
    told = await line.send()
    assert (told.outcome, line.came() - before) == (Outcome.SENT, 1)
    if line.name is Channel.SMS:
        shown = line.world.texted(line.address)[0]
        assert shown == [MESSAGE.subject, MESSAGE.status, MESSAGE.hint]
    else:
        shown_there = line.world.shown(line.name.lower(), line.address)[0]
        assert shown_there.pop("template") == line.channel.template(Purpose.ACTION)
        assert list(shown_there.values()) == [
            MESSAGE.subject,
            MESSAGE.status,
            MESSAGE.time,
            MESSAGE.hint,
            MESSAGE.page,
        ]


@pytest.mark.parametrize(
    ("mode", "outcome"),
    [("down", Outcome.LATER), ("busy", Outcome.LATER), ("garbage", Outcome.UNCERTAIN)],
)
async def test_a_platform_that_does_not_work_is_told_apart_from_one_that_may_have_sent(
    line: Line, mode: str, outcome: Outcome
) -> None:
    before = line.came()
    line.behave(mode)
    with capture_logs() as logs:
        assert (await line.send()).outcome is outcome
    assert line.came() == before
    assert {log["attempt"] for log in logs if log["event"] == "outbound_call"} == {1}


async def test_a_slow_platform_may_have_sent(
    keys: Keys, installation: Settings, outside_world: OutsideSandbox
) -> None:
    async for channels in lines(keys, installation, outside_world, patience=0.3):
        line = Line(Channel.WECHAT, channels[Channel.WECHAT], outside_world)
        line.subscribe()
        await line.send()  # fetches the token while all is well
        before = line.came()
        line.behave("slow", slow=0.6)
        assert await line.send() == Told(Outcome.UNCERTAIN, "no answer")
        line.behave()
        assert line.came() - before == 1


async def test_nobody_listening_means_that_nothing_was_sent(keys: Keys, installation: Settings) -> None:
    nowhere = installation.model_copy(
        update={
            "wechat_url": "http://127.0.0.1:1/wechat",
            "alipay_url": "http://127.0.0.1:1/alipay",
            "sms_url": "http://127.0.0.1:1/sms",
        }
    )
    async with connect(nowhere, keys) as ports:
        told = {
            name: await channel.send(ADDRESSES[name], MESSAGE) for name, channel in ports.messages.items()
        }
    assert told == dict.fromkeys(Channel, Told(Outcome.LATER, "no answer"))


@pytest.mark.parametrize("name", [Channel.WECHAT, Channel.ALIPAY])
async def test_who_declined_is_not_subscribed(
    name: Channel, keys: Keys, installation: Settings, outside_world: OutsideSandbox
) -> None:
    async for channels in lines(keys, installation, outside_world):
        line = Line(name, channels[name], outside_world)
        line.subscribe(accepted=False)
        before = line.came()
        told = await line.send()
        assert told.outcome is Outcome.NOT_SUBSCRIBED
        assert line.came() == before


async def test_wechats_quota_is_a_quota(wechat: Line) -> None:
    wechat.behave("too_frequent")
    assert await wechat.send() == Told(Outcome.QUOTA, "45009")


async def test_a_token_that_ended_early_is_fetched_anew_and_the_message_sent_once(wechat: Line) -> None:
    await wechat.send()
    before = wechat.came()
    plain_client().post(f"{wechat.world.url}/admin/wechat/expire-token").raise_for_status()
    assert await wechat.send() == Told(Outcome.SENT, "0")
    assert wechat.came() - before == 1


async def test_words_that_wechat_does_not_take_are_our_problem(wechat: Line) -> None:
    with capture_logs() as logs:
        told = await wechat.send(hint="这句话太长了，超过了二十个字，微信不会接受它的")
    assert told == Told(Outcome.LATER, "47003")
    assert {"event": "wechat_refuses_us", "errcode": 47003, "log_level": "error"} in logs


async def test_a_wrong_secret_is_our_problem_and_nothing_was_sent(
    keys: Keys, installation: Settings, outside_world: OutsideSandbox
) -> None:
    async for channels in lines(replace(keys, wechat_app_secret="wrong"), installation, outside_world):
        with capture_logs() as logs:
            told = await channels[Channel.WECHAT].send("o_grandfather", MESSAGE)
    assert told == Told(Outcome.LATER, "40125")
    assert {"event": "wechat_refuses_us", "errcode": 40125, "log_level": "error"} in logs


async def test_a_number_that_takes_no_messages_is_refused(
    keys: Keys, installation: Settings, outside_world: OutsideSandbox
) -> None:
    async for channels in lines(keys, installation, outside_world):
        told = await channels[Channel.SMS].send(BLOCKED, MESSAGE)
    assert told == Told(Outcome.REFUSED, "FailedOperation.PhoneNumberInBlacklist")


async def test_without_registered_templates_there_are_no_channels(
    keys: Keys, installation: Settings, outside_world: OutsideSandbox
) -> None:
    async for channels in lines(replace(keys, notice_templates=None), installation, outside_world):
        assert channels == {}


@pytest.fixture(autouse=True)
def normal_again(outside_world: OutsideSandbox) -> Iterator[None]:
    yield
    for scenario in SCENARIO.values():
        told = {"mode": "normal"}
        plain_client().post(f"{outside_world.url}/admin/{scenario}", json=told).raise_for_status()
