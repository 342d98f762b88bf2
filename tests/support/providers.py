"""Third parties for tests, made the way real ones come to be: registered, reviewed, with a listing."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import count
from uuid import UUID

from backend.casework.machine import Casework
from backend.database.record import fetch
from backend.kit import clock
from backend.kit.ids import new_id
from backend.kit.item_codes import credit_code
from backend.providers.clients.actions import NewClient, give_grant, make_client
from backend.providers.clients.counting import write_uses
from backend.providers.clients.models import ClientAuth
from backend.providers.clients.tokens import authenticate_provider
from backend.providers.orders import queries as orders
from backend.providers.orders.actions import Wish, act, place_order
from backend.providers.orders.afterwards import complain
from backend.providers.orders.life import OrderAct
from backend.providers.organisations import actions, papers, reviewing, staff
from backend.providers.organisations.actions import About, Licence
from backend.providers.organisations.kinds import LicenceKind, PlaceKind
from backend.providers.places.actions import list_place
from backend.providers.places.keeping import Hours, Listing, Offering
from backend.providers.places.models import Access
from backend.providers.webhooks import actions as webhooks
from backend.providers.webhooks.models import HookEvent
from backend.resources import Resources
from backend.viewer import Citizen, Officer, OfficerRole, Provider, ProviderScope
from tests.support.cases import HOME, picture
from tests.support.people import new_key

_serial = count(1)

LISTING = Listing(
    kind=PlaceKind.CARE_HOME,
    name="幸福颐养院",
    address="云岫南路1号",
    division=HOME,
    longitude=119.9677,
    latitude=30.5426,
    capacity=120,
    phone="0572-8000000",
    about="医养结合",
    offerings=[Offering("BED", "双人间", 280_000, "月"), Offering("DAY", "日托", 8_000, "次")],
    hours=[Hours(day, "08:00", "18:00") for day in range(1, 8)],
    access=[Access.STEP_FREE, Access.LIFT],
)


def new_code() -> str:
    """The sound credit code of another organisation."""
    return credit_code(f"52330521MJ{next(_serial):07d}")


def reviewer(division: str = HOME, *, officer_id: UUID | None = None) -> Officer:
    """An officer who looks at third parties."""
    return Officer(officer_id or new_id(), new_id(), new_id(), division, frozenset({OfficerRole.APPROVAL}))


def about(*kinds: LicenceKind, name: str = "德清幸福养老服务有限公司") -> About:
    """What an organisation says of itself."""
    return About(name, "云岫南路1号", [Licence(kind, "备330521-0001", None) for kind in kinds])


async def entered(resources: Resources, citizen: Citizen, organisation_id: UUID) -> Provider:
    """The citizen acting for the organisation, as their next request finds them."""
    issued = await staff.enter(citizen, resources, organisation_id=organisation_id)
    return await authenticate_provider(resources, issued.token, language="zh-CN", address="10.0.0.1")


async def registered(
    resources: Resources, citizen: Citizen, *kinds: LicenceKind, code: str | None = None
) -> Provider:
    """A draft with its papers, and the citizen as its administrator."""
    kinds = kinds or (LicenceKind.ELDERLY_CARE,)
    organisation_id = await actions.register(
        citizen,
        resources,
        credit_code=code or new_code(),
        division=HOME,
        about=about(*kinds),
        idempotency_key=new_key(),
    )
    provider = await entered(resources, citizen, organisation_id)
    for kind in kinds:
        await papers.add_paper(
            provider, resources, licence=kind, content=picture(), idempotency_key=new_key()
        )
    return provider


async def open_reviews(organisation_id: UUID) -> Mapping[str, UUID]:
    """What waits for an officer, by kind."""
    rows = await fetch(
        "SELECT id, kind FROM provider_review WHERE organisation_id = $1 AND state = 'OPEN'", organisation_id
    )
    return {row["kind"]: row["id"] for row in rows}


async def approve_all(provider: Provider, *, approve: bool = True) -> None:
    """An officer of the division decides whatever waits."""
    for review_id in (await open_reviews(provider.organisation_id)).values():
        await reviewing.decide(
            reviewer(),
            review_id=review_id,
            approve=approve,
            reason="材料齐全",
            idempotency_key=new_key(),
        )


async def working(resources: Resources, citizen: Citizen, *kinds: LicenceKind) -> Provider:
    """An approved organisation, and its administrator's token."""
    provider = await registered(resources, citizen, *kinds)
    await actions.submit(provider, about=None, idempotency_key=new_key())
    await approve_all(provider)
    return provider


async def listed(provider: Provider, listing: Listing = LISTING, **changes: object) -> UUID:
    """A listing that citizens find."""
    place_id = await list_place(
        provider,
        place_id=None,
        version=None,
        listing=replace(listing, **changes),  # type: ignore[arg-type]  # fields of a listing
        idempotency_key=new_key(),
    )
    await approve_all(provider)
    return place_id


async def furnished(provider: Provider, work: Casework) -> None:
    """A program with some use, and a webhook to which something was told."""
    made = await make_client(
        provider,
        NewClient(
            "程序", ClientAuth.SECRET, {ProviderScope.SHARED_CASES}, ["https://app.example.org/"], None
        ),
        idempotency_key=new_key(),
    )
    await write_uses({(made.client_id, "Mine"): (1, 10)})
    hook = await webhooks.make(
        provider,
        work.resources,
        url="http://127.0.0.1:1/",
        events={HookEvent.PING},
        places=(),
        idempotency_key=new_key(),
    )
    await webhooks.ping(provider, work.resources, webhook_id=hook.webhook_id, idempotency_key=new_key())


async def served(citizen: Citizen, provider: Provider, work: Casework, case: UUID) -> None:
    """An order under way with a complaint, paid in part by a subsidy of ``case``; and what the citizen shares."""
    [place] = await fetch("SELECT id FROM place WHERE organisation_id = $1", provider.organisation_id)
    wish = Wish(
        place["id"], "DAY", 1, clock.now() + timedelta(hours=3), "云岫南路8号", "13900000000", "", None
    )
    order = await place_order(citizen, work, wish, idempotency_key=new_key())
    staff_id = UUID(provider.agent.removeprefix("staff:"))
    seen = await orders.order(citizen, work.resources, order)
    for what in (OrderAct.ACCEPT, OrderAct.ASSIGN, OrderAct.ARRIVE):
        if what is OrderAct.ARRIVE:
            seen = await orders.order(citizen, work.resources, order)
        await act(
            provider,
            work,
            order_id=order,
            act=what,
            idempotency_key=new_key(),
            staff_id=staff_id if what is OrderAct.ASSIGN else None,
            code=(seen.check_in_code or "") if seen else "",
        )
    await complain(citizen, work, order_id=order, text="迟到", idempotency_key=new_key())
    await fetch(
        "INSERT INTO subsidy_use (id, created_at, order_id, application_id, month, amount_fen, state)"
        " VALUES ($1, now(), $2, $3, '2026-12', 100, 'RESERVED')",
        new_id(),
        order,
        case,
    )
    [client] = await fetch("SELECT id FROM api_client WHERE organisation_id = $1", provider.organisation_id)
    assert citizen.person_id is not None
    await give_grant(citizen.person_id, client_id=client["id"], scopes={ProviderScope.SHARED_CASES})
