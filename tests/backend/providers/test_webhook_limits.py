"""How much an organisation may make, try and rotate of its receivers and programs."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

import pytest

from backend.database.record import fetch
from backend.errors import Conflict, Forbidden, TooMany
from backend.kit import clock
from backend.kit.ids import new_id
from backend.provider_ports import HookOutcome, HookProblem
from backend.providers.clients import actions as clients
from backend.providers.clients.models import ClientAuth
from backend.providers.clients.queries import client as own_client
from backend.providers.webhooks import actions
from backend.providers.webhooks.actions import Signing
from backend.providers.webhooks.models import HookEvent
from backend.providers.webhooks.sending import send_due, signed
from backend.resources import Resources
from backend.viewer import Provider, ProviderScope
from integrations.webhooks import HttpWebhookCarrier
from tests.support.cases import proven
from tests.support.people import ScriptedFaces, new_key
from tests.support.providers import registered, working
from tests.support.sandbox import OutsideSandbox


@pytest.fixture
async def house(resources: Resources) -> AsyncIterator[Resources]:
    async with HttpWebhookCarrier(private=True, patience=0.5) as carrier:
        ports = replace(resources.ports, faces=ScriptedFaces(), webhooks=carrier)
        yield replace(resources, ports=ports)


@pytest.fixture
async def provider(house: Resources, outside_world: OutsideSandbox) -> Provider:
    return await working(house, await proven(house, outside_world))


@pytest.fixture
async def made(house: Resources, provider: Provider) -> Signing:
    """A receiver that is down."""
    return await actions.make(
        provider,
        house,
        url="http://127.0.0.1:1/",
        events={HookEvent.PING},
        places=(),
        idempotency_key=new_key(),
    )


async def pinged(house: Resources, provider: Provider, made: Signing) -> UUID:
    return await actions.ping(provider, house, webhook_id=made.webhook_id, idempotency_key=new_key())


@dataclass(slots=True)
class Looking:
    """A carrier that only counts whom it was asked to look up."""

    asked: list[str] = field(default_factory=list)

    async def check(self, url: str) -> HookProblem | None:
        self.asked.append(url)
        return None

    async def carry(self, url: str, body: bytes, headers: Mapping[str, str]) -> HookOutcome:
        raise AssertionError(url, body, headers)


async def test_no_name_is_looked_up_for_who_may_make_no_receiver(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    looking = Looking()
    house = replace(resources, ports=replace(resources.ports, faces=ScriptedFaces(), webhooks=looking))

    async def make(provider: Provider) -> None:
        await actions.make(
            provider,
            house,
            url="https://example.org/",
            events={HookEvent.PING},
            places=(),
            idempotency_key=new_key(),
        )

    with pytest.raises(Forbidden):
        await make(await registered(house, await proven(house, outside_world)))
    assert looking.asked == []
    provider = await working(house, await proven(house, outside_world))
    for _ in range(actions.MOST):
        await make(provider)
    most = int(actions.MAKINGS.partition("/")[0])
    for _ in range(most - actions.MOST):
        with pytest.raises(Conflict):
            await make(provider)
    with pytest.raises(TooMany):
        await make(provider)
    assert len(looking.asked) == actions.MOST


async def test_trying_a_receiver_waits_for_its_pause_and_is_counted(
    house: Resources, provider: Provider, made: Signing
) -> None:
    delivery = await pinged(house, provider, made)
    assert await send_due(house, made.webhook_id) == 0
    [held] = await fetch("SELECT paused_until FROM webhook")

    async def again() -> int:
        return await actions.send_again(
            provider,
            house,
            webhook_id=made.webhook_id,
            delivery_id=delivery,
            since=None,
            until=None,
            failed_only=False,
            idempotency_key=new_key(),
        )

    assert await again() == 1
    await pinged(house, provider, made)
    assert await fetch("SELECT paused_until FROM webhook") == [held]
    for _ in range(int(actions.TRIES.partition("/")[0]) - 3):
        await pinged(house, provider, made)
    with pytest.raises(TooMany):
        await pinged(house, provider, made)
    with pytest.raises(TooMany):
        await again()


async def test_so_many_secrets_count_at_the_same_time_and_no_more(
    house: Resources, provider: Provider, made: Signing
) -> None:

    async def rotate() -> None:
        await actions.rotate(provider, house, webhook_id=made.webhook_id, idempotency_key=new_key())

    for _ in range(2):
        await rotate()
    with pytest.raises(Conflict, match="3 secrets count"):
        await rotate()
    headers = await signed(house, made.webhook_id, new_id(), b"{}")
    assert len(headers["webhook-signature"].split()) == 3
    with clock.shifted(timedelta(hours=25)):
        await rotate()


async def test_a_program_has_no_more_secrets_that_count_than_its_list_is_priced_for(
    provider: Provider,
) -> None:
    made = await clients.make_client(
        provider,
        clients.NewClient("程序", ClientAuth.SECRET, {ProviderScope.ORDERS}, [], None),
        idempotency_key=new_key(),
    )

    async def rotate(*, at_once: bool = False) -> None:
        await clients.rotate_secret(
            provider, client_id=made.client_id, at_once=at_once, idempotency_key=new_key()
        )

    for _ in range(2):
        await rotate()
    with pytest.raises(Conflict, match="3 secrets count"):
        await rotate()
    one = await own_client(provider, made.client_id)
    assert one is not None
    assert len(one.secrets) == 3
    await rotate(at_once=True)
    one = await own_client(provider, made.client_id)
    assert one is not None
    assert len(one.secrets) == 1
