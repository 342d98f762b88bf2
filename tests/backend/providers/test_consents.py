"""Who may share with a third party, and for how long the page that asks is good."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

import pytest

from backend.casework.machine import Casework
from backend.database.record import fetch
from backend.errors import Forbidden
from backend.kit import clock
from backend.people.accounts.sessions import sign_out
from backend.providers.clients.actions import NewClient, make_client
from backend.providers.clients.consenting import answer_consent, consent_asked, open_consent
from backend.providers.clients.models import ClientAuth
from backend.providers.orders.actions import Wish, place_order
from backend.resources import Resources
from backend.viewer import Citizen, Provider, ProviderScope
from tests.support.cases import machine, proven
from tests.support.people import ScriptedFaces, bound, new_human, new_key
from tests.support.providers import listed, working
from tests.support.rows import count
from tests.support.sandbox import OutsideSandbox


@pytest.fixture
def work(resources: Resources) -> Casework:
    return machine(replace(resources, ports=replace(resources.ports, faces=ScriptedFaces())))


@pytest.fixture
async def provider(work: Casework, outside_world: OutsideSandbox) -> Provider:
    return await working(work.resources, await proven(work.resources, outside_world))


@pytest.fixture
async def asked(provider: Provider) -> Mapping[str, str]:
    """A program's authorisation request."""
    back = "https://app.example.org/"
    made = await make_client(
        provider,
        NewClient("程序", ClientAuth.SECRET, {ProviderScope.SHARED_CASES}, [back], None),
        idempotency_key=new_key(),
    )
    return {
        "response_type": "code",
        "client_id": f"jmc_{made.client_id.hex}",
        "redirect_uri": back,
        "scope": "SHARED_CASES",
        "code_challenge": "c" * 43,
        "code_challenge_method": "S256",
    }


@pytest.fixture
async def child(work: Casework, outside_world: OutsideSandbox) -> Citizen:
    today = clock.today()
    born = date(today.year - 10, today.month, min(today.day, 28))
    return await bound(work.resources, outside_world, new_human(outside_world, born=born))


async def test_the_page_is_good_while_the_session_that_opened_it_lives(
    work: Casework, asked: Mapping[str, str], outside_world: OutsideSandbox
) -> None:
    citizen = await proven(work.resources, outside_world)
    address = await open_consent(citizen, work.resources, parameters=asked)
    ticket = address.rpartition("/")[2]
    assert await consent_asked(work.resources, ticket) is not None
    await sign_out(citizen)
    assert await consent_asked(work.resources, ticket) is None
    assert await answer_consent(work.resources, ticket, agrees=True) is None
    assert await count("api_grant") == 0


async def test_nobody_under_14_shares_with_a_third_party(
    work: Casework, asked: Mapping[str, str], child: Citizen
) -> None:
    with pytest.raises(Forbidden):
        await open_consent(child, work.resources, parameters=asked)


async def test_a_child_orders_nothing_that_no_guardian_has_agreed_to(
    work: Casework, provider: Provider, child: Citizen
) -> None:
    soon = clock.now() + timedelta(hours=3)
    wish = Wish(await listed(provider), "DAY", 1, soon, "云岫南路8号", "13900000000", "", None)
    with pytest.raises(Forbidden):
        await place_order(child, work, wish, idempotency_key=new_key())
    assert await count("service_order") == 0
    [place] = await fetch("SELECT free FROM place")
    assert place["free"] == 120
