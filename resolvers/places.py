"""Services and places at the counter: search, compare, and what their organisations list."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from backend.errors import FieldProblem, Invalid, NotFound, Text
from backend.providers.organisations.kinds import PlaceKind
from backend.providers.places import actions, queries
from backend.providers.places.geo import Spot
from backend.providers.places.keeping import Hours, Listing, Offering
from backend.providers.places.models import Access, VersionState
from backend.providers.places.queries import MOST_COMPARED, PlaceOrder, PlaceView, Search, VersionView
from backend.viewer import ProviderScope
from resolvers.access import PARENT, PUBLIC, provider
from resolvers.context import Info
from resolvers.fields import MutationInput, field, input_field, input_type, mutation, object_type, query
from resolvers.organisation_views import provider_of
from resolvers.pagination import (
    After,
    Connection,
    First,
    Node,
    global_id,
    keyset_page,
    page_size,
    read_cursor,
    read_global_id,
)
from resolvers.scalars import Fen

strawberry.enum(Access, description="What makes a place usable for everybody (无障碍).", name="Accessibility")
strawberry.enum(PlaceOrder, description="What comes first.")
strawberry.enum(VersionState, description="Where a version of a listing is.", name="ListingState")

LISTERS = provider(ProviderScope.PLACES)
HOW_MANY = Text("请选择1至6处进行比较。", "Compare 1 to 6 of them.")


# --- what is seen ----------------------------------------------------------------------------------


@object_type(reads=Offering, description="Something that can be ordered at a place.")
class PlaceOffering:
    """One offering."""

    code: str = field(access=PARENT, description="By which it is ordered.")
    name: str = field(access=PARENT, description="Its name.")
    price_fen: Fen = field(access=PARENT, description="What one unit costs; 0 is free of charge.")
    unit: str = field(access=PARENT, description="What the price is for: 月, 次, 份.")


@object_type(reads=Hours, description="When a place is open on one day of the week.")
class OpeningHours:
    """Hours of one day."""

    day: int = field(access=PARENT, description="1 Monday to 7 Sunday.")
    opens: str = field(access=PARENT, description="HH:MM.")
    closes: str = field(access=PARENT, description="HH:MM; 24:00 is midnight.")


@object_type(reads=Listing, description="What an organisation says of a service or place.")
class PlaceListing:
    """A listing."""

    kind: PlaceKind = field(access=PARENT, description="What it is.")
    name: str = field(access=PARENT, description="Its name.")
    address: str = field(access=PARENT, description="Its address.")
    division: str = field(access=PARENT, description="The county it lies in.")
    longitude: float = field(access=PARENT, description="Degrees, WGS 84.")
    latitude: float = field(access=PARENT, description="Degrees, WGS 84.")
    capacity: int = field(access=PARENT, description="Beds or seats in all.")
    phone: str = field(access=PARENT, description="Telephone for the public.")
    about: str = field(access=PARENT, description="In its own words.")
    offerings: list[PlaceOffering] = field(access=PARENT, description="What can be ordered.", most=40)
    hours: list[OpeningHours] = field(access=PARENT, description="When it is open.", most=21)
    access: list[Access] = field(access=PARENT, description="无障碍.", most=7)


def _rating(root: strawberry.Parent[PlaceView]) -> float | None:
    return round(root.rating_sum / root.rating_count, 1) if root.rating_count else None


def _organisation_id(root: strawberry.Parent[PlaceView]) -> strawberry.ID | None:
    return global_id("Organisation", root.organisation_id) if root.organisation_id else None


@object_type(reads=PlaceView, description="A service or place that citizens can find (社会资源).")
class SocialPlace(Node):
    """One place."""

    listing: PlaceListing = field(access=PARENT, description="What is shown of it now.")
    organisation_id: strawberry.ID | None = field(
        access=PARENT,
        description="Whose it is; null where an outside platform offers it.",
        resolver=_organisation_id,
    )
    organisation_name: str = field(access=PARENT, description="Name of the organisation.")
    platform: str | None = field(access=PARENT, description="The outside platform that offers it.")
    free: int = field(access=PARENT, description="Free beds or seats, as its organisation told last.")
    price_fen: Fen = field(access=PARENT, description="Its lowest price.")
    rating: float | None = field(access=PARENT, description="Mean of its ratings, 1 to 5.", resolver=_rating)
    rating_count: int = field(access=PARENT, description="How many there are.")
    version: int = field(access=PARENT, description="Number of the version that is shown.")
    listed: bool = field(access=PARENT, description="Whether citizens find it.")
    changed_at: datetime = field(access=PARENT, description="Since when this version is shown.")
    metres: int | None = field(
        access=PARENT, description="From the point that was asked about, as the crow flies."
    )


@object_type(reads=VersionView, description="A version of a listing, for its organisation.")
class PlaceVersion(Node):
    """One version."""

    number: int = field(access=PARENT, description="1, 2, 3 …")
    state: VersionState = field(access=PARENT, description="Where it is.")
    reason: str = field(access=PARENT, description="Why it was refused.")
    listing: PlaceListing = field(access=PARENT, description="What it says.")
    created_at: datetime = field(access=PARENT, description="When it was handed in.")
    settled_at: datetime | None = field(access=PARENT, description="When it came to its state.")


# --- search ----------------------------------------------------------------------------------------


@input_type(description="A point on the map.")
class SpotInput:
    """Degrees."""

    longitude: float = input_field(description="Degrees, WGS 84.")
    latitude: float = input_field(description="Degrees, WGS 84.")


@input_type(description="What is looked for. Without a name, say where: a point or a division.")
class PlaceSearchInput:
    """Input of ``searchPlaces``."""

    near: SpotInput | None = input_field(description="Around this point.", default=None)
    within: int | None = input_field(
        description="Metres around it, 100 to 50,000; without a name, 50,000 unless told.", default=None
    )
    division: str | None = input_field(description="In this division.", default=None)
    kinds: list[PlaceKind] | None = input_field(description="Of these kinds; of any, if empty.", default=None)
    text: str = input_field(
        description="Words of the name: Chinese, pinyin or initials; at most 30 signs.", default=""
    )
    highest_price_fen: Fen | None = input_field(description="Not dearer than this.", default=None)
    free_only: bool = input_field(description="With something free.", default=False)
    lowest_rating: int | None = input_field(description="Rated at least so, 1 to 5.", default=None)
    access: list[Access] | None = input_field(description="With all of these.", default=None)
    order: PlaceOrder = input_field(description="What comes first.", default=PlaceOrder.NEAREST)


@query(
    access=PUBLIC,
    description="Services and places by need, near a point or in a division. Distances are as the crow flies; the"
    " order of the nearest is right to about one percent.",
    returns=Connection[SocialPlace],
    weight=20,
)
async def search_places(
    info: Info,
    wanted: Annotated[PlaceSearchInput, strawberry.argument(description="What is looked for.")],
    first: First = 20,
    after: After = None,
) -> Connection[PlaceView]:
    """A page of places."""
    place = read_cursor(after, str, UUID)
    rows = await queries.search(
        info.context.viewer,
        Search(
            near=_spot(wanted.near),
            within=wanted.within,
            division=wanted.division,
            kinds=wanted.kinds or (),
            text=wanted.text,
            highest_price=wanted.highest_price_fen,
            free_only=wanted.free_only,
            lowest_rating=wanted.lowest_rating,
            access=wanted.access or (),
            order=wanted.order,
        ),
        after=(_number(place[0]), place[1]) if place else None,
        limit=page_size(first) + 1,
    )
    return keyset_page(rows, first=first, after=after, key=lambda row: (repr(row.rank), row.id))


def _number(told: str) -> float:
    try:
        return float(told)
    except ValueError:
        raise Invalid(queries.NEEDS_PLACE, fields=(FieldProblem(("after",), queries.NEEDS_PLACE),)) from None


def _spot(given: SpotInput | None) -> Spot | None:
    return None if given is None else Spot(given.longitude, given.latitude)


@query(
    access=PUBLIC,
    description="These places side by side, at most six, in the order of the ids; those that are not there are left out.",
    returns=list[SocialPlace],
)
async def compare_places(
    info: Info,
    ids: Annotated[list[strawberry.ID], strawberry.argument(description="1 to 6 ids.")],
    near: Annotated[SpotInput | None, strawberry.argument(description="For their distances.")] = None,
) -> Sequence[PlaceView]:
    """Some places."""
    if not 1 <= len(ids) <= MOST_COMPARED:
        raise Invalid(HOW_MANY, fields=(FieldProblem(("ids",), HOW_MANY),))
    spot = _spot(near)
    if spot is not None:
        spot.checked("near")
    return await queries.places(
        info.context.viewer, [read_global_id(one, "SocialPlace") for one in ids], near=spot
    )


@query(
    access=PUBLIC,
    description="One place; null where there is none that this viewer may see.",
    returns=SocialPlace | None,
)
async def place(
    info: Info,
    id: Annotated[strawberry.ID, strawberry.argument(description="Id of the place.")],  # noqa: A002 - Relay's name
) -> PlaceView | None:
    """One place."""
    found = await queries.places(info.context.viewer, [read_global_id(id, "SocialPlace")])
    return found[0] if found else None


@query(
    access=LISTERS,
    description="The organisation's own listings, the newest first.",
    returns=Connection[SocialPlace],
)
async def own_places(info: Info, first: First = 20, after: After = None) -> Connection[PlaceView]:
    """A page of listings."""
    place = read_cursor(after, UUID)
    rows = await queries.own_places(
        provider_of(info), before=place[0] if place else None, limit=page_size(first) + 1
    )
    return keyset_page(rows, first=first, after=after, key=lambda row: (row.id,))


@query(
    access=LISTERS,
    description="Every version of an own listing, the newest first.",
    returns=Connection[PlaceVersion],
)
async def place_versions(
    info: Info,
    place_id: Annotated[strawberry.ID, strawberry.argument(description="The listing.")],
    first: First = 20,
    after: After = None,
) -> Connection[VersionView]:
    """A page of versions."""
    place = read_cursor(after, int)
    rows = await queries.versions(
        provider_of(info),
        read_global_id(place_id, "SocialPlace"),
        before=place[0] if place else None,
        limit=page_size(first) + 1,
    )
    return keyset_page(rows, first=first, after=after, key=lambda row: (row.number,))


# --- listing ---------------------------------------------------------------------------------------


@input_type(description="Something that can be ordered.")
class PlaceOfferingInput:
    """One offering."""

    code: str = input_field(description="By which it is ordered: letters, digits, hyphens; at most 20.")
    name: str = input_field(description="2 to 60 characters.")
    price_fen: Fen = input_field(description="What one unit costs; 0 is free of charge.")
    unit: str = input_field(description="What the price is for: 月, 次, 份.")


@input_type(description="When it is open on one day of the week.")
class OpeningHoursInput:
    """Hours of one day."""

    day: int = input_field(description="1 Monday to 7 Sunday.")
    opens: str = input_field(description="HH:MM.")
    closes: str = input_field(description="HH:MM; 24:00 is midnight.")


@input_type(description="A whole listing.")
class PlaceListingInput:
    """What is to be shown."""

    kind: PlaceKind = input_field(description="What it is; a licence of the organisation has to cover it.")
    name: str = input_field(description="2 to 120 characters.")
    address: str = input_field(description="Its address.")
    division: str = input_field(description="The county it lies in.")
    location: SpotInput = input_field(description="Where it is.")
    capacity: int = input_field(description="Beds or seats in all.")
    phone: str = input_field(description="Telephone for the public.")
    about: str = input_field(description="In your own words, at most 2000 characters.", default="")
    offerings: list[PlaceOfferingInput] = input_field(description="What can be ordered, 1 to 40.")
    hours: list[OpeningHoursInput] | None = input_field(description="When it is open.", default=None)
    access: list[Access] | None = input_field(description="无障碍.", default=None)


@input_type(description="A new listing, or the next version of one.")
class ListPlaceInput(MutationInput):
    """Input of ``listPlace``."""

    place_id: strawberry.ID | None = input_field(
        description="The listing to change; none for a new one.", default=None
    )
    version: int | None = input_field(
        description="With `placeId`: number of the newest version that you know.", default=None
    )
    listing: PlaceListingInput = input_field(description="All of it.")


@mutation(
    access=LISTERS,
    description="List a service or place, or hand in its next version. It shows at once, unless the law wants an officer"
    " to look at it first.",
    returns=SocialPlace,
)
async def list_place(info: Info, input: ListPlaceInput) -> PlaceView:  # noqa: A002 - GraphQL's name
    """List a place."""
    given = input.listing
    place_id = await actions.list_place(
        provider_of(info),
        place_id=None if input.place_id is None else read_global_id(input.place_id, "SocialPlace"),
        version=input.version,
        listing=Listing(
            kind=given.kind,
            name=given.name.strip(),
            address=given.address.strip(),
            division=given.division,
            longitude=given.location.longitude,
            latitude=given.location.latitude,
            capacity=given.capacity,
            phone=given.phone.strip(),
            about=given.about.strip(),
            offerings=[
                Offering(one.code, one.name.strip(), one.price_fen, one.unit) for one in given.offerings
            ],
            hours=[Hours(one.day, one.opens, one.closes) for one in given.hours or ()],
            access=list(dict.fromkeys(given.access or ())),
        ),
        idempotency_key=input.idempotency_key,
    )
    return await _seen(info, place_id)


@input_type(description="How much is free.")
class SetFreePlacesInput(MutationInput):
    """Input of ``setFreePlaces``."""

    place_id: strawberry.ID = input_field(description="The listing.")
    free: int = input_field(description="Beds or seats that are free now.")


@mutation(access=LISTERS, description="Say how many beds or seats are free now.", returns=SocialPlace)
async def set_free_places(info: Info, input: SetFreePlacesInput) -> PlaceView:  # noqa: A002 - as above
    """Set the number of free places."""
    place_id = await actions.set_free(
        provider_of(info),
        place_id=read_global_id(input.place_id, "SocialPlace"),
        free=input.free,
        idempotency_key=input.idempotency_key,
    )
    return await _seen(info, place_id)


@input_type(description="A listing to take down or to put up again.")
class WithdrawPlaceInput(MutationInput):
    """Input of ``withdrawPlace``."""

    place_id: strawberry.ID = input_field(description="The listing.")
    withdrawn: bool = input_field(description="False puts it up again as it was approved.", default=True)


@mutation(
    access=LISTERS, description="Take a listing down; orders that were placed go on.", returns=SocialPlace
)
async def withdraw_place(info: Info, input: WithdrawPlaceInput) -> PlaceView:  # noqa: A002 - as above
    """Withdraw a place."""
    place_id = await actions.withdraw(
        provider_of(info),
        place_id=read_global_id(input.place_id, "SocialPlace"),
        withdrawn=input.withdrawn,
        idempotency_key=input.idempotency_key,
    )
    return await _seen(info, place_id)


async def _seen(info: Info, place_id: UUID) -> PlaceView:
    found = await queries.places(info.context.viewer, [place_id])
    if not found:
        raise NotFound(actions.NO_SUCH_PLACE)
    return found[0]


QUERIES = (search_places, compare_places, place, own_places, place_versions)
MUTATIONS = (list_place, set_free_places, withdraw_place)
