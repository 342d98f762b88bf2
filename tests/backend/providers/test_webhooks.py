"""Webhooks against real receivers: signed, retried, given up, sent again; and those that would do us harm."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

import orjson
import pytest
from standardwebhooks import Webhook as Receiver
from standardwebhooks import WebhookVerificationError

from backend.database.record import fetch
from backend.errors import Invalid, NotFound
from backend.kit import clock
from backend.kit.ids import new_id, parse_node_id
from backend.provider_ports import HookProblem
from backend.providers.webhooks import actions
from backend.providers.webhooks.actions import Signing
from backend.providers.webhooks.models import HookEvent
from backend.providers.webhooks.queries import deliveries, webhooks
from backend.providers.webhooks.sending import PAUSES, send_due, wake_webhooks
from backend.resources import Resources
from backend.viewer import Provider
from integrations.webhooks import HttpWebhookCarrier
from tests.support.cases import proven
from tests.support.people import ScriptedFaces, new_key
from tests.support.providers import LISTING, listed, working
from tests.support.sandbox import OutsideSandbox

OK = b"HTTP/1.1 204 No Content\r\n\r\n"
ANSWERS = {
    "redirect": b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
    "broken": b"HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n",
    "garbage": b"\x00\x01\x02 not http at all\r\n\r\n",
    "endless": b"HTTP/1.1 200 OK\r\ncontent-length: 10000000\r\n\r\n" + b"x" * 200_000,
}


@dataclass(slots=True)
class Listening:
    """A receiver that answers with bytes and remembers what came."""

    url: str = ""
    answer: bytes = OK
    slow: bool = False
    seconds: float = 0.0
    heard: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
            values = {
                line.split(": ", 1)[0].lower(): line.split(": ", 1)[1] for line in head[1:] if ": " in line
            }
            self.heard.append((values, await reader.readexactly(int(headers["content-length"]))))
            await asyncio.sleep(5 if self.slow else self.seconds)
            writer.write(self.answer)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def receiver(
    answer: bytes = OK, *, slow: bool = False, seconds: float = 0.0
) -> AsyncIterator[Listening]:
    told = Listening(answer=answer, slow=slow, seconds=seconds)
    server = await asyncio.start_server(told.serve, "127.0.0.1", 0)
    told.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    try:
        yield told
    finally:
        server.close()


@pytest.fixture
async def house(resources: Resources) -> AsyncIterator[Resources]:
    async with HttpWebhookCarrier(private=True, patience=0.5) as carrier:
        ports = replace(resources.ports, faces=ScriptedFaces(), webhooks=carrier)
        yield replace(resources, ports=ports)


@pytest.fixture
async def provider(house: Resources, outside_world: OutsideSandbox) -> Provider:
    return await working(house, await proven(house, outside_world))


Hook = Callable[..., Awaitable[Signing]]


@pytest.fixture
def hook(house: Resources, provider: Provider) -> Hook:
    async def make(url: str, *events: HookEvent, places: tuple[UUID, ...] = ()) -> Signing:
        return await actions.make(
            provider,
            house,
            url=url,
            events=frozenset(events or HookEvent),
            places=places,
            idempotency_key=new_key(),
        )

    return make


async def pinged(house: Resources, provider: Provider, made: Signing) -> UUID:
    return await actions.ping(provider, house, webhook_id=made.webhook_id, idempotency_key=new_key())


async def test_a_message_holds_ids_and_states_and_a_signature_that_any_library_verifies(
    house: Resources, provider: Provider, hook: Hook
) -> None:
    async with receiver() as told:
        made = await hook(told.url, HookEvent.LISTING_DECIDED)
        place = await listed(provider)
        assert await send_due(house, made.webhook_id) == 1
        [(headers, body)] = told.heard
        assert Receiver(made.secret).verify(body, dict(headers)) == {
            "type": "listing.decided",
            "timestamp": orjson.loads(body)["timestamp"],
            "data": {"id": orjson.loads(body)["data"]["id"], "state": "APPROVED", "version": 1},
        }
        assert parse_node_id(orjson.loads(body)["data"]["id"]) == ("SocialPlace", str(place))
        for text in (LISTING.name, LISTING.address, LISTING.phone):
            assert text.encode() not in body
        with pytest.raises(WebhookVerificationError):
            Receiver(made.secret).verify(body + b" ", dict(headers))
        assert await send_due(house, made.webhook_id) == 0


async def test_only_what_was_asked_for_is_told(provider: Provider, hook: Hook) -> None:
    other = await hook("http://127.0.0.1:1/", HookEvent.ORDER_PLACED)
    elsewhere = await hook("http://127.0.0.1:1/", HookEvent.LISTING_DECIDED, places=(new_id(),))
    await listed(provider)
    for made in (other, elsewhere):
        assert await deliveries(provider, made.webhook_id, state=None, before=None, limit=5) == []


@pytest.mark.parametrize(
    ("kind", "problem"),
    [
        ("redirect", HookProblem.REDIRECTED),
        ("broken", HookProblem.REFUSED),
        ("garbage", HookProblem.GARBLED),
        ("endless", HookProblem.GARBLED),
        ("slow", HookProblem.TIMED_OUT),
        ("down", HookProblem.UNREACHABLE),
    ],
)
async def test_a_bad_receiver_is_tried_again_later_and_keeps_nobody_else_waiting(
    kind: str, problem: HookProblem, house: Resources, provider: Provider, hook: Hook
) -> None:
    async with receiver(ANSWERS.get(kind, OK), slow=kind == "slow") as bad, receiver() as good:
        made, other = await hook("http://127.0.0.1:1/" if kind == "down" else bad.url), await hook(good.url)
        await pinged(house, provider, made)
        await pinged(house, provider, other)
        assert await send_due(house, made.webhook_id) == 0
        assert await send_due(house, other.webhook_id) == 1
        assert await send_due(house, made.webhook_id) == 0  # within the pause nobody is asked
        assert len(bad.heard) <= 1
        [one] = await deliveries(provider, made.webhook_id, state=None, before=None, limit=5)
        assert (one.state, one.attempts, one.last_problem) == ("PENDING", 1, problem)
        pause = (one.next_try_at - clock.now()).total_seconds()
        assert 0 < pause <= PAUSES[0].total_seconds() * 1.2
        bad.answer, bad.slow = OK, False
        if kind != "down":
            with clock.shifted(timedelta(minutes=1)):
                assert await wake_webhooks() == 0, "its first job is still in the queue"
                await fetch("DELETE FROM pgqueuer")
                assert await wake_webhooks() == 1
                assert await send_due(house, made.webhook_id) == 1
            assert bad.heard[0][0]["webhook-id"] == bad.heard[-1][0]["webhook-id"]
            assert bad.heard[0][1] == bad.heard[-1][1]


async def test_after_days_it_is_given_up_and_the_receiver_is_disabled_with_a_word(
    house: Resources, provider: Provider, hook: Hook
) -> None:
    made = await hook("http://127.0.0.1:1/")
    await pinged(house, provider, made)
    gone = timedelta()
    for pause in (timedelta(), *PAUSES):
        gone += pause * 1.21
        with clock.shifted(gone):
            assert await send_due(house, made.webhook_id) == 0
    [one] = await deliveries(provider, made.webhook_id, state=None, before=None, limit=5)
    assert (one.state, one.attempts) == ("FAILED", len(PAUSES) + 1)
    assert timedelta(days=3) < sum(PAUSES, timedelta()) < timedelta(days=4)
    with clock.shifted(timedelta(days=9)):
        await pinged(house, provider, made)
        assert await send_due(house, made.webhook_id) == 0
    [told] = await webhooks(provider)
    assert told.disabled_because == "FAILING_FOR_DAYS"
    assert told.disabled_at is not None
    [entry] = await fetch("SELECT detail FROM audit_entry WHERE kind = 'webhook_disabled'")
    assert orjson.loads(entry["detail"])["because"] == "FAILING_FOR_DAYS"

    async with receiver() as again:
        await fetch("UPDATE webhook SET url = $1", again.url)
        await actions.switch(provider, webhook_id=made.webhook_id, on=True, idempotency_key=new_key())
        now = clock.now()
        count = await actions.send_again(
            provider,
            house,
            webhook_id=made.webhook_id,
            delivery_id=None,
            since=now - timedelta(days=1),
            until=now + timedelta(minutes=1),
            failed_only=True,
            idempotency_key=new_key(),
        )
        assert count == 1
        with clock.shifted(timedelta(seconds=1)):
            assert await send_due(house, made.webhook_id) == 1
        assert again.heard[0][0]["webhook-id"] == f"msg_{one.id.hex}"


async def test_a_receiver_that_is_gone_is_not_asked_again(
    house: Resources, provider: Provider, hook: Hook
) -> None:
    async with receiver(b"HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n") as told:
        made = await hook(told.url)
        await pinged(house, provider, made)
        await send_due(house, made.webhook_id)
    [one] = await webhooks(provider)
    assert one.disabled_because == "GONE"


async def test_with_two_secrets_both_signatures_come_along_until_the_old_one_ends(
    house: Resources, provider: Provider, hook: Hook
) -> None:
    async with receiver() as told:
        old = await hook(told.url)
        new = await actions.rotate(provider, house, webhook_id=old.webhook_id, idempotency_key=new_key())
        await pinged(house, provider, old)
        await send_due(house, old.webhook_id)
        with clock.shifted(timedelta(hours=25)):
            await pinged(house, provider, old)
            await send_due(house, old.webhook_id)
        (headers, body), (later, _) = told.heard
        assert Receiver(old.secret).verify(body, dict(headers)) == Receiver(new.secret).verify(
            body, dict(headers)
        )
        assert len(headers["webhook-signature"].split()) == 2
        assert len(later["webhook-signature"].split()) == 1


async def test_two_who_send_at_once_send_each_message_once(
    house: Resources, provider: Provider, hook: Hook
) -> None:
    async with receiver() as told:
        made = await hook(told.url)
        for _ in range(4):
            await pinged(house, provider, made)
        sent = await asyncio.gather(*(send_due(house, made.webhook_id) for _ in range(3)))
        assert sum(sent) == 4
        assert len({headers["webhook-id"] for headers, _ in told.heard}) == 4 == len(told.heard)


async def test_a_slow_receiver_has_its_turn_and_then_others_have_theirs(
    house: Resources, provider: Provider, hook: Hook
) -> None:
    async with receiver(seconds=0.2) as slow:
        made = await hook(slow.url)
        for _ in range(3):
            await pinged(house, provider, made)
        await fetch("DELETE FROM pgqueuer")
        assert await send_due(house, made.webhook_id, longest=timedelta(seconds=0.1)) == 1
    assert len(slow.heard) == 1
    [job] = await fetch(
        "SELECT convert_from(payload, 'UTF8')::jsonb ->> 'application' AS about FROM pgqueuer"
    )
    assert job["about"] == str(made.webhook_id)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://localhost/",
        "https://[::1]/",
        "https://10.1.2.3/",
        "https://192.168.0.1:8443/",
        "https://169.254.169.254/latest/meta-data",
        "https://100.64.0.1/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://[2002:7f00:1::]/",
        "https://[::7f00:1]/",
        "https://[::ffff:0:a00:1]/",
        "https://[fec0::1]/",
        "https://2130706433/",
        "https://0/",
        "https://224.0.0.1/",
    ],
)
async def test_an_address_inside_is_never_connected_to(url: str) -> None:
    async with HttpWebhookCarrier(patience=1.0) as carrier:
        assert await carrier.check(url) is HookProblem.PRIVATE_ADDRESS
        outcome = await carrier.carry(url, b"{}", {})
        assert (outcome.problem, outcome.status) == (HookProblem.PRIVATE_ADDRESS, None)


@pytest.mark.parametrize(
    "url",
    [
        "http://8.8.8.8/",
        "ftp://8.8.8.8/",
        "https://",
        "https://u:p@8.8.8.8/",
        "https://8.8.8.8:x/",
        "nonsense",
    ],
)
async def test_an_address_that_is_none_is_refused_before_anything_is_kept(url: str) -> None:
    async with HttpWebhookCarrier(patience=1.0) as carrier:
        assert await carrier.check(url) is HookProblem.BAD_ADDRESS


@pytest.mark.parametrize("found", [(), ("10.0.0.8",), ("8.8.8.8", "10.0.0.8")])
async def test_nobody_learns_whether_a_name_exists_inside(
    found: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def resolved(_host: str, _port: int) -> tuple[str, ...]:
        return found

    monkeypatch.setattr("integrations.webhooks._resolved", resolved)
    async with HttpWebhookCarrier(patience=1.0) as carrier:
        assert await carrier.check("https://payroll.inside/") is HookProblem.PRIVATE_ADDRESS


async def test_a_receiver_at_a_private_address_is_not_registered(
    resources: Resources, provider: Provider
) -> None:
    async with HttpWebhookCarrier() as strict:
        house = replace(resources, ports=replace(resources.ports, webhooks=strict))
        with pytest.raises(Invalid, match="PRIVATE_ADDRESS"):
            await actions.make(
                provider,
                house,
                url="https://10.0.0.8/hook",
                events={HookEvent.PING},
                places=(),
                idempotency_key=new_key(),
            )
    assert await webhooks(provider) == []


async def test_a_webhook_names_so_many_places_and_no_more(provider: Provider, hook: Hook) -> None:
    with pytest.raises(Invalid):
        await hook("http://127.0.0.1:1/", places=tuple(new_id() for _ in range(actions.MOST_PLACES + 1)))
    assert await webhooks(provider) == []


async def test_anothers_webhook_is_not_there(
    house: Resources, hook: Hook, outside_world: OutsideSandbox
) -> None:
    made = await hook("http://127.0.0.1:1/")
    another = await working(house, await proven(house, outside_world))
    with pytest.raises(NotFound):
        await pinged(house, another, made)
    assert await deliveries(another, made.webhook_id, state=None, before=None, limit=5) == []
