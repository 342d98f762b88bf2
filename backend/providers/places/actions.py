"""What an organisation does with its listings: hand a version in, say how much is free, take one down."""

from uuid import UUID

import orjson

from backend.database.idempotency import once
from backend.database.record import Row, Transaction, transaction
from backend.errors import Conflict, Forbidden, Invalid, NotFound, ProblemCode, Text
from backend.kit import clock
from backend.kit.ids import new_id
from backend.providers.organisations.actions import active, first_time, open_review, tell
from backend.providers.organisations.kinds import KINDS, PlaceKind
from backend.providers.organisations.models import ReviewKind
from backend.providers.places.keeping import Listing, review_wanted, show, wrong_parts
from backend.viewer import Provider

MOST_LISTINGS = 2_000

NO_SUCH_PLACE = Text("没有这项服务或场所。", "There is no such service or place.")
NOT_LICENSED = Text(
    "机构的资质不包括“{kind}”，不能发布。", "The organisation's licences do not cover this: {kind}."
)
TOO_MANY = Text("发布数量已达2000项。", "There are 2,000 listings already.")
NOT_FREE = Text("空余数量应为0至{capacity}。", "There are 0 to {capacity} free places.")
STALE = Text("内容已被他人修改，请刷新后重试。", "Somebody else changed it meanwhile; load it again.")


async def list_place(
    provider: Provider, *, place_id: UUID | None, version: int | None, listing: Listing, idempotency_key: str
) -> UUID:
    """Hand in a new place, or the next version of one; its id. It shows at once, unless the law wants a look first.

    ``version`` is the newest one that the caller knows. Raises ``Forbidden(NOT_LICENSED)`` for what the
    organisation has no valid licence for, ``Invalid`` naming all that is wrong, ``Conflict(STALE_VERSION)``.
    """
    listing.spot.checked("input", "listing", "location")
    if wrong := wrong_parts(listing):
        raise Invalid(wrong[0].message, fields=tuple(wrong))
    asked_for = place_id
    place_id = place_id or new_id()
    async with transaction() as tx:
        organisation = await active(tx, provider)
        _check_licence(organisation, listing.kind)
        if asked_for is None:
            known = await _claimed(tx, provider, place_id, listing, idempotency_key)
            if known is not None:
                return known
            await _new(tx, provider, place_id, listing)
            number, old = 1, None
        else:
            given = [str(place_id), version, listing.as_json()]
            if not await first_time(tx, provider, "listPlace", idempotency_key, given):
                return place_id
            number, old = await _next(tx, provider, place_id, version)
        version_id = new_id()
        await tx.execute(
            "INSERT INTO place_version (id, created_at, place_id, number, content, state, reason, made_by)"
            " VALUES ($1, $2, $3, $4, $5::jsonb, 'PROPOSED', '', $6)",
            version_id,
            clock.now(),
            place_id,
            number,
            listing.as_json(),
            provider.agent,
        )
        if review_wanted(old, listing):
            await open_review(tx, organisation, ReviewKind.LISTING, version_id)
        else:
            await show(tx, place_id, number, listing)
        await tell(
            tx,
            provider.organisation_id,
            "place_listed",
            provider.agent,
            {"place": str(place_id), "version": number},
        )
    return place_id


async def set_free(provider: Provider, *, place_id: UUID, free: int, idempotency_key: str) -> UUID:
    """Say how many beds or seats are free now. Not a version: it changes many times a day."""
    async with transaction() as tx:
        if not await first_time(tx, provider, "setFreePlaces", idempotency_key, [str(place_id), free]):
            return place_id
        await active(tx, provider)
        row = await _own(tx, provider, place_id)
        if not 0 <= free <= row["capacity"]:
            raise Invalid(NOT_FREE.filled(capacity=row["capacity"])).about("input", "free")
        await tx.execute("UPDATE place SET free = $2 WHERE id = $1", place_id, free)
    return place_id


async def withdraw(provider: Provider, *, place_id: UUID, withdrawn: bool, idempotency_key: str) -> UUID:
    """Take a place down, or put it up again as it was approved. Orders that were placed go on."""
    async with transaction() as tx:
        if not await first_time(tx, provider, "withdrawPlace", idempotency_key, [str(place_id), withdrawn]):
            return place_id
        if not withdrawn:
            await active(tx, provider)
        row = await _own(tx, provider, place_id)
        await tx.execute(
            "UPDATE place SET withdrawn = $2, listed = approved AND NOT $2 WHERE id = $1",
            row["id"],
            withdrawn,
        )
    return place_id


def _check_licence(organisation: Row, kind: PlaceKind) -> None:
    today = clock.today().isoformat()
    valid = {
        one["kind"]
        for one in orjson.loads(organisation["licences"])
        if one["valid_until"] is None or one["valid_until"] >= today
    }
    if valid.isdisjoint(KINDS[kind].licences):
        name = KINDS[kind].name
        told = Text(NOT_LICENSED.zh.format(kind=name.zh), NOT_LICENSED.en.format(kind=name.en))
        raise Forbidden(told, code=ProblemCode.NOT_LICENSED).about("input", "listing", "kind")


async def _claimed(
    tx: Transaction, provider: Provider, place_id: UUID, listing: Listing, key: str
) -> UUID | None:
    return await once(
        tx,
        actor=provider.agent,
        operation="listPlace",
        key=key,
        given=[None, listing.as_json()],
        subject=place_id,
    )


async def _new(tx: Transaction, provider: Provider, place_id: UUID, listing: Listing) -> None:
    held = await tx.fetch_one(
        "SELECT count(*) AS places FROM place WHERE organisation_id = $1", provider.organisation_id
    )
    if held is not None and held["places"] >= MOST_LISTINGS:
        raise Conflict(TOO_MANY)
    await tx.execute(
        "INSERT INTO place (id, created_at, organisation_id, kind, name, plain, spelt, initials, grams, division, x, y,"
        " price_fen, capacity, free, access, rating_sum, rating_count, content, version, approved, withdrawn, listed,"
        " changed_at)"
        " VALUES ($1, $2, $3, $4, $5, '', '', '', '', $6, $7, $8, 0, 0, 0, '[]', 0, 0, $9::jsonb, 1, FALSE, FALSE,"
        " FALSE, $2)",
        place_id,
        clock.now(),
        provider.organisation_id,
        listing.kind,
        listing.name,
        listing.division,
        listing.spot.x,
        listing.spot.y,
        listing.as_json(),
    )


async def _next(
    tx: Transaction, provider: Provider, place_id: UUID, version: int | None
) -> tuple[int, Listing | None]:
    """The number of the next version, and the listing that is shown now. What still waits is overtaken."""
    row = await _own(tx, provider, place_id)
    newest = await tx.fetch_one(
        "SELECT max(number) AS number FROM place_version WHERE place_id = $1", place_id
    )
    number: int = newest["number"] if newest is not None else 0
    if version != number:
        raise Conflict(STALE, code=ProblemCode.STALE_VERSION)
    await tx.execute(
        "WITH gone AS (UPDATE place_version SET state = 'OVERTAKEN', settled_at = $2 WHERE place_id = $1"
        " AND state = 'PROPOSED' RETURNING id)"
        " UPDATE provider_review SET state = 'OVERTAKEN', decided_at = $2 FROM gone"
        " WHERE kind = 'LISTING' AND subject_id = gone.id AND provider_review.state = 'OPEN'",
        place_id,
        clock.now(),
    )
    return number + 1, Listing.read(row["content"]) if row["approved"] else None


async def _own(tx: Transaction, provider: Provider, place_id: UUID) -> Row:
    row = await tx.fetch_one(
        "SELECT id, capacity, content, approved FROM place WHERE id = $1 AND organisation_id = $2 FOR NO KEY UPDATE",
        place_id,
        provider.organisation_id,
    )
    if row is None:
        raise NotFound(NO_SUCH_PLACE)
    return row
