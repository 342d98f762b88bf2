"""Messages about notices: in order of channels, once each, in quiet only when urgent, and whatever fails."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from backend.casework.lifecycle import CaseEventKind
from backend.casework.machine import Casework
from backend.casework.notices import sending, templates
from backend.casework.notices.actions import note_subscription
from backend.casework.notices.kinds import NoticeTemplate
from backend.casework.notices.queries import subscriptions
from backend.casework.notices.sending import (
    LOST_AFTER,
    MOST_TRIES,
    TEXTS_PER_NUMBER,
    quiet_until,
    send_notices,
    unsent,
    wake_due,
)
from backend.database.record import transaction
from backend.kit import clock
from backend.message_ports import Channel, MessageChannel, Outcome, Purpose, ShortMessage, Told
from tests.backend.casework.notices.conftest import Reached, deliveries_of, notices_of
from tests.support import cases
from tests.support.notices import without_quiet_hours
from tests.support.people import new_key

PHONE = "+86" + str(cases.ANSWERS["phone"])


class DiedError(BaseException):
    """The worker is gone: nothing of it runs any more."""


@dataclass
class Mortal:
    """A channel whose worker dies around a send."""

    inner: MessageChannel
    before: bool
    sent: list[str] = field(default_factory=list)

    def template(self, purpose: Purpose) -> str:
        return self.inner.template(purpose)

    async def send(self, address: str, message: ShortMessage) -> Told:
        if not self.before:
            await self.inner.send(address, message)
        raise DiedError


@dataclass
class Scripted:
    """A channel that says what a test tells it to."""

    outcome: Outcome
    sent: list[tuple[str, ShortMessage]] = field(default_factory=list)

    @property
    def calls(self) -> int:
        return len(self.sent)

    def template(self, purpose: Purpose) -> str:
        return purpose.value

    async def send(self, address: str, message: ShortMessage) -> Told:
        self.sent.append((address, message))
        return Told(self.outcome, "scripted")


def speaking(work: Casework, channels: Mapping[Channel, MessageChannel]) -> Casework:
    """The machine with other channels."""
    ports = replace(work.resources.ports, messages={**work.resources.ports.messages, **channels})
    return replace(work, resources=replace(work.resources, ports=ports))


@pytest.fixture
def urgent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Receipts are urgent in this test: the law's own notices are data."""
    told: NoticeTemplate = replace(templates.TEMPLATES[CaseEventKind.SUBMITTED], urgent=True)
    monkeypatch.setitem(templates.BY_KIND, told.kind, told)


async def received(work: Casework, reached: Reached) -> UUID:
    return await cases.submitted(reached.citizen, work)


async def test_a_subscribed_phone_shows_the_message_and_the_number_gets_no_text(
    work: Casework, reached: Reached
) -> None:
    before = len(reached.world.texted(PHONE))
    application_id = await received(work, reached)
    await send_notices(work, application_id)
    number = (await cases.row_of(application_id))["case_number"]
    (notice,) = await notices_of(application_id)
    (shown,) = reached.shown()
    at = clock.local(notice["next_at"])
    assert shown == {
        "template": work.resources.ports.messages[Channel.WECHAT].template(Purpose.PROGRESS),
        "thing1": f"民政事项（尾号{number[-4:]}）",
        "thing2": "已收件",
        "time3": shown["time3"],
        "thing4": "无需操作，请留意后续通知",
        "page": f"pages/notices/index?id={notice['id']}",
    }
    assert shown["time3"].startswith(f"{at:%Y年%m月%d日}")
    assert await deliveries_of(application_id) == [("WECHAT", "SENT", 1, "0")]
    assert len(reached.world.texted(PHONE)) == before
    assert notice["open"] is False


async def test_nothing_that_leaves_the_house_tells_whose_or_which_case_it_is(
    work: Casework, reached: Reached
) -> None:
    application_id = await cases.completed(reached.citizen, work)
    with capture_logs() as logs:
        await send_notices(work, application_id)
    told = str(reached.shown()) + str(logs)
    number = (await cases.row_of(application_id))["case_number"]
    secrets = [*map(str, cases.ANSWERS.values()), "高龄", "德清", number, str(reached.citizen.person_id)]
    assert [secret for secret in secrets if len(secret) > 1 and secret in told and secret != "True"] == []
    assert len(reached.shown()) == 4


async def test_a_job_that_comes_again_or_runs_beside_itself_sends_nothing_more(
    work: Casework, reached: Reached
) -> None:
    application_id = await received(work, reached)
    await asyncio.gather(*(send_notices(work, application_id) for _ in range(5)))
    await send_notices(work, application_id)
    assert len(reached.shown()) == 1
    assert await deliveries_of(application_id) == [("WECHAT", "SENT", 1, "0")]


async def test_who_has_not_subscribed_gets_a_text(work: Casework, reached: Reached) -> None:
    await note_subscription(reached.citizen, accepted=[], declined=list(Purpose), idempotency_key=new_key())
    application_id = await received(work, reached)
    await send_notices(work, application_id)
    number = (await cases.row_of(application_id))["case_number"]
    assert reached.shown() == []
    assert reached.world.texted(PHONE)[0] == [
        f"民政事项（尾号{number[-4:]}）",
        "已收件",
        "无需操作，请留意后续通知",
    ]
    assert await deliveries_of(application_id) == [("SMS", "SENT", 1, "Ok")]


async def test_a_subscription_that_ended_on_the_phone_is_found_out_and_remembered(
    work: Casework, reached: Reached
) -> None:
    template = work.resources.ports.messages[Channel.WECHAT].template(Purpose.PROGRESS)
    reached.world.subscribe("wechat", reached.open_id, template, accepted=False)
    application_id = await received(work, reached)
    await send_notices(work, application_id)
    assert await deliveries_of(application_id) == [
        ("WECHAT", "NOT_SUBSCRIBED", 1, "43101"),
        ("SMS", "SENT", 1, "Ok"),
    ]
    assert await subscriptions(reached.citizen) == {Purpose.PROGRESS: False, Purpose.ACTION: True}


async def test_a_used_up_quota_means_the_next_channel_at_once(work: Casework, reached: Reached) -> None:
    reached.world.messages("too_frequent")
    application_id = await received(work, reached)
    await send_notices(work, application_id)
    assert await deliveries_of(application_id) == [("WECHAT", "QUOTA", 1, "45009"), ("SMS", "SENT", 1, "Ok")]


@pytest.mark.parametrize(("mode", "code"), [("busy", "-1"), ("down", "no answer")])
async def test_a_platform_that_is_away_is_asked_again_and_then_left(
    work: Casework, reached: Reached, mode: str, code: str
) -> None:
    reached.world.messages(mode)
    text = Scripted(Outcome.SENT)
    house = speaking(work, {Channel.SMS: text})
    application_id = await received(work, reached)
    later = timedelta()
    for tries in range(1, MOST_TRIES):
        with clock.shifted(later):
            await send_notices(house, application_id)
            await send_notices(house, application_id)
        assert await deliveries_of(application_id) == [("WECHAT", "WAITING", tries, code)]
        later += timedelta(hours=1, seconds=1)
    with clock.shifted(later):
        await send_notices(house, application_id)
    assert await deliveries_of(application_id) == [
        ("WECHAT", "FAILED", MOST_TRIES, code),
        ("SMS", "SENT", 1, "scripted"),
    ]
    assert text.calls == 1


async def test_a_platform_that_comes_back_gets_the_message_once(work: Casework, reached: Reached) -> None:
    reached.world.messages("down")
    application_id = await received(work, reached)
    await send_notices(work, application_id)
    reached.world.messages()
    with clock.shifted(timedelta(minutes=2)):
        assert await wake_due() == 0, "its first job is still in the queue"
        await send_notices(work, application_id)
    assert len(reached.shown()) == 1
    assert await deliveries_of(application_id) == [("WECHAT", "SENT", 2, "0")]


async def test_what_may_have_been_sent_is_not_sent_again(work: Casework, reached: Reached) -> None:
    uncertain = Scripted(Outcome.UNCERTAIN)
    application_id = await received(work, reached)
    texts = len(reached.world.texted(PHONE))
    for _ in range(2):
        await send_notices(speaking(work, {Channel.WECHAT: uncertain}), application_id)
    assert uncertain.calls == 1
    assert await deliveries_of(application_id) == [("WECHAT", "UNCERTAIN", 1, "scripted")]
    assert len(reached.world.texted(PHONE)) == texts
    assert [row["open"] for row in await notices_of(application_id)] == [False]


@pytest.mark.usefixtures("urgent")
async def test_what_is_urgent_goes_on_until_one_channel_is_certain(work: Casework, reached: Reached) -> None:
    application_id = await received(work, reached)
    await send_notices(speaking(work, {Channel.WECHAT: Scripted(Outcome.UNCERTAIN)}), application_id)
    assert await deliveries_of(application_id) == [
        ("WECHAT", "UNCERTAIN", 1, "scripted"),
        ("SMS", "SENT", 1, "Ok"),
    ]


@pytest.mark.parametrize("before", [True, False], ids=["before the call", "after the call"])
async def test_a_worker_that_dies_around_a_send_leaves_one_notice_and_no_second_message(
    work: Casework, reached: Reached, before: bool
) -> None:
    application_id = await received(work, reached)
    dying = speaking(work, {Channel.WECHAT: Mortal(work.resources.ports.messages[Channel.WECHAT], before)})
    with pytest.raises(DiedError):
        await send_notices(dying, application_id)
    await send_notices(work, application_id)
    assert await deliveries_of(application_id) == [("WECHAT", "SENDING", 1, "")]
    with clock.shifted(LOST_AFTER + timedelta(seconds=1)):
        await send_notices(work, application_id)
    assert await deliveries_of(application_id) == [("WECHAT", "UNCERTAIN", 1, "")]
    assert len(reached.shown()) == (0 if before else 1)
    assert [row["open"] for row in await notices_of(application_id)] == [False]


async def test_an_answer_that_comes_after_we_gave_up_changes_nothing(
    work: Casework, reached: Reached
) -> None:
    application_id = await received(work, reached)

    class Slow(Scripted):
        async def send(self, address: str, message: ShortMessage) -> Told:
            with clock.shifted(LOST_AFTER + timedelta(seconds=1)):
                await send_notices(work, application_id)
            return await super().send(address, message)

    await send_notices(speaking(work, {Channel.WECHAT: Slow(Outcome.SENT)}), application_id)
    assert await deliveries_of(application_id) == [("WECHAT", "UNCERTAIN", 1, "")]


async def test_quiet_hours_wait_for_the_morning_and_urgent_ones_do_not(
    work: Casework, reached: Reached, monkeypatch: pytest.MonkeyPatch
) -> None:
    minute = clock.local(clock.now()).hour * 60 + clock.local(clock.now()).minute
    ends = (minute + 120) % 1440
    await without_quiet_hours(reached.citizen, quiet_from=(minute - 60) % 1440, quiet_until=ends)
    application_id = await received(work, reached)
    await send_notices(work, application_id)
    (notice,) = await notices_of(application_id)
    until = clock.local(notice["next_at"])
    assert (until.hour * 60 + until.minute, notice["open"]) == (ends, True)
    assert (reached.shown(), await deliveries_of(application_id)) == ([], [])
    told = replace(templates.TEMPLATES[CaseEventKind.ACCEPTED], urgent=True)
    monkeypatch.setitem(templates.BY_KIND, told.kind, told)
    await cases.decide(work, application_id)
    await send_notices(work, application_id)
    assert [shown["thing2"] for shown in reached.shown()] == ["已受理"]
    with clock.shifted(timedelta(hours=2, minutes=1)):
        await send_notices(work, application_id)
    assert [shown["thing2"] for shown in reached.shown()] == ["已批准", "已收件", "已受理"]


@pytest.mark.parametrize(
    ("at", "begins", "ends", "until"),
    [
        ("22:30", 21 * 60, 8 * 60, "2026-11-26T08:00"),
        ("07:59", 21 * 60, 8 * 60, "2026-11-25T08:00"),
        ("08:00", 21 * 60, 8 * 60, None),
        ("20:59", 21 * 60, 8 * 60, None),
        ("13:10", 13 * 60, 14 * 60, "2026-11-25T14:00"),
        ("03:00", 0, 0, None),
    ],
)
def test_quiet_hours_end_at_their_time(at: str, begins: int, ends: int, until: str | None) -> None:
    wanted = datetime.fromisoformat(f"2026-11-25T{at}:30").replace(tzinfo=clock.ZONE)
    with clock.shifted(wanted - clock.now()):
        found = quiet_until(begins, ends)
    assert (found and f"{found:%Y-%m-%dT%H:%M}") == until


async def test_who_wants_neither_has_the_inbox(work: Casework, reached: Reached) -> None:
    await without_quiet_hours(reached.citizen, mini_program=False, sms=False)
    texts = len(reached.world.texted(PHONE))
    application_id = await received(work, reached)
    await send_notices(work, application_id)
    assert (reached.shown(), len(reached.world.texted(PHONE))) == ([], texts)
    assert [(row["kind"], row["open"]) for row in await notices_of(application_id)] == [("RECEIVED", False)]


async def test_a_number_gets_ten_texts_a_day_and_the_rest_waits(work: Casework, reached: Reached) -> None:
    number = work.resources.keys.blind_index.of(PHONE, "notice.phone")
    for _ in range(10):
        await work.resources.shared.limit(TEXTS_PER_NUMBER, "notice-number", number)
    await without_quiet_hours(reached.citizen, mini_program=False)
    texts = len(reached.world.texted(PHONE))
    application_id = await received(work, reached)
    await send_notices(work, application_id)
    (notice,) = await notices_of(application_id)
    assert (len(reached.world.texted(PHONE)), notice["open"]) == (texts, True)
    assert notice["next_at"] > clock.now() + timedelta(hours=23)
    assert await deliveries_of(application_id) == []


async def test_messages_speak_the_language_that_was_wished_for(work: Casework, reached: Reached) -> None:
    await without_quiet_hours(reached.citizen, language="en")
    application_id = await received(work, reached)
    await send_notices(work, application_id)
    number = (await cases.row_of(application_id))["case_number"]
    (shown,) = reached.shown()
    assert (shown["thing1"], shown["thing2"], shown["thing4"]) == (
        f"Civil affairs *{number[-4:]}",
        "Received",
        "Nothing to do now",
    )


async def test_a_notice_whose_job_got_lost_is_woken_once_and_told_to_operators(
    work: Casework, reached: Reached
) -> None:
    application_id = await received(work, reached)
    async with transaction() as tx:
        await tx.execute("DELETE FROM pgqueuer")
    assert (await wake_due(), await unsent()) == (0, 0)
    with clock.shifted(timedelta(hours=2)):
        assert (await unsent(), await wake_due(), await wake_due()) == (1, 1, 0)
    assert await cases.queued() == [("send_notices", str(application_id))]


def test_channels_that_cost_nothing_come_first() -> None:
    assert sending.ROUTE == (Channel.WECHAT, Channel.ALIPAY, Channel.SMS)
    assert set(sending.RATES) == set(Channel)
